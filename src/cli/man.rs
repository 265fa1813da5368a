//! `pointsman man`

use std::path::{Path, PathBuf};

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

use super::{Console, Exit, Failure, leads};
use crate::io::Outputs;
use crate::suggest::nearest;

/// Print or write manual pages
///
/// They are made from what `--help` says. One page goes to standard output; with `-o` all pages go to
/// a folder, such as one named man1 below a folder of $MANPATH.
#[derive(clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct Args {
    /// The command to print the page of, e.g. `lint` or `ledger close`; without it, that of pointsman
    #[arg(value_name = "COMMAND", conflicts_with = "output")]
    command: Vec<String>,

    /// Write the pages of all commands to a folder, which is made if it is not there
    #[arg(short, long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    output: Option<PathBuf>,
}

const AFTER_HELP: &str = "\
Examples:
  pointsman man lint | man -l -
  pointsman man -o ~/.local/share/man/man1
  man pointsman-lint";

pub fn run(args: &Args, console: &mut Console) -> Result<Exit, Failure> {
    let program = program();
    match &args.output {
        Some(folder) => write_all(&program, folder, console)?,
        None => console.out.write_all(&page(named(&program, &args.command)?)?)?,
    }
    Ok(Exit::Fine)
}

/// The program with the names of its commands in full: `pointsman-ledger-close`.
fn program() -> Command {
    let mut program = super::definition().disable_help_subcommand(true);
    program.build();
    program
}

/// The command that words lead to from a command.
fn named<'a>(program: &'a Command, words: &[String]) -> Result<&'a Command, Failure> {
    let Some((first, rest)) = words.split_first() else { return Ok(program) };
    match program.find_subcommand(first) {
        Some(command) => named(command, rest),
        None => {
            let above = program.get_bin_name().unwrap_or_else(|| program.get_name());
            let message = format!("`{above}` has no command `{first}`");
            let names = program.get_subcommands().map(Command::get_name);
            Err(match nearest(first, names) {
                Some(similar) => Failure::with_help(message, format!("did you mean `{similar}`?")),
                None => Failure::with_help(message, format!("`{above} --help` lists what there is")),
            })
        }
    }
}

/// Writes the pages of a command and of all below it, or none.
fn write_all(program: &Command, folder: &Path, console: &mut Console) -> Result<(), Failure> {
    std::fs::create_dir_all(folder).map_err(|why| Failure::cannot("make the folder", folder, &why))?;
    let mut outputs = Outputs::new();
    let mut drafts = Vec::new();
    for command in with_those_below(program) {
        let mut draft = outputs.create(&folder.join(file_name(command)))?;
        leads::write(&mut draft, &page(command)?)?;
        drafts.push(draft);
    }
    let written = drafts.len();
    Outputs::commit(drafts)?;
    writeln!(console.out, "{written} pages written to {}", folder.display())?;
    Ok(())
}

fn with_those_below(command: &Command) -> Vec<&Command> {
    let below = command.get_subcommands().filter(|command| !command.is_hide_set()).flat_map(with_those_below);
    std::iter::once(command).chain(below).collect()
}

fn full_name(command: &Command) -> &str {
    command.get_display_name().unwrap_or_else(|| command.get_name())
}

fn file_name(command: &Command) -> String {
    format!("{}.1", full_name(command))
}

/// A page in the language of `man`. Examples and exit codes are tables, so their lines are kept.
fn page(command: &Command) -> Result<Vec<u8>, Failure> {
    let examples = command.get_after_long_help().or(command.get_after_help()).map(|text| text.to_string());
    let has_commands = command.get_subcommands().any(|command| !command.is_hide_set());
    let version = concat!("pointsman ", env!("CARGO_PKG_VERSION"));
    let page = Man::new(command.clone()).title(full_name(command)).source(version).manual("pointsman");
    let mut text = Vec::new();
    page.render_title(&mut text)?;
    page.render_name_section(&mut text)?;
    page.render_synopsis_section(&mut text)?;
    page.render_description_section(&mut text)?;
    page.render_options_section(&mut text)?;
    if has_commands {
        page.render_subcommands_section(&mut text)?;
    }
    if let Some(examples) = examples {
        as_it_stands(&examples).to_writer(&mut text)?;
    }
    Ok(text)
}

/// Text whose lines and columns are kept. Its own headings (`Examples:`) become sections.
fn as_it_stands(text: &str) -> Roff {
    let mut page = Roff::new();
    let mut in_section = false;
    for line in text.lines() {
        if let Some(heading) =
            line.strip_suffix(':').filter(|heading| !heading.contains(' ') || *heading == "Exit codes")
        {
            page.control("fi", []);
            page.control("SH", [heading.to_uppercase().as_str()]);
            page.control("nf", []);
            in_section = true;
            continue;
        }
        if !in_section {
            page.control("SH", ["MORE"]);
            page.control("nf", []);
            in_section = true;
        }
        page.text([roman(line.to_owned())]);
    }
    page.control("fi", []);
    page
}
