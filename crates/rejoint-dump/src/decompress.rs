//! `.gz` and `.zst` by their first bytes, not by their names.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

/// How a file is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    None,
    /// gzip, one or more members.
    Gzip,
    /// Zstandard, one or more frames.
    Zstandard,
}

/// Which packing these first bytes (four suffice) show.
pub fn compression_of(start: &[u8]) -> Compression {
    match start {
        [0x1f, 0x8b, ..] => Compression::Gzip,
        // a frame, or a skippable frame as pzstd writes first
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Compression::Zstandard,
        _ => Compression::None,
    }
}

/// The input, decompressed if its first bytes say that it is compressed.
///
/// A checksum that does not fit is an error of kind `InvalidData` or `InvalidInput`, an early end `UnexpectedEof`;
/// [`crate::DumpReader`] makes `Damaged` and `Truncated` of them.
///
/// # Errors
/// The input's own, when its first bytes cannot be read.
pub fn decompress<'r>(input: impl Read + 'r) -> io::Result<(Compression, Box<dyn Read + 'r>)> {
    let mut input = BufReader::with_capacity(64 * 1024, input);
    let mut start = Vec::with_capacity(4);
    // a pipe may deliver fewer than four bytes at a time
    input.by_ref().take(4).read_to_end(&mut start)?;
    let found = compression_of(&start);
    let whole = io::Cursor::new(start).chain(input);
    Ok(match found {
        Compression::None => (found, Box::new(whole)),
        Compression::Gzip => (found, Box::new(MultiGzDecoder::new(whole))),
        Compression::Zstandard => (found, Box::new(ZstandardReader::new(whole))),
    })
}

/// Frame after frame of a Zstandard file, with their checksums.
struct ZstandardReader<R> {
    input: R,
    decoder: FrameDecoder,
    in_frame: bool,
}

impl<R: BufRead> ZstandardReader<R> {
    fn new(input: R) -> Self {
        Self { input, decoder: FrameDecoder::new(), in_frame: false }
    }

    /// Starts the next frame; `false` at the end of the input.
    fn next_frame(&mut self) -> io::Result<bool> {
        loop {
            if self.input.fill_buf()?.is_empty() {
                return Ok(false);
            }
            match self.decoder.reset(&mut self.input) {
                Ok(()) => {
                    self.in_frame = true;
                    return Ok(true);
                }
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    let skipped =
                        io::copy(&mut self.input.by_ref().take(u64::from(length)), &mut io::sink())?;
                    if skipped < u64::from(length) {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                }
                Err(error) => return Err(self.failure(&error)),
            }
        }
    }

    /// Was it the input's end or its bytes?
    fn failure(&mut self, error: &FrameDecoderError) -> io::Error {
        let ended = self.input.fill_buf().is_ok_and(<[u8]>::is_empty);
        let kind = if ended { io::ErrorKind::UnexpectedEof } else { io::ErrorKind::InvalidData };
        io::Error::new(kind, error.to_string())
    }
}

impl<R: BufRead> Read for ZstandardReader<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            if !self.in_frame && !self.next_frame()? {
                return Ok(0);
            }
            if self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                let wanted = BlockDecodingStrategy::UptoBytes(out.len().max(1));
                if let Err(error) = self.decoder.decode_blocks(&mut self.input, wanted) {
                    return Err(self.failure(&error));
                }
                continue;
            }
            let count = self.decoder.read(out)?;
            if count > 0 || out.is_empty() {
                return Ok(count);
            }
            if self.decoder.is_finished() {
                let written = self.decoder.get_checksum_from_data();
                if written.is_some() && written != self.decoder.get_calculated_checksum() {
                    return Err(io::Error::new(
                        io::ErrorKind::InvalidData,
                        "the checksum of a frame does not fit",
                    ));
                }
                self.in_frame = false;
            }
        }
    }
}
