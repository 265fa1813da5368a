//! What a change does to real leads: each is routed by the old version and by the new one.
//!
//! A lead *moves* if what its rule does with it is another thing: another chain of destinations,
//! another fate. That two leads swap reps because the rotation turned once more is no move; it shows
//! in the load of each rep.

use indexmap::IndexMap;
use jiff::Timestamp;

use crate::assign::Presence;
use crate::canonical;
use crate::ids::RuleId;
use crate::lead::Lead;
use crate::plan::Outcome;
use crate::policy::Project;
use crate::route::{Fate, Routed, Router, columns};

/// Routes leads through both versions and keeps the differences.
pub struct Comparison<'o, 'n> {
    old: Router<'o>,
    new: Router<'n>,
    impact: Impact,
    moves: IndexMap<(Place, Place), Moved>,
}

/// A row as a version reads it.
pub struct Reading {
    pub lead: Lead,
    /// The version rejects it, as something that it requires is blank.
    pub is_refused: bool,
}

/// What the change does to a file of leads.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Impact {
    /// Leads routed.
    pub leads: u64,
    /// Most leads first.
    pub moves: Vec<Move>,
    /// Leads by rep and queue, before and after; those that have none on either side left out.
    pub load: Vec<Load>,
}

/// Leads that go from one place to another.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Move {
    pub from: Place,
    pub to: Place,
    pub leads: u64,
    /// The first of them: fields that are not blank, as the new version reads them.
    pub example: Vec<(String, String)>,
}

/// Where leads go, and by which rule.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Place {
    /// `policy.rule`; `None` where no rule decides.
    pub rule: Option<String>,
    /// A chain, `reject`, `keep`, `nobody` for a lead that is lost, or `rejects` for a row that is no lead.
    pub destination: String,
    /// The same with everything that counts: skills, methods, reasons.
    pub action: String,
}

/// How much somebody gets.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Load {
    /// `rep:ana`, `queue:unassigned`, `keep`, `reject`, `nobody` or `rejects`.
    pub name: String,
    pub before: u64,
    pub after: u64,
}

struct Moved {
    leads: u64,
    example: Vec<(String, String)>,
}

impl<'o, 'n> Comparison<'o, 'n> {
    pub fn new(old: &'o Project, new: &'n Project, now: Timestamp) -> Comparison<'o, 'n> {
        Comparison {
            old: Router::new(old, now, Presence::AsStated),
            new: Router::new(new, now, Presence::AsStated),
            impact: Impact { load: everybody(old, new), ..Impact::default() },
            moves: IndexMap::new(),
        }
    }

    /// Routes a lead, as each version reads it, and says whether it moves.
    pub fn add(&mut self, before: &Reading, after: &Reading) -> bool {
        let old = before.routed(&mut self.old);
        let new = after.routed(&mut self.new);
        self.impact.leads += 1;
        self.count(&taker(self.old.project(), old.as_ref()), |load| &mut load.before);
        self.count(&taker(self.new.project(), new.as_ref()), |load| &mut load.after);
        let moves = meaning(self.old.project(), old.as_ref()) != meaning(self.new.project(), new.as_ref());
        if moves {
            let places = (place(self.old.project(), old.as_ref()), place(self.new.project(), new.as_ref()));
            let project = self.new.project();
            let moved = self.moves.entry(places);
            moved.or_insert_with(|| Moved { leads: 0, example: cells(project, &after.lead) }).leads += 1;
        }
        moves
    }

    pub fn finish(mut self) -> Impact {
        self.impact.moves = self
            .moves
            .into_iter()
            .map(|((from, to), moved)| Move { from, to, leads: moved.leads, example: moved.example })
            .collect();
        self.impact.moves.sort_by_key(|moved| std::cmp::Reverse(moved.leads));
        self.impact.load.retain(|load| load.before + load.after > 0);
        self.impact
    }

    fn count(&mut self, name: &str, side: fn(&mut Load) -> &mut u64) {
        let load = self.impact.load.iter_mut().find(|load| load.name == name);
        *side(load.expect("everybody who can take a lead is listed")) += 1;
    }
}

impl Reading {
    /// What becomes of the lead, if the version takes it in.
    fn routed(&self, router: &mut Router<'_>) -> Option<Routed> {
        (!self.is_refused).then(|| router.route(&self.lead, &mut (), &mut ()))
    }
}

/// Everybody who could get a lead from either version, in the new one's order.
fn everybody(old: &Project, new: &Project) -> Vec<Load> {
    let names = |project: &Project| -> Vec<String> {
        let reps = project.roster.reps.iter().map(|rep| format!("rep:{}", rep.name));
        reps.chain(project.queues.iter().map(|queue| format!("queue:{}", queue.name))).collect()
    };
    let mut all = names(new);
    all.extend(names(old));
    all.extend(["keep", "reject", NOBODY, REJECTS].map(str::to_owned));
    let mut seen = std::collections::BTreeSet::new();
    all.retain(|name| seen.insert(name.clone()));
    all.into_iter().map(|name| Load { name, before: 0, after: 0 }).collect()
}

/// Where a row goes that is no lead.
pub const REJECTS: &str = "rejects";
/// Where a lead goes that is lost.
pub const NOBODY: &str = "nobody";

fn taker(project: &Project, routed: Option<&Routed>) -> String {
    let Some(routed) = routed else { return REJECTS.to_owned() };
    match routed.fate {
        Fate::Rep(_) | Fate::Queue(_) => {
            format!("{}:{}", columns::kind(routed.fate), columns::assigned_to(project, routed, ""))
        }
        Fate::Kept | Fate::Rejected => columns::kind(routed.fate).to_owned(),
        Fate::Lost => NOBODY.to_owned(),
    }
}

/// What is done with the lead, in words that mean the same in both versions.
fn meaning(project: &Project, routed: Option<&Routed>) -> String {
    match routed.map(|routed| routed.outcome) {
        Some(Outcome::Decided(rule)) => canonical::action(project, &project.rules[rule].action),
        Some(Outcome::FellOff(_) | Outcome::Circled(_)) => NOBODY.to_owned(),
        None => REJECTS.to_owned(),
    }
}

fn place(project: &Project, routed: Option<&Routed>) -> Place {
    let Some(routed) = routed else { return Place::rejects() };
    match routed.rule() {
        Some(rule) => Place::of(project, rule),
        None => Place::nowhere(),
    }
}

impl Place {
    /// Where a rule sends its leads.
    pub fn of(project: &Project, rule: RuleId) -> Place {
        let action = &project.rules[rule].action;
        Place {
            rule: Some(project.rule_name(rule)),
            destination: project.action_name(action),
            action: canonical::action(project, action),
        }
    }

    /// Where rows go that no rule sees, as something required is blank.
    pub fn rejects() -> Place {
        Place { rule: None, destination: REJECTS.to_owned(), action: REJECTS.to_owned() }
    }

    /// Where leads go that no rule takes.
    pub fn nowhere() -> Place {
        Place { rule: None, destination: NOBODY.to_owned(), action: NOBODY.to_owned() }
    }
}

/// The fields of a lead that are not blank, as a lead file would hold them; what could not be read, too.
pub fn cells(project: &Project, lead: &Lead) -> Vec<(String, String)> {
    let text = |id| match lead.unread.iter().find(|unread| unread.field == id) {
        Some(unread) => unread.text.clone(),
        None => lead.text(project, id),
    };
    let cells = project.lead.fields.iter_with_ids().map(|(id, field)| (field.name.clone(), text(id)));
    cells.filter(|(_, text)| !text.is_empty()).collect()
}
