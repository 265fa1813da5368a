//! A page that words are set on: lines, indents, and comments that never get lost.
//!
//! Words come in the order they were written in, each with the gap before it. A comment that ended a
//! line ends one here too, and a comment on a line of its own keeps one, whatever gap was asked for.

use std::ops::Range;

use super::concrete::{Comment, Concrete, Word};

/// Lines are broken where they would be longer, in characters.
pub(super) const WIDTH: usize = 110;

/// What stands before a word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Gap {
    /// Nothing between two words in a line but what their signs ask for.
    Flow,
    /// So many spaces.
    Spaces(usize),
    /// A new line of what was begun.
    Wrap,
    /// The first line of something.
    First,
    /// A line of its own, after an empty one if there was one.
    Line,
    /// A line of its own after an empty one.
    Apart,
}

pub(super) struct Page<'c> {
    words: &'c [Word<'c>],
    /// Words that stand beside the one before them, as the `[` of `accounts[domain]`.
    glued: &'c [bool],
    lines: Vec<Line>,
    /// Where a wrapped line begins.
    pub indent: usize,
}

#[derive(Default)]
struct Line {
    text: String,
    width: usize,
    comment: Option<String>,
}

impl<'c> Page<'c> {
    pub fn new(concrete: &'c Concrete<'c>, glued: &'c [bool]) -> Page<'c> {
        Page { words: &concrete.words, glued, lines: Vec::new(), indent: 0 }
    }

    /// Sets one word.
    pub fn set(&mut self, word: usize, gap: Gap) {
        let words = self.words;
        let before = &words[word].before;
        let gap = self.possible(word, gap);
        self.comments(before, gap);
        self.place(word, if before.is_empty() { gap } else { after_comments(gap) });
    }

    /// Sets the word that ends a block or a list, on a line of its own; comments before it belong to
    /// what is inside.
    pub fn close(&mut self, word: usize, comments: Gap, indent: usize) {
        let words = self.words;
        self.comments(&words[word].before, comments);
        self.indent = indent;
        self.place(word, Gap::Wrap);
    }

    fn place(&mut self, word: usize, gap: Gap) {
        let words = self.words;
        let Word { text, after, blank_before, .. } = &words[word];
        self.begin(gap, *blank_before);
        let spaces = match gap {
            Gap::Spaces(spaces) => spaces,
            Gap::Flow => usize::from(self.is_apart(word)),
            _ => 0,
        };
        self.add(spaces, text);
        self.line().comment = after.map(str::to_owned);
    }

    /// Sets words in a line.
    pub fn flow(&mut self, words: Range<usize>, gap: Gap) {
        for word in words.clone() {
            self.set(word, if word == words.start { gap } else { Gap::Flow });
        }
    }

    /// Sets comments that no word follows in their block, or in the file.
    pub fn comments(&mut self, comments: &[Comment], gap: Gap) {
        for (number, comment) in comments.iter().enumerate() {
            let gap = if number == 0 { own_line(gap) } else { after_comments(gap) };
            self.begin(gap, comment.blank_before);
            self.add(0, comment.text);
        }
    }

    /// How far into its line the page is, in characters.
    pub fn column(&self) -> usize {
        self.lines.last().map_or(0, |line| line.width)
    }

    /// How wide words are in one line; `None` if a comment between them forbids it.
    pub fn width(&self, words: Range<usize>) -> Option<usize> {
        let last = words.end.checked_sub(1)?;
        let mut width = 0;
        for word in words.clone() {
            let is_first = word == words.start;
            let Word { text, before, after, .. } = &self.words[word];
            if !is_first && !before.is_empty() || word != last && after.is_some() {
                return None;
            }
            width += text.chars().count() + usize::from(!is_first && self.is_apart(word));
        }
        Some(width)
    }

    /// Whether words fit into one line after a gap.
    pub fn fits(&self, words: Range<usize>, gap: Gap) -> bool {
        let Some(width) = self.width(words.clone()) else { return false };
        let start = match gap {
            Gap::Flow | Gap::Spaces(_) if words.is_empty() => self.column(),
            Gap::Flow | Gap::Spaces(_) if self.possible(words.start, gap) == Gap::Wrap => return false,
            Gap::Flow => self.column() + 1,
            Gap::Spaces(spaces) => self.column() + spaces,
            _ => self.indent,
        };
        start + width <= WIDTH
    }

    /// Where the line that is being written begins.
    pub fn line_indent(&self) -> usize {
        self.lines.last().map_or(0, |line| line.text.len() - line.text.trim_start().len())
    }

    /// The text of the page.
    pub fn finish(mut self) -> String {
        self.align_comments();
        let mut text = String::new();
        for line in &self.lines {
            text.push_str(&line.text);
            if let Some(comment) = &line.comment {
                text.push_str(comment);
            }
            text.push('\n');
        }
        text
    }

    /// The gap that can be: nothing follows a comment in its line.
    fn possible(&self, word: usize, gap: Gap) -> Gap {
        let is_after_comment = self.lines.last().is_some_and(|line| line.comment.is_some());
        let must_wrap = is_after_comment || !self.words[word].before.is_empty();
        match gap {
            Gap::Flow | Gap::Spaces(_) if must_wrap => Gap::Wrap,
            gap => gap,
        }
    }

    fn begin(&mut self, gap: Gap, blank_before: bool) {
        let is_apart = gap == Gap::Apart || gap == Gap::Line && blank_before;
        if matches!(gap, Gap::Flow | Gap::Spaces(_)) && !self.lines.is_empty() {
            return;
        }
        if is_apart && !self.lines.is_empty() {
            self.lines.push(Line::default());
        }
        let text = " ".repeat(self.indent);
        self.lines.push(Line { width: self.indent, text, comment: None });
    }

    fn add(&mut self, spaces: usize, text: &str) {
        let line = self.line();
        line.text.extend(std::iter::repeat_n(' ', spaces));
        line.text.push_str(text);
        line.width += spaces + text.chars().count();
    }

    fn line(&mut self) -> &mut Line {
        self.lines.last_mut().expect("a word begins a line if there is none")
    }

    /// Whether a space stands before a word in a line.
    fn is_apart(&self, word: usize) -> bool {
        let is_after_open = word > 0 && matches!(self.words[word - 1].text, "[" | "(" | "." | ":");
        let is_close = matches!(self.words[word].text, "," | "]" | ")" | "." | ":" | "%");
        !self.glued[word] && !is_after_open && !is_close
    }

    /// Comments that end lines one below another stand one below another.
    fn align_comments(&mut self) {
        let runs = self.lines.chunk_by_mut(|above, below| above.comment.is_some() && below.comment.is_some());
        for run in runs.filter(|run| run[0].comment.is_some()) {
            let widest = run.iter().map(|line| line.width).max().unwrap_or(0);
            for line in run {
                let column = if widest <= MOST_ALIGNED { widest } else { line.width };
                line.text.extend(std::iter::repeat_n(' ', column - line.width + 2));
            }
        }
    }
}

/// Comments beside lines longer than this are not aligned.
const MOST_ALIGNED: usize = 80;

/// The gap before the first of the comments that stand before something.
fn own_line(gap: Gap) -> Gap {
    if matches!(gap, Gap::Flow | Gap::Spaces(_)) { Gap::Wrap } else { gap }
}

/// The gap between one comment and the next, or what they stand before.
fn after_comments(gap: Gap) -> Gap {
    match gap {
        Gap::First | Gap::Line | Gap::Apart => Gap::Line,
        Gap::Flow | Gap::Spaces(_) | Gap::Wrap => Gap::Wrap,
    }
}
