//! What can be written at a place: the keywords that the grammar would read there, and the names and
//! values that fit what stands before.
//!
//! The grammar is asked, not imitated: the text up to the word that is being written is read, and what
//! could have come next is what it expects. Which names those are is seen from the words before, so that it
//! works in a text that is full of errors, as texts are while they are written.

use gen_lsp_types as lsp;

use super::scope::{Kind, Scope};
use super::view::View;
use crate::cell::{bare_or_quoted, quoted, weekdays};
use crate::check::Files;
use crate::country::Country;
use crate::diagnostic::{Code, Stage};
use crate::ids::TableId;
use crate::source::{FileId, Span};
use crate::syntax::ast::{EntryKind, Field, LetKind, TypeExpr};
use crate::syntax::{Expected, Token, TokenKind, expected_after, tokens};

/// The types of fields and columns; those from `list of` on are for columns only.
const TYPES: &[&str] = &[
    "text",
    "email",
    "domain",
    "country",
    "integer",
    "number",
    "yes_no",
    "date",
    "timestamp",
    "one of",
    "tags",
    "list of",
    "rep",
    "team",
    "queue",
];
const TYPES_OF_FIELDS: usize = 11;
/// What a condition may begin with, besides names.
const CONDITIONS: &[&str] = &["not", "domain of", "hour of", "weekday of", "first known of"];

/// Everything that can be written at a place of a file.
pub fn complete(view: &View, file: FileId, position: lsp::Position, files: &dyn Files) -> Vec<lsp::CompletionItem> {
    let source = view.source(file);
    let at = source.local(Span::new(view.offset(file, position), view.offset(file, position))).start;
    let text = &source.text[..at];
    if is_in_comment(text) {
        return Vec::new();
    }
    let mut before: Vec<Token> = tokens(text, 0..at).collect();
    let begun = before.pop_if(|last| last.place.end == at && is_begun(last));
    let start = begun.as_ref().map_or(at, |begun| begun.place.start);
    let is_text = begun.as_ref().is_some_and(|begun| begun.kind == TokenKind::Text);
    let scope = view.scope();
    let place = Place { view, scope: &scope, before: &before };
    let mut words = if is_text { place.texts(files) } else { place.words(&expected_after(&text[..start])) };
    words.retain({
        let mut seen = std::collections::BTreeSet::new();
        move |word| seen.insert(word.text.clone())
    });
    // In quotes, what is written replaces all of them.
    let closing = usize::from(is_text && source.text[at..].starts_with('"'));
    let range = view.range(source.span_at(start..at + closing));
    words.into_iter().enumerate().map(|(number, word)| word.item(number, range)).collect()
}

/// Whether a token may go on: a word, or a text whose second quote is not written yet.
fn is_begun(token: &Token) -> bool {
    match token.kind {
        TokenKind::Word => true,
        TokenKind::Text => token.text.len() == 1 || !token.text.ends_with('"'),
        TokenKind::Number | TokenKind::Sign => false,
    }
}

fn is_in_comment(text: &str) -> bool {
    let line = text.rsplit('\n').next().unwrap_or_default();
    let mut quoted = false;
    line.chars().any(|character| {
        quoted ^= character == '"';
        character == '#' && !quoted
    })
}

/// Something to write.
struct Word {
    text: String,
    kind: lsp::CompletionItemKind,
    detail: Option<String>,
    /// By what it is found, where that is more than its text.
    also: Option<String>,
}

impl Word {
    fn new(text: impl Into<String>, kind: lsp::CompletionItemKind) -> Word {
        Word { text: text.into(), kind, detail: None, also: None }
    }

    fn detail(mut self, detail: impl Into<String>) -> Word {
        self.detail = Some(detail.into());
        self
    }

    /// `number` keeps the order, which editors would make alphabetical.
    fn item(self, number: usize, range: lsp::Range) -> lsp::CompletionItem {
        let filter_text = self.also.map(|also| format!("{} {also}", self.text));
        lsp::CompletionItem {
            label: self.text.clone(),
            kind: Some(self.kind),
            detail: self.detail,
            sort_text: Some(format!("{number:05}")),
            filter_text,
            text_edit: Some(lsp::TextEdit { range, new_text: self.text }.into()),
            ..lsp::CompletionItem::default()
        }
    }
}

fn keyword(text: &str) -> Word {
    Word::new(text, lsp::CompletionItemKind::Keyword)
}

/// A place that something is to be written at.
struct Place<'p, 's> {
    view: &'p View,
    scope: &'p Scope<'p>,
    before: &'p [Token<'s>],
}

impl Place<'_, '_> {
    /// The word so many places back; empty if there is none.
    fn back(&self, places: usize) -> &str {
        self.before.len().checked_sub(places).and_then(|index| self.before.get(index)).map_or("", |token| token.text)
    }

    fn words(&self, expected: &[Expected]) -> Vec<Word> {
        let expects = |names: &[&str]| expected.iter().any(|expected| names.contains(&expected.name.as_str()));
        if let Some(names) = self.after_its_kind() {
            return names;
        }
        let mut words = Vec::new();
        if expects(&["operand", "text", "word"]) {
            words.extend(self.values());
        }
        if expects(&["conjunction", "condition", "term", "value", "path"]) {
            words.extend(self.conditions());
        }
        if expects(&["destination"]) {
            words.extend(self.people());
        }
        if expects(&["name", "rule_ref", "code", "skill", "audience", "type_of_field"]) {
            words.extend(self.names());
        }
        let keywords = expected.iter().flat_map(|expected| &expected.keywords);
        words.extend(
            keywords.filter(|word| word.as_str() != "not in" || expects(&["operator"])).map(|word| keyword(word)),
        );
        if expects(&["audience"]) {
            words.extend(["team", "rep"].map(keyword));
        }
        words
    }

    /// Names after the word that says what they name: `go to`, `team`, a dot.
    fn after_its_kind(&self) -> Option<Vec<Word>> {
        let is_person = matches!(self.back(2), "assign" | "or" | "to" | "expect" | "of" | ",");
        Some(match self.back(1) {
            "." => self.columns(),
            "to" if self.back(2) == "go" => self.policies(),
            "at" if self.back(2) == "start" => self.policies(),
            "rep" if is_person => self.reps(),
            "team" if is_person => self.teams(),
            "queue" if is_person => self.queues(),
            _ => return None,
        })
    }

    /// Names where the grammar expects one, by what stands before.
    fn names(&self) -> Vec<Word> {
        match (self.back(2), self.back(1)) {
            (_, "allow") => lints(),
            ("by", "rule") => self.rules(),
            ("row", "of") => self.tables(),
            ("balance", "of") | (_, "highest" | "lowest") => self.fields(is_number),
            (_, "skill") => self.skills(),
            (_, "given" | "preview" | "owner") => self.fields(|_| true),
            (_, ",") if self.is_after("skill") => self.skills(),
            (_, ",") if self.is_after("given") || self.is_after("preview") => self.fields(|_| true),
            _ if self.is_in_block("table") => TYPES.iter().copied().map(type_word).collect(),
            _ if self.is_in_block("lead") => TYPES[..TYPES_OF_FIELDS].iter().copied().map(type_word).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether the last of the words that begin lists of names is this one.
    fn is_after(&self, word: &str) -> bool {
        const BEGIN: &[&str] = &["skill", "given", "preview", "to", "in", "expect", "assign", "rule", "for"];
        self.before.iter().rev().find(|token| BEGIN.contains(&token.text)).is_some_and(|token| token.is(word))
    }

    /// Whether the innermost open block is that of such a declaration.
    fn is_in_block(&self, kind: &str) -> bool {
        let mut depth = 0;
        for (index, token) in self.before.iter().enumerate().rev() {
            match token.text {
                "}" => depth += 1,
                "{" if depth > 0 => depth -= 1,
                "{" => return self.before[index.saturating_sub(4)..index].iter().any(|token| token.is(kind)),
                _ => {}
            }
        }
        false
    }
}

// --- Names ----------------------------------------------------------------------------------------

impl Place<'_, '_> {
    fn fields(&self, is_wanted: impl Fn(&Field) -> bool) -> Vec<Word> {
        let fields = self.scope.all.fields.iter().filter(|field| is_wanted(field));
        fields.map(|field| self.field(field)).collect()
    }

    fn field(&self, field: &Field) -> Word {
        Word::new(&field.name.node, lsp::CompletionItemKind::Field).detail(self.view.text(field.ty.span))
    }

    /// What a condition may begin with.
    fn conditions(&self) -> Vec<Word> {
        let mut words = self.fields(|_| true);
        for declared in &self.scope.all.lets {
            let kind = match declared.kind {
                LetKind::Territory => "territory",
                LetKind::Segment => "segment",
                LetKind::Let if self.scope.is_condition(declared) => "named condition",
                LetKind::Let => "named value",
            };
            words.push(Word::new(&declared.name.node, lsp::CompletionItemKind::Constant).detail(kind));
        }
        words.extend(self.tables());
        words.extend(self.each_row_of().map(|_| Word::new("row", lsp::CompletionItemKind::Variable)));
        words.extend(CONDITIONS.iter().copied().map(keyword));
        words
    }

    /// Who else may take a lead: what a table's row names.
    fn people(&self) -> Vec<Word> {
        let rows = self.scope.all.lets.iter().filter(|declared| self.scope.row_of(&declared.name.node, None).is_some());
        let rows = rows.map(|declared| Word::new(&declared.name.node, lsp::CompletionItemKind::Constant));
        let row = self.each_row_of().map(|_| Word::new("row", lsp::CompletionItemKind::Variable));
        rows.chain(row).collect()
    }

    fn tables(&self) -> Vec<Word> {
        let tables = self.scope.all.tables.iter().map(|table| table.of);
        tables
            .map(|table| Word::new(&table.name.node, lsp::CompletionItemKind::Struct).detail(&table.file.node))
            .collect()
    }

    /// The columns of what stands before a dot.
    fn columns(&self) -> Vec<Word> {
        let table = match self.back(2) {
            "]" => self.before_bracket().and_then(|name| self.scope.table_named(name)),
            root => self.scope.row_of(root, self.each_row_of()),
        };
        table.map(|table| self.columns_of(table)).unwrap_or_else(|| self.rules_of(self.back(2)))
    }

    fn columns_of(&self, table: TableId) -> Vec<Word> {
        self.scope.table(table).columns.iter().map(|column| self.field(column)).collect()
    }

    /// The name before the bracket that the last one closes.
    fn before_bracket(&self) -> Option<&str> {
        let (_, open) = opening(&self.before[..self.before.len() - 1])?;
        Some(self.before.get(open.checked_sub(1)?)?.text)
    }

    fn policies(&self) -> Vec<Word> {
        let policies = self.scope.all.policies.iter();
        let about = |text: &crate::syntax::ast::Text| text.node.clone();
        policies
            .map(|policy| Word {
                detail: policy.description.as_ref().map(about),
                ..Word::new(&policy.name.node, lsp::CompletionItemKind::Class)
            })
            .collect()
    }

    /// Every rule, and every policy that may be said before one.
    fn rules(&self) -> Vec<Word> {
        let policies = self.scope.all.policies.iter().map(|policy| policy.name.node.as_str());
        let mut words: Vec<Word> = policies.clone().flat_map(|policy| self.rules_of(policy)).collect();
        words.extend(policies.map(|policy| Word::new(policy, lsp::CompletionItemKind::Class).detail("policy")));
        words
    }

    fn rules_of(&self, policy: &str) -> Vec<Word> {
        let entries = self.scope.policy_named(policy).map(|policy| &policy.entries);
        let rule = |name: &str| Word::new(name, lsp::CompletionItemKind::Method).detail(policy);
        entries
            .into_iter()
            .flatten()
            .map(|entry| match &entry.kind {
                EntryKind::Rule { name, .. } => rule(&name.node),
                EntryKind::EachRow { table, .. } => rule(&format!("{}:1", table.node)),
                EntryKind::Otherwise { .. } => rule("otherwise"),
            })
            .collect()
    }

    fn queues(&self) -> Vec<Word> {
        let queues = self.scope.all.queues.iter().map(|queue| queue.of);
        let about = |text: &crate::syntax::ast::Text| text.node.clone();
        queues
            .map(|queue| Word {
                detail: queue.description.as_ref().map(about),
                ..Word::new(&queue.name.node, lsp::CompletionItemKind::Event)
            })
            .collect()
    }

    fn reps(&self) -> Vec<Word> {
        let reps = self.view.roster.reps.iter();
        reps.map(|rep| Word { detail: rep.full_name.clone(), ..Word::new(&rep.name, lsp::CompletionItemKind::Value) })
            .collect()
    }

    fn teams(&self) -> Vec<Word> {
        let roster = &self.view.roster;
        let members = |team: &crate::roster::Team| {
            let names = team.members.iter().take(6).map(|member| roster.reps[member.rep].name.as_str());
            names.collect::<Vec<&str>>().join(", ")
        };
        let teams = roster.teams.iter();
        teams.map(|team| Word::new(&team.name, lsp::CompletionItemKind::Module).detail(members(team))).collect()
    }

    fn skills(&self) -> Vec<Word> {
        let skills = self.view.roster.reps.iter().flat_map(|rep| &rep.skills);
        let mut skills: Vec<&String> = skills.collect();
        skills.sort();
        skills.dedup();
        skills.into_iter().map(|skill| Word::new(bare_or_quoted(skill), lsp::CompletionItemKind::EnumMember)).collect()
    }
}

fn lints() -> Vec<Word> {
    let lints = Code::ALL.iter().filter(|code| code.stage() == Stage::Lint);
    lints.map(|code| Word::new(code.name(), lsp::CompletionItemKind::EnumMember).detail(code.summary())).collect()
}

fn type_word(name: &str) -> Word {
    Word::new(name, lsp::CompletionItemKind::TypeParameter)
}

fn is_number(field: &Field) -> bool {
    match &field.ty.node {
        TypeExpr::Named(name) | TypeExpr::Bounded { name, .. } => matches!(name.as_str(), "integer" | "number"),
        TypeExpr::OneOf(_) | TypeExpr::ListOf(_) => false,
    }
}

// --- Values ---------------------------------------------------------------------------------------

impl Place<'_, '_> {
    /// The values of the type of what is compared.
    fn values(&self) -> Vec<Word> {
        let mut words = match self.compared() {
            Some(Kind::Declared(ty)) => self.values_of(ty),
            Some(Kind::Weekday) => weekdays().names().map(member).collect(),
            Some(Kind::Domain | Kind::Hour | Kind::Row(_)) | None => Vec::new(),
        };
        if self.each_row_of().is_some() {
            words.push(Word::new("row", lsp::CompletionItemKind::Variable));
        }
        if self.back(1) == "in" {
            words.extend(self.tables());
        }
        words
    }

    fn values_of(&self, ty: &TypeExpr) -> Vec<Word> {
        match ty {
            TypeExpr::OneOf(members) => members.iter().map(|name| member(&bare_or_quoted(&name.node))).collect(),
            TypeExpr::ListOf(element) => self.values_of(&element.node),
            TypeExpr::Bounded { .. } => Vec::new(),
            TypeExpr::Named(name) => match name.as_str() {
                "country" => Country::all().map(country).collect(),
                "yes_no" => ["yes", "no"].into_iter().map(member).collect(),
                "rep" => self.reps(),
                "team" => self.teams(),
                "queue" => self.queues(),
                _ => Vec::new(),
            },
        }
    }

    /// The type of the value before the last operator.
    fn compared(&self) -> Option<Kind<'_>> {
        const OPERATORS: &[&str] = &["is", "in", "=", "<", "<=", ">", ">=", "contains", "with", "has", "of"];
        let operator = self.before.iter().rposition(|token| OPERATORS.contains(&token.text))?;
        let mut left = &self.before[..operator];
        while let Some((_, rest)) = left.split_last().filter(|(last, _)| matches!(last.text, "not" | "starts" | "ends"))
        {
            left = rest;
        }
        // `weekday of created_at in "Europe/Berlin" is …`
        if let [.., of, zone, text] = left
            && (of.is_word(), zone.text, text.kind) == (true, "in", TokenKind::Text)
        {
            left = &left[..left.len() - 2];
        }
        self.kind_of(left)
    }

    /// The type of the value that some tokens end with.
    fn kind_of(&self, tokens: &[Token]) -> Option<Kind<'_>> {
        let (last, rest) = tokens.split_last()?;
        match rest {
            [.., root, dot] if dot.is(".") => {
                let table = match opening(&tokens[..tokens.len() - 2]).filter(|_| root.is("]")) {
                    Some((_, open)) => self.scope.table_named(rest.get(open.checked_sub(1)?)?.text),
                    None => self.scope.row_of(root.text, self.each_row_of()),
                }?;
                self.scope.column(table, last.text).map(|column| Kind::Declared(&column.ty.node))
            }
            [.., derived, of] if of.is("of") => match derived.text {
                "weekday" => Some(Kind::Weekday),
                "hour" => Some(Kind::Hour),
                "domain" => Some(Kind::Domain),
                _ => None,
            },
            _ => self.scope.kind_named(last.text),
        }
    }

    /// The table of the `each row of` that is being written.
    fn each_row_of(&self) -> Option<&str> {
        let begins = |token: &Token| matches!(token.text, "rule" | "otherwise" | "policy" | "each");
        let start = self.before.iter().rposition(begins)?;
        match &self.before[start..] {
            [each, row, of, table, ..] if each.is("each") && row.is("row") && of.is("of") => Some(table.text),
            _ => None,
        }
    }

    /// What may stand in quotes: a file, or a value that needs them.
    fn texts(&self, files: &dyn Files) -> Vec<Word> {
        let wanted: &[&str] = match (self.back(1), self.back(3)) {
            ("use", _) => &[".rules"],
            ("roster", _) => &[".yaml", ".yml"],
            ("from", "table") => &[".csv", ".tsv"],
            _ => return self.values().into_iter().filter(|word| word.text.starts_with('"')).collect(),
        };
        let names = files.beside(self.view.home.main()).into_iter();
        let names = names.filter(|name| wanted.iter().any(|end| name.ends_with(end)) && name != self.view.home.main());
        names.map(|name| Word::new(quoted(&name), lsp::CompletionItemKind::File)).collect()
    }
}

/// The bracket that the last of some tokens, a `]`, closes: the depth it is at, and where it stands.
fn opening(tokens: &[Token]) -> Option<(usize, usize)> {
    let mut depth = 0_usize;
    for (index, token) in tokens.iter().enumerate().rev() {
        match token.text {
            "]" => depth += 1,
            "[" if depth <= 1 => return Some((depth, index)),
            "[" => depth -= 1,
            _ => {}
        }
    }
    None
}

fn member(name: &str) -> Word {
    Word::new(name, lsp::CompletionItemKind::EnumMember)
}

fn country(country: Country) -> Word {
    let name = country.name();
    Word { also: Some(name.to_owned()), ..member(country.code()).detail(name) }
}
