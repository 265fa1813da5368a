//! Every message of `check`, each a function from what was found to its [`Finding`].
//!
//! What is wrong stands in the message, where in the labels, what to do in the help; the reader knows
//! leads and territories, and need not know how programs work.

mod data;
mod files;
mod names;
mod people;
mod types;

pub(super) use data::*;
pub(super) use files::*;
pub(super) use names::*;
pub(super) use people::*;
pub(super) use types::*;

use crate::diagnostic::Finding;
use crate::source::Span;
use crate::suggest;

/// Text longer than this is cut in messages; its place shows the whole.
const LONGEST: usize = 60;

/// What the user wrote, in backticks, on one line.
fn ticked(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<&str>>().join(" ");
    if line.chars().count() <= LONGEST {
        return format!("`{line}`");
    }
    let start: String = line.chars().take(LONGEST - 1).collect();
    format!("`{start}…`")
}

/// With a suggestion, or with other advice where nothing is near.
fn suggesting<'a>(
    finding: Finding,
    written: &str,
    known: impl IntoIterator<Item = &'a str>,
    otherwise: Option<String>,
) -> Finding {
    let Some(near) = suggest::nearest(written, known) else { return advising(finding, otherwise) };
    let finding = finding.help(format!("did you mean `{near}`?"));
    // What is marked may be more than the word.
    if finding.span.len() == written.len() { finding.write_instead(near) } else { finding }
}

/// With a suggestion, or with all there are where those are few.
fn listing(finding: Finding, written: &str, what: &str, known: Vec<&str>) -> Finding {
    let all: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
    let listed = (1..=8).contains(&all.len()).then(|| format!("the {what} are {}", all.join(", ")));
    suggesting(finding, written, known, listed)
}

fn advising(finding: Finding, help: Option<String>) -> Finding {
    match help {
        Some(help) => finding.help(help),
        None => finding,
    }
}

fn pointing(finding: Finding, place: Option<Span>, message: impl Into<String>) -> Finding {
    match place {
        Some(place) => finding.also(place, message),
        None => finding,
    }
}

/// The first word of something longer, for a label that should not cover a whole block.
fn head(span: Span, length: u32) -> Span {
    Span::new(span.start, span.end.min(span.start + length))
}
