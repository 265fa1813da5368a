//! Text that a format has just as it stands, which nearly all is: found out sixteen bytes at a time.

use wide::u8x16;

/// Whether a table can have a cell without quotes.
#[inline]
pub(super) fn in_table(cell: &[u8], delimiter: u8) -> bool {
    let special = [delimiter, b'"', b'\n', b'\r'].map(u8x16::splat);
    lacks(cell, |bytes| {
        let [one, two, three, four] = special.map(|byte| bytes.simd_eq(byte));
        one | two | three | four
    })
}

/// Whether JSON has a string without escapes.
#[inline]
pub fn in_json(text: &[u8]) -> bool {
    let [quote, escape, control] = [b'"', b'\\', b' ' - 1].map(u8x16::splat);
    lacks(text, |bytes| bytes.simd_eq(quote) | bytes.simd_eq(escape) | bytes.min(control).simd_eq(bytes))
}

/// Whether JSON has a string without escapes, but for the quotes in it.
#[inline]
pub(super) fn in_json_but_for_quotes(text: &[u8]) -> bool {
    let [escape, control] = [b'\\', b' ' - 1].map(u8x16::splat);
    lacks(text, |bytes| bytes.simd_eq(escape) | bytes.min(control).simd_eq(bytes))
}

/// Whether a text has none of the bytes that are `wanted`. Of a text that is no multiple of sixteen bytes some are
/// looked at twice.
#[inline]
fn lacks(text: &[u8], wanted: impl Fn(u8x16) -> u8x16) -> bool {
    let has = |bytes: &[u8; 16]| wanted(u8x16::from(*bytes)).to_bitmask() != 0;
    match text.last_chunk::<16>() {
        Some(last) => !text.as_chunks::<16>().0.iter().chain([last]).any(has),
        None => !has(&sixteen(text)),
    }
}

/// A text of fewer bytes, each at least once; of an empty one, letters.
#[inline]
fn sixteen(text: &[u8]) -> [u8; 16] {
    let [first, last] = if let (Some(first), Some(last)) = (text.first_chunk::<8>(), text.last_chunk::<8>()) {
        [first, last].map(|eight| u64::from_le_bytes(*eight))
    } else if let (Some(first), Some(last)) = (text.first_chunk::<4>(), text.last_chunk::<4>()) {
        [first, last].map(|four| u64::from(u32::from_le_bytes(*four)) * (1 | 1 << 32))
    } else {
        [text.iter().fold(u64::from_le_bytes([b'a'; 8]), |eight, byte| eight << 8 | u64::from(*byte)); 2]
    };
    (u128::from(first) | u128::from(last) << 64).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn text_is_plain_if_every_byte_of_it_is(text in "[a!\\[#,;\t\u{1f}\u{7f}\u{80}é日\"\\\\\n\r]{0,3}[a-z]{0,20}[a!,;\n\r\"\\\\é]{0,2}[a-z]{0,9}") {
            let bytes = text.as_bytes();
            let table = |delimiter| !bytes.iter().any(|byte| matches!(byte, b'"' | b'\n' | b'\r') || *byte == delimiter);
            prop_assert_eq!([in_table(bytes, b','), in_table(bytes, b'\t')], [table(b','), table(b'\t')]);
            prop_assert_eq!(in_json(bytes), !bytes.iter().any(|byte| matches!(byte, 0..b' ' | b'"' | b'\\')));
            prop_assert_eq!(in_json_but_for_quotes(bytes), !bytes.iter().any(|byte| matches!(byte, 0..b' ' | b'\\')));
        }
    }
}
