//! Types as declared, and literals as cells of a type.
//!
//! A literal of the policy is read by [`Type::read`], as a lead's cell would be; what this file adds
//! is which *kind* of literal a type takes (quoted text, a bare word, a number, a date), and what
//! somebody who wrote the wrong kind should have written.

use std::sync::Arc;

use jiff::tz::TimeZone;
use rust_decimal::Decimal;

use crate::cell::{Bounds, Cell, Members, Text, Type, normal_domain, normal_text, quoted};
use crate::country::Country;
use crate::diagnostic::Finding;
use crate::source::{Span, Spanned};
use crate::suggest;
use crate::syntax::ast::{OperandKind, TextPart, TypeExpr};

use super::error;

/// What a field may be declared as; the words for did-you-mean.
const WORDS: [&str; 13] = [
    "text",
    "email",
    "domain",
    "country",
    "integer",
    "number",
    "yes_no",
    "date",
    "timestamp",
    "tags",
    "rep",
    "team",
    "queue",
];

/// What people call the types elsewhere.
const ELSEWHERE: [(&str, &str); 20] = [
    ("bool", "yes_no"),
    ("boolean", "yes_no"),
    ("checkbox", "yes_no"),
    ("currency", "number"),
    ("datetime", "timestamp"),
    ("decimal", "number"),
    ("double", "number"),
    ("enum", "one of [...]"),
    ("float", "number"),
    ("int", "integer"),
    ("multipicklist", "tags"),
    ("percent", "number"),
    ("phone", "text"),
    ("picklist", "one of [...]"),
    ("string", "text"),
    ("textarea", "text"),
    ("time", "timestamp"),
    ("url", "domain"),
    ("user", "rep"),
    ("varchar", "text"),
];

/// Where a type is declared: some belong to tables only.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Place {
    Lead,
    Table,
    /// After `list of`.
    Element,
}

/// The type that was written, or what is wrong with it.
pub(super) fn declared(written: &Spanned<TypeExpr>, place: Place) -> Result<Type, Box<Finding>> {
    match &written.node {
        TypeExpr::Named(word) => named(word, written.span, place),
        TypeExpr::Bounded { name, low, high } => bounded(name, *low, *high, written.span),
        TypeExpr::OneOf(members) => one_of(members),
        TypeExpr::ListOf(_) if place != Place::Table => Err(error::list_outside_table(written.span, place).into()),
        TypeExpr::ListOf(element) => declared(element, Place::Element).map(|element| Type::List(Box::new(element))),
    }
}

fn named(word: &str, span: Span, place: Place) -> Result<Type, Box<Finding>> {
    let ty = match word {
        "text" => Type::Text,
        "email" => Type::Email,
        "domain" => Type::Domain,
        "country" => Type::Country,
        "integer" => Type::Integer(None),
        "number" => Type::Number(None),
        "yes_no" => Type::YesNo,
        "date" => Type::Date,
        "timestamp" => Type::Timestamp,
        "tags" => Type::Tags,
        "rep" => Type::Rep,
        "team" => Type::Team,
        "queue" => Type::Queue,
        _ => {
            return Err(error::unknown_type(word, span, nearest_type(word)).into());
        }
    };
    match (&ty, place) {
        (Type::Rep | Type::Team | Type::Queue, Place::Lead) => Err(error::people_in_lead(&ty, span).into()),
        (Type::Rep | Type::Team | Type::Queue | Type::Tags, Place::Element) => {
            Err(error::list_of_such(&ty, span).into())
        }
        _ => Ok(ty),
    }
}

/// The type that a word is most like, or that other programs call so.
fn nearest_type(word: &str) -> Option<&'static str> {
    let elsewhere = ELSEWHERE.iter().map(|(name, _)| *name);
    let near = suggest::nearest(word, WORDS.into_iter().chain(elsewhere))?;
    let ours = ELSEWHERE.iter().find(|(name, _)| *name == near).map(|(_, ours)| *ours);
    Some(ours.unwrap_or(near))
}

fn bounded(name: &str, low: Spanned<Decimal>, high: Spanned<Decimal>, span: Span) -> Result<Type, Box<Finding>> {
    let bounds = Bounds { low: low.node.normalize(), high: high.node.normalize() };
    let ty = match name {
        "integer" => Type::Integer(Some(bounds)),
        "number" => Type::Number(Some(bounds)),
        _ => return Err(error::bounds_on(name, span).into()),
    };
    if bounds.low > bounds.high {
        return Err(error::empty_bounds(low, high).into());
    }
    Ok(ty)
}

fn one_of(written: &[Spanned<String>]) -> Result<Type, Box<Finding>> {
    if let Some(blank) = written.iter().find(|member| member.node.trim().is_empty()) {
        return Err(error::blank_member(blank.span).into());
    }
    let names = written.iter().map(|member| member.node.trim().to_owned()).collect();
    let members = Members::new(names)
        .map_err(|(first, second)| Box::new(error::member_twice(&written[first], &written[second])))?;
    Ok(Type::OneOf(Arc::new(members)))
}

/// How a literal is used, which decides how it is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Use {
    /// Compared as a whole: `is`, `in`, `<`.
    Whole,
    /// A part of a text: `contains`, `starts with`, `ends with`.
    Part(TextPart),
    /// A tag: `has`.
    Tag,
}

/// Why a literal does not fit.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Misfit {
    /// Another kind of literal than the type takes: a text where a number belongs.
    Kind { found: Kind, instead: Option<Instead> },
    /// The right kind, but no value of the type; what would be one.
    Value { expected: String, instead: Option<Instead> },
    /// An empty text, which no cell is.
    Empty,
    /// Spaces at the ends, which do not count; what it says without.
    Spaces(String),
    /// `"a; b"` as one tag.
    SeveralTags(Vec<String>),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Word,
    Text,
    Number,
    Date,
    Timestamp,
}

/// What to write in place of a literal, as the policy writes it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Instead {
    pub text: String,
    /// It is what was meant; otherwise the nearest guess.
    pub sure: bool,
}

impl Kind {
    pub fn of(literal: &OperandKind) -> Option<Kind> {
        match literal {
            OperandKind::Word(_) => Some(Kind::Word),
            OperandKind::Text(_) => Some(Kind::Text),
            OperandKind::Number(_) => Some(Kind::Number),
            OperandKind::Date(_) => Some(Kind::Date),
            OperandKind::Timestamp(_) => Some(Kind::Timestamp),
            OperandKind::Column { .. } => None,
        }
    }
}

/// The cell that a literal stands for. A date compared with a timestamp stays a date: it means the
/// whole day. Names of reps, teams and queues are not for this function.
///
/// `source` is the literal as written, which keeps the zeros of `02134`.
pub(super) fn literal(
    ty: &Type,
    used: Use,
    literal: &OperandKind,
    source: &str,
    timezone: &TimeZone,
) -> Result<Cell, Misfit> {
    let found = Kind::of(literal).expect("columns are no literals");
    let content = content(literal, source);
    if !takes(ty, used, found) {
        return Err(Misfit::Kind { found, instead: instead(ty, used, &content, timezone) });
    }
    if found == Kind::Text && content.trim().is_empty() {
        return Err(Misfit::Empty);
    }
    match used {
        Use::Whole => whole(ty, literal, &content, timezone),
        Use::Part(_) if content.trim() != content => Err(Misfit::Spaces(content.trim().to_owned())),
        Use::Part(_) => Ok(Cell::Text(part(ty, &content))),
        Use::Tag => tag(&content),
    }
}

/// Whether a type takes a kind of literal at all.
fn takes(ty: &Type, used: Use, kind: Kind) -> bool {
    match (used, ty) {
        (Use::Part(_) | Use::Tag, _) => kind == Kind::Text,
        (Use::Whole, Type::Text | Type::Email | Type::Domain) => kind == Kind::Text,
        (Use::Whole, Type::Country | Type::YesNo) => kind == Kind::Word,
        (Use::Whole, Type::Integer(_) | Type::Number(_)) => kind == Kind::Number,
        (Use::Whole, Type::Date) => kind == Kind::Date,
        (Use::Whole, Type::Timestamp) => matches!(kind, Kind::Date | Kind::Timestamp),
        (Use::Whole, Type::OneOf(_)) => matches!(kind, Kind::Word | Kind::Text),
        (Use::Whole, Type::Rep | Type::Team | Type::Queue) => kind == Kind::Word,
        (Use::Whole, Type::Tags | Type::List(_) | Type::Row(_)) => false,
    }
}

fn whole(ty: &Type, literal: &OperandKind, content: &str, timezone: &TimeZone) -> Result<Cell, Misfit> {
    match (ty, literal) {
        (_, OperandKind::Number(number)) => return Ok(Cell::Number(number.normalize())),
        (_, OperandKind::Date(date)) => return Ok(Cell::Date(*date)),
        // A name or a three-letter code is a country in a lead, but a policy has one way to write it.
        (Type::Country, _) if Country::read(content).is_none_or(|country| !is_code(country, content)) => {}
        (Type::YesNo, _) if !matches!(&*normal_text(content), "yes" | "no") => {}
        _ => {
            if let Ok(cell) = ty.read(content, timezone) {
                return Ok(cell);
            }
        }
    }
    let expected = match ty {
        Type::YesNo => "`yes` or `no`".to_owned(),
        Type::Country => "a country's two-letter code (ISO 3166-1)".to_owned(),
        _ => ty.read(content, timezone).err().map_or_else(|| ty.to_string(), |unread| unread.expected),
    };
    Err(Misfit::Value { expected, instead: instead(ty, Use::Whole, content, timezone) })
}

fn is_code(country: Country, text: &str) -> bool {
    country.code().eq_ignore_ascii_case(text.trim())
}

/// The normal form of a part of a text. Behind an `@` stands a host name, which has one of its own
/// (`@xn--bcher-kva.de`), unless the part ends in the middle of it.
pub(super) fn part(ty: &Type, text: &str) -> Text {
    let split = if *ty == Type::Email { text.rsplit_once('@') } else { None };
    match split.and_then(|(local, domain)| Some((local, normal_domain(domain).filter(|_| !domain.ends_with('.'))?))) {
        Some((local, domain)) => format!("{}@{domain}", normal_text(local)).into(),
        None => normal_text(text),
    }
}

fn tag(content: &str) -> Result<Cell, Misfit> {
    match Type::Tags.read(content, &TimeZone::UTC) {
        Ok(Cell::Tags(tags)) if tags.len() == 1 && !content.contains(';') => Ok(Cell::Text((*tags[0]).into())),
        _ => {
            let parts = content.split(';').map(str::trim).filter(|part| !part.is_empty());
            Err(Misfit::SeveralTags(parts.map(str::to_owned).collect()))
        }
    }
}

/// What the literal says, without its quotes.
fn content(literal: &OperandKind, source: &str) -> String {
    match literal {
        OperandKind::Word(text) | OperandKind::Text(text) | OperandKind::Timestamp(text) => text.clone(),
        OperandKind::Number(_) | OperandKind::Date(_) | OperandKind::Column { .. } => source.to_owned(),
    }
}

/// How the policy would write what somebody wrote in another way.
fn instead(ty: &Type, used: Use, content: &str, timezone: &TimeZone) -> Option<Instead> {
    let content = content.trim();
    if content.is_empty() {
        return None;
    }
    let sure = |text: String| Some(Instead { text, sure: true });
    let guess = |text: String| Some(Instead { text, sure: false });
    if used != Use::Whole {
        return sure(quoted(content));
    }
    match ty {
        Type::Text => sure(quoted(content)),
        Type::Email | Type::Domain => ty.read(content, timezone).ok().and_then(|_| sure(quoted(content))),
        Type::Country => match Country::read(content) {
            Some(country) => sure(country.code().to_owned()),
            None => Country::nearest(content).and_then(|country| guess(country.code().to_owned())),
        },
        Type::Integer(_) | Type::Number(_) => {
            let plain: String = content.chars().filter(|sign| !matches!(sign, ',' | '_' | ' ' | '\'')).collect();
            let read = if matches!(ty, Type::Integer(_)) { Type::Integer(None) } else { Type::Number(None) };
            read.read(&plain, timezone).ok().and_then(|cell| sure(read.write(&cell)))
        }
        Type::OneOf(members) => match members.find(content) {
            Some(member) => sure(ty.write(&Cell::Member(member))),
            None => suggest::nearest(content, members.names())
                .and_then(|near| members.find(near))
                .and_then(|member| guess(ty.write(&Cell::Member(member)))),
        },
        Type::Timestamp => ty.read(content, timezone).ok().and_then(|_| sure(content.replacen(' ', "T", 1))),
        Type::YesNo | Type::Date => ty.read(content, timezone).ok().and_then(|cell| sure(ty.write(&cell))),
        Type::Rep | Type::Team | Type::Queue => sure(content.to_owned()),
        Type::Tags | Type::List(_) | Type::Row(_) => None,
    }
}

/// Whether cells of two types can be equal: the same type, whatever its bounds; whole numbers are
/// numbers. Closed lists are the same only if their members are, in the same order.
pub(super) fn same_kind(one: &Type, other: &Type) -> bool {
    match (one, other) {
        (Type::Integer(_) | Type::Number(_), Type::Integer(_) | Type::Number(_)) => true,
        _ => one == other,
    }
}

/// The type of `first known of`: the two types' common one, with bounds that hold for both.
pub(super) fn common(one: &Type, other: &Type) -> Option<Type> {
    let hull = |one: &Option<Bounds>, other: &Option<Bounds>| {
        let (one, other) = (one.as_ref()?, other.as_ref()?);
        Some(Bounds { low: one.low.min(other.low), high: one.high.max(other.high) })
    };
    match (one, other) {
        (Type::Integer(one), Type::Integer(other)) => Some(Type::Integer(hull(one, other))),
        (Type::Integer(one) | Type::Number(one), Type::Integer(other) | Type::Number(other)) => {
            Some(Type::Number(hull(one, other)))
        }
        _ => (one == other).then(|| one.clone()),
    }
}

/// The type without its bounds and members, in words: `an integer`.
pub(super) fn described(ty: &Type) -> &'static str {
    match ty {
        Type::Text => "a text",
        Type::Email => "an e-mail address",
        Type::Domain => "a domain",
        Type::Country => "a country",
        Type::Integer(_) => "an integer",
        Type::Number(_) => "a number",
        Type::YesNo => "a yes or no",
        Type::Date => "a date",
        Type::Timestamp => "a timestamp",
        Type::OneOf(_) => "one of a list",
        Type::Tags => "a set of tags",
        Type::List(_) => "a list",
        Type::Rep => "a rep",
        Type::Team => "a team",
        Type::Queue => "a queue",
        Type::Row(_) => "a row of a table",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(ty: &Type, used: Use, kind: OperandKind) -> Result<String, Misfit> {
        let source = match &kind {
            OperandKind::Number(number) => number.to_string(),
            _ => String::new(),
        };
        literal(ty, used, &kind, &source, &TimeZone::UTC).map(|cell| match cell {
            Cell::Text(text) => text.into(),
            cell => ty.show(&cell),
        })
    }

    fn word(word: &str) -> OperandKind {
        OperandKind::Word(word.to_owned())
    }

    fn text(text: &str) -> OperandKind {
        OperandKind::Text(text.to_owned())
    }

    fn instead(misfit: Result<String, Misfit>) -> Option<(String, bool)> {
        match misfit {
            Err(Misfit::Kind { instead, .. } | Misfit::Value { instead, .. }) => {
                instead.map(|instead| (instead.text, instead.sure))
            }
            _ => None,
        }
    }

    #[test]
    fn a_country_is_written_as_its_two_letters() {
        assert_eq!(read(&Type::Country, Use::Whole, word("DE")), Ok("DE".to_owned()));
        assert_eq!(instead(read(&Type::Country, Use::Whole, word("Germany"))), Some(("DE".to_owned(), true)));
        assert_eq!(instead(read(&Type::Country, Use::Whole, word("UK"))), Some(("GB".to_owned(), true)));
        assert_eq!(instead(read(&Type::Country, Use::Whole, text("DEU"))), Some(("DE".to_owned(), true)));
        assert_eq!(instead(read(&Type::Country, Use::Whole, word("Germny"))), Some(("DE".to_owned(), false)));
    }

    #[test]
    fn another_kind_of_literal_comes_with_the_right_one() {
        let integer = Type::Integer(Some(Bounds { low: 0.into(), high: 9.into() }));
        assert_eq!(instead(read(&integer, Use::Whole, text("5,000"))), Some(("5000".to_owned(), true)));
        assert_eq!(instead(read(&integer, Use::Whole, text("many"))), None);
        assert_eq!(instead(read(&Type::Text, Use::Whole, word("NY"))), Some(("\"NY\"".to_owned(), true)));
        assert_eq!(instead(read(&Type::YesNo, Use::Whole, word("TRUE"))), Some(("yes".to_owned(), true)));
        let at = "2026-01-31 09:00";
        assert_eq!(instead(read(&Type::Timestamp, Use::Whole, text(at))), Some(("2026-01-31T09:00".to_owned(), true)));
    }

    #[test]
    fn a_number_outside_the_bounds_is_still_a_number() {
        let score = Type::Number(Some(Bounds { low: 0.into(), high: 100.into() }));
        assert_eq!(read(&score, Use::Whole, OperandKind::Number(200.into())), Ok("200".to_owned()));
    }

    #[test]
    fn a_part_of_an_address_has_the_domains_normal_form() {
        let part = |text: &str| String::from(part(&Type::Email, text));
        assert_eq!(part("@XN--BCHER-KVA.de"), "@bücher.de");
        assert_eq!(part("@Mail."), "@mail.");
        assert_eq!(part("Ana@"), "ana@");
        assert_eq!(part("mailinator"), "mailinator");
    }

    #[test]
    fn spaces_and_separators_in_a_part_or_a_tag_are_not_guessed_at() {
        let part = Use::Part(TextPart::Contains);
        assert_eq!(read(&Type::Text, part, text(" inc")), Err(Misfit::Spaces("inc".to_owned())));
        assert_eq!(read(&Type::Text, part, text("")), Err(Misfit::Empty));
        let several = Misfit::SeveralTags(vec!["a".to_owned(), "b".to_owned()]);
        assert_eq!(read(&Type::Tags, Use::Tag, text("a; b")), Err(several));
        assert_eq!(read(&Type::Tags, Use::Tag, text(" A ")), Ok("a".to_owned()));
    }

    #[test]
    fn types_that_meet_in_first_known_of_keep_what_they_share() {
        let bounds = |low: i64, high: i64| Some(Bounds { low: low.into(), high: high.into() });
        let integer = Type::Integer(bounds(0, 10));
        assert_eq!(common(&integer, &Type::Integer(bounds(5, 50))), Some(Type::Integer(bounds(0, 50))));
        assert_eq!(common(&integer, &Type::Number(None)), Some(Type::Number(None)));
        assert_eq!(common(&integer, &Type::Text), None);
    }
}
