//! Keywords in capitals or misspelt.

use crate::diagnostic::{Code, Finding};
use crate::syntax::error::{Scene, did_you_mean};

/// `AND`, and `NOT`, which was read as a name.
pub(super) fn upper_case_keyword(scene: &Scene) -> Option<Finding> {
    if let Some(not) = scene.back(1).filter(|not| not.is("NOT") || not.is("Not")) {
        return scene.expects("operator").then(|| {
            Finding::new(Code::SyntaxError, scene.span(not), format!("`{}` is written in lower case", not.text))
                .help("write `not`")
                .write_instead("not")
        });
    }
    let found = scene.found().filter(|found| found.text.chars().any(char::is_uppercase))?;
    let keyword = did_you_mean(scene)?.keyword;
    keyword.split(' ').next().filter(|first| **first == found.text.to_lowercase())?;
    let finding = scene.finding(format!("`{}` is written in lower case", found.text));
    Some(finding.help(format!("write `{keyword}`")).write_instead(found.text.to_lowercase()))
}

pub(super) fn misspelt_keyword(scene: &Scene) -> Option<Finding> {
    let found = scene.found().filter(|found| found.is_word())?;
    let guess = did_you_mean(scene)?;
    let last = scene.ahead(guess.tokens - 1).unwrap_or(found);
    let words = scene.tokens[scene.here..].iter().take(guess.tokens).map(|token| token.text);
    let written = words.collect::<Vec<_>>().join(" ");
    let message = if guess.tokens > 1 || guess.keyword.starts_with(found.text) {
        format!("expected `{}`, found `{written}`", guess.keyword)
    } else {
        format!("unknown word `{written}`")
    };
    let span = scene.span(found).to(scene.span(last));
    let finding = Finding::new(Code::SyntaxError, span, message);
    Some(finding.help(format!("did you mean `{}`?", guess.keyword)).write_instead(guess.keyword))
}
