//! Where leads come from: a file or standard input, its format and what it must not be.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::cursor::Cursor;
use super::{Error, Format};

/// Bytes of a row at most, unless [`Input::limit`] says otherwise. The longest record that
/// Salesforce can hold is well below this.
const ROW_LIMIT: usize = 4 * 1024 * 1024;

/// How far into a stream its format is looked for.
const SNIFFED: usize = 64 * 1024;

/// An opened input, nothing of it read yet but a byte-order mark.
pub struct Input {
    pub(super) cursor: Cursor,
    pub(super) format: Format,
    /// The input begins with a UTF-8 byte-order mark.
    pub(super) bom: bool,
    /// A second handle to a file that can be read twice.
    file: Option<File>,
    /// Bytes of a file.
    pub(super) size: Option<u64>,
}

impl Input {
    /// Opens a file, or standard input for `-`.
    ///
    /// The format is `from`, else what the file's extension says. Standard input and pipes have no
    /// name to tell by: there the first bytes do, see [`Format::sniff`].
    pub fn open(path: &Path, from: Option<Format>) -> Result<Input, Error> {
        if path.as_os_str() == "-" {
            return Input::of_stream(Box::new(std::io::stdin()), "standard input", from);
        }
        let name = format!("`{}`", path.display());
        let file = open_file(path, &name)?;
        Input::of_file(file, name, from.or_else(|| Format::of_path(path)))
    }

    /// Reads from any stream; `name` is what messages call it.
    pub fn of_stream(source: Box<dyn Read + Send>, name: &str, from: Option<Format>) -> Result<Input, Error> {
        let mut cursor = Cursor::new(source, name.to_owned(), ROW_LIMIT);
        let bom = pass_byte_order_mark(&mut cursor)?;
        let format = match from {
            Some(format) => format,
            None => sniff(&mut cursor)?,
        };
        Ok(Input { cursor, format, bom, file: None, size: None })
    }

    fn of_file(file: File, name: String, format: Option<Format>) -> Result<Input, Error> {
        // A pipe (`<(…)`, a named one) opens like a file and cannot be read twice.
        let regular = file.metadata().ok().filter(std::fs::Metadata::is_file);
        if regular.is_some() && format.is_none() {
            return Err(Error::UnknownFormat { file: name });
        }
        let again = if regular.is_some() { file.try_clone().ok() } else { None };
        let mut input = Input::of_stream(Box::new(file), &name, format)?;
        input.file = again;
        input.size = regular.map(|metadata| metadata.len());
        Ok(input)
    }

    /// Rows longer than this are rejected. The default is 4 MiB.
    pub fn limit(mut self, bytes: usize) -> Input {
        // Places in a row are kept in 32 bits.
        const MOST: usize = 1 << 30;
        self.cursor.limit = bytes.clamp(1, MOST);
        self
    }

    pub fn format(&self) -> Format {
        self.format
    }

    /// What messages call the input: a name in backticks, or `standard input`.
    pub fn name(&self) -> &str {
        &self.cursor.file
    }

    /// Makes the input one that can be read twice: a stream is kept in a temporary file, which has no
    /// name and is gone when the program ends.
    pub(super) fn rewindable(mut self) -> Result<Rewindable, Error> {
        let file = match self.file.take() {
            Some(file) => file,
            None => keep(&mut self.cursor)?,
        };
        Ok(Rewindable { file, name: self.cursor.file, format: self.format, limit: self.cursor.limit })
    }
}

/// An input that can be read more than once.
pub(super) struct Rewindable {
    file: File,
    name: String,
    format: Format,
    limit: usize,
}

impl Rewindable {
    /// The input from its beginning.
    pub fn rewind(&self) -> Result<Input, Error> {
        let cannot = |why| Error::Read { file: self.name.clone(), why };
        let mut file = self.file.try_clone().map_err(cannot)?;
        file.seek(SeekFrom::Start(0)).map_err(cannot)?;
        Ok(Input::of_file(file, self.name.clone(), Some(self.format))?.limit(self.limit))
    }
}

#[expect(clippy::disallowed_methods, reason = "this is where leads are opened")]
fn open_file(path: &Path, name: &str) -> Result<File, Error> {
    let file = File::open(path).map_err(|why| Error::Open { file: name.to_owned(), why })?;
    match file.metadata() {
        Ok(metadata) if metadata.is_dir() => Err(Error::IsFolder { file: name.to_owned() }),
        _ => Ok(file),
    }
}

/// Copies what is left of a stream into a temporary file.
fn keep(cursor: &mut Cursor) -> Result<File, Error> {
    let cannot = |why| Error::Write { file: "a temporary file".to_owned(), why };
    let mut file = tempfile::tempfile().map_err(cannot)?;
    cursor.copy_to(&mut file)?.map_err(cannot)?;
    file.flush().map_err(cannot)?;
    Ok(file)
}

/// Passes a UTF-8 byte-order mark, and refuses what is plainly no text in UTF-8.
fn pass_byte_order_mark(cursor: &mut Cursor) -> Result<bool, Error> {
    const KINDS: [(&[u8], &str); 4] = [
        (b"\xff\xfe", "UTF-16, not UTF-8"),
        (b"\xfe\xff", "UTF-16, not UTF-8"),
        (b"PK\x03\x04", "a zip archive or a spreadsheet, not plain text"),
        (b"\x1f\x8b", "compressed with gzip"),
    ];
    cursor.fill(4)?;
    if let Some((_, kind)) = KINDS.iter().find(|(magic, _)| cursor.bytes().starts_with(magic)) {
        return Err(Error::NotPlainText { file: cursor.file.clone(), kind });
    }
    let bom = cursor.bytes().starts_with("\u{feff}".as_bytes());
    if bom {
        cursor.skip(3);
    }
    Ok(bom)
}

/// Reads on until the first line that is not blank is whole, and tells the format by it.
fn sniff(cursor: &mut Cursor) -> Result<Format, Error> {
    loop {
        let have = cursor.bytes().len();
        let begun = cursor.bytes().trim_ascii_start();
        let enough = begun.starts_with(b"[") || begun.starts_with(b"{") || begun.contains(&b'\n') || have >= SNIFFED;
        if !enough {
            cursor.fill(have + 1)?;
        }
        if enough || cursor.bytes().len() == have {
            return Ok(Format::sniff(cursor.bytes()));
        }
    }
}
