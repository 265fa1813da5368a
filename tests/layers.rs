//! docs/architecture.md says which module may use which; the `use crate::…` lines of src say which
//! does. The two agree.

#![expect(clippy::disallowed_methods, reason = "a test reads the sources")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::program::root;

type Uses = BTreeMap<String, BTreeSet<String>>;

/// Every module of the library with the modules its files name.
fn used() -> Uses {
    let mut used = Uses::new();
    for file in files(&root().join("src")) {
        let module = module_of(&file);
        if matches!(module.as_str(), "lib" | "main") {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        let names = text.lines().filter(|line| !line.trim_start().starts_with("//")).flat_map(named_in);
        let uses = used.entry(module.clone()).or_default();
        uses.extend(names.filter(|name| *name != module));
    }
    used
}

/// The top-level modules that a line names: `crate::cell::Cell` names `cell`.
fn named_in(line: &str) -> Vec<String> {
    let after = line.split("crate::").skip(1);
    let name =
        |text: &str| text.split(|sign: char| !sign.is_ascii_lowercase() && sign != '_').next().map(str::to_owned);
    after.filter_map(name).filter(|name| !name.is_empty()).collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn module_of(file: &Path) -> String {
    let below = file.strip_prefix(root().join("src")).unwrap().with_extension("");
    below.components().next().unwrap().as_os_str().to_string_lossy().into_owned()
}

/// The rows of the table in docs/architecture.md: the modules of a layer, and what they may use.
fn documented() -> Vec<(Vec<String>, BTreeSet<String>)> {
    let page = fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let (_, table) = page.split_once("| module | uses |").expect("the page has the table");
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    let names = |cell: &str| -> Vec<String> { cell.split('`').skip(1).step_by(2).map(str::to_owned).collect() };
    let row = |line: &str| {
        let cells: Vec<&str> = line.split('|').collect();
        (names(cells[1]), names(cells[2]).into_iter().collect())
    };
    rows.map(row).collect()
}

#[test]
fn each_module_uses_what_the_architecture_says_and_nothing_else() {
    let used = used();
    let mut documented_modules = BTreeSet::new();
    for (modules, may_use) in documented() {
        let uses = modules.iter().flat_map(|module| used.get(module).into_iter().flatten());
        let uses: BTreeSet<String> = uses.filter(|name| !modules.contains(name)).cloned().collect();
        assert_eq!(uses, may_use, "{}: the first is what the code uses", modules.join(", "));
        documented_modules.extend(modules);
    }
    assert_eq!(used.keys().cloned().collect::<BTreeSet<_>>(), documented_modules);
}

#[test]
fn a_module_uses_only_modules_of_layers_below_its_own() {
    let mut below = BTreeSet::new();
    for (modules, may_use) in documented() {
        assert!(may_use.is_subset(&below), "{}: {:?}", modules.join(", "), may_use.difference(&below));
        below.extend(modules);
    }
}

#[test]
fn some_things_are_nobodys_business() {
    for (module, uses) in used() {
        let never = match module.as_str() {
            "cli" => &["cli"][..],
            "io" => &["cli", "policy", "lead", "check", "plan", "cell", "roster", "route"],
            "analysis" => &["cli", "diagnostic", "lint", "check", "io"],
            "syntax" => &["cli", "check", "policy", "io"],
            "plan" | "assign" | "trace" => &["cli", "io", "check", "diagnostic", "analysis", "lint"],
            _ => &["cli"],
        };
        let found: Vec<&&str> = never.iter().filter(|name| uses.contains(**name)).collect();
        assert!(found.is_empty(), "{module} uses {found:?}");
    }
}

#[test]
fn only_the_command_line_prints() {
    for file in files(&root().join("src")).into_iter().filter(|file| module_of(file) != "cli") {
        let text = fs::read_to_string(&file).unwrap();
        for printing in ["println!(", "print!(", "eprintln!(", "eprint!(", "std::io::stderr("] {
            assert!(!text.contains(printing), "{} prints", file.display());
        }
    }
}

#[test]
fn every_module_of_the_library_is_on_the_page() {
    let page = fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    for module in used().keys() {
        assert!(page.contains(&format!("`{module}`")), "{module}");
    }
}
