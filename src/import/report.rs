//! What an import made of each entry: for the admin who has to trust it, and for programs.

use indexmap::IndexMap;
use serde::Serialize;

use super::fields::{Because, Fields, Type};
use super::metadata::Asks;
use super::project::{Given, has_catch_all, remarks};
use super::translate::{Entry, Fidelity, Policy};
use crate::diagnostic::json::SpanV1;
use crate::source::SourceMap;

/// What one project was made of. Version 1 of the machine output; fields may be added, never changed
/// or removed.
#[derive(Serialize, Debug)]
pub struct Report {
    pub object: String,
    /// The names of the files read.
    pub sources: Vec<String>,
    /// The policy that leads start at.
    pub start: String,
    pub policies: Vec<PolicyV1>,
    pub fields: Vec<FieldV1>,
    pub summary: SummaryV1,
}

#[derive(Serialize, Debug)]
pub struct PolicyV1 {
    pub policy: String,
    /// As in Salesforce.
    pub name: String,
    pub active: bool,
    pub entries: Vec<EntryV1>,
}

#[derive(Serialize, Debug)]
pub struct EntryV1 {
    pub entry: usize,
    /// `policy.rule`
    pub rule: String,
    pub asks: &'static str,
    pub translated: TranslatedV1,
    pub open: Vec<OpenV1>,
    pub remarks: Vec<String>,
    pub span: SpanV1,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Debug)]
#[serde(rename_all = "kebab-case")]
pub enum TranslatedV1 {
    Exactly,
    ButForLetterCase,
    No,
}

#[derive(Serialize, Debug)]
pub struct OpenV1 {
    /// The lead's field that stands for it.
    pub field: String,
    pub what: String,
    pub why: String,
    pub span: SpanV1,
}

#[derive(Serialize, Debug)]
pub struct FieldV1 {
    pub field: String,
    pub header: String,
    #[serde(rename = "type")]
    pub ty: String,
    pub because: &'static str,
}

#[derive(Default, Serialize, Debug)]
pub struct SummaryV1 {
    pub entries: usize,
    pub exactly: usize,
    pub but_for_letter_case: usize,
    pub not: usize,
    pub formulas: FormulasV1,
}

#[derive(Default, Serialize, Debug)]
pub struct FormulasV1 {
    pub entries: usize,
    pub exactly: usize,
    pub but_for_letter_case: usize,
    pub not: usize,
}

pub(super) fn of(
    object: &str,
    files: Vec<String>,
    policies: &[Policy],
    fields: &Fields,
    names: Given,
    sources: &SourceMap,
) -> Report {
    let page = Page { fields, names: &names, sources };
    let policies: Vec<PolicyV1> =
        policies.iter().enumerate().map(|(index, policy)| page.policy(index, policy)).collect();
    Report {
        object: object.to_owned(),
        sources: files,
        start: names.policies[names.start].clone(),
        summary: summary(&policies),
        policies,
        fields: names
            .fields
            .iter()
            .map(|field| FieldV1 {
                field: field.name.clone(),
                header: field.header.clone(),
                ty: field.ty.to_string(),
                because: because(field.because),
            })
            .collect(),
    }
}

struct Page<'a> {
    fields: &'a Fields,
    names: &'a Given,
    sources: &'a SourceMap,
}

impl Page<'_> {
    fn policy(&self, index: usize, policy: &Policy) -> PolicyV1 {
        let last = policy.entries.len();
        let entries = policy.entries.iter().enumerate();
        PolicyV1 {
            policy: self.names.policies[index].clone(),
            name: policy.rule.name.clone(),
            active: policy.rule.active,
            entries: entries
                .map(|(position, entry)| self.entry(index, entry, position + 1 == last && has_catch_all(policy)))
                .collect(),
        }
    }

    fn entry(&self, policy: usize, entry: &Entry, is_otherwise: bool) -> EntryV1 {
        let name = &self.names.policies[policy];
        let rule = if is_otherwise { format!("{name}.otherwise") } else { format!("{name}.entry_{}", entry.number()) };
        let open = match &entry.fidelity {
            Fidelity::Open(open) => &open[..],
            Fidelity::Exact | Fidelity::LetterCase(_) => &[],
        };
        EntryV1 {
            entry: entry.number(),
            rule,
            asks: match entry.source.asks {
                Asks::Nothing => "nothing",
                Asks::Criteria { .. } => "criteria",
                Asks::Formula(_) => "formula",
            },
            translated: match entry.fidelity {
                Fidelity::Exact => TranslatedV1::Exactly,
                Fidelity::LetterCase(_) => TranslatedV1::ButForLetterCase,
                Fidelity::Open(_) => TranslatedV1::No,
            },
            open: open
                .iter()
                .map(|open| OpenV1 {
                    field: self.names.open(policy, open),
                    what: open.what.name(),
                    why: open.why.clone(),
                    span: SpanV1::of(open.span, self.sources, ""),
                })
                .collect(),
            remarks: remarks(entry, self.fields),
            span: SpanV1::of(entry.source.span, self.sources, ""),
        }
    }
}

fn summary(policies: &[PolicyV1]) -> SummaryV1 {
    let mut summary = SummaryV1::default();
    for entry in policies.iter().flat_map(|policy| &policy.entries) {
        let formula = usize::from(entry.asks == "formula");
        let (all, formulas) = match entry.translated {
            TranslatedV1::Exactly => (&mut summary.exactly, &mut summary.formulas.exactly),
            TranslatedV1::ButForLetterCase => {
                (&mut summary.but_for_letter_case, &mut summary.formulas.but_for_letter_case)
            }
            TranslatedV1::No => (&mut summary.not, &mut summary.formulas.not),
        };
        *all += 1;
        *formulas += formula;
        summary.entries += 1;
        summary.formulas.entries += formula;
    }
    summary
}

fn because(why: Option<Because>) -> &'static str {
    match why {
        None => "not-translated",
        Some(Because::Standard) => "standard",
        Some(Because::Asked) => "asked",
        Some(Because::Compared) => "compared",
    }
}

/// For people: the counts, then everything that decides otherwise than Salesforce or may do so.
pub fn human(report: &Report, folder: &str) -> String {
    let SummaryV1 { entries, exactly, but_for_letter_case, not, .. } = &report.summary;
    let mut lines = vec![format!(
        "{folder}: {} for {} with {}",
        count(report.policies.len(), "assignment rule", "assignment rules"),
        report.object,
        count(*entries, "entry", "entries"),
    )];
    let mut parts = vec![format!("{exactly} translated exactly")];
    if *but_for_letter_case > 0 {
        parts.push(format!("{but_for_letter_case} but for letter case"));
    }
    parts.push(format!("{not} not"));
    lines.push(format!("  {}", parts.join(", ")));
    let all = || report.policies.iter().flat_map(|policy| &policy.entries);
    let open = all().flat_map(|entry| entry.open.iter().map(move |open| (entry, open)));
    let open = open.map(|(entry, open)| {
        let SpanV1 { file, line, column, .. } = &open.span;
        format!("  {}, {file}:{line}:{column}: {} {}", entry.rule, open.what, open.why)
    });
    section(&mut lines, "not translated; the lead has a field for each, and somebody has to fill it:", open);
    section(&mut lines, "to know:", remarked(report).into_iter());
    let guessed =
        report.fields.iter().filter(|field| field.because == "compared" && field.ty != Type::Text.to_string());
    let guessed = guessed.map(|field| format!("  {}: {}", field.field, field.ty));
    section(&mut lines, "types taken from what the rules compare with, for the files do not say them:", guessed);
    section(&mut lines, "about the assignment rules:", activity(report).into_iter());
    lines.into_iter().map(|line| line + "\n").collect()
}

/// Each remark once, with all entries of a policy that it is about.
fn remarked(report: &Report) -> Vec<String> {
    let mut entries: IndexMap<(&str, &str), Vec<String>> = IndexMap::new();
    for policy in &report.policies {
        for entry in &policy.entries {
            let name = entry.rule.strip_prefix(&policy.policy).unwrap_or(&entry.rule);
            for remark in &entry.remarks {
                let about = entries.entry((&policy.policy, remark)).or_default();
                about.push(if about.is_empty() { entry.rule.clone() } else { name.trim_start_matches('.').to_owned() });
            }
        }
    }
    entries.into_iter().map(|((_, remark), about)| format!("  {}: {remark}", about.join(", "))).collect()
}

/// Which rule leads start at, where that is not plain.
fn activity(report: &Report) -> Option<String> {
    let active: Vec<&str> =
        report.policies.iter().filter(|policy| policy.active).map(|policy| policy.policy.as_str()).collect();
    match active.len() {
        0 => Some(format!("  none is active in Salesforce: leads start at the first, `{}`", report.start)),
        1 => None,
        _ => Some(format!("  several are active ({}): leads start at the first", active.join(", "))),
    }
}

fn section(lines: &mut Vec<String>, head: &str, items: impl Iterator<Item = String>) {
    let mut items = items.peekable();
    if items.peek().is_some() {
        lines.push(head.to_owned());
        lines.extend(items);
    }
}

fn count(number: usize, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
}
