//! Tables whose files do not hold what their declarations say.

use crate::cell::{Type, Unread};
use crate::diagnostic::{Code, Finding};
use crate::ids::{Id, RowId};
use crate::source::Span;
use crate::syntax::ast;

use super::{head, suggesting, ticked};

pub fn empty_table(file: &str, place: Span, named: Span) -> Finding {
    Finding::new(Code::BadTable, place, format!("{} is empty", ticked(file)))
        .also(named, "the table is read from it")
        .help("the first row names the columns")
}

pub fn open_quote(quote: Span, file: &str) -> Finding {
    Finding::new(Code::BadTable, quote, format!("a quote is opened and never closed in {}", ticked(file)))
        .at("everything behind it counts as one cell")
        .help("close it; a quote inside a quoted cell is written twice: `\"\"`")
}

pub fn other_delimiter(sign: char, header: Span, file: &str) -> Finding {
    let name = match sign {
        '\t' => "tabs".to_owned(),
        sign => format!("`{sign}`"),
    };
    let finding =
        Finding::new(Code::BadTable, header, format!("the cells of {} are separated by {name}", ticked(file)));
    match sign {
        '\t' => finding.help("call the file `….tsv`, or save it with commas"),
        ',' => finding.help("a file called `….tsv` is read with tabs: call it `….csv`"),
        _ => finding.help("save the file with commas between the cells"),
    }
}

pub fn missing_column(column: &ast::Field, header: Span, file: &str, near: Option<&str>) -> Finding {
    let wanted = column.from.as_ref().unwrap_or(&column.name);
    let finding =
        Finding::new(Code::BadTable, wanted.span, format!("{} has no column {}", ticked(file), ticked(&wanted.node)))
            .at("no header is called so")
            .also(head(header, 120), "the headers of the file");
    let declared = format!("{} …", column.name.node);
    match near {
        Some(near) => finding.help(format!("did you mean `{near}`? write `{declared} from \"{near}\"`")),
        None => finding.help(format!("name the header the column is read from: `{declared} from \"HEADER\"`")),
    }
}

pub fn header_twice(name: &str, again: Span, first: Span) -> Finding {
    Finding::new(Code::BadTable, again, format!("two columns are called {}", ticked(name)))
        .at("again here")
        .also(first, "first here")
        .help("rename one of them: it cannot be known which is meant")
}

pub fn ragged_row(cells: usize, wanted: usize, row: Span, header: Span) -> Finding {
    let message = format!("a row has {}, and the header has {wanted}", count(cells, "cell"));
    Finding::new(Code::BadTable, row, message)
        .at(count(cells, "cell"))
        .also(head(header, 120), count(wanted, "column"))
        .help("a cell that holds a comma is written in double quotes")
}

pub fn bad_cell(text: &str, column: &ast::Field, declared: Span, why: &Unread, cell: Span) -> Finding {
    let expected = match why.expected.len() {
        0..=80 => why.expected.as_str(),
        _ => "a member of the column's list",
    };
    let message = format!("{} in the column `{}` is not {expected}", ticked(text), column.name.node);
    let finding = Finding::new(Code::BadCell, cell, message).also(declared, "the column's type");
    suggesting(finding, "", [], why.suggestion.as_ref().map(|near| format!("did you mean `{near}`?")))
}

pub fn blank_cell(column: &ast::Field, cell: Span) -> Finding {
    let message = format!("a cell of the column `{}` is blank, and the column is required", column.name.node);
    Finding::new(Code::BadCell, cell, message).at("blank").also(column.span, "declared as required here")
}

pub fn duplicate_key(table: &str, key: &str, first: (Span, RowId), again: (Span, RowId)) -> Finding {
    let row = |row: RowId| row.index() + 1;
    let message = format!("rows {} and {} of `{table}` have the same key, {}", row(first.1), row(again.1), ticked(key));
    Finding::new(Code::DuplicateKey, again.0, message)
        .at(format!("row {}", row(again.1)))
        .also(first.0, format!("row {}", row(first.1)))
        .help("keep one of them; or write `allow duplicate-key \"…\"` before the table, and the first row counts")
        .with_current_tables()
}

/// The last of the findings that are shown, when there are more of their kind.
pub fn and_more(finding: Finding, more: usize) -> Finding {
    let help = match &finding.help {
        Some(help) => format!("{help}; and {more} more like it"),
        None => format!("and {more} more like it"),
    };
    finding.help(help)
}

pub fn key_of_many(ty: &Type, mark: Span, declared: Span) -> Finding {
    let what = if *ty == Type::Tags { "a set of tags" } else { "a list" };
    Finding::new(Code::WrongType, mark, format!("a key is one value, and this column holds {what}"))
        .also(declared, "the column's type")
        .help("write a row for each value")
}

pub fn owner_in_table(span: Span) -> Finding {
    Finding::new(Code::WrongType, span, "a column cannot be marked `owner`")
        .help("`owner` marks the lead's field that says who has it; a column of people has the type `rep`")
}

fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}
