//! Where fields and rows end: the separators and line ends of a block that stand outside of quotes.
//!
//! Looking for the end of each field by itself costs a call for ten bytes. Here 64 bytes are compared at a
//! time, and one bit stands for each. Whether a byte stands in quotes is whether the quotes up to it are odd
//! in number, which holds as long as every quote is where one is expected: where a field begins, behind
//! another quote, before a separator, a line end or another quote. Marking ends before a quote that stands
//! elsewhere; its row is for somebody else to read, and marking goes on behind it.

use fearless_simd::{Level, Simd, dispatch, prelude::*, u8x64};

/// Bytes that are looked at together.
const WIDTH: usize = 64;

/// Times so many bytes that are marked, more or less, before their rows are read: marks that are read soon are still near.
const WINDOW: usize = 8 * 1024 / WIDTH;

/// Marks written down at a time, whether there are so many or not.
const AT_ONCE: usize = 8;

/// The marks of some rows.
#[derive(Default)]
pub(super) struct Marks {
    /// Where each field begins. Of every row, the last is where the next row begins.
    begins: Vec<u32>,
    /// For each row, how many of `begins` there are up to the beginning of the next.
    rows: Vec<u32>,
    /// Whether a NUL byte was seen, perhaps behind the rows.
    pub nul: bool,
    /// Whether line breaks in quotes were seen.
    pub quoted_breaks: bool,
}

/// 64 bytes, one bit each.
#[derive(Clone, Copy)]
struct Look {
    separators: u64,
    /// Line ends; of `\r\n`, the `\n`.
    lines: u64,
    returns: u64,
    quotes: u64,
    nuls: u64,
}

/// What the bytes before say of the next one.
struct Before {
    /// All ones inside of quotes.
    inside: u64,
    /// One if a quote may open.
    may_open: u64,
    /// One behind a closing quote.
    closed: u64,
}

/// Marks of 64 bytes.
struct Found {
    /// Separators and line ends.
    all: u64,
    lines: u64,
    quoted_breaks: u64,
}

impl Marks {
    /// Marks some of the rows from a place on, at which one begins: none of them only if the first has a quote
    /// where none is expected.
    pub fn find(&mut self, bytes: &[u8], from: usize, delimiter: u8) {
        assert!(u32::try_from(bytes.len() + WIDTH).is_ok(), "blocks are far below 4 GiB");
        dispatch!(Level::new(), simd => self.find_with(simd, bytes, from, delimiter));
    }

    #[inline(always)]
    fn find_with<S: Simd>(&mut self, simd: S, bytes: &[u8], from: usize, delimiter: u8) {
        self.rows.clear();
        (self.nul, self.quoted_breaks) = (false, false);
        let mut before = Before { inside: 0, may_open: 1, closed: 0 };
        let mut count = 1;
        self.make_room(count);
        self.begins[0] = from as u32;
        let (chunks, rest) = bytes[from..].as_chunks::<WIDTH>();
        let mut at = from;
        for window in chunks.chunks(WINDOW) {
            if !self.rows.is_empty() {
                return;
            }
            self.make_room(count + WINDOW * WIDTH);
            for chunk in window {
                let look = Look::at(simd, chunk, bytes.get(at + WIDTH), delimiter);
                let Some(found) = before.pass(look) else { return };
                self.nul |= look.nuls != 0;
                self.note(at, &found, &mut count);
                at += WIDTH;
            }
        }
        // What is missing is filled with what changes nothing before it.
        let mut last = [delimiter; WIDTH];
        last[..rest.len()].copy_from_slice(rest);
        let look = Look::at(simd, &last, None, delimiter);
        let Some(found) = before.pass(look) else { return };
        let real = (1 << rest.len()) - 1;
        self.nul |= look.nuls != 0;
        self.note(at, &Found { all: found.all & real, lines: found.lines & real, ..found }, &mut count);
        let begun = self.rows.last().map_or(1, |behind| *behind as usize);
        let is_open = begun < count || (self.begins[count - 1] as usize) < bytes.len();
        if is_open && before.inside == 0 {
            self.make_room(count);
            self.begins[count] = bytes.len() as u32 + 1;
            self.rows.push(count as u32 + 1);
        }
    }

    fn make_room(&mut self, count: usize) {
        if self.begins.len() < count + WIDTH {
            self.begins.resize((2 * count).next_multiple_of(1 << 12) + WIDTH, 0);
        }
    }

    #[inline(always)]
    fn note(&mut self, at: usize, found: &Found, count: &mut usize) {
        self.quoted_breaks |= found.quoted_breaks != 0;
        let behind = at as u32 + 1;
        let mut all = found.all;
        for places in self.begins[*count..*count + WIDTH].as_chunks_mut::<AT_ONCE>().0 {
            for place in places {
                *place = behind + all.trailing_zeros();
                all &= all.wrapping_sub(1);
            }
            if all == 0 {
                break;
            }
        }
        let mut lines = found.lines;
        while lines != 0 {
            let up_to = found.all & (lines ^ (lines - 1));
            self.rows.push(*count as u32 + up_to.count_ones());
            lines &= lines - 1;
        }
        *count += found.all.count_ones() as usize;
    }

    /// For each row, where its fields begin, and last where the next row does. A blank line is a row of one
    /// field, which is empty.
    pub fn rows(&self) -> impl Iterator<Item = &[u32]> {
        let mut first = 0;
        self.rows.iter().map(move |behind| {
            let row = &self.begins[first..*behind as usize];
            first = *behind as usize - 1;
            row
        })
    }
}

impl Look {
    #[inline(always)]
    fn at<S: Simd>(simd: S, chunk: &[u8; WIDTH], next: Option<&u8>, delimiter: u8) -> Look {
        let bytes = u8x64::from_slice(simd, chunk);
        // Written out, because what is not inlined here would be compiled for any processor.
        let separators = bytes.simd_eq(delimiter).to_bitmask();
        let newlines = bytes.simd_eq(b'\n').to_bitmask();
        let quotes = bytes.simd_eq(b'"').to_bitmask();
        let low = bytes.min(b'\r').simd_eq(bytes).to_bitmask();
        let mut look = Look { separators, lines: newlines, returns: 0, quotes, nuls: 0 };
        // Most files have nothing else that is so low.
        if low & !(separators | newlines) != 0 {
            let before_newlines = newlines >> 1 | u64::from(next == Some(&b'\n')) << (WIDTH - 1);
            look.returns = bytes.simd_eq(b'\r').to_bitmask();
            look.nuls = bytes.simd_eq(0).to_bitmask();
            look.lines |= look.returns & !before_newlines;
        }
        look
    }
}

impl Before {
    /// Passes 64 bytes, unless a quote stands where none is expected.
    #[inline(always)]
    fn pass(&mut self, look: Look) -> Option<Found> {
        let Look { separators, lines, returns, quotes, nuls: _ } = look;
        let all = separators | lines;
        if quotes == 0 && self.closed == 0 {
            let outside = !self.inside;
            self.may_open = all >> (WIDTH - 1);
            return Some(Found { all: all & outside, lines: lines & outside, quoted_breaks: lines & self.inside });
        }
        let inside = is_odd_up_to(quotes) ^ self.inside;
        let (opening, closing) = (quotes & inside, quotes & !inside);
        let may_stand = all | quotes | returns;
        let stray = opening & !(may_stand << 1 | self.may_open) | (closing << 1 | self.closed) & !may_stand;
        if stray != 0 {
            return None;
        }
        *self = Before {
            inside: (inside >> (WIDTH - 1)).wrapping_neg(),
            may_open: may_stand >> (WIDTH - 1),
            closed: closing >> (WIDTH - 1),
        };
        Some(Found { all: all & !inside, lines: lines & !inside, quoted_breaks: lines & inside })
    }
}

/// For each bit, whether the bits up to it and with it are odd in number.
#[inline(always)]
fn is_odd_up_to(bits: u64) -> u64 {
    let mut sum = bits;
    for power in 0..6 {
        sum ^= sum << (1 << power);
    }
    sum
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Rows as the csv crate reads them; none of them is blank.
    fn with_the_csv_crate(text: &str) -> Vec<Vec<String>> {
        let mut reader = csv::ReaderBuilder::new().flexible(true).has_headers(false).from_reader(text.as_bytes());
        reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
    }

    fn cells_of(bytes: &[u8], begins: &[u32]) -> Vec<String> {
        let cell = |(begin, next): (u32, u32)| {
            let cell = String::from_utf8_lossy(&bytes[begin as usize..next as usize - 1]).into_owned();
            let cell = cell.strip_suffix('\r').unwrap_or(&cell);
            cell.strip_prefix('"').and_then(|cell| cell.strip_suffix('"')).unwrap_or(cell).replace("\"\"", "\"")
        };
        begins.iter().copied().zip(begins[1..].iter().copied()).map(cell).collect()
    }

    /// A cell, and whether its quotes are where they are expected.
    fn cell() -> impl Strategy<Value = String> {
        prop_oneof![3 => "[a-zé ]{0,30}", 2 => "\"(\"\"|,|;|\n|\r\n|\r|[a-z]{1,70}){0,4}\""]
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn rows_are_marked_as_the_csv_crate_reads_them(
            rows in prop::collection::vec((prop::collection::vec(cell(), 2..5), prop::sample::select(vec!["\n", "\r\n", "\r"])), 0..20),
            ended: bool,
        ) {
            let mut text: String = rows.iter().map(|(cells, end)| cells.join(",") + end).collect();
            if !ended {
                text.truncate(text.trim_end_matches(['\n', '\r']).len());
            }
            let mut marks = Marks::default();
            marks.find(text.as_bytes(), 0, b',');
            let found: Vec<_> = marks.rows().map(|begins| cells_of(text.as_bytes(), begins)).collect();
            prop_assert_eq!(found, with_the_csv_crate(&text));
        }

        #[test]
        fn marking_ends_before_a_row_with_a_quote_where_none_is_expected(
            before in prop::collection::vec("[a-z]{1,9},(\"[a-z,\n]{0,70}\"|[a-z]{0,40})\n", 0..20),
            stray in prop::sample::select(vec!["a\"", "\"a\"b", "\"\"\"a\"\"b\"\"", "\"a\" ", "a\"\""]),
        ) {
            let rows = before.concat();
            let text = format!("{rows}x,{stray},y\nb,c\n");
            let mut marks = Marks::default();
            marks.find(text.as_bytes(), 0, b',');
            let end = marks.rows().last().map_or(0, |begins| begins[begins.len() - 1]);
            prop_assert!(end as usize <= rows.len());
            // As near as the bytes are looked at together.
            prop_assert!(marks.rows().count() + WIDTH / 4 >= before.len());
        }
    }

    #[test]
    fn a_long_block_is_marked_in_parts() {
        let text = "some,cells,of,a,row\n".repeat(3_000);
        let mut marks = Marks::default();
        let (mut at, mut rows, mut parts) = (0, 0, 0);
        while at < text.len() {
            marks.find(text.as_bytes(), at, b',');
            rows += marks.rows().count();
            at = marks.rows().last().unwrap()[5] as usize;
            parts += 1;
        }
        assert_eq!((rows, parts > 3), (3_000, true));
        // But a row is whole, however long.
        let long = format!("{},\"{}\"\na,b", "x".repeat(100_000), ",\n".repeat(50_000));
        marks.find(long.as_bytes(), 0, b',');
        assert_eq!(marks.rows().next().map(<[u32]>::len), Some(3));
    }
}
