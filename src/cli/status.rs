//! `--status FILE`: what another system knows of people now.

use std::path::{Path, PathBuf};

use super::{Console, Failure, leads};
use crate::diagnostic::Severity;
use crate::diagnostic::human::remark;
use crate::io::{self, Columns, Input, Leads, Row};
use crate::roster::Roster;
use crate::status::{self, COLUMNS, Remark, Status};

#[derive(clap::Args)]
pub struct StatusArg {
    /// A fresh export of who has how many open leads, was last seen when, and is away until when
    ///
    /// A table with the columns rep, open, last_seen and away_until, of which it may have any; it lies over
    /// the roster, and a blank cell states nothing. `rep` is a name of the roster, or a crm_id or an email
    /// in it.
    #[arg(long, value_name = "FILE")]
    status: Option<PathBuf>,
}

/// Remarks in full, beyond which they are counted.
const REMARKS_AT_MOST: usize = 5;

impl StatusArg {
    pub fn path(&self) -> Option<&Path> {
        self.status.as_deref()
    }

    /// Lays the file over the roster; what was read, if there is a file.
    pub fn apply(&self, roster: &mut Roster, console: &mut Console) -> Result<Option<Status>, Failure> {
        let Some(path) = &self.status else { return Ok(None) };
        let rows = rows(path, console)?;
        lay(path, &rows, roster, console).map(Some)
    }

    /// Lays the file over the rosters of two versions, of which the newer one should know everybody.
    pub fn apply_to_both(&self, old: &mut Roster, new: &mut Roster, console: &mut Console) -> Result<(), Failure> {
        let Some(path) = &self.status else { return Ok(()) };
        let rows = rows(path, console)?;
        lay(path, &rows, new, console)?;
        if let Ok((status, _)) = status::read(&rows, old) {
            status.apply(old);
        }
        Ok(())
    }
}

fn lay(path: &Path, rows: &[status::Row], roster: &mut Roster, console: &mut Console) -> Result<Status, Failure> {
    match status::read(rows, roster) {
        Err(errors) => {
            tell(path, &errors, Severity::Error, console)?;
            Err(Failure::with_help(
                format!("`{}` does not say what is true of people now", path.display()),
                "nothing was done: a status that holds in part would give leads to the wrong people",
            ))
        }
        Ok((status, strangers)) => {
            tell(path, &strangers, Severity::Warning, console)?;
            if status.tells_last_seen() && roster.unavailable_after.is_none() {
                let message = format!("`last_seen` in `{}` makes no difference", path.display());
                leads::warn(&message, "say in the roster `rules: { unavailable_after: 24 hours }`", console)?;
            }
            status.apply(roster);
            Ok(status)
        }
    }
}

fn rows(path: &Path, console: &mut Console) -> Result<Vec<status::Row>, Failure> {
    let leads = Leads::open_for_table(Input::open(path, None)?)?;
    let header = leads.header().clone();
    let no_rep = || {
        let message = format!("no column `rep` in `{}`", path.display());
        Failure::with_help(message, format!("its columns are {}", COLUMNS.join(", ")))
    };
    let mut columns = match Columns::bind(COLUMNS.map(|name| (name, None)), &header) {
        Err(io::Error::NoColumns { .. }) => return Err(no_rep()),
        bound => bound?,
    };
    let missing = columns.missing(&header);
    if missing.iter().any(|missing| missing.name == COLUMNS[0]) {
        return Err(no_rep());
    }
    if missing.len() == COLUMNS.len() - 1 {
        let message =
            format!("`{}` states nothing: it has none of the columns open, last_seen, away_until", path.display());
        return Err(Failure::new(message));
    }
    for missing in &missing {
        if let Some(similar) = &missing.suggestion {
            let message = format!("no column `{}` in `{}`: nothing is stated there", missing.name, path.display());
            leads::warn(&message, &format!("did you mean `{similar}`? rename it to `{}`", missing.name), console)?;
        }
    }
    let mut rows = Vec::new();
    for row in leads {
        let broken = match row? {
            Row::Reject(reject) => reject,
            Row::Lead(record) => match columns.cells(&record) {
                Err(reject) => reject,
                Ok(cells) => {
                    let cells = [0, 1, 2, 3].map(|column| cells.get(column).unwrap_or_default().to_owned());
                    rows.push(status::Row { line: record.line(), cells });
                    continue;
                }
            },
        };
        return Err(Failure::new(format!("`{}`, line {}: {}", path.display(), broken.line, broken.reason)));
    }
    Ok(rows)
}

fn tell(path: &Path, remarks: &[Remark], severity: Severity, console: &mut Console) -> Result<(), Failure> {
    for said in remarks.iter().take(REMARKS_AT_MOST) {
        let message = format!("`{}`, line {}: {}", path.display(), said.line, said.message);
        let text = remark(severity, &message, said.help.as_deref(), console.err_look);
        console.err.write_all(text.as_bytes())?;
    }
    if let Some(more) = remarks.len().checked_sub(REMARKS_AT_MOST).filter(|more| *more > 0) {
        let text = remark(severity, &format!("and {more} more rows like these"), None, console.err_look);
        console.err.write_all(text.as_bytes())?;
    }
    Ok(())
}
