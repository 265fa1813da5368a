//! Salesforce assignment rules → a project.
//!
//! | step | file | makes |
//! | --- | --- | --- |
//! | read | `xml`, `metadata` | what the file says, with every place |
//! | ask | `members`, `criteria`, `filter`, `formula` | [`question`]s about fields |
//! | type | `fields`, `values` | what each field holds, by what is asked of it |
//! | say | `comparison`, `translate` | conditions of the policy language, or why there is none |
//! | write | `names`, `project`, `report` | `main.rules`, `roster.yaml`, and what an admin must know |
//!
//! The promise: a record goes where Salesforce would send it, and where that cannot be promised, the
//! file says so at the entry and the report lists it. What is not documented is not guessed: a lead
//! field of type `yes_no` stands for it, about which the analysis knows nothing.

mod comparison;
mod condition;
mod criteria;
mod fields;
mod filter;
mod formula;
mod members;
mod metadata;
mod names;
mod project;
mod question;
pub mod report;
mod translate;
mod values;
mod xml;

use indexmap::IndexMap;

use crate::check::{self, InMemory};
use crate::diagnostic::{Finding, has_errors};
use crate::source::{FileId, SourceMap, Span};
use crate::syntax;

use fields::Fields;
use metadata::{Asks, AssignmentRule};
use report::Report;

/// What is wrong with a file, and where.
#[derive(Clone, PartialEq, Debug)]
pub struct Problem {
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    pub span: Span,
}

/// Why nothing was made of the files.
#[derive(Debug)]
pub enum Failed {
    /// A file is not what it should be.
    Problem(Problem),
    /// What was made is no project: a defect of ours. The text of `main.rules`, and what is wrong with it.
    Defect(SourceMap, Vec<Finding>),
}

/// How to write what Salesforce leaves unsaid.
#[derive(Clone, Copy, Default, Debug)]
pub struct Options {
    /// Do not write `otherwise keep owner` where an assignment rule has no entry for the rest.
    pub strict_fallback: bool,
}

/// The rules of one object as a project.
#[derive(Debug)]
pub struct Imported {
    /// `Lead`
    pub object: String,
    /// Name and text of each file.
    pub files: Vec<(String, String)>,
    pub report: Report,
}

/// Translates files of assignment rules: a project for each object that they are about, in the order of
/// the files.
pub fn salesforce(files: &[FileId], sources: &SourceMap, options: Options) -> Result<Vec<Imported>, Failed> {
    let mut objects: IndexMap<String, (String, Vec<String>, Vec<AssignmentRule>)> = IndexMap::new();
    for &file in files {
        let file = sources.file(file);
        let rules = metadata::rules(&xml::read(file).map_err(Failed::Problem)?).map_err(Failed::Problem)?;
        let object = object_of(&file.name, &rules);
        let (_, names, all) = objects.entry(object.to_lowercase()).or_insert_with(|| (object, Vec::new(), Vec::new()));
        names.push(base_name(&file.name).to_owned());
        all.extend(rules);
    }
    let objects = objects.into_values();
    objects.map(|(object, names, rules)| one_object(object, names, &rules, sources, options)).collect()
}

fn one_object(
    object: String,
    names: Vec<String>,
    rules: &[AssignmentRule],
    sources: &SourceMap,
    options: Options,
) -> Result<Imported, Failed> {
    let mut fields = Fields::of(&object);
    let rules: Vec<&AssignmentRule> = rules.iter().collect();
    let policies = translate::policies(&rules, &mut fields).map_err(Failed::Problem)?;
    let written = project::write(&object, &names, &policies, &fields, options);
    let files = laid_out(written.main, written.roster)?;
    let report = report::of(&object, names, &policies, &fields, written.names, sources);
    Ok(Imported { object, files, report })
}

/// The files in their canonical layout, once they have been loaded as a project.
fn laid_out(main: String, roster: Option<String>) -> Result<Vec<(String, String)>, Failed> {
    let mut sources = SourceMap::new();
    let file = sources.add("main.rules", main).expect("it is not much longer than the files it was made of");
    let main = match syntax::format(file, &sources) {
        Ok(text) => text,
        Err(syntax::Refusal::Errors(findings)) => return Err(Failed::Defect(sources, findings)),
        Err(syntax::Refusal::Defect) => return Err(Failed::Defect(sources, Vec::new())),
    };
    let roster = roster.map(|text| ("roster.yaml".to_owned(), text));
    let files: Vec<(String, String)> = std::iter::once(("main.rules".to_owned(), main)).chain(roster).collect();
    let loaded = check::load(&InMemory(files.iter().cloned().collect()), "main.rules");
    if has_errors(&loaded.findings) { Err(Failed::Defect(loaded.sources, loaded.findings)) } else { Ok(files) }
}

/// What the records are: files are named after it, and so are most fields.
fn object_of(file: &str, rules: &[AssignmentRule]) -> String {
    let name = base_name(file);
    if let Some(at) = name.to_lowercase().find(".assignmentrules").filter(|at| *at > 0) {
        return name[..at].to_owned();
    }
    let entries = rules.iter().flat_map(|rule| &rule.entries);
    let items = entries.flat_map(|entry| match &entry.asks {
        Asks::Criteria { items, .. } => &items[..],
        Asks::Nothing | Asks::Formula(_) => &[],
    });
    let mut counts: IndexMap<&str, usize> = IndexMap::new();
    for (object, _) in items.filter_map(|item| item.field.split_once('.')).filter(|(object, _)| *object != "User") {
        *counts.entry(object).or_default() += 1;
    }
    counts.sort_by(|_, one, _, other| other.cmp(one));
    let stem = name.split('.').next().filter(|stem| !stem.is_empty()).unwrap_or("Lead");
    counts.keys().next().copied().unwrap_or(stem).to_owned()
}

fn base_name(file: &str) -> &str {
    file.rsplit(['/', '\\']).next().unwrap_or(file)
}

impl Problem {
    pub fn new(span: Span, message: impl Into<String>) -> Problem {
        Problem { message: message.into(), help: None, span }
    }

    /// Says what to do.
    pub fn help(mut self, help: impl Into<String>) -> Problem {
        self.help = Some(help.into());
        self
    }
}
