//! The lines of a calendar file and the objects that they enclose (RFC 5545, 3.1 and 3.4).

use std::borrow::Cow;

use ical::tree::line::IcalLine;

use super::Problems;
use crate::source::{SourceFile, Span};

/// What stands between a `BEGIN` and its `END`.
#[derive(Debug)]
pub(super) struct Object<'a> {
    /// In capitals: `VEVENT`.
    pub name: String,
    pub properties: Vec<Property<'a>>,
    pub objects: Vec<Object<'a>>,
    pub span: Span,
}

/// A line: `DTSTART;TZID=Europe/Berlin:20261224T090000`.
#[derive(Debug)]
pub(super) struct Property<'a> {
    line: IcalLine<'a>,
    /// In capitals.
    pub name: String,
    pub value: String,
    pub span: Span,
}

/// Objects inside of objects, beyond which it is no calendar.
const DEEPEST: usize = 16;

const HELP: &str = "export the calendar again: the file is no iCalendar file (RFC 5545), or only a part of one";

/// The objects of a file, as far as it can be read.
pub(super) fn objects<'a>(file: &'a SourceFile, problems: &mut Problems) -> Vec<Object<'a>> {
    let mut open: Vec<Object> = vec![object("", file.span_at(0..0))];
    for property in properties(file, problems) {
        match property.name.as_str() {
            "BEGIN" if open.len() > DEEPEST => {
                problems.say(property.span, "objects are nested too deep", HELP);
                break;
            }
            "BEGIN" => open.push(object(property.value.trim(), property.span)),
            "END" => {
                let ended = property.value.trim().to_ascii_uppercase();
                match open.pop() {
                    Some(inner) if !open.is_empty() && inner.name == ended => enclosing(&mut open).objects.push(inner),
                    Some(other) => {
                        let opened = if other.name.is_empty() { "nothing" } else { other.name.as_str() };
                        let message = format!("`END:{ended}` ends what `BEGIN:{opened}` began");
                        let message =
                            if other.name.is_empty() { format!("`END:{ended}` ends nothing") } else { message };
                        problems.say(property.span, message, HELP);
                        return Vec::new();
                    }
                    None => unreachable!("what encloses everything is taken by the line before"),
                }
            }
            _ => enclosing(&mut open).properties.push(property),
        }
    }
    closed(open, problems)
}

/// Everything, if it ends as it began.
fn closed<'a>(mut open: Vec<Object<'a>>, problems: &mut Problems) -> Vec<Object<'a>> {
    if let ([_, .., unfinished], true) = (&open[..], problems.findings.is_empty()) {
        let message = format!("`BEGIN:{}` is never ended: the file breaks off", unfinished.name);
        problems.say(unfinished.span, message, HELP);
    }
    let outermost = open.swap_remove(0);
    let calendars = outermost.objects.iter().filter(|object| object.name == "VCALENDAR").count();
    if let Some(stray) = outermost.properties.first() {
        problems.say(stray.span, "this stands outside of any calendar", HELP);
    } else if calendars == 0 && problems.findings.is_empty() {
        problems.say(problems.end(), "there is no calendar in this file", HELP);
    }
    outermost
        .objects
        .into_iter()
        .filter(|object| object.name == "VCALENDAR")
        .flat_map(|object| object.objects)
        .collect()
}

fn enclosing<'v, 'a>(open: &'v mut Vec<Object<'a>>) -> &'v mut Object<'a> {
    open.last_mut().expect("what encloses everything is never ended")
}

fn object(name: &str, span: Span) -> Object<'static> {
    Object { name: name.to_ascii_uppercase(), properties: Vec::new(), objects: Vec::new(), span }
}

/// The file's lines, folded ones put together; it ends at the first that cannot be read.
fn properties<'a>(file: &'a SourceFile, problems: &mut Problems) -> Vec<Property<'a>> {
    let mut found = Vec::new();
    let mut rest = file.text.as_bytes();
    while !rest.trim_ascii().is_empty() {
        let at = file.text.len() - rest.trim_ascii_start().len();
        let span = file.span_at(file.line_range(file.line_index(at)));
        match IcalLine::take(rest) {
            Ok((line, next)) => {
                found.push(Property::new(line, span));
                rest = next;
            }
            Err(_) => {
                problems.say(span, "this is no line of a calendar: it has no `:`", HELP);
                break;
            }
        }
    }
    found
}

impl<'a> Property<'a> {
    fn new(line: IcalLine<'a>, span: Span) -> Property<'a> {
        let name = line.name.get().to_ascii_uppercase();
        let value = line.raw_value_str().trim().to_owned();
        Property { line, name, value, span }
    }

    /// What a parameter says, e.g. `TZID`; of several the first.
    pub fn parameter(&self, name: &str) -> Option<Cow<'_, str>> {
        let parameter = self.line.params.iter().find(|param| param.name.get().eq_ignore_ascii_case(name))?;
        let value = parameter.values.first()?.get();
        Some(Cow::Borrowed(value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value)))
    }
}

impl<'a> Object<'a> {
    pub fn property(&self, name: &str) -> Option<&Property<'a>> {
        self.properties.iter().find(|property| property.name == name)
    }

    pub fn all(&self, name: &str) -> impl Iterator<Item = &Property<'a>> {
        self.properties.iter().filter(move |property| property.name == name)
    }

    /// Whether a property has a value, in any case of letters.
    pub fn says(&self, name: &str, values: &[&str]) -> bool {
        let found = self.property(name);
        found.is_some_and(|found| values.iter().any(|value| found.value.eq_ignore_ascii_case(value)))
    }
}
