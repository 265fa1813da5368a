//! A run's counts, for people and for programs.

use std::fmt::Write;

use indexmap::IndexMap;
use serde::Serialize;

use crate::diagnostic::visible;
use crate::policy::{Mark, Project};
use crate::route::Summary;

/// Names shown of each kind; the JSON has all of them.
const SHOWN: usize = 12;

/// The counts as `route` says them at its end.
pub fn human(summary: &Summary, project: &Project, dry_run: bool) -> String {
    let mut out = String::new();
    let dry = if dry_run { " (dry run: nothing was written)" } else { "" };
    let _ = writeln!(out, "{}{dry}", headline(summary));
    counts(&mut out, "by policy", &summary.by_policy(project));
    counts(&mut out, "by rule", &summary.by_rule(project));
    counts(&mut out, "by rep", &summary.by_rep(project));
    counts(&mut out, "by queue", &summary.by_queue(project));
    counts(&mut out, "by route type", &summary.by_route_type(project));
    counts(&mut out, "rejects", &summary.reject_reasons);
    if project.policies.iter().any(|policy| policy.mark == Some(Mark::Fallback)) {
        let _ = writeln!(out, "fallback share: {:.1} %", summary.fallback_share(project) * 100.0);
    }
    passed_on(&mut out, summary);
    unread(&mut out, summary, project);
    assumptions(&mut out, summary);
    out
}

fn headline(summary: &Summary) -> String {
    let parts = [
        (summary.assigned, "to reps"),
        (summary.queued, "to queues"),
        (summary.kept, "kept by their owner"),
        (summary.rejected_by_policy, "rejected by policy"),
        (summary.rejects, "in the rejects"),
    ];
    let parts: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    let rows = if summary.read == 1 { "row" } else { "rows" };
    let before = match summary.already_assigned {
        0 => String::new(),
        before => format!(" ({before} assigned before, and left as they were)"),
    };
    if parts.is_empty() {
        format!("{} {rows} read", summary.read)
    } else {
        format!("{} {rows} read: {}{before}", summary.read, parts.join(", "))
    }
}

fn counts(out: &mut String, title: &str, counts: &IndexMap<String, u64>) {
    if counts.is_empty() {
        return;
    }
    let _ = writeln!(out, "{title}:");
    let mut largest: Vec<(&String, &u64)> = counts.iter().collect();
    if largest.len() > SHOWN {
        largest.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    }
    let width = largest.iter().take(SHOWN).map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    for (name, count) in largest.iter().take(SHOWN) {
        let _ = writeln!(out, "  {name:width$}  {count}");
    }
    let rest: u64 = largest.iter().skip(SHOWN).map(|(_, count)| **count).sum();
    if rest > 0 {
        let _ = writeln!(out, "  {:width$}  {rest}", format!("{} others", largest.len() - SHOWN));
    }
}

/// Who runs `route` at night sees at once why the queues are full.
fn passed_on(out: &mut String, summary: &Summary) {
    let absent = summary.passed_over.values().filter(|is_absent| **is_absent).count();
    if absent > 0 {
        let leads = if summary.passed_on == 1 { "1 lead".to_owned() } else { format!("{} leads", summary.passed_on) };
        let reps = if summary.passed_over.len() == 1 { "rep" } else { "reps" };
        let _ = writeln!(
            out,
            "{leads} went on along the chain: {absent} of {} {reps} named before were away or off hours (see --at)",
            summary.passed_over.len(),
        );
    }
}

fn unread(out: &mut String, summary: &Summary, project: &Project) {
    for (field, count) in summary.unread_cells(project) {
        let cells = if count.cells == 1 { "1 cell counts".to_owned() } else { format!("{} cells count", count.cells) };
        let example = visible(&count.example);
        let hint = count.suggestion.as_ref().map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        let _ = writeln!(out, "{field}: {cells} as blank, e.g. `{example}` is not {}{hint}", count.expected);
    }
}

fn assumptions(out: &mut String, summary: &Summary) {
    for (text, count) in summary.broken_assumptions.iter().filter(|(_, count)| **count > 0) {
        let leads = if *count == 1 { "1 lead breaks".to_owned() } else { format!("{count} leads break") };
        let _ = writeln!(out, "{leads} `assume {text}`");
    }
}

/// The counts as JSON, version 1. Fields may be added, never changed or removed.
#[derive(Serialize)]
struct SummaryV1<'a> {
    version: u32,
    read: u64,
    assigned: u64,
    queued: u64,
    kept: u64,
    rejected_by_policy: u64,
    rejects: u64,
    already_assigned: u64,
    by_policy: IndexMap<String, u64>,
    by_rule: IndexMap<String, u64>,
    by_rep: IndexMap<String, u64>,
    by_queue: IndexMap<String, u64>,
    by_route_type: IndexMap<String, u64>,
    by_reject_reason: &'a IndexMap<String, u64>,
    fallback_share: f64,
    unread_cells: IndexMap<&'a str, u64>,
    broken_assumptions: &'a IndexMap<String, u64>,
}

pub fn json(summary: &Summary, project: &Project) -> String {
    serde_json::to_string_pretty(&document(summary, project)).expect("text and numbers are always JSON") + "\n"
}

/// The same on one line, as a ledger keeps it.
pub fn line(summary: &Summary, project: &Project) -> String {
    serde_json::to_string(&document(summary, project)).expect("text and numbers are always JSON")
}

fn document<'a>(summary: &'a Summary, project: &'a Project) -> SummaryV1<'a> {
    SummaryV1 {
        version: 1,
        read: summary.read,
        assigned: summary.assigned,
        queued: summary.queued,
        kept: summary.kept,
        rejected_by_policy: summary.rejected_by_policy,
        rejects: summary.rejects,
        already_assigned: summary.already_assigned,
        by_policy: summary.by_policy(project),
        by_rule: summary.by_rule(project),
        by_rep: summary.by_rep(project),
        by_queue: summary.by_queue(project),
        by_route_type: summary.by_route_type(project),
        by_reject_reason: &summary.reject_reasons,
        fallback_share: summary.fallback_share(project),
        unread_cells: summary.unread_cells(project).map(|(field, count)| (field, count.cells)).collect(),
        broken_assumptions: &summary.broken_assumptions,
    }
}
