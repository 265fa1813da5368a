//! What the commands that read leads have in common.

use std::io::Write as _;
use std::path::PathBuf;

use super::words::Word;
use super::{Console, Failure};
use crate::diagnostic::Severity;
use crate::diagnostic::human::remark;
use crate::ids::{FieldId, Id};
use crate::io::{self, Columns, Format, Header, Input, Missing, output::Output};
use crate::policy::Project;

#[derive(clap::Args)]
pub struct LeadsArgs {
    /// The leads: CSV, TSV, a JSON array or NDJSON; `-` is standard input
    #[arg(value_name = "LEADS")]
    pub leads: PathBuf,

    /// The leads' format, where the file's extension does not say: csv, tsv, json or ndjson
    #[arg(long, value_name = "FORMAT", value_parser = FORMAT, hide_possible_values = true)]
    pub from: Option<Format>,

    /// The longest row that is read, in bytes; longer ones are rejects
    #[arg(long, value_name = "BYTES")]
    pub row_limit: Option<usize>,
}

impl LeadsArgs {
    pub fn open(&self) -> Result<Input, Failure> {
        let input = Input::open(&self.leads, self.from)?;
        Ok(match self.row_limit {
            Some(bytes) => input.limit(bytes),
            None => input,
        })
    }
}

const FORMATS: [Format; 4] = [Format::Csv, Format::Tsv, Format::Json, Format::Ndjson];

/// The name of a format.
pub const FORMAT: Word<Format> = Word { read: format, offered: || FORMATS.map(Format::name).to_vec() };

fn format(text: &str) -> Result<Format, String> {
    let named = FORMATS.into_iter().find(|format| format.name() == text);
    named.ok_or_else(|| "the formats are csv, tsv, json and ndjson".to_owned())
}

/// Finds the project's fields in the columns of a file. A table without a column for the id, or for
/// a field that may not be blank, would reject every row, so that is said at once.
pub fn bind(project: &Project, header: &Header) -> Result<Columns, Failure> {
    let fields = project.lead.fields.iter().map(|field| (field.name.as_str(), field.from.as_deref()));
    let columns = Columns::bind(fields, header)?;
    if matches!(header, Header::Columns(_)) {
        for missing in columns.missing(header) {
            let field = FieldId::from_index(missing.field);
            if project.lead.key == Some(field) || project.lead.required.contains(&field) {
                let what = if project.lead.key == Some(field) { "identifies a lead" } else { "may not be blank" };
                let message =
                    format!("no column `{}` for `{}`, which {what}", missing.column, project.lead.fields[field].name);
                return Err(Failure::with_help(message, advice(&missing)));
            }
        }
    }
    Ok(columns)
}

/// Says which fields are blank in every lead, for want of a column.
pub fn warn_missing(project: &Project, missing: &[Missing], console: &mut Console) -> Result<(), Failure> {
    for missing in missing {
        let field = &project.lead.fields[FieldId::from_index(missing.field)].name;
        let message = format!("no column `{}`: `{field}` is blank in every lead", missing.column);
        warn(&message, &advice(missing), console)?;
    }
    Ok(())
}

/// Says something that stops nothing.
pub fn warn(message: &str, help: &str, console: &mut Console) -> Result<(), Failure> {
    let text = remark(Severity::Warning, message, Some(help), console.err_look);
    Ok(console.err.write_all(text.as_bytes())?)
}

fn advice(missing: &Missing) -> String {
    match &missing.suggestion {
        Some(similar) => format!("did you mean `{similar}`? say so with `from \"{similar}\"` in the lead block"),
        None => "name the column with `from \"…\"` in the lead block".to_owned(),
    }
}

/// Writes text, or its bytes, to an output.
pub fn write(output: &mut Output, text: &(impl AsRef<[u8]> + ?Sized)) -> Result<(), Failure> {
    use crate::io::output::Target as _;
    let name = output.name().to_owned();
    output.write_all(text.as_ref()).map_err(|why| io::Error::Write { file: name, why }.into())
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        if error.is_broken_pipe() {
            return Failure::ClosedPipe;
        }
        Failure::Message { message: error.to_string(), help: error.help() }
    }
}
