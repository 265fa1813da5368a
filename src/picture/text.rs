//! How wide a text will be, and what of it there is room for.
//!
//! Nobody knows the font that will show an SVG. Widths are those of DejaVu Sans, the widest of the usual
//! sans-serif fonts, so that what fits here fits everywhere; in Arial a line ends some tenth earlier.

use unicode_width::UnicodeWidthChar;

use crate::diagnostic::visible;

/// What stands where the rest of a text was left out.
const MORE: char = '…';

#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Font {
    /// In pixels.
    pub size: f64,
    pub bold: bool,
}

/// The lines of a text that there was room for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fitted {
    pub lines: Vec<String>,
    /// Whether something was left out.
    pub is_cut: bool,
}

/// A text on one line, without characters that XML cannot hold or a reader cannot see.
pub fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.extend(visible(word).chars().map(|c| if matches!(c, '\u{fffe}' | '\u{ffff}') { '\u{fffd}' } else { c }));
    }
    out
}

/// In pixels, and never less than what a browser needs.
pub fn width(text: &str, font: Font) -> f64 {
    text.chars().map(|character| advance(character, font.bold)).sum::<u32>() as f64 * font.size / 1000.0
}

/// As much of a text as fits into a line.
pub fn fit(text: &str, room: f64, font: Font) -> Fitted {
    wrap(text, room, font, 1)
}

/// A text in lines of at most `room` pixels, broken at spaces, and inside of a word where it alone is too
/// long; what does not fit into `most` lines is left out.
pub fn wrap(text: &str, room: f64, font: Font, most: usize) -> Fitted {
    let mut lines: Vec<String> = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() && lines.len() < most {
        let end = line_end(rest, room, font);
        lines.push(rest[..end].trim_end().to_owned());
        rest = rest[end..].trim_start();
    }
    if !rest.is_empty()
        && let Some(last) = lines.last_mut()
    {
        while !last.is_empty() && width(last, font) + f64::from(advance(MORE, font.bold)) * font.size / 1000.0 > room {
            last.pop();
        }
        last.truncate(last.trim_end_matches([' ', ',']).len());
        last.push(MORE);
    }
    Fitted { lines, is_cut: !rest.is_empty() }
}

/// Where the first line of a text ends, in bytes; after its first character at the earliest.
fn line_end(text: &str, room: f64, font: Font) -> usize {
    let mut used = 0.0;
    let (mut space, mut joint, mut before) = (None, None, ' ');
    for (at, character) in text.char_indices() {
        if character == ' ' {
            space = Some(at);
        } else if is_joint(before, character) {
            joint = Some(at);
        }
        before = character;
        used += f64::from(advance(character, font.bold)) * font.size / 1000.0;
        if used > room && at > 0 {
            // A break far to the left leaves a line that is almost empty.
            let joint = joint.filter(|joint| *joint * 2 > at);
            return space.filter(|space| *space * 3 > at).or(joint).unwrap_or(at);
        }
    }
    text.len()
}

/// Whether a word may be broken between two letters: `Unallocated|Leads`, `dach_|senior`.
fn is_joint(before: char, character: char) -> bool {
    "_-./@:".contains(before) || (before.is_lowercase() && character.is_uppercase())
}

/// In thousandths of the font's size.
fn advance(character: char, bold: bool) -> u32 {
    let ascii = (character as usize).checked_sub(32).and_then(|index| REGULAR.get(index).zip(BOLD.get(index)));
    if let Some((regular, strong)) = ascii {
        return u32::from(if bold { *strong } else { *regular });
    }
    let regular = match character.width().unwrap_or(0) {
        0 => 0,
        1 if character.is_lowercase() => 760,
        1 => 1000,
        _ => 1250,
    };
    if bold { regular + regular / 8 } else { regular }
}

/// From the space to the tilde.
#[rustfmt::skip]
const REGULAR: [u16; 95] = [
    318, 401, 460, 838, 637, 951, 780, 275, 391, 391, 500, 838, 318, 361, 318, 337, 637, 637, 637, 637, 637, 637, 637,
    637, 637, 637, 337, 337, 838, 838, 838, 531, 1000, 685, 687, 699, 771, 632, 576, 775, 752, 295, 295, 656, 558, 863,
    749, 788, 604, 788, 695, 635, 611, 732, 685, 989, 686, 611, 686, 391, 337, 391, 838, 500, 500, 613, 635, 550, 635,
    616, 353, 635, 634, 278, 278, 580, 278, 975, 634, 612, 635, 635, 412, 521, 393, 634, 592, 818, 592, 592, 525, 637,
    337, 637, 838,
];

#[rustfmt::skip]
const BOLD: [u16; 95] = [
    349, 457, 521, 838, 696, 1002, 873, 307, 458, 458, 523, 838, 380, 416, 380, 366, 696, 696, 696, 696, 696, 696, 696,
    696, 696, 696, 400, 400, 838, 838, 838, 581, 1000, 774, 763, 734, 831, 684, 684, 821, 837, 373, 373, 775, 638, 996,
    837, 851, 733, 851, 771, 721, 683, 813, 774, 1104, 771, 725, 726, 458, 366, 458, 838, 500, 500, 675, 716, 593, 716,
    679, 436, 716, 712, 343, 343, 666, 343, 1042, 712, 688, 716, 716, 494, 596, 479, 712, 652, 924, 646, 652, 583, 712,
    366, 712, 838,
];

#[cfg(test)]
mod tests {
    use super::*;

    const FONT: Font = Font { size: 10.0, bold: false };

    #[test]
    fn lines_fit_and_say_what_was_left_out() {
        let text = "country in [DE, AT, CH] and employees >= 500 and Donaudampfschifffahrtsgesellschaft is 东京";
        for (room, most) in [(60.0, 1), (120.0, 2), (200.0, 3), (9.0, 40), (2000.0, 1)] {
            let fitted = wrap(text, room, FONT, most);
            assert!(fitted.lines.len() <= most);
            assert!(fitted.lines.iter().all(|line| width(line, FONT) <= room.max(12.6)), "{room}: {fitted:?}");
            assert_eq!(fitted.is_cut, fitted.lines.last().is_some_and(|line| line.ends_with(MORE)), "{fitted:?}");
            if !fitted.is_cut {
                let letters = |text: &str| text.replace(' ', "");
                assert_eq!(letters(&fitted.lines.concat()), letters(text));
            }
        }
        assert_eq!(wrap("queue CentralUnallocatedLeads", 145.0, FONT, 2).lines, ["queue CentralUnallocated", "Leads"]);
        assert_eq!(wrap("", 100.0, FONT, 2), Fitted { lines: Vec::new(), is_cut: false });
    }

    #[test]
    fn a_clean_text_can_stand_in_xml() {
        assert_eq!(clean(" a\n\tb\u{1b}\u{ffff} \u{202e}c "), "a b␛\u{fffd} \u{fffd}c");
    }
}
