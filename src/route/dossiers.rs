//! What a ledger has to know of the leads of a block, written down while others are decided: whoever gives
//! leads to people one after the other has nothing left to do but to hand it on.

use jiff::Timestamp;

use super::ways::{Path, escaped};
use crate::ids::RuleId;
use crate::io::RecordRef;
use crate::ledger::Page;

/// The dossiers of a block, one after the other in a few pieces, as a million small ones would cost more than all
/// that is in them.
#[derive(Debug, Default)]
pub struct Dossiers {
    /// The leads and their cells, as they go into the ledger.
    pub page: Page,
    pub paths: Paths,
}

/// The rules that took each lead on.
#[derive(Debug, Default)]
pub struct Paths {
    rules: Path,
    /// Where the path of a lead ends, which begins where that of the one before does.
    ends: Vec<usize>,
}

impl Dossiers {
    /// Watches the rules that take the next lead on.
    pub(super) fn path(&mut self) -> &mut Path {
        &mut self.paths.rules
    }

    /// Completes the dossier of a lead, whose path has been watched and whose cells are at `places` of its row. A
    /// lead that a ledger knows has at least one cell.
    pub(super) fn close(
        &mut self,
        lead: &str,
        record: RecordRef<'_>,
        places: &[Option<usize>],
        captured_at: Option<Timestamp>,
    ) {
        self.page.write_down(lead, captured_at, |cells| write_cells(record, places, cells));
        self.paths.ends.push(self.paths.rules.0.len());
    }
}

impl Paths {
    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &[RuleId]> {
        let mut begin = 0;
        self.ends.iter().map(move |end| &self.rules.0[std::mem::replace(&mut begin, *end)..*end])
    }

    pub fn clear(&mut self) {
        self.rules.0.clear();
        self.ends.clear();
    }
}

/// Writes every cell as it stood, in the order of the fields, as JSON: `["L-1","Germany"]`. A lead has at least one.
fn write_cells(record: RecordRef<'_>, places: &[Option<usize>], json: &mut Vec<u8>) {
    let plain = record.plain_in_json();
    json.push(b'[');
    for place in places {
        json.push(b'"');
        if let Some(place) = *place
            && !plain.is_some_and(|row| row.add_bare_to(json, place))
        {
            json.extend_from_slice(escaped(&record.cell(place).unwrap_or_default()).as_bytes());
        }
        json.extend_from_slice(b"\",");
    }
    // What follows the last cell is no comma.
    json.pop();
    json.push(b']');
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
    fn each_lead_has_its_own_path() {
        let mut dossiers = Dossiers::default();
        let rules = [3, 1, 4].map(RuleId::from_index);
        let mut paths = [&rules[..2], &rules[2..]].into_iter();
        each("id,note\nL-1,x\nL-2,\n", |record| {
            dossiers.path().0.extend(paths.next().unwrap());
            dossiers.close("L", record, &[Some(0), Some(1)], None);
        });
        assert!(dossiers.paths.iter().eq([&rules[..2], &rules[2..]]));
    }

    proptest! {
        #[test]
        fn cells_are_the_json_that_serde_makes_of_them(rows in "([ab,\"\\\\\t\r\u{1}\u{7f}é]{0,9}[ab]{0,24}[,\n]){0,12}") {
            each(&format!("a,b,c\n{rows}\n"), |record| {
                let mut written = Vec::new();
                write_cells(record, &[Some(0), Some(2), None], &mut written);
                let cell = |place| record.cell(place).unwrap_or_default();
                assert_eq!(str::from_utf8(&written).unwrap(), serde_json::to_string(&[cell(0), cell(2), "".into()]).unwrap());
            });
        }
    }
}
