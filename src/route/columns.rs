//! What an output can say about a lead, column by column.

use std::borrow::Cow;

use crate::policy::{Action, Project};
use crate::roster::Rep;
use crate::route::{Fate, Recalled, Routed, route_type};

/// A value that routing adds to a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Column {
    /// The rep's or queue's name; of a kept lead its owner's.
    AssignedTo,
    /// `rep`, `queue`, `keep` or `reject`.
    AssignedKind,
    Policy,
    Rule,
    /// The policy's mark, if it has one.
    RouteType,
    /// What somebody should know, e.g. a cell that could not be read.
    Note,
    RepName,
    RepEmail,
    RepCrmId,
}

/// The six columns that every output has, unless `--columns` chooses.
pub const STANDARD: [Column; 6] =
    [Column::AssignedTo, Column::AssignedKind, Column::Policy, Column::Rule, Column::RouteType, Column::Note];

/// All that `--columns` can choose besides the input's own.
pub const ALL: [Column; 9] = [
    Column::AssignedTo,
    Column::AssignedKind,
    Column::Policy,
    Column::Rule,
    Column::RouteType,
    Column::Note,
    Column::RepName,
    Column::RepEmail,
    Column::RepCrmId,
];

impl Column {
    pub fn name(self) -> &'static str {
        match self {
            Column::AssignedTo => "assigned_to",
            Column::AssignedKind => "assigned_kind",
            Column::Policy => "policy",
            Column::Rule => "rule",
            Column::RouteType => "route_type",
            Column::Note => "note",
            Column::RepName => "rep.name",
            Column::RepEmail => "rep.email",
            Column::RepCrmId => "rep.crm_id",
        }
    }

    /// The column's text for a routed lead; `owner` is who had the lead before.
    pub fn text<'a>(self, project: &'a Project, routed: &Routed, note: &'a str, owner: &'a str) -> Cow<'a, str> {
        let rule = routed.rule().map(|rule| &project.rules[rule]);
        let rep = match routed.fate {
            Fate::Rep(rep) => Some(&project.roster.reps[rep]),
            Fate::Queue(_) | Fate::Kept | Fate::Rejected | Fate::Lost => None,
        };
        let of_rep = |fact: fn(&Rep) -> Option<&String>| rep.and_then(fact).map_or("", String::as_str);
        Cow::Borrowed(match self {
            Column::AssignedTo => assigned_to(project, routed, owner),
            Column::AssignedKind => kind(routed.fate),
            Column::Policy => rule.map_or("", |rule| &project.policies[rule.policy].name),
            Column::Rule => rule.map_or("", |rule| &rule.name),
            Column::RouteType => rule.and_then(|rule| route_type(project.policies[rule.policy].mark)).unwrap_or(""),
            Column::Note => return with_reason(project, routed, note),
            Column::RepName => rep.map_or("", |rep| rep.full_name.as_ref().unwrap_or(&rep.name)),
            Column::RepEmail => of_rep(|rep| rep.email.as_ref()),
            Column::RepCrmId => of_rep(|rep| rep.crm_id.as_ref()),
        })
    }
}

impl Column {
    /// The column's text for a lead that was assigned before.
    pub fn recalled<'a>(self, project: &'a Project, recalled: &'a Recalled) -> &'a str {
        let Recalled { note, past, .. } = recalled;
        let made = &past.made;
        let rep = past.rep.map(|rep| &project.roster.reps[rep]);
        let of_rep = |fact: fn(&Rep) -> Option<&String>| rep.and_then(fact).map_or("", String::as_str);
        match self {
            Column::AssignedTo => &made.assigned_to,
            Column::AssignedKind => &made.assigned_kind,
            Column::Policy => &made.policy,
            Column::Rule => &made.rule,
            Column::RouteType => &made.route_type,
            Column::Note => note,
            Column::RepName => rep.map_or("", |rep| rep.full_name.as_ref().unwrap_or(&rep.name)),
            Column::RepEmail => of_rep(|rep| rep.email.as_ref()),
            Column::RepCrmId => of_rep(|rep| rep.crm_id.as_ref()),
        }
    }
}

/// Who has the lead now.
pub fn assigned_to<'a>(project: &'a Project, routed: &Routed, owner: &'a str) -> &'a str {
    match routed.fate {
        Fate::Rep(rep) => &project.roster.reps[rep].name,
        Fate::Queue(queue) => &project.queues[queue].name,
        Fate::Kept => owner,
        Fate::Rejected | Fate::Lost => "",
    }
}

/// `rep`, `queue`, `keep` or `reject`; empty for a lost lead.
pub fn kind(fate: Fate) -> &'static str {
    match fate {
        Fate::Rep(_) => "rep",
        Fate::Queue(_) => "queue",
        Fate::Kept => "keep",
        Fate::Rejected => "reject",
        Fate::Lost => "",
    }
}

/// The note of a lead that a rule refuses begins with the rule's reason.
fn with_reason<'a>(project: &'a Project, routed: &Routed, note: &'a str) -> Cow<'a, str> {
    match routed.rule().map(|rule| &project.rules[rule].action) {
        Some(Action::Reject(reason)) if note.is_empty() => Cow::Borrowed(reason),
        Some(Action::Reject(reason)) => Cow::Owned(format!("{reason}; {note}")),
        _ => Cow::Borrowed(note),
    }
}
