//! README.md and docs/ are tests: policies in them lint, commands in them print what the page shows,
//! links in them lead somewhere. docs/contributing.md says how the fences are written.
//!
//! `POINTSMAN_DOCS=update cargo test docs` takes over what the commands print now.

#![expect(clippy::disallowed_methods, reason = "tests lay out files and read what was written")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::program::{codes_found_with, copy_folder, root};

/// A fenced block of a page.
struct Block {
    /// The line of its opening fence, from 1.
    line: usize,
    /// What stands after the fence's backticks: `rules`, `csv accounts.csv`.
    info: String,
    /// The nearest heading above it.
    heading: String,
    text: String,
}

/// What a block is for.
#[derive(PartialEq, Debug)]
enum Kind<'a> {
    /// A whole `main.rules`.
    Policy,
    /// A file for the policies below it.
    File(&'a str),
    /// Commands and what they print.
    Console,
    /// A question to the ledger that the page's commands have made.
    Query,
    /// To be read only.
    Prose,
}

#[test]
fn every_fence_is_of_a_known_kind() {
    for page in pages() {
        for block in blocks(&read(&page)) {
            assert!(kind(&block).is_some(), "{}: a fence says ```{}", place(&page, &block), block.info);
        }
    }
}

/// docs/cli.md is made from the definitions; `POINTSMAN_DOCS=update` writes it anew.
#[test]
fn the_command_line_reference_is_what_help_says() {
    let page = root().join("docs/cli.md");
    let made = pointsman::cli::reference::markdown(pointsman::cli::definition());
    if updating() {
        fs::write(&page, &made).unwrap();
    }
    assert_eq!(read(&page), made, "POINTSMAN_DOCS=update cargo test docs writes docs/cli.md anew");
}

#[test]
fn every_policy_in_the_docs_lints_without_errors() {
    for page in pages().into_iter().filter(|page| !is_lint_page(page)) {
        for (block, files) in policies(&blocks(&read(&page))) {
            let found = lint(&block.text, &files);
            assert!(found.is_empty(), "{}: {found:?}", place(&page, block));
        }
    }
}

#[test]
fn every_roster_in_the_docs_is_a_roster() {
    let policy = "roster \"roster.yaml\" lead { id text key } policy p { otherwise reject \"nobody\" } start at p";
    for page in pages().into_iter().filter(|page| !is_lint_page(page)) {
        for block in blocks(&read(&page)) {
            if matches!(kind(&block), Some(Kind::File(name)) if name.ends_with(".yaml")) {
                let calendar = "BEGIN:VCALENDAR\nVERSION:2.0\nEND:VCALENDAR\n".to_owned();
                let files = BTreeMap::from([
                    ("roster.yaml".to_owned(), block.text.clone()),
                    ("calendars/ana.ics".to_owned(), calendar),
                ]);
                let found = lint(policy, &files);
                assert!(found.is_empty(), "{}: {found:?}", place(&page, &block));
            }
        }
    }
}

#[test]
fn a_lints_page_shows_what_it_finds_and_what_to_write_instead() {
    for page in pages().into_iter().filter(|page| is_lint_page(page)) {
        let code = page.file_stem().and_then(|stem| stem.to_str()).expect("pages have names").to_owned();
        for (block, files) in policies(&blocks(&read(&page))) {
            // What is off unless asked for is asked for on its own page.
            let is_off = matches!(code.as_str(), "hidden-overlap" | "unstaffed-hours");
            let asked = if is_off { vec!["--warn", &code] } else { Vec::new() };
            let found = lint_with(&block.text, &files, &asked);
            let expected = if block.heading == "Avoid" { BTreeSet::from([code.clone()]) } else { BTreeSet::new() };
            assert_eq!(found, expected, "{}", place(&page, block));
        }
    }
}

#[test]
fn every_command_in_the_docs_prints_what_they_show() {
    for page in pages() {
        let markdown = read(&page);
        let workplace = TempDir::new().expect("a folder for the commands");
        copy_folder(&root().join("examples"), &workplace.path().join("examples"));
        let mut shown = markdown.clone();
        for block in blocks(&markdown).iter().filter(|block| kind(block) == Some(Kind::Console)) {
            let printed = replay(&block.text, workplace.path());
            if updating() {
                shown = shown.replacen(&fenced(&block.text), &fenced(&printed), 1);
            } else {
                assert_eq!(printed, block.text, "{}: the first is what it prints now", place(&page, block));
            }
        }
        if shown != markdown {
            fs::write(&page, shown).expect("pages can be written");
        }
        for block in blocks(&markdown).iter().filter(|block| kind(block) == Some(Kind::Query)) {
            let answers = ask(&workplace.path().join("leads.ledger"), &block.text);
            assert!(answers > 0, "{}: nothing is found", place(&page, block));
        }
    }
}

/// How many rows answer a question to a ledger.
fn ask(ledger: &Path, question: &str) -> usize {
    let db = rusqlite::Connection::open(ledger).expect("the page's commands have made a ledger");
    let mut statement = db.prepare(question).unwrap_or_else(|why| panic!("{why}: {question}"));
    let mut rows = statement.query([]).expect("a question without parameters");
    std::iter::from_fn(|| rows.next().expect("rows can be read").map(|_| ())).count()
}

/// docs/ledger.md names every table, view and column that there is.
#[test]
fn the_page_of_the_ledger_names_all_that_is_in_it() {
    let page = read(&root().join("docs/ledger.md"));
    let db = rusqlite::Connection::open_in_memory().expect("a database");
    db.execute_batch(include_str!("../src/ledger/schema/1_tables.sql")).expect("tables");
    db.execute_batch(include_str!("../src/ledger/schema/2_views.sql")).expect("views");
    let names = "SELECT s.name, c.name FROM sqlite_schema AS s, pragma_table_info(s.name) AS c
        WHERE s.type IN ('table', 'view')";
    let mut statement = db.prepare(names).expect("a schema");
    let names = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("names");
    for (table, column) in names.map(|row| row.expect("a name")).collect::<Vec<(String, String)>>() {
        assert!(page.contains(&format!("`{table}`")), "{table}");
        assert!(page.contains(&format!("`{column}`")), "{table}.{column}");
    }
}

#[test]
fn every_link_within_the_docs_leads_somewhere() {
    for page in pages() {
        let markdown = read(&page);
        for target in links(&markdown).into_iter().filter(|target| !target.contains("://")) {
            let (file, anchor) = target.split_once('#').unwrap_or((&target, ""));
            let linked = if file.is_empty() { page.clone() } else { page.with_file_name("").join(file) };
            assert!(linked.exists(), "{}: nothing at {target}", page.display());
            let known = anchor.is_empty() || anchors(&read(&linked)).contains(anchor);
            assert!(known, "{}: no heading for {target}", page.display());
        }
    }
}

// --- pages ---

/// Every page of the repository.
fn pages() -> Vec<PathBuf> {
    let mut pages = Vec::new();
    for folder in ["", "docs", "docs/lints", "examples/rules"] {
        let entries = fs::read_dir(root().join(folder)).expect("the folder is there");
        pages.extend(entries.map(|entry| entry.expect("readable").path()));
    }
    pages.retain(|page| page.extension().is_some_and(|extension| extension == "md"));
    pages.sort();
    pages
}

fn is_lint_page(page: &Path) -> bool {
    page.parent().is_some_and(|folder| folder.ends_with("docs/lints"))
}

fn read(page: &Path) -> String {
    fs::read_to_string(page).expect("a page is text")
}

fn place(page: &Path, block: &Block) -> String {
    format!("{}:{}", page.strip_prefix(root()).unwrap_or(page).display(), block.line)
}

fn blocks(markdown: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut heading = String::new();
    let mut open: Option<Block> = None;
    for (index, line) in markdown.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(info)) => {
                let info = info.trim().to_owned();
                open = Some(Block { line: index + 1, info, heading: heading.clone(), text: String::new() });
            }
            (None, None) if line.starts_with('#') => heading = line.trim_start_matches('#').trim().to_owned(),
            (None, None) => {}
            (Some(_), Some("")) => blocks.extend(open.take()),
            (Some(block), _) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
        }
    }
    assert!(open.is_none(), "a fence is not closed: {}", open.map(|block| block.info).unwrap_or_default());
    blocks
}

/// `None` for an info string that nobody has thought of: most likely a slip of the pen.
fn kind(block: &Block) -> Option<Kind<'_>> {
    match block.info.split_once(' ').unwrap_or((&block.info, "")) {
        ("rules", "") => Some(Kind::Policy),
        ("rules", "fragment") => Some(Kind::Prose),
        ("rules" | "csv" | "yaml" | "ics", name) if name.contains('.') && !name.contains(' ') => Some(Kind::File(name)),
        ("console", "") => Some(Kind::Console),
        ("sql", "") => Some(Kind::Query),
        ("sh" | "text" | "json" | "yaml" | "csv" | "rust" | "mermaid" | "lua" | "toml", "") => Some(Kind::Prose),
        _ => None,
    }
}

// --- policies ---

/// Each policy of a page with the files that stand above it; a later file of a name replaces an
/// earlier one.
fn policies(blocks: &[Block]) -> Vec<(&Block, BTreeMap<String, String>)> {
    let mut files = BTreeMap::new();
    let mut policies = Vec::new();
    for block in blocks {
        match kind(block) {
            Some(Kind::File(name)) => {
                files.insert(name.to_owned(), block.text.clone());
            }
            Some(Kind::Policy) => policies.push((block, files.clone())),
            _ => {}
        }
    }
    policies
}

/// The codes found in a project of these files.
fn lint(main: &str, files: &BTreeMap<String, String>) -> BTreeSet<String> {
    lint_with(main, files, &[])
}

fn lint_with(main: &str, files: &BTreeMap<String, String>, options: &[&str]) -> BTreeSet<String> {
    let project = TempDir::new().expect("a folder for the project");
    for (name, text) in files {
        let path = project.path().join(name);
        fs::create_dir_all(path.parent().expect("a file stands in a folder")).expect("folders can be made");
        fs::write(path, text).expect("files can be written");
    }
    fs::write(project.path().join("main.rules"), main).expect("files can be written");
    codes_found_with(project.path(), options)
}

// --- commands ---

/// The block as it would read today: each command again, with what it prints now.
fn replay(text: &str, folder: &Path) -> String {
    let commands = text.lines().filter(|line| line.starts_with("$ "));
    commands.map(|line| format!("{line}\n{}", run(&line[2..], folder))).collect()
}

/// What a command prints, standard output and standard error as a terminal would show them. The
/// program is the one built for this test.
fn run(command: &str, folder: &Path) -> String {
    let built = Path::new(env!("CARGO_BIN_EXE_pointsman")).parent().expect("programs stand in a folder");
    let path = format!("{}:{}", built.display(), std::env::var("PATH").unwrap_or_default());
    let output = Command::new("sh")
        .args(["-c", &format!("{{ {command}\n}} 2>&1")])
        .current_dir(folder)
        .env("PATH", path)
        .env("NO_COLOR", "1")
        .output()
        .expect("sh runs");
    String::from_utf8(output.stdout).expect("output is text")
}

fn updating() -> bool {
    std::env::var("POINTSMAN_DOCS").is_ok_and(|wish| wish == "update")
}

fn fenced(text: &str) -> String {
    format!("```console\n{text}```")
}

// --- links ---

/// The targets of `[text](target)`, outside of blocks.
fn links(markdown: &str) -> Vec<String> {
    let mut inside = false;
    let prose = markdown.lines().filter(|line| {
        let fence = line.starts_with("```");
        inside ^= fence;
        !fence && !inside
    });
    let starts = prose.flat_map(|line| line.split("](").skip(1));
    starts.filter_map(|rest| rest.split_once(')')).map(|(target, _)| target.to_owned()).collect()
}

/// What headings are called in links: lower case, spaces as `-`, other signs dropped.
fn anchors(markdown: &str) -> BTreeSet<String> {
    let headings = markdown.lines().filter(|line| line.starts_with('#'));
    headings
        .map(|line| {
            let title = line.trim_start_matches('#').trim().to_lowercase();
            let kept = title.chars().filter(|sign| sign.is_alphanumeric() || matches!(sign, ' ' | '-' | '_'));
            kept.map(|sign| if sign == ' ' { '-' } else { sign }).collect()
        })
        .collect()
}
