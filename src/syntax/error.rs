//! What to say about text that is not of the language: the grammar's names in people's words.
//!
//! A bad piece is first looked at by [`mistake`](super::mistake), which knows the usual ones; what it
//! does not know is told by what could have stood there.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::mistake;
use super::token::{Token, tokens};
use crate::diagnostic::{Code, Finding};
use crate::source::{SourceFile, Span, Spanned};
use crate::suggest;

/// What a bad piece of text was to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Piece {
    Item,
    Entry,
    Field,
    Column,
    Clause,
}

/// Where reading a piece stopped, as the grammar tells it. All offsets are in the file.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    pub piece: Piece,
    /// Where the piece begins.
    pub start: usize,
    /// Where reading stopped.
    pub at: usize,
    /// Where the piece ends.
    pub end: usize,
    /// What could have stood there, by the names of the grammar.
    pub expected: Vec<String>,
}

impl Failure {
    /// Whether a piece that was read together with the one before it is likely to belong to it: there
    /// is something with which that could have gone on, and no field begins on a line of its own.
    pub fn goes_on(&self, source: &SourceFile) -> bool {
        let ended = self.expected.iter().all(|name| name == "EOI" || !is_worth_saying(name));
        let line = &source.text[..self.at];
        let begins_line = line.trim_end_matches([' ', '\t']).ends_with('\n');
        let is_field = matches!(self.piece, Piece::Field | Piece::Column);
        !(ended || is_field && begins_line)
    }
}

/// A failure in terms of words, for finding out what was meant.
pub(super) struct Scene<'s> {
    pub source: &'s SourceFile,
    pub piece: Piece,
    pub expected: Vec<String>,
    /// The tokens of the piece.
    pub tokens: Vec<Token<'s>>,
    /// Index of the token where reading stopped; the number of tokens, if that is the piece's end.
    pub here: usize,
    /// Whether reading stopped in the middle of that token.
    pub inside: bool,
    /// The token after the piece.
    pub next: Option<Token<'s>>,
}

/// Finds the words for a failure.
pub(super) fn explain(source: &SourceFile, failure: Failure) -> Finding {
    let scene = Scene::new(source, failure);
    if scene.expects("shallow") {
        return too_deep(&scene);
    }
    mistake::recognised(&scene).unwrap_or_else(|| unexpected(&scene))
}

impl<'s> Scene<'s> {
    fn new(source: &'s SourceFile, failure: Failure) -> Scene<'s> {
        let tokens: Vec<Token> = tokens(&source.text, failure.start..failure.end).collect();
        let here = tokens.partition_point(|token| token.place.end <= failure.at);
        let inside = tokens.get(here).is_some_and(|token| token.place.start < failure.at);
        let next = next_token(&source.text, failure.end);
        Scene { source, piece: failure.piece, expected: failure.expected, tokens, here, inside, next }
    }

    /// The token that could not be read.
    pub fn found(&self) -> Option<&Token<'s>> {
        self.tokens.get(self.here)
    }

    /// The token so many places before the one that could not be read.
    pub fn back(&self, places: usize) -> Option<&Token<'s>> {
        self.here.checked_sub(places).and_then(|index| self.tokens.get(index))
    }

    /// The token so many places after the one that could not be read.
    pub fn ahead(&self, places: usize) -> Option<&Token<'s>> {
        self.tokens.get(self.here + places)
    }

    /// Whether something of the grammar could have stood there.
    pub fn expects(&self, name: &str) -> bool {
        self.expected.iter().any(|expected| expected == name)
    }

    pub fn expects_any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.expects(name))
    }

    /// The place of the token that could not be read, or the end of what could.
    pub fn place(&self) -> Span {
        match (self.found(), self.tokens.last()) {
            (Some(found), _) => self.source.span_at(found.place.clone()),
            (None, Some(last)) => self.source.span_at(last.place.end..last.place.end),
            (None, None) => self.source.span_at(0..0),
        }
    }

    pub fn span(&self, token: &Token) -> Span {
        self.source.span_at(token.place.clone())
    }

    /// A finding at the token that could not be read.
    pub fn finding(&self, message: impl Into<String>) -> Finding {
        Finding::new(Code::SyntaxError, self.place(), message)
    }
}

fn next_token(text: &str, from: usize) -> Option<Token<'_>> {
    tokens(text, from..text.len()).next()
}

fn too_deep(scene: &Scene) -> Finding {
    Finding::new(Code::NestedTooDeep, scene.place(), "more than 128 brackets or `not`s inside one another")
        .at("the 129th level begins here")
        .help("give a part of the condition a name with `let NAME = …` and use the name here")
}

// --- What could have stood there ------------------------------------------------------------------

/// `expected X or Y, found Z`, with the nearest keyword where a word was misspelt.
fn unexpected(scene: &Scene) -> Finding {
    if let Some(found) = scene.found().filter(|_| scene.expected.is_empty()) {
        return scene.finding(format!("{} cannot be understood here", shown(found)));
    }
    let expected = either(phrases(scene));
    let message = match (scene.found(), scene.back(1)) {
        (Some(found), _) => format!("expected {expected}, found {}", shown(found)),
        (None, Some(last)) => format!("expected {expected} after {}", shown(last)),
        (None, None) => format!("expected {expected}"),
    };
    let finding = scene.finding(message);
    match what_is_it(scene) {
        Some(help) => finding.help(help),
        None => finding,
    }
}

/// A bare name where the kind of thing it names is said first; what an alert can watch.
fn what_is_it(scene: &Scene) -> Option<String> {
    if scene.expects("metric") {
        return Some(
            "an alert watches `fallback share`, `unread cells`, `latency`, `response time` or `gini of team NAME`"
                .to_owned(),
        );
    }
    let found = scene.found().filter(|found| found.is_word())?;
    let kinds = ["destination", "expectation", "audience"].iter().any(|kind| scene.expects(kind));
    kinds.then(|| format!("say what `{0}` is: `rep {0}` or `team {0}`", found.text))
}

/// A token in a message; long ones are cut.
pub(super) fn shown(token: &Token) -> String {
    let cut: String = token.text.chars().take(40).collect();
    let dots = if cut.len() < token.text.len() { "…" } else { "" };
    format!("`{cut}{dots}`")
}

/// `A`, `A or B`, `A, B or C`
pub(super) fn either(mut phrases: Vec<String>) -> String {
    match phrases.pop() {
        None => "something else".to_owned(),
        Some(last) if phrases.is_empty() => last,
        Some(last) => format!("{} or {last}", phrases.join(", ")),
    }
}

/// What was expected, in words, the ordinary ones first and no more than are of use.
fn phrases(scene: &Scene) -> Vec<String> {
    let mut names: Vec<&str> = scene.expected.iter().map(String::as_str).filter(|name| is_worth_saying(name)).collect();
    if names.len() > 1 {
        let modifiers = names.contains(&"modifier");
        let main = |name: &&str| !(is_side_issue(name) || modifiers && *name == "number");
        if names.iter().any(main) {
            names.retain(main);
        }
    }
    names.sort_by_key(|name| (*name == "EOI", *name == "action"));
    let alone = names.len() == 1;
    let mut phrases: Vec<String> = Vec::new();
    for name in names {
        for phrase in words(name, scene.piece, alone) {
            if !phrases.contains(&phrase) {
                phrases.push(phrase);
            }
        }
    }
    phrases
}

/// The grammar tries things that nobody means to write.
pub(super) fn is_worth_saying(name: &str) -> bool {
    !matches!(name, "shallow" | "unclosed" | "bad_text") && !name.starts_with("bad_")
}

/// True, but a distraction where there is more to choose from.
fn is_side_issue(name: &str) -> bool {
    matches!(
        name,
        "dot" | "day_limit" | "open_list" | "row_ref" | "colon" | "key" | "column" | "escalation" | "escalate_after_kw"
    )
}

/// A grammar name in words. Keywords carry theirs in their name, and most of what is not listed is
/// named after the keyword it begins with.
pub(super) fn words(name: &str, piece: Piece, alone: bool) -> Vec<String> {
    if let Some(keyword) = keyword(name) {
        return vec![format!("`{keyword}`")];
    }
    let words: &[&str] = match name {
        "action" if alone => &["`assign`", "`go to`", "`reject`", "`keep owner`"],
        "action" => &["an action (`assign` …)"],
        "allow" => &["`allow`"],
        "audience" => &["`team`", "`rep`"],
        "to_team" | "expect_team" | "to_audience_team" => &["`team`"],
        "to_rep" | "expect_rep" | "to_audience_rep" => &["`rep`"],
        "to_queue" | "expect_queue" => &["`queue`"],
        "to_value" | "to_owner" => &["a value such as `account.owner`"],
        "balance_of" => &["`balance of`"],
        "by_rule" => &["`by rule`"],
        "cell" => &["a field's name"],
        "clause" | "clause_alone" => &["a clause such as `open to` or `after`"],
        "close_block" => &["`}`"],
        "close_group" => &["`)`"],
        "close_list" => &["`]`"],
        "code" => &["the code of a lint"],
        "colon" => &["`:`"],
        "column" | "dot" => &["`.`"],
        "comma" => &["`,`"],
        "condition" | "conjunction" | "comparison" | "negation" | "group" => &["a condition"],
        "date" => &["a date such as `2026-01-31`"],
        "day_limit" => &["`from`", "`until`"],
        "destination" | "chain" => &["`rep`", "`team`", "`queue`", "a value such as `account.owner`"],
        "duration" => &["a time such as `15 minutes`"],
        "definition" => &["`let`"],
        "use_file" => &["`use`"],
        "each_row" | "row_source" => &["`each row of`"],
        "first_known" => &["`first known of`"],
        "from_header" | "from_day" => &["`from`"],
        "until_day" => &["`until`"],
        "key_modifier" => &["`key`"],
        "required_modifier" => &["`required`"],
        "owner_modifier" | "owner_field" => &["`owner`"],
        "policy_ref" => &["a policy's name"],
        "range" => &["a range such as `0 to 10`"],
        "entry" | "entry_alone" => &["`rule`", "`each row of`", "`otherwise`"],
        "equals" => &["`=`"],
        "expect" => &["`expect`"],
        "expectation" => &["`rep`", "`team`", "`queue`", "`keep owner`", "`reject`"],
        "field" | "field_alone" | "field_name" | "column_alone" => &["a field's name and type"],
        "given" => &["`given`"],
        "item" | "item_alone" => &["a declaration such as `lead`, `policy` or `start at`"],
        "key" | "open_list" => &["`[`"],
        "list" => &["a list in square brackets"],
        "manager_of" => &["`manager of`"],
        "mark" | "policy" => &["`policy`"],
        "member" => &["a word or text in double quotes"],
        "method" => &["`by`"],
        "metric" => &["a metric such as `fallback share` or `latency`"],
        "gini" => &["`gini of`"],
        "threshold" | "percentage" => &["a threshold such as `5 %`, `60 seconds` or `0.1`"],
        "only" => &["`when`"],
        "modifier" => &["`key`", "`required`", "`from`"],
        "moment" => &["`at`"],
        "name" | "term" => &["a name"],
        "number" => &["a number"],
        "open_block" | "policy_block" | "lead_block" | "table_block" | "queue_block" => &["`{`"],
        "open_group" => &["`(`"],
        "operand" | "word" | "word_or_column" | "literal" => &["a value"],
        "operator" | "equality" | "membership" | "ordering" | "text_test" | "tag_test" => {
            &["a comparison (`is`, `in`, `>=` …)"]
        }
        "order_sign" => &["`<`", "`<=`", "`>`", "`>=`"],
        "path" => &["the name of a value"],
        "table_or_column" => &["a table's name"],
        "percent" => &["`%`"],
        "rule_ref" => &["a rule's name"],
        "skill" => &["a skill"],
        "text" | "description" => &["text in double quotes"],
        "timestamp" => &["a time such as `2026-01-31T09:00:00Z`"],
        "type_of_field" | "one_word" | "bounded" => &["a type such as `text` or `one of […]`"],
        "unit" => &["`seconds`", "`minutes`", "`hours`", "`days`"],
        "value" => &["a value"],
        "zone" => &["`in` and a time zone"],
        "EOI" => match piece {
            Piece::Item => &["the next declaration"],
            Piece::Entry => &["the next rule"],
            Piece::Field => &["the next field"],
            Piece::Column => &["the next column"],
            Piece::Clause => &["the next clause"],
        },
        _ => return vec![format!("`{}`", name.replace('_', " "))],
    };
    words.iter().map(|&word| word.to_owned()).collect()
}

/// `when_kw` is `when`, `each_row_of_kw` is `each row of`.
fn keyword(name: &str) -> Option<String> {
    let keyword = name.strip_suffix("_kw")?;
    Some(match keyword {
        "second" | "minute" | "hour" | "day" | "week" => format!("{keyword}s"),
        _ => keyword.replace('_', " "),
    })
}

// --- Did you mean ---------------------------------------------------------------------------------

const ITEMS: &[&str] = &[
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
    "start at",
    "test",
    "alert",
    "allow",
];
const ENTRIES: &[&str] = &["rule", "each row of", "otherwise", "allow"];
const CLAUSES: &[&str] =
    &["open to", "order", "claim", "preview", "lock", "holding", "floor", "mix", "skips", "first look", "after"];
const ACTIONS: &[&str] = &["assign", "go to", "reject", "keep owner"];
const OPERATORS: &[&str] = &[
    "is",
    "in",
    "not in",
    "contains",
    "starts with",
    "ends with",
    "has",
    "has any of",
    "has all of",
    "is known",
    "is blank",
];
const UNITS: &[&str] = &["seconds", "minutes", "hours", "days", "weeks"];
const METRICS: &[&str] = &[
    "fallback share",
    "unread cells",
    "latency",
    "response time",
    "median latency",
    "median response time",
    "gini of",
];
const MODIFIERS: &[&str] = &["key", "required", "owner", "from"];
const EXPECTATIONS: &[&str] = &["rep", "team", "queue", "keep owner", "reject"];
const DESTINATIONS: &[&str] = &["rep", "team", "queue", "manager of"];

/// The words a declaration, rule or clause begins with; a field begins with its own name.
fn beginnings(piece: Piece) -> &'static [&'static str] {
    match piece {
        Piece::Item => ITEMS,
        Piece::Entry => ENTRIES,
        Piece::Field | Piece::Column => &[],
        Piece::Clause => CLAUSES,
    }
}

/// Whether a piece begins as such a piece should.
pub(super) fn begins(piece: Piece, text: &str) -> bool {
    let word = text.split(|character: char| !character.is_ascii_alphanumeric() && character != '_').next();
    beginnings(piece).iter().any(|beginning| beginning.split(' ').next() == word)
}

/// A keyword that was probably meant.
pub(super) struct Guess {
    pub keyword: String,
    /// What was written for it: so many tokens from the place on.
    pub tokens: usize,
}

/// The keyword that could have stood there and is most like what does.
pub(super) fn did_you_mean(scene: &Scene) -> Option<Guess> {
    let found = scene.found()?;
    let keywords: Vec<String> = scene.expected.iter().flat_map(|name| keywords(name, scene.piece)).collect();
    misspelt(scene, &keywords).or_else(|| {
        let meant = keywords.into_iter().find(|keyword| is_part_of(found.text, keyword))?;
        let tokens =
            if scene.ahead(1).is_some_and(Token::is_word) && begins_with_word(&meant, found.text) { 2 } else { 1 };
        Some(Guess { keyword: meant, tokens })
    })
}

/// The nearest keyword of as many words as are written.
fn misspelt(scene: &Scene, keywords: &[String]) -> Option<Guess> {
    [1, 2, 3].into_iter().find_map(|tokens| {
        let written = written(scene, tokens)?;
        let candidates = keywords.iter().map(String::as_str).filter(|keyword| words_in(keyword) == tokens);
        let keyword = suggest::nearest(&written, candidates).filter(|keyword| is_near(&written, keyword))?;
        Some(Guess { keyword: keyword.to_owned(), tokens })
    })
}

/// `round_robin` is meant for `round robin`, `min` for `minutes`.
fn is_part_of(written: &str, keyword: &str) -> bool {
    let squeezed = |text: &str| text.to_lowercase().replace([' ', '_', '-'], "");
    let shortened = written.len() >= 3 && keyword.starts_with(written);
    shortened || squeezed(written) == squeezed(keyword)
}

fn begins_with_word(keyword: &str, word: &str) -> bool {
    keyword.split_once(' ').is_some_and(|(first, _)| first == word)
}

/// The keywords a grammar name stands for.
pub(super) fn keywords(name: &str, piece: Piece) -> Vec<String> {
    let keywords = match name {
        "item" | "item_alone" => ITEMS,
        "definition" => &["let"],
        "use_file" => &["use"],
        "each_row" | "row_source" => &["each row of"],
        "first_known" => &["first known of"],
        "from_header" | "from_day" => &["from"],
        "until_day" => &["until"],
        "key_modifier" => &["key"],
        "required_modifier" => &["required"],
        "owner_modifier" | "owner_field" => &["owner"],
        "entry" | "entry_alone" => ENTRIES,
        "clause" | "clause_alone" => CLAUSES,
        "EOI" => beginnings(piece),
        "action" => ACTIONS,
        "operator" => OPERATORS,
        "unit" => UNITS,
        "metric" => METRICS,
        "modifier" => MODIFIERS,
        "expectation" => EXPECTATIONS,
        "destination" => DESTINATIONS,
        "method" => &["by"],
        "day_limit" => &["from", "until"],
        _ => return keyword(name).into_iter().collect(),
    };
    keywords.iter().map(|&keyword| keyword.to_owned()).collect()
}

/// So many words from the place on, as one text.
fn written(scene: &Scene, count: usize) -> Option<String> {
    let words: Option<Vec<&str>> =
        (0..count).map(|places| scene.ahead(places).filter(|token| token.is_word()).map(|token| token.text)).collect();
    words.map(|words| words.join(" "))
}

fn words_in(keyword: &str) -> usize {
    keyword.split(' ').count()
}

/// `nearest` is generous with short words, and a wrong guess misleads.
fn is_near(written: &str, keyword: &str) -> bool {
    let long_enough = written.len() >= 3 || written.eq_ignore_ascii_case(keyword);
    long_enough && strsim::osa_distance(&written.to_lowercase(), keyword) * 5 <= keyword.len() * 2
}

// --- What was read and is wrong all the same ------------------------------------------------------

/// Text that is no policy at all; one finding says more than a hundred.
pub(super) fn not_a_policy(source: &SourceFile) -> Option<Finding> {
    let Some(first) = next_token(&source.text, 0) else {
        let what = if source.text.trim_start_matches('\u{feff}').trim().is_empty() {
            "is empty"
        } else {
            "holds only comments"
        };
        return Some(
            Finding::new(Code::SyntaxError, source.span_at(0..0), format!("the file {what}"))
                .help("a policy begins with `roster \"roster.yaml\"`, `lead { … }` and `policy NAME { … }`"),
        );
    };
    let format = match first.text {
        "{" | "[" => "JSON",
        "---" => "YAML",
        "<" | "<!" => "XML or HTML",
        _ if has_yaml_lines(&source.text) => "YAML",
        _ => return None,
    };
    Some(
        Finding::new(Code::SyntaxError, source.span_at(first.place), format!("this looks like {format}, not a policy"))
            .help("policies are written in their own language; only the roster is YAML, named by `roster \"roster.yaml\"`"),
    )
}

/// The first two lines that say something are `key: …` or `- …`.
fn has_yaml_lines(text: &str) -> bool {
    let is_key = |line: &str| {
        let key = line.split([':', ' ']).next().unwrap_or_default();
        line.starts_with("- ") || line[key.len()..].starts_with(':') && !key.is_empty() && !line.ends_with('{')
    };
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.take(2).filter(|line| is_key(line)).count() == 2
}

pub(super) fn unknown_modifier(span: Span, word: &str) -> Finding {
    let finding = Finding::new(Code::SyntaxError, span, format!("unknown word `{word}`"));
    match suggest::nearest(word, MODIFIERS.iter().copied()).filter(|modifier| is_near(word, modifier)) {
        Some(modifier) => finding.help(format!("did you mean `{modifier}`?")).write_instead(modifier),
        None => finding.help(format!("if `{word}` is a field, say its type: `{word} text`")),
    }
}

pub(super) fn value_alone(source: &SourceFile, span: Span) -> Finding {
    let text = &source.text[source.local(span)];
    let value = if text.contains('\n') { "VALUE" } else { text };
    Finding::new(Code::SyntaxError, span, "a value is written where a condition is expected")
        .help(format!("say what is asked of it, for example `{value} is known`"))
}

pub(super) fn unclosed_text(source: &SourceFile, span: Span) -> Finding {
    let text = &source.text[source.local(span)];
    match text.split_once(['\n', '\r']) {
        Some(_) => Finding::new(Code::SyntaxError, span, "a line break inside text")
            .at("the text goes on in the next line")
            .help("write the text on one line; `\\n` stands for a line break"),
        None => Finding::new(Code::SyntaxError, span, "text without its closing quote")
            .at("opened here and never closed")
            .help("write `\"` where the text ends; a `\"` inside it is written `\\\"`"),
    }
}

pub(super) fn unknown_escape(span: Span, unknown: char) -> Finding {
    Finding::new(Code::SyntaxError, span, format!("unknown escape `\\{unknown}`"))
        .help("text can hold `\\\"`, `\\\\` and `\\n`; a backslash itself is written `\\\\`")
}

pub(super) fn number_too_long(span: Span, written: &str) -> Finding {
    let digits = written.chars().filter(char::is_ascii_digit).count();
    Finding::new(Code::SyntaxError, span, format!("the number `{written}` has too many digits"))
        .at(format!("{digits} digits"))
        .help("numbers are exact, and have 28 digits at most")
}

pub(super) fn not_a_count(number: Spanned<Decimal>) -> Finding {
    Finding::new(Code::SyntaxError, number.span, format!("expected a whole number, found `{}`", number.node))
        .help(format!("write a number without decimals, from 0 to {}", u32::MAX))
}

pub(super) fn no_such_day(span: Span, written: &str) -> Finding {
    let finding = Finding::new(Code::SyntaxError, span, format!("there is no day `{written}`"));
    let numbers: Vec<i16> = written.split('-').filter_map(|part| part.parse().ok()).collect();
    let first = numbers.first().zip(numbers.get(1)).and_then(|(&year, &month)| Date::new(year, month as i8, 1).ok());
    match first {
        Some(first) => finding.help(format!("{} has {} days", first.strftime("%B %Y"), first.days_in_month())),
        None => finding.help("a date is year, month and day: `2026-01-31`"),
    }
}

pub(super) fn said_twice(what: &str, first: Span, second: Span) -> Finding {
    Finding::new(Code::DuplicateName, second, format!("`{what}` is said twice"))
        .at("said again here")
        .also(first, "said here first")
        .help("leave one of the two out")
}

/// A block that the file or the next declaration cuts off.
pub(super) fn unclosed_block(source: &SourceFile, open: Span, end: usize) -> Finding {
    let next = next_token(&source.text, end);
    let (place, found) = match &next {
        Some(next) => (next.place.clone(), shown(next)),
        None => (source.text.trim_end().len()..source.text.trim_end().len(), "the end of the file".to_owned()),
    };
    Finding::new(Code::SyntaxError, source.span_at(place), format!("expected `}}`, found {found}"))
        .also(open, "the block that is opened here is never closed")
        .help("close the block with `}`")
}
