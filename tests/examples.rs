//! The projects of examples/rules are what newcomers copy: they are clean, they keep their own
//! promises, and each lead of theirs comes out once. What examples/rules/invalid holds is wrong in
//! exactly one way.

#![expect(clippy::disallowed_methods, reason = "tests lay out files and read what was written")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use pointsman::diagnostic::Code;
use serde_json::Value;
use tempfile::TempDir;

use crate::program::{MONDAY, codes_found, codes_found_with, pointsman, printed, root};

#[test]
fn every_project_is_clean() {
    for project in projects() {
        let found = codes_found(&project);
        assert!(found.is_empty(), "{}: {found:?}", project.display());
    }
}

#[test]
fn every_project_has_tests_and_passes_them() {
    for project in projects() {
        let output = pointsman([Path::new("test"), &project]);
        assert!(output.status.success(), "{}:\n{}", project.display(), printed(&output));
        let policy = fs::read_to_string(project.join("main.rules")).expect("a project has a policy");
        assert!(policy.contains("\ntest \""), "{} tests nothing", project.display());
    }
}

#[test]
fn every_lead_comes_out_once() {
    for (project, leads) in projects_with_leads() {
        let routed = route(&project, &leads);
        let count = |what: &str| routed.summary[what].as_u64().unwrap_or_else(|| panic!("no count of {what}"));
        let out = count("assigned") + count("queued") + count("kept") + count("rejected_by_policy");
        assert_eq!(count("read"), out + count("rejects"), "{}", leads.display());
        assert_eq!(out, records(&leads, &routed.out).len() as u64, "{}", leads.display());
        assert!(count("assigned") > 0, "{}: nobody gets anything", leads.display());
    }
}

#[test]
fn routing_again_gives_the_same_bytes() {
    for (project, leads) in projects_with_leads() {
        assert!(route(&project, &leads).out == route(&project, &leads).out, "{}", leads.display());
    }
}

#[test]
fn the_same_leads_go_to_the_same_people_whatever_their_format() {
    let mut several = 0;
    for project in projects() {
        let decisions: Vec<_> =
            leads_of(&project).iter().map(|leads| assigned(leads, &route(&project, leads).out)).collect();
        several += usize::from(decisions.len() > 1);
        assert!(decisions.windows(2).all(|pair| pair[0] == pair[1]), "{}", project.display());
    }
    assert!(several > 0, "no example has its leads in two formats");
}

#[test]
fn every_code_has_a_page_and_an_invalid_example() {
    for code in Code::ALL {
        let page = code.page();
        assert!(page.starts_with(&format!("# {code}\n")), "{code}: its page begins otherwise");
        for part in ["## Avoid", "## Prefer", "## Why"] {
            assert!(page.contains(part), "{code}: its page has no {part}");
        }
        assert!(example_of(*code).exists(), "{code}: no {}", example_of(*code).display());
    }
}

#[test]
fn every_invalid_example_is_wrong_in_exactly_its_own_way() {
    for code in Code::ALL {
        let expected = BTreeSet::from([code.name().to_owned()]);
        let asked = if code.is_on_by_default() { vec![] } else { vec!["--warn", code.name()] };
        let found = codes_found_with(&example_of(*code), &asked);
        assert_eq!(found, expected, "{}", example_of(*code).display());
    }
}

#[test]
fn every_invalid_example_belongs_to_a_code() {
    let known: BTreeSet<PathBuf> = Code::ALL.iter().map(|code| example_of(*code)).collect();
    for stage in folders(&root().join("examples/rules/invalid")) {
        let files = fs::read_dir(&stage).expect("readable").map(|entry| entry.expect("readable").path());
        for example in files.filter(|file| file.extension().is_some_and(|extension| extension == "rules")) {
            assert!(known.contains(&example), "{} is the example of no code", example.display());
        }
    }
}

// --- projects ---

fn projects() -> Vec<PathBuf> {
    let mut projects = folders(&root().join("examples/rules"));
    projects.retain(|folder| !folder.ends_with("invalid"));
    projects
}

fn folders(parent: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(parent).expect("examples are there").map(|entry| entry.expect("readable").path());
    let mut folders: Vec<PathBuf> = entries.filter(|entry| entry.is_dir()).collect();
    folders.sort();
    folders
}

fn leads_of(project: &Path) -> Vec<PathBuf> {
    let names = ["leads.csv", "leads.tsv", "leads.json", "leads.ndjson"];
    names.iter().map(|name| project.join(name)).filter(|file| file.exists()).collect()
}

fn projects_with_leads() -> Vec<(PathBuf, PathBuf)> {
    let pairs = projects()
        .into_iter()
        .flat_map(|project| leads_of(&project).into_iter().map(move |leads| (project.clone(), leads)));
    pairs.collect()
}

/// The example that shows a code and nothing else.
fn example_of(code: Code) -> PathBuf {
    root().join(format!("examples/rules/invalid/{}/{code}.rules", code.stage().name()))
}

// --- routing ---

struct Routed {
    out: Vec<u8>,
    summary: Value,
}

fn route(project: &Path, leads: &Path) -> Routed {
    let folder = TempDir::new().expect("a folder for the output");
    let extension = leads.extension().expect("leads have a format").to_str().expect("plain names");
    let [out, rejects, summary] =
        [format!("out.{extension}"), format!("rejects.{extension}"), "summary.json".to_owned()]
            .map(|name| folder.path().join(name).display().to_string());
    let [project, leads] = [project, leads].map(|path| path.display().to_string());
    let output = pointsman([
        "route",
        &project,
        &leads,
        "--at",
        MONDAY,
        "-o",
        &out,
        "--rejects",
        &rejects,
        "--summary",
        &summary,
    ]);
    // 1 says that there are rejects, which examples have on purpose.
    assert!(matches!(output.status.code(), Some(0 | 1)), "{leads}:\n{}", printed(&output));
    let summary = serde_json::from_slice(&fs::read(&summary).expect("a summary")).expect("JSON");
    Routed { out: fs::read(&out).expect("an output"), summary }
}

/// The routed leads, column to cell.
fn records(leads: &Path, out: &[u8]) -> Vec<BTreeMap<String, String>> {
    if leads.extension().is_some_and(|extension| extension == "ndjson") {
        let lines = out.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let objects = lines.map(|line| serde_json::from_slice::<BTreeMap<String, Value>>(line).expect("an object"));
        let text = |value: Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        return objects.map(|object| object.into_iter().map(|(key, value)| (key, text(value))).collect()).collect();
    }
    let mut reader = csv::Reader::from_reader(out);
    reader.deserialize().map(|record| record.expect("a row as wide as its header")).collect()
}

/// Lead → who has it now.
fn assigned(leads: &Path, out: &[u8]) -> BTreeMap<String, String> {
    records(leads, out)
        .into_iter()
        .map(|mut row| (row.remove("id").unwrap_or_default(), row.remove("assigned_to").unwrap_or_default()))
        .collect()
}
