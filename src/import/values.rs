//! What a criterion compares with, read as the field's type has it.

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;

/// A number as people write it in Salesforce, perhaps with its thousands apart: `1,000,000.50`.
pub fn number(text: &str) -> Option<Decimal> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let grouped = |whole: &str| {
        let mut groups = whole.split(',');
        let first = groups.next().unwrap_or_default();
        are_digits(first) && first.len() <= 3 && groups.all(|group| group.len() == 3 && are_digits(group))
    };
    let plain = are_digits(whole) || whole.contains(',') && grouped(whole);
    (plain && are_digits(fraction)).then(|| Decimal::from_str_exact(&text.replace(',', "")).ok()).flatten()
}

/// `01067` and its like are codes.
pub fn has_leading_zero(text: &str) -> bool {
    text.len() > 1 && text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit())
}

pub fn checkbox(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

/// Whether a text looks like a day, absolute or relative, or a moment.
pub fn is_day(text: &str) -> bool {
    !matches!(day(text), Err(NoDay::Other))
}

/// Why a text is no day that a policy could name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NoDay {
    /// `TODAY`, `LAST_N_DAYS:30`
    Relative,
    /// `3/4/2026`: which is the month depends on who wrote it.
    Ambiguous,
    Other,
}

/// A day or moment as the policy language writes it.
pub fn day(text: &str) -> Result<String, NoDay> {
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Ok(moment.to_string());
    }
    if text.len() == "2026-01-31".len()
        && let Ok(date) = text.parse::<Date>()
    {
        return Ok(date.to_string());
    }
    if is_relative(text) {
        return Err(NoDay::Relative);
    }
    with_slashes(text)
}

/// `1/31/2026`, as pages in English have it; also `31/1/2026`, where that can only be a day.
fn with_slashes(text: &str) -> Result<String, NoDay> {
    let parts: Vec<&str> = text.split('/').collect();
    let [first, second, year] = parts[..] else { return Err(NoDay::Other) };
    let part = |text: &str| text.parse::<i8>().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()));
    let (Some(first), Some(second), Ok(year), 4) = (part(first), part(second), year.parse::<i16>(), year.len()) else {
        return Err(NoDay::Other);
    };
    let (monthly, daily) = (Date::new(year, first, second).ok(), Date::new(year, second, first).ok());
    match (monthly, daily) {
        (Some(one), Some(other)) if one != other => Err(NoDay::Ambiguous),
        (Some(date), _) | (None, Some(date)) => Ok(date.to_string()),
        (None, None) => Err(NoDay::Other),
    }
}

/// The relative dates of Salesforce: `TODAY`, `LAST_N_DAYS:30`, `LAST 30 DAYS`, `THIS_FISCAL_YEAR`,
/// `3 DAYS AGO`; made of these words alone.
fn is_relative(text: &str) -> bool {
    let text = text.to_ascii_uppercase();
    let words: Vec<&str> = text.split([' ', '_', ':']).filter(|word| !word.is_empty()).collect();
    let is_unit =
        |word: &str| ["DAY", "WEEK", "MONTH", "QUARTER", "YEAR"].contains(&word.strip_suffix('S').unwrap_or(word));
    let is_number = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit());
    let is_known = |word: &&str| {
        is_unit(word) || is_number(word) || matches!(*word, "LAST" | "NEXT" | "THIS" | "N" | "FISCAL" | "AGO")
    };
    let is_day = matches!(words[..], ["TODAY" | "YESTERDAY" | "TOMORROW"]);
    is_day || words.len() > 1 && words.iter().all(is_known) && words.iter().any(|word| is_unit(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        let read = |text| number(text).map(|number| number.to_string());
        assert_eq!(read("-28").as_deref(), Some("-28"));
        assert_eq!(read("1,000,000.50").as_deref(), Some("1000000.50"));
        for none in ["", "1,00", ",5", "5.", ".5", "1e3", "10 - 49", "1000+", "--1", "1.2.3"] {
            assert_eq!(read(none), None, "{none}");
        }
        assert!(has_leading_zero("01067") && !has_leading_zero("0") && !has_leading_zero("10"));
    }

    #[test]
    fn a_day_is_one_only_if_everybody_reads_the_same() {
        assert_eq!(day("2026-01-31").as_deref(), Ok("2026-01-31"));
        assert_eq!(day("2026-01-31T09:00:00Z").as_deref(), Ok("2026-01-31T09:00:00Z"));
        assert_eq!(day("1/31/2026").as_deref(), Ok("2026-01-31"));
        assert_eq!(day("31/1/2026").as_deref(), Ok("2026-01-31"));
        assert_eq!(day("3/3/2026").as_deref(), Ok("2026-03-03"));
        assert_eq!(day("3/4/2026"), Err(NoDay::Ambiguous));
        assert_eq!(day("LAST_N_DAYS:30"), Err(NoDay::Relative));
        assert_eq!(day("last 30 days"), Err(NoDay::Relative));
        for other in ["soon", "2/30/2026", "1/2", "This Week in Tech's reader", "Day", "1/31/26"] {
            assert!(day(other).is_err(), "{other}");
        }
    }
}
