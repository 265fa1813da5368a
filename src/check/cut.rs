//! What a syntax error leaves uncertain.
//!
//! The parser reads `let large = size >> 5` as `let large = size` and text that is not of the language.
//! What stands directly before such text may be cut short, and complaints about it would be about
//! something nobody wrote: it is left out, and what it declares counts as unseen.

use crate::source::{SourceFile, Span};
use crate::syntax::ast::{Allow, File, Item, ItemKind};

/// Takes every declaration, rule and clause out of the tree that text which could not be read follows.
pub(super) fn leave_out(tree: &mut File, source: &SourceFile) {
    let end = source.span().end;
    for item in &mut tree.items {
        inside(item, source);
    }
    retain(&mut tree.items, |item| (&item.allows, item.span), end, source);
}

fn inside(item: &mut Item, source: &SourceFile) {
    let brace = item.span.end - 1;
    match &mut item.kind {
        ItemKind::Policy(policy) => retain(&mut policy.entries, |entry| (&entry.allows, entry.span), brace, source),
        ItemKind::Queue(queue) => retain(&mut queue.clauses, |clause| (&[], clause.span), brace, source),
        _ => {}
    }
}

/// Keeps the pieces behind which the next piece, or the end, follows directly.
fn retain<T>(pieces: &mut Vec<T>, place: impl Fn(&T) -> (&[Allow], Span), end: u32, source: &SourceFile) {
    let starts = pieces.iter().map(|piece| {
        let (allows, span) = place(piece);
        allows.first().map_or(span.start, |allow| allow.span.start)
    });
    let ends = starts.skip(1).chain([end]).collect::<Vec<u32>>();
    let mut ends = ends.into_iter();
    pieces.retain(|piece| {
        let (_, span) = place(piece);
        let next = ends.next().expect("an end for each piece");
        let closed = source.text[source.local(span)].ends_with('}');
        closed || next < span.end || is_blank(&source.text[source.local(Span::new(span.end, next))])
    });
}

/// Nothing but spaces and comments.
fn is_blank(text: &str) -> bool {
    text.lines().all(|line| line.split('#').next().unwrap_or_default().trim().is_empty())
}
