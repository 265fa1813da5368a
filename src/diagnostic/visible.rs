//! Text from files, made safe to show.
//!
//! A cell of a CSV file may hold an escape sequence that clears the screen or renames the window,
//! and a bidirectional override makes a rule read otherwise than it acts (CVE-2021-42574). Such
//! characters are shown as pictures of themselves.

use std::borrow::Cow;

/// A line of text without anything a terminal would act on; tabs and line breaks too.
pub fn visible(text: &str) -> Cow<'_, str> {
    if text.chars().all(|character| visible_char(character) == character) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.chars().map(visible_char).collect())
    }
}

/// The character itself, or what to show in its place: a picture from the block *Control Pictures*
/// (`␛` for escape), or `�` where there is none.
pub fn visible_char(character: char) -> char {
    match character {
        '\0'..='\x1f' => char::from_u32(0x2400 + character as u32).expect("U+2400 to U+241F are characters"),
        '\x7f' => '␡',
        '\u{80}'..='\u{9f}' => '�',
        // Marks, embeddings, overrides and isolates of the bidirectional algorithm, and the line and
        // paragraph separators.
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '�',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_act_on_becomes_a_picture_of_itself() {
        assert_eq!(visible("Müller & Søn"), "Müller & Søn");
        assert_eq!(visible("\x1b[2Jgone\r\n\u{9b}31m"), "␛[2Jgone␍␊�31m");
        assert_eq!(visible("team \u{202e}a"), "team �a");
    }
}
