//! Where a project's files come from, and the paths it may use.
//!
//! A policy under review must not be able to read anything but its own folder: a path is relative,
//! never climbs, and a link that leads out of the folder is refused where it is followed.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Data files larger than this are refused.
const LARGEST_FILE: u64 = 1 << 30;

/// The files of one project. Paths are relative to its folder, with `/`, and have passed
/// [`inside`].
pub trait Files {
    /// The whole file. An error whose source is [`LeavesFolder`] says that a link leads outside.
    fn read(&self, path: &str) -> Result<Vec<u8>, io::Error>;

    /// Paths of the files in the same folder as `path`, for did-you-mean. May be empty.
    fn beside(&self, _path: &str) -> Vec<String> {
        Vec::new()
    }
}

/// A folder on disk.
#[derive(Clone, Debug)]
pub struct Folder(pub PathBuf);

/// A project that exists only here: path → text.
#[derive(Clone, Default, Debug)]
pub struct InMemory(pub BTreeMap<String, String>);

/// Files that are read from somewhere else, and what was read of them.
pub struct Noted<'f> {
    files: &'f dyn Files,
    read: std::cell::RefCell<BTreeMap<String, Vec<u8>>>,
}

/// A symbolic link inside the project leads out of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LeavesFolder;

/// What was given as a project is none.
#[derive(Debug)]
pub enum NoProject {
    /// Nothing is there, or it may not be looked at.
    Unreadable(PathBuf, io::Error),
    /// A folder without `main.rules`.
    NoMain(PathBuf),
    /// A file that is not called `….rules`.
    NotRules(PathBuf),
    /// The file's name is not Unicode, so that no message could name it.
    StrangeName(PathBuf),
}

/// Finds the project folder and its main file: `path` is a folder with `main.rules`, or a `.rules`
/// file, whose folder is then the project's.
pub fn locate(path: &Path) -> Result<(Folder, String), NoProject> {
    let metadata = std::fs::metadata(path).map_err(|error| NoProject::Unreadable(path.to_owned(), error))?;
    if metadata.is_dir() {
        let has_main = path.join("main.rules").is_file();
        let found = (Folder(path.to_owned()), "main.rules".to_owned());
        return if has_main { Ok(found) } else { Err(NoProject::NoMain(path.to_owned())) };
    }
    if path.extension().is_none_or(|extension| extension != "rules") {
        return Err(NoProject::NotRules(path.to_owned()));
    }
    let name = path.file_name().and_then(|name| name.to_str());
    let name = name.ok_or_else(|| NoProject::StrangeName(path.to_owned()))?;
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    Ok((Folder(folder.unwrap_or(Path::new(".")).to_owned()), name.to_owned()))
}

/// A path as a policy gives it, tidied (`./a//b` is `a/b`); `None` if it could name anything outside
/// the project folder, on any operating system.
pub fn inside(path: &str) -> Option<String> {
    if path.starts_with('/') || path.contains(['\\', ':', '\0']) {
        return None;
    }
    let parts: Vec<&str> = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    let climbs = parts.contains(&"..");
    (!climbs && !parts.is_empty()).then(|| parts.join("/"))
}

impl Files for Folder {
    fn read(&self, path: &str) -> Result<Vec<u8>, io::Error> {
        let root = self.0.canonicalize()?;
        let target = root.join(path).canonicalize()?;
        if !target.starts_with(&root) {
            return Err(io::Error::other(LeavesFolder));
        }
        let metadata = std::fs::metadata(&target)?;
        if !metadata.is_file() {
            return Err(io::Error::other("it is not a file"));
        }
        if metadata.len() > LARGEST_FILE {
            return Err(io::Error::other("it is larger than 1 GiB"));
        }
        #[expect(clippy::disallowed_methods, reason = "loading a project is the one part of the core that reads files")]
        std::fs::read(&target)
    }

    fn beside(&self, path: &str) -> Vec<String> {
        let parent = path.rsplit_once('/').map(|(parent, _)| parent);
        let Ok(root) = self.0.canonicalize() else { return Vec::new() };
        let Ok(folder) = root.join(parent.unwrap_or(".")).canonicalize() else { return Vec::new() };
        if !folder.starts_with(&root) {
            return Vec::new();
        }
        let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
        let names = entries.flatten().filter(|entry| entry.path().is_file());
        let names = names.filter_map(|entry| entry.file_name().into_string().ok());
        let mut paths: Vec<String> =
            names.map(|name| parent.map_or_else(|| name.clone(), |parent| format!("{parent}/{name}"))).collect();
        paths.sort_unstable();
        paths
    }
}

impl Files for InMemory {
    fn read(&self, path: &str) -> Result<Vec<u8>, io::Error> {
        let text = self.0.get(path).ok_or(io::ErrorKind::NotFound)?;
        Ok(text.clone().into_bytes())
    }

    fn beside(&self, path: &str) -> Vec<String> {
        let folder = |path: &str| path.rsplit_once('/').map(|(folder, _)| folder.to_owned());
        self.0.keys().filter(|known| folder(known) == folder(path)).cloned().collect()
    }
}

impl<'f> Noted<'f> {
    pub fn new(files: &'f dyn Files) -> Noted<'f> {
        Noted { files, read: Default::default() }
    }

    /// Every file that was read.
    pub fn into_files(self) -> BTreeMap<String, Vec<u8>> {
        self.read.into_inner()
    }
}

impl Files for Noted<'_> {
    fn read(&self, path: &str) -> Result<Vec<u8>, io::Error> {
        let content = self.files.read(path)?;
        self.read.borrow_mut().insert(path.to_owned(), content.clone());
        Ok(content)
    }

    fn beside(&self, path: &str) -> Vec<String> {
        self.files.beside(path)
    }
}

/// A project whose files were noted.
impl Files for BTreeMap<String, Vec<u8>> {
    fn read(&self, path: &str) -> Result<Vec<u8>, io::Error> {
        Ok(self.get(path).ok_or(io::ErrorKind::NotFound)?.clone())
    }
}

impl InMemory {
    /// A project from its files.
    pub fn new<P: Into<String>, T: Into<String>>(files: impl IntoIterator<Item = (P, T)>) -> InMemory {
        InMemory(files.into_iter().map(|(path, text)| (path.into(), text.into())).collect())
    }
}

impl fmt::Display for LeavesFolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a link leads out of the project's folder")
    }
}

impl Error for LeavesFolder {}

impl fmt::Display for NoProject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NoProject::Unreadable(path, error) if error.kind() == io::ErrorKind::NotFound => {
                write!(f, "there is no `{}`", path.display())
            }
            NoProject::Unreadable(path, error) => write!(f, "`{}` cannot be read: {error}", path.display()),
            NoProject::NoMain(path) => {
                write!(f, "the folder `{}` is no project: it has no `main.rules`", path.display())
            }
            NoProject::NotRules(path) => {
                write!(
                    f,
                    "`{}` is no project: give a folder with `main.rules`, or a file that ends in `.rules`",
                    path.display()
                )
            }
            NoProject::StrangeName(path) => write!(f, "the name of `{}` is not Unicode", path.display()),
        }
    }
}

impl Error for NoProject {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_inside_the_folder_on_every_system() {
        assert_eq!(inside("data/accounts.csv").as_deref(), Some("data/accounts.csv"));
        assert_eq!(inside("./data//accounts.csv").as_deref(), Some("data/accounts.csv"));
        assert_eq!(inside("..accounts.csv").as_deref(), Some("..accounts.csv"));
        for outside in
            ["", ".", "/etc/passwd", "../a", "a/../../b", "a/..", "C:/a", "C:a", "a\\..\\b", "\\\\host\\a", "a\0b"]
        {
            assert_eq!(inside(outside), None, "{outside}");
        }
    }

    #[test]
    fn a_project_is_a_folder_with_main_rules_or_a_rules_file() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let said = |path: &Path| locate(path).map(|(_, main)| main).map_err(|error| error.to_string());
        assert!(said(folder.path()).is_err_and(|said| said.ends_with("it has no `main.rules`")));
        put(folder.path().join("main.rules"), "");
        put(folder.path().join("notes.txt"), "");
        assert_eq!(said(folder.path()), Ok("main.rules".to_owned()));
        assert_eq!(said(&folder.path().join("main.rules")), Ok("main.rules".to_owned()));
        assert!(said(&folder.path().join("notes.txt")).is_err_and(|said| said.contains("ends in `.rules`")));
        assert!(said(&folder.path().join("nothing")).is_err_and(|said| said.starts_with("there is no")));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_may_stay_inside_the_folder_and_not_leave_it() {
        let outer = tempfile::tempdir().expect("a temporary folder");
        let root = outer.path().join("project");
        std::fs::create_dir(&root).expect("a new folder");
        put(outer.path().join("secret.csv"), "secret");
        put(root.join("a.csv"), "a");
        std::os::unix::fs::symlink(root.join("a.csv"), root.join("b.csv")).expect("a link");
        std::os::unix::fs::symlink("../secret.csv", root.join("c.csv")).expect("a link");
        let folder = Folder(root);
        assert_eq!(folder.read("b.csv").expect("a link inside"), b"a");
        let error = folder.read("c.csv").expect_err("a link to the outside");
        assert!(error.get_ref().is_some_and(|source| source.is::<LeavesFolder>()));
        assert_eq!(folder.beside("x.csv"), ["a.csv", "b.csv", "c.csv"]);
        assert!(folder.read("x.csv").is_err());
    }

    #[expect(clippy::disallowed_methods, reason = "a test makes the files that it reads")]
    fn put(path: PathBuf, text: &str) {
        std::fs::write(path, text).expect("a file in a temporary folder");
    }
}
