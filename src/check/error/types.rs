//! Types and values: an operator, a literal or a clause that does not fit what it is used with.

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::cell::{Cell, Type, Unread, quoted};
use crate::country::Country;
use crate::diagnostic::{Code, Finding};
use crate::ids::Id;
use crate::source::{Span, Spanned};
use crate::syntax::ast::{self, Has, Name, Operator, Set, Text};

use super::super::fields::Head;
use super::super::types::{Instead, Kind, Place, Use, described};
use super::{advising, pointing, ticked};

pub fn unknown_type(word: &str, span: Span, near: Option<&str>) -> Finding {
    let all = "the types are `text`, `email`, `domain`, `country`, `integer`, `number`, `yes_no`, `date`, `timestamp`, \
               `one of [...]` and `tags`; tables also have `list of …`, `rep`, `team` and `queue`";
    let help = near.map_or_else(|| all.to_owned(), |near| format!("did you mean `{near}`?"));
    let finding = Finding::new(Code::UnknownName, span, format!("there is no type {}", ticked(word))).help(help);
    match near.filter(|near| !near.contains('[')) {
        Some(near) => finding.write_instead(near),
        None => finding,
    }
}

pub fn list_outside_table(span: Span, place: Place) -> Finding {
    match place {
        Place::Element => Finding::new(Code::WrongType, span, "a list cannot hold lists"),
        Place::Lead | Place::Table => Finding::new(Code::WrongType, span, "only tables have lists")
            .help("for several values in one cell of a lead, declare the field as `tags`"),
    }
}

pub fn people_in_lead(ty: &Type, span: Span) -> Finding {
    let finding = Finding::new(Code::WrongType, span, format!("only tables have columns of type `{ty}`"));
    finding.help("if the field says who has the lead now, declare it as `text owner`; otherwise as `text`")
}

pub fn list_of_such(ty: &Type, span: Span) -> Finding {
    Finding::new(Code::WrongType, span, format!("there is no list of type `list of {ty}`"))
        .help("a list holds values that a lead can have, such as `list of text` or `list of country`")
}

pub fn bounds_on(name: &str, span: Span) -> Finding {
    Finding::new(Code::WrongType, span, format!("{} has no lowest and highest value", ticked(name)))
        .help("only `integer` and `number` do, such as `integer 0 to 100`")
}

pub fn empty_bounds(low: Spanned<Decimal>, high: Spanned<Decimal>) -> Finding {
    empty_range((&low.node.to_string(), low.span), (&high.node.to_string(), high.span))
}

pub fn empty_range(low: (&str, Span), high: (&str, Span)) -> Finding {
    Finding::new(Code::EmptyRange, low.1.to(high.1), format!("nothing is in the range `{} to {}`", low.0, high.0))
        .at("the low end is above the high end")
        .help(format!("write `{} to {}`", high.0, low.0))
        .write_instead(format!("{} to {}", high.0, low.0))
}

pub fn dates_reversed(from: Spanned<Date>, until: Spanned<Date>) -> Finding {
    let message = format!("the rule is never in force: it ends before it begins, on {}", until.node);
    Finding::new(Code::EmptyRange, from.span, message)
        .at("begins")
        .also(until.span, "ends")
        .help(format!("write `from {} until {}`", until.node, from.node))
}

pub fn blank_member(span: Span) -> Finding {
    Finding::new(Code::UnknownValue, span, "a member of the list is blank")
        .help("leave it out: any field may be blank, and `is blank` tests for it")
}

pub fn member_twice(first: &Spanned<String>, again: &Spanned<String>) -> Finding {
    let message = if first.node == again.node {
        format!("{} is in the list twice", ticked(&again.node))
    } else {
        format!("{} and {} are one member: letter case does not matter", ticked(&first.node), ticked(&again.node))
    };
    Finding::new(Code::DuplicateName, again.span, message)
        .at("again here")
        .also(first.span, "first here")
        .help("remove one of the two")
}

pub fn row_as_value(column: &Name, span: Span) -> Finding {
    let message = format!("a comparison looks at the lead, and `row.{}` belongs to the table", column.node);
    Finding::new(Code::WrongType, span, message)
        .help(format!("turn it round, with the lead's value first: `FIELD is row.{}`", column.node))
}

pub fn which_row(table: &Name, column: &Name, declared: Span, has_key: bool) -> Finding {
    let message = format!("it is not said which row of the table `{}` is meant", table.node);
    let help = match has_key {
        true => format!("look it up by its key: `{}[KEY].{}`", table.node, column.node),
        false => format!("go through its rows: `each row of {} when … row.{} …`", table.node, column.node),
    };
    Finding::new(Code::WrongType, table.span, message).also(declared, "declared as a table here").help(help)
}

pub fn no_key(table: &Name, span: Span) -> Finding {
    let message = format!("rows of the table `{}` cannot be looked up: it has no key", table.node);
    Finding::new(Code::WrongType, span, message)
        .also(table.span, "none of its columns is marked `key`")
        .help("mark the column that identifies a row, such as `domain domain key`")
}

pub fn key_of_other_type(key: (&ast::Field, &Type, Span), given: (&str, &Type, Span)) -> Finding {
    let ((column, wanted, declared), (text, ty, span)) = (key, given);
    let message =
        format!("{} is {}, and the key `{}` is {}", ticked(text), described(ty), column.name.node, described(wanted));
    let help = match (ty, wanted) {
        (Type::Email, Type::Domain) => format!("write `domain of {text}`"),
        (Type::OneOf(_), Type::OneOf(_)) => "declare both with the same members, in the same order".to_owned(),
        _ => "declare both with the same type".to_owned(),
    };
    Finding::new(Code::WrongType, span, message).also(declared, "the key's type").help(help)
}

pub fn no_columns(text: &str, ty: &Type, column: &Name, declared: Option<Span>) -> Finding {
    let message = format!("{} is {} and has no columns", ticked(text), described(ty));
    let help = match (ty, &*column.node) {
        (Type::Email, "domain") => Some(format!("write `domain of {text}`")),
        _ => Some("only rows that were looked up have, such as `accounts[domain of email].owner`".to_owned()),
    };
    let finding = advising(Finding::new(Code::WrongType, column.span, message), help);
    pointing(finding, declared, format!("declared as {ty} here"))
}

pub fn cannot_derive(what: &str, text: &str, ty: &Type, span: Span, declared: Option<Span>) -> Finding {
    let wanted = if what == "domain of" { "an e-mail address" } else { "a timestamp" };
    let message = format!("`{what}` needs {wanted}, and {} is {}", ticked(text), described(ty));
    let help = match (what, ty) {
        ("domain of", Type::Domain) => Some(format!("it is a domain already: write `{text}`")),
        ("domain of", Type::Text) => Some("if its cells are addresses, declare it as `email`".to_owned()),
        ("domain of", _) => None,
        (_, Type::Date | Type::Text) => Some("if its cells hold a time of day, declare it as `timestamp`".to_owned()),
        _ => None,
    };
    let finding = advising(Finding::new(Code::WrongType, span, message), help);
    pointing(finding, declared, format!("declared as {ty} here"))
}

pub fn unknown_zone(name: &Text, near: Option<String>) -> Finding {
    let finding = Finding::new(Code::UnknownValue, name.span, format!("there is no time zone {}", ticked(&name.node)));
    match near {
        Some(near) => finding.help(format!("did you mean `{near}`?")).write_instead(quoted(&near)),
        None => finding.help("write a name of the IANA list, such as `Europe/Berlin` or `America/New_York`"),
    }
}

pub fn row_in_first_known(text: &str, span: Span) -> Finding {
    let message = format!("`first known of` chooses among single values, and {} is a whole row", ticked(text));
    Finding::new(Code::WrongType, span, message).help(format!("name a column of it: `{text}.COLUMN`"))
}

pub fn mixed_types(first: (&str, &Type, Span), other: (&str, &Type, Span)) -> Finding {
    let label = |ty: &Type| described(ty).to_owned();
    let help = match (first.1, other.1) {
        (Type::OneOf(_), Type::OneOf(_)) => "declare both with the same members, in the same order",
        _ => "declare both with the same type",
    };
    Finding::new(
        Code::WrongType,
        other.2,
        format!("`first known of` needs values of one type: {} and {} differ", ticked(first.0), ticked(other.0)),
    )
    .at(label(other.1))
    .also(first.2, label(first.1))
    .help(help)
}

pub fn no_set(text: &str, span: Span, list: Option<String>) -> Finding {
    let finding = Finding::new(
        Code::WrongType,
        span,
        format!("`in` needs a list, a range or a table, and {} is none", ticked(text)),
    );
    advising(finding, list.map(|list| format!("write `{list}`")))
}

pub fn in_other_kind(name: &Name, kind: &str, declared: Span) -> Finding {
    let help = match kind {
        "territory" | "segment" | "`let`" => format!("if it names a condition, write `{}` alone", name.node),
        _ => "a comparison is with fixed values, such as `in [DE, AT]`".to_owned(),
    };
    let message = format!("`in` needs a list, a range or a table, and `{}` is a {kind}", name.node);
    Finding::new(Code::WrongType, name.span, message).also(declared, format!("declared as a {kind} here")).help(help)
}

/// An operator that means nothing for values of the type.
pub fn operator_for_other_type(
    (text, ty, declared): (&str, &Type, Option<Span>),
    operator: &Operator,
    span: Span,
    tables: &[Head],
) -> Finding {
    let message = match operator {
        Operator::Order { .. } | Operator::In { set: Set::Range { .. }, .. } => {
            format!("{} is {}, which has no order", ticked(text), described(ty))
        }
        _ => format!("`{}` cannot be asked of {}, which is {}", words(operator), ticked(text), described(ty)),
    };
    let finding = Finding::new(Code::WrongType, span, message);
    let finding = advising(finding, better_operator(text, ty, operator, tables));
    pointing(finding, declared, format!("declared as {ty} here"))
}

fn better_operator(text: &str, ty: &Type, operator: &Operator, tables: &[Head]) -> Option<String> {
    let what = match (ty, operator) {
        (Type::Row(table), _) => {
            let column = tables[table.index()].column_names().next().unwrap_or("COLUMN");
            format!("ask `{text} is known`, or compare a column of the row, such as `{text}.{column}`")
        }
        (Type::Tags, Operator::In { .. }) => format!("write `{text} has any of [\"…\", \"…\"]`"),
        (Type::Tags, _) => format!("write `{text} has \"…\"`"),
        (Type::Text | Type::Email | Type::Domain, Operator::Has { .. }) => {
            format!("`has` is for tags; write `{text} contains \"…\"`, or declare it as `tags`")
        }
        (Type::Email | Type::Domain, _) => format!("write `{text} contains \"…\"`, or `{text} in [\"…\", \"…\"]`"),
        (Type::Integer(_) | Type::Number(_), _) => {
            format!("write `{text} is 10`, `{text} >= 10` or `{text} in 10 to 20`")
        }
        (Type::Date | Type::Timestamp, _) => format!("write `{text} >= 2026-01-31`, or `{text} is 2026-01-31`"),
        (Type::YesNo, _) => format!("write `{text} is yes`, or `{text} is no`"),
        (Type::Country, _) => format!("write `{text} is DE`, or `{text} in [DE, AT]`"),
        (Type::OneOf(members), _) => {
            let first = ty.write(&Cell::Member(0));
            if members.is_empty() {
                return None;
            } else {
                format!("write `{text} is {first}`, or `{text} in [{first}, …]`")
            }
        }
        (Type::Rep | Type::Team | Type::Queue, _) => format!("write `{text} is NAME`"),
        (Type::Text | Type::List(_), _) => return None,
    };
    Some(what)
}

/// `row.column` of a type that cannot be compared with the value's.
pub fn row_of_other_type(
    (text, ty, declared): (&str, &Type, Option<Span>),
    (column, column_type, column_at): (&str, &Type, Span),
    operator: &Operator,
    span: Span,
) -> Finding {
    let is_in = matches!(operator, Operator::In { set: Set::Value(_), .. });
    let message = match column_type {
        _ if is_in && !matches!(column_type, Type::List(_)) => {
            format!("`in` needs a list, and `row.{column}` is {}", described(column_type))
        }
        Type::List(_) if !is_in => {
            format!("`{}` needs a single value, and `row.{column}` is a list", words(operator))
        }
        Type::List(element) => {
            format!("{} is {}, and `row.{column}` is a list of another type: {element}", ticked(text), described(ty))
        }
        _ => match strange_member(ty, column_type) {
            Some(member) => format!("`row.{column}` may be `{member}`, which {} is never", ticked(text)),
            None => format!("{} is {}, and `row.{column}` is {}", ticked(text), described(ty), described(column_type)),
        },
    };
    let help = match (operator, column_type) {
        (Operator::Is { negated, .. }, Type::List(_)) => {
            format!("write `{text} {} row.{column}`", if *negated { "not in" } else { "in" })
        }
        (Operator::In { negated, set: Set::Value(_) }, other) if !matches!(other, Type::List(_)) => {
            format!(
                "write `{text} {} row.{column}`, or declare the column as `list of {other}`",
                if *negated { "is not" } else { "is" }
            )
        }
        (Operator::Text { .. }, _) => "declare the column as `text`".to_owned(),
        (Operator::Has { .. }, _) => "declare the column as `text`, or as `tags` for `has any of`".to_owned(),
        (_, Type::OneOf(_)) if matches!(ty, Type::OneOf(_)) => {
            format!("leave out of the column's list what {} cannot be", ticked(text))
        }
        (_, Type::List(_)) => format!("declare the column as `list of {}`", plain(ty)),
        _ => format!("declare the column as `{}`", plain(ty)),
    };
    let finding = Finding::new(Code::WrongType, span, message).also(column_at, "the column's type");
    pointing(finding.help(help), declared, format!("declared as {} here", short(ty)))
}

/// A member of the column's closed list that the value's does not have.
fn strange_member<'a>(ty: &Type, column: &'a Type) -> Option<&'a str> {
    let (Type::OneOf(ours), Type::OneOf(theirs)) = (ty, column) else { return None };
    theirs.names().find(|name| ours.find(name).is_none())
}

pub fn not_fixed(text: &str, span: Span) -> Finding {
    Finding::new(
        Code::WrongType,
        span,
        format!("a comparison is with fixed values, and {} differs from lead to lead", ticked(text)),
    )
    .help("compare with a word, a text in quotes, a number or a date; or with `row.COLUMN` in an `each row of`")
}

/// A number is compared with the name of another field.
pub fn compared_with_value(
    (text, ty): (&str, &Type),
    word: &str,
    kind: &str,
    places: &[Span],
    right: Option<(&str, bool)>,
) -> Finding {
    let help = match right {
        Some((right, true)) if *ty == Type::Text => format!("if the word itself is meant, put it in quotes: `{right}`"),
        _ => "two values of a lead cannot be compared with each other; write the value that is meant".to_owned(),
    };
    let message = format!("{} is compared with `{word}`, which is a {kind}", ticked(text));
    several(Finding::new(Code::WrongType, places[0], message).at("no fixed value").help(help), places)
}

/// A literal of another kind than the type takes.
pub fn other_kind_of_literal(
    (text, ty, declared): (&str, &Type, Option<Span>),
    used: Use,
    found: Kind,
    places: &[Span],
    right: Option<(&str, bool)>,
) -> Finding {
    let message = match used {
        Use::Whole => format!("{} is {} and is compared with {}", ticked(text), described(ty), kind_words(found)),
        Use::Part(part) => {
            format!("`{}` is followed by a text in quotes, not by {}", part.words(), kind_words(found))
        }
        Use::Tag => format!("a tag is written in quotes, and this is {}", kind_words(found)),
    };
    let quotes = matches!(ty, Type::Text | Type::Email | Type::Domain | Type::Tags);
    let help = match right {
        Some((right, true)) if quotes => Some(format!("put it in quotes: `{right}`")),
        Some((right, true)) => Some(format!("write `{right}`")),
        Some((right, false)) => Some(format!("did you mean `{right}`?")),
        None => Some(format!("write {}", example(ty))),
    };
    let finding = advising(Finding::new(Code::WrongType, places[0], message).at(kind_words(found)), help);
    let finding = match (right, places) {
        (Some((right, _)), [_]) => finding.write_instead(right),
        _ => several(finding, places),
    };
    if used == Use::Whole { pointing(finding, declared, format!("declared as {} here", short(ty))) } else { finding }
}

fn several(mut finding: Finding, places: &[Span]) -> Finding {
    for place in places.iter().skip(1).take(4) {
        finding = finding.also(*place, "and here");
    }
    finding
}

pub fn no_such_value(
    written: &str,
    ty: &Type,
    expected: &str,
    instead: Option<&Instead>,
    span: Span,
    declared: Option<Span>,
) -> Finding {
    let expected = if expected.len() > 80 { "a member of the list" } else { expected };
    let help = match (instead, ty) {
        (Some(Instead { text, sure: true }), _) => Some(format!("write `{text}`")),
        (Some(Instead { text, sure: false }), Type::Country) => {
            let name = Country::read(text).map_or("", |country| country.name());
            Some(format!("did you mean `{text}` ({name})?"))
        }
        (Some(Instead { text, sure: false }), _) => Some(format!("did you mean `{text}`?")),
        (None, _) => None,
    };
    let mut finding = Finding::new(Code::UnknownValue, span, format!("{} is not {expected}", ticked(written)));
    if let Some(instead) = instead {
        finding = finding.write_instead(&instead.text);
    }
    let label = match ty {
        Type::OneOf(_) => "the list is declared here".to_owned(),
        _ => format!("declared as {ty} here"),
    };
    pointing(advising(finding, help), declared, label)
}

pub fn empty_text(value: &str, used: Use, span: Span) -> Finding {
    let finding = match used {
        Use::Whole => Finding::new(Code::UnknownValue, span, "nothing is equal to an empty text"),
        Use::Part(_) => Finding::new(Code::UnknownValue, span, "an empty text is a part of every text"),
        Use::Tag => Finding::new(Code::UnknownValue, span, "a tag is never empty"),
    };
    finding.help(format!("to test whether there is a value write `{value} is known` or `{value} is blank`"))
}

pub fn outer_spaces(written: &str, trimmed: &str, span: Span) -> Finding {
    Finding::new(Code::UnknownValue, span, format!("`{written}` begins or ends with a space, which does not count"))
        .help(format!("leave the space out: `{}`", quoted(trimmed)))
        .write_instead(quoted(trimmed))
}

pub fn several_tags(value: &str, written: &str, tags: &[String], span: Span) -> Finding {
    let finding =
        Finding::new(Code::UnknownValue, span, format!("`;` separates tags, so {} is no tag", ticked(written)));
    let tags: Vec<String> = tags.iter().map(|tag| quoted(tag)).collect();
    match tags[..] {
        [] => finding,
        _ => finding.help(format!("write `{value} has all of [{}]`, or `has any of`", tags.join(", "))),
    }
}

pub fn no_percentage(text: &str, span: Span) -> Finding {
    Finding::new(Code::UnknownValue, span, format!("`{text}%` is no share of a whole"))
        .help("write a number from 0 to 100")
}

pub fn threshold_of_other_unit(metric: &str, threshold: &str, wanted: &str, example: &str, span: Span) -> Finding {
    Finding::new(Code::WrongType, span, format!("{} is compared with {wanted}", ticked(metric)))
        .at(format!("this is not {wanted}"))
        .help(format!("write it as in `{example}`, in place of {}", ticked(threshold)))
}

pub fn gini_of_one(name: &Name) -> Finding {
    Finding::new(Code::UnknownName, name.span, format!("`{}` is a rep, not a team", name.node))
        .help("the Gini coefficient says how evenly a team is served: name a team of the roster")
}

pub fn no_gini(text: &str, span: Span) -> Finding {
    Finding::new(Code::UnknownValue, span, format!("{} is no Gini coefficient", ticked(text)))
        .help("write a number from 0 (everybody has the same) to 1")
}

pub fn no_moment(text: &str, span: Span) -> Finding {
    Finding::new(Code::UnknownValue, span, format!("{} is not a moment", ticked(text)))
        .help("write a day or a time, such as `2026-11-23` or `2026-11-23T10:00:00Z`")
}

pub fn given_bare_word(field: &Name, word: &str, ty: &Type, span: Span, declared: Span) -> Finding {
    let message = format!("`{}` is {} and is given without quotes", field.node, described(ty));
    Finding::new(Code::WrongType, span, message).also(declared, format!("declared as {ty} here")).help(format!(
        "put it in quotes: `{} = {}`",
        field.node,
        quoted(word)
    ))
}

pub fn given_does_not_fit(field: &Name, written: &str, why: &Unread, span: Span, declared: Span) -> Finding {
    let expected = if why.expected.len() > 80 { "a member of the list" } else { &why.expected };
    let message = format!("{} is not {expected}", ticked(written));
    let finding =
        Finding::new(Code::UnknownValue, span, message).also(declared, format!("`{}` is declared here", field.node));
    advising(finding, why.suggestion.as_ref().map(|near| format!("did you mean `{near}`?")))
}

fn kind_words(kind: Kind) -> &'static str {
    match kind {
        Kind::Word => "a word",
        Kind::Text => "a text",
        Kind::Number => "a number",
        Kind::Date => "a date",
        Kind::Timestamp => "a timestamp",
    }
}

fn words(operator: &Operator) -> &'static str {
    match operator {
        Operator::Is { negated: false, .. } | Operator::Known { .. } => "is",
        Operator::Is { negated: true, .. } => "is not",
        Operator::In { negated: false, .. } => "in",
        Operator::In { negated: true, .. } => "not in",
        Operator::Order { order, .. } => order.sign(),
        Operator::Text { part, .. } => part.words(),
        Operator::Has { how: Has::One, .. } => "has",
        Operator::Has { how: Has::AnyOf, .. } => "has any of",
        Operator::Has { how: Has::AllOf, .. } => "has all of",
    }
}

/// The type without its members, which may be many.
fn short(ty: &Type) -> String {
    match ty {
        Type::OneOf(_) => "one of [...]".to_owned(),
        Type::Row(_) => "a row".to_owned(),
        other => other.to_string(),
    }
}

/// The type without its members and bounds.
fn plain(ty: &Type) -> String {
    match ty {
        Type::Integer(_) => "integer".to_owned(),
        Type::Number(_) => "number".to_owned(),
        other => short(other),
    }
}

/// What a literal of the type looks like.
fn example(ty: &Type) -> String {
    match ty {
        Type::Text => "a text in quotes".to_owned(),
        Type::Email => "an address in quotes, such as `\"ana@example.com\"`".to_owned(),
        Type::Domain => "a host name in quotes, such as `\"example.com\"`".to_owned(),
        Type::Country => "a country's two letters, such as `DE`".to_owned(),
        Type::Integer(_) => "a number without quotes, such as `500`".to_owned(),
        Type::Number(_) => "a number without quotes, such as `12.5`".to_owned(),
        Type::YesNo => "`yes` or `no`".to_owned(),
        Type::Date => "a date without quotes, such as `2026-01-31`".to_owned(),
        Type::Timestamp => "a date or a time without quotes, such as `2026-01-31T09:00:00Z`".to_owned(),
        Type::OneOf(_) => "a member of the list".to_owned(),
        Type::Rep | Type::Team | Type::Queue => "a name without quotes".to_owned(),
        Type::Tags | Type::List(_) | Type::Row(_) => "something else".to_owned(),
    }
}
