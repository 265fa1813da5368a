//! Assignments → figures: who got how many leads, how fairly and how fast, and what became of them.
//!
//! ```text
//! routed file ─► Rows ─────┐                        ┌► text
//! ledger ──────► Entries ──┼► Tally ─► Report ──────┼► json
//! outcomes ────► Outcomes ─┘   (and its alerts)     └► page (HTML)
//! ```
//!
//! Whatever holds assignments hands them over as [`Assigned`]; a [`Tally`] takes them one after the
//! other and makes a [`Report`], which is plain data. What each figure is (its formula, its unit, what
//! is left out) stands in docs/report.md.

mod alerts;
mod figures;
pub mod json;
pub mod measure;
mod outcomes;
pub mod page;
mod plot;
mod recorded;
mod routed;
mod tally;
pub mod text;
mod turns;
pub mod words;

pub use figures::{
    Basis, Checked, Day, Kinds, MemberLine, Period, RepLine, Report, Response, RouteTypeLine, RouteTypes, State,
    TeamLine, Times, Unread, Week, Yield,
};
pub use outcomes::{Outcome, Outcomes};
pub use recorded::Entries;
pub use routed::{NotRouted, Rows, normal_id};
pub use tally::{Settings, Tally};

use jiff::Timestamp;

use crate::lead::Lead;
use crate::ledger::EarlierTurn;
use crate::policy::Project;
use crate::source::SourceMap;

/// One assignment of one lead.
#[derive(Clone, Debug)]
pub struct Assigned {
    /// What the lead is known by; empty if it is not.
    pub id: String,
    /// When the lead came in.
    pub captured_at: Option<Timestamp>,
    /// When it was assigned.
    pub assigned_at: Option<Timestamp>,
    /// The rep's, queue's or owner's name; empty for a lead that a rule refused.
    pub assigned_to: String,
    pub kind: Kind,
    /// The team whose turn it was, where that was recorded; empty for none. Else the rule tells.
    pub team: Option<String>,
    pub policy: String,
    pub rule: String,
    /// `account`, `territory`, `segment`, `fallback`; else the lead has none.
    pub route_type: String,
    /// Turns that it took before it moved on to where it is.
    pub earlier: Vec<EarlierTurn>,
    /// The lead itself, for the conditions of alerts and for its unread cells.
    pub lead: Lead,
}

/// What became of a lead when it was routed; as `route` names it in `assigned_kind`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Rep,
    Queue,
    Keep,
    Reject,
}

/// What every form of a report needs beside its figures.
#[derive(Clone, Copy)]
pub struct Setting<'a> {
    pub project: &'a Project,
    pub sources: &'a SourceMap,
    /// What is put before the project's file names, so that they lead there.
    pub prefix: &'a str,
    pub title: &'a str,
}

impl Kind {
    pub fn named(name: &str) -> Option<Kind> {
        [Kind::Rep, Kind::Queue, Kind::Keep, Kind::Reject].into_iter().find(|kind| kind.name() == name)
    }

    pub fn name(self) -> &'static str {
        match self {
            Kind::Rep => "rep",
            Kind::Queue => "queue",
            Kind::Keep => "keep",
            Kind::Reject => "reject",
        }
    }
}

impl Setting<'_> {
    /// `policies/main.rules:12:1`
    fn place(&self, alert: &Checked) -> String {
        let location = self.sources.locate(alert.span);
        format!("{}{}:{}:{}", self.prefix, location.file, location.start.line, location.start.column)
    }
}
