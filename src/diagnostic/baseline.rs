//! Findings that a team knows of and has not mended yet: with them in a file, `lint` fails for new ones
//! only, and may be switched on today.
//!
//! A finding is known again by what does not change when others are mended: its code, where it belongs,
//! and the words at its place. Lines, files of rules and wordings of messages are left out, as they change
//! with edits elsewhere and with releases:
//!
//! ```text
//! {"code":"unreachable-rule","in":"regions.dach_small","text":"dach_small"}
//! {"code":"unknown-owner","in":"accounts.csv","text":"dora","times":3}
//! ```
//!
//! Several findings may look alike so; then their number counts (`times`), and one more is a new one. A
//! finding that stands for several rows of a table counts as many times.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Finding, Known, Stage};
use crate::source::SourceMap;

/// The only version there is.
const VERSION: u32 = 1;

/// Known findings, and how often each occurs.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Baseline {
    times: BTreeMap<Key, usize>,
}

/// What makes a finding the same one in another version of the project.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Key {
    code: String,
    /// The rule, else the policy; for what stands in a table or a roster, its file; or nothing.
    place: String,
    /// The words at the place, with single spaces.
    text: String,
}

#[derive(Serialize, Deserialize)]
struct DocumentV1 {
    version: u32,
    findings: Vec<EntryV1>,
}

/// An entry of the file, frozen: keys may be added, never changed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct EntryV1 {
    pub code: String,
    #[serde(rename = "in", default, skip_serializing_if = "String::is_empty")]
    pub place: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    #[serde(default = "once", skip_serializing_if = "is_once")]
    pub times: usize,
}

/// Why a text is no baseline, in words that follow its name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Unreadable {
    NotJson(String),
    Newer(u32),
}

impl Baseline {
    /// All that can be in a baseline: what stops a project from being loaded never is.
    pub fn of(findings: &[Finding], sources: &SourceMap) -> Baseline {
        let mut times = BTreeMap::new();
        for finding in findings.iter().filter(|finding| finding.code.stage() == Stage::Lint) {
            *times.entry(Key::of(finding, sources)).or_default() += finding.instances;
        }
        Baseline { times }
    }

    pub fn read(text: &str) -> Result<Baseline, Unreadable> {
        #[derive(Deserialize)]
        struct Versioned {
            version: u32,
        }
        let not_json = |why: serde_json::Error| Unreadable::NotJson(why.to_string());
        let Versioned { version } = serde_json::from_str(text).map_err(not_json)?;
        if version != VERSION {
            return Err(Unreadable::Newer(version));
        }
        let document: DocumentV1 = serde_json::from_str(text).map_err(not_json)?;
        let mut times = BTreeMap::new();
        for EntryV1 { code, place, text, times: more } in document.findings {
            *times.entry(Key { code, place, text }).or_default() += more;
        }
        Ok(Baseline { times })
    }

    /// The file: an entry a line, in the order of their codes, so that a diff shows what came and went.
    pub fn to_json(&self) -> String {
        let line = |entry| serde_json::to_string(&entry).expect("text and numbers become JSON");
        let lines: Vec<String> = self.entries().map(|entry| format!("\n    {}", line(entry))).collect();
        let close = if lines.is_empty() { "" } else { "\n  " };
        format!("{{\n  \"version\": {VERSION},\n  \"findings\": [{}{close}]\n}}\n", lines.join(","))
    }

    pub fn entries(&self) -> impl Iterator<Item = EntryV1> {
        self.times.iter().filter(|(_, times)| **times > 0).map(|(key, &times)| EntryV1 {
            code: key.code.clone(),
            place: key.place.clone(),
            text: key.text.clone(),
            times,
        })
    }

    /// Says of each finding whether it is known; of those that look alike, the first ones are. What is
    /// left over no longer occurs.
    pub fn mark(&self, findings: &mut [Finding], sources: &SourceMap) -> Baseline {
        let mut left = self.clone();
        for finding in findings {
            let known = (finding.code.stage() == Stage::Lint)
                .then(|| left.times.get_mut(&Key::of(finding, sources)))
                .flatten()
                .filter(|times| **times >= finding.instances);
            finding.known = Some(if known.is_some() { Known::Yes } else { Known::No });
            if let Some(times) = known {
                *times -= finding.instances;
            }
        }
        left
    }

    /// Without the entries of codes for which something does not hold.
    pub fn only(mut self, wanted: impl Fn(&str) -> bool) -> Baseline {
        self.times.retain(|key, _| wanted(&key.code));
        self
    }

    /// What both have, as often as both have it.
    pub fn and(&self, other: &Baseline) -> Baseline {
        let common = |(key, times): (&Key, &usize)| Some((key.clone(), *times.min(other.times.get(key)?)));
        Baseline { times: self.times.iter().filter_map(common).collect() }
    }
}

impl Key {
    fn of(finding: &Finding, sources: &SourceMap) -> Key {
        let file = sources.file(sources.file_of(finding.span));
        let at_place = &file.text[file.local(finding.span)];
        let words: Vec<&str> = finding.identity.as_deref().unwrap_or(at_place).split_whitespace().collect();
        let place = if file.name.ends_with(".rules") {
            let rule = finding.rule.as_deref().map(without_row);
            rule.or(finding.policy.as_deref()).unwrap_or_default().to_owned()
        } else {
            file.name.to_string()
        };
        Key { code: finding.code.name().to_owned(), place, text: words.join(" ") }
    }
}

/// `regions.patches` of `regions.patches:3`: a row's number changes with the rows above it.
fn without_row(rule: &str) -> &str {
    rule.split_once(':').map_or(rule, |(block, _)| block)
}

fn once() -> usize {
    1
}

fn is_once(times: &usize) -> bool {
    *times == 1
}

impl std::fmt::Display for Unreadable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Unreadable::NotJson(why) => write!(f, "is no baseline: {why}"),
            Unreadable::Newer(version) => write!(f, "is a baseline of version {version}, and this program knows 1"),
        }
    }
}
