//! The place where reading stands: a window of bytes over the input, and the number of the line.

use std::io::{Read, Write};

use super::Error;

/// Bytes asked for at a time.
const CHUNK: usize = 256 * 1024;

/// A window over a stream of bytes.
///
/// The window grows to hold one row, so rows are found by looking at slices; a row is never looked
/// for in more than `limit` bytes, however much of the file the window happens to hold, so what is
/// found does not depend on how the bytes arrived.
pub(super) struct Cursor {
    source: Box<dyn Read + Send>,
    /// What the input is called in messages.
    pub file: String,
    buffer: Vec<u8>,
    /// Unread bytes are `buffer[start..end]`.
    start: usize,
    end: usize,
    /// The source has no more bytes.
    drained: bool,
    /// The line of the first unread byte, from 1.
    pub line: u64,
    /// The last byte passed was a `\r`: a `\n` here is the rest of the same line break.
    behind_cr: bool,
    /// Bytes of a row at most.
    pub limit: usize,
    consumed: u64,
}

/// The bytes in which a row is looked for.
pub(super) struct View<'a> {
    pub bytes: &'a [u8],
    /// The input ends with these bytes.
    pub ended: bool,
    /// There are more bytes than a row may have: waiting for more is no use.
    pub full: bool,
}

impl Cursor {
    pub fn new(source: Box<dyn Read + Send>, file: String, limit: usize) -> Cursor {
        Cursor {
            source,
            file,
            buffer: Vec::new(),
            start: 0,
            end: 0,
            drained: false,
            line: 1,
            behind_cr: false,
            limit,
            consumed: 0,
        }
    }

    /// All unread bytes of the window.
    pub fn bytes(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// The unread bytes a row may lie in. Two more than the limit, so that a row of exactly the
    /// limit is seen together with its line end.
    pub fn view(&self) -> View<'_> {
        let bytes = self.bytes();
        let most = self.limit.saturating_add(2);
        let full = bytes.len() >= most;
        View { bytes: &bytes[..bytes.len().min(most)], ended: self.drained && bytes.len() <= most, full }
    }

    /// Whether the source has no more bytes than the window.
    pub fn is_drained(&self) -> bool {
        self.drained
    }

    /// Reads until the window holds `wanted` unread bytes or the input ends.
    pub fn fill(&mut self, wanted: usize) -> Result<(), Error> {
        while !self.drained && self.bytes().len() < wanted {
            self.make_room(wanted);
            match self.source.read(&mut self.buffer[self.end..]) {
                Ok(0) => self.drained = true,
                Ok(count) => self.end += count,
                Err(why) if why.kind() == std::io::ErrorKind::Interrupted => {}
                Err(why) => return Err(Error::Read { file: self.file.clone(), why }),
            }
        }
        Ok(())
    }

    /// Reads more. What is already long is doubled, so that looking at a long row again and again
    /// costs no more than the row.
    pub fn grow(&mut self) -> Result<(), Error> {
        let have = self.bytes().len();
        self.fill(if have < CHUNK { have + 1 } else { 2 * have })
    }

    fn make_room(&mut self, wanted: usize) {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        let room = wanted.max(self.end + CHUNK / 2).next_multiple_of(CHUNK);
        if self.buffer.len() < room {
            self.buffer.resize(room, 0);
        }
    }

    /// The next byte, if there is one.
    pub fn peek(&mut self) -> Result<Option<u8>, Error> {
        if self.start == self.end {
            self.fill(1)?;
        }
        Ok(self.bytes().first().copied())
    }

    /// Goes on over bytes of the window. The caller counts the lines in them.
    pub fn skip(&mut self, count: usize) {
        self.start += count;
        self.consumed += count as u64;
        self.behind_cr = false;
        debug_assert!(self.start <= self.end, "only bytes of the window are skipped");
    }

    /// Goes on over bytes of the window, counting line breaks.
    pub fn pass(&mut self, count: usize) {
        let passed = &self.bytes()[..count];
        let torn = self.behind_cr && passed.starts_with(b"\n");
        let behind_cr = if count == 0 { self.behind_cr } else { passed.ends_with(b"\r") };
        self.line += line_breaks(passed) - u64::from(torn);
        self.skip(count);
        self.behind_cr = behind_cr;
    }

    /// Goes on behind the next line break, or to the end of the input.
    pub fn pass_line(&mut self) -> Result<(), Error> {
        loop {
            self.fill(1)?;
            match memchr::memchr2(b'\n', b'\r', self.bytes()) {
                Some(at) => {
                    self.fill(at + 2)?;
                    let end = after_line_break(self.bytes(), at);
                    self.pass(end);
                    return Ok(());
                }
                None if self.bytes().is_empty() => return Ok(()),
                None => self.skip(self.bytes().len()),
            }
        }
    }

    /// Takes bytes of the window away, as they are, and goes on behind them; `spare` is a buffer that
    /// nobody needs any more.
    pub fn take(&mut self, count: usize, mut spare: Vec<u8>) -> Taken {
        let rest = self.start + count..self.end;
        let size = spare.len();
        if size < rest.len() {
            spare.resize(rest.len(), 0);
        }
        spare[..rest.len()].copy_from_slice(&self.buffer[rest.clone()]);
        let taken = Taken { bytes: std::mem::replace(&mut self.buffer, spare), start: self.start, end: rest.start };
        (self.start, self.end) = (0, rest.len());
        self.line += line_breaks(taken.as_slice());
        self.consumed += count as u64;
        self.behind_cr = false;
        taken
    }

    /// Writes everything from here to the end of the input.
    pub fn copy_to(&mut self, out: &mut impl Write) -> Result<std::io::Result<()>, Error> {
        while self.peek()?.is_some() {
            if let Err(why) = out.write_all(self.bytes()) {
                return Ok(Err(why));
            }
            self.skip(self.bytes().len());
        }
        Ok(Ok(()))
    }

    /// Bytes gone over so far.
    pub fn position(&self) -> u64 {
        self.consumed
    }
}

/// Bytes that were taken out of a window.
#[derive(Debug)]
pub(super) struct Taken {
    bytes: Vec<u8>,
    start: usize,
    end: usize,
}

impl Taken {
    pub fn as_slice(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    /// The buffer, to be used again.
    pub fn into_spare(self) -> Vec<u8> {
        self.bytes
    }
}

/// Where the next line begins, given where this one ends.
pub(super) fn after_line_break(bytes: &[u8], at: usize) -> usize {
    if bytes[at..].starts_with(b"\r\n") { at + 2 } else { at + 1 }
}

/// Number of line breaks: `\n`, `\r\n` or a lone `\r`.
pub(super) fn line_breaks(bytes: &[u8]) -> u64 {
    let lines = memchr::memchr_iter(b'\n', bytes).count();
    let lone = memchr::memchr_iter(b'\r', bytes).filter(|&at| bytes.get(at + 1) != Some(&b'\n')).count();
    (lines + lone) as u64
}
