//! Arguments that several commands share.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Console, Exit, Failure};
use crate::cell::read_timestamp;
use crate::check::{self, Loaded, NoProject, Noted};
use crate::diagnostic::human;
use crate::ledger::Archived;
use crate::policy::Project;
use crate::source::SourceMap;

#[derive(clap::Args)]
pub struct ProjectArg {
    /// A folder with a `main.rules`, or a `.rules` file
    #[arg(value_name = "PROJECT")]
    pub project: PathBuf,
}

#[derive(clap::Args)]
pub struct AtArg {
    /// The moment to take for now, e.g. 2026-11-23T10:00:00Z or 2026-11-23
    ///
    /// Without an offset it is read in the project's time zone.
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
}

/// A project as far as it could be loaded.
pub struct Opened {
    pub loaded: Loaded,
    /// Leads from where the user stands to the project's folder; file names are put after it.
    pub prefix: String,
}

/// A project without errors.
pub struct Checked {
    pub project: Project,
    pub sources: SourceMap,
    /// As in [`Opened`].
    pub prefix: String,
}

impl ProjectArg {
    /// Loads the project; if something is wrong with it, says so on standard error and fails.
    pub fn check(&self, console: &mut Console) -> Result<Checked, Failure> {
        checked(&self.project, console)
    }
}

impl ProjectArg {
    /// The same, with every file that was read: for a ledger, which keeps them.
    pub fn check_noting(&self, console: &mut Console) -> Result<(Checked, Archived), Failure> {
        let (folder, main) = check::locate(&self.project).map_err(|why| no_project(&why))?;
        let noted = Noted::new(&folder);
        let loaded = check::load(&noted, &main);
        let checked = complete(Opened { loaded, prefix: prefix(&folder.0) }, console)?;
        let roster = checked.project.roster.source;
        let roster = roster.map(|source| checked.sources.file(checked.sources.file_of(source.file)).name.clone());
        let files = noted.into_files();
        Ok((checked, Archived { main, roster, files, status: None }))
    }
}

impl Checked {
    /// Fails if an output is one of the project's own files, or another file that the run reads.
    pub fn spare_inputs<'a>(
        &self,
        outputs: impl IntoIterator<Item = &'a Path>,
        others: impl IntoIterator<Item = PathBuf>,
    ) -> Result<(), Failure> {
        let own = self.sources.files().map(|(_, file)| PathBuf::from(format!("{}{}", self.prefix, file.name)));
        let inputs: Vec<PathBuf> = own.chain(others).filter_map(|input| input.canonicalize().ok()).collect();
        for output in outputs {
            let is_input = |place: &PathBuf| place.is_file() && inputs.contains(place);
            if output.canonicalize().is_ok_and(|place| is_input(&place)) {
                let message = format!("`{}` is read by this run and would be overwritten", output.display());
                return Err(Failure::with_help(message, "write to another file"));
            }
        }
        Ok(())
    }
}

impl AtArg {
    /// The moment given, if one is, and if it is one.
    pub fn given(&self, timezone: &TimeZone) -> Option<Timestamp> {
        read_timestamp(self.at.as_ref()?, timezone)
    }

    /// The moment given, or the one the command began at.
    pub fn now(&self, timezone: &TimeZone, console: &Console) -> Result<Timestamp, Failure> {
        let Some(text) = &self.at else { return Ok(console.now) };
        self.given(timezone).ok_or_else(|| {
            let message = format!("`{text}` is no moment");
            Failure::with_help(message, "write e.g. `--at 2026-11-23T10:00:00Z` or `--at 2026-11-23`")
        })
    }
}

/// Loads the project at a path, whatever is wrong with it; fails if there is none.
pub fn open(path: &Path) -> Result<Opened, Failure> {
    let (folder, main) = check::locate(path).map_err(|why| no_project(&why))?;
    let prefix = prefix(&folder.0);
    Ok(Opened { loaded: check::load(&folder, &main), prefix })
}

/// Loads the project at a path; if something is wrong with it, says so on standard error and fails.
pub fn checked(path: &Path, console: &mut Console) -> Result<Checked, Failure> {
    complete(open(path)?, console)
}

/// A project that was loaded; if something is wrong with it, says so on standard error and fails.
pub fn complete(Opened { loaded, prefix }: Opened, console: &mut Console) -> Result<Checked, Failure> {
    let Loaded { sources, project, findings, .. } = loaded;
    let Some(project) = project else {
        let text = human::render(&findings, &sources, &prefix, console.err_look);
        console.err.write_all(text.as_bytes())?;
        return Err(Failure::Shown(Exit::Usage));
    };
    Ok(Checked { project, sources, prefix })
}

fn no_project(why: &NoProject) -> Failure {
    let message = why.to_string();
    match why {
        NoProject::Unreadable(..) | NoProject::NoMain(_) => {
            Failure::with_help(message, "PROJECT is a folder with a `main.rules`, or a `.rules` file")
        }
        NoProject::NotRules(_) | NoProject::StrangeName(_) => Failure::new(message),
    }
}

/// What to put before a file name of the project so that it leads there from the current folder:
/// nothing for the current folder itself, else the folder with a `/` at its end. Reports that leave
/// the machine should not name the folders above, so a path into the current folder is made relative.
fn prefix(folder: &Path) -> String {
    let current = std::env::current_dir().ok();
    let below = current.as_deref().and_then(|current| folder.strip_prefix(current).ok());
    let path = below.unwrap_or(folder).to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/");
    let path = path.strip_prefix("./").unwrap_or(&path).trim_end_matches('/');
    match path {
        "" if folder.has_root() && below.is_none() => "/".to_owned(),
        "" | "." => String::new(),
        path => format!("{path}/"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_lead_there_from_where_the_user_stands() {
        assert_eq!(prefix(Path::new(".")), "");
        assert_eq!(prefix(Path::new("./")), "");
        assert_eq!(prefix(Path::new("./examples/rules/")), "examples/rules/");
        assert_eq!(prefix(Path::new("../other")), "../other/");
        assert_eq!(prefix(Path::new("/")), "/");
        let current = std::env::current_dir().expect("tests run somewhere");
        assert_eq!(prefix(&current.join("src")), "src/");
        assert_eq!(prefix(&current), "");
    }
}
