//! Cells that a spreadsheet would run as a formula, made harmless.
//!
//! A lead form is open to the world, and whoever fills in `=HYPERLINK("http://…")` as a company
//! name means the person who opens the export. Spreadsheets take a cell for a formula by its first
//! character; an apostrophe before it makes it text (OWASP, *CSV Injection*).

use std::borrow::Cow;

/// The cell with an apostrophe before it, if a spreadsheet would run it as a formula.
///
/// That is a cell beginning with `=`, `+`, `-` or `@` (their full-width forms too), also after
/// spaces, or with a tab or a line break. Numbers such as `-5`, `+49.5` and `-12,5%` are left alone,
/// as is a cell of nothing but dashes: `-` and `--` are how people write that there is nothing.
///
/// A cell made harmless is not changed again.
pub fn harmless(cell: &str) -> Cow<'_, str> {
    if looks_like_formula(cell) { Cow::Owned(format!("'{cell}")) } else { Cow::Borrowed(cell) }
}

fn looks_like_formula(cell: &str) -> bool {
    let Some(first) = cell.chars().next() else { return false };
    if !(is_sign(first) || first.is_whitespace()) {
        return false;
    }
    let text = cell.trim();
    if text.is_empty() {
        return false;
    }
    let breaks_out = matches!(first, '\t' | '\r' | '\n');
    breaks_out || (text.starts_with(is_sign) && !text.chars().all(is_dash) && !is_number(text))
}

fn is_sign(letter: char) -> bool {
    matches!(letter, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠')
}

fn is_dash(letter: char) -> bool {
    matches!(letter, '+' | '-')
}

/// `-5`, `+49.5`, `-1.234,56`, `-5%`, `-1.5e-7`
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let digits = digits.strip_suffix('%').unwrap_or(digits);
    let (digits, exponent) = digits.split_once(['e', 'E']).unwrap_or((digits, "0"));
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let plain = |digits: &str| digits.starts_with(|first: char| first.is_ascii_digit() || first == '.');
    plain(digits)
        && digits.contains(|digit: char| digit.is_ascii_digit())
        && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.' || byte == b',')
        && !exponent.is_empty()
        && exponent.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_would_run_gets_an_apostrophe() {
        for formula in [
            "=1+1",
            "=HYPERLINK(\"http://evil.example\",\"click\")",
            "+49-30",
            "+49 30 1234",
            "-2+3+cmd|' /C calc'!A0",
            "@SUM(1;2)",
            " =1+1",
            "\u{a0}=1+1",
            "\tx",
            "\r=1",
            "\nx",
            "＝1+1",
            "=",
            "-5e",
            "-.",
            "+1e5x",
        ] {
            assert_eq!(harmless(formula), format!("'{formula}"), "{formula:?}");
        }
    }

    #[test]
    fn numbers_dashes_and_ordinary_text_are_left_alone() {
        for cell in [
            "",
            "-",
            "--",
            "---",
            "+",
            "-5",
            "+49.5",
            "+491701234567",
            "-12,5%",
            "-1.234,56",
            "-.5",
            "-1.5e-7",
            " -5 ",
            " ",
            "\t",
            "ana",
            "a=b",
            "'=1+1",
            "1+1",
            "ana@example.com",
        ] {
            assert_eq!(harmless(cell), cell, "{cell:?}");
        }
    }
}
