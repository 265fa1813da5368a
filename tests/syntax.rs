//! Text → tree, and what is said about text that is none.

use pointsman::syntax::{self, ast};

use crate::support::{one_file, render};

/// Parses a text that is expected to be right.
fn parsed(text: &str) -> ast::File {
    let (sources, file) = one_file(text);
    let (tree, findings) = syntax::parse(file, &sources);
    assert!(findings.is_empty(), "{}", render(&findings, &sources));
    tree
}

#[test]
fn the_whole_policy_of_the_reference_is_parsed() {
    let tree = parsed(include_str!("policies/whole.rules"));
    assert_eq!(tree.items.len(), 18);
}

#[test]
fn an_owner_before_the_placeholders_is_a_modifier() {
    let tree = parsed("lead { owner_id text owner blank \"-\" }");
    let ast::ItemKind::Lead(lead) = &tree.items[0].kind else { panic!("a lead block") };
    assert!(lead.fields[0].owner.is_some());
    assert_eq!(lead.owner, None);
    assert_eq!(lead.blanks.len(), 1);
}
