//! What a policy file declares, for an editor's outline.

use gen_lsp_types as lsp;

use super::view::View;
use crate::source::{FileId, Span};
use crate::syntax::ast::{Entry, EntryKind, Field, Item, ItemKind, LetKind, Mark, Policy};

/// The declarations of a file, in order.
pub fn outline(view: &View, file: FileId) -> Vec<lsp::DocumentSymbol> {
    let whole = view.source(file).span();
    let items = view.loaded.trees.iter().flat_map(|tree| &tree.items);
    let here = items.filter(|item| whole.start <= item.span.start && item.span.end <= whole.end);
    here.filter_map(|item| declaration(view, item)).collect()
}

fn declaration(view: &View, item: &Item) -> Option<lsp::DocumentSymbol> {
    let symbol = |name: &str, detail: Option<&str>, kind, at: Span, children| {
        Some(entry(view, name, detail, kind, item.span, at, children))
    };
    let none = Vec::new;
    match &item.kind {
        ItemKind::Lead(lead) => {
            let fields = lead.fields.iter().map(|declared| field(view, declared, lsp::SymbolKind::Field));
            symbol("lead", None, lsp::SymbolKind::Struct, head(item.span, 4), fields.collect())
        }
        ItemKind::Table(table) => {
            let columns = table.columns.iter().map(|declared| field(view, declared, lsp::SymbolKind::Field));
            let (name, file) = (&table.name.node, Some(table.file.node.as_str()));
            symbol(name, file, lsp::SymbolKind::Array, table.name.span, columns.collect())
        }
        ItemKind::Let(declared) => {
            let kind = match declared.kind {
                LetKind::Let => "let",
                LetKind::Territory => "territory",
                LetKind::Segment => "segment",
            };
            symbol(&declared.name.node, Some(kind), lsp::SymbolKind::Constant, declared.name.span, none())
        }
        ItemKind::Queue(queue) => {
            let about = queue.description.as_ref().map(|about| about.node.as_str());
            symbol(&queue.name.node, about, lsp::SymbolKind::Event, queue.name.span, none())
        }
        ItemKind::Policy(policy) => {
            let rules = policy.entries.iter().map(|entry| rule(view, entry));
            symbol(&policy.name.node, mark(policy), lsp::SymbolKind::Class, policy.name.span, rules.collect())
        }
        ItemKind::Test(test) => symbol(&test.name.node, Some("test"), lsp::SymbolKind::Method, test.name.span, none()),
        ItemKind::Use(_)
        | ItemKind::Roster(_)
        | ItemKind::Timezone(_)
        | ItemKind::Assume(_)
        | ItemKind::Start(_)
        | ItemKind::Alert(_) => None,
    }
}

fn field(view: &View, field: &Field, kind: lsp::SymbolKind) -> lsp::DocumentSymbol {
    let ty = view.text(field.ty.span);
    entry(view, &field.name.node, Some(ty), kind, field.span, field.name.span, Vec::new())
}

fn rule(view: &View, rule: &Entry) -> lsp::DocumentSymbol {
    let (name, about, at) = match &rule.kind {
        EntryKind::Rule { name, description, .. } => (name.node.as_str(), description.as_ref(), name.span),
        EntryKind::EachRow { head, .. } => (view.text(*head), None, *head),
        EntryKind::Otherwise { head } => ("otherwise", None, *head),
    };
    let about = about.map(|about| about.node.as_str());
    entry(view, name, about, lsp::SymbolKind::Method, rule.span, at, Vec::new())
}

/// The route type, as it is written.
pub fn mark(policy: &Policy) -> Option<&'static str> {
    policy.mark.map(|mark| match mark.node {
        Mark::Account => "account",
        Mark::Territory => "territory",
        Mark::Segment => "segment",
        Mark::Fallback => "fallback",
    })
}

/// The beginning of something longer.
fn head(span: Span, length: u32) -> Span {
    Span::new(span.start, span.end.min(span.start + length))
}

fn entry(
    view: &View,
    name: &str,
    detail: Option<&str>,
    kind: lsp::SymbolKind,
    whole: Span,
    at: Span,
    children: Vec<lsp::DocumentSymbol>,
) -> lsp::DocumentSymbol {
    #[expect(deprecated, reason = "the type has a field that the protocol has no use for any more")]
    lsp::DocumentSymbol {
        // A name may not be empty.
        name: if name.is_empty() { "\"\"".to_owned() } else { name.to_owned() },
        detail: detail.map(str::to_owned),
        kind,
        tags: None,
        deprecated: None,
        range: view.range(whole),
        selection_range: view.range(at),
        children: Some(children).filter(|children| !children.is_empty()),
    }
}
