//! Working hours: `Mon-Thu 09:00-17:00; Fri 09:00-13:00`.
//!
//! ```text
//! hours  = "always" | "never" | part (";" part)*
//! part   = [days] span ("," span)*        no days: every day of the week
//! days   = day ["-" day] ("," day ["-" day])*
//! span   = time "-" time                  24:00 may end a span; 22:00-06:00 runs into the next morning
//! ```
//!
//! A span over midnight has twelve hours at most: `18:00-09:00` is more likely a day with its ends
//! exchanged than a shift of fifteen hours.

use std::ops::Range;

use jiff::civil::{Time, Weekday};

use crate::roster::Hours;
use crate::suggest;

/// What is wrong, and where in the text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BadHours {
    pub message: String,
    pub help: String,
    /// Bytes of the text.
    pub at: Range<usize>,
}

/// `None` is `always`.
pub(super) fn read(text: &str) -> Result<Option<Hours>, BadHours> {
    match text.trim().to_ascii_lowercase().as_str() {
        "always" => return Ok(None),
        "never" => return Ok(Some(Hours::default())),
        _ => {}
    }
    let mut week = Week { days: Default::default(), text };
    for part in split(text, ';') {
        week.read_part(part)?;
    }
    week.finish().map(Some)
}

const EXAMPLE: &str = "write hours as `Mon-Fri 09:00-12:00, 13:00-18:00; Sat 10:00-14:00`, or `always`, or `never`";

/// Days by the names people use, Monday first.
const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

const MIDNIGHT: u16 = 24 * 60;
const LONGEST_NIGHT: u16 = 12 * 60;

/// Working time of one day in minutes, with the bytes that say so.
struct Shift {
    start: u16,
    end: u16,
    at: Range<usize>,
}

struct Week<'a> {
    days: [Vec<Shift>; 7],
    text: &'a str,
}

impl Week<'_> {
    fn read_part(&mut self, part: Range<usize>) -> Result<(), BadHours> {
        let mut days: Vec<usize> = Vec::new();
        let mut has_span = false;
        for item in self.items(part.clone()) {
            if self.text[item.clone()].starts_with(|first: char| first.is_ascii_digit()) {
                let days = if days.is_empty() { &[0, 1, 2, 3, 4, 5, 6] } else { &days[..] };
                self.read_span(days, item)?;
                has_span = true;
            } else if has_span {
                let help = "put a `;` before the next days: `Mon 09:00-12:00; Tue 13:00-18:00`".to_owned();
                return Err(BadHours { message: "a day after the times".to_owned(), help, at: item });
            } else {
                days.extend(self.read_days(item)?);
            }
        }
        if has_span {
            return Ok(());
        }
        let written = self.text[part.clone()].trim();
        let message = if written.is_empty() { "no hours here".to_owned() } else { format!("`{written}` has no times") };
        Err(BadHours { message, help: EXAMPLE.to_owned(), at: part })
    }

    /// What stands between commas and spaces; spaces around a `-` do not separate.
    fn items(&self, part: Range<usize>) -> Vec<Range<usize>> {
        let mut items: Vec<Range<usize>> = Vec::new();
        let mut joined = false;
        for word in words(self.text, part) {
            let text = &self.text[word.clone()];
            match items.last_mut() {
                Some(last) if joined || starts_with_dash(text) => last.end = word.end,
                _ => items.push(word.clone()),
            }
            joined = text.ends_with(DASHES);
        }
        items
    }

    fn read_days(&self, item: Range<usize>) -> Result<Vec<usize>, BadHours> {
        let Some((first, last)) = self.ends(&item) else {
            return Ok(vec![self.read_day(item)?]);
        };
        let (first, last) = (self.read_day(first)?, self.read_day(last)?);
        // `Sat-Mon` runs over the end of the week.
        let count = (last + 7 - first) % 7 + 1;
        Ok((first..first + count).map(|day| day % 7).collect())
    }

    fn read_day(&self, at: Range<usize>) -> Result<usize, BadHours> {
        let written = &self.text[at.clone()];
        let lower = written.trim_end_matches('.').to_ascii_lowercase();
        let found = DAYS.iter().position(|day| lower.len() >= 2 && day.starts_with(&lower));
        found.ok_or_else(|| {
            let help = match suggest::nearest(&lower, DAYS) {
                Some(day) => format!("did you mean `{}`?", short(day)),
                None => EXAMPLE.to_owned(),
            };
            BadHours { message: format!("`{written}` is not a day of the week"), help, at }
        })
    }

    fn read_span(&mut self, days: &[usize], item: Range<usize>) -> Result<(), BadHours> {
        let Some((first, last)) = self.ends(&item) else {
            let message = format!("`{}` has no end", &self.text[item.clone()]);
            return Err(BadHours { message, help: EXAMPLE.to_owned(), at: item });
        };
        let (start, end) = (self.read_time(first.clone())?, self.read_time(last.clone())?);
        if start == MIDNIGHT {
            let help = "a day begins at `00:00`".to_owned();
            return Err(BadHours { message: "no span begins at `24:00`".to_owned(), help, at: first });
        }
        if start == end {
            let message = format!("`{}` ends when it begins", &self.text[item.clone()]);
            let help = "write `00:00-24:00` for the whole day".to_owned();
            return Err(BadHours { message, help, at: item });
        }
        if end < start && MIDNIGHT - start + end > LONGEST_NIGHT {
            let (from, to) = (&self.text[last], &self.text[first]);
            let message = format!("`{}` ends before it begins", &self.text[item.clone()]);
            let help =
                format!("write `{from}-{to}`; a span over midnight, such as `22:00-06:00`, has 12 hours at most");
            return Err(BadHours { message, help, at: item });
        }
        for &day in days {
            if start < end {
                self.days[day].push(Shift { start, end, at: item.clone() });
                continue;
            }
            self.days[day].push(Shift { start, end: MIDNIGHT, at: item.clone() });
            if end > 0 {
                self.days[(day + 1) % 7].push(Shift { start: 0, end, at: item.clone() });
            }
        }
        Ok(())
    }

    /// Minutes since midnight.
    fn read_time(&self, at: Range<usize>) -> Result<u16, BadHours> {
        let written = &self.text[at.clone()];
        let minutes = || {
            let (hour, minute) = written.split_once(':')?;
            let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
            let plain = digits(hour) && digits(minute) && (1..=2).contains(&hour.len()) && minute.len() == 2;
            let (hour, minute) = (hour.parse::<u16>().ok()?, minute.parse::<u16>().ok()?);
            (plain && minute < 60 && hour * 60 + minute <= MIDNIGHT).then_some(hour * 60 + minute)
        };
        minutes().ok_or_else(|| BadHours {
            message: format!("`{written}` is not a time of day"),
            help: "times run from `00:00` to `24:00`, hours and minutes with a `:` between".to_owned(),
            at,
        })
    }

    /// The two sides of the one dash in an item.
    fn ends(&self, item: &Range<usize>) -> Option<(Range<usize>, Range<usize>)> {
        let text = &self.text[item.clone()];
        let (dash, sign) = text.char_indices().find(|&(_, sign)| DASHES.contains(&sign))?;
        let first = trimmed(self.text, item.start..item.start + dash);
        let last = trimmed(self.text, item.start + dash + sign.len_utf8()..item.end);
        Some((first, last))
    }

    fn finish(self) -> Result<Hours, BadHours> {
        let mut hours = Hours::default();
        for (day, mut shifts) in self.days.into_iter().enumerate() {
            shifts.sort_by_key(|shift| (shift.start, shift.at.start));
            if let Some(pair) = shifts.windows(2).find(|pair| pair[1].start < pair[0].end) {
                let (first, second) = (&self.text[pair[0].at.clone()], &self.text[pair[1].at.clone()]);
                return Err(BadHours {
                    message: format!("`{first}` and `{second}` overlap on {}", short(DAYS[day])),
                    help: "write each span of working time once".to_owned(),
                    at: pair[0].at.start.max(pair[1].at.start)..pair[0].at.end.max(pair[1].at.end),
                });
            }
            let weekday = Weekday::from_monday_zero_offset(day as i8).expect("a week has seven days");
            for shift in shifts {
                hours.add(weekday, time(shift.start), (shift.end < MIDNIGHT).then(|| time(shift.end)));
            }
        }
        Ok(hours)
    }
}

const DASHES: [char; 2] = ['-', '–'];

fn starts_with_dash(text: &str) -> bool {
    text.starts_with(DASHES)
}

fn time(minutes: u16) -> Time {
    Time::new((minutes / 60) as i8, (minutes % 60) as i8, 0, 0).expect("less than 24 hours")
}

/// `Mon`, `Tue`, …
fn short(day: &str) -> String {
    day[..1].to_uppercase() + &day[1..3]
}

/// The pieces of a text between separators.
fn split(text: &str, separator: char) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    let mut start = 0;
    for (at, _) in text.match_indices(separator) {
        pieces.push(start..at);
        start = at + separator.len_utf8();
    }
    pieces.push(start..text.len());
    pieces
}

/// The words of a range of a text, separated by spaces and commas.
fn words(text: &str, range: Range<usize>) -> Vec<Range<usize>> {
    let mut words: Vec<Range<usize>> = Vec::new();
    let mut inside = false;
    for (offset, sign) in text[range.clone()].char_indices() {
        let at = range.start + offset;
        let separates = sign.is_whitespace() || sign == ',';
        match words.last_mut() {
            Some(word) if !separates && inside => word.end = at + sign.len_utf8(),
            _ if !separates => words.push(at..at + sign.len_utf8()),
            _ => {}
        }
        inside = !separates;
    }
    words
}

/// A range without the spaces at its ends.
fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let inner = &text[range.clone()];
    let start = range.start + (inner.len() - inner.trim_start().len());
    start..(start + inner.trim().len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let hours = match read(text) {
            Ok(None) => return "always".to_owned(),
            Ok(Some(hours)) => hours,
            Err(bad) => return format!("{} at `{}`; {}", bad.message, &text[bad.at], bad.help),
        };
        hours.to_string()
    }

    #[test]
    fn days_stand_alone_in_ranges_and_in_lists() {
        assert_eq!(shown("Mon-Wed 09:00-17:00; Fri 9:00-13:00"), "Mon-Wed 09:00-17:00; Fri 09:00-13:00");
        assert_eq!(shown("Mon, Wed 10:00-12:00"), "Mon 10:00-12:00; Wed 10:00-12:00");
        assert_eq!(shown("Sat-Mon 10:00-12:00"), "Mon 10:00-12:00; Sat-Sun 10:00-12:00");
        assert_eq!(shown("tuesday 10:00-12:00"), "Tue 10:00-12:00");
        assert_eq!(shown("10:00-12:00"), "Mon-Sun 10:00-12:00");
    }

    #[test]
    fn a_day_has_several_spans_and_may_end_at_midnight() {
        assert_eq!(shown("Mon 09:00-12:00, 13:00-18:00"), "Mon 09:00-12:00, 13:00-18:00");
        assert_eq!(shown("Mon 13:00 - 18:00 , 09:00 – 12:00"), "Mon 09:00-12:00, 13:00-18:00");
        assert_eq!(shown("Sun 18:00-24:00"), "Sun 18:00-24:00");
        assert_eq!(shown("Mon 09:00-12:00; Mon 12:00-13:00"), "Mon 09:00-12:00, 12:00-13:00");
    }

    #[test]
    fn a_night_shift_runs_into_the_next_day() {
        assert_eq!(shown("Fri 22:00-06:00"), "Fri 22:00-24:00; Sat 00:00-06:00");
        assert_eq!(shown("Sun 22:00-06:00"), "Mon 00:00-06:00; Sun 22:00-24:00");
        assert_eq!(shown("Sun 22:00-00:00"), "Sun 22:00-24:00");
        assert_eq!(shown("Mon 18:00-06:00"), "Mon 18:00-24:00; Tue 00:00-06:00");
        assert_eq!(shown("Mon 12:00-00:00"), "Mon 12:00-24:00");
    }

    #[test]
    fn always_and_never_are_words_for_themselves() {
        assert_eq!(shown(" Always "), "always");
        assert_eq!(shown("never"), "");
        assert!(read("never").unwrap().unwrap().is_empty());
    }

    #[test]
    fn impossible_hours_are_named_at_their_place() {
        let times = "times run from `00:00` to `24:00`, hours and minutes with a `:` between";
        assert_eq!(shown("Mon 09:00-25:00"), format!("`25:00` is not a time of day at `25:00`; {times}"));
        assert_eq!(shown("Mon 9-17"), format!("`9` is not a time of day at `9`; {times}"));
        assert_eq!(shown("Mon 9:00am-5:00pm"), format!("`9:00am` is not a time of day at `9:00am`; {times}"));
        assert_eq!(
            shown("Wendesday 09:00-10:00"),
            "`Wendesday` is not a day of the week at `Wendesday`; did you mean `Wed`?"
        );
        assert_eq!(
            shown("Mon 09:00-09:00"),
            "`09:00-09:00` ends when it begins at `09:00-09:00`; write `00:00-24:00` for the whole day"
        );
        assert_eq!(
            shown("Mon-Fri 18:00-09:00"),
            "`18:00-09:00` ends before it begins at `18:00-09:00`; write `09:00-18:00`; a span over midnight, such as \
             `22:00-06:00`, has 12 hours at most"
        );
        assert_eq!(
            shown("Mon-Fri 09:00-12:00; Fri 11:00-13:00"),
            "`09:00-12:00` and `11:00-13:00` overlap on Fri at `11:00-13:00`; write each span of working time once"
        );
        assert_eq!(
            shown("Sun 22:00-06:00; Mon 05:00-08:00"),
            "`22:00-06:00` and `05:00-08:00` overlap on Mon at `05:00-08:00`; write each span of working time once"
        );
        assert_eq!(shown("Mon 09:00"), format!("`09:00` has no end at `09:00`; {EXAMPLE}"));
        assert_eq!(shown("Mon"), format!("`Mon` has no times at `Mon`; {EXAMPLE}"));
        assert_eq!(shown("Mon 09:00-10:00;"), format!("no hours here at ``; {EXAMPLE}"));
        assert_eq!(shown("Mon 24:00-06:00"), "no span begins at `24:00` at `24:00`; a day begins at `00:00`");
        assert_eq!(
            shown("Mon 09:00-12:00 Tue 09:00-12:00"),
            "a day after the times at `Tue`; put a `;` before the next days: `Mon 09:00-12:00; Tue 13:00-18:00`"
        );
    }
}
