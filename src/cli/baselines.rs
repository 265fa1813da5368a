//! `lint --baseline` and `--write-baseline`.

use std::path::{Path, PathBuf};

use super::{Console, Failure, leads};
use crate::diagnostic::baseline::{Baseline, EntryV1};
use crate::diagnostic::human::remark;
use crate::diagnostic::{Code, Finding, Severity, visible};
use crate::io::{Outputs, in_words};
use crate::lint::Levels;
use crate::source::SourceMap;

/// Entries named that no longer occur; the rest are counted.
const NAMED: usize = 10;

#[derive(clap::Args)]
pub struct BaselineArgs {
    /// Let the findings pass that a file knows: only others are shown, and only they count
    ///
    /// Entries that no longer occur are named. Errors that stop a policy from being read always count.
    #[arg(long, value_name = "FILE", conflicts_with = "explain")]
    baseline: Option<PathBuf>,

    /// Write the findings there are to a file for `--baseline`, and let them pass
    ///
    /// Together with `--baseline`, only those that it knows are written: it gets smaller, never larger.
    #[arg(long, value_name = "FILE", conflicts_with = "explain")]
    write_baseline: Option<PathBuf>,
}

impl BaselineArgs {
    /// Marks the findings that a baseline knows: the one that was read, or the one that is written now.
    pub fn apply(
        &self,
        findings: &mut [Finding],
        sources: &SourceMap,
        levels: &Levels,
        console: &mut Console,
    ) -> Result<(), Failure> {
        let there_are = Baseline::of(findings, sources);
        let known = self.known()?;
        if let Some(path) = &self.write_baseline {
            let kept = known.map_or_else(|| there_are.clone(), |known| there_are.and(&known));
            write(path, &kept)?;
            kept.mark(findings, sources);
            let known = findings.iter().filter(|finding| !finding.is_news()).count();
            let things = if known == 1 { "finding" } else { "findings" };
            writeln!(console.err, "{known} {things} written to `{}`", path.display())?;
        } else if let (Some(path), Some(known)) = (&self.baseline, known) {
            let gone = known.mark(findings, sources).only(|code| was_looked_for(code, levels));
            say_gone(path, &gone, console)?;
        }
        Ok(())
    }

    /// A policy that cannot be read has shown none of its findings, so there is nothing to write.
    pub fn refuse(&self) -> Result<(), Failure> {
        // What is wrong with the file is worth knowing at once.
        self.known()?;
        self.write_baseline.as_deref().map_or(Ok(()), |path| Err(refusal(path)))
    }

    fn known(&self) -> Result<Option<Baseline>, Failure> {
        self.baseline.as_deref().map(read).transpose()
    }
}

fn read(path: &Path) -> Result<Baseline, Failure> {
    let name = path.display();
    let help = format!("write one with `--write-baseline {name}`");
    #[expect(clippy::disallowed_methods, reason = "the command line reads what it is told to")]
    let text = std::fs::read_to_string(path)
        .map_err(|why| Failure::with_help(format!("cannot read `{name}`: {}", in_words(&why)), &help))?;
    Baseline::read(&text).map_err(|why| Failure::with_help(format!("`{name}` {why}"), help))
}

/// Nothing but a baseline makes room for one: a slip of the hand must not cost a policy.
fn write(path: &Path, baseline: &Baseline) -> Result<(), Failure> {
    let is_empty = path.metadata().is_ok_and(|metadata| metadata.len() == 0);
    if path.is_file() && !is_empty && read(path).is_err() {
        let message = format!("`{}` is no baseline and would be overwritten", path.display());
        return Err(Failure::with_help(message, "write to another file, or remove this one first"));
    }
    let mut output = Outputs::new().create(path)?;
    leads::write(&mut output, &baseline.to_json())?;
    Ok(Outputs::commit([output])?)
}

/// Why there can be no baseline of a policy that cannot be read.
fn refusal(path: &Path) -> Failure {
    let message = format!("`{}` was not written: the policy could not be read", path.display());
    Failure::with_help(message, "mend the errors above first; a baseline lets findings pass, not these")
}

/// Whether a finding of this code would have been found. A code that is no longer known never is again,
/// so its entries are to go.
fn was_looked_for(code: &str, levels: &Levels) -> bool {
    Code::named(code).is_none_or(|code| levels.runs(code))
}

/// Names what can be taken out of a baseline.
fn say_gone(path: &Path, gone: &Baseline, console: &mut Console) -> Result<(), Failure> {
    let name = path.display();
    let entries: Vec<EntryV1> = gone.entries().collect();
    let message = match entries.len() {
        0 => return Ok(()),
        1 => format!("1 entry of `{name}` no longer occurs"),
        more => format!("{more} entries of `{name}` no longer occur"),
    };
    console.err.write_all(remark(Severity::Note, &message, None, console.err_look).as_bytes())?;
    for entry in entries.iter().take(NAMED) {
        writeln!(console.err, "  {}", visible(&shown(entry)))?;
    }
    if entries.len() > NAMED {
        writeln!(console.err, "  and {} more", entries.len() - NAMED)?;
    }
    writeln!(console.err, "  to take them out: --baseline {name} --write-baseline {name}")?;
    Ok(())
}

/// `unreachable-rule in regions.dach_small: dach_small`
fn shown(entry: &EntryV1) -> String {
    let place = if entry.place.is_empty() { String::new() } else { format!(" in {}", entry.place) };
    let times = if entry.times == 1 { String::new() } else { format!(" ({} of them)", entry.times) };
    format!("{}{place}: {}{times}", entry.code, entry.text)
}
