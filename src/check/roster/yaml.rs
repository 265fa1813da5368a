//! YAML text → a tree in which every value knows its place.
//!
//! The tree is lenient: any well-formed YAML becomes one, whatever a roster may hold, so that the
//! reader above it can report everything wrong in one run. Scalars stay as they were written (`0058`
//! is not 58, `no` is not false): what they mean depends on the key they stand under.
//!
//! This is the only file that names the YAML library.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_yaml::granit_parser::ErrorKind;
use serde_yaml::localizer::ExternalMessageSource;
use serde_yaml::options::{AliasLimits, DuplicateKeyPolicy, NonFiniteFloatPolicy};
use serde_yaml::{Error, Location, Options};

use crate::diagnostic::{Code, Finding};
use crate::source::{SourceFile, Span};

/// A roster of ten thousand people has about two megabytes.
const MAX_BYTES: usize = 16 * 1024 * 1024;
/// Rosters nest five levels deep.
const MAX_DEPTH: usize = 32;
/// How much aliases and merges may multiply a file, in YAML events.
const MAX_REPLAYED: usize = 200_000;
/// No value of a roster is longer; together with `MAX_REPLAYED` it bounds the memory of the tree.
const MAX_SCALAR: usize = 1_000;

/// A value at its place.
#[derive(Debug)]
pub(super) struct Node {
    pub kind: Kind,
    /// Where the value is written, not where an alias repeats it. A list or a map is shown by its
    /// first line.
    pub span: Span,
}

#[derive(Debug)]
pub(super) enum Kind {
    /// Nothing, `~` or `null`.
    Blank,
    /// As written, but for the quotes and escapes of quoted text.
    Scalar(String),
    List(Vec<Node>),
    /// Keys and values, repeats included.
    Map(Vec<(Node, Node)>),
}

/// Reads a file that must hold one YAML document.
pub(super) fn parse(file: &SourceFile) -> Result<Node, Box<Finding>> {
    if file.text.len() > MAX_BYTES {
        let message = format!("the roster is larger than {} MiB", MAX_BYTES / 1024 / 1024);
        let help = "a roster holds people and teams only; move anything else elsewhere";
        return Err(Box::new(Finding::new(Code::BadRoster, file.span_at(0..0), message).help(help)));
    }
    match serde_yaml::from_str_with_options::<serde_yaml::Spanned<Written>>(&file.text, options()) {
        Ok(document) => Ok(node(document, file)),
        Err(error) => Err(Box::new(finding(&error, file))),
    }
}

fn options() -> Options {
    let alias_limits = {
        let mut limits = AliasLimits::default();
        limits.max_total_replayed_events = MAX_REPLAYED;
        limits
    };
    serde_yaml::options! {
        budget: serde_yaml::budget! {
            max_depth: MAX_DEPTH,
            max_nodes: 2_000_000,
            max_events: 4_000_000,
            max_recorded_anchor_events: MAX_REPLAYED,
            max_recorded_anchor_bytes: MAX_BYTES,
        },
        alias_limits: alias_limits,
        strict_booleans: true,
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        non_finite_float_policy: NonFiniteFloatPolicy::PassThrough,
        ignore_binary_tag_for_string: true,
        with_snippet: false,
    }
}

/// What the library hands over, before its place is added.
enum Written<'de> {
    Blank,
    /// A number or a truth value to YAML; its text is taken from the file.
    Plain,
    Text(Cow<'de, str>),
    List(Vec<serde_yaml::Spanned<Written<'de>>>),
    Map(Vec<(serde_yaml::Spanned<Written<'de>>, serde_yaml::Spanned<Written<'de>>)>),
}

impl<'de> Deserialize<'de> for Written<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Written<'de>, D::Error> {
        deserializer.deserialize_any(AnyYaml)
    }
}

struct AnyYaml;

impl<'de> Visitor<'de> for AnyYaml {
    type Value = Written<'de>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a value of at most 1000 characters")
    }

    fn visit_unit<E>(self) -> Result<Written<'de>, E> {
        Ok(Written::Blank)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Written<'de>, E> {
        Ok(Written::Plain)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Written<'de>, E> {
        Ok(Written::Plain)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Written<'de>, E> {
        Ok(Written::Plain)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Written<'de>, E> {
        Ok(Written::Plain)
    }

    fn visit_borrowed_str<E: serde::de::Error>(self, text: &'de str) -> Result<Written<'de>, E> {
        within_limits(text)?;
        Ok(Written::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Written<'de>, E> {
        within_limits(text)?;
        Ok(Written::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Written<'de>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Written::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Written<'de>, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Written::Map(entries))
    }
}

fn within_limits<E: serde::de::Error>(text: &str) -> Result<(), E> {
    if text.chars().take(MAX_SCALAR + 1).count() > MAX_SCALAR {
        return Err(E::custom(TOO_LONG));
    }
    Ok(())
}

const TAB: &str = "a tab stands where YAML allows only spaces";
const TOO_LONG: &str = "a value of more than 1000 characters";

/// The tree's depth is limited by the library's budget, so recursion is safe here.
fn node(written: serde_yaml::Spanned<Written>, file: &SourceFile) -> Node {
    let span = place(&written.defined, file);
    let kind = match written.value {
        Written::Blank => Kind::Blank,
        Written::Plain => Kind::Scalar(file.text[file.local(span)].to_owned()),
        Written::Text(text) => Kind::Scalar(text.into_owned()),
        Written::List(items) => Kind::List(items.into_iter().map(|item| node(item, file)).collect()),
        Written::Map(entries) => {
            Kind::Map(entries.into_iter().map(|(key, value)| (node(key, file), node(value, file))).collect())
        }
    };
    let span = match &kind {
        Kind::List(_) | Kind::Map(_) => first_line(span, file),
        Kind::Blank | Kind::Scalar(_) => span,
    };
    Node { kind, span }
}

/// A list or a map is shown from its beginning to its closing bracket, or to the end of that line.
fn first_line(span: Span, file: &SourceFile) -> Span {
    let start = file.local(span).start;
    let line = file.line_range(file.line_index(start));
    let rest = &file.text[start..line.end.max(start)];
    let content = rest.find(" #").map_or(rest, |comment| &rest[..comment]).trim_end();
    file.span_at(start..start + closing_bracket(content).unwrap_or(content.len()))
}

/// The end of the brackets that a text begins with. (A bracket in quotes may be mistaken for one that
/// counts, which only makes the place shown shorter or longer.)
fn closing_bracket(text: &str) -> Option<usize> {
    let mut depth = 0;
    for (at, sign) in text.char_indices() {
        match sign {
            '[' | '{' => depth += 1,
            ']' | '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return (at > 0).then_some(at + 1);
        }
    }
    None
}

/// The library gives bytes for values and characters for syntax errors.
fn place(location: &Location, file: &SourceFile) -> Span {
    let span = location.span();
    if let (Some(start), Some(len)) = (span.byte_offset(), span.byte_len()) {
        return on_characters(start as usize, len as usize, file);
    }
    let start = file.text.char_indices().nth(span.offset() as usize).map_or(file.text.len(), |(at, _)| at);
    on_characters(start, 0, file)
}

/// A span of the file's text, whatever the library said: it never splits a character, and one that
/// is empty covers the character it stands at, unless the line ends there.
fn on_characters(start: usize, len: usize, file: &SourceFile) -> Span {
    let boundary = |mut at: usize| {
        at = at.min(file.text.len());
        while !file.text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let (start, end) = (boundary(start), boundary(start.saturating_add(len)));
    file.span_at(start..end)
}

/// What the library refused, in words people know.
fn finding(error: &Error, file: &SourceFile) -> Finding {
    let (message, help) = words(error);
    let span = error.location().map_or(file.span_at(0..0), |location| place(&location, file));
    let start = file.local(span).start;
    let span = match tab_before(start, file) {
        Some(tab) if message == TAB => file.span_at(tab..tab + 1),
        _ if span.is_empty() => one_character(start, file),
        _ => span,
    };
    Finding::new(Code::BadRoster, span, message).help(help)
}

/// The library points behind a tab, or behind the value that a tab follows.
fn tab_before(at: usize, file: &SourceFile) -> Option<usize> {
    let line = file.line_range(file.line_index(at)).start;
    file.text[line..at].rfind('\t').map(|tab| line + tab).or_else(|| file.text[at..].find('\t').map(|tab| at + tab))
}

fn one_character(start: usize, file: &SourceFile) -> Span {
    let len = file.text[start..].chars().next().filter(|first| !first.is_control()).map_or(0, char::len_utf8);
    file.span_at(start..start + len)
}

/// Message and help.
fn words(error: &Error) -> (String, String) {
    let (message, help) = match error {
        Error::ExternalMessage { source, msg, .. } => match &**source {
            ExternalMessageSource::Parser(error) => return syntax_words(error.kind()),
            _ => (msg.as_str(), "write the roster as docs/language.md shows"),
        },
        Error::Eof { .. } => ("the roster ends too early", "finish what the last line begins"),
        Error::MultipleDocuments { .. } => {
            ("a second document begins here", "a roster is one document: remove the `---` line")
        }
        Error::UnknownAnchor { .. } => {
            ("this alias names no anchor", "mark a value with `&name` before `*name`, or put text with a `*` in quotes")
        }
        Error::RecursiveReferencesRequireWeakTypes { .. } => {
            ("this alias stands inside its own anchor", "a value cannot contain itself: write it out")
        }
        Error::MergeValueNotMapOrSeqOfMaps { .. } => {
            ("`<<` takes keys from a map, and this is none", "write `<<: *name`, where `&name` marks a map of keys")
        }
        Error::Budget { breach: serde_yaml::budget::BudgetBreach::Depth { .. }, .. } => {
            ("lists and maps are nested too deep", "a roster needs five levels; remove the brackets that are too many")
        }
        Error::Budget { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayCounterOverflow { .. } => {
            ("the aliases of this file multiply it beyond what a roster needs", "write the values out instead")
        }
        Error::AliasError { error, .. } | Error::WithSnippet { error, .. } => return words(error),
        Error::Message { msg, .. } if msg == TOO_LONG => {
            (TOO_LONG, "names, hours and the like are short: is a quote missing?")
        }
        Error::InvalidScalar { .. } => ("this value does not fit its tag", "remove the tag, the word with `!!`"),
        _ => ("this is not YAML as a roster uses it", "write `key: value` lines, indented by spaces"),
    };
    (message.to_owned(), help.to_owned())
}

/// Message and help for text that is not YAML.
fn syntax_words(kind: &ErrorKind) -> (String, String) {
    let (message, help) = match kind {
        ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabInPlainScalar
        | ErrorKind::TabAtBlockScalarStart => (TAB, "indent with spaces, two for each level"),
        ErrorKind::UnclosedFlowCollection { open } => {
            return (format!("this `{open}` is never closed"), format!("close it with `{}`", closing(*open)));
        }
        ErrorKind::MismatchedFlowCollectionEnd { open, close } => {
            let message = format!("`{open}` is closed by `{close}`");
            return (message, format!("close it with `{}`", closing(*open)));
        }
        ErrorKind::MisplacedFlowCollectionEnd => ("this bracket closes nothing", "remove it, or open one before it"),
        ErrorKind::ExpectedFlowSequenceSeparator
        | ErrorKind::UnexpectedEofFlowSequence
        | ErrorKind::InvalidColonPlacement => {
            ("a list in brackets breaks off here", "separate its items by `,` and close it with `]`")
        }
        ErrorKind::ExpectedFlowMappingSeparator
        | ErrorKind::UnexpectedEofFlowMapping
        | ErrorKind::UnexpectedEofImplicitFlowMapping => {
            ("a map in braces breaks off here", "separate its entries by `,` and close it with `}`")
        }
        ErrorKind::UnclosedQuotedScalar | ErrorKind::DocumentIndicatorInQuotedScalar => {
            ("this quote is never closed", "end the text with the same quote")
        }
        ErrorKind::InvalidTrailingDoubleQuotedScalar | ErrorKind::InvalidTrailingSingleQuotedScalar => {
            ("something follows the closing quote", "put the whole value inside the quotes")
        }
        ErrorKind::UnknownQuotedScalarEscape
        | ErrorKind::InvalidQuotedScalarHexEscape
        | ErrorKind::InvalidUnicodeEscape => {
            ("an escape in this text is not known", "write `\\\\` for a backslash, or use single quotes")
        }
        ErrorKind::MappingValueNotAllowed | ErrorKind::InvalidMappingValueWhitespace => (
            "a second `:` on one line",
            "put a value that holds `: ` in quotes, or begin the inner key on a line of its own",
        ),
        ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey => {
            ("this line has no `:`", "write `key: value`, or indent the line so that it belongs to the value above")
        }
        ErrorKind::BlockSequenceEntryNotAllowed | ErrorKind::BlockEntryInFlowCollection => {
            ("a `-` item cannot stand here", "begin each `- item` on a line of its own, or write `[item, item]`")
        }
        ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::ExpectedBlockSequenceEntry
        | ErrorKind::InvalidIndentation
        | ErrorKind::InvalidFlowScalarIndent
        | ErrorKind::InvalidQuotedScalarIndent
        | ErrorKind::MappingKeyNotAllowed => {
            ("the indentation does not fit the lines above", "indent keys of one map by the same number of spaces")
        }
        ErrorKind::UnexpectedCharacter { character } => {
            let message = format!("a value cannot begin with `{}`", character.escape_debug());
            return (message, "put the value in quotes".to_owned());
        }
        ErrorKind::RecursionLimitExceeded => {
            ("lists and maps are nested too deep", "a roster needs five levels; remove the brackets that are too many")
        }
        ErrorKind::UnexpectedEof | ErrorKind::UnexpectedEofBlockMapping | ErrorKind::UnexpectedEofBlockSequence => {
            ("the roster ends too early", "finish what the last line begins")
        }
        other => return (format!("not YAML: {other}"), "write `key: value` lines, indented by spaces".to_owned()),
    };
    (message.to_owned(), help.to_owned())
}

fn closing(open: char) -> char {
    if open == '[' { ']' } else { '}' }
}
