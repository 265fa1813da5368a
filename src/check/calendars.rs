//! The calendar files that reps name → what they say about absences.
//!
//! A file is read once for each person whose it is, as they may have declined what others have not; people
//! without an address in the roster share what they read. Everything but absences (meetings, tasks, alarms) is
//! passed over unread: what cannot keep a lead from anybody cannot stop a policy either.

mod event;
mod lines;

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::reading::DataFiles;
use crate::calendar::Calendar;
use crate::diagnostic::{Code, Finding};
use crate::roster::Roster;
use crate::source::{FileId, SourceFile, SourceMap, Span};

use event::Events;

/// Gives every rep what the calendar file they name says.
pub(super) fn attach(roster: &mut Roster, data: &DataFiles, sources: &SourceMap, findings: &mut Vec<Finding>) {
    let mut read_before: FxHashMap<(FileId, Option<String>), Arc<Calendar>> = FxHashMap::default();
    let mut told: FxHashSet<FileId> = FxHashSet::default();
    for rep in roster.reps.iter_mut() {
        let Some(named) = &mut rep.calendar else { continue };
        let Some(&file) = data.get(&named.span) else { continue };
        let calendar = read_before.entry((file, rep.email.clone())).or_insert_with(|| {
            let mut found = Vec::new();
            let calendar = read(sources.file(file), rep.email.as_deref(), &mut found);
            // What is wrong with a file is wrong for all who share it.
            if told.insert(file) {
                findings.append(&mut found);
            }
            Arc::new(calendar)
        });
        named.calendar = Arc::clone(calendar);
    }
}

/// Reads the calendar of somebody with an e-mail address; what is wrong with it is said line by line.
pub fn read(file: &SourceFile, owner: Option<&str>, findings: &mut Vec<Finding>) -> Calendar {
    let mut problems = Problems { file, findings: Vec::new() };
    let objects = lines::objects(file, &mut problems);
    let calendar = Events::new(&objects, owner, &mut problems).calendar();
    findings.append(&mut problems.findings);
    calendar
}

/// What is wrong with one file. A file that was damaged on its way is wrong all over, so few are enough.
struct Problems<'a> {
    file: &'a SourceFile,
    findings: Vec<Finding>,
}

const PROBLEMS_AT_MOST: usize = 10;

impl Problems<'_> {
    fn say(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) {
        if self.findings.len() < PROBLEMS_AT_MOST {
            self.findings.push(Finding::new(Code::BadCalendar, span, message).help(help));
        }
    }

    fn end(&self) -> Span {
        let last = self.file.line_range(self.file.line_index(self.file.text.trim_end().len()));
        self.file.span_at(last)
    }
}
