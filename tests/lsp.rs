#![expect(clippy::disallowed_methods, reason = "a test makes the files that it reads")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use pointsman::diagnostic::Finding;
use pointsman::graph::DecisionGraph;
use pointsman::lint::{self, Levels};
use pointsman::lsp::actions::actions;
use pointsman::lsp::documents::Documents;
use pointsman::lsp::edits::tried;
use pointsman::lsp::home::Home;
use pointsman::lsp::positions::Encoding;
use pointsman::lsp::rename::rename;
use pointsman::lsp::sample::{Leads, Sample, count};
use pointsman::lsp::view::View;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::editor::{Editor, Shown, edited, make, place};
use crate::program::{MONDAY, codes_found, copy_folder, pointsman, root};

/// A copy of an example project.
fn example(name: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy_folder(&root().join("examples/rules").join(name), folder.path());
    folder
}

/// An editor in it, with its main policy open and looked at, and that policy's text.
fn opened(folder: &Path) -> (Editor, String) {
    let mut editor = Editor::new(folder);
    let text = editor.open("main.rules");
    assert_eq!(editor.shown("main.rules").codes(), [""; 0], "what loading finds");
    assert_eq!(editor.shown("main.rules").codes(), [""; 0], "what the lints find");
    (editor, text)
}

fn hover(editor: &mut Editor, name: &str, position: Value) -> String {
    let params = editor.at(name, position);
    let hover = editor.ask("textDocument/hover", params).unwrap();
    hover["contents"]["value"].as_str().unwrap_or("nothing").to_owned()
}

// --- Findings -------------------------------------------------------------------------------------

#[test]
fn errors_are_shown_as_one_types_and_findings_when_one_rests() {
    let folder = example("quickstart");
    let mut editor = Editor::with(folder.path(), json!({}), &["utf-16"]);
    let text = editor.open("main.rules");
    editor.change("main.rules", 2, &text.replace("employees >= 500", "employes >= 500"));
    let error = editor.shown_with("main.rules", "unknown-name");
    assert_eq!(error["severity"], 1);
    assert_eq!(error["range"]["start"], place(&text, "employees >= 500", 0));
    editor.change("main.rules", 3, &text.replace("employees >= 500", "employees >="));
    assert_eq!(editor.shown_with("main.rules", "syntax-error")["source"], "pointsman");
    // Everybody is enterprise, so nobody is left for the rules below.
    editor.change("main.rules", 4, &text.replace("when employees >= 500", "when id is known or id is blank"));
    let dead = editor.shown_with("main.rules", "unreachable-rule");
    insta::assert_snapshot!(serde_json::to_string_pretty(&without_folder(&dead, folder.path())).unwrap());
    assert_eq!(editor.end(), Some(0));
}

/// The name of a temporary folder differs from run to run.
fn without_folder(value: &Value, folder: &Path) -> Value {
    let uri = pointsman_uri(folder);
    serde_json::from_str(&value.to_string().replace(&uri, "file:///project")).unwrap()
}

fn pointsman_uri(path: &Path) -> String {
    gen_lsp_types::Uri::from_file_path(path).unwrap().to_string()
}

#[test]
fn a_client_that_shows_no_other_places_reads_of_them_in_the_message() {
    let folder = tempfile::tempdir().unwrap();
    fs::copy(root().join("examples/rules/invalid/lint/unreachable-rule.rules"), folder.path().join("main.rules"))
        .unwrap();
    let mut editor = Editor::silent(folder.path());
    editor.ask("initialize", json!({ "processId": null, "rootUri": null, "capabilities": {} })).unwrap();
    editor.open("main.rules");
    let found = editor.shown_with("main.rules", "unreachable-rule");
    assert_eq!(found["relatedInformation"], Value::Null);
    insta::assert_snapshot!(found["message"].as_str().unwrap());
}

#[test]
fn what_the_lints_found_stays_at_its_words_while_one_types_and_goes_when_they_change() {
    let folder = tempfile::tempdir().unwrap();
    let example = root().join("examples/rules/invalid/lint/unreachable-rule.rules");
    fs::copy(example, folder.path().join("main.rules")).unwrap();
    let mut editor = Editor::new(folder.path());
    let text = editor.open("main.rules");
    let found = editor.shown_with("main.rules", "unreachable-rule");
    let line = found["range"]["start"]["line"].as_u64().unwrap();
    let longer = format!("# One more line.\n{text}");
    editor.change("main.rules", 2, &longer);
    let moved = shown_of_version(&mut editor, 2);
    assert_eq!(moved.find("unreachable-rule").unwrap()["range"]["start"]["line"], line + 1);
    editor.change("main.rules", 3, &longer.replace("dach_small", "dach_little"));
    assert_eq!(shown_of_version(&mut editor, 3).codes(), [""; 0]);
    editor.save("main.rules");
    assert_eq!(editor.shown("main.rules").codes(), ["unreachable-rule"]);
    editor.end();
}

fn shown_of_version(editor: &mut Editor, version: i64) -> Shown {
    loop {
        let shown = editor.shown("main.rules");
        if shown.version == Some(version) {
            return shown;
        }
    }
}

#[test]
fn a_text_of_data_that_is_not_saved_counts_as_it_stands_in_the_editor() {
    let folder = example("hierarchy");
    let (mut editor, _) = opened(folder.path());
    let roster = editor.open("roster.yaml");
    editor.shown("roster.yaml");
    editor.change("roster.yaml", 2, &roster.replace("  inside_sales:", "  outside_sales:"));
    let error = editor.shown_with("main.rules", "unknown-name");
    assert!(error["message"].as_str().unwrap().contains("inside_sales"), "{error}");
    editor.change("roster.yaml", 3, &roster);
    let accounts = editor.open("accounts.csv");
    editor.change("accounts.csv", 2, &accounts.replacen("strategic", "strategik", 1));
    let error = editor.shown_with("accounts.csv", "bad-cell");
    assert_eq!(error["range"]["start"], place(&accounts, "strategic", 0));
    // What is on disk is what it was, and counts again when the text is closed.
    editor.tell("textDocument/didClose", json!({ "textDocument": { "uri": editor.uri("accounts.csv") } }));
    assert_eq!(editor.shown("accounts.csv").codes(), [""; 0]);
    editor.end();
}

#[test]
fn a_file_that_changes_on_disk_is_looked_at_again() {
    let folder = example("quickstart");
    let (mut editor, _) = opened(folder.path());
    let roster = folder.path().join("roster.yaml");
    fs::write(&roster, fs::read_to_string(&roster).unwrap().replace("  ana: ", "  anna:")).unwrap();
    let changes = json!({ "changes": [{ "uri": editor.uri("roster.yaml"), "type": 2 }] });
    editor.tell("workspace/didChangeWatchedFiles", changes);
    let error = editor.shown_with("main.rules", "unknown-name");
    assert!(error["message"].as_str().unwrap().contains("`ana`"), "{error}");
    editor.end();
}

#[test]
fn settings_say_how_findings_weigh_and_what_the_sample_is() {
    let folder = example("quickstart");
    fs::rename(folder.path().join("leads.csv"), folder.path().join("export.csv")).unwrap();
    let settings = json!({ "pointsman": { "analyse": "save", "warn": ["hidden-overlap"], "sample": "export.csv" } });
    let mut editor = Editor::with(folder.path(), settings, &[]);
    let text = editor.open("main.rules");
    let overlap = editor.shown_with("main.rules", "hidden-overlap");
    assert_eq!(overlap["severity"], 2);
    assert!(hover(&mut editor, "main.rules", place(&text, "dach", 0)).contains("`export.csv`"));
    editor.tell("workspace/didChangeConfiguration", json!({ "settings": { "pointsman": { "allow": ["nonsense"] } } }));
    let said = editor.told("window/showMessage");
    assert!(said["message"].as_str().unwrap().contains("there is no lint `nonsense`"), "{said}");
    editor.end();
    // Wrong from the beginning, they are said, and the rest works.
    let mut editor = Editor::with(folder.path(), json!({ "analyse": "sometimes" }), &[]);
    assert!(editor.told("window/showMessage")["message"].as_str().unwrap().contains("sometimes"));
    editor.open("main.rules");
    assert_eq!(editor.shown("main.rules").codes(), [""; 0]);
    editor.end();
}

// --- What a name is -------------------------------------------------------------------------------

#[test]
fn hovering_says_what_a_name_is_and_how_many_leads_of_the_sample_get_there() {
    let folder = example("quickstart");
    let (mut editor, text) = opened(folder.path());
    let mut said = String::new();
    for piece in [
        "enterprise",
        "employees >= 500",
        "berlin",
        "ana or",
        "unassigned\n\n  rule dach",
        "inbound {",
        "otherwise",
        "DE, AT",
        "leads of Northlight",
    ] {
        let about = hover(&mut editor, "main.rules", place(&text, piece, 0));
        said += &format!("=== {}\n{about}\n\n", piece.lines().next().unwrap());
    }
    insta::assert_snapshot!(said);
    editor.end();
}

#[test]
fn hovering_writes_named_conditions_out_and_counts_a_tables_rows() {
    let folder = example("hierarchy");
    let main = folder.path().join("main.rules");
    let text = fs::read_to_string(&main).unwrap()
        + "\nsegment big_dach = enterprise and country in [DE, AT, CH]\n\
        assume not big_dach or country is known\n";
    fs::write(&main, &text).unwrap();
    let mut editor = Editor::new(folder.path());
    editor.open("main.rules");
    let mut said = String::new();
    for piece in ["accounts from", "account        =", "tier    ", "big_dach or", "industry     one", "enterprise for"]
    {
        said += &format!("=== {piece}\n{}\n\n", hover(&mut editor, "main.rules", place(&text, piece, 0)));
    }
    insta::assert_snapshot!(said);
    editor.end();
}

#[test]
fn hovering_over_a_finding_shows_its_page() {
    let folder = tempfile::tempdir().unwrap();
    let example = root().join("examples/rules/invalid/lint/unreachable-rule.rules");
    fs::copy(example, folder.path().join("main.rules")).unwrap();
    let mut editor = Editor::new(folder.path());
    let text = editor.open("main.rules");
    editor.shown_with("main.rules", "unreachable-rule");
    let said = hover(&mut editor, "main.rules", place(&text, "rule dach_small", 6));
    assert!(said.contains("**unreachable-rule**") && said.contains("**Why**"), "{said}");
    editor.end();
}

#[test]
fn a_name_leads_to_its_declaration_and_to_every_place_that_names_it() {
    let folder = example("quickstart");
    let (mut editor, text) = opened(folder.path());
    let roster = fs::read_to_string(folder.path().join("roster.yaml")).unwrap();
    let definition = |editor: &mut Editor, piece: &str| {
        let params = editor.at("main.rules", place(&text, piece, 1));
        editor.ask("textDocument/definition", params).unwrap()
    };
    let found = definition(&mut editor, "inbound\n\ntest");
    assert_eq!(
        (&found["uri"], &found["range"]["start"]),
        (&json!(editor.uri("main.rules")), &place(&text, "inbound {", 0))
    );
    let found = definition(&mut editor, "ana or");
    assert_eq!(
        (&found["uri"], &found["range"]["start"]),
        (&json!(editor.uri("roster.yaml")), &place(&roster, "ana:", 0))
    );
    let found = definition(&mut editor, "\"roster.yaml\"");
    assert_eq!(found["uri"], json!(editor.uri("roster.yaml")));
    assert_eq!(definition(&mut editor, "# Inbound"), Value::Null);
    let mut params = editor.at("main.rules", place(&text, "carla", 0));
    params["context"] = json!({ "includeDeclaration": false });
    let places = editor.ask("textDocument/references", params.clone()).unwrap();
    // Five whose manager she is, and the queue's last resort.
    assert_eq!(places.as_array().unwrap().len(), 6, "{places}");
    params["context"] = json!({ "includeDeclaration": true });
    assert_eq!(editor.ask("textDocument/references", params.clone()).unwrap().as_array().unwrap().len(), 7);
    let here = editor.ask("textDocument/documentHighlight", params).unwrap();
    assert_eq!(here.as_array().unwrap().len(), 1, "{here}");
    editor.end();
}

#[test]
fn the_outline_lists_what_a_file_declares() {
    let folder = example("quickstart");
    let (mut editor, _) = opened(folder.path());
    let params = json!({ "textDocument": { "uri": editor.uri("main.rules") } });
    let symbols = editor.ask("textDocument/documentSymbol", params).unwrap();
    let mut outline = String::new();
    list(&symbols, 0, &mut outline);
    insta::assert_snapshot!(outline);
    editor.end();
}

fn list(symbols: &Value, depth: usize, outline: &mut String) {
    for symbol in symbols.as_array().into_iter().flatten() {
        let detail = symbol["detail"].as_str().unwrap_or_default();
        let line = symbol["selectionRange"]["start"]["line"].as_u64().unwrap() + 1;
        let indent = "  ".repeat(depth);
        *outline += format!("{indent}{} {detail}", symbol["name"].as_str().unwrap()).trim_end();
        *outline += &format!("  (line {line})\n");
        list(&symbol["children"], depth + 1, outline);
    }
}

// --- Renaming -------------------------------------------------------------------------------------

#[test]
fn a_rename_changes_every_place_and_no_lead() {
    for (piece, old) in [("intake {", "intake"), ("carla\n", "carla"), ("postal_code  text", "postal_code")] {
        let (folder, before) = (example("hierarchy"), example("hierarchy"));
        let (mut editor, text) = opened(folder.path());
        let mut params = editor.at("main.rules", place(&text, piece, 1));
        let named = editor.ask("textDocument/prepareRename", params.clone()).unwrap();
        assert_eq!(named["placeholder"], old);
        params["newName"] = json!("another_name");
        make(&editor.ask("textDocument/rename", params).unwrap());
        editor.end();
        let leads = before.path().join("leads.csv");
        let routed = |project: &Path| {
            let output = pointsman([Path::new("route"), project, &leads, Path::new("--at"), Path::new(MONDAY)]);
            String::from_utf8(output.stdout).unwrap_or_else(|_| panic!("{old}"))
        };
        assert_eq!(routed(before.path()), routed(folder.path()).replace("another_name", old), "{old}");
    }
}

#[test]
fn whatever_has_a_name_can_have_another() {
    let folder = example("hierarchy");
    let home = Home::of(&folder.path().join("main.rules"), &Documents::default()).unwrap();
    let files = || home.files(&Documents::default());
    let view = View::load(home.clone(), &files(), Encoding::Utf8);
    let file = view.file("main.rules").unwrap();
    let leads = Leads::OnDisk(folder.path().join("leads.csv"));
    let sample = Sample { name: "leads.csv".to_owned(), leads };
    // How many leads get to each rule, and how many it takes, in the order of the rules.
    let counted = |view: &View| {
        let project = view.loaded.project.as_ref().unwrap();
        let plan = pointsman::plan::compile(project, jiff::civil::date(2026, 11, 23));
        let counts = count(project, &plan, &sample).unwrap();
        let rule = |rule: &pointsman::policy::Rule| counts.of_rule(&project.policies[rule.policy].name, &rule.name);
        project.rules.iter().map(rule).collect::<Vec<_>>()
    };
    let before = counted(&view);
    let mut renamed: BTreeMap<String, usize> = BTreeMap::new();
    for mention in view.names.mentions.iter().filter(|mention| mention.declares) {
        let kind = format!("{:?}", mention.symbol);
        let of_kind = renamed.entry(kind.split(['(', ' ']).next().unwrap().to_owned()).or_default();
        *of_kind += 1;
        if *of_kind > 2 {
            continue;
        }
        let at = view.range(mention.span).start;
        let here = view.loaded.sources.file_of(mention.span);
        let edits = rename(&view, here, at, "another_name", files());
        let edits = edits.unwrap_or_else(|why| panic!("{:?}: {why}", mention.symbol));
        assert_eq!(counted(&tried(&view, &edits, files())), before, "{:?}", mention.symbol);
    }
    let kinds: Vec<&str> = renamed.keys().map(String::as_str).collect();
    assert_eq!(kinds, ["Column", "Field", "Let", "Policy", "Queue", "Rep", "Rule", "Table", "Team"]);
    assert!(rename(&view, file, view.range(view.names.mentions[0].span).start, "other", files()).is_err(), "a file");
}

#[test]
fn a_rename_that_would_change_what_is_meant_is_refused_with_its_reason() {
    let folder = example("hierarchy");
    let (mut editor, text) = opened(folder.path());
    let mut said = String::new();
    for (piece, new) in [
        ("enterprise = ", "account"),
        ("enterprise = ", "country"),
        ("enterprise = ", "not"),
        ("enterprise = ", "2nd"),
        ("enterprise = ", "größe"),
        ("inside_sales, team", "specialists"),
        ("\"accounts.csv\"", "others"),
        ("employees    integer", "score"),
        ("# The whole", "ladder"),
    ] {
        let mut params = editor.at("main.rules", place(&text, piece, 1));
        params["newName"] = json!(new);
        let (code, why) = editor.ask("textDocument/rename", params).unwrap_err();
        assert_eq!(code, -32803, "a request that failed");
        said += &format!("{} → {new}: {why}\n", piece.trim());
    }
    let broken = text.replace("tier is strategic", "tier is strategik");
    assert_ne!(broken, text);
    editor.change("main.rules", 2, &broken);
    let mut params = editor.at("main.rules", place(&text, "enterprise = ", 1));
    params["newName"] = json!("big");
    said += &editor.ask("textDocument/rename", params).unwrap_err().1;
    insta::assert_snapshot!(said);
    editor.end();
}

// --- Writing --------------------------------------------------------------------------------------

#[test]
fn completion_offers_what_can_stand_there() {
    let folder = example("hierarchy");
    let (mut editor, text) = opened(folder.path());
    let mut said = String::new();
    // `|` is the cursor, in a text that ends there.
    for (number, begun) in [
        "|",
        "policy more {\n  |",
        "policy more {\n  rule a when |",
        "policy more {\n  rule a when em|",
        "policy more {\n  rule a when industry is |",
        "policy more {\n  rule a when industry in [Retail, |",
        "policy more {\n  rule a when country is G|",
        "policy more {\n  rule a when account.|",
        "policy more {\n  rule a when account.tier is |",
        "policy more {\n  rule a when accounts[company_domain].|",
        "policy more {\n  rule a when weekday of created_at is |",
        "policy more {\n  rule a when employees |",
        "policy more {\n  rule a when employees > 5 |",
        "policy more {\n  rule a when employees > 5 go to |",
        "policy more {\n  rule a when employees > 5 assign |",
        "policy more {\n  rule a when employees > 5 assign team |",
        "policy more {\n  rule a when employees > 5 assign team dach by |",
        "policy more {\n  rule a when employees > 5 assign rep |",
        "policy more {\n  rule a when employees > 5 assign rep ana or queue |",
        "policy more {\n  each row of |",
        "policy more {\n  each row of patches when state in row.|",
        "policy more {\n  otherwise |",
        "queue more {\n  order highest |",
        "table more from \"|",
        "table more from \"patches.csv\" {\n  team |",
        "test \"more\" given |",
        "test \"more\" given industry = |",
        "test \"more\" given score = 1 expect team dach by rule |",
        "allow |",
        "start at |",
        "# a comment |",
    ]
    .into_iter()
    .enumerate()
    {
        let begun = begun.replace('|', "");
        let now = format!("{text}\n{begun}");
        editor.change("main.rules", number as i32 + 2, &now);
        let end = json!({ "line": now.matches('\n').count(), "character": now.rsplit('\n').next().unwrap().len() });
        let params = editor.at("main.rules", end);
        let items = editor.ask("textDocument/completion", params).unwrap();
        let labels: Vec<&str> = items.as_array().unwrap().iter().map(|item| item["label"].as_str().unwrap()).collect();
        let shown = labels.iter().take(24).copied().collect::<Vec<&str>>().join(", ");
        let more = if labels.len() > 24 { format!(", … ({} in all)", labels.len()) } else { String::new() };
        said += &format!("{}\n    {shown}{more}\n", begun.replace('\n', " "));
    }
    insta::assert_snapshot!(said);
    editor.end();
}

#[test]
fn what_is_completed_takes_the_place_of_the_word_that_was_begun() {
    let folder = example("hierarchy");
    let (mut editor, text) = opened(folder.path());
    for (begun, label, whole) in [
        ("policy p { rule a when empl", "employees", "policy p { rule a when employees"),
        (
            "policy p { rule a when industry is \"Fin",
            "\"Financial Services\"",
            "policy p { rule a when industry is \"Financial Services\"",
        ),
        ("policy p { rule a \"é\" when country is d", "DE", "policy p { rule a \"é\" when country is DE"),
    ] {
        let now = format!("{text}\n{begun}");
        editor.change("main.rules", 2, &now);
        let line = now.matches('\n').count();
        let params = editor.at("main.rules", json!({ "line": line, "character": begun.encode_utf16().count() }));
        let items = editor.ask("textDocument/completion", params).unwrap();
        let item = items.as_array().unwrap().iter().find(|item| item["label"] == label);
        let edit = item.unwrap_or_else(|| panic!("{begun}: {items}"))["textEdit"].clone();
        assert_eq!(edited(&now, &[edit]).lines().last(), Some(whole));
    }
    editor.end();
}

#[test]
fn formatting_is_that_of_fmt_and_leaves_a_text_with_errors_alone() {
    let folder = example("quickstart");
    let (mut editor, text) = opened(folder.path());
    let untidy = text.replace("  rule dach\n    when", "rule dach when").replace("start at", "start   at");
    let format = |editor: &mut Editor| {
        let options = json!({ "tabSize": 4, "insertSpaces": true });
        let params = json!({ "textDocument": { "uri": editor.uri("main.rules") }, "options": options });
        editor.ask("textDocument/formatting", params).unwrap()
    };
    assert_eq!(format(&mut editor), json!([]));
    editor.change("main.rules", 2, &untidy);
    let edits = format(&mut editor);
    assert_eq!(edited(&untidy, edits.as_array().unwrap()), text);
    // Only the lines between are touched.
    assert_eq!(edits[0]["range"]["start"]["character"], 0);
    assert!(edits[0]["range"]["start"]["line"].as_u64() > Some(20), "{edits}");
    editor.change("main.rules", 3, &text.replace("policy inbound {", "policy inbound"));
    assert_eq!(format(&mut editor), Value::Null);
    editor.end();
}

// --- Quick fixes ----------------------------------------------------------------------------------

#[test]
fn a_quick_fix_mends_what_it_is_offered_for() {
    let folder = tempfile::tempdir().unwrap();
    let example = root().join("examples/rules/invalid/lint/unreachable-rule.rules");
    fs::copy(example, folder.path().join("main.rules")).unwrap();
    let mut editor = Editor::new(folder.path());
    editor.open("main.rules");
    let found = editor.shown_with("main.rules", "unreachable-rule");
    let params = json!({
        "textDocument": { "uri": editor.uri("main.rules") },
        "range": found["range"],
        "context": { "diagnostics": [found] },
    });
    let offered = editor.ask("textDocument/codeAction", params).unwrap();
    let titles: Vec<&str> = offered.as_array().unwrap().iter().map(|fix| fix["title"].as_str().unwrap()).collect();
    assert_eq!(titles, ["move it before rule `dach`", "remove rule `dach_small`"]);
    make(&offered[0]["edit"]);
    assert_eq!(codes_found(folder.path()), Default::default());
    let text = fs::read_to_string(folder.path().join("main.rules")).unwrap();
    editor.change("main.rules", 2, &text);
    editor.save("main.rules");
    shown_of_version(&mut editor, 2);
    assert_eq!(editor.shown("main.rules").codes(), [""; 0]);
    editor.end();
}

/// Of every rejected example, what is offered, and that each of it mends the finding and breaks nothing.
#[test]
fn every_quick_fix_of_the_examples_mends_its_finding() {
    let mut said = String::new();
    for stage in ["syntax", "names", "types", "data", "lint"] {
        let folder = root().join("examples/rules/invalid").join(stage);
        let mut files: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.retain(|path| path.extension().is_some_and(|extension| extension == "rules"));
        files.sort();
        for path in files {
            let home = Home::alone(&path).unwrap();
            let documents = Documents::default();
            let view = View::load(home.clone(), &home.files(&documents), Encoding::Utf16);
            let findings = found(&view);
            for finding in &findings {
                let file = view.loaded.sources.file_of(finding.span);
                let range = view.range(finding.span);
                let offered = actions(&view, file, range, std::slice::from_ref(finding), &documents);
                for action in offered {
                    let name = path.file_name().unwrap().to_str().unwrap();
                    said += &format!("{stage}/{name}: {}\n", action.title);
                    assert_mends(&view, finding, &action.title, &findings);
                }
            }
        }
    }
    insta::assert_snapshot!(said);
}

fn found(view: &View) -> Vec<Finding> {
    let mut findings = view.loaded.findings.clone();
    if let Some(project) = &view.loaded.project {
        let now = MONDAY.parse().unwrap();
        findings.extend(lint::lint(project, &DecisionGraph::new(project), now, &Levels::default()).unwrap());
    }
    findings
}

/// Those that the finding itself offers are checked once more, by all lints.
fn assert_mends(view: &View, finding: &Finding, title: &str, before: &[Finding]) {
    let Some(fix) = finding.fixes.iter().find(|fix| fix.title == title) else { return };
    let files = view.home.files(&Documents::default());
    let after = found(&tried(view, &fix.edits, files));
    let count = |findings: &[Finding]| findings.iter().filter(|other| other.code == finding.code).count();
    assert!(count(&after) < count(before), "{title}: {after:#?}");
    let new: Vec<&Finding> = after.iter().filter(|new| before.iter().all(|old| old.code != new.code)).collect();
    let weighty = new.iter().filter(|new| new.severity == pointsman::diagnostic::Severity::Error).count();
    assert!(weighty == 0 || view.loaded.project.is_none(), "{title}: {new:#?}");
}

// --- The protocol ---------------------------------------------------------------------------------

#[test]
fn columns_are_counted_as_the_client_can() {
    let folder = tempfile::tempdir().unwrap();
    let text = "lead { id text key  name text }\n\
        policy p { rule x when name is \"Zoë 🚂\" and nam is \"x\" reject \"y\"  otherwise reject \"z\" }\nstart at p\n";
    fs::write(folder.path().join("main.rules"), text).unwrap();
    let line = text.lines().nth(1).unwrap();
    let before = &line[..line.find("nam is").unwrap()];
    for (encodings, character) in [
        (&["utf-8", "utf-16"][..], before.len()),
        (&["utf-16"], before.encode_utf16().count()),
        (&[], before.encode_utf16().count()),
    ] {
        let mut editor = Editor::with(folder.path(), json!({ "analyse": "save" }), encodings);
        editor.open("main.rules");
        let error = editor.shown_with("main.rules", "unknown-name");
        assert_eq!(error["range"]["start"], json!({ "line": 1, "character": character }), "{encodings:?}");
        // A change behind the train lands where it should.
        let at = json!({ "line": 1, "character": character + 3 });
        let params = json!({
            "textDocument": { "uri": editor.uri("main.rules"), "version": 2 },
            "contentChanges": [{ "range": { "start": at, "end": at }, "text": "e" }],
        });
        editor.tell("textDocument/didChange", params);
        assert_eq!(shown_of_version(&mut editor, 2).codes(), [""; 0]);
        editor.end();
    }
}

#[test]
fn a_conversation_ends_as_the_protocol_says() {
    let folder = example("quickstart");
    let (editor, _) = opened(folder.path());
    assert_eq!(editor.end(), Some(0));
    let (editor, _) = opened(folder.path());
    assert_eq!(editor.exit(), Some(1), "`exit` without `shutdown`");
    let (editor, _) = opened(folder.path());
    assert_eq!(editor.break_off(), Some(1), "gone without a word");
    let mut editor = Editor::silent(folder.path());
    let (code, _) = editor.ask("textDocument/hover", json!({})).unwrap_err();
    assert_eq!(code, -32002, "not initialized");
    assert_eq!(editor.exit(), Some(1));
}

#[test]
fn what_is_no_message_is_passed_over_and_said() {
    let folder = example("quickstart");
    let (mut editor, text) = opened(folder.path());
    editor.write(b"Content-Length: 9\r\n\r\n{\"oh\": no");
    let said = editor.told("window/logMessage");
    assert!(said["message"].as_str().unwrap().starts_with("a message cannot be read"), "{said}");
    editor.write(b"Nonsense\r\n");
    editor.told("window/logMessage");
    editor.write(b"Content-Length: 2\r\n\r\n\xff\xfe");
    editor.told("window/logMessage");
    assert_eq!(editor.ask("textDocument/tea", json!({})).unwrap_err().0, -32601);
    assert_eq!(editor.ask("textDocument/hover", json!({ "position": "here" })).unwrap_err().0, -32602);
    editor.tell("textDocument/didChange", json!({ "textDocument": 5 }));
    editor.told("window/logMessage");
    editor.tell("$/somethingNew", json!({}));
    // A place that is not there is the nearest that is.
    assert_eq!(hover(&mut editor, "main.rules", json!({ "line": 9999, "character": 9999 })), "nothing");
    assert!(hover(&mut editor, "main.rules", place(&text, "berlin", 0)).contains("a team of 2"));
    assert_eq!(editor.end(), Some(0));
}

#[test]
fn a_file_belongs_to_the_nearest_project_or_to_none() {
    let folder = example("hierarchy");
    fs::create_dir_all(folder.path().join("notes/old")).unwrap();
    fs::write(folder.path().join("notes/old/people.csv"), "a,b\n").unwrap();
    fs::write(folder.path().join("notes/part.rules"), "segment small = employees < 50\nsegment tiny = emplo yees\n")
        .unwrap();
    fs::write(
        folder.path().join("alone.rules"),
        "lead { id text key }\npolicy p { otherwise reject \"x\" }\nstart at q\n",
    )
    .unwrap();
    let (mut editor, text) = opened(folder.path());
    // Data that the project does not name: nothing is known of it.
    editor.open("notes/old/people.csv");
    assert_eq!(editor.shown("notes/old/people.csv").codes(), [""; 0]);
    let params = editor.at("notes/old/people.csv", json!({ "line": 0, "character": 0 }));
    assert_eq!(editor.ask("textDocument/hover", params.clone()).unwrap(), Value::Null);
    assert_eq!(editor.ask("textDocument/completion", params.clone()).unwrap(), Value::Null);
    assert_eq!(editor.ask("textDocument/prepareRename", params).unwrap(), Value::Null);
    // A part of a policy that nothing names yet has only errors of its own.
    editor.open("notes/part.rules");
    assert_eq!(editor.shown("notes/part.rules").codes(), ["syntax-error"]);
    // A whole policy beside the main one is a project of its own.
    editor.open("alone.rules");
    assert_eq!(editor.shown("alone.rules").codes(), ["unknown-name"]);
    // A text that is not saved anywhere is one, too.
    editor.open_uri("untitled:Untitled-1", "lead { id text key }\npolicy p { otherwise reject \"x\" }\nstart at q\n");
    assert_eq!(editor.shown_at("untitled:Untitled-1").codes(), ["unknown-name"]);
    // And the project itself is what it was.
    assert!(hover(&mut editor, "main.rules", place(&text, "dach", 0)).contains("dach"));
    assert_eq!(editor.end(), Some(0));
}

#[test]
fn without_a_main_policy_the_only_one_of_the_folder_is_meant() {
    let folder = example("quickstart");
    fs::rename(folder.path().join("main.rules"), folder.path().join("leads.rules")).unwrap();
    let mut editor = Editor::new(folder.path());
    let roster = editor.open("roster.yaml");
    editor.shown("roster.yaml");
    editor.change("roster.yaml", 2, &roster.replace("berlin:", "hamburg:"));
    let error = editor.shown_with("leads.rules", "unknown-name");
    assert!(error["message"].as_str().unwrap().contains("berlin"), "{error}");
    editor.end();
}
