//! The four formats, and how one is told from another.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

/// How leads are written down.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Format {
    /// Comma-separated, RFC 4180, the first line names the columns.
    Csv,
    /// The same with tabs.
    Tsv,
    /// One array of objects.
    Json,
    /// One object a line.
    Ndjson,
}

impl Format {
    /// By the file name's extension, in any letter case.
    pub fn of_path(path: &Path) -> Option<Format> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        match extension.as_str() {
            "csv" => Some(Format::Csv),
            "tsv" | "tab" => Some(Format::Tsv),
            "json" => Some(Format::Json),
            "ndjson" | "jsonl" => Some(Format::Ndjson),
            _ => None,
        }
    }

    /// Whether a file's name says that it is something else: a workbook, a picture, an archive. What its extension
    /// does not say may be anything.
    pub fn is_something_else(path: &Path) -> bool {
        const OTHERS: [&str; 14] = [
            "xlsx", "xls", "ods", "numbers", "parquet", "pdf", "html", "svg", "png", "jpg", "jpeg", "gz", "zip",
            "sqlite",
        ];
        let extension = path.extension().and_then(std::ffi::OsStr::to_str).unwrap_or_default();
        OTHERS.iter().any(|other| extension.eq_ignore_ascii_case(other))
    }

    /// By how a stream begins; for streams, which have no name to tell by.
    ///
    /// `[` begins a JSON array and `{` the first line of NDJSON. Everything else is a header: TSV
    /// if its line has a tab and no comma, CSV if not.
    pub fn sniff(beginning: &[u8]) -> Format {
        let beginning = beginning.trim_ascii_start();
        match beginning.first() {
            Some(b'[') => return Format::Json,
            Some(b'{') => return Format::Ndjson,
            _ => {}
        }
        let line_end = memchr::memchr2(b'\n', b'\r', beginning).unwrap_or(beginning.len());
        let header = &beginning[..line_end];
        if header.contains(&b'\t') && !header.contains(&b',') { Format::Tsv } else { Format::Csv }
    }

    /// Whether rows are cells under a header, not objects with keys.
    pub fn is_table(self) -> bool {
        match self {
            Format::Csv | Format::Tsv => true,
            Format::Json | Format::Ndjson => false,
        }
    }

    /// The separator of a table.
    pub(super) fn delimiter(self) -> u8 {
        if self == Format::Tsv { b'\t' } else { b',' }
    }

    /// As `--from` and `--to` write it.
    pub fn name(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Tsv => "tsv",
            Format::Json => "json",
            Format::Ndjson => "ndjson",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Format, String> {
        [Format::Csv, Format::Tsv, Format::Json, Format::Ndjson]
            .into_iter()
            .find(|format| format.name().eq_ignore_ascii_case(text))
            .ok_or_else(|| format!("`{text}` is not a format: write csv, tsv, json or ndjson"))
    }
}
