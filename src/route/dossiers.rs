//! What a ledger has to know of the leads of a block, written down while others are decided: whoever gives
//! leads to people one after the other has nothing left to do but to hand it on.

use jiff::Timestamp;

use super::ways::{Path, push_escaped};
use crate::ids::RuleId;
use crate::io::RecordRef;

/// The dossiers of a block, one after the other in a few pieces, as a million small ones would cost more than all
/// that is in them.
#[derive(Debug, Default)]
pub struct Dossiers {
    cells: String,
    path: Path,
    ends: Vec<End>,
}

/// Where a lead's part of the pieces ends, which begins where that of the one before does.
#[derive(Clone, Copy, Debug, Default)]
struct End {
    cells: usize,
    path: usize,
    captured_at: Option<Timestamp>,
}

/// What a ledger has to know of a lead besides who gets it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Dossier<'d> {
    /// Every cell as it stood, in the order of the fields, as JSON: `["L-1","Germany"]`.
    pub cells: &'d str,
    /// The rules that took the lead on.
    pub path: &'d [RuleId],
    pub captured_at: Option<Timestamp>,
}

impl Dossiers {
    /// Watches the rules that take the next lead on.
    pub(super) fn path(&mut self) -> &mut Path {
        &mut self.path
    }

    /// Completes the dossier of a lead, whose path has been watched and whose cells are at `places` of its row. A
    /// lead that a ledger knows has at least one cell.
    pub(super) fn close(&mut self, record: RecordRef<'_>, places: &[Option<usize>], captured_at: Option<Timestamp>) {
        let plain = record.plain_in_json();
        let mut before = "[\"";
        for place in places {
            self.cells.push_str(std::mem::replace(&mut before, "\",\""));
            let Some(place) = *place else { continue };
            match plain.and_then(|row| row.bare(place)) {
                Some(text) => self.cells.push_str(text),
                None => push_escaped(&mut self.cells, &record.cell(place).unwrap_or_default()),
            }
        }
        self.cells.push_str("\"]");
        self.ends.push(End { cells: self.cells.len(), path: self.path.0.len(), captured_at });
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = Dossier<'_>> {
        let mut begin = End::default();
        self.ends.iter().map(move |end| {
            let from = std::mem::replace(&mut begin, *end);
            Dossier {
                cells: &self.cells[from.cells..end.cells],
                path: &self.path.0[from.path..end.path],
                captured_at: end.captured_at,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ids::Id;
    use crate::io::{Blocks, Format, Input, Leads};

    /// Looks at each row of a table with a header.
    fn each(table: &str, mut look: impl FnMut(RecordRef<'_>)) {
        let source = std::io::Cursor::new(table.to_owned());
        let input = Input::of_stream(Box::new(source), "`leads`", Some(Format::Csv)).unwrap();
        let mut blocks = Blocks::new(Leads::open(input).unwrap());
        let reader = blocks.reader();
        while let Some(block) = blocks.next(Vec::new()).unwrap() {
            reader.each(&block, |row| row.into_iter().for_each(&mut look));
        }
    }

    #[test]
    fn each_lead_has_its_own_part() {
        let mut dossiers = Dossiers::default();
        let rules = [3, 1, 4].map(RuleId::from_index);
        let mut lead = 0;
        each("id,note,more\nL-1,x,\"a \"\"b\"\"\"\nL-2,,c\n", |record| {
            dossiers.path().0.extend(if lead == 0 { &rules[..2] } else { &rules[2..] });
            dossiers.close(record, &[Some(0), Some(2), None], (lead == 0).then_some(Timestamp::UNIX_EPOCH));
            lead += 1;
        });
        let expected = [
            Dossier { cells: r#"["L-1","a \"b\"",""]"#, path: &rules[..2], captured_at: Some(Timestamp::UNIX_EPOCH) },
            Dossier { cells: r#"["L-2","c",""]"#, path: &rules[2..], captured_at: None },
        ];
        assert!(dossiers.iter().eq(expected));
    }

    proptest! {
        #[test]
        fn cells_are_the_json_that_serde_makes_of_them(rows in "([ab,\"\\\\\t\r\u{1}\u{7f}é]{0,9}[,\n]){0,12}") {
            each(&format!("a,b,c\n{rows}\n"), |record| {
                let mut dossiers = Dossiers::default();
                dossiers.close(record, &[Some(0), Some(1), Some(2)], None);
                let cells = [0, 1, 2].map(|cell| record.cell(cell).unwrap_or_default());
                let written = dossiers.iter().next().unwrap().cells.to_owned();
                assert_eq!(written, serde_json::to_string(&cells).unwrap());
            });
        }
    }
}
