//! The projects that open texts belong to, and what is shown about them.
//!
//! A change of a text only notes which projects it concerns. They are loaded anew when somebody wants to know
//! something, or when no more messages wait: so however fast somebody types, what is loaded is the last
//! text. What loading finds is shown at once; the lints follow.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use gen_lsp_types as lsp;

use super::analysis::{Done, Job};
use super::diagnostics::by_file;
use super::documents::{Document, Documents};
use super::home::{Home, is_policy};
use super::moved::moved;
use super::positions::Encoding;
use super::sample::{Counts, Leads, Sample};
use super::settings::{SAMPLE, Settings};
use super::view::View;
use crate::check::inside;
use crate::diagnostic::{Finding, Stage};
use crate::source::FileId;
use crate::syntax::ast::ItemKind;

/// Everything that is open, and every project that something of is.
#[derive(Default)]
pub struct Workspace {
    pub documents: Documents,
    pub encoding: Encoding,
    pub settings: Settings,
    /// Whether the client shows other places with a diagnostic.
    pub related: bool,
    projects: BTreeMap<Home, Known>,
    /// What each open text belongs to. A project that was only looked into for a text which it does not name is
    /// kept, and nothing is said of it.
    homes: BTreeMap<lsp::Uri, Home>,
    /// Open texts that have to be shown anew whatever is found in them.
    changed: BTreeSet<lsp::Uri>,
    /// What is shown now.
    shown: BTreeMap<lsp::Uri, Vec<lsp::Diagnostic>>,
}

/// A project.
pub struct Known {
    pub view: Arc<View>,
    /// What was found, in the places of `view`.
    pub findings: Vec<Finding>,
    pub counts: Option<Counts>,
    /// What the lints found last, and in which state of the project.
    exact: Option<(Arc<View>, Vec<Finding>)>,
    /// A text or a file has changed since it was loaded.
    is_stale: bool,
    /// The lints have not looked at this state yet.
    awaits_lints: bool,
    /// Tells the analysis that runs that its text is gone.
    running: Option<Arc<AtomicBool>>,
}

/// What a client is to show for a text.
pub type Shown = lsp::PublishDiagnosticsParams;

impl Workspace {
    /// Notes that a text or a file is not what it was.
    pub fn note_change(&mut self, uri: &lsp::Uri) {
        self.changed.insert(uri.clone());
        let path = super::documents::path_of(uri);
        for (home, known) in &mut self.projects {
            let concerns = match (home, &path) {
                (Home::Unsaved(own), _) => own == uri,
                (Home::Folder { .. }, Some(path)) => home.name_of(path).is_some(),
                (Home::Folder { .. }, None) => false,
            };
            if concerns {
                known.is_stale = true;
                known.cancel();
            }
        }
    }

    /// Notes that all projects have to be looked at anew.
    pub fn note_settings(&mut self) {
        for known in self.projects.values_mut() {
            known.is_stale = true;
            known.cancel();
        }
    }

    /// Brings the projects up to what is open now; what has to be shown otherwise than before.
    pub fn settle(&mut self) -> Vec<Shown> {
        let mut homes = BTreeMap::new();
        let mut looked_into = BTreeSet::new();
        let open: Vec<(lsp::Uri, Document)> =
            self.documents.iter().map(|(uri, document)| (uri.clone(), document.clone())).collect();
        for (uri, document) in open {
            if let Some(home) = self.home_of(&uri, &document, &mut looked_into) {
                homes.insert(uri, home);
            }
        }
        for (_, known) in self.projects.extract_if(.., |home, _| !looked_into.contains(home)) {
            known.cancel();
        }
        self.homes = homes;
        self.show()
    }

    /// The projects that something open belongs to.
    fn open_homes(&self) -> BTreeSet<Home> {
        self.homes.values().cloned().collect()
    }

    /// The project that an open text belongs to, loaded.
    fn home_of(&mut self, uri: &lsp::Uri, document: &Document, looked_into: &mut BTreeSet<Home>) -> Option<Home> {
        let Some(path) = &document.path else {
            let home = Home::Unsaved(uri.clone());
            looked_into.insert(home.clone());
            return document.is_policy.then(|| self.load(home));
        };
        let home = Home::of(path, &self.documents)?;
        looked_into.insert(home.clone());
        let home = self.load(home);
        if self.names(&home, path) {
            return Some(home);
        }
        // A policy that no other names is looked at by itself.
        let alone = Home::alone(path).filter(|_| is_policy(path))?;
        looked_into.insert(alone.clone());
        Some(self.load(alone))
    }

    fn names(&self, home: &Home, path: &Path) -> bool {
        let name = home.name_of(path);
        name.is_some_and(|name| self.projects.get(home).is_some_and(|known| known.view.file(&name).is_some()))
    }

    fn load(&mut self, home: Home) -> Home {
        let is_fresh = self.projects.get(&home).is_some_and(|known| !known.is_stale);
        if is_fresh {
            return home;
        }
        let view = Arc::new(View::load(home.clone(), &home.files(&self.documents), self.encoding));
        let before = self.projects.remove(&home);
        let (exact, counts) = before.map_or((None, None), |before| (before.exact, before.counts));
        let awaits_lints = view.loaded.project.is_some();
        let mut known =
            Known { view, findings: Vec::new(), counts, exact, is_stale: false, awaits_lints, running: None };
        known.gather();
        self.projects.insert(home.clone(), known);
        home
    }

    /// What an open text belongs to, and which file of it that is.
    pub fn find(&self, uri: &lsp::Uri) -> Option<(&Known, FileId)> {
        let home = self.homes.get(uri)?;
        let known = self.projects.get(home)?;
        let name = match home {
            Home::Unsaved(_) => home.main().to_owned(),
            Home::Folder { .. } => home.name_of(self.documents.get(uri)?.path.as_deref()?)?,
        };
        Some((known, known.view.file(&name)?))
    }

    // --- the lints ---

    /// What the lints have to look at. `now` is the moment in a project's time zone.
    pub fn jobs(&mut self, now: &dyn Fn(&jiff::tz::TimeZone) -> jiff::Timestamp) -> Vec<Job> {
        let (levels, sample) = (self.settings.levels(), self.settings.sample.clone());
        let (open, documents) = (self.open_homes(), &self.documents);
        let mut jobs = Vec::new();
        for (home, known) in self.projects.iter_mut().filter(|(home, known)| known.awaits_lints && open.contains(home))
        {
            let Some(project) = &known.view.loaded.project else { continue };
            let is_stale = Arc::new(AtomicBool::new(false));
            jobs.push(Job {
                home: home.clone(),
                view: known.view.clone(),
                levels: levels.clone(),
                now: now(&project.timezone),
                sample: find_sample(home, sample.as_deref(), documents),
                is_stale: is_stale.clone(),
            });
            known.awaits_lints = false;
            known.running = Some(is_stale);
        }
        jobs
    }

    /// Takes what the lints found; `Err` is a mistake of this program.
    pub fn take(&mut self, done: Done) -> Result<Vec<Shown>, String> {
        let Some(known) = self.projects.get_mut(&done.home).filter(|known| Arc::ptr_eq(&known.view, &done.view)) else {
            return Ok(Vec::new());
        };
        known.running = None;
        known.counts = done.counts;
        known.exact = Some((done.view, done.findings?));
        known.gather();
        let home = done.home;
        self.changed.extend(self.homes.iter().filter(|(_, own)| **own == home).map(|(uri, _)| uri.clone()));
        Ok(self.show())
    }

    // --- what is shown ---

    /// Everything that has to be shown otherwise than it is.
    fn show(&mut self) -> Vec<Shown> {
        let mut wanted: BTreeMap<lsp::Uri, Vec<lsp::Diagnostic>> = BTreeMap::new();
        let open = self.open_homes();
        for (home, known) in self.projects.iter().filter(|(home, _)| open.contains(home)) {
            let files = by_file(&known.view, &known.findings, &self.documents, self.related);
            for (file, diagnostics) in files {
                if let Some(uri) = home.uri_of(&known.view.source(file).name, &self.documents) {
                    let all = wanted.entry(uri).or_default();
                    all.extend(diagnostics.into_iter().filter(|new| !all.contains(new)).collect::<Vec<_>>());
                }
            }
        }
        let changed = std::mem::take(&mut self.changed);
        let uris: BTreeSet<lsp::Uri> = wanted.keys().chain(self.shown.keys()).chain(&changed).cloned().collect();
        let mut shown = Vec::new();
        for uri in uris {
            let diagnostics = wanted.get(&uri).cloned().unwrap_or_default();
            let before = self.shown.get(&uri).map_or(&[][..], Vec::as_slice);
            if diagnostics == before && !(changed.contains(&uri) && self.documents.get(&uri).is_some()) {
                continue;
            }
            let version = self.documents.get(&uri).map(|document| document.version);
            shown.push(Shown { uri, version, diagnostics });
        }
        self.shown = wanted;
        shown
    }
}

impl Known {
    fn cancel(&self) {
        if let Some(running) = &self.running {
            running.store(true, Ordering::Relaxed);
        }
    }

    /// What loading found, and what the lints found last, where it is now.
    fn gather(&mut self) {
        let view = &self.view;
        self.findings = match is_part(view) {
            true => {
                view.loaded.findings.iter().filter(|finding| finding.code.stage() == Stage::Syntax).cloned().collect()
            }
            false => view.loaded.findings.clone(),
        };
        if let Some((from, found)) = &self.exact {
            let found = if Arc::ptr_eq(from, view) { found.clone() } else { moved(found, from, view) };
            self.findings.extend(found);
        }
    }
}

/// A policy file that is not the main one of a project and has no lead block can only be a part of one, which
/// nothing names yet: that it lacks the rest is no news.
fn is_part(view: &View) -> bool {
    let items = || view.loaded.trees.iter().flat_map(|tree| &tree.items);
    view.home.main() != super::home::MAIN && !items().any(|item| matches!(item.kind, ItemKind::Lead(_)))
}

/// The sample as it is open, or else where it lies: it may be large, and only its beginning is read.
fn find_sample(home: &Home, named: Option<&str>, documents: &Documents) -> Option<Sample> {
    let Home::Folder { folder, .. } = home else { return None };
    let name = inside(named.unwrap_or(SAMPLE))?;
    let path = folder.join(&name);
    let leads = match documents.at(&path) {
        Some((_, document)) => Leads::Open(document.text.clone()),
        None => Leads::OnDisk(path),
    };
    Some(Sample { name, leads })
}
