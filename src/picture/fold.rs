//! Which rules of a policy stand in a row of their own, and which share one.
//!
//! A picture of two hundred rules shows where leads go and what is wrong, not every rule. Rows of a long
//! table share a row; if a policy is long, so do neighbours that do the same, and then neighbours whatever
//! they do. What somebody looks for always stands alone: a rule that something was found about, a `go to`,
//! an `otherwise`.

use std::ops::Range;

use crate::ids::{PolicyId, TableId};

/// An `each row` table with more rows than this is folded.
pub const TABLE_ROWS: usize = 6;
/// A policy with more rows than this is folded.
pub const LANE_ROWS: usize = 12;
/// Fewer are not worth a fold, unless a policy is longer than any slide.
const FEWEST: usize = 3;
const LONG_LANE: usize = 3 * LANE_ROWS;

/// A rule, as far as folding goes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Stands alone, whatever happens.
    pub is_pinned: bool,
    pub table: Option<TableId>,
    pub goes_to: Option<PolicyId>,
    /// Rules that do the same have the same.
    pub action: String,
}

/// The rules of a policy in order, one range for each row.
pub fn fold(entries: &[Entry]) -> Vec<Range<usize>> {
    let mut rows = tables(entries);
    if rows.len() > LANE_ROWS {
        rows = runs(rows, FEWEST, |row| alike(entries, row), |run, rows| vec![merged(run, rows)]);
    }
    if rows.len() > LANE_ROWS {
        rows = chunks(entries, rows);
    }
    rows
}

/// Rows of long tables, as far as nothing stands between them.
fn tables(entries: &[Entry]) -> Vec<Range<usize>> {
    let table = |entry: &Entry| entry.table.map(|table| (table, entry.goes_to));
    let mut rows = Vec::new();
    let mut first = 0;
    for run in entries.chunk_by(|a, b| table(a).is_some() && table(a) == table(b)) {
        let whole = first..first + run.len();
        first = whole.end;
        if run.len() <= TABLE_ROWS {
            rows.extend(whole.map(|index| index..index + 1));
            continue;
        }
        let key = |row: &Range<usize>| (!entries[row.start].is_pinned).then_some(());
        rows.extend(runs(whole.map(|index| index..index + 1).collect(), FEWEST, key, |run, rows| {
            vec![merged(run, rows)]
        }));
    }
    rows
}

/// What a row does, if it may be folded.
fn alike<'a>(entries: &'a [Entry], row: &Range<usize>) -> Option<&'a str> {
    let entry = &entries[row.start];
    let is_plain = !entry.is_pinned && entry.table.is_none() && entry.goes_to.is_none();
    is_plain.then_some(entry.action.as_str())
}

/// Long runs of whatever may be folded, in pieces of about the same size.
fn chunks(entries: &[Entry], rows: Vec<Range<usize>>) -> Vec<Range<usize>> {
    let plain = |row: &Range<usize>| alike(entries, row).map(|_| ());
    let foldable = rows.iter().filter(|row| plain(row).is_some()).count();
    let room = LANE_ROWS.saturating_sub(rows.len() - foldable).max(2);
    let size = foldable.div_ceil(room).max(FEWEST);
    let fewest = if rows.len() > LONG_LANE { 2 } else { FEWEST };
    runs(rows, fewest, plain, |run, rows| {
        let pieces = run.len().div_ceil(size);
        let size = run.len().div_ceil(pieces);
        run.collect::<Vec<usize>>()
            .chunks(size)
            .map(|piece| rows[piece[0]].start..rows[piece[piece.len() - 1]].end)
            .collect()
    })
}

/// Folds every run of at least so many rows that have the same key.
fn runs<K: PartialEq>(
    rows: Vec<Range<usize>>,
    fewest: usize,
    key: impl Fn(&Range<usize>) -> Option<K>,
    folded: impl Fn(Range<usize>, &[Range<usize>]) -> Vec<Range<usize>>,
) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let mut first = 0;
    for run in rows.chunk_by(|a, b| key(a).is_some() && key(a) == key(b)) {
        if run.len() >= fewest && key(&run[0]).is_some() {
            out.extend(folded(first..first + run.len(), &rows));
        } else {
            out.extend_from_slice(run);
        }
        first += run.len();
    }
    out
}

fn merged(run: Range<usize>, rows: &[Range<usize>]) -> Range<usize> {
    rows[run.start].start..rows[run.end - 1].end
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Id;

    fn plain(action: &str) -> Entry {
        Entry { is_pinned: false, table: None, goes_to: None, action: action.to_owned() }
    }

    fn row_of(table: usize) -> Entry {
        Entry { table: Some(TableId::from_index(table)), ..plain("a") }
    }

    fn sizes(entries: &[Entry]) -> Vec<usize> {
        fold(entries).into_iter().map(|row| row.len()).collect()
    }

    #[test]
    fn a_short_policy_is_not_folded() {
        assert_eq!(sizes(&vec![plain("a"); 12]), vec![1; 12]);
        assert_eq!(sizes(&vec![row_of(0); 6]), vec![1; 6]);
        assert_eq!(sizes(&[]), Vec::<usize>::new());
    }

    #[test]
    fn a_long_table_is_one_row_but_for_what_was_found() {
        let mut rows = vec![row_of(0); 48];
        assert_eq!(sizes(&rows), [48]);
        rows[20].is_pinned = true;
        rows.extend(vec![row_of(1); 7]);
        assert_eq!(sizes(&rows), [20, 1, 27, 7]);
    }

    #[test]
    fn a_long_policy_folds_what_does_the_same_and_then_the_rest() {
        let mut rules = vec![plain("a"); 9];
        rules.extend(["b", "c", "d", "e"].map(plain));
        assert_eq!(sizes(&rules), [9, 1, 1, 1, 1]);
        let different: Vec<Entry> = (0..200).map(|index| plain(&index.to_string())).collect();
        let rows = sizes(&different);
        assert!(rows.len() <= LANE_ROWS && rows.iter().sum::<usize>() == 200, "{rows:?}");
        let mut with_way_out = different;
        with_way_out[100].goes_to = Some(PolicyId::from_index(0));
        with_way_out[150].is_pinned = true;
        let rows = fold(&with_way_out);
        assert!(rows.contains(&(100..101)) && rows.contains(&(150..151)), "{rows:?}");
    }
}
