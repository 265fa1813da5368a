//! A page of docs/lints on a terminal: as much Markdown as those pages use.

use anstyle::{AnsiColor, Style};

use crate::diagnostic::human::Look;

const HEADING: Style = Style::new().bold().underline();
const CODE: Style = AnsiColor::Cyan.on_default();

/// The page, paragraphs wrapped, blocks indented, headings and code set off by colour.
pub fn render(markdown: &str, look: Look) -> String {
    let mut out = String::new();
    let mut paragraph = String::new();
    let mut in_block = false;
    for line in markdown.lines() {
        if let Some(fence) = line.strip_prefix("```") {
            flush(&mut out, &mut paragraph, look);
            in_block = !in_block;
            out.extend(file_name(fence).map(|name| format!("    {}\n", paint(look, CODE.dimmed(), name))));
        } else if in_block {
            out.push_str(format!("    {}", paint(look, CODE, line)).trim_end());
            out.push('\n');
        } else if let Some(heading) = line.strip_prefix('#') {
            flush(&mut out, &mut paragraph, look);
            out.push_str(&paint(look, HEADING, heading.trim_start_matches('#').trim()));
            out.push('\n');
        } else if line.is_empty() {
            flush(&mut out, &mut paragraph, look);
            out.push('\n');
        } else {
            if line.starts_with("- ") {
                flush(&mut out, &mut paragraph, look);
            }
            paragraph.push_str(line);
            paragraph.push(' ');
        }
    }
    flush(&mut out, &mut paragraph, look);
    out
}

/// The file that a block is, where its fence names one: "```csv accounts.csv".
fn file_name(fence: &str) -> Option<&str> {
    fence.split_whitespace().nth(1).filter(|word| word.contains('.'))
}

fn flush(out: &mut String, paragraph: &mut String, look: Look) {
    let text = std::mem::take(paragraph);
    let text = text.trim();
    if text.is_empty() {
        return;
    }
    let indent = if text.starts_with("- ") { "  " } else { "" };
    let options = textwrap::Options::new(look.width)
        .subsequent_indent(indent)
        .break_words(false)
        .word_separator(textwrap::WordSeparator::AsciiSpace)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    out.push_str(&textwrap::fill(&with_code(text, look), options));
    out.push('\n');
}

/// `code` in its colour; without colour the backticks stay.
fn with_code(text: &str, look: Look) -> String {
    if !look.color {
        return text.to_owned();
    }
    let parts = text.split('`').enumerate();
    parts.map(|(index, part)| if index % 2 == 1 { paint(look, CODE, part) } else { part.to_owned() }).collect()
}

fn paint(look: Look, style: Style, text: &str) -> String {
    if look.color && !text.is_empty() { format!("{style}{text}{style:#}") } else { text.to_owned() }
}
