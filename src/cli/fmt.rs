//! `pointsman fmt`

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::{Console, Exit, Failure, leads};
use crate::diagnostic::human;
use crate::io::Outputs;
use crate::source::SourceMap;
use crate::syntax::{self, Refusal};

/// Lay policies out in the one canonical way
///
/// Only spaces, line breaks and empty lines change; words and comments stay as they are. Files that
/// are laid out already are not touched; a file with syntax errors is left as it is.
#[derive(clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct Args {
    /// `.rules` files, and folders with all `.rules` files in them; `-` is standard input
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,

    /// Change nothing; name the files that are not laid out
    #[arg(long)]
    check: bool,
}

const AFTER_HELP: &str = "\
Examples:
  pointsman fmt policies
  pointsman fmt --check policies            in CI
  pointsman fmt - < main.rules              what an editor does on saving

Exit codes:
  0  all files are laid out
  1  with `--check`: some are not
  2  wrong usage, a file with syntax errors, or one that could not be read or written";

pub fn run(args: &Args, console: &mut Console) -> Result<Exit, Failure> {
    if args.paths.iter().any(|path| path.as_os_str() == "-") {
        return from_standard_input(args, console);
    }
    let mut ended = Exit::Fine;
    for path in files_of(&args.paths)? {
        ended = ended.max(one_file(&path, args.check, console)?);
    }
    if args.check && ended == Exit::Findings {
        let paths: Vec<String> = args.paths.iter().map(|path| path.display().to_string()).collect();
        writeln!(console.err, "to lay out what is not: pointsman fmt {}", paths.join(" "))?;
    }
    Ok(ended)
}

fn from_standard_input(args: &Args, console: &mut Console) -> Result<Exit, Failure> {
    if args.paths.len() > 1 {
        return Err(Failure::with_help("`-` stands among other paths".to_owned(), "format standard input alone"));
    }
    let mut bytes = Vec::new();
    std::io::stdin()
        .read_to_end(&mut bytes)
        .map_err(|why| Failure::new(format!("cannot read standard input: {why}")))?;
    let text = text_of(bytes, "standard input")?;
    let Some(laid_out) = lay_out("standard input", &text, console)? else { return Ok(Exit::Usage) };
    if args.check {
        return Ok(if laid_out == text { Exit::Fine } else { Exit::Findings });
    }
    console.out.write_all(laid_out.as_bytes())?;
    Ok(Exit::Fine)
}

fn one_file(path: &Path, check: bool, console: &mut Console) -> Result<Exit, Failure> {
    let name = path.display().to_string();
    #[expect(clippy::disallowed_methods, reason = "the command line reads what it is to lay out")]
    let bytes = std::fs::read(path).map_err(|why| Failure::cannot("read", path, &why))?;
    let text = text_of(bytes, &format!("`{name}`"))?;
    let Some(laid_out) = lay_out(&name, &text, console)? else { return Ok(Exit::Usage) };
    if laid_out == text {
        return Ok(Exit::Fine);
    }
    if check {
        let line = first_difference(&text, &laid_out);
        writeln!(console.out, "{name}:{line}: not laid out")?;
        return Ok(Exit::Findings);
    }
    let mut output = Outputs::new().create(path)?;
    leads::write(&mut output, &laid_out)?;
    Outputs::commit([output])?;
    writeln!(console.out, "{name}: laid out")?;
    Ok(Exit::Fine)
}

fn text_of(bytes: Vec<u8>, name: &str) -> Result<String, Failure> {
    String::from_utf8(bytes).map_err(|why| {
        let line = why.as_bytes()[..why.utf8_error().valid_up_to()].iter().filter(|byte| **byte == b'\n').count() + 1;
        Failure::with_help(format!("{name} is not UTF-8 text (line {line})"), "save it as UTF-8")
    })
}

/// The text laid out; if it cannot be, says why.
fn lay_out(name: &str, text: &str, console: &mut Console) -> Result<Option<String>, Failure> {
    let mut sources = SourceMap::new();
    let too_large = |_| Failure::new(format!("`{name}` is larger than 4 GiB"));
    let file = sources.add(name, text).map_err(too_large)?;
    match syntax::format(file, &sources) {
        Ok(text) => Ok(Some(text)),
        Err(Refusal::Errors(findings)) => {
            let text = human::render(&findings, &sources, "", console.err_look);
            console.err.write_all(text.as_bytes())?;
            Ok(None)
        }
        Err(Refusal::Defect) => Err(Failure::with_help(
            format!("`{name}` would have lost words or comments, so it was left as it is"),
            "this is a defect of pointsman: please report it with the file",
        )),
    }
}

/// The first line (from 1) that would change.
fn first_difference(before: &str, after: &str) -> usize {
    let mut after = after.split_inclusive('\n');
    let same = before.split_inclusive('\n').take_while(|line| after.next() == Some(line));
    same.count() + 1
}

/// The files given and those in the folders given, each once, in the order of their names.
fn files_of(paths: &[PathBuf]) -> Result<BTreeSet<PathBuf>, Failure> {
    let mut files = BTreeSet::new();
    for path in paths {
        let metadata = std::fs::metadata(path).map_err(|why| Failure::cannot("read", path, &why))?;
        if metadata.is_dir() {
            let before = files.len();
            add_folder(path, &mut files).map_err(|why| Failure::cannot("read", path, &why))?;
            if files.len() == before {
                return Err(Failure::new(format!("no `.rules` file is in `{}`", path.display())));
            }
        } else if is_rules(path) {
            files.insert(path.clone());
        } else {
            return Err(Failure::new(format!("`{}` is no `.rules` file", path.display())));
        }
    }
    Ok(files)
}

/// All `.rules` files below a folder, but for those in folders whose names begin with a dot. Links are
/// not followed: they may lead around in a circle.
fn add_folder(folder: &Path, files: &mut BTreeSet<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let (kind, path) = (entry.file_type()?, entry.path());
        if kind.is_dir() && !entry.file_name().to_string_lossy().starts_with('.') {
            add_folder(&path, files)?;
        } else if kind.is_file() && is_rules(&path) {
            files.insert(path);
        }
    }
    Ok(())
}

fn is_rules(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "rules")
}
