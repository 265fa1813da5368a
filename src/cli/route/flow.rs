//! A file of leads on its way: what each stage of [`stages`] does with a block.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::FxHashMap;

use super::super::args::Checked;
use super::super::progress::Progress;
use super::super::{Failure, leads};
use super::{Recorder, Sinks, refuse};
use crate::assign::Attempt;
use crate::explain;
use crate::io::{self, Block, BlockReader, Blocks, Columns, Draft, Noted, Pen, Reject, Values};
use crate::ledger::Recorded;
use crate::plan::Outcome;
use crate::route::columns::Column;
use crate::route::stages::{self, Orderly, Stages};
use crate::route::{
    Batch, Closely, Decided, Decider, Fate, More, Placed, Recalled, Room, Routed, Row, Seen, Told, Verdict, Watch,
    Watched,
};
use crate::trace::Trace;

/// Everything that a run is made of.
pub(super) struct Run<'a> {
    pub checked: &'a Checked,
    pub columns: Columns,
    pub batch: Batch<'a>,
    pub sinks: Sinks,
    pub recorder: Option<Recorder<'a>>,
    /// Rejects for which there is no file.
    pub listed: Vec<Reject>,
}

/// What is done with blocks at once, and what it needs.
struct Flow<'a> {
    checked: &'a Checked,
    decider: Decider<'a>,
    reader: BlockReader,
    /// As they were bound, with nothing learnt of any row.
    columns: Columns,
    pen: Option<Arc<Pen<Column>>>,
    has_traces: bool,
    /// Buffers of blocks that were dealt with.
    spares: Pool<Vec<u8>>,
    /// Whoever decides a block takes what the last one remembers.
    rooms: Pool<Room>,
    /// Likewise, who writes one.
    written: Pool<Written>,
}

/// What is said of leads that a rule sent to the same place, written down.
type Written = FxHashMap<(Outcome, Fate), Values>;

/// Ends of leads that are worth keeping.
const MOST_ENDS: usize = 10_000;

/// Things that are used again by whoever needs one next.
struct Pool<T>(Mutex<Vec<T>>);

/// A block that was read, and how far the input has been read.
struct ReadBlock {
    block: Block,
    position: u64,
}

/// The rows of a block, decided and written down but for who gets them.
struct DecidedBlock {
    block: Block,
    position: u64,
    lines: Vec<Line>,
    ids: String,
    draft: Draft,
    columns: Columns,
    /// A row could not be written down.
    failed: Option<io::Error>,
}

enum Line {
    Malformed(Reject),
    Lead {
        line: u64,
        /// Where its id ends among the ids.
        id: usize,
        /// Its number among the drafted rows.
        draft: usize,
        decided: Decided,
    },
}

impl Line {
    /// The lead that was decided, and its line.
    fn lead(&mut self) -> Option<(&mut Decided, u64)> {
        match self {
            Line::Malformed(_) => None,
            Line::Lead { line, decided, .. } => Some((decided, *line)),
        }
    }
}

/// The rows of a block that have somebody.
struct SettledBlock {
    block: Block,
    position: u64,
    draft: Draft,
    rows: Vec<Settled>,
}

/// What became of a lead that was routed.
enum Settled {
    Told {
        draft: usize,
        told: Told,
        watched: Option<Box<Watched>>,
    },
    Recalled {
        draft: usize,
        recalled: Box<Recalled>,
        trace: Option<String>,
    },
    /// It is a reject, and what was seen of it.
    Lost(Box<Watched>),
}

/// A lead that nobody gets: why, and what was seen of it.
struct Lost {
    reason: String,
    watched: Option<Box<Watched>>,
}

type Found = Result<Settled, Lost>;

/// What a block becomes in the output.
struct FilledBlock {
    position: u64,
    rows: Vec<u8>,
    traces: String,
    noted: Option<Noted>,
}

impl<'a> Run<'a> {
    /// Routes every lead, on so many threads.
    pub fn route(&mut self, mut blocks: Blocks, threads: usize, progress: &Progress) -> Result<(), Failure> {
        let has_traces = self.sinks.traces.is_some();
        let watch = match (&self.recorder, has_traces) {
            (_, true) => Watch::Trace,
            (Some(_), false) => Watch::Path,
            (None, false) => Watch::Nothing,
        };
        let flow = Flow {
            checked: self.checked,
            decider: self.batch.decider(watch),
            reader: blocks.reader(),
            columns: self.columns.clone(),
            pen: self.sinks.out.as_ref().map(io::Writer::pen),
            has_traces,
            spares: Pool::default(),
            rooms: Pool::default(),
            written: Pool::default(),
        };
        let Sinks { out, rejects, traces, .. } = &mut self.sinks;
        let mut read = || {
            let block = blocks.next(flow.spares.take())?;
            Ok(block.map(|block| ReadBlock { block, position: blocks.progress().0 }))
        };
        let mut desk = Desk {
            flow: &flow,
            columns: &mut self.columns,
            batch: &mut self.batch,
            recorder: &mut self.recorder,
            refuse: &mut |reject| refuse(reject, rejects, &mut self.listed),
        };
        let mut settle = |decided| desk.settle(decided);
        let mut write = |filled: FilledBlock| {
            if let (Some(out), Some(noted)) = (&mut *out, filled.noted) {
                out.put_rows(&filled.rows)?;
                out.note(noted);
            }
            if let Some(traces) = traces {
                leads::write(traces, &filled.traces)?;
            }
            progress.reach(filled.position);
            Ok(())
        };
        stages::run(&flow, Orderly { read: &mut read, settle: &mut settle, write: &mut write }, threads)
    }
}

impl<T> Default for Pool<T> {
    fn default() -> Pool<T> {
        Pool(Mutex::default())
    }
}

impl<T: Default> Pool<T> {
    /// One of those that were put back, or else a new one.
    fn take(&self) -> T {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    fn put(&self, used: T) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(used);
    }
}

impl Stages for Flow<'_> {
    type Read = ReadBlock;
    type Decided = DecidedBlock;
    type Settled = SettledBlock;
    type Filled = FilledBlock;
    type Stop = Failure;

    fn decide(&self, ReadBlock { block, position }: ReadBlock) -> DecidedBlock {
        let mut columns = self.columns.clone();
        let (mut lines, mut ids, mut draft) = (Vec::new(), String::new(), Draft::default());
        let mut failed = None;
        let mut room = self.rooms.take();
        let mut drafted = 0;
        self.reader.each(&block, |row| {
            if failed.is_some() {
                return;
            }
            let record = match row {
                Ok(record) => record,
                Err(reject) => return lines.push(Line::Malformed(reject)),
            };
            let places = match columns.places(record) {
                Ok(places) => places,
                Err(reject) => return lines.push(Line::Malformed(reject)),
            };
            let decided = self.decider.decide(record, places, &mut room, &mut ids);
            if decided.outcome.is_ok()
                && let Some(pen) = &self.pen
            {
                failed = pen.draft(record, &mut draft).err();
                drafted += 1;
            }
            if failed.is_none() {
                lines.push(Line::Lead { line: record.line(), id: ids.len(), draft: drafted, decided });
            }
        });
        self.rooms.put(room);
        DecidedBlock { block, position, lines, ids, draft, columns, failed }
    }

    fn fill(&self, SettledBlock { block, position, draft, rows }: SettledBlock) -> FilledBlock {
        let spare = block.into_spare();
        if !spare.is_empty() {
            self.spares.put(spare);
        }
        let mut filled = FilledBlock { position, rows: Vec::new(), traces: String::new(), noted: None };
        for row in &rows {
            self.trace(row, &mut filled.traces);
        }
        if let Some(pen) = &self.pen {
            let mut noted = pen.unnoted();
            let mut written = self.written.take();
            for row in &rows {
                self.write(pen, &draft, row, &mut written, &mut filled.rows, &mut noted);
            }
            self.written.put(written);
            if !filled.rows.is_empty() {
                pen.note_table(&mut noted);
            }
            filled.noted = Some(noted);
        }
        filled
    }
}

impl Flow<'_> {
    fn write(
        &self,
        pen: &Pen<Column>,
        draft: &Draft,
        row: &Settled,
        written: &mut Written,
        out: &mut Vec<u8>,
        noted: &mut Noted,
    ) {
        let project = &self.checked.project;
        let number = match row {
            Settled::Lost(_) => return,
            Settled::Told { draft: number, told: Told { routed, owner, note }, .. } => {
                let values = || pen.write_down(|column| column.text(project, routed, note, owner));
                if owner.is_empty() && note.is_empty() {
                    if written.len() > MOST_ENDS {
                        written.clear();
                    }
                    let known = written.entry((routed.outcome, routed.fate)).or_insert_with(values);
                    pen.fill(draft, *number, known, out);
                } else {
                    pen.fill(draft, *number, &values(), out);
                }
                number
            }
            Settled::Recalled { draft: number, recalled, .. } => {
                let values = pen.write_down(|column| Cow::Borrowed(column.recalled(project, recalled)));
                pen.fill(draft, *number, &values, out);
                number
            }
        };
        pen.note(draft, *number, noted);
    }

    fn trace(&self, row: &Settled, traces: &mut String) {
        let watched = match row {
            Settled::Recalled { trace: Some(trace), .. } => return traces.push_str(trace),
            Settled::Told { watched: Some(watched), .. } | Settled::Lost(watched) => watched,
            Settled::Recalled { trace: None, .. } | Settled::Told { watched: None, .. } => return,
        };
        let explanation = explain::watched(&self.checked.project, watched);
        traces.push_str(&explain::json::line(&explanation, &self.checked.sources, &self.checked.prefix));
    }
}

/// Where leads are given to people, one after the other.
struct Desk<'r, 'a> {
    flow: &'r Flow<'a>,
    columns: &'r mut Columns,
    batch: &'r mut Batch<'a>,
    recorder: &'r mut Option<Recorder<'a>>,
    refuse: &'r mut (dyn FnMut(Reject) -> Result<(), Failure> + Send),
}

impl Desk<'_, '_> {
    fn settle(&mut self, decided: DecidedBlock) -> Result<SettledBlock, Failure> {
        let DecidedBlock { block, position, mut lines, ids, draft, columns, failed } = decided;
        self.columns.learn(&columns);
        self.batch.see(lines.iter_mut().filter_map(Line::lead));
        let raws = Raws { reader: &self.flow.reader, block: &block, texts: OnceCell::new() };
        let mut rows = Vec::with_capacity(lines.len());
        let mut ids = Ids { ids: &ids, from: 0 };
        for (number, line) in lines.into_iter().enumerate() {
            match line {
                Line::Malformed(reject) => {
                    let Placed::Reject(reject) = self.batch.place_malformed(reject) else {
                        unreachable!("what is malformed is rejected");
                    };
                    (self.refuse)(reject)?;
                }
                Line::Lead { line, id, draft, decided } => {
                    let id = ids.up_to(id);
                    let reject = |reason| Reject { line, reason, row: raws.of(number) };
                    let row = match self.batch.take(&decided, id) {
                        Ok(outcome) => self.lead(id, outcome, decided.more, draft.wrapping_sub(1))?,
                        Err(refusal) => Err(Lost { reason: refusal.reason, watched: None }),
                    };
                    match row {
                        Ok(row) => rows.push(row),
                        Err(Lost { reason, watched }) => {
                            rows.extend(watched.map(Settled::Lost));
                            (self.refuse)(reject(reason))?;
                        }
                    }
                }
            }
        }
        match failed {
            Some(why) => Err(why.into()),
            None => Ok(SettledBlock { block, position, draft, rows }),
        }
    }

    /// Finds somebody for a lead; if nobody is found, says why, and what was seen.
    fn lead(
        &mut self,
        id: &str,
        outcome: Outcome,
        mut more: Option<Box<More>>,
        draft: usize,
    ) -> Result<Found, Failure> {
        let closely = more.as_mut().and_then(|more| more.watched.take());
        match (&mut *self.recorder, closely) {
            (None, None) => {
                let told = self.batch.settle_decided(outcome, more.as_deref(), &mut ());
                let found = told.map(|told| Settled::Told { draft, told, watched: None });
                Ok(found.map_err(|reason| Lost { reason, watched: None }))
            }
            (None, Some(closely)) => {
                let mut attempts = Vec::new();
                let told = self.batch.settle_decided(outcome, more.as_deref(), &mut attempts);
                let trace = closely.trace.expect("without a ledger, leads are looked at closely for their traces");
                let watched = Some(watched(&told, trace, outcome, &more.unwrap_or_default(), attempts));
                Ok(match told {
                    Ok(told) => Ok(Settled::Told { draft, told, watched }),
                    Err(reason) => Err(Lost { reason, watched }),
                })
            }
            (Some(recorder), Some(closely)) => match recorder.recording.verdict(id)? {
                Verdict::Keep(recalled) => {
                    self.batch.recall(&recalled);
                    let assignment = recalled.recorded.assignment;
                    let line = || recorder.pasts.line(recorder.recording.ledger(), assignment);
                    let trace = self.flow.has_traces.then(line).transpose()?;
                    Ok(Ok(Settled::Recalled { draft, recalled, trace }))
                }
                Verdict::Route(replaced) => {
                    self.record(id, outcome, *more.unwrap_or_default(), *closely, replaced, draft)
                }
            },
            (Some(_), None) => unreachable!("leads that are recorded are looked at closely"),
        }
    }

    /// Routes a lead and records what became of it.
    fn record(
        &mut self,
        id: &str,
        outcome: Outcome,
        more: More,
        closely: Closely,
        replaced: Option<Recorded>,
        draft: usize,
    ) -> Result<Found, Failure> {
        let recording = &mut self.recorder.as_mut().expect("whoever records has a ledger").recording;
        let taken = replaced.as_ref().map(|replaced| recording.take_back(replaced, self.batch.router_mut()));
        let (told, watched) = match closely.trace {
            Some(trace) => {
                let mut attempts = Vec::new();
                let told = self.batch.settle_decided(outcome, Some(&more), &mut attempts);
                let watched = watched(&told, trace, outcome, &more, attempts);
                recording.take(&watched);
                (told, Some(watched))
            }
            None => {
                let (path, tried) = recording.watch();
                *path = closely.path;
                (self.batch.settle_decided(outcome, Some(&more), tried), None)
            }
        };
        match told {
            Ok(told) => {
                let lead = more.lead.expect("kept of a lead that is looked at closely");
                let row = Row { lead, routed: told.routed.clone(), owner: told.owner.clone(), note: told.note.clone() };
                let replaces = replaced.as_ref().zip(taken.as_ref());
                recording.enter(&Seen { id, cells: &closely.cells, row: &row, replaces }, self.batch.router())?;
                Ok(Ok(Settled::Told { draft, told, watched }))
            }
            Err(reason) => {
                if let Some(taken) = &taken {
                    recording.give_back(taken, self.batch.router_mut());
                }
                Ok(Err(Lost { reason, watched }))
            }
        }
    }
}

/// A lead with all that was seen of it.
fn watched(
    told: &Result<Told, String>,
    trace: Trace,
    outcome: Outcome,
    more: &More,
    attempts: Vec<Attempt>,
) -> Box<Watched> {
    let lost = Routed { outcome, fate: Fate::Lost, assignment: None };
    let routed = told.as_ref().map_or(lost, |told| told.routed.clone());
    let mut lead = more.lead.clone().expect("kept of a lead that is looked at closely");
    lead.unread.clone_from(&more.unread);
    Box::new(Watched { lead, routed, trace, attempts })
}

/// The ids of a block, one after the other.
struct Ids<'i> {
    ids: &'i str,
    from: usize,
}

impl<'i> Ids<'i> {
    fn up_to(&mut self, end: usize) -> &'i str {
        let id = &self.ids[self.from..end];
        self.from = end;
        id
    }
}

/// The rows of a block as they stand in it, found when the first is asked for.
struct Raws<'b> {
    reader: &'b BlockReader,
    block: &'b Block,
    texts: OnceCell<Vec<String>>,
}

impl Raws<'_> {
    fn of(&self, number: usize) -> String {
        let texts = self.texts.get_or_init(|| {
            let mut texts = Vec::new();
            self.reader.each(self.block, |row| {
                texts.push(row.map_or_else(|reject| reject.row, |record| record.raw().to_owned()))
            });
            texts
        });
        texts[number].clone()
    }
}
