//! Text that a format has just as it stands, which nearly all is: found out eight bytes at a time.

/// Whether a table can have a cell without quotes.
pub(super) fn in_table(text: &[u8], delimiter: u8) -> bool {
    every_eight(text, |eight| same(eight, delimiter) | same(eight, b'"') | same(eight, b'\n') | same(eight, b'\r') == 0)
}

/// Whether JSON has a string without escapes.
pub fn in_json(text: &[u8]) -> bool {
    every_eight(text, |eight| below(eight, b' ') | same(eight, b'"') | same(eight, b'\\') == 0)
}

/// Asks for eight bytes at a time, for the last eight once more. What is shorter is filled up with letters.
#[inline]
fn every_eight(text: &[u8], is_plain: impl Fn(u64) -> bool) -> bool {
    let (eights, rest) = text.as_chunks::<8>();
    if let Some(last) = text.last_chunk::<8>() {
        return eights.iter().chain([last]).all(|eight| is_plain(u64::from_le_bytes(*eight)));
    }
    is_plain(rest.iter().fold(u64::from_le_bytes([b'a'; 8]), |eight, byte| eight << 8 | u64::from(*byte)))
}

const ONES: u64 = u64::MAX / 255;
const HIGH: u64 = ONES << 7;

/// Not zero if one of eight bytes is below another, and only then: "Bit Twiddling Hacks", determine if a word has
/// a byte less than n.
fn below(eight: u64, other: u8) -> u64 {
    eight.wrapping_sub(ONES * u64::from(other)) & !eight & HIGH
}

/// Not zero if one of eight bytes is another, and only then.
fn same(eight: u64, other: u8) -> u64 {
    below(eight ^ (ONES * u64::from(other)), 1)
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
        }
    }
}
