//! A project as it was committed: `git:REV` or `git:REV:PATH`.
//!
//! The installed `git` is asked, so that whatever it understands as a revision is understood here,
//! in any kind of repository it can read.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::Failure;
use crate::check::{self, Files};

/// A folder of a commit.
pub struct Tree {
    repository: PathBuf,
    commit: String,
    /// Below the repository's root, without slashes at its ends.
    folder: String,
}

/// What `git:…` names, and its main file. Without a PATH it is the project at `beside`, as it was.
pub struct Named {
    pub tree: Tree,
    pub main: String,
    /// Put before file names in messages.
    pub prefix: String,
}

/// What follows `git:`, if the text begins so.
pub fn revision(text: &Path) -> Option<&str> {
    text.to_str()?.strip_prefix("git:")
}

pub fn find(spec: &str, beside: &Path) -> Result<Named, Failure> {
    let (revision, path) = match spec.split_once(':') {
        Some((revision, path)) => (revision, Some(path)),
        None => (spec, None),
    };
    let start = if beside.is_dir() { beside } else { beside.parent().unwrap_or(beside) };
    let start = if start.as_os_str().is_empty() { Path::new(".") } else { start };
    let root = ask(start, &["rev-parse", "--show-toplevel"])
        .map_err(|why| Failure::with_help(format!("`{}` is in no git repository: {why}", start.display()), USAGE))?;
    let repository = PathBuf::from(root);
    let commit = format!("{revision}^{{commit}}");
    let commit = ask(&repository, &["rev-parse", "--verify", "--quiet", "--end-of-options", &commit])
        .map_err(|_| Failure::with_help(format!("git knows no revision `{revision}`"), USAGE))?;
    let path = match path {
        Some(path) => check::inside(path).unwrap_or_default(),
        None => below(beside, &repository)?,
    };
    let kind = ask(&repository, &["cat-file", "-t", &format!("{commit}:{path}")]).map_err(|_| {
        let help = "name another place with git:REV:PATH, from the repository's root";
        Failure::with_help(format!("`{path}` is not in `{revision}`"), help)
    })?;
    let (folder, main) = match (kind.as_str(), path.rsplit_once('/')) {
        ("tree", _) => (path.clone(), "main.rules".to_owned()),
        (_, Some((folder, file))) => (folder.to_owned(), file.to_owned()),
        (_, None) => (String::new(), path.clone()),
    };
    let slash = if folder.is_empty() { "" } else { "/" };
    let prefix = format!("git:{revision}:{folder}{slash}");
    Ok(Named { tree: Tree { repository, commit, folder }, main, prefix })
}

const USAGE: &str = "write git:REV or git:REV:PATH, e.g. git:main or git:HEAD~1:policies";

/// A path below the repository's root, with `/`.
fn below(path: &Path, repository: &Path) -> Result<String, Failure> {
    let full = |path: &Path| path.canonicalize().map_err(|why| Failure::new(format!("`{}`: {why}", path.display())));
    let (path, root) = (full(path)?, full(repository)?);
    let relative = path.strip_prefix(&root).unwrap_or(Path::new(""));
    Ok(relative.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/"))
}

impl Files for Tree {
    fn read(&self, path: &str) -> Result<Vec<u8>, io::Error> {
        let slash = if self.folder.is_empty() { "" } else { "/" };
        let object = format!("{}:{}{slash}{path}", self.commit, self.folder);
        let output = git(&self.repository, &["cat-file", "blob", &object])?;
        if output.status.success() { Ok(output.stdout) } else { Err(io::ErrorKind::NotFound.into()) }
    }
}

/// One line of an answer; what git complains of is the error.
fn ask(folder: &Path, arguments: &[&str]) -> Result<String, String> {
    let output = git(folder, arguments).map_err(|why| format!("git could not be run: {why}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

fn git(folder: &Path, arguments: &[&str]) -> Result<Output, io::Error> {
    Command::new("git").arg("-C").arg(folder).args(arguments).output()
}
