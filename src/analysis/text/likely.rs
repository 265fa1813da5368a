//! Texts that are tried before anything is proved: a beginning, the wanted pieces, an end.

use super::{Question, Scope, Shape, Test, reversed, text_of};
use crate::analysis::line::{Line, NOWHERE};
use crate::analysis::sets::AtomSet;
use crate::policy::TextPart;

/// Names that stand for "anything else", from the plainest on.
const PLAIN: [&str; 6] = ["acme", "other", "example", "x", "zz", "7"];

/// A text as asked, if a few tries find one.
pub fn likely(question: &Question<'_>) -> Option<String> {
    tries(question).into_iter().find(|text| question.fits(text))
}

/// Texts worth a try, plainest first.
fn tries(question: &Question<'_>) -> Vec<String> {
    let domains = || parts(question, if question.shape == Shape::Email { Scope::Domain } else { Scope::Whole });
    match question.shape {
        Shape::Text => parts(question, Scope::Whole).put_together(&PLAIN, &["", " ", "x"]),
        Shape::Domain => domains().put_together(&["acme.com", "example.org", "x.io"], &["", ".", "x"]),
        Shape::Email => likely_emails(question, &domains().put_together(&["acme.com", "example.org"], &["", ".", "x"])),
    }
}

fn likely_emails(question: &Question<'_>, domains: &[String]) -> Vec<String> {
    let whole = parts(question, Scope::Whole);
    let mut emails = Vec::new();
    for domain in domains.iter().take(12) {
        emails.extend(["ana", "info", "x"].map(|local| format!("{local}@{domain}")));
        emails.extend(whole.starts.iter().take(6).map(|start| format!("{start}x@{domain}")));
        emails.extend(whole.middles.iter().take(6).map(|middle| format!("{middle}@{domain}")));
    }
    let addresses = whole.starts.iter().chain(&whole.middles).chain(&whole.ends).filter(|text| text.contains('@'));
    emails.extend(addresses.flat_map(|text| {
        [text.clone(), format!("{text}x.com"), format!("ana{text}"), format!("ana{text}.com"), format!("{text}.com")]
    }));
    emails
}

/// Pieces from which likely texts are made.
#[derive(Default)]
struct Parts {
    starts: Vec<String>,
    middles: Vec<String>,
    ends: Vec<String>,
}

const MOST_PARTS: usize = 8;

fn parts(question: &Question<'_>, scope: Scope) -> Parts {
    let mut parts = Parts::default();
    for want in question.wants.iter().filter(|want| want.scope == scope) {
        match &want.test {
            Test::Place { line, atoms } => parts.starts.extend(accepted(line, atoms)),
            Test::End { line, atoms, .. } => parts.ends.extend(accepted(line, atoms).iter().map(|text| reversed(text))),
            Test::Part { any, wanted: true, part: TextPart::EndsWith } => parts.ends.extend(any.iter().cloned()),
            Test::Part { any, wanted: true, .. } => parts.middles.extend(any.iter().take(2).cloned()),
            Test::Part { wanted: false, .. } => {}
        }
    }
    parts
}

/// A few values in the atoms, and values right before gaps that are.
fn accepted(line: &Line, atoms: &AtomSet) -> Vec<String> {
    let is_in = |atom: u32| atom != NOWHERE && atoms.contains(atom);
    (0..line.values.len())
        .filter(|&index| is_in(line.at[index]) || is_in(line.gap[index + 1]))
        .take(MOST_PARTS)
        .map(|index| text_of(&line.values[index]).to_owned())
        .collect()
}

impl Parts {
    fn put_together(&self, plain: &[&str], joints: &[&str]) -> Vec<String> {
        let mut texts: Vec<String> = plain.iter().map(|text| (*text).to_owned()).collect();
        let none = [String::new()];
        let or_none = |parts: &Vec<String>| -> Vec<String> {
            if parts.is_empty() { none.to_vec() } else { parts.iter().take(MOST_PARTS).cloned().collect() }
        };
        texts.extend(self.starts.iter().cloned());
        for joint in joints {
            let middle = self.middles.join(joint);
            for start in or_none(&self.starts) {
                for end in or_none(&self.ends) {
                    let pieces: Vec<&str> =
                        [&*start, &*middle, &*end].into_iter().filter(|part| !part.is_empty()).collect();
                    texts.push(pieces.join(joint));
                    texts.extend(plain.iter().take(2).map(|plain| format!("{start}{joint}{middle}{plain}{end}")));
                    texts.push(format!("{start}{middle}{joint}{end}x"));
                }
            }
        }
        texts
    }
}
