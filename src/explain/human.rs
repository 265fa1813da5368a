//! An explanation for somebody who asks why at a terminal.

use std::fmt::Write;

use anstyle::AnsiColor;
use rust_decimal::Decimal;

use crate::assign::Standing;
use crate::cell::quoted;
use crate::diagnostic::human::Look;
use crate::diagnostic::visible;
use crate::explain::Explanation;
use crate::explain::path::{Compared, PolicyEntered, RuleTried};
use crate::explain::people::{DestinationTried, MemberAsked};
use crate::explain::why_not::{Answer, Change, WhyNot};
use crate::trace::Verdict;

/// Rows of a table that failed one after another are folded beyond this many.
const ROWS_SHOWN: usize = 2;

/// The whole explanation.
pub fn render(explanation: &Explanation, look: Look) -> String {
    let mut out = String::new();
    write_lead(&mut out, explanation);
    write_path(&mut out, &explanation.steps);
    write_decision(&mut out, explanation);
    for tried in explanation.assignment.iter().flat_map(|assigned| &assigned.tried) {
        write_destination(&mut out, tried);
    }
    if let Some(why_not) = &explanation.why_not {
        write_why_not(&mut out, why_not);
    }
    coloured(out, look)
}

fn write_lead(out: &mut String, explanation: &Explanation) {
    let _ = writeln!(out, "lead");
    let told = explanation.lead.iter().filter(|cell| cell.value.is_some() || cell.unread.is_some());
    let width = told.clone().map(|cell| cell.field.chars().count()).max().unwrap_or(0);
    for cell in told {
        let value = match (&cell.value, &cell.unread) {
            (_, Some((text, expected))) => format!("blank, for `{}` is not {expected}", visible(text)),
            (Some(value), None) => visible(value).into_owned(),
            (None, None) => "blank".to_owned(),
        };
        let _ = writeln!(out, "  {:width$}  {value}", cell.field);
    }
    let blank = explanation.lead.iter().filter(|cell| cell.value.is_none() && cell.unread.is_none());
    let blank: Vec<&str> = blank.map(|cell| cell.field.as_str()).collect();
    if !blank.is_empty() {
        let _ = writeln!(out, "  blank: {}", blank.join(", "));
    }
    out.push('\n');
}

fn write_decision(out: &mut String, explanation: &Explanation) {
    if let Some(decision) = &explanation.decision {
        let mark = decision.route_type.map(|mark| format!(" ({mark})")).unwrap_or_default();
        let reason = decision.reason.as_ref().map(|reason| format!(", {}", quoted(reason))).unwrap_or_default();
        let _ = writeln!(out, "decided by {}{mark}: {}{reason}", decision.rule, decision.destination);
        if let Some(description) = &decision.description {
            let _ = writeln!(out, "  {description}");
        }
    }
    if let Some(loss) = &explanation.loss {
        let _ = writeln!(out, "rejected: {}", loss.reason);
    } else if let Some(assigned) = &explanation.assignment {
        let _ = writeln!(out, "assigned to {} {}", assigned.assigned_kind, assigned.assigned_to);
        if let Some(reason) = &explanation.by_hand {
            let _ = writeln!(out, "  by hand: {}", visible(reason));
        }
        if let Some(reason) = &explanation.by_time {
            let _ = writeln!(out, "  after {}", visible(reason));
        }
    } else if let Some(owner) = &explanation.kept_by {
        let owner = if owner.is_empty() { "its owner, whoever that is".into() } else { visible(owner) };
        let _ = writeln!(out, "stays with {owner}");
    }
}

fn write_destination(out: &mut String, tried: &DestinationTried) {
    let meant = tried.meant.as_ref().map(|meant| format!(", here {meant}")).unwrap_or_default();
    let outcome = match (&tried.took, &tried.nobody) {
        (Some(name), _) => format!("{name} takes it"),
        (None, Some(why)) => format!("nobody, {why}"),
        (None, None) => "nobody can take it".to_owned(),
    };
    let _ = writeln!(out, "  {}{meant}: {outcome}", tried.destination);
    let width = tried.members.iter().map(|member| member.rep.chars().count()).max().unwrap_or(0);
    for member in &tried.members {
        let sign = if tried.took.as_ref() == Some(&member.rep) { "✓" } else { "·" };
        let _ = writeln!(out, "    {sign} {:width$}  {}", member.rep, standing(member));
    }
}

/// Why not, or what the team's method looked at.
fn standing(member: &MemberAsked) -> String {
    if let Some(why) = &member.why_not {
        return why.clone();
    }
    let served = member.served.map(|served| format!("served {served}, ")).unwrap_or_default();
    match &member.standing {
        None => "can take it".to_owned(),
        Some(Standing::Rotation { share, credit, due }) => {
            let due = match due {
                None => "never due".to_owned(),
                Some(0) => "due now".to_owned(),
                Some(1) => "due with the next lead".to_owned(),
                Some(leads) => format!("due in {leads} leads"),
            };
            // Formatting a decimal cuts its digits off, so it is rounded before.
            let share = (Decimal::from(*share) * Decimal::ONE_HUNDRED).round_dp(1);
            let credit = Decimal::from(*credit).round_dp(2);
            format!("{served}share {share:.1} %, {credit:+.2} leads of credit, {due}")
        }
        Some(Standing::Load { open, weight }) => format!("{served}{open} open leads, weight {}", weight.normalize()),
        Some(Standing::Balance { total, weight }) => {
            format!("{served}total {} so far, weight {}", total.normalize(), weight.normalize())
        }
    }
}

fn write_why_not(out: &mut String, why_not: &WhyNot) {
    let WhyNot { destination, taken_by, answer } = why_not;
    let taken_by = taken_by.as_deref().unwrap_or("no rule");
    let _ = writeln!(out, "\nwhy not {destination}?");
    match answer {
        Answer::GoesThere => {
            let _ = writeln!(out, "  it does go there");
        }
        Answer::Already => {
            let _ = writeln!(out, "  {taken_by} names it: who got the lead is a matter of people, see above");
        }
        Answer::Unnamed => {
            let hint = if destination.contains(':') { ", though a table may" } else { "" };
            let _ = writeln!(out, "  no rule names it{hint}");
        }
        Answer::Never => {
            let _ = writeln!(out, "  no lead at all reaches a rule that names it");
        }
        Answer::Open => {
            let _ = writeln!(out, "  left open: the search for a change was not finished");
        }
        Answer::Changes { rule, changes, .. } => {
            let _ = writeln!(out, "  {taken_by} takes the lead instead; {rule} would take it with");
            for Change { field, from, unread, to } in changes {
                let said = |value: &Option<String>| value.as_deref().map_or("blank".into(), visible).into_owned();
                let now = match unread {
                    Some(text) => format!("blank, for `{}` could not be read", visible(text)),
                    None => said(from),
                };
                let _ = writeln!(out, "    {field} = {} (now {now})", said(to));
            }
        }
    }
}

/// Paints the signs at the beginnings of lines.
fn coloured(text: String, look: Look) -> String {
    if !look.color {
        return text;
    }
    let green = AnsiColor::Green.on_default();
    let red = AnsiColor::Red.on_default();
    let painted = text.split_inclusive('\n').map(|line| match line.trim_start().chars().next() {
        Some('✓') => line.replacen('✓', &format!("{green}✓{green:#}"), 1),
        Some('✗') => line.replacen('✗', &format!("{red}✗{red:#}"), 1),
        _ => line.to_owned(),
    });
    painted.collect()
}

/// The policies a lead entered and the rules it met there.
fn write_path(out: &mut String, steps: &[PolicyEntered]) {
    for step in steps {
        let mark = step.route_type.map(|mark| format!(" ({mark})")).unwrap_or_default();
        let _ = writeln!(out, "policy {}{mark}", step.policy);
        write_rules(out, &step.rules);
        out.push('\n');
    }
}

fn write_rules(out: &mut String, rules: &[RuleTried]) {
    let width = rules.iter().map(|rule| rule.name.chars().count()).max().unwrap_or(0).min(32);
    let mut at = 0;
    while at < rules.len() {
        let failed_rows = failed_rows_of_a_table(&rules[at..]);
        if failed_rows > ROWS_SHOWN + 1 {
            for rule in &rules[at..at + ROWS_SHOWN] {
                write_rule(out, rule, width);
            }
            let (first, last) = (&rules[at + ROWS_SHOWN], &rules[at + failed_rows - 1]);
            let folded = failed_rows - ROWS_SHOWN;
            let _ = writeln!(out, "  ✗ {} … {}: {folded} more rows, none holds", first.name, last.name);
            at += failed_rows;
        } else {
            write_rule(out, &rules[at], width);
            at += 1;
        }
    }
}

/// How many rules at the beginning are rows of one table that do not hold.
fn failed_rows_of_a_table(rules: &[RuleTried]) -> usize {
    let table = rules.first().and_then(|rule| rule.row_of.as_ref());
    let failed =
        |rule: &&RuleTried| table.is_some() && rule.row_of.as_ref() == table && rule.verdict == Verdict::Failed;
    rules.iter().take_while(failed).count()
}

fn write_rule(out: &mut String, rule: &RuleTried, width: usize) {
    let name = &rule.name;
    match rule.verdict {
        Verdict::Held => {
            let _ = writeln!(out, "  ✓ {name:width$}  → {}", rule.action);
            write_comparisons(out, rule, width);
        }
        Verdict::NotInForce => {
            let dates = rule.dates.as_deref().unwrap_or("other days");
            let _ = writeln!(out, "  · {name:width$}  not in force today ({dates})");
        }
        Verdict::Failed => {
            let mut decisive = rule.comparisons.iter().filter(|compared| compared.decisive);
            let first = decisive.next().map(reason).unwrap_or_default();
            let _ = writeln!(out, "  ✗ {name:width$}  {first}");
            for compared in decisive {
                let _ = writeln!(out, "    {:width$}  {}", "", reason(compared));
            }
        }
    }
}

fn write_comparisons(out: &mut String, rule: &RuleTried, width: usize) {
    for compared in rule.comparisons.iter().filter(|compared| compared.decisive) {
        let _ = writeln!(out, "    {:width$}  {}", "", reason(compared));
    }
}

/// `employees >= 500 (employees is 120)`, with the named condition it belongs to.
fn reason(compared: &Compared) -> String {
    let has = match (&compared.value, &compared.unread) {
        (Some(value), _) => format!("{} is {value}", compared.of),
        (None, Some(text)) => format!("{} is blank, for `{text}` could not be read", compared.of),
        (None, None) => format!("{} is blank", compared.of),
    };
    let holds = if compared.held { "holds" } else { "does not hold" };
    let within = compared.within.as_ref().map(|name| format!("{name}: ")).unwrap_or_default();
    format!("{within}{} {holds}: {has}", compared.text)
}
