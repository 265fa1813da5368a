//! Findings as GitHub workflow commands: printed by a step of a workflow, they become annotations
//! beside the lines of a pull request.
//!
//! Source: *Workflow commands for GitHub Actions*, `error`, `warning` and `notice`; the escapes are
//! those of `@actions/core`.

use super::human::lead;
use super::{Finding, Severity};
use crate::source::SourceMap;

/// An annotation is a few lines beside the code.
const LABELS_AT_MOST: usize = 10;

/// One command a line for each finding that no baseline knows.
pub fn render(findings: &[Finding], sources: &SourceMap, prefix: &str) -> String {
    findings
        .iter()
        .filter(|finding| finding.is_news())
        .map(|finding| command(finding, sources, prefix) + "\n")
        .collect()
}

fn command(finding: &Finding, sources: &SourceMap, prefix: &str) -> String {
    let kind = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let place = sources.locate(finding.span);
    let file = property(&format!("{prefix}{}", place.file));
    let title = property(finding.code.name());
    let lines = format!("line={},endLine={}", place.start.line, place.end.line);
    // GitHub refuses columns for an annotation over several lines.
    let columns = if place.start.line == place.end.line {
        format!(",col={},endColumn={}", place.start.column, place.end.column)
    } else {
        String::new()
    };
    format!("::{kind} file={file},{lines}{columns},title={title}::{}", data(&text(finding, sources, prefix)))
}

/// What the annotation says: the message, the other places, a lead that shows it, what to do.
fn text(finding: &Finding, sources: &SourceMap, prefix: &str) -> String {
    let mut lines = vec![finding.message.clone()];
    lines.extend(Some(finding.label.clone()).filter(|label| !label.is_empty()));
    lines.extend(finding.labels.iter().take(LABELS_AT_MOST).map(|label| {
        let place = sources.locate(label.span);
        format!("{prefix}{}:{}: {}", place.file, place.start.line, label.message)
    }));
    if let Some(witness) = &finding.witness {
        lines.push(format!("lead: {}", lead(witness)));
        lines.push(format!("then: {}", witness.outcome));
    }
    lines.extend(finding.help.iter().map(|help| format!("help: {help}")));
    lines.join("\n")
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_cannot_end_its_command_and_a_file_name_cannot_end_its_property() {
        assert_eq!(data("100 %\r\n::error::"), "100 %25%0D%0A::error::");
        assert_eq!(property("a,b:c%.rules"), "a%2Cb%3Ac%25.rules");
    }
}
