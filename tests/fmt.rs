//! The canonical layout: what it looks like, and that it changes nothing but spaces.

#![expect(clippy::disallowed_methods, reason = "a test reads and damages policies")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use proptest::prelude::*;

use pointsman::source::SourceMap;
use pointsman::syntax;

use crate::program::{copy_folder, pointsman, printed, root};
use crate::support::one_file;

/// A policy laid out; it must be one without syntax errors.
fn laid_out(text: &str) -> String {
    let (sources, file) = one_file(text);
    syntax::format(file, &sources).unwrap_or_else(|why| panic!("{why:?}\n{text}"))
}

/// What a policy says, whatever its spaces: the tree without places.
fn meaning(text: &str) -> String {
    let (sources, file) = one_file(text);
    let (tree, findings) = syntax::parse(file, &sources);
    assert!(findings.is_empty(), "{text}");
    let shown = format!("{tree:?}");
    let mut parts = shown.split("Span { ");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once('}').map_or("", |(_, rest)| rest))
}

fn comments(text: &str) -> Vec<String> {
    words(text).into_iter().filter(|word| word.starts_with('#')).collect()
}

/// What stands between spaces; a text and a comment are one word each.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = text.trim_start_matches(['\u{feff}', ' ', '\n', '\r', '\t']);
    while !rest.is_empty() {
        let length = match rest.chars().next() {
            Some('#') => rest.find('\n').unwrap_or(rest.len()),
            Some('"') => 1 + rest[1..].find('"').unwrap_or(rest.len() - 1) + 1,
            _ => rest.find([' ', '\n', '\r', '\t', '#', '"']).unwrap_or(rest.len()),
        };
        words.push(rest[..length].trim_end().to_owned());
        rest = rest[length..].trim_start();
    }
    words
}

fn rules_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            files.extend(rules_files(&entry));
        } else if entry.extension().is_some_and(|extension| extension == "rules") {
            files.push(entry);
        }
    }
    files.sort();
    files
}

/// Every policy of the repository that has no syntax errors.
static POLICIES: LazyLock<Vec<String>> = LazyLock::new(policies);

fn policies() -> Vec<String> {
    let folders = ["examples/rules", "tests/policies"];
    let texts = folders.iter().flat_map(|folder| rules_files(&root().join(folder)));
    let texts = texts.filter_map(|file| fs::read_to_string(file).ok());
    let is_clean = |text: &String| {
        let (sources, file) = one_file(text);
        syntax::parse(file, &sources).1.is_empty()
    };
    texts.filter(is_clean).collect()
}

const UNTIDY: &str = r#"# Where leads go
# and why.
roster   "roster.yaml"
timezone "Europe/Berlin"
lead { id text key   # from the CRM
 email email from "E-mail" required # typed in
 industry one of [Healthcare,"Financial Services",Manufacturing,Software,Retail,Logistics,Energy,Education,Government,Media]
 allow unused-name "asked for in May"
 employees integer 0 to 5_000_000
   # what the form writes
 blank "N/A","-" }
let domain=domain of email
let account=accounts[domain]


territory dach=country in [DE,AT,CH]
territory northeast=country is US and state in ["Connecticut","Maine","Massachusetts","New Hampshire","Rhode Island","Vermont"]
segment big=employees>=500 and(industry is Energy or industry is Media)or employees>=5000 and not industry is Education and email is known
table accounts from "accounts.csv" { domain domain key
owner rep
tier one of [a,b] }
queue pool "Everybody's" { open to team smb,team inside_sales order highest score first # the best
 lock 15 minutes
 after 30 minutes assign team smb by round robin or team inside_sales by weight or rep manager_of_sales or rep ana or queue rest }
queue rest
account policy customers "Known accounts first" {
 # The best of them
 rule strategic "never shared" from 2026-01-01 until 2026-12-31 when account.tier is a and
 # only while the contract runs
 not account.owner is blank assign account.owner or manager of account.owner or team inside_sales with skill enterprise, pt by round robin or queue pool
 each row of patches when country is row.country and(state in row.states or postal_code starts with ["10","11"]) assign row.team by weight or queue pool
 allow hidden-overlap "on purpose"
 rule late when created_at<2026-07-01 keep owner
 otherwise go to everyone
 # the end of it
}
fallback policy everyone { otherwise assign queue pool }
start at customers
test "a customer" at 2026-11-23T10:00:00Z given email="a@b.example",country=DE,industry="Financial Services",employees=1200,state="a very long name of a state" expect team smb by rule customers.patches:3
# bye
"#;

#[test]
fn an_untidy_policy_becomes_a_tidy_one() {
    let text = laid_out(UNTIDY);
    assert_eq!(laid_out(&text), text);
    assert_eq!(comments(&text), comments(UNTIDY));
    insta::assert_snapshot!(text);
}

#[test]
fn comments_keep_their_words_and_their_lines() {
    insta::assert_snapshot!(laid_out(
        "\
# one
policy p { # two
  # three

  # four
  rule a when x in [ # five
      1, # six
      # seven
      2 # eight
      # nine
      ] and # ten
      y is known # eleven
    go # twelve
    to q # thirteen
  # fourteen
}
policy q {
  # nobody
}
policy r { }
# fifteen
"
    ));
}

/// Those that are wrong on purpose, too, if they can be laid out at all.
#[test]
fn the_examples_are_laid_out() {
    let mut refused = Vec::new();
    for path in rules_files(&root().join("examples")) {
        let (sources, file) = one_file(&fs::read_to_string(&path).unwrap());
        match syntax::format(file, &sources) {
            Ok(text) => assert_eq!(text.as_str(), &*sources.file(file).text, "{}", path.display()),
            Err(_) => refused.push(path.file_name().unwrap().to_owned()),
        }
    }
    assert_eq!(refused, ["nested-too-deep.rules", "syntax-error.rules"]);
}

#[test]
fn every_policy_of_the_repository_keeps_its_meaning_and_its_comments() {
    for text in POLICIES.iter() {
        let tidy = laid_out(text);
        assert_eq!(meaning(&tidy), meaning(text));
        assert_eq!(comments(&tidy), comments(text));
        assert_eq!(laid_out(&tidy), tidy);
    }
}

#[test]
fn line_ends_stay_those_of_the_file() {
    let text = laid_out("start at p # x\r\npolicy p {\r\n  otherwise reject \"no\"\r\n}\r\n");
    assert_eq!(text, "start at p  # x\r\n\r\npolicy p {\r\n  otherwise reject \"no\"\r\n}\r\n");
    assert_eq!(laid_out(&text), text);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// The spaces of a policy are shuffled, comments are strewn in; the layout knows no difference but
    /// the comments.
    #[test]
    fn whatever_stands_between_the_words_the_words_mean_the_same(
        which in 0..1000_usize,
        gaps in prop::collection::vec(0..16_u8, 1..400),
    ) {
        let words = words(&POLICIES[which % POLICIES.len()]);
        let gap = |number: usize| match gaps[number % gaps.len()] {
            0 => "\n",
            1 => "\n\n\n",
            2 => "\t ",
            3 => " # strewn in\n",
            4 => "\n# on its own\n",
            5 => "\n\n# apart\n\n",
            _ => " ",
        };
        let mut text = String::new();
        for (number, word) in words.iter().enumerate() {
            text += word;
            text += if word.starts_with('#') { "\n" } else { gap(number) };
        }
        let (sources, file) = one_file(&text);
        // A word at the end of its line may be taken for a misspelt modifier.
        prop_assume!(syntax::parse(file, &sources).1.is_empty());
        let tidy = laid_out(&text);
        prop_assert_eq!(meaning(&tidy), meaning(&text));
        prop_assert_eq!(comments(&tidy), comments(&text));
        prop_assert_eq!(laid_out(&tidy), tidy);
    }
}

#[test]
fn a_file_with_errors_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("main.rules");
    fs::write(&file, "policy p {\n  rule x wen y\n}\n").unwrap();
    let output = pointsman([Path::new("fmt"), &file]);
    assert_eq!(output.status.code(), Some(2));
    assert!(printed(&output).contains("when"), "{}", printed(&output));
    assert_eq!(fs::read_to_string(&file).unwrap(), "policy p {\n  rule x wen y\n}\n");
}

#[test]
fn check_names_what_is_not_laid_out_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    copy_folder(&root().join("examples/rules/hierarchy"), folder.path());
    let file = folder.path().join("main.rules");
    let untidy = fs::read_to_string(&file).unwrap().replace("policy intake {", "policy  intake  {");
    fs::write(&file, &untidy).unwrap();
    let output = pointsman([Path::new("fmt"), Path::new("--check"), folder.path()]);
    assert_eq!(output.status.code(), Some(1));
    let line = untidy.lines().position(|line| line.contains("policy  intake")).unwrap() + 1;
    let expected = format!(
        "{}:{line}: not laid out\nto lay out what is not: pointsman fmt {}\n",
        file.display(),
        folder.path().display()
    );
    assert_eq!(printed(&output), expected);
    assert_eq!(fs::read_to_string(&file).unwrap(), untidy);

    let output = pointsman([Path::new("fmt"), folder.path()]);
    assert_eq!(printed(&output), format!("{}: laid out\n", file.display()));
    assert!(pointsman([Path::new("fmt"), Path::new("--check"), folder.path()]).status.success());
}

#[test]
fn what_is_no_policy_is_refused() {
    let output = pointsman(["fmt", "README.md"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(printed(&output), "error: `README.md` is no `.rules` file\n");
    let output = pointsman(["fmt", "src"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(printed(&output), "error: no `.rules` file is in `src`\n");
}

#[test]
fn two_files_of_one_map_are_laid_out_each_by_itself() {
    let mut sources = SourceMap::new();
    sources.add("a.rules", "start at a").unwrap();
    let second = sources.add("b.rules", "start   at b").unwrap();
    assert_eq!(syntax::format(second, &sources).unwrap(), "start at b\n");
}
