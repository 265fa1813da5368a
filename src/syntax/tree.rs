//! What the grammar found, as one list: each part before the parts inside it.
//!
//! Whoever builds a tree asks every part for its parts several times over. Pest's own pairs count and look
//! through what is inside of them each time; here the next part is known by its place in the list, and where a
//! part ends has been found out once.

use pest::RuleType;
use pest::Token;
use pest::iterators::Pairs;

/// All parts of a text that was read. All text of a project is addressed by 32 bits, and so are its parts.
pub(super) struct Tree<'s, R> {
    text: &'s str,
    parts: Vec<Part<R>>,
}

#[derive(Clone, Copy)]
struct Part<R> {
    rule: R,
    start: u32,
    /// Where reading it ended: behind the space after an absent optional part.
    end: u32,
    /// Where its last word ends.
    last: u32,
    /// Index of the part that follows all that is inside of this one.
    next: u32,
}

/// One part of a tree.
pub(super) struct Node<'t, R> {
    tree: &'t Tree<'t, R>,
    at: u32,
}

impl<R> Clone for Node<'_, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for Node<'_, R> {}

impl<'s, R: RuleType> Tree<'s, R> {
    /// The parts in their order, without those of the rule `mark`, which only count something.
    pub fn new(text: &'s str, pairs: Pairs<'s, R>, mark: R) -> Tree<'s, R> {
        let tokens = pairs.tokens();
        let mut tree = Tree { text, parts: Vec::with_capacity(tokens.len() / 2) };
        let mut open: Vec<usize> = Vec::new();
        for token in tokens {
            match token {
                Token::Start { rule, .. } | Token::End { rule, .. } if rule == mark => {}
                Token::Start { rule, pos } => {
                    open.push(tree.parts.len());
                    let start = pos.pos() as u32;
                    tree.parts.push(Part { rule, start, end: start, last: start, next: 0 });
                }
                Token::End { pos, .. } => {
                    let closed = open.pop().expect("what ends has begun");
                    tree.close(closed, pos.pos(), open.last().copied());
                }
            }
        }
        tree
    }

    /// The outermost part.
    pub fn root(&self) -> Node<'_, R> {
        Node { tree: self, at: 0 }
    }

    fn close(&mut self, at: usize, end: usize, outer: Option<usize>) {
        let next = self.parts.len() as u32;
        let part = &mut self.parts[at];
        (part.end, part.next) = (end as u32, next);
        if part.last == part.start {
            part.last = (end - behind_words(&self.text[..end], part.start as usize)) as u32;
        }
        let (start, last) = (part.start, part.last);
        if let Some(outer) = outer.filter(|_| start < last) {
            self.parts[outer].last = last;
        }
    }
}

/// The length of the space at the end of a text, from an offset on, unless that may belong to a comment.
fn behind_words(text: &str, start: usize) -> usize {
    if text.ends_with(|last: char| last.is_ascii_graphic()) {
        return 0;
    }
    let word = &text[start..];
    let kept = word.trim_end();
    let is_in_comment = kept.rsplit('\n').next().is_some_and(|line| line.contains('#'));
    if is_in_comment { 0 } else { word.len() - kept.len() }
}

impl<'t, R: RuleType> Node<'t, R> {
    pub fn as_rule(&self) -> R {
        self.part().rule
    }

    pub fn as_str(&self) -> &'t str {
        &self.tree.text[self.start()..self.end()]
    }

    pub fn start(&self) -> usize {
        self.part().start as usize
    }

    /// Where reading it ended, which may be behind the space that follows it.
    pub fn end(&self) -> usize {
        self.part().end as usize
    }

    /// Where its last word ends: pest counts the space after an absent optional part.
    pub fn end_of_words(&self) -> usize {
        self.part().last as usize
    }

    fn part(&self) -> &'t Part<R> {
        &self.tree.parts[self.at as usize]
    }
}

/// The parts directly in a node.
pub(super) fn parts<'t, R: RuleType>(node: &Node<'t, R>) -> impl Iterator<Item = Node<'t, R>> + use<'t, R> {
    let tree = node.tree;
    let (mut at, end) = (node.at + 1, node.part().next);
    std::iter::from_fn(move || {
        let part = Node { tree, at };
        (at < end).then(|| {
            at = part.part().next;
            part
        })
    })
}

pub(super) fn all<'t, R: RuleType>(node: &Node<'t, R>, kind: R) -> impl Iterator<Item = Node<'t, R>> + use<'t, R> {
    parts(node).filter(move |part| part.as_rule() == kind)
}

pub(super) fn opt<'t, R: RuleType>(node: &Node<'t, R>, kind: R) -> Option<Node<'t, R>> {
    all(node, kind).next()
}

pub(super) fn one<'t, R: RuleType>(node: &Node<'t, R>, kind: R) -> Node<'t, R> {
    opt(node, kind).expect("the grammar requires this part")
}

pub(super) fn two<'t, R: RuleType>(node: &Node<'t, R>, kind: R) -> (Node<'t, R>, Node<'t, R>) {
    let mut found = all(node, kind);
    let first = found.next().expect("the grammar requires two");
    (first, found.next().expect("the grammar requires two"))
}

pub(super) fn inner<'t, R: RuleType>(node: &Node<'t, R>) -> Node<'t, R> {
    parts(node).next().expect("the grammar puts something inside")
}

pub(super) fn last<'t, R: RuleType>(node: &Node<'t, R>) -> Node<'t, R> {
    parts(node).last().expect("the grammar puts something inside")
}

/// The part of a node that has only one.
pub(super) fn sole<'t, R: RuleType>(node: &Node<'t, R>) -> Option<Node<'t, R>> {
    let mut parts = parts(node);
    parts.next().filter(|_| parts.next().is_none())
}
