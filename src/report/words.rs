//! Figures in words, the same in the text and on the page.

use jiff::civil::Date;
use rust_decimal::Decimal;

/// What stands where a figure means nothing.
pub const NOTHING: &str = "–";

/// `12,345`
pub fn count(number: u64) -> String {
    grouped(&number.to_string())
}

/// `1 lead`, `12,345 leads`
pub fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// A sum of money or the like, exactly as it adds up.
pub fn value(number: Decimal) -> String {
    let text = number.normalize().to_string();
    match text.split_once('.') {
        Some((whole, decimals)) => format!("{}.{decimals}", grouped(whole)),
        None => grouped(&text),
    }
}

/// `12.3 %`; what is not quite nothing or not quite all does not look it.
pub fn percent(share: Option<f64>) -> String {
    let Some(share) = share else { return NOTHING.to_owned() };
    let percent = share * 100.0;
    if percent > 0.0 && percent < 0.05 {
        return "< 0.1 %".to_owned();
    }
    if percent < 100.0 && percent > 99.95 {
        return "> 99.9 %".to_owned();
    }
    if percent == 0.0 || percent == 100.0 { format!("{percent} %") } else { format!("{percent:.1} %") }
}

/// With so many decimals at most.
pub fn decimals(number: f64, places: usize) -> String {
    let text = format!("{number:.places$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// With exactly so many decimals, for figures that stand below one another.
pub fn maybe(number: Option<f64>, places: usize) -> String {
    number.map_or_else(|| NOTHING.to_owned(), |number| format!("{number:.places$}"))
}

/// `0.4 s`, `8 s`, `1 min 20 s`, `1 h 12 min`, `2 d 3 h`
pub fn duration(seconds: Option<f64>) -> String {
    let Some(seconds) = seconds else { return NOTHING.to_owned() };
    if seconds < 9.95 {
        return format!("{} s", decimals(seconds, 1));
    }
    let whole = seconds.round() as u64;
    let (minute, hour, day) = (60, 3_600, 86_400);
    match whole {
        s if s < minute => format!("{s} s"),
        s if s < hour => two(s / minute, "min", s % minute, "s"),
        s if s < day => two(s / hour, "h", s % hour / minute, "min"),
        s => two(s / day, "d", s % day / hour, "h"),
    }
}

fn two(large: u64, unit: &str, small: u64, small_unit: &str) -> String {
    if small == 0 {
        format!("{} {unit}", count(large))
    } else {
        format!("{} {unit} {small} {small_unit}", count(large))
    }
}

/// `Mon 16 Nov 2026`
pub fn day(date: Date) -> String {
    date.strftime("%a %-d %b %Y").to_string()
}

/// `16 Nov`
pub fn short_day(date: Date) -> String {
    date.strftime("%-d %b").to_string()
}

/// `16 – 22 Nov 2026`, as short as it can be.
pub fn span(first: Date, last: Date) -> String {
    let full = |date: Date| date.strftime("%-d %b %Y").to_string();
    if first == last {
        return full(first);
    }
    let start = match (first.year() == last.year(), first.month() == last.month()) {
        (true, true) => first.strftime("%-d").to_string(),
        (true, false) => short_day(first),
        (false, _) => full(first),
    };
    format!("{start} – {}", full(last))
}

fn grouped(digits: &str) -> String {
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |rest| ("-", rest));
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    format!("{sign}{text}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_as_people_write_them() {
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(value(Decimal::new(-1_234_550, 2)), "-12,345.5");
        assert_eq!(percent(None), "–");
        assert_eq!(percent(Some(0.0)), "0 %");
        assert_eq!(percent(Some(0.0001)), "< 0.1 %");
        assert_eq!(percent(Some(0.99999)), "> 99.9 %");
        assert_eq!(percent(Some(0.1234)), "12.3 %");
        let times = [0.42, 8.0, 59.6, 80.0, 3_600.0, 4_320.0, 183_600.0];
        let told = times.map(|seconds| duration(Some(seconds)));
        assert_eq!(told, ["0.4 s", "8 s", "1 min", "1 min 20 s", "1 h", "1 h 12 min", "2 d 3 h"]);
        assert_eq!(decimals(-0.04, 1), "0");
    }

    #[test]
    fn days_say_no_more_than_they_must() {
        let day = |text: &str| text.parse().unwrap();
        assert_eq!(span(day("2026-11-16"), day("2026-11-16")), "16 Nov 2026");
        assert_eq!(span(day("2026-11-16"), day("2026-11-22")), "16 – 22 Nov 2026");
        assert_eq!(span(day("2026-10-30"), day("2026-11-22")), "30 Oct – 22 Nov 2026");
        assert_eq!(span(day("2025-12-30"), day("2026-01-02")), "30 Dec 2025 – 2 Jan 2026");
    }
}
