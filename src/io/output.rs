//! Outputs that are whole or not there.
//!
//! A file is written beside its place under a passing name (`.pointsman-….part`) and moved over the
//! target when it is complete and on the disk. Until then the target is what it was: it may be the
//! very file that is being read, and a run that fails or is killed leaves it alone. (One that is
//! killed leaves the passing name behind; it may be deleted.) The outputs of one run are all
//! completed first and then moved together.
//!
//! A symbolic link is written through. A pipe or a device (`>(…)`, `/dev/fd/3`) has no place to be
//! moved to and is written straight, as is standard output (`-` or `/dev/stdout`); unless what is written
//! only becomes true with something else, such as a ledger: then it is held back in a passing file
//! ([`Outputs::held_back`]).

use std::fs::Permissions;
use std::io::{BufWriter, Read, Seek, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::Error;
use crate::fault;

/// Whatever rows can be written to.
pub trait Target: Write {
    /// What messages call it: a name in backticks, or `standard output`.
    fn name(&self) -> &str;
}

impl Target for Vec<u8> {
    fn name(&self) -> &str {
        "memory"
    }
}

/// The outputs of one run.
#[derive(Default)]
pub struct Outputs {
    places: Vec<PathBuf>,
    standard_output: bool,
    /// Nothing leaves before all of it is complete.
    held_back: bool,
}

/// One output, not yet in its place. Dropped before [`Outputs::commit`], it was never there.
pub struct Output {
    name: String,
    out: Out,
}

enum Out {
    Draft {
        file: BufWriter<NamedTempFile>,
        place: PathBuf,
        /// Those of the file that will be replaced.
        permissions: Option<Permissions>,
    },
    Straight(BufWriter<Box<dyn Write + Send>>),
    Held {
        file: BufWriter<std::fs::File>,
        to: Box<dyn Write + Send>,
    },
}

/// What a path leads to.
enum Place {
    New(PathBuf),
    File(PathBuf, Permissions),
    /// A pipe, a device.
    Special(PathBuf),
}

const BUFFER: usize = 64 * 1024;

impl Outputs {
    pub fn new() -> Outputs {
        Outputs::default()
    }

    /// Outputs of which nothing can be seen before [`Complete::place`].
    pub fn held_back() -> Outputs {
        Outputs { held_back: true, ..Outputs::default() }
    }

    /// Begins an output; `-` is standard output. No two may have the same place.
    pub fn create(&mut self, path: &Path) -> Result<Output, Error> {
        if path.as_os_str() == "-" || path.as_os_str() == "/dev/stdout" {
            return self.standard_output();
        }
        let name = format!("`{}`", path.display());
        let (place, permissions) = match find_place(path, &name)? {
            Place::Special(place) => {
                let to = open_special(&place).map_err(|why| Error::Write { file: name.clone(), why })?;
                return self.straight(name, to);
            }
            Place::New(place) => (place, None),
            Place::File(place, permissions) => {
                if is_database(&place) {
                    return Err(Error::Database { file: name });
                }
                (place, Some(permissions))
            }
        };
        if self.places.contains(&place) {
            return Err(Error::SameTarget { file: name });
        }
        self.places.push(place.clone());
        let file = begin_draft(&place).map_err(|why| Error::Write { file: name.clone(), why })?;
        let file = BufWriter::with_capacity(BUFFER, file);
        Ok(Output { name, out: Out::Draft { file, place, permissions } })
    }

    fn standard_output(&mut self) -> Result<Output, Error> {
        let name = "standard output".to_owned();
        if std::mem::replace(&mut self.standard_output, true) {
            return Err(Error::SameTarget { file: name });
        }
        self.straight(name, Box::new(std::io::stdout()))
    }

    fn straight(&self, name: String, to: Box<dyn Write + Send>) -> Result<Output, Error> {
        if !self.held_back {
            return Ok(Output { name, out: Out::Straight(BufWriter::with_capacity(BUFFER, to)) });
        }
        let file = tempfile::tempfile().map_err(|why| Error::Write { file: name.clone(), why })?;
        Ok(Output { name, out: Out::Held { file: BufWriter::with_capacity(BUFFER, file), to } })
    }

    /// Completes all outputs, then moves all of them to their places.
    pub fn commit(outputs: impl IntoIterator<Item = Output>) -> Result<(), Error> {
        Outputs::complete(outputs)?.place()
    }

    /// Completes all outputs, and moves none.
    pub fn complete(outputs: impl IntoIterator<Item = Output>) -> Result<Complete, Error> {
        let drafts = outputs.into_iter().filter_map(|output| output.complete().transpose());
        Ok(Complete(drafts.collect::<Result<_, Error>>()?))
    }
}

/// Outputs that are whole and on the disk, each beside its place.
#[must_use = "they are not in their places"]
pub struct Complete(Vec<Draft>);

impl Complete {
    /// Moves all of them to their places. If one cannot be moved (a folder was taken away meanwhile),
    /// the error names those that were.
    pub fn place(self) -> Result<(), Error> {
        let mut done: Vec<(String, Option<PathBuf>)> = Vec::new();
        for Draft { name, whole } in self.0 {
            fault::point();
            match whole.place() {
                Ok(place) => done.push((name, place)),
                Err(why) if done.is_empty() && why.kind() == std::io::ErrorKind::BrokenPipe => {
                    return Err(Error::Write { file: name, why });
                }
                Err(why) => {
                    let done = done.into_iter().map(|(name, _)| name).collect();
                    return Err(Error::Replace { file: name, why, done });
                }
            }
        }
        for place in done.iter().filter_map(|(_, place)| place.as_deref()) {
            sync_folder_of(place);
        }
        fault::point();
        Ok(())
    }
}

/// A complete output that waits for its place.
struct Draft {
    name: String,
    whole: Whole,
}

enum Whole {
    File { file: NamedTempFile, place: PathBuf },
    Held { file: std::fs::File, to: Box<dyn Write + Send> },
}

impl Whole {
    /// Puts it in its place, and says where that is in the file system.
    fn place(self) -> std::io::Result<Option<PathBuf>> {
        match self {
            Whole::File { file, place } => file.persist(&place).map(|_| Some(place)).map_err(|why| why.error),
            Whole::Held { mut file, mut to } => {
                file.seek(std::io::SeekFrom::Start(0))?;
                std::io::copy(&mut file, &mut to)?;
                to.flush().map(|()| None)
            }
        }
    }
}

impl Output {
    /// Writes out what is left, and makes a draft last beyond a crash of the machine.
    fn complete(self) -> Result<Option<Draft>, Error> {
        let Output { name, out } = self;
        let result = match out {
            Out::Straight(mut out) => out.flush().map(|()| None),
            Out::Draft { file, place, permissions } => {
                complete_draft(file, permissions).map(|file| Some(Whole::File { file, place }))
            }
            Out::Held { file, to } => {
                let file = file.into_inner().map_err(std::io::IntoInnerError::into_error);
                file.map(|file| Some(Whole::Held { file, to }))
            }
        };
        match result {
            Ok(whole) => Ok(whole.map(|whole| Draft { name, whole })),
            Err(why) => Err(Error::Write { file: name, why }),
        }
    }
}

impl Target for Output {
    fn name(&self) -> &str {
        &self.name
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match &mut self.out {
            Out::Draft { file, .. } => file.write(bytes),
            Out::Straight(out) => out.write(bytes),
            Out::Held { file, .. } => file.write(bytes),
        }
    }

    /// Only what goes straight out: a draft nobody reads is flushed when it is committed.
    fn flush(&mut self) -> std::io::Result<()> {
        match &mut self.out {
            Out::Draft { .. } | Out::Held { .. } => Ok(()),
            Out::Straight(out) => out.flush(),
        }
    }
}

/// Whether a file is one of SQLite's (https://sqlite.org/fileformat.html, 1.3), as a ledger is: what it holds is
/// nowhere else, so no output takes its place.
fn is_database(place: &Path) -> bool {
    const MAGIC: &[u8; 16] = b"SQLite format 3\0";
    let mut header = [0; 16];
    #[expect(clippy::disallowed_methods, reason = "outputs belong to io; a header is looked at")]
    let read = std::fs::File::open(place).and_then(|mut file| file.read_exact(&mut header));
    read.is_ok() && header == *MAGIC
}

fn find_place(path: &Path, name: &str) -> Result<Place, Error> {
    match path.metadata() {
        Ok(metadata) if metadata.is_dir() => Err(Error::TargetIsFolder { file: name.to_owned() }),
        Ok(metadata) if !metadata.is_file() || is_handle(path) => Ok(Place::Special(path.to_owned())),
        Ok(metadata) if metadata.permissions().readonly() => Err(Error::ReadOnly { file: name.to_owned() }),
        Ok(metadata) => match path.canonicalize() {
            Ok(place) => Ok(Place::File(place, metadata.permissions())),
            Err(why) => Err(Error::Write { file: name.to_owned(), why }),
        },
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => {
            if path.as_os_str().as_encoded_bytes().ends_with(b"/") {
                return Err(Error::TargetIsFolder { file: name.to_owned() });
            }
            Ok(Place::New(in_real_folder(behind_links(path), name)?))
        }
        Err(why) => Err(Error::Write { file: name.to_owned(), why }),
    }
}

/// `/dev/fd/3` and its like are names of something that is open already, even if that is a file:
/// whoever opened it expects to find the bytes there, and perhaps others before them.
fn is_handle(path: &Path) -> bool {
    path.starts_with("/dev") || path.starts_with("/proc")
}

/// Where symbolic links lead that lead to nothing yet.
fn behind_links(path: &Path) -> PathBuf {
    /// As many as Linux follows.
    const MOST_LINKS: usize = 40;
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        match path.read_link() {
            Ok(target) => path = folder_of(&path).join(target),
            Err(_) => break,
        }
    }
    path
}

/// The path by which two ways of writing one place are the same.
fn in_real_folder(path: PathBuf, name: &str) -> Result<PathBuf, Error> {
    let folder = folder_of(&path);
    let no_folder = || Error::NoFolder { file: name.to_owned(), folder: folder.display().to_string() };
    let real = folder.canonicalize().map_err(|_| no_folder())?;
    path.file_name().map(|file| real.join(file)).ok_or_else(no_folder)
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

fn begin_draft(place: &Path) -> std::io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".pointsman-").suffix(".part");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // What a new file gets; the system takes away what the umask says.
        builder.permissions(Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder_of(place))
}

fn complete_draft(file: BufWriter<NamedTempFile>, permissions: Option<Permissions>) -> std::io::Result<NamedTempFile> {
    let file = file.into_inner().map_err(std::io::IntoInnerError::into_error)?;
    if let Some(permissions) = permissions {
        file.as_file().set_permissions(permissions)?;
    }
    file.as_file().sync_all()?;
    Ok(file)
}

fn open_special(place: &Path) -> std::io::Result<Box<dyn Write + Send>> {
    Ok(Box::new(std::fs::OpenOptions::new().append(true).open(place)?))
}

/// Makes the new name last beyond a crash of the machine. Not every file system can; nothing is
/// lost by trying.
fn sync_folder_of(place: &Path) {
    #[expect(clippy::disallowed_methods, reason = "a folder is opened to be synced, not to be read")]
    if let Ok(folder) = std::fs::File::open(folder_of(place)) {
        let _ = folder.sync_all();
    }
}
