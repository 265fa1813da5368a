//! Places as the protocol counts them: lines from 0, and columns in units of an encoding that client and
//! server agree upon.
//!
//! A line ends with `\n`, `\r\n` or `\r`. A place beyond a line's end means that end, and one inside of a
//! character means its beginning, so every place a client may name is a place of the text.

use std::ops::Range;
use std::sync::Arc;

use gen_lsp_types as lsp;

/// What a column counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Encoding {
    Utf8,
    /// What every client understands.
    #[default]
    Utf16,
}

/// A text and where its lines begin.
pub struct Lines {
    text: Arc<str>,
    starts: Vec<usize>,
    encoding: Encoding,
}

impl Encoding {
    /// UTF-8 if the client offers it, as that is what texts are kept in.
    pub fn of(offered: &[lsp::PositionEncodingKind]) -> Encoding {
        if offered.contains(&lsp::PositionEncodingKind::UTF8) { Encoding::Utf8 } else { Encoding::Utf16 }
    }

    pub fn kind(self) -> lsp::PositionEncodingKind {
        match self {
            Encoding::Utf8 => lsp::PositionEncodingKind::UTF8,
            Encoding::Utf16 => lsp::PositionEncodingKind::UTF16,
        }
    }

    fn width(self, character: char) -> usize {
        match self {
            Encoding::Utf8 => character.len_utf8(),
            Encoding::Utf16 => character.len_utf16(),
        }
    }
}

impl Lines {
    pub fn new(text: &Arc<str>, encoding: Encoding) -> Lines {
        let bytes = text.as_bytes();
        let ends = |at: &usize| bytes[*at] == b'\n' || bytes[*at] == b'\r' && bytes.get(at + 1) != Some(&b'\n');
        let starts = std::iter::once(0).chain((0..bytes.len()).filter(ends).map(|at| at + 1)).collect();
        Lines { text: text.clone(), starts, encoding }
    }

    /// The offset in the text of a place.
    pub fn offset(&self, position: lsp::Position) -> usize {
        let Some(&start) = self.starts.get(position.line as usize) else { return self.text.len() };
        let next = self.starts.get(position.line as usize + 1).copied().unwrap_or(self.text.len());
        let line = self.text[start..next].trim_end_matches(['\n', '\r']);
        let mut left = position.character as usize;
        for (at, character) in line.char_indices() {
            let width = self.encoding.width(character);
            if left < width {
                return start + at;
            }
            left -= width;
        }
        start + line.len()
    }

    pub fn position(&self, offset: usize) -> lsp::Position {
        let line = self.starts.partition_point(|start| *start <= offset) - 1;
        let before = &self.text[self.starts[line]..offset];
        let character = before.chars().map(|character| self.encoding.width(character)).sum::<usize>();
        lsp::Position { line: line as u32, character: character as u32 }
    }

    pub fn range(&self, range: Range<usize>) -> lsp::Range {
        lsp::Range { start: self.position(range.start), end: self.position(range.end) }
    }

    /// Offsets of a range; one that runs backwards is empty.
    pub fn offsets(&self, range: lsp::Range) -> Range<usize> {
        let (start, end) = (self.offset(range.start), self.offset(range.end));
        start..end.max(start)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(line: u32, character: u32) -> lsp::Position {
        lsp::Position { line, character }
    }

    #[test]
    fn columns_count_what_was_agreed_upon() {
        // An ö has two bytes and one unit of UTF-16, the train four bytes and two units.
        let text: Arc<str> = "ö🚂x\r\ny\rz".into();
        let (utf8, utf16) = (Lines::new(&text, Encoding::Utf8), Lines::new(&text, Encoding::Utf16));
        assert_eq!((utf8.position(6), utf16.position(6)), (at(0, 6), at(0, 3)));
        assert_eq!((utf8.offset(at(0, 6)), utf16.offset(at(0, 3))), (6, 6));
        assert_eq!(utf16.offset(at(0, 2)), 2, "inside of the train is before it");
        assert_eq!(utf16.offset(at(0, 99)), 7, "beyond the line's end is its end");
        assert_eq!((utf16.offset(at(1, 1)), utf16.offset(at(2, 1))), (10, 12));
        assert_eq!(utf16.offset(at(9, 0)), text.len(), "beyond the last line is the text's end");
    }

    proptest! {
        #[test]
        fn a_place_is_where_its_offset_is(text in "[aö🚂\n\r]{0,12}", utf8: bool) {
            let lines = Lines::new(&text.as_str().into(), if utf8 { Encoding::Utf8 } else { Encoding::Utf16 });
            for (offset, _) in text.char_indices() {
                let inside_line_end = text[..offset].ends_with('\r') && text[offset..].starts_with('\n');
                if !inside_line_end {
                    prop_assert_eq!(lines.offset(lines.position(offset)), offset);
                }
            }
        }

        #[test]
        fn every_place_is_one_of_the_text(text in "[aö🚂\n\r]{0,12}", line in 0u32..9, character in 0u32..9) {
            let offset = Lines::new(&text.as_str().into(), Encoding::Utf16).offset(at(line, character));
            prop_assert!(text.is_char_boundary(offset));
        }
    }
}
