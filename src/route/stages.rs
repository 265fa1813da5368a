//! Blocks on their way from the input to the output, worked on by many, with the same result as by one.
//!
//! ```text
//!        in order              at once                 in order             at once             in order
//! read ───────────► decide ───────────────► settle ───────────────► fill ──────────────► write
//! ```
//!
//! What is done in order is done by one at a time, and block after block: cutting the input, giving leads to
//! people, writing. The rest is done for as many blocks at once as there are threads. There is no thread for
//! a stage: whoever is free does what is furthest on its way, so nobody waits while something can be done, and
//! a block is read only when there is room for it. What comes out does not depend on how many they are.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// What is done with blocks. `R`ead, `D`ecided, `S`ettled and `F`illed are a block on its way; `E` stops
/// everything.
pub trait Stages {
    type Read: Send;
    type Decided: Send;
    type Settled: Send;
    type Filled: Send;
    type Stop: Send;

    fn decide(&self, read: Self::Read) -> Self::Decided;
    fn fill(&self, settled: Self::Settled) -> Self::Filled;
}

/// Reads the next block, if there is one.
type Reader<'a, S> = &'a mut (dyn FnMut() -> Result<Option<<S as Stages>::Read>, <S as Stages>::Stop> + Send);
type Settler<'a, S> =
    &'a mut (dyn FnMut(<S as Stages>::Decided) -> Result<<S as Stages>::Settled, <S as Stages>::Stop> + Send);
type Writer<'a, S> = &'a mut (dyn FnMut(<S as Stages>::Filled) -> Result<(), <S as Stages>::Stop> + Send);

/// What is done in order.
pub struct Orderly<'a, S: Stages> {
    pub read: Reader<'a, S>,
    pub settle: Settler<'a, S>,
    pub write: Writer<'a, S>,
}

/// Takes everything there is to read through all stages, with so many threads. What stops it is the first
/// thing in the order of the input.
pub fn run<S: Stages + Sync>(stages: &S, orderly: Orderly<'_, S>, threads: usize) -> Result<(), S::Stop> {
    let board = Board { tasks: Mutex::new(Tasks::new(orderly, threads)), changed: Condvar::new() };
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(|| board.work(stages));
        }
        board.work(stages);
    });
    let tasks = board.tasks.into_inner().unwrap_or_else(PoisonError::into_inner);
    tasks.stopped.map_or(Ok(()), Err)
}

/// Where everybody looks for what to do next.
struct Board<'a, S: Stages> {
    tasks: Mutex<Tasks<'a, S>>,
    changed: Condvar,
}

struct Tasks<'a, S: Stages> {
    /// What is done in order is taken away by whoever does it.
    reader: Option<Reader<'a, S>>,
    settler: Option<Settler<'a, S>>,
    writer: Option<Writer<'a, S>>,
    /// Blocks that wait for each stage, by their number.
    read: BTreeMap<u64, S::Read>,
    decided: BTreeMap<u64, S::Decided>,
    settled: BTreeMap<u64, S::Settled>,
    filled: BTreeMap<u64, S::Filled>,
    /// The numbers of the next block to be read, settled and written.
    next_read: u64,
    next_settled: u64,
    next_written: u64,
    /// Blocks that may be on their way at once.
    room: u64,
    /// There is nothing left to read.
    ended: bool,
    /// Why, if not for the end of the input.
    unread: Option<S::Stop>,
    stopped: Option<S::Stop>,
    /// Somebody has panicked, and the others go home.
    broken: bool,
}

/// Something to do.
enum Task<'a, S: Stages> {
    Read(Reader<'a, S>),
    Decide(u64, S::Read),
    Settle(Settler<'a, S>, S::Decided),
    Fill(u64, S::Settled),
    Write(Writer<'a, S>, S::Filled),
}

impl<'a, S: Stages> Tasks<'a, S> {
    fn new(orderly: Orderly<'a, S>, threads: usize) -> Tasks<'a, S> {
        Tasks {
            reader: Some(orderly.read),
            settler: Some(orderly.settle),
            writer: Some(orderly.write),
            read: BTreeMap::new(),
            decided: BTreeMap::new(),
            settled: BTreeMap::new(),
            filled: BTreeMap::new(),
            next_read: 0,
            next_settled: 0,
            next_written: 0,
            room: if threads > 1 { 2 * threads as u64 + 2 } else { 1 },
            ended: false,
            unread: None,
            stopped: None,
            broken: false,
        }
    }

    /// The task that is furthest on its way.
    fn take(&mut self) -> Option<Task<'a, S>> {
        if let Some(filled) = self.filled.remove(&self.next_written) {
            match self.writer.take() {
                Some(writer) => return Some(Task::Write(writer, filled)),
                None => drop(self.filled.insert(self.next_written, filled)),
            }
        }
        if let Some((number, settled)) = self.settled.pop_first() {
            return Some(Task::Fill(number, settled));
        }
        let is_wanted = self.next_settled < self.next_read;
        if let Some(decided) = self.decided.remove(&self.next_settled).filter(|_| is_wanted) {
            match self.settler.take() {
                Some(settler) => return Some(Task::Settle(settler, decided)),
                None => drop(self.decided.insert(self.next_settled, decided)),
            }
        }
        if let Some((number, read)) = self.read.pop_first() {
            return Some(Task::Decide(number, read));
        }
        let has_room = self.next_read - self.next_written < self.room;
        if has_room && !self.ended { self.reader.take().map(Task::Read) } else { None }
    }

    /// The blocks from this one on are not wanted any more; those before it are written.
    fn stop_before(&mut self, number: u64, why: S::Stop) {
        (self.ended, self.unread, self.next_read) = (true, Some(why), number);
        self.read.clear();
        self.decided.clear();
        self.close();
    }

    fn is_over(&self) -> bool {
        self.broken || self.stopped.is_some() || (self.ended && self.next_written == self.next_read)
    }

    /// When the last block is written, it is time to say why there was no other.
    fn close(&mut self) {
        if self.ended && self.next_written == self.next_read && self.stopped.is_none() {
            self.stopped = self.unread.take();
        }
    }
}

impl<'a, S: Stages> Board<'a, S> {
    fn tasks(&self) -> MutexGuard<'_, Tasks<'a, S>> {
        // A panic happens outside of the lock, and what is behind it is whole.
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self, stages: &S) {
        let mut alarm = Alarm { board: self, is_fine: false };
        while let Some(task) = self.wait_for_task() {
            self.perform(stages, task);
        }
        alarm.is_fine = true;
        self.changed.notify_all();
    }

    fn wait_for_task(&self) -> Option<Task<'a, S>> {
        let mut tasks = self.tasks();
        loop {
            if tasks.is_over() {
                return None;
            }
            if let Some(task) = tasks.take() {
                return Some(task);
            }
            tasks = self.changed.wait(tasks).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn perform(&self, stages: &S, task: Task<'a, S>) {
        match task {
            Task::Read(reader) => {
                let read = reader();
                let mut tasks = self.tasks();
                tasks.reader = Some(reader);
                match read {
                    // Something has stopped the run meanwhile.
                    _ if tasks.ended => {}
                    Ok(Some(read)) => {
                        let number = tasks.next_read;
                        tasks.read.insert(number, read);
                        tasks.next_read += 1;
                    }
                    Ok(None) => tasks.ended = true,
                    Err(why) => (tasks.ended, tasks.unread) = (true, Some(why)),
                }
                tasks.close();
            }
            Task::Decide(number, read) => {
                let decided = stages.decide(read);
                self.tasks().decided.insert(number, decided);
            }
            Task::Settle(settler, decided) => {
                let settled = settler(decided);
                let mut tasks = self.tasks();
                tasks.settler = Some(settler);
                let number = tasks.next_settled;
                tasks.next_settled += 1;
                match settled {
                    Ok(settled) => drop(tasks.settled.insert(number, settled)),
                    Err(why) => tasks.stop_before(number, why),
                }
            }
            Task::Fill(number, settled) => {
                let filled = stages.fill(settled);
                self.tasks().filled.insert(number, filled);
            }
            Task::Write(writer, filled) => {
                let written = writer(filled);
                let mut tasks = self.tasks();
                tasks.writer = Some(writer);
                tasks.next_written += 1;
                if let Err(why) = written {
                    // Comes before whatever stopped a block behind it.
                    tasks.stopped = Some(why);
                }
                tasks.close();
            }
        }
        self.changed.notify_all();
    }
}

/// Sends the others home when somebody panics, who would wait for ever.
struct Alarm<'b, 'a, S: Stages> {
    board: &'b Board<'a, S>,
    is_fine: bool,
}

impl<S: Stages> Drop for Alarm<'_, '_, S> {
    fn drop(&mut self) {
        if !self.is_fine {
            self.board.tasks().broken = true;
            self.board.changed.notify_all();
        }
    }
}
