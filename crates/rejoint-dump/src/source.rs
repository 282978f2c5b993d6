//! A window over the input: what is not yet consumed, with its position.

use std::io::Read;

use crate::error::Error;

/// Size of the window at the start. It grows only when one row or statement fills more than half of it.
pub(crate) const WINDOW: usize = 256 * 1024;

pub(crate) struct Source<R> {
    input: R,
    buffer: Vec<u8>,
    /// First byte that is not consumed.
    start: usize,
    /// End of what was read.
    end: usize,
    /// Position of `buffer[0]` in the input.
    base: u64,
    ended: bool,
}

impl<R: Read> Source<R> {
    pub(crate) fn new(input: R) -> Self {
        Self { input, buffer: Vec::new(), start: 0, end: 0, base: 0, ended: false }
    }

    /// Position of the first byte that is not consumed.
    pub(crate) fn position(&self) -> u64 {
        self.base + self.start as u64
    }

    /// Size of the window.
    pub(crate) fn size(&self) -> usize {
        self.buffer.len()
    }

    /// What was read and not consumed.
    pub(crate) fn pending(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// The same, to decode values in place.
    pub(crate) fn pending_mut(&mut self) -> &mut [u8] {
        self.buffer.get_mut(self.start..self.end).unwrap_or_default()
    }

    /// Steps over bytes. They stay where they are until the next [`Source::fill`].
    pub(crate) fn consume(&mut self, count: usize) {
        self.start = self.end.min(self.start + count);
    }

    /// Bytes consumed last: those that end `back` bytes before the first pending one.
    pub(crate) fn consumed(&self, count: usize) -> &[u8] {
        self.buffer.get(self.start.saturating_sub(count)..self.start).unwrap_or_default()
    }

    /// Reads until the window is full. `false` when the input has ended and nothing came.
    pub(crate) fn fill(&mut self) -> Result<bool, Error> {
        if self.ended {
            return Ok(false);
        }
        self.base += self.start as u64;
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        if self.end * 2 >= self.buffer.len() {
            let size = (self.buffer.len() * 2).max(WINDOW);
            self.buffer.resize(size, 0);
        }
        let before = self.end;
        while let Some(free) = self.buffer.get_mut(self.end..).filter(|free| !free.is_empty()) {
            match self.input.read(free) {
                Ok(0) => {
                    self.ended = true;
                    break;
                }
                Ok(count) => self.end += count.min(free.len()),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(source) => return Err(Error::Read { position: self.base + self.end as u64, source }),
            }
        }
        Ok(self.end > before)
    }
}
