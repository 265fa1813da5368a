//! Projects for tests: from texts, from the blocks of a page, from a folder.

use std::collections::BTreeMap;

use jiff::Timestamp;
use pointsman::check::{self, InMemory};
use pointsman::diagnostic::Finding;
use pointsman::diagnostic::human::{self, Look};
use pointsman::graph::DecisionGraph;
use pointsman::lint::{self, Levels};
use pointsman::policy::Project;
use pointsman::source::SourceMap;

pub const PLAIN: Look = Look { color: false, width: 100 };

/// A day on which the tests happen.
pub fn now() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().expect("a moment")
}

/// Name and text of each file; `main.rules` is among them.
pub type Files<'a> = &'a [(&'a str, &'a str)];

/// A project that must be right.
pub fn project(files: Files) -> (Project, SourceMap) {
    let loaded = check::load(&in_memory(files), "main.rules");
    let shown = human::render(&loaded.findings, &loaded.sources, "", PLAIN);
    (loaded.project.unwrap_or_else(|| panic!("{shown}")), loaded.sources)
}

/// Everything there is to say about a project.
pub fn findings(files: Files) -> (Vec<Finding>, SourceMap) {
    everything(&in_memory(files), "main.rules")
}

/// Everything there is to say about a project, as people see it.
pub fn report(files: Files) -> String {
    let (findings, sources) = findings(files);
    human::render(&findings, &sources, "", PLAIN)
}

/// What there is to say by default; see [`everything_about`].
pub fn everything(files: &dyn check::Files, main: &str) -> (Vec<Finding>, SourceMap) {
    everything_about(files, main, &Levels::default())
}

pub fn everything_about(files: &dyn check::Files, main: &str, levels: &Levels) -> (Vec<Finding>, SourceMap) {
    let mut loaded = check::load(files, main);
    if let Some(project) = &loaded.project {
        let found = lint::lint(project, &DecisionGraph::new(project), now(), levels);
        loaded.findings.extend(found.unwrap_or_else(|mismatch| panic!("{mismatch}")));
    }
    (loaded.findings, loaded.sources)
}

fn in_memory(files: Files) -> InMemory {
    InMemory(files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect())
}

/// A complete project of a Markdown page.
pub struct Block {
    /// The heading it stands under.
    pub heading: String,
    pub files: InMemory,
}

/// The complete projects of a page: every block marked `rules` alone. A block marked with a file's
/// name (`csv accounts.csv`) is that file for all projects after it, until another takes its place.
pub fn blocks(markdown: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    let mut heading = String::new();
    let mut lines = markdown.lines();
    while let Some(line) = lines.next() {
        if let Some(title) = line.strip_prefix("## ") {
            heading = title.to_owned();
        }
        let Some(mark) = line.strip_prefix("```") else { continue };
        let text: String = lines.by_ref().take_while(|line| *line != "```").flat_map(|line| [line, "\n"]).collect();
        match mark.split_once(' ') {
            None if mark == "rules" => {
                let mut files = files.clone();
                files.insert("main.rules".to_owned(), text);
                blocks.push(Block { heading: heading.clone(), files: InMemory(files) });
            }
            Some((_, name)) if name.contains('.') => {
                files.insert(name.to_owned(), text);
            }
            _ => {}
        }
    }
    blocks
}
