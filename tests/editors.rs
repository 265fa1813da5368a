//! The files for editors keep in step with the language and the server.

#![expect(clippy::disallowed_methods, reason = "a test reads the files")]

use std::collections::BTreeSet;
use std::fs;

use pointsman::lsp::settings::Settings;
use serde_json::Value;

use crate::program::root;

fn json(name: &str) -> Value {
    let text = fs::read_to_string(root().join("editors/vscode").join(name)).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|why| panic!("{name}: {why}"))
}

/// The keywords of the grammar, as a regular expression writes them: `go\s+to`, `minutes?`.
fn keywords() -> BTreeSet<String> {
    let grammar = fs::read_to_string(root().join("grammar/pointsman.pest")).unwrap();
    let rules = grammar.lines().filter_map(|line| line.split_once("_kw")?.1.trim_start().strip_prefix("= @{"));
    let keyword = |rule: &str| {
        let mut words: Vec<String> = Vec::new();
        for part in rule.trim_end_matches('}').split('~').map(str::trim) {
            match part {
                "\"s\"?" => words.last_mut().unwrap().push_str("s?"),
                _ if part.starts_with('"') => words.push(part.trim_matches('"').to_owned()),
                _ => {}
            }
        }
        words.join(r"\s+")
    };
    rules.map(keyword).collect()
}

/// What stands between the brackets of `(?:a|b)` in a pattern.
fn alternatives(pattern: &Value) -> Vec<String> {
    let pattern = pattern["match"].as_str().unwrap();
    let (_, inside) = pattern.split_once("(?:").unwrap();
    inside.split_once(')').unwrap().0.split('|').map(str::to_owned).collect()
}

#[test]
fn the_text_mate_grammar_has_every_keyword_of_the_language_once() {
    let grammar = json("syntaxes/pointsman.tmLanguage.json");
    let patterns = grammar["repository"]["keywords"]["patterns"].as_array().unwrap();
    let coloured: Vec<String> = patterns.iter().flat_map(alternatives).collect();
    let once: BTreeSet<String> = coloured.iter().cloned().collect();
    assert_eq!(once.len(), coloured.len(), "a keyword stands in two patterns");
    assert_eq!(once, keywords());
    for pattern in patterns {
        // The first that fits is taken: `go to` before `go`.
        let words: Vec<usize> = alternatives(pattern).iter().map(|keyword| keyword.matches(r"\s+").count()).collect();
        assert!(words.is_sorted_by(|a, b| a >= b), "{pattern}");
    }
    for (index, keyword) in coloured.iter().enumerate() {
        let longer = coloured[index..].iter().find(|later| later.starts_with(&format!(r"{keyword}\s+")));
        assert_eq!(longer, None, "`{keyword}` is taken for the beginning of it");
    }
}

#[test]
fn the_text_mate_grammar_is_whole() {
    let grammar = json("syntaxes/pointsman.tmLanguage.json");
    let repository = grammar["repository"].as_object().unwrap();
    let included: BTreeSet<String> = grammar["patterns"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pattern| pattern["include"].as_str().unwrap().trim_start_matches('#').to_owned())
        .collect();
    assert_eq!(included, repository.keys().cloned().collect());
    let pest = fs::read_to_string(root().join("grammar/pointsman.pest")).unwrap();
    let (_, types) = pest.split_once("type_word = @{").unwrap();
    let types: Vec<&str> = types.split_once(')').unwrap().0.split('"').skip(1).step_by(2).collect();
    assert!(types.contains(&"country"), "{types:?}");
    assert!(repository["field"]["match"].as_str().unwrap().contains(&types.join("|")), "{types:?}");
}

#[test]
fn the_extension_offers_the_settings_of_the_server_and_the_files_it_names() {
    let extension = json("package.json");
    let contributes = &extension["contributes"];
    json(contributes["grammars"][0]["path"].as_str().unwrap());
    json(contributes["languages"][0]["configuration"].as_str().unwrap());
    let properties = contributes["configuration"]["properties"].as_object().unwrap();
    let defaults = properties
        .iter()
        .map(|(name, setting)| (name.strip_prefix("pointsman.").unwrap().to_owned(), setting["default"].clone()));
    let defaults: serde_json::Map<String, Value> = defaults.filter(|(name, _)| name != "path").collect();
    let mut read = Settings::read(&Value::Object(defaults.clone())).unwrap();
    read.sample = None;
    assert_eq!(read, Settings::read(&Value::Null).unwrap());
    assert_eq!(defaults["sample"], pointsman::lsp::settings::SAMPLE);
    let page = fs::read_to_string(root().join("docs/editors.md")).unwrap();
    for name in defaults.keys() {
        assert!(page.contains(&format!("`{name}`")), "docs/editors.md says nothing of `{name}`");
    }
}
