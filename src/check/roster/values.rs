//! What one value of a roster says: a weight, a limit, a day, a zone.

use std::ops::Range;
use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use rust_decimal::Decimal;

use super::yaml::{Kind, Node};
use super::{Reader, hours};
use crate::cell::{self, Cell, Type};
use crate::check::files::inside;
use crate::diagnostic::{Code, Finding};
use crate::roster::{DateRange, Hours, NamedCalendar};
use crate::timezone;

/// Weights are whole millionths up to a million, so that sums and shares stay exact integers.
const MAX_WEIGHT: i64 = 1_000_000;
const WEIGHT_DECIMALS: u32 = 6;

const A_YEAR: SignedDuration = SignedDuration::from_hours(366 * 24);

impl Reader<'_> {
    pub(super) fn scalar<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n str> {
        let found = match &node.kind {
            Kind::Scalar(text) => return Some(text.trim()),
            Kind::Blank => "empty",
            Kind::List(_) => "a list",
            Kind::Map(_) => "a map",
        };
        self.bad(node.span, format!("{what} is {found} here"), "write one value");
        None
    }

    pub(super) fn text(&mut self, node: &Node, what: &str) -> Option<String> {
        self.scalar(node, &format!("`{what}`")).map(str::to_owned)
    }

    pub(super) fn email(&mut self, node: &Node) -> Option<String> {
        let text = self.scalar(node, "`email`")?;
        match Type::Email.read(text, &TimeZone::UTC) {
            Ok(Cell::Text(_)) => Some(text.to_owned()),
            _ => self.refuse(node.span, format!("`{text}` is not an e-mail address"), "write it as `ana@example.com`"),
        }
    }

    pub(super) fn weight(&mut self, node: &Node) -> Option<Decimal> {
        const HELP: &str =
            "a weight is a number from 0 to 1000000 with at most 6 decimals: 2 gets twice as many leads as 1";
        let text = self.scalar(node, "`weight`")?;
        let digits = text.strip_prefix('-').unwrap_or(text);
        let plain = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let number = Decimal::from_str_exact(text).ok().filter(|_| plain).map(|number| number.normalize());
        let problem = match number {
            None => "is not a number",
            Some(number) if number < Decimal::ZERO => "is below zero",
            Some(number) if number > Decimal::from(MAX_WEIGHT) => "is too large",
            Some(number) if number.scale() > WEIGHT_DECIMALS => "has too many decimals",
            Some(number) => return Some(number),
        };
        self.refuse(node.span, format!("weight `{text}` {problem}"), HELP)
    }

    /// `unlimited` is `Some(None)`.
    pub(super) fn limit(&mut self, node: &Node, what: &str) -> Option<Option<u32>> {
        match &node.kind {
            Kind::Scalar(text) if text.trim() == "unlimited" => Some(None),
            _ => self.count(node, what).map(Some),
        }
    }

    pub(super) fn count(&mut self, node: &Node, what: &str) -> Option<u32> {
        let text = self.scalar(node, &format!("`{what}`"))?;
        let plain = text.bytes().all(|byte| byte.is_ascii_digit());
        if let Some(count) = text.parse().ok().filter(|_| plain) {
            return Some(count);
        }
        let help = match what {
            "capacity" => "write how many open leads they may have at most, e.g. `40`, or `unlimited`",
            "daily" => "write how many new leads a day they may get at most, e.g. `12`, or `unlimited`",
            _ => "write how many open leads they have at the start, e.g. `31`",
        };
        self.refuse(node.span, format!("{what} `{text}` is not a whole number"), help)
    }

    pub(super) fn truth(&mut self, node: &Node, what: &str) -> Option<bool> {
        match self.scalar(node, &format!("`{what}`"))? {
            "true" | "yes" => Some(true),
            "false" | "no" => Some(false),
            text => {
                self.refuse(node.span, format!("{what} `{text}` is neither true nor false"), "write `true` or `false`")
            }
        }
    }

    pub(super) fn skills(&mut self, node: &Node) -> Vec<String> {
        let mut skills: Vec<String> = Vec::new();
        for item in self.items(node) {
            match self.scalar(item, "a skill") {
                Some(skill) if !skills.iter().any(|known| known == skill) => skills.push(skill.to_owned()),
                _ => {}
            }
        }
        skills
    }

    /// `always` is `Some(None)`.
    pub(super) fn hours(&mut self, node: &Node) -> Option<Option<Hours>> {
        let Kind::Scalar(text) = &node.kind else {
            self.scalar(node, "`hours`");
            return None;
        };
        match hours::read(text) {
            Ok(hours) => Some(hours),
            Err(bad) => self.refuse(self.inside(node, text, bad.at), bad.message, bad.help),
        }
    }

    pub(super) fn timezone(&mut self, node: &Node) -> Option<TimeZone> {
        let name = self.scalar(node, "`timezone`")?;
        if let Some(zone) = timezone::named(name) {
            return Some(zone);
        }
        let help = match timezone::nearest(name) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "write a name of the time-zone database, e.g. `Europe/Berlin`".to_owned(),
        };
        self.refuse(node.span, format!("no time zone is called `{name}`"), help)
    }

    pub(super) fn holidays(&mut self, node: &Node) -> Vec<Date> {
        let mut days: Vec<Date> = Vec::new();
        for item in self.items(node) {
            let Some(range) = self.date_range(item, "holidays") else { continue };
            if range.last.duration_since(range.first) > A_YEAR {
                let help = "write the days on which nobody works; a person's absence goes under `away`";
                self.bad(item.span, "a holiday of more than a year", help);
                continue;
            }
            days.extend(range.first.series(1.day()).take_while(|day| *day <= range.last));
        }
        days.sort_unstable();
        days.dedup();
        days
    }

    /// Days and ranges of days.
    pub(super) fn dates(&mut self, node: &Node, what: &str) -> Vec<DateRange> {
        let items = self.items(node);
        items.into_iter().filter_map(|item| self.date_range(item, what)).collect()
    }

    fn date_range(&mut self, node: &Node, what: &str) -> Option<DateRange> {
        let Kind::Scalar(text) = &node.kind else {
            self.scalar(node, &format!("a day of `{what}`"));
            return None;
        };
        let Some((first, last)) = text.split_once("..") else {
            let day = self.date(node, text, 0..text.len())?;
            return Some(DateRange { first: day, last: day });
        };
        let first_day = self.date(node, text, 0..first.len());
        let last_day = self.date(node, text, first.len() + 2..text.len());
        let (first_day, last_day) = (first_day?, last_day?);
        if last_day < first_day {
            let help = format!("write `{last_day}..{first_day}`, the earlier day first");
            let message = format!("`{}..{}` ends before it begins", first.trim(), last.trim());
            return self.refuse(node.span, message, help);
        }
        Some(DateRange { first: first_day, last: last_day })
    }

    /// A date that is a part of the text.
    fn date(&mut self, node: &Node, text: &str, at: Range<usize>) -> Option<Date> {
        let written = text[at.clone()].trim();
        if let Some(date) = date(written) {
            return Some(date);
        }
        let start = at.start + (text[at.clone()].len() - text[at].trim_start().len());
        let span = self.inside(node, text, start..start + written.len());
        let help = "write a day as `2026-11-20`, and a range as `2026-11-20..2026-11-24`";
        self.refuse(span, format!("`{written}` is not a date"), help)
    }

    pub(super) fn left(&mut self, node: &Node) -> Option<Date> {
        let text = self.scalar(node, "`left`")?;
        if let Some(date) = date(text) {
            return Some(date);
        }
        let message = match text {
            "true" | "yes" => format!("`left: {text}` does not say since when"),
            _ => format!("`{text}` is not a date"),
        };
        self.refuse(node.span, message, "write the first day they are gone, e.g. `left: 2026-10-01`")
    }

    pub(super) fn timestamp(&mut self, node: &Node, timezone: &TimeZone) -> Option<Timestamp> {
        let text = self.scalar(node, "`last_seen`")?;
        let help = "write a date and time as `2026-11-21T17:02:00Z`";
        cell::read_timestamp(text, timezone)
            .or_else(|| self.refuse(node.span, format!("`{text}` is not a date and time"), help))
    }

    /// Seconds.
    pub(super) fn duration(&mut self, node: &Node) -> Option<u64> {
        let text = self.scalar(node, "`unavailable_after`")?;
        let help = "write a number and a unit: `30 minutes`, `24 hours`, `2 days`";
        seconds(text).or_else(|| self.refuse(node.span, format!("`{text}` is not a length of time"), help))
    }

    /// The file itself is read elsewhere.
    pub(super) fn calendar(&mut self, node: &Node) -> Option<NamedCalendar> {
        let path = self.scalar(node, "`calendar`")?;
        if inside(path).is_some() {
            return Some(NamedCalendar { path: path.to_owned(), span: node.span, calendar: Arc::default() });
        }
        let message = format!("`{path}` is outside the project's folder");
        let help = "name a file inside the folder, e.g. `calendars/ana.ics`";
        self.findings.push(Finding::new(Code::OutsideProject, node.span, message).help(help));
        None
    }
}

/// `YYYY-MM-DD` and nothing else.
fn date(text: &str) -> Option<Date> {
    let bytes = text.as_bytes();
    let shape = bytes.len() == 10
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    if shape { text.parse().ok() } else { None }
}

fn seconds(text: &str) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let unit = match unit.trim() {
        "second" | "seconds" => 1,
        "minute" | "minutes" => 60,
        "hour" | "hours" => 60 * 60,
        "day" | "days" => 24 * 60 * 60,
        "week" | "weeks" => 7 * 24 * 60 * 60,
        _ => return None,
    };
    number.parse::<u32>().ok().filter(|number| *number > 0).map(|number| u64::from(number) * unit)
}
