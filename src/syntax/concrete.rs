//! A file as it was written: its words in order, the comments between them, and the tree over both
//! that a layout needs.
//!
//! The tree of [`super::ast`] says what a policy means and forgets how it was written. Here nothing is
//! forgotten but spaces, and nothing is understood but what belongs together.

use std::ops::Range;

/// All words of a file and how they belong together.
#[derive(Debug)]
pub(super) struct Concrete<'s> {
    pub words: Vec<Word<'s>>,
    pub root: Node,
    /// Comments after the last word.
    pub tail: Vec<Comment<'s>>,
}

/// A word, a sign, a number or a text, as written.
#[derive(Debug)]
pub(super) struct Word<'s> {
    pub text: &'s str,
    /// Comments on lines of their own before it.
    pub before: Vec<Comment<'s>>,
    /// The comment that ends its line.
    pub after: Option<&'s str>,
    /// Whether an empty line stands directly before it.
    pub blank_before: bool,
}

#[derive(Debug)]
pub(super) struct Comment<'s> {
    pub text: &'s str,
    pub blank_before: bool,
}

/// Words that belong together.
#[derive(Debug)]
pub(super) struct Node {
    pub kind: Kind,
    pub words: Range<usize>,
    /// The nodes inside, in order.
    pub nodes: Vec<Node>,
}

/// What words are together, as far as a layout cares.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    File,
    /// A declaration with its `allow`s.
    Item,
    Allow,
    /// `let`, `territory` or `segment` with its name and `=`.
    Definition,
    Test,
    /// A part of a test: `at`, `given`, `expect`.
    TestPart,
    /// From `{` to `}`.
    Block,
    Field,
    FieldName,
    Type,
    Modifier,
    /// A line of a block that is no field, rule or clause: `blank "N/A"`, `owner FIELD`.
    BlockLine,
    Entry,
    /// The word `when`.
    When,
    Action,
    Escalation,
    Clause,
    /// The words a queue's clause begins with, unless it is `after`.
    ClauseHead,
    /// Comparisons joined by `or`.
    Condition,
    /// Comparisons joined by `and`.
    Conjunction,
    /// One comparison, or `not` with what it negates.
    Part,
    /// From `(` to `)`.
    Group,
    /// From `[` to `]`.
    List,
    Chain,
    /// One destination.
    Link,
    /// `[company_domain]` after a table's name.
    Key,
}

impl Node {
    pub fn inside(&self, kind: Kind) -> impl Iterator<Item = &Node> {
        self.nodes.iter().filter(move |node| node.kind == kind)
    }

    pub fn first(&self, kind: Kind) -> Option<&Node> {
        self.inside(kind).next()
    }
}

impl Concrete<'_> {
    /// Comments around an `and` or `or` stand before it, so that its line can begin with it: what ends
    /// its line ends the line before, and what stands before its part stands before the word.
    pub fn free_joints(&mut self) {
        free_joints(&self.root, &mut self.words);
    }

    /// Words and comments, each in their order.
    pub fn contents(&self) -> (Vec<&str>, Vec<&str>) {
        let words = self.words.iter().map(|word| word.text).collect();
        let comments =
            self.words.iter().flat_map(|word| word.before.iter().map(|comment| comment.text).chain(word.after));
        (words, comments.chain(self.tail.iter().map(|comment| comment.text)).collect())
    }
}

fn free_joints(node: &Node, words: &mut [Word]) {
    if matches!(node.kind, Kind::Condition | Kind::Conjunction | Kind::Chain) {
        node.nodes[1..].iter().for_each(|part| free_joint(part.words.start - 1, words));
    }
    node.nodes.iter().for_each(|node| free_joints(node, words));
}

fn free_joint(joint: usize, words: &mut [Word]) {
    if words[joint].before.is_empty() && words[joint - 1].after.is_none() {
        words[joint - 1].after = words[joint].after.take();
    }
    if words[joint].after.is_none() {
        let comments = std::mem::take(&mut words[joint + 1].before);
        words[joint].before.extend(comments);
    }
}

/// Takes down the words of a file one after another, from its first to its last.
pub(super) struct Writer<'s> {
    text: &'s str,
    /// Up to where the text was taken down.
    at: usize,
    words: Vec<Word<'s>>,
    comments: Vec<Comment<'s>>,
    /// Whether an empty line stands before what comes next.
    blank: bool,
}

impl<'s> Writer<'s> {
    pub fn new(text: &'s str) -> Writer<'s> {
        Writer { text, at: 0, words: Vec::new(), comments: Vec::new(), blank: false }
    }

    /// How many words there are so far.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Takes down everything up to the end of a range of the text; the range itself is one word.
    pub fn word(&mut self, place: Range<usize>) {
        self.gap(place.start.max(self.at));
        let before = std::mem::take(&mut self.comments);
        let blank_before = std::mem::take(&mut self.blank);
        self.words.push(Word { text: &self.text[place.clone()], before, after: None, blank_before });
        self.at = place.end;
    }

    /// Takes down words that one keyword is made of, such as `go to`.
    pub fn phrase(&mut self, place: Range<usize>) {
        while self.at < place.end {
            self.gap_within(place.clone());
            let rest = &self.text[self.at..place.end];
            let length = rest.find(|c: char| c.is_whitespace() || c == '#').unwrap_or(rest.len());
            if length > 0 {
                self.word(self.at..self.at + length);
            }
        }
    }

    /// The end of the file.
    pub fn end(mut self, root: Node) -> Concrete<'s> {
        self.gap(self.text.len());
        Concrete { words: self.words, root, tail: self.comments }
    }

    /// Moves to the first word of a phrase, or the next.
    fn gap_within(&mut self, place: Range<usize>) {
        if self.at < place.start {
            return self.gap(place.start);
        }
        let mut end = self.at;
        while let Some(character) = self.text[end..place.end].chars().next() {
            let rest = &self.text[end..place.end];
            match character {
                '#' => end += rest.find(['\n', '\r']).unwrap_or(rest.len()),
                character if character.is_whitespace() => end += character.len_utf8(),
                _ => break,
            }
        }
        self.gap(end);
    }

    /// Takes down the comments and empty lines up to an offset.
    fn gap(&mut self, end: usize) {
        let lines: Vec<&str> = self.text[self.at..end].split('\n').collect();
        for (number, line) in lines.iter().enumerate() {
            // The lines a gap begins and ends on hold words; those between are empty.
            let is_between = number > 0 && number + 1 < lines.len();
            match line.find('#') {
                Some(start) => self.comment(line[start..].trim_end(), number == 0),
                None => self.blank |= is_between && line.trim().is_empty(),
            }
        }
        self.at = end;
    }

    fn comment(&mut self, text: &'s str, is_on_line_of_word: bool) {
        let blank_before = std::mem::take(&mut self.blank);
        match self.words.last_mut() {
            Some(word) if is_on_line_of_word && word.after.is_none() => word.after = Some(text),
            _ => self.comments.push(Comment { text, blank_before }),
        }
    }
}
