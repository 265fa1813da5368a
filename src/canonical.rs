//! One text for one meaning, so that rules of two projects can be compared.
//!
//! Ids of two projects have nothing to do with each other, and a rule that is laid out anew or uses
//! a `territory` under another name has not changed. So every name of a value or condition is
//! replaced by what it stands for, and everything is written in one way.

use rust_decimal::prelude::ToPrimitive;

use crate::cell::{Type, quoted};
use crate::ids::ValueId;
use crate::policy::{
    Action, Alert, Chain, Comparison, Condition, DestinationKind, Expiry, Limit, Method, Metric, Percentile, Predicate,
    Project, Range, Rule, TeamChoice, TextPart, ValueKind,
};

/// When a rule takes a lead.
pub fn trigger(project: &Project, rule: &Rule) -> String {
    let day = |bound: Option<crate::source::Spanned<jiff::civil::Date>>| bound.map(|day| day.node.to_string());
    let condition = rule.when.as_ref().map_or_else(|| "otherwise".to_owned(), |when| condition(project, when));
    format!("{:?} {:?} {condition}", day(rule.dates.from), day(rule.dates.until))
}

/// What a rule does with the lead.
pub fn action(project: &Project, action: &Action) -> String {
    match action {
        Action::Assign(chain) => self::chain(project, chain),
        Action::GoTo(policy) => format!("go to {}", project.policies[policy.node].name),
        Action::Reject(reason) => format!("reject {}", quoted(reason)),
        Action::KeepOwner => "keep owner".to_owned(),
    }
}

/// What a rule does with the lead, and with one that nobody gets in touch with.
pub fn outcome(project: &Project, rule: &Rule) -> String {
    format!("{} {}", action(project, &rule.action), escalations(project, rule))
}

/// What a rule does with a lead that nobody gets in touch with; empty if nothing.
pub fn escalations(project: &Project, rule: &Rule) -> String {
    let escalation = |expiry: &Expiry| {
        format!("escalate after {} without contact to {}", duration(expiry.seconds), chain(project, &expiry.chain))
    };
    rule.escalations.iter().map(escalation).collect::<Vec<String>>().join(" ")
}

/// What an alert watches.
pub fn alert(project: &Project, alert: &Alert) -> String {
    let percentile = |percentile| if percentile == Percentile::Median { "median " } else { "" };
    let threshold = alert.threshold.normalize();
    let seconds = || duration(threshold.to_u64().expect("times are whole seconds"));
    let (metric, threshold) = match alert.metric {
        Metric::FallbackShare => ("fallback share".to_owned(), format!("{threshold} %")),
        Metric::UnreadCells => ("unread cells".to_owned(), format!("{threshold} %")),
        Metric::Latency(of) => (format!("{}latency", percentile(of)), seconds()),
        Metric::ResponseTime(of) => (format!("{}response time", percentile(of)), seconds()),
        Metric::Gini(team) => (format!("gini of team {}", project.roster.teams[team].name), threshold.to_string()),
    };
    let only = alert.only.as_ref().map(|only| format!(" when {}", condition(project, only))).unwrap_or_default();
    format!("{metric} {} {threshold}{only}", alert.order.sign())
}

/// A chain of destinations, with who of a team and by which method.
pub fn chain(project: &Project, chain: &Chain) -> String {
    let links: Vec<String> = chain.links.iter().map(|link| destination(project, &link.kind)).collect();
    links.join(" or ")
}

fn destination(project: &Project, kind: &DestinationKind) -> String {
    match kind {
        DestinationKind::Rep(rep) => format!("rep {}", project.roster.reps[*rep].name),
        DestinationKind::Team(choice) => {
            format!("team {}{}", project.roster.teams[choice.team].name, turns(project, choice))
        }
        DestinationKind::Queue(queue) => format!("queue {}", project.queues[*queue].name),
        DestinationKind::Value(choice) => format!("{}{}", value(project, choice.team), turns(project, choice)),
        DestinationKind::ManagerOf(inner) => format!("manager of {}", destination(project, inner)),
        DestinationKind::Holder => "owner".to_owned(),
        DestinationKind::Nobody { written } => format!("nobody {}", quoted(written)),
    }
}

fn turns<T>(project: &Project, choice: &TeamChoice<T>) -> String {
    let skills = match choice.skills.as_slice() {
        [] => String::new(),
        skills => format!(" with skill {}", skills.join(", ")),
    };
    let method = match choice.method {
        None => String::new(),
        Some(Method::RoundRobin) => " by round robin".to_owned(),
        Some(Method::Weight) => " by weight".to_owned(),
        Some(Method::Load) => " by load".to_owned(),
        Some(Method::BalanceOf(field)) => format!(" by balance of {}", project.lead.fields[field].name),
    };
    skills + &method
}

/// A condition, whatever names it uses.
pub fn condition(project: &Project, condition: &Condition) -> String {
    let joined = |parts: &[Condition], word: &str| {
        let parts: Vec<String> = parts.iter().map(|part| self::condition(project, part)).collect();
        format!("({})", parts.join(word))
    };
    match condition {
        Condition::And(parts) => joined(parts, " and "),
        Condition::Or(parts) => joined(parts, " or "),
        Condition::Not(inner, _) => format!("not {}", self::condition(project, inner)),
        Condition::Named(id, _) => self::condition(project, &project.conditions[*id].condition),
        Condition::Comparison(comparison) => self::comparison(project, comparison),
    }
}

fn comparison(project: &Project, comparison: &Comparison) -> String {
    let negation = if comparison.negated { "not " } else { "" };
    let subject = value(project, comparison.value);
    let ty = &project.values[comparison.value].ty;
    format!("{negation}{subject} {}", predicate(project, ty, &comparison.predicate))
}

fn predicate(project: &Project, ty: &Type, predicate: &Predicate) -> String {
    match predicate {
        Predicate::Known => "is known".to_owned(),
        Predicate::OneOf(cells) => format!("in {}", set(cells.iter().map(|cell| project.write_cell(ty, cell)))),
        Predicate::Within(range) => interval(project, ty, range),
        Predicate::Text { part, any } => {
            let part = match part {
                TextPart::Contains => "contains",
                TextPart::StartsWith => "starts with",
                TextPart::EndsWith => "ends with",
            };
            format!("{part} {}", set(any.iter().map(|text| quoted(text))))
        }
        Predicate::HasAny(tags) => format!("has any of {}", set(tags.iter().map(|tag| quoted(tag)))),
        Predicate::HasAll(tags) => format!("has all of {}", set(tags.iter().map(|tag| quoted(tag)))),
        Predicate::InTable(table) => format!("in table {}", project.tables[*table].name),
    }
}

/// Order and repeats do not matter in a list of alternatives.
fn set(members: impl Iterator<Item = String>) -> String {
    let mut members: Vec<String> = members.collect();
    members.sort_unstable();
    members.dedup();
    format!("[{}]", members.join(", "))
}

fn interval(project: &Project, ty: &Type, range: &Range) -> String {
    let end = |limit: &Limit, sign: &str| {
        format!("{sign}{} {}", if limit.included { "=" } else { "" }, project.write_cell(ty, &limit.cell))
    };
    match (&range.low, &range.high) {
        (None, None) => "is known".to_owned(),
        (Some(low), None) => end(low, ">"),
        (None, Some(high)) => end(high, "<"),
        (Some(low), Some(high)) => format!("{} and {}", end(low, ">"), end(high, "<")),
    }
}

/// A value, whatever name it has.
pub fn value(project: &Project, id: ValueId) -> String {
    match &project.values[id].kind {
        ValueKind::Field(field) => project.lead.fields[*field].name.clone(),
        ValueKind::DomainOf(inner) => format!("domain of {}", value(project, *inner)),
        ValueKind::HourOf(inner, zone) => format!("hour of {} in {:?}", value(project, *inner), zone.0.iana_name()),
        ValueKind::WeekdayOf(inner, zone) => {
            format!("weekday of {} in {:?}", value(project, *inner), zone.0.iana_name())
        }
        ValueKind::FirstKnown(values) => {
            let values: Vec<String> = values.iter().map(|&inner| value(project, inner)).collect();
            format!("first known of [{}]", values.join(", "))
        }
        ValueKind::Lookup(table, key) => format!("{}[{}]", project.tables[*table].name, value(project, *key)),
        ValueKind::Column(row, column) => {
            let Type::Row(table) = project.values[*row].ty else { unreachable!("columns are of rows") };
            format!("{}.{}", value(project, *row), project.tables[table].columns[*column].name)
        }
    }
}

/// `30 minutes`, in the largest unit that leaves nothing over.
pub fn duration(seconds: u64) -> String {
    let (count, unit) = match seconds {
        s if s > 0 && s % 86_400 == 0 => (s / 86_400, "day"),
        s if s > 0 && s % 3_600 == 0 => (s / 3_600, "hour"),
        s if s > 0 && s % 60 == 0 => (s / 60, "minute"),
        s => (s, "second"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}
