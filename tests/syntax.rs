//! Text → tree, and what is said about text that is none.

use std::fmt::Write;

use pointsman::diagnostic::{Code, Finding};
use pointsman::source::{FileId, SourceMap};
use pointsman::syntax::ast::{self, ConditionKind, EntryKind, ItemKind, LetBody, Operand, OperandKind, ValueKind};
use pointsman::syntax::{self};
use proptest::prelude::*;

use crate::support::{one_file, render};

const WHOLE: &str = include_str!("policies/whole.rules");
const QUEUE: &str = include_str!("policies/queue.rules");
const EVERYTHING: &str = include_str!("policies/everything.rules");

/// The tree of a text that is expected to be right.
fn parsed(text: &str) -> ast::File {
    let (sources, file) = one_file(text);
    let (tree, findings) = syntax::parse(file, &sources);
    assert!(findings.is_empty(), "{}", render(&findings, &sources));
    tree
}

/// What is found in a text, and the tree of the rest.
fn refused(text: &str) -> (ast::File, Vec<Finding>) {
    let (sources, file) = one_file(text);
    syntax::parse(file, &sources)
}

fn messages(text: &str) -> Vec<String> {
    refused(text).1.into_iter().map(|finding| finding.message).collect()
}

/// A text with what is said about it, for a snapshot.
fn told(text: &str) -> String {
    let (sources, file) = one_file(text);
    let (_, findings) = syntax::parse(file, &sources);
    format!("{text}\n\n{}", render(&findings, &sources))
}

/// Several conditions, each in a rule of its own, with what is said about each.
fn told_of_conditions(conditions: &[&str]) -> String {
    let mut all = String::new();
    for condition in conditions {
        let text = format!("policy p {{ rule r when {condition} assign rep ana }}");
        let (sources, file) = one_file(&text);
        let (_, findings) = syntax::parse(file, &sources);
        assert_eq!(findings.len(), 1, "{condition}: {}", render(&findings, &sources));
        write!(all, "{}", render(&findings, &sources)).unwrap();
    }
    all
}

fn policy(tree: &ast::File) -> &ast::Policy {
    tree.items
        .iter()
        .find_map(|item| match &item.kind {
            ItemKind::Policy(policy) => Some(policy),
            _ => None,
        })
        .expect("the text has a policy")
}

fn rule_names(tree: &ast::File) -> Vec<&str> {
    policy(tree)
        .entries
        .iter()
        .map(|entry| match &entry.kind {
            EntryKind::Rule { name, .. } => name.node.as_str(),
            EntryKind::EachRow { table, .. } => table.node.as_str(),
            EntryKind::Otherwise { .. } => "otherwise",
        })
        .collect()
}

fn lead(tree: &ast::File) -> &ast::Lead {
    tree.items
        .iter()
        .find_map(|item| match &item.kind {
            ItemKind::Lead(lead) => Some(lead),
            _ => None,
        })
        .expect("the text has a lead block")
}

/// `name:type` with its modifiers, for each field.
fn fields(text: &str) -> Vec<String> {
    let tree = parsed(&format!("lead {{ {text} }}"));
    let shown = |field: &ast::Field| {
        let mut shown = match &field.ty.node {
            ast::TypeExpr::Named(ty) => format!("{}:{ty}", field.name.node),
            _ => format!("{}:…", field.name.node),
        };
        for (modifier, said) in [("key", field.key), ("required", field.required), ("owner", field.owner)] {
            if said.is_some() {
                shown += &format!(" {modifier}");
            }
        }
        if let Some(header) = &field.from {
            shown += &format!(" from {:?}", header.node);
        }
        shown
    };
    let lead = lead(&tree);
    let owner = lead.owner.iter().map(|owner| format!("owner {}", owner.node));
    lead.fields.iter().map(shown).chain(owner).collect()
}

/// A tree without its places and with a line for each item, field, rule and clause.
fn compact(tree: &ast::File) -> String {
    let mut text = format!("{tree:?}");
    while let Some(start) = text.find("Span { start: ") {
        let end = start + text[start..].find('}').unwrap() + 1;
        let before = text[..start].trim_end_matches("span: ").trim_end_matches(", ").len();
        text.replace_range(before..end, if text[..start].ends_with("span: ") { "" } else { "here" });
    }
    for part in ["Item {", "Field {", "Entry {", "Spanned { node: Open", "After {", "Let {", "Policy {", "Test {"] {
        text = text.replace(part, &format!("\n{part}"));
    }
    text.replace("Spanned ", "").replace("node: ", "").replace(": None", ": -").replace("Some(", "(")
}

// --- What is right --------------------------------------------------------------------------------

#[test]
fn the_whole_policy_of_the_reference_is_parsed() {
    let tree = parsed(WHOLE);
    assert_eq!(tree.items.len(), 18);
    assert_eq!(rule_names(&tree), ["strategic", "owned", "otherwise"]);
    let ItemKind::Queue(queue) = &parsed(QUEUE).items[0].kind else { panic!("a queue") };
    assert_eq!(queue.clauses.len(), 12);
}

#[test]
fn every_construct_is_parsed_to_its_place_in_the_tree() {
    insta::assert_snapshot!(compact(&parsed(EVERYTHING)));
}

#[test]
fn keywords_are_names_wherever_a_name_is_wanted() {
    let words = [
        "use",
        "roster",
        "timezone",
        "lead",
        "table",
        "let",
        "territory",
        "segment",
        "assume",
        "queue",
        "policy",
        "account",
        "fallback",
        "start",
        "test",
        "allow",
        "rule",
        "each",
        "row",
        "of",
        "otherwise",
        "when",
        "from",
        "until",
        "assign",
        "go",
        "to",
        "reject",
        "keep",
        "owner",
        "key",
        "required",
        "text",
        "blank",
        "known",
        "is",
        "in",
        "has",
        "contains",
        "starts",
        "ends",
        "with",
        "any",
        "all",
        "domain",
        "hour",
        "weekday",
        "first",
        "manager",
        "rep",
        "team",
        "skill",
        "by",
        "round",
        "robin",
        "weight",
        "load",
        "balance",
        "after",
        "order",
        "claim",
        "given",
        "expect",
        "at",
        "one",
        "list",
        "source",
        "field",
        "number",
        "date",
        "true",
        "yes",
        "no",
    ];
    for word in words {
        parsed(&format!(
            "lead {{ {word} text  other text }}
             table {word} from \"x.csv\" {{ {word} text }}
             let {word} = other
             segment {word} = {word} is {word} and not {word} in [{word}, {word}] or {word}
             territory {word} = {word} >= 5 and ({word} is known or {word} is not blank)
             let x = first known of [{word}, {word}.{word}, {word}[{word}].{word}]
             policy {word} {{
               rule {word} when {word} is {word} and {word} has {word} assign team {word} by load or queue {word} or rep {word}
               each row of {word} when {word} is row.{word} assign {word}.{word}
               otherwise go to {word}
             }}
             queue {word} {{ order highest {word} first preview {word}, {word} }}
             start at {word}
             test \"t\" given {word} = {word}, {word} = 5 expect team {word} by rule {word}.{word}"
        ));
    }
}

#[test]
fn only_the_logic_words_cannot_be_named_in_a_condition() {
    for word in ["and", "or", "not"] {
        assert_eq!(messages(&format!("let x = {word} is known")).len(), 1, "{word}");
    }
    parsed("let x = nothing is known or android or order is orange and notary");
}

#[test]
fn a_modifier_and_a_field_of_its_name_are_told_apart() {
    assert_eq!(fields("id text key  email email"), ["id:text key", "email:email"]);
    assert_eq!(fields("id text  key text  email email"), ["id:text", "key:text", "email:email"]);
    assert_eq!(fields("id text key  key text key"), ["id:text key", "key:text key"]);
    assert_eq!(fields("id text key required  text text"), ["id:text key required", "text:text"]);
    assert_eq!(fields("id text required from \"Id\""), ["id:text required from \"Id\""]);
    assert_eq!(fields("who text owner  owner text"), ["who:text owner", "owner:text"]);
    assert_eq!(fields("who text  owner who  age integer"), ["who:text", "age:integer", "owner who"]);
    assert_eq!(
        fields("owner text  required yes_no  from date  blank text"),
        ["owner:text", "required:yes_no", "from:date", "blank:text"]
    );
    assert_eq!(fields("key one of [a, b]  owner integer 0 to 5"), ["key:…", "owner:…"]);
    assert_eq!(fields("name\n text\n key\n text"), ["name:text", "key:text"]);
}

#[test]
fn a_value_alone_is_a_value_and_a_value_compared_is_a_condition() {
    let body = |text: &str| match parsed(text).items.remove(0).kind {
        ItemKind::Let(defined) => defined.body,
        other => panic!("{other:?}"),
    };
    assert!(matches!(body("let x = email"), LetBody::Value(_)));
    assert!(matches!(body("let x = accounts[domain of email].owner"), LetBody::Value(_)));
    assert!(matches!(body("let x = email is known"), LetBody::Condition(_)));
    assert!(matches!(body("let x = not email"), LetBody::Condition(_)));
    let LetBody::Condition(condition) = body("let x = (a or b) and c") else { panic!("a condition") };
    let ConditionKind::And(parts) = condition.kind else { panic!("`and` is outside") };
    assert!(matches!(&parts[0].kind, ConditionKind::Or(inner) if inner.len() == 2));
}

#[test]
fn line_breaks_spaces_and_comments_mean_nothing() {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let plain: String = WHOLE.lines().filter(|line| !line.starts_with('#')).map(|line| format!("{line}\n")).collect();
    let count = parsed(&plain).items.len();
    assert_eq!(parsed(&words(&plain)).items.len(), count);
    assert_eq!(parsed(&plain.replace('\n', "\r\n")).items.len(), count);
    assert_eq!(parsed(&format!("\u{feff}{plain}")).items.len(), count);
    assert_eq!(parsed(&plain.replace(' ', "\u{a0}")).items.len(), count);
    parsed("policy p { otherwise go # why\n to # where\n q # end\n} # done");
}

#[test]
fn lists_may_end_with_a_comma() {
    parsed(
        "lead { a one of [x, y,] blank \"-\", }
         let l = a in [x, y,] or first known of [a, b,] is known
         queue q { open to team a, rep b, preview a, b, }
         test \"t\" given a = x, expect keep owner",
    );
}

#[test]
fn spans_cover_what_was_written_and_nothing_around_it() {
    let text = "# before\nallow unused-name \"why\"\nlet a = b is \"x\"  # after\n\npolicy p {\n  allow x \"y\"\n  rule r when a\n    reject \"no\"   # end\n}  \n";
    let (sources, file) = one_file(text);
    let (tree, _) = syntax::parse(file, &sources);
    let written: Vec<&str> = tree.items.iter().map(|item| sources.text(item.span)).collect();
    assert_eq!(written[0], "let a = b is \"x\"");
    assert!(written[1].starts_with("policy p {") && written[1].ends_with('}'));
    assert_eq!(sources.text(tree.items[0].allows[0].span), "allow unused-name \"why\"");
    let entry = &policy(&tree).entries[0];
    assert_eq!(sources.text(entry.span), "rule r when a\n    reject \"no\"");
    assert_eq!(sources.text(entry.action.span), "reject \"no\"");
    let ItemKind::Let(defined) = &tree.items[0].kind else { panic!("a definition") };
    let LetBody::Condition(condition) = &defined.body else { panic!("a condition") };
    let ConditionKind::Comparison { operator, value } = &condition.kind else { panic!("a comparison") };
    assert_eq!((sources.text(value.span), sources.text(operator.span)), ("b", "is \"x\""));
}

#[test]
fn spans_of_a_second_file_lie_in_it() {
    let mut sources = SourceMap::new();
    sources.add("main.rules", "use \"other.rules\"").unwrap();
    let other: FileId = sources.add("other.rules", "start at p\nlet = 5").unwrap();
    let (tree, findings) = syntax::parse(other, &sources);
    assert_eq!(sources.text(tree.items[0].span), "start at p");
    assert_eq!(sources.locate(findings[0].span).file, "other.rules");
    assert_eq!(sources.locate(findings[0].span).start.line, 2);
}

#[test]
fn numbers_dates_and_text_are_read_exactly() {
    let operand = |text: &str| -> Operand {
        match parsed(&format!("let x = a is {text}")).items.remove(0).kind {
            ItemKind::Let(ast::Let { body: LetBody::Condition(condition), .. }) => match condition.kind {
                ConditionKind::Comparison { operator, .. } => match operator.node {
                    ast::Operator::Is { operand, .. } => operand,
                    other => panic!("{other:?}"),
                },
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    };
    let number = |text: &str| match operand(text).kind {
        OperandKind::Number(number) => number.to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!([number("5_000_000"), number("-0.25"), number("007")], ["5000000", "-0.25", "7"]);
    assert!(matches!(operand("2028-02-29").kind, OperandKind::Date(_)));
    assert!(matches!(operand("2026-01-31T09:00").kind, OperandKind::Timestamp(text) if text == "2026-01-31T09:00"));
    assert!(matches!(operand("2026-01-31T09:00:00.5-03:00[America/Sao_Paulo]").kind, OperandKind::Timestamp(_)));
    assert!(matches!(operand(r#""a \"b\" \\ \n # c""#).kind, OperandKind::Text(text) if text == "a \"b\" \\ \n # c"));
    assert!(matches!(operand("row.country").kind, OperandKind::Column { .. }));
}

#[test]
fn the_zone_of_an_hour_is_told_from_a_comparison() {
    let condition = |text: &str| match parsed(text).items.remove(0).kind {
        ItemKind::Assume(condition) => condition.kind,
        other => panic!("{other:?}"),
    };
    for (text, has_zone) in [
        ("assume hour of t in \"Europe/Berlin\" in 9 to 17", true),
        ("assume hour of t in 9 to 17", false),
        ("assume weekday of t in \"Europe/Berlin\" is monday", true),
        ("assume weekday of t is monday", false),
    ] {
        let ConditionKind::Comparison { value, .. } = condition(text) else { panic!("a comparison") };
        let zone = match value.kind {
            ValueKind::HourOf { zone, .. } | ValueKind::WeekdayOf { zone, .. } => zone,
            other => panic!("{other:?}"),
        };
        assert_eq!(zone.is_some(), has_zone, "{text}");
    }
}

#[test]
fn a_name_is_not_taken_for_the_beginning_of_something_else() {
    for item in
        ["use \"more.rules\"", "test \"t\" expect reject", "let y = a", "queue y { claim next }", "lead { a text }"]
    {
        for name in ["rule", "policy", "use", "test", "let", "lead", "queue", "table", "start", "each"] {
            let text = format!("start at {name}\n{item}\nlet x = {name} is {name}\n{item}\nlet z = {name}\n{item}");
            assert_eq!(parsed(&text).items.len(), 6, "{text}");
        }
    }
    let rules = parsed(
        "policy p { rule rule when rule is rule go to rule\n rule test \"test\" when rule go to rule otherwise assign rule }",
    );
    assert_eq!(rule_names(&rules), ["rule", "test", "otherwise"]);
}

// --- Nesting --------------------------------------------------------------------------------------

/// Runs in a thread with the stack that Rust gives by default.
fn in_two_mebibytes<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    std::thread::Builder::new().stack_size(2 << 20).spawn(work).unwrap().join().unwrap()
}

const NESTS: [(&str, &str, &str); 8] = [
    ("let x = ", "(", ")"),
    ("let x = ", "not ", ""),
    ("let x = ", "domain of ", ""),
    ("let x = ", "hour of ", ""),
    ("let x = ", "first known of [", "]"),
    ("let x = ", "a[", "]"),
    ("policy p { otherwise assign ", "manager of ", ""),
    ("table t from \"f\" { x ", "list of ", ""),
];

fn nested((before, open, close): (&str, &str, &str), depth: usize) -> String {
    let after = if before.ends_with("let x = ") { "" } else { " }" };
    format!("{before}{}a{}{after}", open.repeat(depth), close.repeat(depth))
}

#[test]
fn nesting_is_allowed_to_128_levels() {
    for nest in NESTS {
        in_two_mebibytes(move || {
            parsed(&nested(nest, 128));
            let findings = refused(&nested(nest, 129)).1;
            let codes: Vec<Code> = findings.iter().map(|finding| finding.code).collect();
            assert_eq!(codes, [Code::NestedTooDeep], "{nest:?}");
        });
    }
}

#[test]
fn a_hundred_thousand_levels_are_refused_like_129() {
    for (index, nest) in NESTS.into_iter().enumerate() {
        let depth = if index == 0 { 100_000 } else { 10_000 };
        in_two_mebibytes(move || {
            let findings = refused(&nested(nest, depth)).1;
            assert_eq!(findings[0].code, Code::NestedTooDeep, "{nest:?}");
        });
    }
}

#[test]
fn brackets_that_are_never_closed_neither_overflow_nor_hang() {
    for open in ["(", "[", "{", "\"", "not (", "a[", "policy p {", "lead {", "rule r when (", "first known of ["] {
        for before in ["", "assume ", "policy p { rule r when ", "lead { x ", "queue q { "] {
            let text = format!("{before}{}", open.repeat(5_000));
            assert!(!in_two_mebibytes(move || refused(&text).1).is_empty(), "{before}{open}…");
        }
    }
}

#[test]
fn what_is_nested_too_deep_costs_one_rule() {
    let deep = format!("{}a{}", "(".repeat(200), ")".repeat(200));
    let (tree, findings) = refused(&format!(
        "policy p {{ rule one when a reject \"x\"\n rule two when {deep} reject \"x\"\n rule three when b reject \"x\" }}"
    ));
    assert_eq!(findings.len(), 1);
    assert_eq!(rule_names(&tree), ["one", "three"]);
}

// --- Several errors in one run --------------------------------------------------------------------

#[test]
fn three_broken_rules_are_three_errors_and_the_good_rules_are_kept() {
    let text = "policy p {
  rule one when country == DE
    assign team a by load or queue b
  rule two when country is DE
    assign team a by load or queue b
  rule three country is DE
    assign team a by load or queue b
  rule four when country is DE
    asign team a by load or queue b
  otherwise go to q
}
start at p";
    let (tree, _) = refused(text);
    assert_eq!(rule_names(&tree), ["two", "otherwise"]);
    assert_eq!(tree.items.len(), 2);
    insta::assert_snapshot!(told(text));
}

#[test]
fn errors_in_every_kind_of_block_are_found_in_one_run() {
    insta::assert_snapshot!(told(include_str!("policies/broken.rules")));
}

#[test]
fn a_broken_head_does_not_hide_what_is_inside() {
    let text = "policy p if {\n  rule a when x = 1 reject \"no\"\n  rule b when x is 1 reject \"no\"\n}\nstart at p";
    let (tree, findings) = refused(text);
    assert_eq!(findings.len(), 2);
    assert_eq!(rule_names(&tree), ["b"]);
    assert_eq!(tree.items.len(), 2);
}

#[test]
fn a_dangling_or_does_not_swallow_the_next_rule() {
    let text = "policy p {
  rule a when x is 1 or
  rule b when x is 2 assign rep ana or
  rule c when x is
  rule d when x is 4 assign rep ana or
  otherwise go to q
}
let x = a or
let y = b";
    let (tree, findings) = refused(text);
    assert_eq!(findings.len(), 5);
    assert_eq!(rule_names(&tree), ["b", "d", "otherwise"]);
    insta::assert_snapshot!(told(text));
}

#[test]
fn an_unclosed_block_ends_where_a_declaration_begins() {
    let text = "policy p {\n  otherwise go to q\n\npolicy q {\n  otherwise reject \"no\"\n}\nlead {\n  id text key\n";
    let (tree, findings) = refused(text);
    assert_eq!(findings.len(), 2);
    assert_eq!(tree.items.len(), 3);
    insta::assert_snapshot!(told(text));
}

#[test]
fn an_unclosed_text_ends_with_its_line() {
    let text = "policy p \"first {\n  rule a \"one\n    when x is \"y\"\n    reject \"no\n  rule b \"two\n    lines\" when x is \"z\"\n    reject \"no\"\n}\nuse \"a.rules";
    let (tree, findings) = refused(text);
    assert_eq!(findings.len(), 5);
    assert_eq!(rule_names(&tree), ["a", "b"]);
    insta::assert_snapshot!(told(text));
}

// --- What is said ---------------------------------------------------------------------------------

#[test]
fn signs_of_other_languages_are_told_in_words() {
    insta::assert_snapshot!(told_of_conditions(&[
        "country == DE",
        "country = DE",
        "account.tier != strategic",
        "employees => 500",
        "a && b",
        "a or b || c",
        "!a",
        "country is 'DE'",
        "city is “New York”",
        "city is New York",
        "segment is mid-market",
        "email is ana@example.com",
        "NOT a",
        "a AND b",
        "a // note",
        "a /* note */",
        "a -- note",
    ]));
}

#[test]
fn comparisons_of_other_languages_are_told_in_ours() {
    insta::assert_snapshot!(told_of_conditions(&[
        "company not contains \"x\"",
        "account.name not starts with \"x\"",
        "company does not contain \"x\"",
        "company startswith \"x\"",
        "country is in [DE, AT]",
        "country is one of [DE, AT]",
        "country is not in [DE, AT]",
        "employees is >= 500",
        "employees is between 5 and 10",
        "employees between 5 and 10",
        "employees equals 5",
        "country DE",
        "country is DE employees >= 500",
        "country is",
        "account.tier",
    ]));
}

#[test]
fn lists_and_ranges_written_otherwise_are_told() {
    insta::assert_snapshot!(told_of_conditions(&[
        "country in [DE AT]",
        "country in [DE, AT",
        "country in [DE;AT]",
        "country in [DE,, AT]",
        "country in []",
        "country in (DE, AT)",
        "country in DE, AT",
        "country in \"DE\"",
        "(a or (b and c)",
        "a or b)",
        "employees in 5-10",
        "employees in 5..10",
        "employees in 5 and 10",
        "tags has [\"a\", \"b\"]",
        "first known of a, b is c",
    ]));
}

#[test]
fn bad_numbers_dates_and_text_are_told_at_their_place() {
    insta::assert_snapshot!(told_of_conditions(&[
        "n is 99999999999999999999999999999999",
        "n is 0.12345678901234567890123456789012",
        "n >= 1,000",
        "n >= 10k",
        "n >= $500",
        "n >= 1.",
        "n >= 5__0",
        "n in 1e3 to 5",
        "d is 2026-02-30",
        "d is 2026-13-01",
        "d is 2026-1-5",
        "d is 31.12.2026",
        "d is 12/31/2026",
        r#"t is "C:\temp""#,
        r#"t is "100\%""#,
    ]));
}

#[test]
fn what_stands_between_conditions_is_told() {
    insta::assert_snapshot!(told_of_conditions(&[
        "employees > 500 employees",
        "employees > 500, country is DE",
        "country in [DE AT CH]",
        "city in [New York, Boston]",
    ]));
}

#[test]
fn mistakes_in_rules_are_told() {
    let rules = [
        "rule when x is y reject \"no\"",
        "rule from 2026-01-01 when x is y reject \"no\"",
        "rule \"Spam\" when x is y reject \"no\"",
        "rule dach-enterprise when x is y reject \"no\"",
        "rule região when x is y reject \"no\"",
        "rule 2nd when x is y reject \"no\"",
        "rule a: when x is y reject \"no\"",
        "rule a x is y reject \"no\"",
        "rule a if x is y reject \"no\"",
        "rule a Strategic accounts when x is y reject \"no\"",
        "rule a { when x is y reject \"no\" }",
        "rule a when x is y",
        "rule a when x is y then reject \"no\"",
        "rule a when x is y team b",
        "rule a when x is y goto q",
        "rule a when x is y go q",
        "rule a when x is y reject",
        "rule a when x is y reject because of spam",
        "rule a when x is y assign to rep ana",
        "rule a when x is y assign rep Ana Souza or queue q",
        "rule a when x is y assign team b round robin",
        "rule a when x is y assign team b by round_robin",
        "rule a when x is y assign team b by turns",
        "rule a when x is y assign rep ana, rep bruno",
        "rule a when x is y assign rep ana otherwise rep bruno",
        "rule a when x is y assign team by load",
        "rule a when x is y assign rep ana;",
        "rule a when x is y assign rep ana from",
        "rule a from 2026-01-01 from 2026-02-01 when x is y reject \"no\"",
        "rule a from \"2026-01-01\" when x is y reject \"no\"",
        "rul a when x is y reject \"no\"",
        "each row of when x is y reject \"no\"",
        "each patches when x is y reject \"no\"",
        "for each row of patches when x is y reject \"no\"",
        "else reject \"no\"",
        "otherwise when x is y reject \"no\"",
        "otherwise",
        "otherwise reject \"no\" junk",
        "allow expired-rule rule a when x is y reject \"no\"",
        "{ rule a when x is y reject \"no\" }",
        "- rule a",
    ];
    let mut all = String::new();
    for rule in rules {
        let text = format!("policy p {{\n  rule good when x is y keep owner\n  {rule}\n  otherwise go to q\n}}");
        let (sources, file) = one_file(&text);
        let (tree, findings) = syntax::parse(file, &sources);
        assert_eq!(findings.len(), 1, "{}", render(&findings, &sources));
        assert_eq!(tree.items.len(), 1, "{rule}");
        write!(all, "{}", render(&findings, &sources)).unwrap();
    }
    insta::assert_snapshot!(all);
}

#[test]
fn mistakes_in_declarations_are_told() {
    let items = [
        "polcy p { otherwise reject \"no\" }",
        "policy { otherwise reject \"no\" }",
        "policy \"Customers\" { otherwise reject \"no\" }",
        "policy p: { otherwise reject \"no\" }",
        "policy p",
        "accounts policy p { otherwise reject \"no\" }",
        "table t { a text }",
        "table from \"t.csv\" { a text }",
        "table t from t.csv { a text }",
        "lead leads { a text }",
        "queue \"x\" { claim next }",
        "let x is 5",
        "let x == 5",
        "let x = ",
        "let x = 5",
        "let = 5",
        "segment smb employees < 50",
        "start customers",
        "start at \"customers\"",
        "Start at customers",
        "use other.rules",
        "timezone Europe/Berlin",
        "roster roster.yaml",
        "assume",
        "asume x is y",
        "allow unused-name let x = 5",
        "rule a when x is y reject \"no\"",
        "};",
        "import \"x\"",
        "test \"t\" given country is DE expect team x",
        "test \"t\" given country: DE expect team x",
        "test \"t\" given country = DE and x = 3 expect team x",
        "test \"t\" country = DE expect team x",
        "test \"t\" given country = DE assign team x",
        "test \"t\" given country = DE expect ana",
        "test \"t\" given country = DE expect team x rule y",
        "test \"t\" given country = DE expect team x by rule t:two",
        "test \"t\" given city = New York expect team x",
        "test t given x = y expect reject",
    ];
    let mut all = String::new();
    for item in items {
        let text = format!("start at p\n{item}\nstart at p");
        let (sources, file) = one_file(&text);
        let (tree, findings) = syntax::parse(file, &sources);
        assert_eq!(findings.len(), 1, "{}", render(&findings, &sources));
        assert!(tree.items.len() >= 2, "{item}");
        write!(all, "{}", render(&findings, &sources)).unwrap();
    }
    insta::assert_snapshot!(all);
}

#[test]
fn mistakes_in_leads_tables_and_queues_are_told() {
    let pieces = [
        ("lead", "id: text"),
        ("lead", "id text,"),
        ("lead", "id text;"),
        ("lead", "id text reqired"),
        ("lead", "id"),
        ("lead", "id text from Id"),
        ("lead", "kind one of [A B]"),
        ("lead", "kind one of [A, B"),
        ("lead", "kind one of A, B"),
        ("lead", "kind one of []"),
        ("lead", "size integer 0 5"),
        ("lead", "size integer 0-5"),
        ("lead", "size integer 0 to lots"),
        ("lead", "postal-code text"),
        ("lead", "\"Postal code\" text"),
        ("lead", "blank Select, None"),
        ("lead", "id text key key"),
        ("lead", "- id text"),
        ("queue q", "open team x"),
        ("queue q", "open to x"),
        ("queue q", "order score"),
        ("queue q", "order highest score"),
        ("queue q", "order oldest"),
        ("queue q", "claim nex"),
        ("queue q", "preview a b"),
        ("queue q", "lock 15"),
        ("queue q", "lock 15 min"),
        ("queue q", "lock fifteen minutes"),
        ("queue q", "lock 1.5 hours"),
        ("queue q", "lock 15m"),
        ("queue q", "holding 10 unworked claims"),
        ("queue q", "holding at most -1 unworked claims"),
        ("queue q", "floor 5 claims per day"),
        ("queue q", "mix at least 30 with score < 60"),
        ("queue q", "skips at most 3"),
        ("queue q", "first look reps with skill senior 10 minutes"),
        ("queue q", "after 30 minutes team x"),
        ("queue q", "after assign team x"),
        ("queue q", "lok 5 minutes"),
    ];
    let mut all = String::new();
    for (block, piece) in pieces {
        let (before, after) =
            if block == "lead" { ("a text", "z text") } else { ("claim next", "floor 5 claims a day") };
        let text = format!("{block} {{\n  {before}\n  {piece}\n  {after}\n}}");
        let (sources, file) = one_file(&text);
        let (tree, findings) = syntax::parse(file, &sources);
        assert_eq!(findings.len(), 1, "{}", render(&findings, &sources));
        assert_eq!(tree.items.len(), 1, "{piece}");
        write!(all, "{}", render(&findings, &sources)).unwrap();
    }
    insta::assert_snapshot!(all);
}

#[test]
fn what_is_no_policy_at_all_is_said_once() {
    let texts = [
        "",
        "\u{feff}  \n",
        "# only a comment\n",
        "{ \"policy\": { \"name\": \"p\" } }",
        "[1, 2]",
        "---\nreps:\n",
        "reps:\n  ana:\n    weight: 3\n",
        "- a\n- b\n",
        "<xml></xml>",
    ];
    let all: Vec<String> = texts.iter().map(|text| told(text)).collect();
    insta::assert_snapshot!(all.join("===\n"));
}

#[test]
fn the_rejected_examples_are_rejected_for_what_they_are_named_after() {
    let syntax_error = include_str!("../examples/rules/invalid/syntax/syntax-error.rules");
    let nested_too_deep = include_str!("../examples/rules/invalid/syntax/nested-too-deep.rules");
    let codes = |text: &str| refused(text).1.iter().map(|finding| finding.code).collect::<Vec<_>>();
    assert_eq!(codes(syntax_error), [Code::SyntaxError; 3]);
    assert_eq!(codes(nested_too_deep), [Code::NestedTooDeep]);
    insta::assert_snapshot!(told(nested_too_deep));
}

// --- Whatever the text ----------------------------------------------------------------------------

/// Parsing ends, and every place it speaks of lies in the file, between characters.
fn check_any(text: &str) {
    let (sources, file) = one_file(text);
    let (tree, findings) = syntax::parse(file, &sources);
    let whole = sources.file(file).span();
    for finding in &findings {
        let places = finding.labels.iter().map(|label| label.span).chain([finding.span]);
        for place in places {
            assert!(whole.start <= place.start && place.end <= whole.end, "{finding:?} outside {whole:?}");
            let local = sources.file(file).local(place);
            assert!(text.is_char_boundary(local.start) && text.is_char_boundary(local.end), "{finding:?}");
        }
        assert!(!finding.message.contains('\n') && !finding.message.is_empty());
        assert!(
            !finding.message.contains("_kw") && !finding.message.contains("something else"),
            "{finding:?} {text:?}"
        );
    }
    assert!(!tree.items.is_empty() || !findings.is_empty(), "an empty tree needs an explanation");
}

/// Pieces that the language is made of, and some that it is not.
fn token_soup() -> impl Strategy<Value = String> {
    let words = EVERYTHING
        .split_inclusive([' ', '\n', '{', '}', '[', ']', '(', ')', ','])
        .map(str::to_owned)
        .chain(
            ["==", "&&", "'", "\"", "\\", "é", "\u{a0}", "#", "\n", "\r\n", "}", "{", "2026-02-30", "1e9", ":"]
                .map(str::to_owned),
        )
        .collect::<Vec<_>>();
    proptest::collection::vec(proptest::sample::select(words), 0..60).prop_map(|words| words.concat())
}

/// A good policy with a few places cut, doubled or overwritten.
fn mutated() -> impl Strategy<Value = String> {
    let change = (any::<prop::sample::Index>(), 0usize..12, "[ -~\\n\"{}é]{0,3}");
    (prop::sample::select(vec![WHOLE, QUEUE, EVERYTHING]), proptest::collection::vec(change, 1..5)).prop_map(
        |(text, changes)| {
            let mut text: Vec<char> = text.chars().collect();
            for (place, length, new) in changes {
                let at = place.index(text.len());
                let end = (at + length).min(text.len());
                text.splice(at..end, new.chars());
                if text.is_empty() {
                    text.push('x');
                }
            }
            text.into_iter().collect()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_parsed_or_refused(text in "\\PC{0,80}") {
        check_any(&text);
    }

    #[test]
    fn any_bytes_are_parsed_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        check_any(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn any_soup_of_tokens_is_parsed_or_refused(text in token_soup()) {
        check_any(&text);
    }

    #[test]
    fn a_damaged_policy_is_parsed_or_refused(text in mutated()) {
        check_any(&text);
    }
}

#[test]
fn an_owner_before_the_placeholders_is_a_modifier() {
    let tree = parsed("lead { owner_id text owner blank \"-\" }");
    let ast::ItemKind::Lead(lead) = &tree.items[0].kind else { panic!("a lead block") };
    assert!(lead.fields[0].owner.is_some());
    assert_eq!(lead.owner, None);
    assert_eq!(lead.blanks.len(), 1);
}

#[test]
fn a_slip_is_told_with_what_was_meant() {
    let slips = ["name is \"x reject \"no\"", "hours of seen > 5", "domains of email is \"x.com\""];
    let test = "test \"x\" at 2026-11-23 10:00 given name = \"x\" expect reject";
    insta::assert_snapshot!(format!("{}{}", told_of_conditions(&slips), told(test)));
}

#[test]
fn a_misspelt_keyword_is_corrected_without_quotes_inside_of_quotes() {
    for text in [
        "policy p { each rows of t when x is known reject \"no\" }",
        "policy p { rule r when x is known reject \"no\" } lett x = y",
        "lead { id text kee }",
        "policy p { rule r untl 2026-01-01 when x is known reject \"no\" }",
        "let x = first kown of [a, b]",
    ] {
        for finding in refused(text).1 {
            let said = format!("{} {}", finding.message, finding.help.unwrap_or_default());
            assert!(!said.contains("``"), "{said}");
        }
    }
}
