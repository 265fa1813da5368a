//! `pointsman import`

use std::path::{Path, PathBuf};

use clap::{Subcommand, ValueEnum};
use serde::Serialize;

use super::{Console, Exit, Failure, leads};
use crate::diagnostic::{Severity, human};
use crate::import::report::{self, Report};
use crate::import::{self, Failed, Imported, Options};
use crate::io::Outputs;
use crate::source::{FileId, SourceMap};

/// Make a project of rules from elsewhere
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    from: From,
}

#[derive(Subcommand)]
enum From {
    Salesforce(Salesforce),
}

/// Make a project of Salesforce assignment rules
///
/// Reads AssignmentRules metadata, as retrieved from Salesforce, and writes a project that lints: a
/// policy for each assignment rule, a rule for each entry, in order and with its number. What cannot be
/// translated exactly is listed on standard error and in the file, entry by entry (docs/import.md).
#[derive(clap::Args)]
#[command(after_help = AFTER_HELP)]
struct Salesforce {
    /// Files such as `Lead.assignmentRules-meta.xml`
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,

    /// The folder to write to; without it, one named after the object, such as `lead-rules`
    ///
    /// If the files are about several objects, each gets a folder in it: records of one object are
    /// never routed by the rules of another.
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,

    /// Write over a project that is there
    #[arg(long)]
    force: bool,

    /// Write no `otherwise keep owner` where an assignment rule has no entry for the rest, so that
    /// `lint` shows which records no entry takes
    #[arg(long)]
    strict_fallback: bool,

    /// What to print
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

const AFTER_HELP: &str = "\
Examples:
  pointsman import salesforce force-app/main/default/assignmentRules/*.xml
  pointsman import salesforce Lead.assignmentRules-meta.xml -o policies
  pointsman lint policies

Exit codes:
  0  a project was written, though there may be entries to look at
  2  wrong usage, a file that could not be read, or a project that is there already";

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
enum Format {
    /// For people, on standard error
    #[default]
    Human,
    /// For programs (docs/json.md)
    Json,
}

/// Larger files are no rules: the largest known are far below one megabyte.
const LARGEST_FILE: u64 = 64 << 20;

pub fn run(args: &Args, console: &mut Console) -> Result<Exit, Failure> {
    let From::Salesforce(args) = &args.from;
    let mut sources = SourceMap::new();
    let files: Vec<FileId> = args.files.iter().map(|path| read(path, &mut sources)).collect::<Result<_, _>>()?;
    let options = Options { strict_fallback: args.strict_fallback };
    let imported = match import::salesforce(&files, &sources, options) {
        Ok(imported) => imported,
        Err(failed) => return Err(show(failed, &sources, console)?),
    };
    let projects: Vec<(PathBuf, Imported)> = folders(args, imported);
    write_all(&projects, args.force)?;
    say(args.format, &projects, console)?;
    Ok(Exit::Fine)
}

fn read(path: &Path, sources: &mut SourceMap) -> Result<FileId, Failure> {
    let name = path.display().to_string();
    let unread = |why: std::io::Error| Failure::cannot("read", path, &why);
    let metadata = std::fs::metadata(path).map_err(unread)?;
    if metadata.is_dir() {
        return Err(Failure::with_help(format!("`{name}` is a folder"), "name the files in it"));
    }
    if metadata.len() > LARGEST_FILE {
        return Err(Failure::new(format!("`{name}` is larger than 64 MiB, so it is no file of rules")));
    }
    #[expect(clippy::disallowed_methods, reason = "the command line reads what it is to import")]
    let bytes = std::fs::read(path).map_err(unread)?;
    let text = String::from_utf8(bytes).map_err(|why| not_text(&name, &why))?;
    sources.add(name, text).map_err(|_| Failure::new("the files together are larger than 4 GiB"))
}

fn not_text(name: &str, why: &std::string::FromUtf8Error) -> Failure {
    let (bytes, at) = (why.as_bytes(), why.utf8_error().valid_up_to());
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Failure::with_help(format!("`{name}` is UTF-16 text"), "save it as UTF-8, as Salesforce writes it");
    }
    let line = bytes[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
    Failure::with_help(format!("`{name}` is not UTF-8 text (line {line})"), "save it as UTF-8, as Salesforce writes it")
}

/// Says what is wrong; nothing was written.
fn show(failed: Failed, sources: &SourceMap, console: &mut Console) -> Result<Failure, Failure> {
    match failed {
        Failed::Problem(problem) => {
            let help = problem.help.as_deref();
            let text = human::placed(Severity::Error, &problem.message, help, problem.span, sources, console.err_look);
            console.err.write_all(text.as_bytes())?;
            Ok(Failure::Shown(Exit::Usage))
        }
        Failed::Defect(made, findings) => {
            console.err.write_all(human::render(&findings, &made, "", console.err_look).as_bytes())?;
            let help = "this is a mistake in pointsman, not in the rules: please report it with them";
            Ok(Failure::with_help("what was made of the rules is no project, so nothing was written", help))
        }
    }
}

fn folders(args: &Salesforce, imported: Vec<Imported>) -> Vec<(PathBuf, Imported)> {
    let alone = imported.len() == 1;
    let folder = |object: &str| {
        let name = format!("{}-rules", object.to_lowercase().replace(['/', '\\', '.'], "_"));
        match &args.output {
            Some(folder) if alone => folder.clone(),
            Some(folder) => folder.join(name),
            None => PathBuf::from(name),
        }
    };
    imported.into_iter().map(|project| (folder(&project.object), project)).collect()
}

/// All files of all projects, or none.
fn write_all(projects: &[(PathBuf, Imported)], force: bool) -> Result<(), Failure> {
    let files = projects.iter().flat_map(|(folder, project)| project.files.iter().map(move |file| (folder, file)));
    let files: Vec<(PathBuf, &str)> = files.map(|(folder, (name, text))| (folder.join(name), text.as_str())).collect();
    if let Some((path, _)) = files.iter().find(|(path, _)| !force && path.exists()) {
        let help = "name another folder with `-o`, or write over it with `--force`";
        return Err(Failure::with_help(format!("`{}` is there already", path.display()), help));
    }
    for (folder, _) in projects {
        std::fs::create_dir_all(folder).map_err(|why| Failure::cannot("make the folder", folder, &why))?;
    }
    let mut outputs = Outputs::new();
    let mut drafts = Vec::new();
    for (path, text) in files {
        let mut draft = outputs.create(&path)?;
        leads::write(&mut draft, text)?;
        drafts.push(draft);
    }
    Ok(Outputs::commit(drafts)?)
}

#[derive(Serialize)]
struct ReportV1<'a> {
    version: u32,
    command: &'static str,
    projects: Vec<ProjectV1<'a>>,
}

#[derive(Serialize)]
struct ProjectV1<'a> {
    folder: String,
    #[serde(flatten)]
    report: &'a Report,
}

fn say(format: Format, projects: &[(PathBuf, Imported)], console: &mut Console) -> Result<(), Failure> {
    match format {
        Format::Human => {
            for (folder, project) in projects {
                console.err.write_all(report::human(&project.report, &folder.display().to_string()).as_bytes())?;
            }
        }
        Format::Json => {
            let projects = projects
                .iter()
                .map(|(folder, project)| ProjectV1 { folder: folder.display().to_string(), report: &project.report });
            let report = ReportV1 { version: 1, command: "import", projects: projects.collect() };
            let text = serde_json::to_string_pretty(&report).expect("a report is plain data");
            writeln!(console.out, "{text}")?;
        }
    }
    Ok(())
}
