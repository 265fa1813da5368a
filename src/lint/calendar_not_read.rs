//! `calendar-not-read`: a rep's calendar file, which routing does not read yet. Until it does, silence
//! would mean leads for somebody who is on holiday.

use super::{Facts, Lint};
use crate::diagnostic::{Code, Finding};

pub const LINT: Lint = Lint { code: Code::CalendarNotRead, find };

fn find(facts: &Facts) -> Vec<Finding> {
    let reps = facts.project.roster.reps.iter();
    let calendars = reps.filter_map(|rep| rep.calendar.as_ref().map(|(file, span)| (rep, file, *span)));
    calendars
        .map(|(rep, file, span)| {
            let message = format!("the calendar `{file}` of `{}` is not read yet", rep.name);
            Finding::new(Code::CalendarNotRead, span, message)
                .at("busy days in it do not count as away")
                .help("write the days under `away:` too")
                .with_current_tables()
        })
        .collect()
}
