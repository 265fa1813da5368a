//! Rules and destinations in few words.

use super::scene::{Kind, Way};
use super::text::clean;
use crate::canonical;
use crate::graph::method_name;
use crate::ids::RuleId;
use crate::policy::{Action, Chain, Destination, DestinationKind, Method, Project, Rule};

pub use crate::report::words::{count, counted, decimals};

/// Members of a list that a short condition shows.
const MEMBERS: usize = 4;
/// Destinations that a fold names.
const MOST_WAYS: usize = 3;

/// A condition with its long lists cut: `country in [AT, BE, CH, … 17 more]`.
pub fn shortened(condition: &str) -> String {
    let mut out = String::new();
    let mut rest = condition;
    while let Some((open, close)) = list(rest) {
        let members = members(&rest[open + 1..close]);
        out.push_str(&rest[..=open]);
        if members.len() > MEMBERS + 1 {
            let shown: Vec<&str> = members[..MEMBERS].iter().map(|member| member.trim()).collect();
            out.push_str(&format!("{}, … {} more", shown.join(", "), members.len() - MEMBERS));
        } else {
            out.push_str(rest[open + 1..close].trim());
        }
        out.push(']');
        rest = &rest[close + 1..];
    }
    out + rest
}

/// The brackets of the first list that does not stand in quotes.
fn list(text: &str) -> Option<(usize, usize)> {
    let mut open = None;
    for (at, sign) in outside_quotes(text) {
        match (sign, open) {
            ('[', None) => open = Some(at),
            (']', Some(open)) => return Some((open, at)),
            _ => {}
        }
    }
    None
}

fn members(list: &str) -> Vec<&str> {
    let mut members = Vec::new();
    let mut first = 0;
    for (at, sign) in outside_quotes(list) {
        if sign == ',' {
            members.push(&list[first..at]);
            first = at + 1;
        }
    }
    let last = list[first..].trim();
    members.extend((!last.is_empty()).then_some(last));
    members
}

/// Signs that are not part of a quoted text, with their places.
fn outside_quotes(text: &str) -> impl Iterator<Item = (usize, char)> {
    let (mut in_quotes, mut escaped) = (false, false);
    text.char_indices().filter(move |(_, sign)| {
        let is_quote = *sign == '"' && !escaped;
        escaped = in_quotes && *sign == '\\' && !escaped;
        let outside = !in_quotes && !is_quote;
        in_quotes ^= is_quote;
        outside
    })
}

/// What a rule does with its leads, and what happens if nobody gets in touch with them.
pub fn ways(project: &Project, rule: &Rule) -> Vec<Way> {
    let mut ways = match &rule.action {
        Action::Assign(chain) => links(project, chain),
        action => vec![Way { kind: kind_of_action(action), text: self::action(project, action), is_second: false }],
    };
    for escalation in &rule.escalations {
        let then = chain(project, &escalation.chain);
        let text = format!("after {} without contact to {then}", canonical::duration(escalation.seconds));
        let kind = escalation.chain.links.first().map_or(Kind::Nobody, |link| kind(&link.kind));
        ways.push(Way { kind, text, is_second: true });
    }
    ways
}

/// What many rules do with theirs: the most frequent destinations, and where all of them go next.
pub fn ways_of_many(project: &Project, rules: &[RuleId]) -> Vec<Way> {
    let all: Vec<Vec<Way>> = rules.iter().map(|&rule| ways(project, &project.rules[rule])).collect();
    let mut firsts: Vec<(&Way, usize)> = Vec::new();
    for way in all.iter().filter_map(|ways| ways.first()) {
        match firsts.iter_mut().find(|(known, _)| known == &way) {
            Some((_, count)) => *count += 1,
            None => firsts.push((way, 1)),
        }
    }
    firsts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let each_once = firsts.iter().all(|(_, count)| *count == 1);
    let shown = if firsts.len() == MOST_WAYS + 1 { MOST_WAYS + 1 } else { MOST_WAYS };
    let named = firsts.iter().take(shown).map(|(way, count)| {
        let text = match (firsts.len(), each_once) {
            (1, _) => way.text.clone(),
            (_, true) => without_turns(&way.text).to_owned(),
            (_, false) => format!("{} ({count})", without_turns(&way.text)),
        };
        Way { text, ..(*way).clone() }
    });
    let mut out: Vec<Way> = named.collect();
    if firsts.len() > shown {
        let text = format!("and {} more", firsts.len() - shown);
        out.push(Way { kind: Kind::More, text, is_second: false });
    }
    let tail = |ways: &Vec<Way>| ways[1.min(ways.len())..].to_vec();
    let common = all.first().map(tail).unwrap_or_default();
    if all.iter().all(|ways| tail(ways) == common) {
        out.extend(common);
    }
    out
}

/// `team dach_senior`: where many destinations share a row, how members take turns says too much.
fn without_turns(text: &str) -> &str {
    text.split(" by ").next().unwrap_or(text).split(" with skill ").next().unwrap_or(text)
}

/// The whole action: `team dach_senior by weight or queue unassigned`.
pub fn action(project: &Project, action: &Action) -> String {
    match action {
        Action::Assign(all) => format!("assign {}", chain(project, all)),
        Action::GoTo(policy) => format!("go to {}", clean(&project.policies[policy.node].name)),
        Action::Reject(reason) => clean(&format!("reject “{reason}”")),
        Action::KeepOwner => "keep owner".to_owned(),
    }
}

/// A chain as a policy writes it.
pub fn chain(project: &Project, chain: &Chain) -> String {
    let links: Vec<String> = chain.links.iter().map(|link| destination(project, &link.kind)).collect();
    links.join(" or ")
}

fn links(project: &Project, chain: &Chain) -> Vec<Way> {
    let way = |(index, link): (usize, &Destination)| {
        let text = destination(project, &link.kind);
        let text = if index > 0 { format!("or {text}") } else { text };
        Way { kind: kind(&link.kind), text, is_second: index > 0 }
    };
    chain.links.iter().enumerate().map(way).collect()
}

fn kind_of_action(action: &Action) -> Kind {
    match action {
        Action::Assign(_) => Kind::More,
        Action::GoTo(_) => Kind::Policy,
        Action::Reject(_) => Kind::Reject,
        Action::KeepOwner => Kind::Keep,
    }
}

pub fn kind(destination: &DestinationKind) -> Kind {
    match destination {
        DestinationKind::Rep(_) => Kind::Rep,
        DestinationKind::Team(_) => Kind::Team,
        DestinationKind::Queue(_) => Kind::Queue,
        DestinationKind::Value(_) => Kind::Owner,
        DestinationKind::ManagerOf(_) => Kind::Manager,
        DestinationKind::Holder => Kind::Keep,
        DestinationKind::Nobody { .. } => Kind::Nobody,
    }
}

/// `team specialists with skill healthcare by load`
pub fn destination(project: &Project, kind: &DestinationKind) -> String {
    let text = match kind {
        DestinationKind::Rep(rep) => format!("rep {}", project.roster.reps[*rep].name),
        DestinationKind::Team(choice) => {
            let name = &project.roster.teams[choice.team].name;
            format!("team {name}{}", turns(project, &choice.skills, choice.method))
        }
        DestinationKind::Queue(queue) => format!("queue {}", project.queues[*queue].name),
        DestinationKind::Value(choice) => {
            format!("{}{}", project.values[choice.team].text, turns(project, &choice.skills, choice.method))
        }
        DestinationKind::ManagerOf(inner) => format!("manager of {}", destination(project, inner)),
        DestinationKind::Holder => "whoever has it".to_owned(),
        DestinationKind::Nobody { written } if written.is_empty() => "nobody: the cell is blank".to_owned(),
        DestinationKind::Nobody { written } => format!("nobody: the roster has no “{written}”"),
    };
    clean(&text)
}

fn turns(project: &Project, skills: &[String], method: Option<Method>) -> String {
    let skills = if skills.is_empty() { String::new() } else { format!(" with skill {}", skills.join(", ")) };
    let method = method.map(|method| format!(" by {}", method_name(project, method))).unwrap_or_default();
    format!("{skills}{method}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lists_are_cut_and_texts_are_left_alone() {
        assert_eq!(shortened("country in [DE, AT, CH]"), "country in [DE, AT, CH]");
        let long = r#"state in ["a, b]", "c", "d\"[", "e", "f", "g"] and country in [ A, B, C, D, E, F, G ]"#;
        let short = r#"state in ["a, b]", "c", "d\"[", "e", … 2 more] and country in [A, B, C, D, … 3 more]"#;
        assert_eq!(shortened(long), short);
        assert_eq!(shortened(r#"name contains "[""#), r#"name contains "[""#);
    }
}
