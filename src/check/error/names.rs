//! Names: unknown, declared twice, of another kind than the place wants, or made of themselves.

use crate::cell::Type;
use crate::diagnostic::{Code, Finding, Stage};
use crate::source::{Span, Spanned};
use crate::syntax::ast::{self, LetKind, Name, Text};

use super::super::depth::DEEPEST;
use super::{advising, head, listing, pointing, suggesting, ticked};

pub fn declared_twice(kind: &str, again: &Name, first: Span) -> Finding {
    Finding::new(Code::DuplicateName, again.span, format!("the name `{}` is declared twice", again.node))
        .at("declared again here")
        .also(first, format!("first declared here, as a {kind}"))
        .help("give one of them another name")
}

pub fn test_twice(again: &Text, first: Span) -> Finding {
    Finding::new(Code::DuplicateName, again.span, format!("there are two tests `{}`", again.node))
        .at("named again here")
        .also(first, "first named here")
        .help("give one of them another name: a failure is told by it")
}

/// A table or a `let` is called like a field, and both would be written alike.
pub fn hides_field(kind: &str, span: Span, field: &Name) -> Finding {
    let message = format!("the name `{}` is declared twice: as a field and as a {kind}", field.node);
    Finding::new(Code::DuplicateName, span, message)
        .at(format!("a {kind}"))
        .also(field.span, "a field of the lead")
        .help("give one of them another name")
}

/// Parts of which there is one.
pub fn part_twice(part: &str, again: Span, first: Span) -> Finding {
    Finding::new(Code::DuplicateName, again, format!("`{part}` is given twice"))
        .at("given again here")
        .also(first, "first given here")
        .help("there can be only one: remove the other")
}

pub fn clause_twice(clause: &str, again: Span, first: Span) -> Finding {
    let message = match clause {
        "after" => "two `after` clauses have the same time".to_owned(),
        _ => format!("`{clause}` is given twice"),
    };
    Finding::new(Code::DuplicateName, again, message)
        .at("given again here")
        .also(first, "first given here")
        .help("a queue says each thing once: remove one of the two")
}

pub fn escalation_twice(again: Span, first: Span) -> Finding {
    Finding::new(Code::DuplicateName, again, "two escalations of a rule have the same time")
        .at("given again here")
        .also(first, "first given here")
        .help("one of them is enough: join those who may take the lead with `or`")
}

pub fn given_twice(again: &Name, first: Span) -> Finding {
    Finding::new(Code::DuplicateName, again.span, format!("`{}` is given twice", again.node))
        .at("given again here")
        .also(first, "first given here")
        .help("a lead has one cell for each field: remove one of the two")
}

pub fn otherwise_twice(again: Span, first: Span) -> Finding {
    Finding::new(Code::DuplicateName, again, "the policy has two `otherwise`")
        .at("never gets a lead")
        .also(first, "takes every lead that gets here")
        .help("remove one of the two")
}

pub fn rule_named_otherwise(span: Span) -> Finding {
    Finding::new(Code::DuplicateName, span, "a rule cannot be called `otherwise`")
        .at("this name is taken")
        .help("`otherwise` is the name of what happens to leads that no rule takes; give the rule another name")
}

pub fn rows_twice(table: &str, again: Span, first: Span) -> Finding {
    Finding::new(Code::DuplicateName, again, format!("the rows of `{table}` are gone through twice in one policy"))
        .at(format!("these rules would be called `{table}:1`, `{table}:2`, … too"))
        .also(first, format!("these rules are called `{table}:1`, `{table}:2`, …"))
        .help("put one of the two into a policy of its own and `go to` it")
}

pub fn ambiguous_rule(name: &str, span: Span, places: &[(String, Span)]) -> Finding {
    let mut finding = Finding::new(Code::DuplicateName, span, format!("several policies have a rule `{name}`"))
        .at("which of them?")
        .help(format!("write the policy too, such as `{}`", places[0].0));
    for (full, place) in places.iter().take(4) {
        finding = finding.also(*place, format!("`{full}`"));
    }
    finding
}

pub fn made_of_too_many(name: &Name) -> Finding {
    let message = format!("`{}` is made of names that are made of names, more than {DEEPEST} levels deep", name.node);
    Finding::new(Code::NestedTooDeep, name.span, message)
        .at("one level too many")
        .help("write what it stands for with fewer names in between")
}

pub fn circular(path: &[(&Name, &Name)]) -> Finding {
    let start = (0..path.len()).min_by_key(|&index| path[index].0.span).expect("a circle has members");
    let path: Vec<&(&Name, &Name)> = path[start..].iter().chain(&path[..start]).collect();
    let first = path[0].0;
    let mut finding = Finding::new(Code::CircularName, first.span, format!("`{}` is made of itself", first.node))
        .at("to know it, it must be known");
    for (name, needs) in path.iter().take(8) {
        finding = finding.also(needs.span, format!("`{}` needs `{}`", name.node, needs.node));
    }
    match path.len() {
        1 => finding.help("write it without naming itself"),
        _ => finding.help("write one of them without naming the others"),
    }
}

pub fn unknown_field<'a>(name: &Name, known: impl IntoIterator<Item = &'a str>) -> Finding {
    let finding = Finding::new(Code::UnknownName, name.span, format!("the lead has no field `{}`", name.node));
    suggesting(finding, &name.node, known, Some("fields are declared in `lead { … }`".to_owned()))
}

pub fn unknown_value_name<'a>(name: &Name, known: impl IntoIterator<Item = &'a str>) -> Finding {
    let message = format!("there is no field or `let` called `{}`", name.node);
    let help = "fields are declared in `lead { … }`, other values with `let NAME = VALUE`";
    suggesting(Finding::new(Code::UnknownName, name.span, message), &name.node, known, Some(help.to_owned()))
}

pub fn unknown_condition<'a>(name: &Name, known: impl IntoIterator<Item = &'a str>) -> Finding {
    let message = format!("there is no condition called `{}`", name.node);
    let help = "to compare with one of several, write `VALUE in [A, B]`; conditions get names by `let`, `territory` \
                or `segment`";
    suggesting(Finding::new(Code::UnknownName, name.span, message), &name.node, known, Some(help.to_owned()))
}

pub fn unknown_table<'a>(name: &Name, known: impl IntoIterator<Item = &'a str>) -> Finding {
    let finding = Finding::new(Code::UnknownName, name.span, format!("there is no table `{}`", name.node));
    let help = format!("declare it: `table {} from \"FILE.csv\" {{ … }}`", name.node);
    suggesting(finding, &name.node, known, Some(help))
}

pub fn unknown_column<'a>(column: &Name, table: &Name, known: impl IntoIterator<Item = &'a str>) -> Finding {
    let message = format!("the table `{}` has no column `{}`", table.node, column.node);
    let finding =
        Finding::new(Code::UnknownName, column.span, message).also(table.span, "its columns are declared here");
    listing(finding, &column.node, "columns", known.into_iter().collect())
}

pub fn unknown_queue<'a>(name: &Name, known: impl IntoIterator<Item = &'a str>) -> Finding {
    let finding = Finding::new(Code::UnknownName, name.span, format!("there is no queue `{}`", name.node));
    suggesting(finding, &name.node, known, Some(format!("declare it: `queue {} \"what it holds\"`", name.node)))
}

pub fn unknown_policy<'a>(name: &Name, known: impl IntoIterator<Item = &'a str>) -> Finding {
    let finding = Finding::new(Code::UnknownName, name.span, format!("there is no policy `{}`", name.node));
    suggesting(finding, &name.node, known, Some(format!("declare it: `policy {} {{ … }}`", name.node)))
}

pub fn unknown_rule<'a>(
    name: &str,
    policy: Option<&str>,
    span: Span,
    known: impl IntoIterator<Item = &'a str>,
) -> Finding {
    let message = match policy {
        Some(policy) => format!("the policy `{policy}` has no rule `{name}`"),
        None => format!("no policy has a rule `{name}`"),
    };
    listing(Finding::new(Code::UnknownName, span, message), name, "rules", known.into_iter().collect())
}

pub fn unknown_row(table: &str, row: Spanned<u32>, rows: usize, gone_through: bool) -> Finding {
    let message = match gone_through {
        true => format!("there is no rule for row {} of `{table}`", row.node),
        false => format!("no rule here goes through the rows of `{table}`"),
    };
    let help = match gone_through {
        true => {
            format!("`{table}` has {rows} rows, counted from 1; the header is not counted, and empty rows are no rules")
        }
        false => format!("write `each row of {table} when …` in the policy"),
    };
    Finding::new(Code::UnknownName, row.span, message).help(help)
}

/// A name of the shared set where another kind of name belongs.
pub fn other_kind(name: &Name, wanted: &str, kind: &str, declared: Span) -> Finding {
    let help = match (wanted, kind) {
        ("a policy", "queue") => Some(format!("write `assign queue {}`", name.node)),
        ("a queue", "policy") => Some(format!("a lead is handed to a policy by `go to {}`", name.node)),
        _ => None,
    };
    let message = format!("`{}` is a {kind}, and {wanted} is needed here", name.node);
    let finding =
        Finding::new(Code::UnknownName, name.span, message).also(declared, format!("declared as a {kind} here"));
    advising(finding, help)
}

pub fn condition_as_value(name: &Name, kind: &str, declared: Span) -> Finding {
    let message = format!("`{}` is a condition, and a value is needed here", name.node);
    Finding::new(Code::WrongType, name.span, message)
        .also(declared, format!("declared as a {kind} here"))
        .help(format!("a condition is true or false by itself: write `{0}`, or `not {0}`, alone", name.node))
}

pub fn table_as_value(name: &Name, declared: Span) -> Finding {
    Finding::new(Code::WrongType, name.span, format!("`{}` is a table, and a value is needed here", name.node))
        .also(declared, "declared as a table here")
        .help(format!("look a row up with `{0}[KEY]`, or ask whether there is one with `KEY in {0}`", name.node))
}

pub fn table_as_condition(name: &Name, declared: Span) -> Finding {
    Finding::new(Code::WrongType, name.span, format!("`{}` is a table, and a condition is needed here", name.node))
        .also(declared, "declared as a table here")
        .help(format!("ask whether it has a row: `KEY in {}`", name.node))
}

pub fn value_as_condition(name: &Name, ty: &Type, declared: Option<Span>) -> Finding {
    let help = match ty {
        Type::YesNo => format!("write `{} is yes`", name.node),
        Type::Row(_) => format!("write `{} is known`", name.node),
        _ => format!("compare it with something, or write `{} is known`", name.node),
    };
    let message = format!("`{}` is a value, and a condition is needed here", name.node);
    pointing(Finding::new(Code::WrongType, name.span, message).help(help), declared, format!("declared as {ty} here"))
}

/// `territory NAME = VALUE`
pub fn value_as_area(declared: &ast::Let, value: &str, span: Span, ty: &Type) -> Finding {
    let kind = if declared.kind == LetKind::Territory { "territory" } else { "segment" };
    let help = match ty {
        Type::YesNo => format!("write `{value} is yes`"),
        _ => format!(
            "compare the value with something; to name the value itself write `let {} = {value}`",
            declared.name.node
        ),
    };
    let message = format!("a {kind} is a condition, and {} is a value", ticked(value));
    Finding::new(Code::WrongType, span, message).at("a value").also(declared.name.span, format!("a {kind}")).help(help)
}

pub fn row_outside(span: Span) -> Finding {
    Finding::new(Code::UnknownName, span, "`row` means something only in a rule that begins with `each row of`")
        .help("look a row up by its key instead: `TABLE[KEY].COLUMN`")
}

pub fn unknown_lint(code: &Name) -> Finding {
    let known = Code::ALL.iter().filter(|code| code.stage() == Stage::Lint).map(|code| code.name());
    let finding = Finding::new(Code::UnknownName, code.span, format!("there is no lint `{}`", code.node));
    suggesting(
        finding,
        &code.node,
        known,
        Some("the code of a finding stands in brackets before its message".to_owned()),
    )
}

pub fn not_a_lint(code: Code, span: Span) -> Finding {
    Finding::new(Code::UnknownName, span, format!("`{code}` cannot be allowed"))
        .at("not a lint")
        .help("it is an error that stops routing: mend what it finds")
}

pub fn missing_lead(place: Span) -> Finding {
    Finding::new(Code::MissingPart, place, "the project has no `lead` block")
        .at("neither here nor in the files this one uses")
        .help("say what a lead looks like, such as `lead { id text key  country country }`")
}

pub fn missing_start(place: Span, policy: Option<&Name>) -> Finding {
    let finding = Finding::new(Code::MissingPart, place, "it is not said where a lead enters: `start at` is missing");
    match policy {
        Some(policy) => finding.at("here?").help(format!("if it is, write `start at {}`", policy.node)),
        None => finding.help("write a policy and `start at` it"),
    }
}

pub fn no_owner(span: Span, lead: Option<Span>) -> Finding {
    let finding = Finding::new(Code::MissingPart, span, "`keep owner` needs a field that says who has the lead")
        .help("mark that field in the lead block, such as `owner_id text owner`");
    pointing(finding, lead.map(|lead| head(lead, 4)), "no field here is marked `owner`")
}

pub fn no_reason(allow: &ast::Allow) -> Finding {
    Finding::new(Code::MissingPart, allow.reason.span, "the reason is empty")
        .help(format!("say why it is fine here: `allow {} \"because …\"`", allow.code.node))
}

pub fn misplaced_rule(rule: Span, otherwise: Span) -> Finding {
    Finding::new(Code::MisplacedRule, rule, "a rule behind `otherwise` never gets a lead")
        .at("never tried")
        .also(otherwise, "takes every lead that gets here")
        .help("move `otherwise` to the end of the policy")
}
