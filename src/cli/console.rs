//! The world as a command sees it: two streams, how they look, and the time.
//!
//! A test makes a console of two vectors and a fixed moment and sees exactly what a user would.

use std::io::{IsTerminal, Write};

use anstream::AutoStream;
use clap::ValueEnum;
use jiff::Timestamp;

use crate::diagnostic::human::Look;

/// The width where there is no terminal to ask.
const WIDTH: usize = 100;
/// Lines longer than this are hard to read, however wide the terminal is.
const WIDEST: usize = 140;

pub struct Console<'a> {
    /// For results.
    pub out: &'a mut dyn Write,
    /// For what is said about them.
    pub err: &'a mut dyn Write,
    pub out_look: Look,
    pub err_look: Look,
    /// Whether a progress bar on standard error would be seen.
    pub err_is_terminal: bool,
    /// When the command began.
    pub now: Timestamp,
}

/// When to use colour.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    Always,
    Never,
}

impl<'a> Console<'a> {
    /// The console of this process.
    pub fn of_process(out: &'a mut dyn Write, err: &'a mut dyn Write) -> Console<'a> {
        let (stdout, stderr) = (std::io::stdout(), std::io::stderr());
        let color = |choice| choice != anstream::ColorChoice::Never;
        let width = width();
        #[expect(clippy::disallowed_methods, reason = "the command line reads the clock, once")]
        let now = Timestamp::now();
        Console {
            out,
            err,
            out_look: Look { color: color(AutoStream::choice(&stdout)), width },
            err_look: Look { color: color(AutoStream::choice(&stderr)), width },
            err_is_terminal: stderr.is_terminal(),
            now,
        }
    }

    /// Follows `--color`.
    pub fn set_color(&mut self, color: Color) {
        let colored = match color {
            Color::Auto => return,
            Color::Always => true,
            Color::Never => false,
        };
        self.out_look.color = colored;
        self.err_look.color = colored;
    }
}

fn width() -> usize {
    terminal_size::terminal_size().map_or(WIDTH, |(width, _)| usize::from(width.0)).min(WIDEST)
}
