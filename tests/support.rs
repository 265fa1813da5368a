//! What several tests share.

use pointsman::check::{self, InMemory, Loaded};
use pointsman::diagnostic::Finding;
use pointsman::source::{FileId, SourceMap};

/// A project of one file.
pub fn one_file(text: &str) -> (SourceMap, FileId) {
    let mut sources = SourceMap::new();
    let file = sources.add("main.rules", text).unwrap();
    (sources, file)
}

/// A project of a main policy and the files beside it.
pub fn load_str(main: &str, files: &[(&str, &str)]) -> Loaded {
    let beside = files.iter().map(|&(path, text)| (path, text));
    check::load(&InMemory::new([("main.rules", main)].into_iter().chain(beside)), "main.rules")
}

/// Findings as a reader sees them: the line, a mark under the place, the message.
pub fn render(findings: &[Finding], sources: &SourceMap) -> String {
    let mut text = String::new();
    for finding in findings {
        text += &format!("{}[{}]: {}\n", finding.severity.name(), finding.code, finding.message);
        text += &place(finding.span, &finding.label, sources, '^');
        for label in &finding.labels {
            text += &place(label.span, &label.message, sources, '-');
        }
        if let Some(help) = &finding.help {
            text += &format!("  help: {help}\n");
        }
        text.push('\n');
    }
    text
}

fn place(span: pointsman::source::Span, message: &str, sources: &SourceMap, mark: char) -> String {
    let file = sources.file(sources.file_of(span));
    let location = sources.locate(span);
    let line = &file.text[file.line_range(location.start.line - 1)];
    let width = match location.start.line == location.end.line {
        true => (location.end.column - location.start.column).max(1),
        false => line.chars().count().saturating_sub(location.start.column - 1).max(1),
    };
    let number = location.start.line;
    let before: String =
        line.chars().take(location.start.column - 1).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
    let marks = mark.to_string().repeat(width);
    let name = if location.file == "main.rules" { String::new() } else { format!("  in {}\n", location.file) };
    format!("{name}{number:>4} | {line}\n     | {before}{marks} {message}").trim_end().to_owned() + "\n"
}
