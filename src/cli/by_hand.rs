//! Leads given on the command line: `--lead 'country=DE, employees=1200'`.

use super::Failure;
use crate::lead::Lead;
use crate::policy::Project;
use crate::suggest::nearest;

/// Reads the cells of a lead.
pub fn lead(project: &Project, cells: &str) -> Result<Lead, Failure> {
    let cells = parse_cells(cells)?;
    for (name, _) in &cells {
        if !project.lead.fields.iter().any(|field| field.name == *name) {
            let names = project.lead.fields.iter().map(|field| field.name.as_str());
            let help = match nearest(name, names.clone()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the fields are {}", names.collect::<Vec<_>>().join(", ")),
            };
            return Err(Failure::with_help(format!("a lead has no field `{name}`"), help));
        }
    }
    let raw = |field| {
        let wanted: &str = &project.lead.fields[field].name;
        cells.iter().find(|(name, _)| name == wanted).map(|(_, text)| text.as_str())
    };
    Ok(Lead::read(&project.lead, &project.timezone, raw))
}

/// Splits `country=DE, company="Doe, Inc."` into names and texts.
fn parse_cells(text: &str) -> Result<Vec<(String, String)>, Failure> {
    let mut cells: Vec<(String, String)> = Vec::new();
    if text.matches('"').count() % 2 == 1 {
        let message = format!("a quote in `{text}` is not closed");
        return Err(Failure::with_help(message, "write quotes around text, and double those inside of it"));
    }
    for part in split_at_commas(text).filter(|_| !text.trim().is_empty()) {
        let Some((name, value)) = part.split_once('=') else {
            let message = format!("`{}` is not of the form `field=value`", part.trim());
            return Err(Failure::with_help(message, "write e.g. --lead 'country=DE, company=\"Doe, Inc.\"'"));
        };
        let name = name.trim().to_owned();
        if cells.iter().any(|(earlier, _)| *earlier == name) {
            return Err(Failure::new(format!("`{name}` is given twice")));
        }
        cells.push((name, unquoted(value.trim())));
    }
    Ok(cells)
}

/// Parts between commas that do not stand in double quotes.
fn split_at_commas(text: &str) -> impl Iterator<Item = &str> {
    let mut in_quotes = false;
    text.split(move |letter| {
        in_quotes ^= letter == '"';
        letter == ',' && !in_quotes
    })
}

/// Text without the quotes around it; quotes inside are doubled, as in CSV.
fn unquoted(text: &str) -> String {
    match text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(inner) => inner.replace("\"\"", "\""),
        None => text.to_owned(),
    }
}
