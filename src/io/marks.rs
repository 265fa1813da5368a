//! Where fields and rows can end: every separator and every line break of a block.
//!
//! Looking for the end of each field by itself costs a call for ten bytes. Here 64 bytes are compared
//! at a time, and what comes out is a list of places, some of which stand inside of quotes and are passed
//! over by whoever reads.

use wide::u8x16;

/// The places of all separators and line breaks, in order.
pub(super) fn find(bytes: &[u8], delimiter: u8) -> Vec<u32> {
    const WIDTH: usize = 64;
    let mut marks = Vec::with_capacity(bytes.len() / 8);
    let needles = [delimiter, b'\n', b'\r'].map(u8x16::splat);
    let (wide, rest) = bytes.as_chunks::<WIDTH>();
    for (number, chunk) in (0..).zip(wide) {
        let mut found = 0;
        for (quarter, bytes) in chunk.as_chunks::<16>().0.iter().enumerate() {
            let bytes = u8x16::from(*bytes);
            let [one, two, three] = needles.map(|needle| bytes.simd_eq(needle));
            found |= u64::from((one | two | three).to_bitmask()) << (16 * quarter);
        }
        let before: u32 = number * WIDTH as u32;
        while found != 0 {
            marks.push(before + found.trailing_zeros());
            found &= found - 1;
        }
    }
    let before = bytes.len() - rest.len();
    let is_mark = |byte: &u8| *byte == delimiter || matches!(byte, b'\n' | b'\r');
    marks.extend((before as u32..).zip(rest).filter(|(_, byte)| is_mark(byte)).map(|(place, _)| place));
    marks
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_mark_is_found(text in "[a,;\n\r\"]{0,200}") {
            let bytes = text.as_bytes();
            let expected: Vec<u32> = (0..bytes.len()).filter(|&at| matches!(bytes[at], b';' | b'\n' | b'\r')).map(|at| at as u32).collect();
            prop_assert_eq!(find(bytes, b';'), expected);
        }
    }
}
