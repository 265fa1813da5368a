//! Facts → findings: one file for each lint, [`LINTS`] and [`EXACT_LINTS`] in documentation order.
//!
//! A lint reads what the project, its graph and the analysis know; it never reads another lint. Its
//! severity is the code's, and then the user's ([`Levels`]); what was left open weighs less.
//!
//! What [`exact`] proves is shown with a lead where there is one, and no lead is shown that the router
//! has not taken where the finding says: a lint that cannot keep this promise is a [`Mismatch`].

mod blank_slips_through;
mod boundary_gap;
mod can_run_dry;
mod casts;
mod conditions;
mod constant_condition;
mod dead_list_member;
mod duplicate_key;
mod endless_wait;
pub mod exact;
mod expired_rule;
mod hidden;
mod hidden_overlap;
mod impossible_condition;
mod lexical_order;
mod lists;
mod loose_substring;
mod missing_fallback;
mod needless_allow;
mod owners;
mod policy_cycle;
mod redundant_rule;
mod shadowed_row;
mod unknown_owner;
mod unreachable_policy;
mod unreachable_rule;
mod unsplit_list;
mod unstaffed;
mod unstaffed_hours;
mod unused_name;

use jiff::Timestamp;
use jiff::civil::Date;

use self::exact::Exact;
pub use self::exact::Mismatch;
use self::owners::Owners;
use crate::assign::staffing::Staffing;
use crate::diagnostic::{Code, Edit, Finding, Severity, Stage, Verdict};
use crate::graph::DecisionGraph;
use crate::ids::RuleId;
use crate::policy::{Allow, Origin, Project};
use crate::roster::RosterSource;
use crate::source::Span;

/// A lint: what it is called and how it finds what it finds.
pub struct Lint {
    pub code: Code,
    pub find: fn(&Facts) -> Vec<Finding>,
}

/// A lint that shows leads, and fails if the router does with one something else than was proved.
pub struct ExactLint {
    pub code: Code,
    pub find: fn(&Facts) -> Result<Vec<Finding>, Mismatch>,
}

/// Lints of the text and of people; `needless-allow` looks at what the others found.
pub const LINTS: &[Lint] = &[
    duplicate_key::LINT,
    unreachable_policy::LINT,
    lexical_order::LINT,
    endless_wait::LINT,
    unstaffed::LINT,
    unstaffed_hours::LINT,
    unknown_owner::LINT,
    unsplit_list::LINT,
    unused_name::LINT,
    expired_rule::LINT,
];

/// Lints of what leads can and cannot do.
pub const EXACT_LINTS: &[ExactLint] = &[
    missing_fallback::LINT,
    policy_cycle::LINT,
    unreachable_rule::LINT,
    impossible_condition::LINT,
    redundant_rule::LINT,
    constant_condition::LINT,
    boundary_gap::LINT,
    hidden_overlap::LINT,
    loose_substring::LINT,
    dead_list_member::LINT,
    blank_slips_through::LINT,
    can_run_dry::LINT,
    shadowed_row::LINT,
];

/// What lints look at.
pub struct Facts<'a> {
    pub project: &'a Project,
    pub graph: &'a DecisionGraph,
    pub owners: Owners<'a>,
    pub staffing: Staffing<'a>,
    pub exact: Exact<'a>,
    /// From when on people's absences count.
    pub now: Timestamp,
    /// Today in the project's time zone.
    pub today: Date,
}

/// Everything questionable about a project, in the order of the text, without what its `allow`s
/// silence. `now` decides which dates are over; `levels` which lints run that are off by default, not
/// how findings weigh ([`Levels::apply`]).
pub fn lint(
    project: &Project,
    graph: &DecisionGraph,
    now: Timestamp,
    levels: &Levels,
) -> Result<Vec<Finding>, Mismatch> {
    lint_while(project, graph, now, levels, &|| true).map(Option::unwrap_or_default)
}

/// The same, as long as somebody wants to know: `None` if between two lints nobody does any more.
pub fn lint_while(
    project: &Project,
    graph: &DecisionGraph,
    now: Timestamp,
    levels: &Levels,
    is_wanted: &dyn Fn() -> bool,
) -> Result<Option<Vec<Finding>>, Mismatch> {
    let today = now.to_zoned(project.timezone.clone()).date();
    let exact = Exact::new(project, today);
    let (owners, staffing) = (Owners::new(project), Staffing::new(project, now));
    let facts = Facts { project, graph, owners, staffing, exact, now, today };
    let running = LINTS.iter().filter(|lint| lint.code.is_on_by_default() || levels.runs(lint.code));
    let mut found: Vec<Finding> = running.flat_map(|lint| (lint.find)(&facts)).collect();
    for lint in EXACT_LINTS.iter().filter(|lint| levels.runs(lint.code)) {
        if !is_wanted() {
            return Ok(None);
        }
        found.extend((lint.find)(&facts)?);
    }
    let allows: Vec<&Allow> = project.allows.iter().filter(|allow| levels.runs(allow.code)).collect();
    let mut findings = apply_allows(&allows, project.roster.source, found);
    sort(&mut findings);
    Ok(Some(findings))
}

/// A finding that could not be decided: it weighs less than one that is proved.
fn left_open(mut finding: Finding) -> Finding {
    finding.verdict = Verdict::Open;
    finding.severity = match finding.severity {
        Severity::Error => Severity::Warning,
        Severity::Warning | Severity::Note => Severity::Note,
    };
    finding
}

/// A rule with the `allow`s before it.
fn with_allows(project: &Project, rule: RuleId) -> Span {
    let whole = project.rules[rule].span;
    let allows = project.allows.iter().filter(|allow| allow.scope == whole);
    allows.fold(whole, |span, allow| span.to(allow.span))
}

/// Offers to remove a rule that is written by itself: a row of a table is none.
fn removable(finding: Finding, project: &Project, rule: RuleId) -> Finding {
    match project.rules[rule].origin {
        Origin::Row(..) => finding,
        Origin::Rule | Origin::Otherwise => {
            let title = format!("remove rule `{}`", project.rules[rule].name);
            finding.fix(title, vec![Edit::remove(with_allows(project, rule))])
        }
    }
}

/// By place, then by code, so that the same project gives the same report.
pub fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| (a.span, a.code, &a.message).cmp(&(b.span, b.code, &b.message)));
}

/// Takes away what an `allow` silences: a finding of its code that speaks of a place in the `allow`'s
/// scope. A finding about several rules is thus silenced before any of them; one about the roster
/// before `roster "…"`. What silences nothing is itself a finding, which an `allow needless-allow`
/// further out may silence.
fn apply_allows(allows: &[&Allow], roster: Option<RosterSource>, found: Vec<Finding>) -> Vec<Finding> {
    let (needless, others): (Vec<&Allow>, Vec<&Allow>) =
        allows.iter().partition(|allow| allow.code == Code::NeedlessAllow);
    let (mut kept, unused) = silence(&others, roster, found);
    let (needless_kept, still_unused) = silence(&needless, roster, needless_allow::find(&unused));
    kept.extend(needless_kept);
    kept.extend(needless_allow::find(&still_unused));
    kept
}

/// The findings that no `allow` silences, and the `allow`s that silence none.
fn silence<'a>(
    allows: &[&'a Allow],
    roster: Option<RosterSource>,
    mut found: Vec<Finding>,
) -> (Vec<Finding>, Vec<&'a Allow>) {
    let mut unused = Vec::new();
    let mut silenced = vec![false; found.len()];
    for allow in allows {
        let of_roster = roster.filter(|roster| lies_in(roster.named, allow.scope));
        let mut used = false;
        for (finding, silenced) in found.iter().zip(&mut silenced) {
            let in_roster = of_roster.is_some_and(|roster| lies_in(finding.span, roster.file));
            if finding.code == allow.code && (in_roster || speaks_of(finding, allow.scope)) {
                *silenced = true;
                used = true;
            }
        }
        if !used {
            unused.push(*allow);
        }
    }
    let mut silenced = silenced.into_iter();
    found.retain(|_| silenced.next() == Some(false));
    (found, unused)
}

fn speaks_of(finding: &Finding, scope: Span) -> bool {
    let places = std::iter::once(finding.span).chain(finding.labels.iter().map(|label| label.span));
    places.into_iter().any(|place| lies_in(place, scope))
}

fn lies_in(place: Span, scope: Span) -> bool {
    scope.start <= place.start && place.end <= scope.end
}

/// What the user says about severities, for one run.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Levels {
    pub deny: Vec<Code>,
    pub warn: Vec<Code>,
    pub allow: Vec<Code>,
    /// Every warning becomes an error.
    pub deny_warnings: bool,
}

impl Levels {
    /// Whether a lint is to run: those that are off by default only if they are asked for.
    pub fn runs(&self, code: Code) -> bool {
        !self.allow.contains(&code)
            && (code.is_on_by_default() || self.deny.contains(&code) || self.warn.contains(&code))
    }

    /// Changes severities and takes away what is allowed. Only lints can be changed: what stops the
    /// compiler stays an error.
    pub fn apply(&self, findings: &mut Vec<Finding>) {
        let is_lint = |finding: &Finding| finding.code.stage() == Stage::Lint;
        findings.retain(|finding| !(is_lint(finding) && self.allow.contains(&finding.code)));
        for finding in findings.iter_mut().filter(|finding| is_lint(finding)) {
            finding.severity = self.severity(finding.code, finding.severity);
        }
    }

    fn severity(&self, code: Code, found: Severity) -> Severity {
        if self.deny.contains(&code) {
            Severity::Error
        } else if self.warn.contains(&code) {
            Severity::Warning
        } else if self.deny_warnings && found == Severity::Warning {
            Severity::Error
        } else {
            found
        }
    }
}

/// `3 rows` for a label that cannot list them all.
fn count(number: usize, thing: &str) -> String {
    if number == 1 { format!("1 {thing}") } else { format!("{number} {thing}s") }
}

/// Names in a row, beyond which a sentence is no longer read.
const NAMES_AT_MOST: usize = 6;

/// `a`, `b` and `c`; of a long list the first few and how many more there are.
fn listed(names: &[&str]) -> String {
    let shown = if names.len() > NAMES_AT_MOST { NAMES_AT_MOST - 1 } else { names.len() };
    let mut parts: Vec<String> = names[..shown].iter().map(|name| format!("`{name}`")).collect();
    if shown < names.len() {
        parts.push(format!("{} more", names.len() - shown));
    }
    match parts.split_last() {
        None => String::new(),
        Some((only, [])) => only.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(code: Code, start: u32, end: u32) -> Finding {
        Finding::new(code, Span::new(start, end), "")
    }

    fn allow(code: Code, start: u32, end: u32) -> Allow {
        Allow { code, reason: String::new(), span: Span::new(start, start), scope: Span::new(start, end) }
    }

    fn codes(findings: &[Finding]) -> Vec<Code> {
        findings.iter().map(|finding| finding.code).collect()
    }

    #[test]
    fn a_list_of_names_is_a_phrase_however_long_it_is() {
        assert_eq!(listed(&["a"]), "`a`");
        assert_eq!(listed(&["a", "b", "c"]), "`a`, `b` and `c`");
        assert_eq!(listed(&["a"; 9]), "`a`, `a`, `a`, `a`, `a` and 4 more");
    }

    #[test]
    fn an_allow_silences_its_code_in_its_scope_and_nothing_else() {
        let found = vec![
            finding(Code::CanRunDry, 10, 20),
            finding(Code::Unstaffed, 10, 20),
            finding(Code::CanRunDry, 50, 60),
            finding(Code::CanRunDry, 50, 60).also(Span::new(12, 13), "here too"),
        ];
        let kept = apply_allows(&[&allow(Code::CanRunDry, 5, 30)], None, found);
        assert_eq!(codes(&kept), [Code::Unstaffed, Code::CanRunDry]);
    }

    #[test]
    fn an_allow_without_effect_is_found_and_can_be_allowed_from_outside() {
        let unused = allow(Code::CanRunDry, 5, 30);
        assert_eq!(codes(&apply_allows(&[&unused], None, vec![])), [Code::NeedlessAllow]);
        let outer = allow(Code::NeedlessAllow, 0, 100);
        assert_eq!(codes(&apply_allows(&[&outer, &unused], None, vec![])), []);
        assert_eq!(codes(&apply_allows(&[&outer], None, vec![])), [Code::NeedlessAllow]);
    }

    #[test]
    fn levels_change_lints_and_leave_what_stops_the_compiler() {
        let mut findings = vec![
            finding(Code::UnknownName, 0, 1),
            finding(Code::UnusedName, 0, 1),
            finding(Code::CanRunDry, 0, 1),
            finding(Code::ExpiredRule, 0, 1),
        ];
        let levels = Levels {
            deny: vec![Code::UnusedName],
            warn: vec![Code::CanRunDry, Code::UnknownName],
            allow: vec![Code::ExpiredRule, Code::UnknownName],
            deny_warnings: false,
        };
        levels.apply(&mut findings);
        let left: Vec<(Code, Severity)> = findings.iter().map(|finding| (finding.code, finding.severity)).collect();
        let expected = [
            (Code::UnknownName, Severity::Error),
            (Code::UnusedName, Severity::Error),
            (Code::CanRunDry, Severity::Warning),
        ];
        assert_eq!(left, expected);
    }
}
