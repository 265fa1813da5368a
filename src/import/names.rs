//! Salesforce's names → names of the policy language, all different.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The names given so far. Fields, queues, reps and policies share them, so that no reader has to
/// wonder which is meant.
#[derive(Default, Debug)]
pub struct Names {
    taken: BTreeSet<String>,
}

impl Names {
    /// `wanted` as a name, with a number behind it if it was given before. `kind` is what stands before
    /// or instead of it if it is no name: `queue_2024`.
    pub fn give(&mut self, wanted: &str, kind: &str) -> String {
        let name = named(wanted, kind);
        let numbered = (2..).map(|number| format!("{name}_{number}"));
        let free =
            std::iter::once(name.clone()).chain(numbered).find(|name| !self.taken.contains(&name.to_lowercase()));
        let free = free.expect("numbers do not end");
        self.taken.insert(free.to_lowercase());
        free
    }
}

/// Letters, digits and `_`, beginning with a letter, and no word of the language or of YAML.
fn named(wanted: &str, kind: &str) -> String {
    let plain = wanted.nfd().filter(|sign| !is_combining_mark(*sign));
    let mut name = String::new();
    for sign in plain {
        if sign.is_ascii_alphanumeric() {
            name.push(sign);
        } else if !name.ends_with('_') || sign == '_' {
            name.push('_');
        }
    }
    let name = name.trim_matches('_');
    let begins_well = name.starts_with(|first: char| first.is_ascii_alphabetic());
    match name {
        "" => kind.to_owned(),
        name if !begins_well => format!("{kind}_{name}"),
        name if WORDS.contains(&name) => format!("{name}_{kind}"),
        name => name.to_owned(),
    }
}

/// Where one of these stands, something else may begin.
const WORDS: &[&str] = &[
    "account",
    "after",
    "all",
    "allow",
    "and",
    "any",
    "as",
    "assign",
    "assume",
    "at",
    "blank",
    "by",
    "claim",
    "contains",
    "country",
    "date",
    "domain",
    "each",
    "email",
    "ends",
    "expect",
    "fallback",
    "false",
    "first",
    "floor",
    "from",
    "given",
    "go",
    "has",
    "holding",
    "hour",
    "in",
    "integer",
    "is",
    "keep",
    "key",
    "known",
    "lead",
    "let",
    "list",
    "lock",
    "manager",
    "mix",
    "n",
    "next",
    "no",
    "not",
    "null",
    "number",
    "off",
    "on",
    "one",
    "open",
    "or",
    "order",
    "otherwise",
    "owner",
    "policy",
    "preview",
    "queue",
    "reject",
    "rep",
    "required",
    "roster",
    "row",
    "rule",
    "segment",
    "skips",
    "start",
    "starts",
    "table",
    "tags",
    "team",
    "territory",
    "test",
    "text",
    "timestamp",
    "timezone",
    "to",
    "true",
    "until",
    "use",
    "weekday",
    "when",
    "with",
    "y",
    "yes",
    "yes_no",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_becomes_one_of_the_language() {
        let name = |wanted| named(wanted, "queue");
        assert_eq!(name("Case Assignment Rules v.0"), "Case_Assignment_Rules_v_0");
        assert_eq!(name("Führung"), "Fuhrung");
        assert_eq!(name("Account.SLA__c"), "Account_SLA__c");
        assert_eq!(name("2024"), "queue_2024");
        assert_eq!(name("東京"), "queue");
        assert_eq!(name("otherwise"), "otherwise_queue");
        assert_eq!(name("__x__"), "x");
    }

    #[test]
    fn no_two_names_are_the_same() {
        let mut names = Names::default();
        let given: Vec<String> =
            ["EMEA Queue", "EMEA-Queue", "emea_queue"].map(|name| names.give(name, "queue")).to_vec();
        assert_eq!(given, ["EMEA_Queue", "EMEA_Queue_2", "emea_queue_3"]);
    }
}
