//! `shadowed-row`: a table's row that earlier rows of the same `each row of` hide: they take all its
//! leads, so it never decides.

use super::exact::Mismatch;
use super::hidden::{hidden, rows_in_words, told_together};
use super::{ExactLint, Facts};
use crate::analysis::reach::Cover;
use crate::diagnostic::{Code, Finding};
use crate::ids::RuleId;
use crate::policy::{Origin, Project};

pub const LINT: ExactLint = ExactLint { code: Code::ShadowedRow, find };

fn find(facts: &Facts) -> Result<Vec<Finding>, Mismatch> {
    let project = facts.project;
    let hidden = hidden(facts, LINT.code, is_among_rows)?;
    Ok(told_together(facts, LINT.code, &hidden, |rows| {
        let Origin::Row(table, _) = project.rules[rows[0].rule].origin else { unreachable!("these are rows") };
        let verb = if rows.len() == 1 { "is" } else { "are" };
        let which = rows_in_words(project, rows);
        format!("{which} of table `{}` {verb} hidden by earlier rows", project.tables[table].name)
    }))
}

/// Whether a rule is a row, and so is all that covers it, of one `each row of`.
pub fn is_among_rows(project: &Project, rule: RuleId, cover: &Cover) -> bool {
    let row = &project.rules[rule];
    let beside = |other: RuleId| {
        let other = &project.rules[other];
        matches!(other.origin, Origin::Row(..)) && other.head == row.head
    };
    matches!(row.origin, Origin::Row(..)) && cover.members.iter().all(|member| beside(member.rule))
}
