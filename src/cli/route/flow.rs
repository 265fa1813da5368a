//! A file of leads on its way: what each stage of [`stages`] does with a block.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::ops::Range;
use std::sync::Arc;

use super::super::args::Checked;
use super::super::progress::Progress;
use super::super::{Failure, leads};
use super::ends::{End, Ends};
use super::spares::Pool;
use super::{Recorder, Sinks, refuse};
use crate::explain::lines::{self, Lines};
use crate::io::{self, Block, BlockReader, Blocks, Columns, Draft, Noted, Pen, Reject};
use crate::ledger::Recorded;
use crate::plan::Outcome;
use crate::route::columns::Column;
use crate::route::stages::{self, Orderly, Stages};
use crate::route::{
    Arrival, Batch, Decided, Decider, Dossiers, Entering, Fate, More, Place, Recalled, Recording, Room, Routed, Told,
    Verdict, Watch, Watched,
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
    /// Writes traces, if there is somewhere for them.
    lines: Option<Lines<'a>>,
    spares: Spares,
}

/// What blocks that were dealt with leave to others.
#[derive(Default)]
struct Spares {
    blocks: Pool<Vec<u8>>,
    lines: Pool<Vec<Line>>,
    ids: Pool<String>,
    dossiers: Pool<Dossiers>,
    drafts: Pool<Draft>,
    settled: Pool<Vec<Settled>>,
    rows: Pool<Vec<u8>>,
    traces: Pool<Vec<u8>>,
    /// Whoever decides a block takes what the last one remembers.
    rooms: Pool<Room>,
    /// Likewise, who writes one.
    ends: Pool<Ends>,
}

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
    /// For a ledger: one for each lead that was decided.
    dossiers: Dossiers,
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
    /// There is nothing to say of it but how it ended.
    Ended {
        draft: Drafted,
        end: End,
    },
    Told {
        draft: Drafted,
        told: Box<Told>,
        watched: Option<Box<Watched>>,
    },
    Recalled {
        draft: Drafted,
        recalled: Box<Recalled>,
        trace: Option<Box<str>>,
    },
    /// It is a reject, and what was seen of it.
    Lost(Box<Watched>),
}

/// The number of a row among those that were drafted.
type Drafted = u32;

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
    traces: Vec<u8>,
    noted: Option<Noted>,
}

impl<'a> Run<'a> {
    /// Routes every lead, on so many threads.
    pub fn route(&mut self, mut blocks: Blocks, threads: usize, progress: &Progress) -> Result<(), Failure> {
        let Checked { project, sources, prefix } = self.checked;
        let lines = self.sinks.traces.is_some().then(|| Lines::new(project, sources, prefix));
        if let Some(lines) = &lines {
            blocks = blocks.at_most(block_size(lines));
        }
        let watch = match (&self.recorder, lines.is_some()) {
            (_, true) => Watch::Trace,
            (Some(_), false) => Watch::Path,
            (None, false) => Watch::Nothing,
        };
        let bytes = blocks.progress().1.filter(|bytes| *bytes > 0);
        let captured = self.recorder.as_ref().and_then(|recorder| recorder.recording.captured());
        let flow = Flow {
            checked: self.checked,
            decider: self.batch.decider(watch, captured),
            reader: blocks.reader(),
            columns: self.columns.clone(),
            pen: self.sinks.out.as_ref().map(io::Writer::pen),
            lines,
            spares: Spares::default(),
        };
        let Sinks { out, rejects, traces, .. } = &mut self.sinks;
        let mut read = || {
            let block = blocks.next(flow.spares.blocks.take())?;
            Ok(block.map(|block| ReadBlock { block, position: blocks.progress().0 }))
        };
        let mut desk = Desk {
            flow: &flow,
            columns: &mut self.columns,
            batch: &mut self.batch,
            recorder: &mut self.recorder,
            places: Vec::new(),
            bytes,
            refuse: &mut |reject| refuse(reject, rejects, &mut self.listed),
        };
        let mut settle = |decided| desk.settle(decided);
        let mut write = |mut filled: FilledBlock| {
            if let (Some(out), Some(noted)) = (&mut *out, filled.noted) {
                out.put_rows(&filled.rows)?;
                out.note(noted);
                filled.rows.clear();
                flow.spares.rows.put(filled.rows);
            }
            if let Some(traces) = traces {
                leads::write(traces, &filled.traces)?;
                filled.traces.clear();
                flow.spares.traces.put(filled.traces);
            }
            progress.reach(filled.position);
            Ok(())
        };
        stages::run(&flow, Orderly { read: &mut read, settle: &mut settle, write: &mut write }, threads)
    }
}

/// How many bytes of leads make a block whose traces are not too many bytes, if every lead tries every rule.
fn block_size(lines: &Lines<'_>) -> usize {
    /// Bytes of traces, and of a short row.
    const TRACES: usize = 4 << 20;
    const ROW: usize = 100;
    TRACES / lines.longest().max(1) * ROW
}

impl Stages for Flow<'_> {
    type Read = ReadBlock;
    type Decided = DecidedBlock;
    type Settled = SettledBlock;
    type Filled = FilledBlock;
    type Stop = Failure;

    fn decide(&self, ReadBlock { block, position }: ReadBlock) -> DecidedBlock {
        let mut columns = self.columns.clone();
        let spares = &self.spares;
        let (mut lines, mut ids, mut draft) = (spares.lines.take(), spares.ids.take(), spares.drafts.take());
        let mut dossiers = spares.dossiers.take();
        let mut failed = None;
        let mut room = spares.rooms.take();
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
            let decided = self.decider.decide(record, places, &mut room, &mut ids, &mut dossiers);
            if decided.outcome.is_ok()
                && let Some(pen) = &self.pen
            {
                failed = pen.draft(record, &mut draft).err();
            }
            if failed.is_none() {
                lines.push(Line::Lead { line: record.line(), id: ids.len(), decided });
            }
        });
        spares.rooms.put(room);
        DecidedBlock { block, position, lines, ids, dossiers, draft, columns, failed }
    }

    fn fill(&self, SettledBlock { block, position, mut draft, mut rows }: SettledBlock) -> FilledBlock {
        let spares = &self.spares;
        let spare = block.into_spare();
        if !spare.is_empty() {
            spares.blocks.put(spare);
        }
        let mut filled = FilledBlock { position, rows: spares.rows.take(), traces: spares.traces.take(), noted: None };
        let mut room = lines::Room::default();
        for row in &rows {
            self.trace(row, &mut room, &mut filled.traces);
        }
        if let Some(pen) = &self.pen {
            let mut noted = pen.unnoted();
            let mut ends = spares.ends.take();
            for row in &rows {
                self.write(pen, &draft, row, &mut ends, &mut filled.rows, &mut noted);
            }
            spares.ends.put(ends);
            if !filled.rows.is_empty() {
                pen.note_table(&mut noted);
            }
            filled.noted = Some(noted);
        }
        rows.clear();
        spares.settled.put(rows);
        draft.clear();
        spares.drafts.put(draft);
        filled
    }
}

impl Flow<'_> {
    fn write(
        &self,
        pen: &Pen<Column>,
        draft: &Draft,
        row: &Settled,
        ends: &mut Ends,
        out: &mut Vec<u8>,
        noted: &mut Noted,
    ) {
        let project = &self.checked.project;
        let number = match row {
            Settled::Lost(_) => return,
            Settled::Ended { draft: number, end } => {
                let write_down = || {
                    let routed = Routed { outcome: end.outcome, fate: end.fate, assignment: None };
                    pen.write_down(|column| column.text(project, &routed, "", ""))
                };
                pen.fill(draft, *number as usize, ends.of(*end, write_down), out);
                number
            }
            Settled::Told { draft: number, told, .. } => {
                let values = pen.write_down(|column| column.text(project, &told.routed, told.note(), told.owner()));
                pen.fill(draft, *number as usize, &values, out);
                number
            }
            Settled::Recalled { draft: number, recalled, .. } => {
                let values = pen.write_down(|column| Cow::Borrowed(column.recalled(project, recalled)));
                pen.fill(draft, *number as usize, &values, out);
                number
            }
        };
        pen.note(draft, *number as usize, noted);
    }

    fn trace(&self, row: &Settled, room: &mut lines::Room, traces: &mut Vec<u8>) {
        let watched = match row {
            Settled::Recalled { trace: Some(trace), .. } => return traces.extend_from_slice(trace.as_bytes()),
            Settled::Told { watched: Some(watched), .. } | Settled::Lost(watched) => watched,
            Settled::Ended { .. } | Settled::Recalled { trace: None, .. } | Settled::Told { watched: None, .. } => {
                return;
            }
        };
        if let Some(lines) = &self.lines {
            lines.write(watched, room, traces);
        }
    }
}

/// Where leads are given to people, one after the other.
struct Desk<'r, 'a> {
    flow: &'r Flow<'a>,
    columns: &'r mut Columns,
    batch: &'r mut Batch<'a>,
    recorder: &'r mut Option<Recorder<'a>>,
    /// Where each lead of the block in hand is among those that the ledger knows.
    places: Vec<Place>,
    /// How many bytes the leads are in all, if they are a file.
    bytes: Option<u64>,
    refuse: &'r mut (dyn FnMut(Reject) -> Result<(), Failure> + Send),
}

impl Desk<'_, '_> {
    fn settle(&mut self, decided: DecidedBlock) -> Result<SettledBlock, Failure> {
        let DecidedBlock { block, position, mut lines, ids: mut texts, dossiers, draft, columns, failed } = decided;
        self.columns.learn(&columns);
        self.batch.see(lines.iter_mut().filter_map(Line::lead));
        let Dossiers { mut page, mut paths } = dossiers;
        let mut places = std::mem::take(&mut self.places);
        if let Some(recorder) = self.recorder {
            let marks = lines.iter_mut().filter_map(|line| line.lead()?.0.mark);
            let come = self.bytes.map_or(1.0, |bytes| position as f64 / bytes as f64);
            page = recorder.recording.turn_to(page, marks, come, &mut places)?;
        }
        let raws = Raws { reader: &self.flow.reader, block: &block, texts: OnceCell::new() };
        let mut rows = self.flow.spares.settled.take();
        let mut ids = Ids { from: 0 };
        // With a ledger there is one for each lead that was decided.
        let mut arrivals = places.iter().zip(paths.iter()).enumerate();
        let mut drafted = 0;
        for (number, line) in lines.iter_mut().enumerate() {
            match line {
                Line::Malformed(reject) => {
                    self.batch.count_malformed();
                    (self.refuse)(reject.clone())?;
                }
                Line::Lead { line, id, decided } => {
                    let id = ids.up_to(*id);
                    let draft = drafted;
                    drafted += u32::from(decided.outcome.is_ok());
                    let reject = |reason| Reject { line: *line, reason, row: raws.of(number) };
                    let arrival = decided.outcome.is_ok().then(|| arrivals.next()).flatten();
                    let row = match self.batch.take(decided, || &texts[id.clone()]) {
                        Ok(outcome) => {
                            let arrival = arrival.map(|(row, (place, path))| Arrival {
                                id: &texts[id],
                                place: *place,
                                row,
                                path,
                            });
                            self.lead(arrival, outcome, decided.more.take(), draft)?
                        }
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
        drop((raws, arrivals));
        paths.clear();
        self.flow.spares.dossiers.put(Dossiers { page, paths });
        self.places = places;
        lines.clear();
        self.flow.spares.lines.put(lines);
        texts.clear();
        self.flow.spares.ids.put(texts);
        match failed {
            Some(why) => Err(why.into()),
            None => Ok(SettledBlock { block, position, draft, rows }),
        }
    }

    /// Finds somebody for a lead; if nobody is found, says why, and what was seen.
    fn lead(
        &mut self,
        arrival: Option<Arrival<'_>>,
        outcome: Outcome,
        mut more: Option<Box<More>>,
        draft: Drafted,
    ) -> Result<Found, Failure> {
        let Some(recorder) = self.recorder else {
            let seen = match more.as_mut().and_then(|more| more.trace.take()) {
                None => (self.batch.settle_decided(outcome, more.as_deref(), &mut ()), None),
                Some(trace) => settle_watched(self.batch, trace, outcome, more.as_deref()),
            };
            return Ok(found(seen, draft));
        };
        let arrival = arrival.expect("leads have an id and a dossier where there is a ledger");
        match recorder.recording.verdict(&arrival)? {
            Verdict::Keep(recalled) => {
                self.batch.recall(&recalled);
                let trace = match self.flow.lines {
                    Some(_) => Some(recorder.line(recalled.assignment)?.into()),
                    None => None,
                };
                Ok(Ok(Settled::Recalled { draft, recalled: Box::new(recalled), trace }))
            }
            Verdict::Route(replaced) => {
                let seen = record(&mut recorder.recording, self.batch, arrival, outcome, more, replaced)?;
                Ok(found(seen, draft))
            }
        }
    }
}

/// What became of a lead, and what was seen of it, if it was looked at so closely.
type Seen = (Result<Told, String>, Option<Box<Watched>>);

#[inline]
fn found((told, watched): Seen, draft: Drafted) -> Found {
    match told {
        Ok(Told { routed: Routed { outcome, fate, .. }, words: None }) if watched.is_none() => {
            Ok(Settled::Ended { draft, end: End { outcome, fate } })
        }
        Ok(told) => Ok(Settled::Told { draft, told: Box::new(told), watched }),
        Err(reason) => Err(Lost { reason, watched }),
    }
}

/// Routes a lead and records what became of it.
fn record<'p>(
    recording: &mut Recording<'p>,
    batch: &mut Batch<'p>,
    arrival: Arrival<'_>,
    outcome: Outcome,
    mut more: Option<Box<More>>,
    replaced: Option<Recorded>,
) -> Result<Seen, Failure> {
    let taken = replaced.as_ref().map(|replaced| recording.take_back(replaced, batch.router_mut()));
    let path = arrival.path;
    let (told, watched) = match more.as_mut().and_then(|more| more.trace.take()) {
        None => (batch.settle_decided(outcome, more.as_deref(), recording.watch(path)), None),
        Some(trace) => {
            let seen = settle_watched(batch, trace, outcome, more.as_deref());
            seen.1.iter().for_each(|watched| recording.take(path, watched));
            seen
        }
    };
    match (&told, &taken) {
        (Ok(told), _) => {
            let lead = more.as_ref().and_then(|more| more.lead.as_ref());
            let replaces = replaced.as_ref().zip(taken.as_ref());
            recording.enter(&Entering { arrival, told, lead, replaces }, batch.router())?;
        }
        (Err(_), Some(taken)) => recording.give_back(taken, batch.router_mut()),
        (Err(_), None) => {}
    }
    Ok((told, watched))
}

/// Finds somebody for a lead, and says all that was seen of it.
fn settle_watched(batch: &mut Batch<'_>, trace: Trace, outcome: Outcome, more: Option<&More>) -> Seen {
    let mut attempts = Vec::new();
    let told = batch.settle_decided(outcome, more, &mut attempts);
    let lost = Routed { outcome, fate: Fate::Lost, assignment: None };
    let routed = told.as_ref().map_or(lost, |told| told.routed.clone());
    let more = more.expect("there is a trace in it");
    let mut lead = more.lead.clone().expect("kept of a lead that is looked at closely");
    lead.unread.clone_from(&more.unread);
    (told, Some(Box::new(Watched { lead, routed, trace, attempts })))
}

/// Where the ids of a block stand, one after the other.
struct Ids {
    from: usize,
}

impl Ids {
    fn up_to(&mut self, end: usize) -> Range<usize> {
        std::mem::replace(&mut self.from, end)..end
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
