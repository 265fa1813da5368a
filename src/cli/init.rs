//! `pointsman init`

use std::path::{Path, PathBuf};

use super::{Console, Exit, Failure, leads};
use crate::io::Outputs;

/// Make a small project to begin with
///
/// Writes a policy with comments that teach, a roster, a table of accounts, a few leads and a README.
/// It lints, passes its own tests and routes as it is; change it line by line into your own. Nothing is
/// ever written over.
#[derive(clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct Args {
    /// The folder, which is made if it is not there
    #[arg(value_name = "DIR", default_value = ".", value_hint = clap::ValueHint::DirPath)]
    folder: PathBuf,
}

const AFTER_HELP: &str = "\
Examples:
  pointsman init policies
  pointsman lint policies

Exit codes:
  0  the project is there
  2  a project is in the folder already, or it could not be written; nothing was changed";

/// A file of the project. It is the one of examples/rules/starter, so it is tested like the other examples.
struct File {
    name: &'static str,
    text: &'static str,
    is_for: &'static str,
    /// Whether a folder that has one of its own keeps it, as any repository may; or else has a project
    /// already.
    may_be_there: bool,
}

const FILES: &[File] = &[
    of_project(
        "main.rules",
        include_str!("../../examples/rules/starter/main.rules"),
        "the policy: who gets which lead",
    ),
    of_project("roster.yaml", include_str!("../../examples/rules/starter/roster.yaml"), "the people and their teams"),
    of_project(
        "accounts.csv",
        include_str!("../../examples/rules/starter/accounts.csv"),
        "a table the policy looks into",
    ),
    of_project("leads.csv", include_str!("../../examples/rules/starter/leads.csv"), "a few leads to try it on"),
    of_folder("README.md", include_str!("../../examples/rules/starter/README.md"), "what to run after a change"),
    of_folder(
        ".gitignore",
        include_str!("../../examples/rules/starter/.gitignore"),
        "keeps what runs write out of git",
    ),
];

const fn of_project(name: &'static str, text: &'static str, is_for: &'static str) -> File {
    File { name, text, is_for, may_be_there: false }
}

const fn of_folder(name: &'static str, text: &'static str, is_for: &'static str) -> File {
    File { name, text, is_for, may_be_there: true }
}

pub fn run(args: &Args, console: &mut Console) -> Result<Exit, Failure> {
    let folder = args.folder.as_path();
    if let Some(file) = FILES.iter().find(|file| !file.may_be_there && is_there(&folder.join(file.name))) {
        let message = format!("`{}` is there already, so nothing was written", folder.join(file.name).display());
        let other = if folder.ends_with("policies") { "new-policies" } else { "policies" };
        return Err(Failure::with_help(message, format!("name another folder, e.g. `pointsman init {other}`")));
    }
    let (kept, written): (Vec<&File>, Vec<&File>) = FILES.iter().partition(|file| is_there(&folder.join(file.name)));
    write_all(folder, &written)?;
    say(folder, &written, &kept, console)?;
    Ok(Exit::Fine)
}

/// Whether something has the name, be it a link that leads nowhere.
fn is_there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// All of them, or none.
fn write_all(folder: &Path, files: &[&File]) -> Result<(), Failure> {
    std::fs::create_dir_all(folder).map_err(|why| Failure::cannot("make the folder", folder, &why))?;
    let mut outputs = Outputs::new();
    let mut drafts = Vec::new();
    for file in files {
        let mut draft = outputs.create(&folder.join(file.name))?;
        leads::write(&mut draft, file.text)?;
        drafts.push(draft);
    }
    Ok(Outputs::commit(drafts)?)
}

fn say(folder: &Path, written: &[&File], kept: &[&File], console: &mut Console) -> Result<(), Failure> {
    let at = |name: &str| if folder == Path::new(".") { PathBuf::from(name) } else { folder.join(name) };
    writeln!(console.out, "written:")?;
    let files: Vec<(String, &str)> =
        written.iter().map(|file| (at(file.name).display().to_string(), file.is_for)).collect();
    write_columns(&files, console)?;
    for file in kept {
        writeln!(console.out, "`{}` was there and is as it was", at(file.name).display())?;
    }
    let (project, sample) = (in_shell(folder), in_shell(&at("leads.csv")));
    let commands = [
        (format!("pointsman lint {project}"), "# is the policy right?"),
        (format!("pointsman test {project}"), "# does it keep its promises?"),
        (format!("pointsman route {project} {sample}"), "# who gets which lead?"),
        (format!("pointsman explain {project} {sample} --id L-3"), "# why that one?"),
    ];
    writeln!(console.out, "\nnext:")?;
    write_columns(&commands, console)?;
    writeln!(console.out, "then change `{}`, and lint again", at("main.rules").display())?;
    Ok(())
}

/// Two columns, the second aligned.
fn write_columns(lines: &[(String, &str)], console: &mut Console) -> Result<(), Failure> {
    let widest = lines.iter().map(|(first, _)| first.chars().count()).max().unwrap_or(0);
    for (first, second) in lines {
        writeln!(console.out, "  {first:widest$}  {second}")?;
    }
    Ok(())
}

/// A path as a shell reads it.
fn in_shell(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |sign: char| sign.is_alphanumeric() || "_-./+:@%,".contains(sign);
    let text = if text.starts_with('-') { format!("./{text}") } else { text };
    if text.chars().all(plain) { text } else { format!("'{}'", text.replace('\'', "'\\''")) }
}
