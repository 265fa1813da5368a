//! Where the places of a text are after it was changed.
//!
//! Findings of the exact analysis come a moment later than the text they are about. Until the next ones
//! come, the last ones stay where their words are now; one whose words were changed is forgotten.

use std::collections::BTreeMap;

use super::view::View;
use crate::diagnostic::Finding;
use crate::source::{FileId, Span};

/// The findings of one state of a project in terms of another.
pub fn moved(findings: &[Finding], from: &View, to: &View) -> Vec<Finding> {
    let changes: BTreeMap<FileId, Option<Change>> =
        from.loaded.sources.files().map(|(file, source)| (file, Change::of(from, file, to, &source.name))).collect();
    let place = |span: Span| {
        let change = changes.get(&from.loaded.sources.file_of(span))?.as_ref()?;
        change.place(from.source(from.loaded.sources.file_of(span)).local(span), to)
    };
    findings.iter().filter_map(|finding| finding.moved(&place)).collect()
}

/// What became of one file: the text between two places is other text.
struct Change {
    file: FileId,
    /// Length of what is the same at the beginning.
    before: usize,
    /// Where what is the same at the end begins, in the old text and in the new one.
    after: (usize, usize),
}

impl Change {
    fn of(from: &View, file: FileId, to: &View, name: &str) -> Option<Change> {
        let now = to.file(name)?;
        let (old, new) = (from.source(file).text.as_bytes(), to.source(now).text.as_bytes());
        if old == new {
            return Some(Change { file: now, before: old.len(), after: (old.len(), new.len()) });
        }
        let before = old.iter().zip(new).take_while(|(old, new)| old == new).count();
        let rest = (&old[before..], &new[before..]);
        let after = rest.0.iter().rev().zip(rest.1.iter().rev()).take_while(|(old, new)| old == new).count();
        Some(Change { file: now, before, after: (old.len() - after, new.len() - after) })
    }

    fn place(&self, local: std::ops::Range<usize>, to: &View) -> Option<Span> {
        let (old, new) = self.after;
        let range = if local.end <= self.before {
            local
        } else if old <= local.start {
            local.start - old + new..local.end - old + new
        } else {
            return None;
        };
        Some(to.source(self.file).span_at(range))
    }
}
