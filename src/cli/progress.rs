//! How far long work has come, on a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Console;

/// A bar on standard error; on a pipe, nothing.
pub struct Progress(ProgressBar);

impl Progress {
    /// Of so many bytes that are read; a stream does not say how many there are.
    pub fn reading(bytes: Option<u64>, console: &Console) -> Progress {
        if !console.err_is_terminal {
            return Progress(ProgressBar::hidden());
        }
        let bar = ProgressBar::with_draw_target(bytes, ProgressDrawTarget::stderr());
        let known = "{wide_bar} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left";
        let unknown = "{spinner} {bytes} read, {bytes_per_sec}";
        let template = if bytes.is_some() { known } else { unknown };
        bar.set_style(ProgressStyle::with_template(template).expect("a template of known parts"));
        // What is over before anybody could read it is not shown.
        bar.set_elapsed(Duration::ZERO);
        Progress(bar)
    }

    /// So many bytes have been dealt with.
    pub fn reach(&self, bytes: u64) {
        self.0.set_position(bytes);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
