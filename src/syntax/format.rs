//! The canonical layout of a policy.
//!
//! Only spaces, line breaks and empty lines change: the words stay, and so do the comments, each in
//! their order, which is checked before anything is returned. What is laid out how:
//!
//! | what | layout |
//! | --- | --- |
//! | blocks | two spaces deeper; an empty line before and after |
//! | fields, columns, clauses of a queue | one a line, in columns |
//! | rules | `when` and the action on lines of their own; an empty line between rules |
//! | tests | `at`, `given` and `expect` on lines of their own |
//! | short declarations of one kind, one below another | their `=` one below another |
//! | a list that is too long for its line | filled lines between its brackets |
//! | a condition or chain that is too long | broken before `or`, then before `and` |
//! | empty lines elsewhere | one where there were some |

use std::ops::Range;

use super::concrete::{Concrete, Kind, Node, Word};
use super::page::{Gap, Page};
use super::parser;
use crate::diagnostic::Finding;
use crate::source::{FileId, SourceMap};

/// Why a file was not laid out.
#[derive(Debug)]
pub enum Refusal {
    /// It could not be read as a policy.
    Errors(Vec<Finding>),
    /// The layout would have changed more than spaces: a defect of ours.
    Defect,
}

/// A file in its canonical layout. Line ends are those of its first line.
pub fn format(file: FileId, sources: &SourceMap) -> Result<String, Refusal> {
    let source = sources.file(file);
    let (_, findings) = parser::parse(source);
    if !findings.is_empty() {
        return Err(Refusal::Errors(findings));
    }
    let mut concrete = parser::concrete(&source.text).ok_or(Refusal::Defect)?;
    concrete.free_joints();
    let text = lay_out(&concrete);
    let again = parser::concrete(&text).ok_or(Refusal::Defect)?;
    if again.contents() != concrete.contents() {
        return Err(Refusal::Defect);
    }
    let is_crlf = source.text.split_once('\n').is_some_and(|(first, _)| first.ends_with('\r'));
    Ok(if is_crlf { text.replace('\n', "\r\n") } else { text })
}

fn lay_out(concrete: &Concrete) -> String {
    let mut glued = vec![false; concrete.words.len()];
    mark_keys(&concrete.root, &mut glued);
    let mut layout = Layout { words: &concrete.words, page: Page::new(concrete, &glued) };
    layout.file(&concrete.root);
    layout.page.indent = 0;
    layout.page.comments(&concrete.tail, Gap::Line);
    layout.page.finish()
}

/// The `[` of `accounts[domain]` stands beside the table's name.
fn mark_keys(node: &Node, glued: &mut [bool]) {
    if node.kind == Kind::Key {
        glued[node.words.start] = true;
    }
    node.nodes.iter().for_each(|node| mark_keys(node, glued));
}

struct Layout<'c> {
    words: &'c [Word<'c>],
    page: Page<'c>,
}

/// One step into a block, or of a line that goes on.
const STEP: usize = 2;

// --- Declarations ---------------------------------------------------------------------------------

impl Layout<'_> {
    fn file(&mut self, file: &Node) {
        let items = &file.nodes;
        let mut number = 0;
        while number < items.len() {
            let run = self.run(&items[number..]);
            let head = items[number..number + run].iter().filter_map(|item| self.head_width(item)).max().unwrap_or(0);
            for item in &items[number..number + run] {
                let gap = match number.checked_sub(1) {
                    None => Gap::First,
                    Some(before) if self.is_tall(&items[before]) || self.is_tall(item) => Gap::Apart,
                    Some(_) => Gap::Line,
                };
                self.item(item, gap, head);
                number += 1;
            }
        }
    }

    /// How many declarations from the first on are set as one table: definitions of one kind without
    /// anything between them.
    fn run(&self, items: &[Node]) -> usize {
        let kind = |item: &Node| item.first(Kind::Definition).map(|definition| self.words[definition.words.start].text);
        let first = kind(&items[0]);
        let goes_on = |item: &&Node| {
            let word = &self.words[item.words.start];
            first.is_some() && kind(item) == first && !word.blank_before && word.before.is_empty()
        };
        1 + items[1..].iter().take_while(goes_on).count()
    }

    /// Width of `let NAME`.
    fn head_width(&self, item: &Node) -> Option<usize> {
        let definition = item.first(Kind::Definition)?;
        self.page.width(definition.words.start..definition.words.start + 2)
    }

    /// Whether empty lines set it apart from its neighbours.
    fn is_tall(&self, item: &Node) -> bool {
        item.nodes.iter().any(|node| matches!(node.kind, Kind::Block | Kind::Test))
    }

    fn item(&mut self, item: &Node, gap: Gap, head: usize) {
        self.page.indent = 0;
        let gap = self.allows(item, gap);
        let start = item.inside(Kind::Allow).last().map_or(item.words.start, |allow| allow.words.end);
        if let Some(block) = item.first(Kind::Block) {
            self.page.flow(start..block.words.start, gap);
            self.block(block);
        } else if let Some(test) = item.first(Kind::Test) {
            self.parts(test, gap);
        } else if let Some(definition) = item.first(Kind::Definition) {
            self.definition(definition, gap, head);
        } else {
            self.line(item, start..item.words.end, gap);
        }
    }

    /// The `allow`s before something, each on its line; the gap before what they are for.
    fn allows(&mut self, node: &Node, gap: Gap) -> Gap {
        let mut gap = gap;
        for allow in node.inside(Kind::Allow) {
            self.page.flow(allow.words.clone(), gap);
            gap = Gap::Wrap;
        }
        gap
    }

    fn definition(&mut self, definition: &Node, gap: Gap, head: usize) {
        let start = definition.words.start;
        let own = self.page.width(start..start + 2).unwrap_or(head);
        self.page.flow(start..start + 2, gap);
        self.page.indent += STEP;
        self.page.set(start + 2, Gap::Spaces(head - own + 1));
        self.within(definition, start + 3..definition.words.end, Gap::Flow);
        self.page.indent -= STEP;
    }

    /// A test: its name, and each part on its line.
    fn parts(&mut self, test: &Node, gap: Gap) {
        let first = test.first(Kind::TestPart).map_or(test.words.end, |part| part.words.start);
        self.page.flow(test.words.start..first, gap);
        for part in test.inside(Kind::TestPart) {
            self.page.indent = STEP;
            self.page.set(part.words.start, Gap::Wrap);
            self.page.indent = 2 * STEP;
            self.fill(part.words.start + 1..part.words.end);
        }
    }

    /// Something of one line, if it fits.
    fn line(&mut self, node: &Node, words: Range<usize>, gap: Gap) {
        self.page.set(words.start, gap);
        self.page.indent += STEP;
        self.within(node, words.start + 1..words.end, Gap::Flow);
        self.page.indent -= STEP;
    }
}

// --- Blocks ---------------------------------------------------------------------------------------

impl Layout<'_> {
    fn block(&mut self, block: &Node) {
        let Range { start, end } = block.words;
        self.page.set(start, Gap::Flow);
        if block.nodes.is_empty() && self.page.fits(end - 1..end, Gap::Flow) {
            return self.page.set(end - 1, Gap::Spaces(0));
        }
        self.page.indent += STEP;
        let columns = Columns::of(block, &self.page);
        for (number, node) in block.nodes.iter().enumerate() {
            let gap = match node.kind {
                _ if number == 0 => Gap::First,
                Kind::Entry => Gap::Apart,
                _ => Gap::Line,
            };
            self.member(node, gap, &columns);
        }
        let gap = if block.nodes.is_empty() { Gap::First } else { Gap::Line };
        self.page.close(end - 1, gap, self.page.indent - STEP);
    }

    /// A part of a block.
    fn member(&mut self, node: &Node, gap: Gap, columns: &Columns) {
        let indent = self.page.indent;
        match node.kind {
            Kind::Field => self.field(node, gap, columns),
            Kind::Entry => self.entry(node, gap),
            Kind::Clause => self.clause(node, gap, columns),
            _ => {
                self.page.set(node.words.start, gap);
                self.page.indent += STEP;
                self.fill(node.words.start + 1..node.words.end);
            }
        }
        self.page.indent = indent;
    }

    fn field(&mut self, field: &Node, gap: Gap, columns: &Columns) {
        let gap = self.allows(field, gap);
        let (Some(name), Some(ty)) = (field.first(Kind::FieldName), field.first(Kind::Type)) else { return };
        self.page.flow(name.words.clone(), gap);
        let start = self.page.column();
        let name_width = self.page.width(name.words.clone()).unwrap_or(0);
        self.page.indent += STEP;
        self.within(field, ty.words.clone(), Gap::Spaces(columns.first.saturating_sub(name_width) + 2));
        let type_width = self.page.column().saturating_sub(start + columns.first.saturating_sub(name_width) + 2);
        for (number, modifier) in field.inside(Kind::Modifier).enumerate() {
            let spaces = if number == 0 { columns.second.saturating_sub(type_width) + 2 } else { 1 };
            self.page.flow(modifier.words.clone(), Gap::Spaces(spaces));
        }
    }

    fn clause(&mut self, clause: &Node, gap: Gap, columns: &Columns) {
        let Some(head) = clause.first(Kind::ClauseHead) else {
            return self.line(clause, clause.words.clone(), gap);
        };
        let width = self.page.width(head.words.clone()).unwrap_or(0);
        self.page.flow(head.words.clone(), gap);
        self.page.indent += STEP;
        let rest = head.words.end..clause.words.end;
        self.within(clause, rest, Gap::Spaces(columns.first.saturating_sub(width) + 2));
    }

    /// A rule: its head, `when` with the condition, and what happens.
    fn entry(&mut self, entry: &Node, gap: Gap) {
        let gap = self.allows(entry, gap);
        let start = entry.inside(Kind::Allow).last().map_or(entry.words.start, |allow| allow.words.end);
        let Some(action) = entry.first(Kind::Action) else { return };
        let Some(when) = entry.first(Kind::When) else {
            self.page.set(start, gap);
            self.page.indent += STEP;
            return self.action(action, Gap::Flow);
        };
        self.page.flow(start..when.words.start, gap);
        self.page.indent += STEP;
        self.page.set(when.words.start, Gap::Wrap);
        self.page.indent += STEP;
        self.within(entry, when.words.end..action.words.start, Gap::Flow);
        self.page.indent -= STEP;
        self.action(action, Gap::Wrap);
    }

    /// What happens to the lead; each escalation has a line of its own.
    fn action(&mut self, action: &Node, gap: Gap) {
        let end = action.first(Kind::Escalation).map_or(action.words.end, |first| first.words.start);
        self.line(action, action.words.start..end, gap);
        self.page.indent += STEP;
        for escalation in action.inside(Kind::Escalation) {
            self.line(escalation, escalation.words.clone(), Gap::Wrap);
        }
        self.page.indent -= STEP;
    }
}

/// Widths of the columns of a block.
struct Columns {
    /// Of the names of its fields, or the words its clauses begin with.
    first: usize,
    /// Of the types, if they are short and something follows them.
    second: usize,
}

/// Types wider than this do not widen their column.
const MOST_TYPE: usize = 16;

impl Columns {
    fn of(block: &Node, page: &Page) -> Columns {
        let width = |node: Option<&Node>| node.and_then(|node| page.width(node.words.clone()));
        let firsts = block.nodes.iter().filter_map(|node| match node.kind {
            Kind::Field => width(node.first(Kind::FieldName)),
            _ => width(node.first(Kind::ClauseHead)),
        });
        let with_modifier = block.inside(Kind::Field).filter(|field| field.first(Kind::Modifier).is_some());
        let types = with_modifier.filter_map(|field| width(field.first(Kind::Type)));
        Columns {
            first: firsts.max().unwrap_or(0),
            second: types.filter(|width| *width <= MOST_TYPE).max().unwrap_or(0),
        }
    }
}

// --- What may be too long -------------------------------------------------------------------------

impl Layout<'_> {
    /// Words of a node, broken where the nodes inside allow it if they do not fit.
    fn within(&mut self, node: &Node, words: Range<usize>, gap: Gap) {
        if self.page.fits(words.clone(), gap) {
            return self.page.flow(words, gap);
        }
        let (mut at, mut gap) = (words.start, gap);
        for inner in breakable(node, &words) {
            gap = self.flow_on(at..inner.words.start, gap);
            self.broken(inner, gap);
            (at, gap) = (inner.words.end, Gap::Flow);
        }
        self.page.flow(at..words.end, gap);
    }

    /// Sets words, if there are any; the gap for what comes next.
    fn flow_on(&mut self, words: Range<usize>, gap: Gap) -> Gap {
        let gap_after = if words.is_empty() { gap } else { Gap::Flow };
        self.page.flow(words, gap);
        gap_after
    }

    /// A node that may be broken.
    fn broken(&mut self, node: &Node, gap: Gap) {
        if self.page.fits(node.words.clone(), gap) {
            return self.page.flow(node.words.clone(), gap);
        }
        match node.kind {
            Kind::List => self.list(node, gap),
            Kind::Group => self.group(node, gap),
            _ => match self.list_to_break(node, gap) {
                Some(list) => {
                    let gap = self.flow_on(node.words.start..list.words.start, gap);
                    self.list(list, gap);
                }
                None if node.nodes.len() > 1 && is_joined(node) => self.joined(node, gap),
                None => self.within(node, node.words.clone(), gap),
            },
        }
    }

    /// A list at the end of a condition, if all before it fits into the line.
    fn list_to_break<'n>(&self, node: &'n Node, gap: Gap) -> Option<&'n Node> {
        let list = trailing_list(node)?;
        self.page.fits(node.words.start..self.bracket(list) + 1, gap).then_some(list)
    }

    /// Parts joined by `or` or `and`, each in a line of its own.
    fn joined(&mut self, node: &Node, gap: Gap) {
        let indent = self.page.indent;
        let (mut at, mut gap) = (node.words.start, gap);
        for part in &node.nodes {
            self.page.indent = indent;
            gap = self.flow_on(at..part.words.start, gap);
            self.page.indent = indent + STEP;
            self.broken(part, gap);
            (at, gap) = (part.words.end, Gap::Wrap);
        }
        self.page.indent = indent;
    }

    /// `(`, what is inside on lines of its own, `)`.
    fn group(&mut self, group: &Node, gap: Gap) {
        let Range { start, end } = group.words;
        self.page.set(start, gap);
        let outer = (self.page.indent, self.page.line_indent());
        self.page.indent = outer.1 + STEP;
        self.within(group, start + 1..end - 1, Gap::Wrap);
        self.page.close(end - 1, Gap::Wrap, outer.1);
        self.page.indent = outer.0;
    }

    /// The words up to `[`, filled lines, and `]` where the line of the `[` began.
    fn list(&mut self, list: &Node, gap: Gap) {
        let open = self.bracket(list);
        let close = list.words.end - 1;
        self.page.flow(list.words.start..open + 1, gap);
        let outer = (self.page.indent, self.page.line_indent());
        self.page.indent = outer.1 + STEP;
        for (number, element) in self.elements(open + 1..close).into_iter().enumerate() {
            let fits = number > 0 && self.page.fits(element.clone(), Gap::Flow);
            self.page.flow(element, if fits { Gap::Flow } else { Gap::Wrap });
        }
        self.page.close(close, Gap::Wrap, outer.1);
        self.page.indent = outer.0;
    }

    /// Elements between commas, as many in a line as fit.
    fn fill(&mut self, words: Range<usize>) {
        for element in self.elements(words) {
            let gap = if self.page.fits(element.clone(), Gap::Flow) { Gap::Flow } else { Gap::Wrap };
            self.page.flow(element, gap);
        }
    }

    fn bracket(&self, list: &Node) -> usize {
        let mut words = list.words.clone();
        words.find(|word| self.words[*word].text == "[").expect("a list has a bracket")
    }

    /// What stands between commas, each with its comma.
    fn elements(&self, words: Range<usize>) -> Vec<Range<usize>> {
        let mut elements = Vec::new();
        let (mut start, mut depth) = (words.start, 0);
        for word in words.clone() {
            match self.words[word].text {
                "[" => depth += 1,
                "]" => depth -= 1,
                "," if depth == 0 => {
                    elements.push(start..word + 1);
                    start = word + 1;
                }
                _ => {}
            }
        }
        if start < words.end {
            elements.push(start..words.end);
        }
        elements
    }
}

/// The outermost nodes between these words that can be broken.
fn breakable<'n>(node: &'n Node, words: &Range<usize>) -> Vec<&'n Node> {
    let mut found = Vec::new();
    for inner in &node.nodes {
        let is_within = inner.words.start >= words.start && inner.words.end <= words.end;
        let is_breakable =
            matches!(inner.kind, Kind::List | Kind::Group | Kind::Chain | Kind::Condition | Kind::Conjunction);
        match is_within && is_breakable {
            true => found.push(inner),
            false => found.extend(breakable(inner, words)),
        }
    }
    found
}

fn is_joined(node: &Node) -> bool {
    matches!(node.kind, Kind::Chain | Kind::Condition | Kind::Conjunction)
}

/// The list that something ends with.
fn trailing_list(node: &Node) -> Option<&Node> {
    let last = node.nodes.last().filter(|last| last.words.end == node.words.end)?;
    if last.kind == Kind::List { Some(last) } else { trailing_list(last) }
}
