//! The few lines of one file that a report shows.
//!
//! miette draws the snippet and asks its [`SourceCode`] for the lines around each label. Its own
//! sources count lines from the top of the file each time; an excerpt takes them from the line index
//! of the [`SourceFile`], so a finding in line 100,000 of a table costs what one in line 1 does.
//! On the way the text is made safe for a terminal ([`visible_char`]), and a line too long to read
//! (a table with many columns, a roster in one line) is cut to the part that is spoken of.

use std::ops::{Range, RangeInclusive};

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use super::visible::visible_char;
use crate::source::SourceFile;

/// A label over more lines than this shows its first line only.
const LINES_AT_MOST: usize = 6;

/// Lines of one file that follow one another.
#[derive(Debug)]
pub struct Excerpt {
    name: String,
    /// Position of the first line in the file, from 0.
    first: usize,
    /// The lines as shown, one behind another, each ended by a line feed.
    text: String,
    lines: Vec<Line>,
}

#[derive(Debug)]
struct Line {
    /// Where the line starts in the excerpt's text.
    start: usize,
    /// By how many characters what is shown is shorter before any place in it: those cut off, less
    /// one for the `…` in their place.
    cut: usize,
}

impl Excerpt {
    /// The lines that `spans` (byte ranges of the file's text) touch, those between, and `context`
    /// lines around; and the spans as ranges of the excerpt's text. No line is longer than `width`
    /// characters.
    pub fn new(
        name: String,
        file: &SourceFile,
        spans: &[Range<usize>],
        context: usize,
        width: usize,
    ) -> (Excerpt, Vec<Range<usize>>) {
        let spans: Vec<Range<usize>> = spans.iter().map(|span| first_lines(file, span)).collect();
        let shown = lines_around(file, &spans, context);
        let mut excerpt = Excerpt { name, first: *shown.start(), text: String::new(), lines: Vec::new() };
        let places: Vec<Place> = shown.map(|line| excerpt.add_line(file, line, &spans, width)).collect();
        let offset = |at: usize| places[file.line_index(at) - excerpt.first].offset(file, at);
        let ranges = spans.iter().map(|span| offset(span.start)..offset(span.end)).collect();
        (excerpt, ranges)
    }

    /// In which column, from 0, the middle of a range stands, below which miette says what is there.
    pub fn column(&self, range: &Range<usize>) -> usize {
        let start = self.lines[self.line_at(range.start)].start;
        let before = self.text[start..range.start].chars().count();
        before + self.text[range.clone()].chars().take_while(|character| *character != '\n').count() / 2
    }

    fn add_line(&mut self, file: &SourceFile, line: usize, spans: &[Range<usize>], width: usize) -> Place {
        let content = file.line_range(line);
        let spoken_of = spans.iter().map(|span| span.start).find(|&start| file.line_index(start) == line);
        let focus = spoken_of.map_or(0, |at| at - content.start);
        let shown = window(&file.text[content.clone()], focus, width);
        let shown = content.start + shown.start..content.start + shown.end;
        let cut = file.text[content.start..shown.start].chars().count().saturating_sub(1);
        self.lines.push(Line { start: self.text.len(), cut });
        if shown.start > content.start {
            self.text.push('…');
        }
        let start = self.text.len();
        self.text.extend(file.text[shown.clone()].chars().map(shown_char));
        if shown.end < content.end {
            self.text.push('…');
        }
        self.text.push('\n');
        Place { start, shown }
    }

    /// The line (counted in the excerpt) that holds an offset of its text.
    fn line_at(&self, offset: usize) -> usize {
        self.lines.partition_point(|line| line.start <= offset) - 1
    }
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        lines_before: usize,
        lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let line = self.line_at(span.offset());
        let last_byte = span.offset() + span.len().saturating_sub(1);
        let first = line.saturating_sub(lines_before);
        let last = (self.line_at(last_byte) + lines_after).min(self.lines.len() - 1);
        // Without lines before it, miette asks where the span itself begins.
        let start = if lines_before == 0 { span.offset() } else { self.lines[first].start };
        let end = self.lines.get(last + 1).map_or(self.text.len(), |next| next.start);
        let before = &self.text[self.lines[first].start..start];
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            &self.text.as_bytes()[start..end],
            (start, end - start).into(),
            self.first + first,
            self.lines[first].cut + before.chars().count(),
            last - first + 1,
        )))
    }
}

/// The lines of a file (from 0) that a span touches, or its first if it is long.
pub fn lines_of(file: &SourceFile, span: &Range<usize>) -> RangeInclusive<usize> {
    let span = first_lines(file, span);
    file.line_index(span.start)..=file.line_index(span.end)
}

/// Which part of the file a shown line holds, and where.
struct Place {
    /// Where the part starts in the excerpt's text.
    start: usize,
    /// The part, as a range of the file's text.
    shown: Range<usize>,
}

impl Place {
    /// An offset of the line in the file as one of the excerpt. What is cut off, and the line end,
    /// count as the nearest place that is shown.
    fn offset(&self, file: &SourceFile, at: usize) -> usize {
        let before = &file.text[self.shown.start..at.clamp(self.shown.start, self.shown.end)];
        self.start + before.chars().map(|character| shown_char(character).len_utf8()).sum::<usize>()
    }
}

/// The span itself, or its first line if it is long.
fn first_lines(file: &SourceFile, span: &Range<usize>) -> Range<usize> {
    let first = file.line_index(span.start);
    let last = file.line_index(span.end.saturating_sub(1).max(span.start));
    let end_of_last = file.line_range(if last - first < LINES_AT_MOST { last } else { first }).end;
    span.start..span.end.min(end_of_last).max(span.start)
}

fn lines_around(file: &SourceFile, spans: &[Range<usize>], context: usize) -> RangeInclusive<usize> {
    let first = spans.iter().map(|span| file.line_index(span.start)).min().unwrap_or(0);
    let last = spans.iter().map(|span| file.line_index(span.end)).max().unwrap_or(0);
    // The line feed at the end of a file begins no line worth showing, unless it is spoken of.
    let end = file.line_count() - 1;
    let end = if file.line_range(end).is_empty() { end.saturating_sub(1) } else { end };
    first.saturating_sub(context)..=(last + context).min(end).max(last)
}

/// The part of a line to show: all of it, or `width` characters around the one at `focus`.
fn window(line: &str, focus: usize, width: usize) -> Range<usize> {
    if line.chars().nth(width).is_none() {
        return 0..line.len();
    }
    let before = line[..focus.min(line.len())].chars().count();
    let boundary = |index: usize| line.char_indices().nth(index).map_or(line.len(), |(at, _)| at);
    let first = if before < width { 0 } else { before - width / 4 };
    boundary(first)..boundary(first + width)
}

/// miette draws tabs as spaces; whatever else is not for a terminal is replaced.
fn shown_char(character: char) -> char {
    if character == '\t' { '\t' } else { visible_char(character) }
}
