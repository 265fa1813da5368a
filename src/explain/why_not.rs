//! Why a lead does not go to somebody: which rule takes it instead, and the fewest changes to the
//! lead that bring it there.
//!
//! The changes are found by the analysis and followed by the evaluator before they are shown.

use jiff::civil::Date;

use crate::analysis::atoms::Tables;
use crate::analysis::why_not::WhyNot as Found;
use crate::analysis::witness::Engine;
use crate::cell::Cell;
use crate::explain::Explanation;
use crate::explain::people::{DestinationTried, MemberAsked};
use crate::ids::{QueueId, RepId, RuleId, TeamId};
use crate::lead::Lead;
use crate::plan::{self, Facts, Outcome};
use crate::policy::{Action, Chain, DestinationKind, Project};

/// Where the lead was expected.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wanted {
    /// By name, or as a member of a team.
    Rep(RepId),
    Team(TeamId),
    Queue(QueueId),
    Reject,
    Keep,
}

/// The answer.
#[derive(Clone, PartialEq, Debug)]
pub struct WhyNot {
    /// As asked: `rep:bruno`.
    pub destination: String,
    /// `policy.rule` that decides about the lead, if one does.
    pub taken_by: Option<String>,
    pub answer: Answer,
}

#[derive(Clone, PartialEq, Debug)]
pub enum Answer {
    /// It does go there.
    GoesThere,
    /// The rule that decides names the destination: it is a matter of people, not of rules.
    Already,
    /// With these changes, this rule takes the lead.
    Changes { rule: String, changes: Vec<Change>, lead: Vec<(String, Option<String>)> },
    /// No rule names the destination; a table may.
    Unnamed,
    /// Rules do, and no lead reaches them.
    Never,
    /// Not decided within the budget.
    Open,
}

/// A field that has to be another. `None` is blank.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    pub field: String,
    pub from: Option<String>,
    /// The cell as it stands, where it could not be read and so counts as blank.
    pub unread: Option<String>,
    pub to: Option<String>,
}

/// The changed lead does not go where the analysis says: a defect of this program.
#[derive(Clone, PartialEq, Debug)]
pub struct NotReplayed {
    pub rule: String,
}

/// Asks on a day about a lead that has been explained.
pub fn why_not(
    project: &Project,
    day: Date,
    lead: &Lead,
    explanation: &Explanation,
    wanted: Wanted,
) -> Result<WhyNot, NotReplayed> {
    let destination = wanted.name(project);
    let taken_by = decided_by(project, day, lead);
    let answer = match taken_by {
        _ if goes_there(explanation, &destination) => Answer::GoesThere,
        Some(rule) if names(project, rule, wanted) || was_asked(explanation, &destination) => Answer::Already,
        _ => search(project, day, lead, wanted)?,
    };
    Ok(WhyNot { destination, taken_by: taken_by.map(|rule| project.rule_name(rule)), answer })
}

fn goes_there(explanation: &Explanation, destination: &str) -> bool {
    let decided = explanation.decision.as_ref().is_some_and(|decision| decision.destination == destination);
    let taken = explanation.assignment.iter().any(|assigned| {
        let taken = assigned.tried.iter().filter(|tried| tried.took.is_some());
        format!("{}:{}", assigned.assigned_kind, assigned.assigned_to) == destination
            || taken.map(meant).any(|meant| meant == destination)
    });
    decided || taken
}

/// Whether the rule's chain came to it, by whatever name: a table's, a team's.
fn was_asked(explanation: &Explanation, destination: &str) -> bool {
    let tried = explanation.assignment.iter().flat_map(|assigned| &assigned.tried);
    tried.into_iter().any(|tried| {
        let is_member = |member: &MemberAsked| destination.strip_prefix("rep:") == Some(&member.rep);
        meant(tried) == destination || tried.members.iter().any(is_member)
    })
}

fn meant(tried: &DestinationTried) -> &str {
    tried.meant.as_deref().unwrap_or(&tried.destination)
}

fn decided_by(project: &Project, day: Date, lead: &Lead) -> Option<RuleId> {
    match plan::decide(&plan::compile(project, day), &Facts::new(project, lead), &mut ()) {
        Outcome::Decided(rule) => Some(rule),
        Outcome::FellOff(_) | Outcome::Circled(_) => None,
    }
}

fn search(project: &Project, day: Date, lead: &Lead, wanted: Wanted) -> Result<Answer, NotReplayed> {
    let rules: Vec<RuleId> = project.rules.ids().filter(|&rule| names(project, rule, wanted)).collect();
    if rules.is_empty() {
        return Ok(Answer::Unnamed);
    }
    let engine = Engine::new(&[project], Tables::Today, Some(day));
    let engine = engine.unwrap_or_else(|_| unreachable!("a project has the same fields as itself"));
    let mut cells = vec![Cell::Blank; engine.model.fields];
    for (field, cell) in lead.cells.iter_with_ids() {
        cells[engine.model.field(0, field)] = cell.clone();
    }
    // Another id would be another lead.
    let fixed: Vec<usize> = project.lead.key.map(|key| engine.model.field(0, key)).into_iter().collect();
    let changed = match engine.why_not(0, &engine.ways(0), &cells, &rules, &fixed) {
        Found::Changed(changed) => changed,
        Found::Never => return Ok(Answer::Never),
        Found::Open => return Ok(Answer::Open),
    };
    let rule = project.rule_name(changed.rule);
    let arrived =
        engine.model.lead(0, &changed.lead.cells).filter(|new| decided_by(project, day, new) == Some(changed.rule));
    match arrived {
        Some(new) => Ok(Answer::Changes { rule, changes: changes(project, lead, &new), lead: shown(project, &new) }),
        None if engine.is_partly_opaque => Ok(Answer::Open),
        None => Err(NotReplayed { rule }),
    }
}

fn changes(project: &Project, before: &Lead, after: &Lead) -> Vec<Change> {
    let differs = project.lead.fields.ids().filter(|&field| before.cells[field] != after.cells[field]);
    let change = |field| Change {
        field: project.lead.fields[field].name.clone(),
        from: text(project, before, field),
        unread: before.unread.iter().find(|cell| cell.field == field).map(|cell| cell.text.clone()),
        to: text(project, after, field),
    };
    differs.map(change).collect()
}

fn shown(project: &Project, lead: &Lead) -> Vec<(String, Option<String>)> {
    let fields = project.lead.fields.iter_with_ids();
    fields.map(|(id, field)| (field.name.clone(), text(project, lead, id))).collect()
}

fn text(project: &Project, lead: &Lead, field: crate::ids::FieldId) -> Option<String> {
    (lead.cells[field] != Cell::Blank).then(|| lead.text(project, field))
}

/// Whether what a rule does names the destination.
fn names(project: &Project, rule: RuleId, wanted: Wanted) -> bool {
    match (&project.rules[rule].action, wanted) {
        (Action::Assign(chain), wanted) => chain_names(project, chain, wanted),
        (Action::Reject(_), Wanted::Reject) | (Action::KeepOwner, Wanted::Keep) => true,
        _ => false,
    }
}

fn chain_names(project: &Project, chain: &Chain, wanted: Wanted) -> bool {
    chain.links.iter().any(|link| match (&link.kind, wanted) {
        (DestinationKind::Rep(rep), Wanted::Rep(wanted)) => *rep == wanted,
        (DestinationKind::Team(choice), Wanted::Rep(wanted)) => {
            project.roster.teams[choice.team].members.iter().any(|member| member.rep == wanted)
        }
        (DestinationKind::Team(choice), Wanted::Team(wanted)) => choice.team == wanted,
        (DestinationKind::Queue(queue), Wanted::Queue(wanted)) => *queue == wanted,
        _ => false,
    })
}

impl Wanted {
    /// Reads `rep:bruno`, `team:dach`, `queue:unassigned`, `reject` or `keep`.
    pub fn read(project: &Project, text: &str) -> Result<Wanted, String> {
        let (kind, name) = text.split_once(':').unwrap_or((text, ""));
        let roster = &project.roster;
        let unknown = |known: Vec<&str>| match crate::suggest::nearest(name, known) {
            Some(near) => format!("there is no {kind} `{name}`; did you mean `{kind}:{near}`?"),
            None => format!("there is no {kind} `{name}`"),
        };
        match kind {
            "rep" => roster
                .rep_named(name)
                .map(Wanted::Rep)
                .ok_or_else(|| unknown(roster.reps.iter().map(|rep| rep.name.as_str()).collect())),
            "team" => roster
                .team_named(name)
                .map(Wanted::Team)
                .ok_or_else(|| unknown(roster.teams.iter().map(|team| team.name.as_str()).collect())),
            "queue" => {
                let found = project.queues.find(|queue| queue.name == name);
                let known = || project.queues.iter().map(|queue| queue.name.as_str()).collect();
                found.map(Wanted::Queue).ok_or_else(|| unknown(known()))
            }
            "reject" if name.is_empty() => Ok(Wanted::Reject),
            "keep" if name.is_empty() => Ok(Wanted::Keep),
            _ => Err(format!(
                "`{text}` is no destination; write `rep:NAME`, `team:NAME`, `queue:NAME`, `reject` or `keep`"
            )),
        }
    }

    fn name(self, project: &Project) -> String {
        match self {
            Wanted::Rep(rep) => format!("rep:{}", project.roster.reps[rep].name),
            Wanted::Team(team) => format!("team:{}", project.roster.teams[team].name),
            Wanted::Queue(queue) => format!("queue:{}", project.queues[queue].name),
            Wanted::Reject => "reject".to_owned(),
            Wanted::Keep => "keep".to_owned(),
        }
    }
}
