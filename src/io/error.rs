//! What stops a run: a file that cannot be read as leads at all, or an output that cannot be
//! written. (A single bad row stops nothing, see [`Reject`](super::Reject).)

use std::fmt;
use std::io::ErrorKind;

/// Why leads cannot be read or written.
///
/// `Display` says what is wrong, [`Error::help`] what to do about it. A `file` is already in words:
/// a name in backticks, or `standard input`.
#[derive(Debug)]
pub enum Error {
    Open {
        file: String,
        why: std::io::Error,
    },
    IsFolder {
        file: String,
    },
    UnknownFormat {
        file: String,
    },
    /// UTF-16, gzip, a spreadsheet: `kind` says which.
    NotPlainText {
        file: String,
        kind: &'static str,
    },
    Read {
        file: String,
        why: std::io::Error,
    },
    /// A table without a first line.
    NoHeader {
        file: String,
    },
    BrokenHeader {
        file: String,
        why: String,
    },
    /// Columns are counted from 1.
    RepeatedHeader {
        file: String,
        header: String,
        first: usize,
        second: usize,
    },
    /// `--from json`, but the file does not begin with `[`.
    NotAnArray {
        file: String,
        found: String,
    },
    /// `--from ndjson`, but the file begins with `[`.
    NotLines {
        file: String,
    },
    /// From this line on, rows cannot be told apart.
    Unreadable {
        file: String,
        line: u64,
        why: String,
    },
    /// Too many different keys (above ten thousand) to become columns.
    TooManyKeys {
        file: String,
    },
    /// A key turned up that was not there when the file was read for its keys.
    KeyWithoutColumn {
        key: String,
        line: u64,
    },
    /// Two columns are near enough to a field's name, and none is exactly it.
    AmbiguousColumn {
        field: String,
        columns: [String; 2],
    },
    /// No field of the lead has a column.
    NoColumns {
        headers: Vec<String>,
    },
    /// `--columns` is not a list of `HEADER=SOURCE`.
    BadColumns {
        why: String,
    },
    /// `--columns` asks for something that does not exist.
    UnknownSource {
        written: String,
        suggestion: Option<String>,
    },
    Write {
        file: String,
        why: std::io::Error,
    },
    TargetIsFolder {
        file: String,
    },
    NoFolder {
        file: String,
        folder: String,
    },
    ReadOnly {
        file: String,
    },
    /// Two outputs of one run.
    SameTarget {
        file: String,
    },
    /// A database, which a ledger is, stands where an output is to go.
    Database {
        file: String,
    },
    /// The outputs named in `done` are in their places, this one is not.
    Replace {
        file: String,
        why: std::io::Error,
        done: Vec<String>,
    },
}

/// Whether a name (in backticks) is that of a spreadsheet's own format, which many an export is first.
fn is_of_spreadsheet(file: &str) -> bool {
    let extension = file.trim_matches('`').rsplit_once('.').map_or("", |(_, extension)| extension);
    ["xlsx", "xls", "xlsm", "ods", "numbers"].iter().any(|known| extension.eq_ignore_ascii_case(known))
}

impl Error {
    /// Whoever read our output has gone (`… | head`): time to end quietly.
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, Error::Write { why, .. } if why.kind() == ErrorKind::BrokenPipe)
    }

    /// What to do about it, where something can be said.
    pub fn help(&self) -> Option<String> {
        let help = match self {
            Error::Open { why, .. } if why.kind() == ErrorKind::NotFound => {
                "check the name, or write `-` to read standard input"
            }
            Error::IsFolder { .. } => "name a CSV, TSV, JSON or NDJSON file in it",
            Error::UnknownFormat { file } if is_of_spreadsheet(file) => {
                "open it in the spreadsheet program, and save it as CSV in UTF-8"
            }
            Error::UnknownFormat { .. } => "say which it is with `--from csv`, `tsv`, `json` or `ndjson`",
            Error::NotPlainText { .. } => "export the leads as plain CSV in UTF-8",
            Error::NoHeader { .. } => "the first line of a table names its columns",
            Error::BrokenHeader { .. } => "the first line must name the columns, in UTF-8",
            Error::RepeatedHeader { .. } => "rename one of them",
            Error::NotAnArray { found, .. } if *found == "nothing" => "no leads at all are written `[]`",
            Error::NotAnArray { .. } => {
                "write the array alone, `[{…}, {…}]`, without an object around it; if the file holds one object a line, \
                 use `--from ndjson`"
            }
            Error::NotLines { .. } => "if the file holds one array of objects, use `--from json`",
            Error::Unreadable { .. } => "repair the file at that line; nothing was written",
            Error::TooManyKeys { .. } => "choose some with `--columns`, or write objects with `--to ndjson`",
            Error::KeyWithoutColumn { .. } => "run it again when nothing else writes the file",
            Error::AmbiguousColumn { field, columns: [first, _] } => {
                return Some(format!("say which one in the lead block: `{field} … from \"{first}\"`"));
            }
            Error::NoColumns { headers } => return Some(help_on_columns(headers)),
            Error::BadColumns { .. } => {
                "write `HEADER=SOURCE,…` or just `SOURCE,…`; a name with `,` or `=` in it goes in double quotes"
            }
            Error::UnknownSource { suggestion, .. } => {
                return suggestion.as_ref().map(|suggestion| format!("did you mean `{suggestion}`?"));
            }
            Error::TargetIsFolder { .. } => "name a file in it",
            Error::NoFolder { .. } => "make the folder first",
            Error::ReadOnly { .. } => "make it writable, or choose another name",
            Error::SameTarget { .. } => "give each output a name of its own",
            Error::Database { .. } => "write to another file; remove this one first if nobody needs it",
            Error::Open { .. } | Error::Read { .. } | Error::Write { .. } | Error::Replace { .. } => return None,
        };
        Some(help.to_owned())
    }
}

/// One long header is most often a file with another separator.
fn help_on_columns(headers: &[String]) -> String {
    let other = |header: &String| [';', '\t', '|'].into_iter().find(|separator| header.contains(*separator));
    match headers {
        [header] if other(header) == Some('\t') => "its columns are separated by tabs: use `--from tsv`".to_owned(),
        [header] if other(header).is_some() => {
            "its columns seem to be separated by something else: save it with commas".to_owned()
        }
        _ => {
            "say in the lead block which column a field is read from: `email email from \"E-mail address\"`".to_owned()
        }
    }
}

impl std::error::Error for Error {}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Open { file, why } => write!(f, "cannot open {file}: {}", in_words(why)),
            Error::IsFolder { file } => write!(f, "{file} is a folder"),
            Error::UnknownFormat { file } => write!(f, "the name of {file} does not tell its format"),
            Error::NotPlainText { file, kind } => write!(f, "{file} is {kind}"),
            Error::Read { file, why } => write!(f, "cannot read {file} to its end: {}", in_words(why)),
            Error::NoHeader { file } => write!(f, "{file} is empty"),
            Error::BrokenHeader { file, why } => write!(f, "the header of {file} cannot be read: {why}"),
            Error::RepeatedHeader { file, header, first, second } => {
                write!(f, "columns {first} and {second} of {file} are both called `{header}`")
            }
            Error::NotAnArray { file, found } => {
                write!(f, "{file} should hold a JSON array of leads, and begins with {found}")
            }
            Error::NotLines { file } => {
                write!(f, "{file} should hold one JSON object a line, and begins with an array")
            }
            Error::Unreadable { file, line, why } => {
                write!(f, "from line {line} on the leads of {file} cannot be told apart: {why}")
            }
            Error::TooManyKeys { file } => {
                write!(f, "the leads of {file} have more than {} different keys", super::leads::MOST_KEYS)
            }
            Error::KeyWithoutColumn { key, line } => {
                write!(f, "the leads changed while they were read: key `{key}` on line {line} is new")
            }
            Error::AmbiguousColumn { field, columns: [first, second] } => {
                write!(f, "columns `{first}` and `{second}` could both be field `{field}`")
            }
            Error::NoColumns { headers } => {
                write!(f, "none of the lead's fields has a column; the columns are {}", list(headers))
            }
            Error::BadColumns { why } => write!(f, "`--columns` cannot be read: {why}"),
            Error::UnknownSource { written, .. } => {
                write!(f, "`--columns` asks for `{written}`, which is no result, field or column")
            }
            Error::Write { file, why } => write!(f, "cannot write {file}: {}", in_words(why)),
            Error::TargetIsFolder { file } => write!(f, "cannot write {file}: it is a folder"),
            Error::NoFolder { file, folder } => write!(f, "cannot write {file}: there is no folder `{folder}`"),
            Error::ReadOnly { file } => write!(f, "cannot write {file}: it is read-only"),
            Error::SameTarget { file } => write!(f, "two outputs of this run would be {file}"),
            Error::Database { file } => write!(f, "{file} is a ledger or another database and would be overwritten"),
            Error::Replace { file, why, done } if done.is_empty() => {
                write!(f, "cannot put {file} in its place: {}", in_words(why))
            }
            Error::Replace { file, why, done } => {
                write!(f, "cannot put {file} in its place: {}; already written: {}", in_words(why), done.join(", "))
            }
        }
    }
}

/// The first names of many.
fn list(names: &[String]) -> String {
    const SHOWN: usize = 8;
    let mut list: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    if names.len() > SHOWN {
        list.push(format!("{} more", names.len() - SHOWN));
    }
    list.join(", ")
}

/// What the system says of a file, in plain words and without its number, e.g. `permission denied`.
pub fn in_words(why: &std::io::Error) -> String {
    match why.kind() {
        ErrorKind::NotFound => "there is no such file".to_owned(),
        ErrorKind::PermissionDenied => "permission denied".to_owned(),
        ErrorKind::StorageFull => "the disk is full".to_owned(),
        _ => {
            let words = why.to_string();
            let words = words.split(" (os error").next().unwrap_or_default();
            let mut letters = words.chars();
            letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
        }
    }
}
