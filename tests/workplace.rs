//! A folder of its own for a test: files are laid out in it, the program runs in it, and what it
//! wrote is read back.

#![expect(clippy::disallowed_methods, reason = "tests lay out files and read what was written")]

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::program::MONDAY;

/// The folder; it is gone with the test.
pub struct Workplace(TempDir);

/// How a run ended, and what it said.
#[derive(PartialEq, Debug)]
pub struct Ended {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Workplace {
    /// A folder with files, given as name and text.
    pub fn with(files: &[(&str, &str)]) -> Workplace {
        let workplace = Workplace(TempDir::new().expect("a folder"));
        files.iter().for_each(|(name, text)| workplace.write(name, text));
        workplace
    }

    pub fn write(&self, name: &str, text: &str) {
        self.write_bytes(name, text.as_bytes());
    }

    pub fn write_bytes(&self, name: &str, bytes: &[u8]) {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().expect("files stand in folders")).expect("folders can be made");
        fs::write(path, bytes).expect("files can be written");
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.path().join(name)).unwrap_or_else(|why| panic!("{name}: {why}"))
    }

    pub fn remove(&self, name: &str) {
        fs::remove_file(self.path(name)).expect("what is there can be removed");
    }

    pub fn rename(&self, from: &str, to: &str) {
        fs::rename(self.path(from), self.path(to)).expect("what is there can be renamed");
    }

    pub fn has(&self, name: &str) -> bool {
        self.0.path().join(name).exists()
    }

    pub fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    /// Opens a database as any client would.
    pub fn open(&self, name: &str) -> rusqlite::Connection {
        rusqlite::Connection::open(self.path(name)).expect("a database can be opened")
    }

    /// Names of all that stands in the folder itself.
    pub fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).expect("readable");
        let mut names: Vec<String> =
            entries.map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    /// Runs a command on a Monday afternoon.
    pub fn run(&self, arguments: &[&str]) -> Ended {
        self.run_with(arguments, "")
    }

    /// The same, with text on standard input.
    pub fn run_with(&self, arguments: &[&str], input: &str) -> Ended {
        self.run_to_end(self.command(arguments).args(["--at", MONDAY]), input)
    }

    /// Runs a command that asks for no moment.
    pub fn run_as_is(&self, arguments: &[&str]) -> Ended {
        self.run_to_end(&mut self.command(arguments), "")
    }

    /// A command that runs in the folder.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pointsman"));
        command.args(arguments).current_dir(self.0.path()).env("NO_COLOR", "1");
        command
    }

    fn run_to_end(&self, command: &mut Command, input: &str) -> Ended {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut running = command.spawn().expect("the program was built with its tests");
        let mut stdin = running.stdin.take().expect("it has a standard input");
        // A program that does not read its input closes it.
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        let output = running.wait_with_output().expect("it ends");
        let text = |bytes| String::from_utf8(bytes).expect("what is printed is UTF-8");
        Ended { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
    }
}

impl Ended {
    /// What is on standard output, where the run ended with a code.
    #[track_caller]
    pub fn out(&self, code: i32) -> &str {
        assert_eq!(self.code, code, "{}{}", self.out, self.err);
        &self.out
    }

    /// What is on standard error, where the run ended with a code.
    #[track_caller]
    pub fn err(&self, code: i32) -> &str {
        assert_eq!(self.code, code, "{}{}", self.out, self.err);
        &self.err
    }

    /// The document on standard output.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|why| panic!("{why}: {}{}", self.out, self.err))
    }
}

/// The rows of a CSV text, column to cell.
pub fn rows(csv: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    reader.deserialize().map(|row| row.expect("a row as wide as its header")).collect()
}

/// One column of a CSV text.
pub fn column(csv: &str, name: &str) -> Vec<String> {
    rows(csv).into_iter().map(|mut row| row.remove(name).unwrap_or_else(|| panic!("no column {name}"))).collect()
}
