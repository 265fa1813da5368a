//! What the `ledger` commands say, to people and to programs.

use std::collections::BTreeMap;
use std::fmt::Write;

use rust_decimal::Decimal;
use serde::Serialize;

use super::destination;
use crate::diagnostic::visible;
use crate::ledger::{Event, Fault, Overview};

/// Batches shown to people; the JSON has all of them.
const BATCHES_SHOWN: usize = 10;

/// What became of leads that were to be closed.
pub struct Closing {
    pub closed: Vec<String>,
    pub closed_before: Vec<String>,
    pub unknown: Vec<String>,
    /// Rep → leads that they no longer have.
    pub freed: BTreeMap<String, u32>,
}

#[derive(Serialize)]
struct ClosingV1<'a> {
    version: u32,
    closed: &'a [String],
    closed_before: &'a [String],
    unknown: &'a [String],
    freed: &'a BTreeMap<String, u32>,
}

impl Closing {
    pub fn human(&self) -> String {
        let mut out = format!("{} closed\n", leads(self.closed.len()));
        for (rep, freed) in &self.freed {
            let _ = writeln!(out, "  {rep} has {freed} fewer");
        }
        if !self.closed_before.is_empty() {
            let _ = writeln!(out, "{} had been closed before", leads(self.closed_before.len()));
        }
        out
    }

    pub fn json(&self) -> String {
        let Closing { closed, closed_before, unknown, freed } = self;
        pretty(&ClosingV1 { version: 1, closed, closed_before, unknown, freed })
    }
}

/// What became of a lead that was to go to somebody else.
pub struct HandingOver {
    pub lead: String,
    /// `None` if it was theirs already.
    pub from: Option<String>,
    pub to: String,
}

#[derive(Serialize)]
struct HandingOverV1<'a> {
    version: u32,
    lead: &'a str,
    changed: bool,
    from: Option<&'a str>,
    to: &'a str,
}

impl HandingOver {
    pub fn human(&self) -> String {
        let lead = visible(&self.lead);
        match &self.from {
            Some(from) => format!("{lead} goes from {from} to {}\n", self.to),
            None => format!("{lead} is with {} already, for this reason\n", self.to),
        }
    }

    pub fn json(&self) -> String {
        let (lead, from, to) = (self.lead.as_str(), self.from.as_deref(), self.to.as_str());
        pretty(&HandingOverV1 { version: 1, lead, changed: from.is_some(), from, to })
    }
}

/// What happened to a lead.
pub struct History {
    pub lead: String,
    pub events: Vec<Event>,
}

#[derive(Serialize)]
struct HistoryV1<'a> {
    version: u32,
    lead: &'a str,
    events: Vec<EventV1<'a>>,
}

#[derive(Serialize)]
struct EventV1<'a> {
    at: &'a str,
    what: &'a str,
    assignment: i64,
    batch: i64,
    assigned_to: &'a str,
    assigned_kind: &'a str,
    rule: Option<&'a str>,
    reason: Option<&'a str>,
    note: &'a str,
}

impl History {
    pub fn human(&self, ledger: &str) -> String {
        let mut out = format!("{}\n", visible(&self.lead));
        for event in &self.events {
            let by = event.rule.as_ref().map(|rule| format!(" by {rule}")).unwrap_or_default();
            let where_to = destination(&event.assigned_kind, &event.assigned_to);
            let what = match event.what.as_str() {
                "closed" => format!("closed, with {where_to}"),
                "assigned" => format!("{where_to}{by}"),
                _ => format!("moved to {where_to}{by}"),
            };
            let _ = writeln!(out, "  {}  {:>4}  {what}", to_the_second(&event.happened_at), event.assignment);
            let by_hand = event.rule.is_none() && event.what != "closed";
            let note = Some(&event.note).filter(|note| !note.is_empty() && !by_hand);
            for told in event.reason.iter().chain(note) {
                let _ = writeln!(out, "      {}", visible(told));
            }
        }
        let lead = visible(&self.lead);
        let _ = writeln!(out, "`pointsman explain --ledger {ledger} --id {lead} --assignment NUMBER` says why");
        out
    }

    pub fn json(&self) -> String {
        pretty(&HistoryV1 { version: 1, lead: &self.lead, events: self.events.iter().map(event).collect() })
    }
}

fn event(event: &Event) -> EventV1<'_> {
    EventV1 {
        at: &event.happened_at,
        what: &event.what,
        assignment: event.assignment,
        batch: event.batch,
        assigned_to: &event.assigned_to,
        assigned_kind: &event.assigned_kind,
        rule: event.rule.as_deref(),
        reason: event.reason.as_deref(),
        note: &event.note,
    }
}

#[derive(Serialize)]
struct OverviewV1<'a> {
    version: u32,
    key_field: Option<&'a str>,
    leads: i64,
    batches: Vec<BatchV1<'a>>,
    reps: Vec<RepV1<'a>>,
    teams: Vec<TeamV1<'a>>,
}

#[derive(Serialize)]
struct BatchV1<'a> {
    batch: i64,
    kind: &'a str,
    at: &'a str,
    input: Option<&'a str>,
    assignments: i64,
    policy_hash: Option<&'a str>,
}

#[derive(Serialize)]
struct RepV1<'a> {
    rep: &'a str,
    leads: i64,
    open: u32,
    day: Option<String>,
    daily: u32,
}

#[derive(Serialize)]
struct TeamV1<'a> {
    team: &'a str,
    members: Vec<MemberV1<'a>>,
}

#[derive(Serialize)]
struct MemberV1<'a> {
    rep: &'a str,
    leads: u64,
    credit: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    totals: BTreeMap<&'a str, String>,
}

/// How things stand, for people.
pub fn overview(overview: &Overview) -> String {
    let mut out = String::new();
    let known = overview.key_field.as_deref().map(|key| format!(", known by {key}")).unwrap_or_default();
    let _ = writeln!(out, "{}{known}", leads(overview.leads.unsigned_abs() as usize));
    let _ = writeln!(out, "batches:");
    let earlier = overview.batches.len().saturating_sub(BATCHES_SHOWN);
    if earlier > 0 {
        let _ = writeln!(out, "  {earlier} earlier");
    }
    for batch in &overview.batches[earlier..] {
        let input = batch.input.as_deref().map(visible).unwrap_or_else(|| "by hand".into());
        let count = leads(batch.assignments.unsigned_abs() as usize);
        let _ = writeln!(out, "  {:>4}  {}  {input}: {count}", batch.batch, to_the_second(&batch.at));
    }
    write_reps(&mut out, overview);
    for team in teams(overview) {
        let _ = writeln!(out, "team {}:", team.team);
        let width = team.members.iter().map(|member| member.rep.chars().count()).max().unwrap_or(0);
        for member in team.members {
            let totals = member.totals.iter().map(|(field, total)| format!(", {field} {total}")).collect::<String>();
            let served = leads(member.leads as usize);
            let _ = writeln!(out, "  {:width$}  {served}, credit {}{totals}", member.rep, member.credit);
        }
    }
    out
}

fn write_reps(out: &mut String, overview: &Overview) {
    let _ = writeln!(out, "reps:");
    let reps = reps(overview);
    let width = reps.iter().map(|rep| rep.rep.chars().count()).max().unwrap_or(0);
    for rep in reps {
        let day = rep.day.map(|day| format!(", {} on {day}", rep.daily)).unwrap_or_default();
        let _ = writeln!(out, "  {:width$}  {} open, {} in all{day}", rep.rep, rep.open, rep.leads);
    }
}

/// How things stand, for programs.
pub fn overview_json(overview: &Overview) -> String {
    let batches = overview.batches.iter().map(|batch| BatchV1 {
        batch: batch.batch,
        kind: &batch.kind,
        at: &batch.at,
        input: batch.input.as_deref(),
        assignments: batch.assignments,
        policy_hash: batch.policy_hash.as_deref(),
    });
    pretty(&OverviewV1 {
        version: 1,
        key_field: overview.key_field.as_deref(),
        leads: overview.leads,
        batches: batches.collect(),
        reps: reps(overview),
        teams: teams(overview),
    })
}

fn reps(overview: &Overview) -> Vec<RepV1<'_>> {
    let mut reps = Vec::new();
    for (rep, work) in &overview.standing.workloads {
        let (day, daily) = work.last_day.map_or((None, 0), |(day, leads)| (Some(day.to_string()), leads));
        let leads = overview.got.get(rep).copied().unwrap_or_default();
        reps.push(RepV1 { rep, leads, open: work.open, day, daily });
    }
    reps
}

fn teams(overview: &Overview) -> Vec<TeamV1<'_>> {
    let mut teams: Vec<TeamV1<'_>> = Vec::new();
    for ((team, rep), served) in &overview.standing.rotation {
        if teams.last().is_none_or(|last| last.team != team) {
            teams.push(TeamV1 { team, members: Vec::new() });
        }
        let totals = overview.standing.balances.iter().filter(|((of, _, whose), _)| of == team && whose == rep);
        let totals = totals.map(|((_, field, _), total)| (field.as_str(), total.normalize().to_string())).collect();
        let credit = Decimal::from(served.credit).round_dp(2).normalize().to_string();
        let members = &mut teams.last_mut().expect("the team is there").members;
        members.push(MemberV1 { rep, leads: served.leads, credit, totals });
    }
    teams
}

#[derive(Serialize)]
struct VerdictV1<'a> {
    version: u32,
    whole: bool,
    faults: Vec<FaultV1<'a>>,
}

#[derive(Serialize)]
struct FaultV1<'a> {
    kind: &'a str,
    what: &'a str,
}

/// Whether a ledger is whole, for people.
pub fn verdict(faults: &[Fault]) -> String {
    if faults.is_empty() {
        return "the ledger is whole: its state is what the trail adds up to\n".to_owned();
    }
    faults.iter().map(|fault| format!("{}: {}\n", fault.kind, visible(&fault.what))).collect()
}

/// Whether a ledger is whole, for programs.
pub fn verdict_json(faults: &[Fault]) -> String {
    let told = faults.iter().map(|fault| FaultV1 { kind: fault.kind, what: &fault.what }).collect();
    pretty(&VerdictV1 { version: 1, whole: faults.is_empty(), faults: told })
}

/// A moment as people read it.
fn to_the_second(moment: &str) -> String {
    match moment.parse::<jiff::Timestamp>() {
        Ok(moment) => moment.strftime("%Y-%m-%d %H:%M:%SZ").to_string(),
        Err(_) => moment.to_owned(),
    }
}

fn leads(count: usize) -> String {
    if count == 1 { "1 lead".to_owned() } else { format!("{count} leads") }
}

fn pretty(document: &impl Serialize) -> String {
    serde_json::to_string_pretty(document).expect("text and numbers are always JSON") + "\n"
}
