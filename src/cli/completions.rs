//! `pointsman completions`

use clap_complete::Shell;

use super::{Console, Exit, Failure};

/// Print what makes a shell complete commands, options and codes
///
/// The script goes to standard output; where each shell looks for it stands below.
#[derive(clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct Args {
    /// The shell to print it for
    #[arg(value_name = "SHELL", value_enum)]
    shell: Shell,
}

const AFTER_HELP: &str = "\
Examples:
  pointsman completions bash > ~/.local/share/bash-completion/completions/pointsman
  pointsman completions zsh > ~/.zfunc/_pointsman          with ~/.zfunc in $fpath, before compinit
  pointsman completions fish > ~/.config/fish/completions/pointsman.fish
  pointsman completions elvish >> ~/.config/elvish/rc.elv
  pointsman completions powershell >> $PROFILE

Make the folder first if it is not there; it takes effect in the next shell.";

pub fn run(args: &Args, console: &mut Console) -> Result<Exit, Failure> {
    // Written in memory first: the generator panics where a pipe is closed.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut super::definition(), "pointsman", &mut script);
    console.out.write_all(&script)?;
    Ok(Exit::Fine)
}
