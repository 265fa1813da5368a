//! What stands in one cell, and how text becomes it.
//!
//! Leads, tables and the literals of a policy are read by the same function, [`Type::read`], so
//! `Germany` in a lead, `DEU` in a table and `DE` in a rule are one value, and the analysis compares
//! what the router compares.

mod fast;

use std::fmt;
use std::sync::{Arc, LazyLock};

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use rustc_hash::FxHashMap;
use unicase::UniCase;
use unicode_normalization::{UnicodeNormalization, is_nfc};

use crate::country::Country;
use crate::ids::{QueueId, RepId, RowId, TableId, TeamId};

pub(crate) use fast::Sight;

/// The text of a cell. Most texts are short, and those up to 24 bytes take no memory of their own.
pub use compact_str::CompactString as Text;

/// The type of a field, a column or a value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Type {
    Text,
    Email,
    Domain,
    Country,
    Integer(Option<Bounds>),
    Number(Option<Bounds>),
    YesNo,
    Date,
    Timestamp,
    OneOf(Arc<Members>),
    Tags,
    /// Tables only: `a | b | c`.
    List(Box<Type>),
    Rep,
    Team,
    Queue,
    /// What a look-up yields; has columns, and can be known or blank.
    Row(TableId),
}

/// Both ends are included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bounds {
    pub low: Decimal,
    pub high: Decimal,
}

/// The members of a closed list, in the order they were declared.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Members {
    names: Vec<String>,
    /// Normal form → position.
    places: FxHashMap<Text, u32>,
}

/// The content of a cell, normalised: two cells are equal if the language says they are.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Cell {
    Blank,
    /// Text, e-mail addresses and domains, in their normal form.
    Text(Text),
    Country(Country),
    /// Integers too.
    Number(Decimal),
    YesNo(bool),
    Date(Date),
    Timestamp(Timestamp),
    /// Index into [`Members`].
    Member(u32),
    /// Normalised, in the order written, repeats dropped.
    Tags(Box<[Box<str>]>),
    List(Box<[Cell]>),
    Rep(RepId),
    Team(TeamId),
    Queue(QueueId),
    /// A name in a rep, team or queue column that the roster does not have.
    Stranger(Text),
    /// A row found by a look-up.
    Row(TableId, RowId),
}

/// Why a cell could not be read as its type; the cell then counts as blank.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unread {
    /// What is expected, e.g. `a whole number from 0 to 5000000`.
    pub expected: String,
    /// The nearest value that would have been read.
    pub suggestion: Option<String>,
}

impl Cell {
    /// A text of which nobody asks what it is.
    pub(crate) const UNASKED: Cell = Cell::Text(Text::const_new(""));

    /// Puts what another cell is into the place of this one. Most that is copied is a member of a list or a short text,
    /// of which there is no memory to be copied.
    #[inline]
    pub(crate) fn put_copy(&mut self, other: &Cell) {
        self.put(match other {
            Cell::Member(member) => Cell::Member(*member),
            Cell::Text(text) => Cell::Text(text.clone()),
            other => other.clone(),
        });
    }

    /// Puts another cell into the place of this one. Nearly always there is nothing to be given back, which is
    /// seen here and need not be found out elsewhere.
    #[inline]
    pub(crate) fn put(&mut self, cell: Cell) {
        let has_memory = match self {
            Cell::Text(text) | Cell::Stranger(text) => text.is_heap_allocated(),
            Cell::Tags(_) | Cell::List(_) => true,
            _ => false,
        };
        if has_memory {
            *self = cell;
        } else {
            std::mem::forget(std::mem::replace(self, cell));
        }
    }
}

impl Type {
    /// Reads a cell. Names of reps, teams and queues are not for this function: `check` resolves
    /// them with the roster in hand, so those types read as text here.
    ///
    /// An empty (or all-space) text is [`Cell::Blank`]. `timezone` is the project's, for timestamps
    /// without an offset.
    pub fn read(&self, text: &str, timezone: &TimeZone) -> Result<Cell, Unread> {
        self.try_read(text, timezone).ok_or_else(|| self.why_unread(text, timezone))
    }

    /// The cell, if it can be read; [`Type::why_unread`] says why not, which costs far more.
    pub(crate) fn try_read(&self, text: &str, timezone: &TimeZone) -> Option<Cell> {
        let mut cell = Cell::Blank;
        self.read_into(text, timezone, &mut cell).then_some(cell)
    }

    /// Reads a text into the place of another cell, whose memory is used again; whether it can be read.
    pub(crate) fn read_into(&self, text: &str, timezone: &TimeZone, cell: &mut Cell) -> bool {
        let text = trim(text);
        if text.is_empty() {
            cell.put(Cell::Blank);
            return true;
        }
        if Sight::of(self).read_into(text.as_bytes(), || text, cell) {
            return true;
        }
        let read = self.read_any(text, timezone);
        let is_read = read.is_some();
        *cell = read.unwrap_or(Cell::Blank);
        is_read
    }

    /// Reads whatever the type allows. `text` is trimmed and not empty.
    fn read_any(&self, text: &str, timezone: &TimeZone) -> Option<Cell> {
        match self {
            Type::Text | Type::Rep | Type::Team | Type::Queue | Type::Row(_) => Some(Cell::Text(normal_text(text))),
            Type::Email => read_email(text),
            Type::Domain => normal_domain(text).map(Cell::Text),
            Type::Country => Country::read(text).map(Cell::Country),
            Type::Integer(bounds) => read_number(text)
                .filter(|number| number.is_integer() && in_bounds(*number, bounds))
                .map(|number| Cell::Number(number.normalize())),
            Type::Number(bounds) => read_number(text)
                .filter(|number| in_bounds(*number, bounds))
                .map(|number| Cell::Number(number.normalize())),
            Type::YesNo => read_yes_no(text).map(Cell::YesNo),
            Type::Date => text.parse().ok().map(Cell::Date),
            Type::Timestamp => read_timestamp(text, timezone).map(Cell::Timestamp),
            Type::OneOf(members) => members.find(text).map(Cell::Member),
            Type::Tags => Some(read_tags(text)),
            Type::List(element) => read_list(element, text, timezone),
        }
    }

    /// Why a cell cannot be read.
    pub(crate) fn why_unread(&self, text: &str, timezone: &TimeZone) -> Unread {
        let suggestion = match self {
            Type::Country => Country::nearest(trim(text)).map(|country| country.short_name().to_owned()),
            Type::OneOf(members) => crate::suggest::nearest(trim(text), members.names()).map(str::to_owned),
            Type::List(element) => {
                let bad = text.split('|').find(|part| element.try_read(part, timezone).is_none());
                return bad.map_or_else(|| unread(self), |part| element.why_unread(part, timezone));
            }
            _ => None,
        };
        Unread { suggestion, ..unread(self) }
    }

    /// Whether `<` and its like mean something for values of this type.
    pub fn is_ordered(&self) -> bool {
        matches!(self, Type::Integer(_) | Type::Number(_) | Type::Date | Type::Timestamp | Type::Text)
    }

    /// Whether `contains`, `starts with` and `ends with` can be asked.
    pub fn is_textual(&self) -> bool {
        matches!(self, Type::Text | Type::Email | Type::Domain)
    }

    /// A cell of this type as a policy would write it.
    pub fn write(&self, cell: &Cell) -> String {
        match (self, cell) {
            (_, Cell::Blank) => "blank".to_owned(),
            (Type::OneOf(members), Cell::Member(index)) => members.written(*index),
            (Type::List(element), Cell::List(cells)) => {
                let cells: Vec<String> = cells.iter().map(|cell| element.write(cell)).collect();
                format!("[{}]", cells.join(", "))
            }
            (_, Cell::Text(text) | Cell::Stranger(text)) => quoted(text),
            (_, Cell::Tags(tags)) => {
                let tags: Vec<String> = tags.iter().map(|tag| quoted(tag)).collect();
                format!("[{}]", tags.join(", "))
            }
            (_, cell) => self.show(cell),
        }
    }

    /// A cell of this type as a lead file would hold it; blank is empty.
    pub fn show(&self, cell: &Cell) -> String {
        match cell {
            Cell::Blank => String::new(),
            Cell::Text(text) | Cell::Stranger(text) => text.to_string(),
            Cell::Country(country) => country.code().to_owned(),
            Cell::Number(number) => number.to_string(),
            Cell::YesNo(true) => "yes".to_owned(),
            Cell::YesNo(false) => "no".to_owned(),
            Cell::Date(date) => date.to_string(),
            Cell::Timestamp(timestamp) => timestamp.to_string(),
            Cell::Member(index) => match self {
                Type::OneOf(members) => members.name(*index).to_owned(),
                _ => unreachable!("only closed lists have members"),
            },
            Cell::Tags(tags) => tags.join("; "),
            Cell::List(cells) => match self {
                Type::List(element) => cells.iter().map(|cell| element.show(cell)).collect::<Vec<_>>().join(" | "),
                _ => unreachable!("only lists hold lists"),
            },
            // Ids say nothing without their project; `Project` shows these.
            Cell::Rep(_) | Cell::Team(_) | Cell::Queue(_) | Cell::Row(..) => "known".to_owned(),
        }
    }
}

impl fmt::Display for Type {
    /// As messages name it: `text`, `integer 0 to 100`, `one of [A, B]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Text => f.write_str("text"),
            Type::Email => f.write_str("email"),
            Type::Domain => f.write_str("domain"),
            Type::Country => f.write_str("country"),
            Type::Integer(None) => f.write_str("integer"),
            Type::Integer(Some(bounds)) => write!(f, "integer {} to {}", bounds.low, bounds.high),
            Type::Number(None) => f.write_str("number"),
            Type::Number(Some(bounds)) => write!(f, "number {} to {}", bounds.low, bounds.high),
            Type::YesNo => f.write_str("yes_no"),
            Type::Date => f.write_str("date"),
            Type::Timestamp => f.write_str("timestamp"),
            Type::OneOf(members) => {
                let names: Vec<String> = (0..members.len() as u32).map(|index| members.written(index)).collect();
                write!(f, "one of [{}]", names.join(", "))
            }
            Type::Tags => f.write_str("tags"),
            Type::List(element) => write!(f, "list of {element}"),
            Type::Rep => f.write_str("rep"),
            Type::Team => f.write_str("team"),
            Type::Queue => f.write_str("queue"),
            Type::Row(_) => f.write_str("row"),
        }
    }
}

impl Members {
    /// Members as declared; `None` with the two positions if two of them are the same word.
    pub fn new(names: Vec<String>) -> Result<Members, (usize, usize)> {
        let mut places = FxHashMap::default();
        for (second, name) in (0..).zip(&names) {
            if let Some(first) = places.insert(normal_text(name), second) {
                return Err((first as usize, second as usize));
            }
        }
        Ok(Members { names, places })
    }

    pub fn len(&self) -> usize {
        self.names.len()
    }

    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    pub fn name(&self, index: u32) -> &str {
        &self.names[index as usize]
    }

    pub fn find(&self, text: &str) -> Option<u32> {
        self.places.get(&normal_text(text)).copied()
    }

    /// A member as a policy writes it: a bare word, or quoted where it is none.
    fn written(&self, index: u32) -> String {
        bare_or_quoted(self.name(index))
    }
}

/// A member of a list or a skill as a policy writes it: a bare word, or quoted where it is none.
pub fn bare_or_quoted(name: &str) -> String {
    if is_name(name) { name.to_owned() } else { quoted(name) }
}

/// Whether a policy can write it as a name.
pub fn is_name(text: &str) -> bool {
    let mut characters = text.chars();
    characters.next().is_some_and(|first| first.is_ascii_alphabetic())
        && characters.all(|rest| rest.is_ascii_alphanumeric() || rest == '_')
}

/// The members of `weekday of …`: monday … sunday.
pub fn weekdays() -> Arc<Members> {
    static WEEKDAYS: LazyLock<Arc<Members>> = LazyLock::new(|| {
        let names = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
        Arc::new(Members::new(names.map(str::to_owned).to_vec()).expect("seven different days"))
    });
    Arc::clone(&WEEKDAYS)
}

/// The one normal form of text: trimmed, with Unicode full case folding (Unicode 15, section 3.13,
/// default caseless matching), in normalisation form C so that an accent typed in two ways is one.
pub fn normal_text(text: &str) -> Text {
    let text = trim(text);
    if text.is_ascii() {
        let mut normal = Text::from(text);
        // Asked first, as making it so costs more than seeing that it is.
        if normal.bytes().any(|byte| byte.is_ascii_uppercase()) {
            normal.make_ascii_lowercase();
        }
        return normal;
    }
    let composed: String = if is_nfc(text) { text.to_owned() } else { text.nfc().collect() };
    let folded = UniCase::unicode(composed).to_folded_case();
    if is_nfc(&folded) { folded.into() } else { folded.nfc().collect() }
}

/// Like [`str::trim`]; most cells have nothing to trim, and that is seen at their ends.
#[inline]
pub(crate) fn trim(text: &str) -> &str {
    if is_trimmed(text) { text } else { text.trim() }
}

/// Whether a text is something, and has plainly nothing to trim.
#[inline]
fn is_trimmed(text: &str) -> bool {
    let is_plain = |end: Option<&u8>| end.is_some_and(u8::is_ascii_graphic);
    let bytes = text.as_bytes();
    is_plain(bytes.first()) && is_plain(bytes.last())
}

/// A host name in lower case, IDNA-normalised (UTS 46) to its Unicode form, without a final dot, so
/// that `xn--bcher-kva.de` and `BÜCHER.de` are one and `contains "bücher"` finds it.
pub fn normal_domain(text: &str) -> Option<Text> {
    let text = text.trim().trim_end_matches('.');
    let (unicode, result) = idna::domain_to_unicode(text);
    let ascii = idna::domain_to_ascii(&unicode).ok()?;
    let plausible = result.is_ok() && ascii.len() <= 253 && ascii.split('.').all(is_host_label);
    plausible.then(|| normal_text(&unicode))
}

/// The part of a normalised e-mail address after its last `@`.
pub fn domain_of_email(email: &str) -> Option<&str> {
    memchr::memrchr(b'@', email.as_bytes()).map(|at| &email[at + 1..])
}

/// Text in double quotes, escaped as the language reads it.
pub fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

/// A timestamp in RFC 3339 / ISO 8601; without an offset it is read in `timezone`, a date alone as
/// its first moment there. An hour that a clock change skips is read as the moment after.
pub fn read_timestamp(text: &str, timezone: &TimeZone) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return Some(timestamp);
    }
    let local = text.parse::<DateTime>().ok()?;
    timezone.to_ambiguous_zoned(local).compatible().ok().map(|zoned| zoned.timestamp())
}

fn is_host_label(label: &str) -> bool {
    let bytes = label.as_bytes();
    !bytes.is_empty()
        && bytes.len() <= 63
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        && !label.starts_with('-')
        && !label.ends_with('-')
}

fn read_email(text: &str) -> Option<Cell> {
    let address = text
        .rsplit_once('@')
        .filter(|_| email_address::EmailAddress::is_valid(text))
        .and_then(|(local, domain)| Some((normal_text(local), normal_domain(domain)?)));
    address.map(|(local, domain)| Cell::Text(compact_str::format_compact!("{local}@{domain}")))
}

/// An exact decimal with optional sign; `_`, spaces and thousands separators are not read.
fn read_number(text: &str) -> Option<Decimal> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let has_digits = digits.bytes().any(|byte| byte.is_ascii_digit());
    if !plain || !has_digits { None } else { Decimal::from_str_exact(text).ok() }
}

fn in_bounds(number: Decimal, bounds: &Option<Bounds>) -> bool {
    bounds.is_none_or(|bounds| bounds.low <= number && number <= bounds.high)
}

fn read_yes_no(text: &str) -> Option<bool> {
    match &*normal_text(text) {
        "yes" | "true" | "1" => Some(true),
        "no" | "false" | "0" => Some(false),
        _ => None,
    }
}

fn read_tags(text: &str) -> Cell {
    let mut tags: Vec<Box<str>> = Vec::new();
    for tag in text.split(';').map(|tag| normal_text(tag).into_string().into_boxed_str()) {
        if !tag.is_empty() && !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    if tags.is_empty() { Cell::Blank } else { Cell::Tags(tags.into_boxed_slice()) }
}

fn read_list(element: &Type, text: &str, timezone: &TimeZone) -> Option<Cell> {
    let mut cells = Vec::new();
    for part in text.split('|') {
        match element.try_read(part, timezone)? {
            Cell::Blank => {}
            cell => cells.push(cell),
        }
    }
    Some(if cells.is_empty() { Cell::Blank } else { Cell::List(cells.into_boxed_slice()) })
}

fn unread(ty: &Type) -> Unread {
    let expected = match ty {
        Type::Text => "text".to_owned(),
        Type::Email => "an e-mail address".to_owned(),
        Type::Domain => "a host name such as `example.com`".to_owned(),
        Type::Country => "a country's English name or code, such as `DE`".to_owned(),
        Type::Integer(None) => "a whole number".to_owned(),
        Type::Integer(Some(bounds)) => format!("a whole number from {} to {}", bounds.low, bounds.high),
        Type::Number(None) => "a decimal number".to_owned(),
        Type::Number(Some(bounds)) => format!("a decimal number from {} to {}", bounds.low, bounds.high),
        Type::YesNo => "yes or no (or true/false, 1/0)".to_owned(),
        Type::Date => "a date such as `2026-01-31`".to_owned(),
        Type::Timestamp => "a date and time such as `2026-01-31T09:00:00Z`".to_owned(),
        Type::OneOf(_) => ty.to_string(),
        Type::Tags => "tags such as `a; b`".to_owned(),
        Type::List(element) => format!("a list such as `a | b`, each {}", unread(element).expected),
        Type::Rep => "a rep's name".to_owned(),
        Type::Team => "a team's name".to_owned(),
        Type::Queue => "a queue's name".to_owned(),
        Type::Row(_) => "a row".to_owned(),
    };
    Unread { expected, suggestion: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(ty: Type, text: &str) -> Option<String> {
        ty.read(text, &TimeZone::UTC).ok().map(|cell| ty.show(&cell))
    }

    #[test]
    fn text_is_equal_whatever_its_case_and_however_its_accents_are_typed() {
        assert_eq!(normal_text("  STRASSE "), normal_text("straße"));
        assert_eq!(normal_text("Cafe\u{301}"), normal_text("CAFÉ"));
        assert_ne!(normal_text("resume"), normal_text("résumé"));
    }

    #[test]
    fn domains_are_one_in_every_spelling() {
        assert_eq!(normal_domain("xn--bcher-kva.DE."), normal_domain("BÜCHER.de"));
        assert_eq!(normal_domain("two words.com"), None);
        assert_eq!(read(Type::Email, "Ana@Example.COM"), Some("ana@example.com".to_owned()));
        assert_eq!(read(Type::Email, "ana@@example.com"), None);
        assert_eq!(read(Type::Email, "a@b.c; d@e.f"), None);
    }

    #[test]
    fn numbers_are_exact_and_bounded() {
        let bounded = Type::Integer(Some(Bounds { low: 0.into(), high: 100.into() }));
        assert_eq!(read(bounded.clone(), "100"), Some("100".to_owned()));
        assert_eq!(read(bounded.clone(), "101"), None);
        assert_eq!(read(bounded, "about 50"), None);
        assert_eq!(read(Type::Integer(None), "12.0"), Some("12".to_owned()));
        assert_eq!(read(Type::Integer(None), "12.5"), None);
        assert_eq!(read(Type::Number(None), "0.1"), Some("0.1".to_owned()));
        assert_eq!(read(Type::Number(None), "1e3"), None);
        assert_eq!(read(Type::Number(None), "99999999999999999999999999999999"), None);
    }

    #[test]
    fn a_misspelt_member_or_country_is_unread_with_a_suggestion() {
        let members = Members::new(vec!["Healthcare".to_owned(), "Financial Services".to_owned()]).expect("different");
        let industry = Type::OneOf(Arc::new(members));
        let unread = industry.read("Helthcare", &TimeZone::UTC).expect_err("not a member");
        assert_eq!(unread.suggestion.as_deref(), Some("Healthcare"));
        let unread = Type::Country.read("Germny", &TimeZone::UTC).expect_err("not a country");
        assert_eq!(unread.suggestion.as_deref(), Some("Germany"));
    }

    #[test]
    fn a_timestamp_without_an_offset_is_read_in_the_projects_zone() {
        let berlin = TimeZone::get("Europe/Berlin").expect("bundled");
        let read = |text| read_timestamp(text, &berlin).map(|timestamp| timestamp.to_string());
        assert_eq!(read("2026-07-01 12:00"), Some("2026-07-01T10:00:00Z".to_owned()));
        assert_eq!(read("2026-07-01T12:00:00+00:00"), Some("2026-07-01T12:00:00Z".to_owned()));
        assert_eq!(read("2026-07-01"), Some("2026-06-30T22:00:00Z".to_owned()));
        assert_eq!(read("yesterday"), None);
    }

    #[test]
    fn tags_and_lists_are_split_at_their_own_signs() {
        assert_eq!(read(Type::Tags, "b; A ;; b"), Some("b; a".to_owned()));
        assert_eq!(read(Type::List(Box::new(Type::Country)), "Germany | AT|CHE"), Some("DE | AT | CH".to_owned()));
        assert_eq!(read(Type::List(Box::new(Type::Country)), "DE | Narnia"), None);
    }
}
