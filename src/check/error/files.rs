//! Files that cannot be read, and paths that lead where they may not.

use crate::cell::quoted;
use crate::diagnostic::{Code, Finding};
use crate::source::Span;

use super::super::reading::Content;
use super::{advising, pointing, ticked};

pub fn outside_project(path: &str, place: Span) -> Finding {
    let message = match path.trim() {
        "" => "the path is empty".to_owned(),
        _ => format!("{} leads out of the project's folder", ticked(path)),
    };
    Finding::new(Code::OutsideProject, place, message).help(
        "put the file into the project's folder and write its path from there, with `/`, such as `data/accounts.csv`",
    )
}

pub fn link_leaves_project(path: &str, place: Span) -> Finding {
    Finding::new(Code::OutsideProject, place, format!("{} is a link out of the project's folder", ticked(path)))
        .help("put the file itself into the project's folder")
}

pub fn no_such_file(path: &str, content: Content, place: Span, near: Option<String>) -> Finding {
    let help = match &near {
        Some(near) => format!("did you mean `{near}`?"),
        None => "paths begin in the project's folder, wherever the policy that names them lies".to_owned(),
    };
    let finding = Finding::new(Code::UnreadableFile, place, format!("there is no file {}", ticked(path)))
        .at(format!("{} is read from here", purpose(content)))
        .help(help);
    match near {
        // A roster names calendars without quotes.
        Some(near) if content != Content::Calendar => finding.write_instead(quoted(&near)),
        _ => finding,
    }
}

pub fn cannot_read(path: &str, content: Content, place: Span, why: &str) -> Finding {
    Finding::new(Code::UnreadableFile, place, format!("{} cannot be read: {why}", ticked(path)))
        .at(format!("{} is read from here", purpose(content)))
}

pub fn too_large(path: &str, content: Content, place: Span) -> Finding {
    let message = format!("{} is larger than 16 MiB, the most that {} may have", ticked(path), purpose(content));
    Finding::new(Code::UnreadableFile, place, message)
}

pub fn sources_too_large(path: &str, place: Span) -> Finding {
    let message = format!("with {} the project's files are more than 4 GiB together", ticked(path));
    Finding::new(Code::UnreadableFile, place, message)
}

pub fn not_utf8(path: &str, content: Content, span: Span, place: Option<Span>, utf16: bool) -> Finding {
    let code = if content == Content::Table { Code::BadTable } else { Code::UnreadableFile };
    let help = match (utf16, content) {
        (true, _) => "the file is UTF-16: save it as UTF-8",
        (false, Content::Table) => "save the file as UTF-8; in Excel, choose `CSV UTF-8` among the file types",
        (false, _) => "save the file as UTF-8",
    };
    let finding = Finding::new(code, span, format!("{} is not UTF-8 text", ticked(path)));
    let finding = advising(finding.at("the first byte that cannot be read"), Some(help.to_owned()));
    pointing(finding, place, "the file is named here")
}

fn purpose(content: Content) -> &'static str {
    match content {
        Content::Policy => "a policy",
        Content::Roster => "the roster",
        Content::Table => "the table",
        Content::Calendar => "the calendar",
    }
}
