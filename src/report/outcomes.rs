//! What became of leads: a file with the columns `lead`, `first_contact_at`, `converted_at`, `value`.

use jiff::Timestamp;
use rust_decimal::Decimal;
use rustc_hash::FxHashMap;

use crate::cell::{Cell, Type};
use crate::io::{Columns, Error, Header, Leads, Reject, Row};
use crate::policy::Project;

/// The columns, in any order; `lead` must be there.
const COLUMNS: [&str; 4] = ["lead", "first_contact_at", "converted_at", "value"];

/// What became of one lead.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Outcome {
    pub first_contact_at: Option<Timestamp>,
    pub converted_at: Option<Timestamp>,
    pub value: Option<Decimal>,
}

/// The outcomes of a file, by lead.
#[derive(Clone, Debug, Default)]
pub struct Outcomes {
    by_lead: FxHashMap<Box<str>, Entry>,
    /// What is wrong with the file, a sentence for each place.
    remarks: Vec<String>,
}

#[derive(Clone, Debug)]
struct Entry {
    outcome: Outcome,
    line: u64,
    asked: bool,
}

impl Outcomes {
    /// Reads a file; `name` is what remarks call it, `normal` the form in which leads are known.
    /// `Ok(Err(_))` says what column is missing.
    pub fn read(
        leads: Leads,
        project: &Project,
        normal: impl Fn(&str) -> String,
        name: &str,
    ) -> Result<Result<Outcomes, MissingColumn>, Error> {
        let mut columns = match Columns::bind(COLUMNS.map(|column| (column, None)), leads.header()) {
            Err(Error::NoColumns { .. }) => return Ok(Err(MissingColumn { suggestion: None })),
            bound => bound?,
        };
        let header = leads.header().clone();
        let is_table = matches!(header, Header::Columns(_));
        if let Some(missing) = missing_lead(&columns, &header).filter(|_| is_table) {
            return Ok(Err(missing));
        }
        let mut outcomes = Outcomes::default();
        let mut rows = 0u64;
        for row in leads {
            rows += 1;
            let entry = match row? {
                Row::Reject(reject) => Err(reject),
                Row::Lead(record) => columns.cells(&record).map(|cells| {
                    let cell = |column: usize| cells.get(column).unwrap_or_default().trim().to_owned();
                    ([cell(0), cell(1), cell(2), cell(3)], record.line())
                }),
            };
            outcomes.take(entry, project, &normal, name);
        }
        match missing_lead(&columns, &header).filter(|_| rows > 0) {
            Some(missing) => Ok(Err(missing)),
            None => Ok(Ok(outcomes)),
        }
    }

    /// When somebody first got in touch with a lead.
    pub fn first_contact(&self, lead: &str) -> Option<Timestamp> {
        self.by_lead.get(lead)?.outcome.first_contact_at
    }

    /// What became of a lead; remembers that it was asked for.
    pub(super) fn of(&mut self, lead: &str) -> Option<Outcome> {
        let entry = self.by_lead.get_mut(lead)?;
        entry.asked = true;
        Some(entry.outcome)
    }

    /// How many leads nobody asked for.
    pub(super) fn unasked(&self) -> u64 {
        self.by_lead.values().filter(|entry| !entry.asked).count() as u64
    }

    pub(super) fn remarks(&self) -> &[String] {
        &self.remarks
    }

    fn take(
        &mut self,
        row: Result<([String; 4], u64), Reject>,
        project: &Project,
        normal: &impl Fn(&str) -> String,
        name: &str,
    ) {
        let ([lead, contact, conversion, value], line) = match row {
            Ok(row) => row,
            Err(reject) => {
                self.remarks.push(format!("{name}, line {}: {}", reject.line, reject.reason));
                return;
            }
        };
        if lead.is_empty() {
            self.remarks.push(format!("{name}, line {line}: `lead` is blank"));
            return;
        }
        let lead = normal(&lead);
        if let Some(first) = self.by_lead.get(lead.as_str()) {
            self.remarks
                .push(format!("{name}, line {line}: lead `{lead}` has its outcome on line {} already", first.line));
            return;
        }
        let mut cell = |column: &str, ty: &Type, text: &str| {
            ty.read(text, &project.timezone).unwrap_or_else(|why| {
                self.remarks.push(format!(
                    "{name}, line {line}: {column} `{text}` counts as blank, it is not {}",
                    why.expected
                ));
                Cell::Blank
            })
        };
        let first_contact_at = timestamp(&cell("first_contact_at", &Type::Timestamp, &contact));
        let converted_at = timestamp(&cell("converted_at", &Type::Timestamp, &conversion));
        let value = match cell("value", &Type::Number(None), &value) {
            Cell::Number(number) => Some(number),
            _ => None,
        };
        let outcome = Outcome { first_contact_at, converted_at, value };
        self.by_lead.insert(lead.into_boxed_str(), Entry { outcome, line, asked: false });
    }
}

/// The file has no column `lead`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MissingColumn {
    /// The column most like it.
    pub suggestion: Option<String>,
}

fn missing_lead(columns: &Columns, header: &Header) -> Option<MissingColumn> {
    let missing = columns.missing(header).into_iter().find(|missing| missing.name == "lead")?;
    Some(MissingColumn { suggestion: missing.suggestion })
}

fn timestamp(cell: &Cell) -> Option<Timestamp> {
    match cell {
        Cell::Timestamp(moment) => Some(*moment),
        _ => None,
    }
}
