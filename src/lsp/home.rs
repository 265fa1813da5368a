//! Which project a file belongs to, and a project's files as the editor shows them.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gen_lsp_types as lsp;

use super::documents::Documents;
use crate::check::{Files, Folder};

/// A project: a folder, and its main policy.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Home {
    Folder {
        folder: PathBuf,
        /// The main policy's name.
        main: String,
    },
    /// A new text that is not saved anywhere: a project of its own.
    Unsaved(lsp::Uri),
}

/// The name of the main policy of a folder that is a project, and that of a new text.
pub const MAIN: &str = "main.rules";

impl Home {
    /// The nearest folder with a `main.rules`; else the only `.rules` file of the nearest folder that has
    /// any; else, for a policy, the file itself. `None` for other files beside which there is no policy, or
    /// several.
    pub fn of(path: &Path, documents: &Documents) -> Option<Home> {
        let folders = || path.ancestors().skip(1);
        let has_main = |folder: &&Path| is_there(&folder.join(MAIN), documents);
        if let Some(folder) = folders().find(has_main) {
            return Some(Home::Folder { folder: folder.to_owned(), main: MAIN.to_owned() });
        }
        if is_policy(path) {
            return Home::alone(path);
        }
        let policies = folders().map(|folder| policies_in(folder, documents)).find(|policies| !policies.is_empty())?;
        match &policies[..] {
            [only] => Home::alone(only),
            _ => None,
        }
    }

    /// A policy as the main one of its folder.
    pub fn alone(path: &Path) -> Option<Home> {
        let main = path.file_name()?.to_str()?.to_owned();
        Some(Home::Folder { folder: path.parent()?.to_owned(), main })
    }

    pub fn main(&self) -> &str {
        match self {
            Home::Folder { main, .. } => main,
            Home::Unsaved(_) => MAIN,
        }
    }

    /// How the project names a file in its folder.
    pub fn name_of(&self, path: &Path) -> Option<String> {
        let Home::Folder { folder, .. } = self else { return None };
        let parts = path.strip_prefix(folder).ok()?.iter().map(|part| part.to_str()).collect::<Option<Vec<&str>>>()?;
        Some(parts.join("/"))
    }

    /// What the client calls a file that the project names.
    pub fn uri_of(&self, name: &str, documents: &Documents) -> Option<lsp::Uri> {
        match self {
            Home::Unsaved(uri) => Some(uri.clone()),
            Home::Folder { folder, .. } => {
                let path = name.split('/').fold(folder.clone(), |path, part| path.join(part));
                let open = documents.at(&path).map(|(uri, _)| uri.clone());
                open.or_else(|| lsp::Uri::from_file_path(&path).ok())
            }
        }
    }

    /// The project's files, with the texts that are open in place of those on disk.
    pub fn files(&self, documents: &Documents) -> Overlay {
        match self {
            Home::Unsaved(uri) => {
                let open = documents.get(uri).map(|document| (MAIN.to_owned(), document.text.clone()));
                Overlay { folder: None, open: open.into_iter().collect() }
            }
            Home::Folder { folder, .. } => {
                let named = |path: &Path| self.name_of(path);
                let open = documents
                    .iter()
                    .filter_map(|(_, document)| Some((named(document.path.as_deref()?)?, document.text.clone())));
                Overlay { folder: Some(Folder(folder.clone())), open: open.collect() }
            }
        }
    }
}

fn is_there(path: &Path, documents: &Documents) -> bool {
    documents.at(path).is_some() || path.is_file()
}

pub fn is_policy(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "rules")
}

fn policies_in(folder: &Path, documents: &Documents) -> Vec<PathBuf> {
    let open = documents.iter().filter_map(|(_, document)| document.path.clone());
    let open = open.filter(|path| path.parent() == Some(folder));
    let on_disk = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut policies: Vec<PathBuf> = open.chain(on_disk).filter(|path| is_policy(path)).collect();
    policies.sort_unstable();
    policies.dedup();
    policies
}

/// A folder on disk, and over it the texts that are open.
pub struct Overlay {
    folder: Option<Folder>,
    /// By the names that the project has for them.
    open: BTreeMap<String, Arc<str>>,
}

impl Overlay {
    /// The same files but for one.
    pub fn with(mut self, name: &str, text: &str) -> Overlay {
        self.open.insert(name.to_owned(), text.into());
        self
    }
}

impl Files for Overlay {
    fn read(&self, path: &str) -> Result<Vec<u8>, io::Error> {
        if let Some(text) = self.open.get(path) {
            return Ok(text.as_bytes().to_vec());
        }
        match &self.folder {
            Some(folder) => folder.read(path),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn beside(&self, path: &str) -> Vec<String> {
        let parent = |name: &str| name.rsplit_once('/').map(|(parent, _)| parent.to_owned());
        let open = self.open.keys().filter(|name| parent(name) == parent(path)).cloned();
        let mut names: Vec<String> = self.folder.iter().flat_map(|folder| folder.beside(path)).chain(open).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}
