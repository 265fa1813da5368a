//! A test for every rule that leads reach, from a lead that reaches it.
//!
//! Tests made so say what the policy does, not what it should do: read before they are kept, they
//! hold it to that. A rule that hands leads on has none, for a test names the rule that decides.

use std::fmt::Write;

use jiff::Timestamp;

use crate::analysis::arrivals::{Arrival, arrivals};
use crate::assign::Presence;
use crate::cell::{Cell, quoted};
use crate::ids::RuleId;
use crate::lead::Lead;
use crate::policy::{Action, Project};
use crate::route::{Fate, Routed, Router};

/// Tests as the policy language writes them, and the rules for which none could be made.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Generated {
    pub text: String,
    pub tests: usize,
    /// Rules that no lead reaches, or whose leads nobody takes.
    pub without: Vec<RuleId>,
    /// Rules of which it could not be decided.
    pub open: Vec<RuleId>,
}

/// Makes the tests; `now` decides which rules are in force.
pub fn generate(project: &Project, now: Timestamp) -> Generated {
    let today = now.to_zoned(project.timezone.clone()).date();
    let mut generated = Generated::default();
    for (id, arrival) in arrivals(project, today).iter_with_ids() {
        if matches!(project.rules[id].action, Action::GoTo(_)) {
            continue;
        }
        let lead = match arrival {
            Arrival::Lead(lead) => Some(lead),
            Arrival::Nobody => None,
            Arrival::Open => {
                generated.open.push(id);
                continue;
            }
        };
        match lead.and_then(|lead| test(project, id, lead, now)) {
            Some(text) => {
                let gap = if generated.tests > 0 { "\n" } else { "" };
                generated.text.push_str(&format!("{gap}{text}"));
                generated.tests += 1;
            }
            None => generated.without.push(id),
        }
    }
    generated
}

/// `None` if the lead does not come to the rule after all, or nobody takes it there.
fn test(project: &Project, rule: RuleId, lead: &Lead, now: Timestamp) -> Option<String> {
    let routed = Router::new(project, now, Presence::Everyone).route(lead, &mut (), &mut ());
    if routed.rule() != Some(rule) {
        return None;
    }
    let name = project.rule_name(rule);
    let mut text = String::new();
    let _ = writeln!(text, "test {}", quoted(&format!("a lead of {name}")));
    let given = given(project, lead);
    if !given.is_empty() {
        let _ = writeln!(text, "  given {given}");
    }
    let _ = writeln!(text, "  expect {} by rule {name}", expectation(project, &routed)?);
    Some(text)
}

fn given(project: &Project, lead: &Lead) -> String {
    let known = lead.cells.iter_with_ids().filter(|(_, cell)| **cell != Cell::Blank);
    let cells = known.map(|(id, cell)| {
        let field = &project.lead.fields[id];
        let value = match cell {
            Cell::Text(_) | Cell::Tags(_) => quoted(&lead.text(project, id)),
            cell => project.spell_cell(&field.ty, cell),
        };
        format!("{} = {value}", field.name)
    });
    cells.collect::<Vec<String>>().join(", ")
}

fn expectation(project: &Project, routed: &Routed) -> Option<String> {
    let team = routed.assignment.and_then(|assignment| assignment.team);
    Some(match (routed.fate, team) {
        (Fate::Rep(_), Some(team)) => format!("team {}", project.roster.teams[team].name),
        (Fate::Rep(rep), None) => format!("rep {}", project.roster.reps[rep].name),
        (Fate::Queue(queue), _) => format!("queue {}", project.queues[queue].name),
        (Fate::Kept, _) => "keep owner".to_owned(),
        (Fate::Rejected, _) => "reject".to_owned(),
        (Fate::Lost, _) => return None,
    })
}
