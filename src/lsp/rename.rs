//! Another name for something, wherever it is named, or why not.
//!
//! A rename is tried before it is offered: the project is loaded with it, and has to be the same but for
//! the name. That finds every way in which a name can be wrong without a list of them: one that is taken, one
//! that the grammar reads as a keyword, one that hides another.

use gen_lsp_types as lsp;

use super::edits::tried;
use super::home::Overlay;
use super::names::{Mention, Names, Symbol};
use super::view::View;
use crate::cell::{Cell, is_name, normal_text};
use crate::check::cell_spans;
use crate::diagnostic::{Edit, Severity};
use crate::ids::Id;
use crate::policy::{Project, Table};
use crate::source::{FileId, Span};
use crate::syntax::ast::Field;

/// What would be renamed at a place, if it can be.
pub fn prepare(view: &View, file: FileId, position: lsp::Position) -> Result<&Mention, String> {
    let mention = view.names.at(view.offset(file, position)).ok_or("there is no name here")?;
    let name = mention.symbol.name();
    match &mention.symbol {
        Symbol::File(_) => Err("a file is renamed where it lies; then write its new name here".to_owned()),
        Symbol::Lint(_) => Err(format!("`{name}` is a finding's code, which is the same for everybody")),
        Symbol::Country(_) => Err(format!("`{name}` is a country")),
        Symbol::Skill(_) => Err(format!("the skill `{name}` is what the roster says it is: change it there and here")),
        symbol if view.names.declaration(symbol).is_none() => Err(format!("nothing declares `{name}`")),
        _ => Ok(mention),
    }
}

/// The edits that give what is named at a place another name.
pub fn rename(
    view: &View,
    file: FileId,
    position: lsp::Position,
    new: &str,
    files: Overlay,
) -> Result<Vec<Edit>, String> {
    let symbol = &prepare(view, file, position)?.symbol;
    let Some(project) = &view.loaded.project else {
        return Err(format!("the project has an error, so it cannot be checked what a rename does: {}", error(view)));
    };
    if !is_name(new) {
        return Err(format!("`{new}` is no name: a name is letters, digits and `_`, and begins with a letter"));
    }
    if new == symbol.name() {
        return Ok(Vec::new());
    }
    let mut edits: Vec<Edit> = view.names.of_symbol(symbol).map(|mention| Edit::replace(mention.span, new)).collect();
    edits.extend(header(view, symbol));
    edits.extend(cells(view, project, symbol)?.into_iter().map(|span| Edit::replace(span, new)));
    let after = tried(view, &edits, files);
    let Some(renamed) = &after.loaded.project else {
        return Err(format!("`{}` cannot be called `{new}`: {}", symbol.name(), error(&after)));
    };
    if is_same(project, renamed) && as_renamed(&view.names, symbol, new).eq(as_it_is(&after.names)) {
        Ok(edits)
    } else {
        Err(format!("`{}` cannot be called `{new}`: something else would be meant in some places", symbol.name()))
    }
}

/// The first error, in one line.
fn error(view: &View) -> &str {
    let mut errors = view.loaded.findings.iter().filter(|finding| finding.severity == Severity::Error);
    errors.next().map_or("it cannot be loaded", |finding| &finding.message)
}

/// A field or column whose name is also its header goes on being read from that header.
fn header(view: &View, symbol: &Symbol) -> Option<Edit> {
    let scope = view.scope();
    let declared: &Field = match symbol {
        Symbol::Field(name) => scope.field(scope.all.find_field(name)?),
        Symbol::Column { table, column } => scope.column(scope.table_named(table)?, column)?,
        _ => return None,
    };
    let end = Span::new(declared.ty.span.end, declared.ty.span.end);
    declared.from.is_none().then(|| Edit::replace(end, format!(" from \"{}\"", declared.name.node)))
}

/// The cells of tables that name a rep, a team or a queue.
fn cells(view: &View, project: &Project, symbol: &Symbol) -> Result<Vec<Span>, String> {
    let named = match symbol {
        Symbol::Rep(name) => project.roster.rep_named(name).map(Cell::Rep),
        Symbol::Team(name) => project.roster.team_named(name).map(Cell::Team),
        Symbol::Queue(name) => project.queues.find(|queue| queue.name == *name).map(Cell::Queue),
        _ => None,
    };
    let Some(named) = named else { return Ok(Vec::new()) };
    let normal = normal_text(symbol.name());
    let mut spans = Vec::new();
    for table in &project.tables {
        for (id, row) in table.rows.iter_with_ids() {
            let wanted = row.cells.iter().filter(|cell| **cell == named).count();
            if wanted == 0 {
                continue;
            }
            let written = cell_spans(row.span, &view.loaded.sources, &table.file);
            let found: Vec<Span> = written.into_iter().filter(|span| normal_text(view.text(*span)) == normal).collect();
            if found.len() != wanted {
                return Err(format!(
                    "row {} of `{}` has `{}` in other columns too: change its cell by hand first",
                    id.index() + 1,
                    table.file,
                    symbol.name()
                ));
            }
            spans.extend(found);
        }
    }
    Ok(spans)
}

/// The names of a project, with another one for one of them.
fn as_renamed<'n>(names: &'n Names, old: &'n Symbol, new: &'n str) -> impl Iterator<Item = (Symbol, bool)> + 'n {
    names.mentions.iter().map(move |mention| (renamed(&mention.symbol, old, new), mention.declares))
}

fn as_it_is(names: &Names) -> impl Iterator<Item = (Symbol, bool)> + '_ {
    names.mentions.iter().map(|mention| (mention.symbol.clone(), mention.declares))
}

/// Rules and columns are known by their policies and tables, too.
fn renamed(symbol: &Symbol, old: &Symbol, new: &str) -> Symbol {
    let new = || new.to_owned();
    match (symbol, old) {
        (Symbol::Rule { policy, rule }, Symbol::Policy(old)) if policy == old => {
            Symbol::Rule { policy: new(), rule: rule.clone() }
        }
        (Symbol::Column { table, column }, Symbol::Table(old)) if table == old => {
            Symbol::Column { table: new(), column: column.clone() }
        }
        _ if symbol != old => symbol.clone(),
        (Symbol::Field(_), _) => Symbol::Field(new()),
        (Symbol::Table(_), _) => Symbol::Table(new()),
        (Symbol::Column { table, .. }, _) => Symbol::Column { table: table.clone(), column: new() },
        (Symbol::Let(_), _) => Symbol::Let(new()),
        (Symbol::Queue(_), _) => Symbol::Queue(new()),
        (Symbol::Policy(_), _) => Symbol::Policy(new()),
        (Symbol::Rule { policy, .. }, _) => Symbol::Rule { policy: policy.clone(), rule: new() },
        (Symbol::Rep(_), _) => Symbol::Rep(new()),
        (Symbol::Team(_), _) => Symbol::Team(new()),
        (Symbol::Skill(_) | Symbol::File(_) | Symbol::Lint(_) | Symbol::Country(_), _) => symbol.clone(),
    }
}

/// Whether leads and tables are read alike, and the rules ask the same of the same values.
fn is_same(before: &Project, after: &Project) -> bool {
    let fields = |project: &Project| {
        let field =
            |field: &crate::policy::Field| (field.ty.clone(), field.from.clone().unwrap_or_else(|| field.name.clone()));
        (project.lead.fields.iter().map(field).collect::<Vec<_>>(), project.lead.required.clone())
    };
    let rows = |(before, after): (&Table, &Table)| {
        before.rows.iter().map(|row| &row.cells).eq(after.rows.iter().map(|row| &row.cells))
    };
    let values = |project: &Project| {
        project.values.iter().map(|value| (value.kind.clone(), value.ty.clone())).collect::<Vec<_>>()
    };
    let asked = |project: &Project| {
        let whens = project.rules.iter().filter_map(|rule| rule.when.as_ref()).flat_map(|when| when.comparisons());
        whens.map(|asked| (asked.value, asked.predicate.clone(), asked.negated)).collect::<Vec<_>>()
    };
    fields(before) == fields(after)
        && before.tables.iter().zip(&after.tables).all(rows)
        && values(before) == values(after)
        && asked(before) == asked(after)
}
