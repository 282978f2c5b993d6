//! What stands around the value: compression header, protocol name.

use std::borrow::Cow;
use std::fmt;

use flate2::{Decompress, FlushDecompress, Status};

use crate::error::Error;

/// Start of a compressed blob.
pub const COMPRESSED_PREFIX: &[u8] = b"ZL123\0";

/// Deflate cannot shrink more than 1032:1, so a header that promises more is wrong before anything is inflated.
const MAX_DEFLATE_RATIO: u64 = 1032;

/// Name at the start of the plain bytes. It says who could read the blob when it was written; readers use every code
/// under both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// `mYm`: what MATLAB's mYm can read.
    Mym,
    /// `dj0`: holds something that only DataJoint for Python can read.
    Dj0,
}

impl Protocol {
    /// The name and its NUL.
    pub fn header(self) -> &'static [u8; 4] {
        match self {
            Self::Mym => b"mYm\0",
            Self::Dj0 => b"dj0\0",
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mym => "mYm",
            Self::Dj0 => "dj0",
        })
    }
}

/// How wide lengths and dimensions are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LengthWidth {
    /// 64 bits: everything but what the 32-bit mYm wrote.
    U64,
    /// 32 bits: the 32-bit mYm MEX. Python needs `use_32bit_dims` for it. Nothing in a blob says so.
    U32,
}

impl LengthWidth {
    /// Bytes of a length.
    pub fn n_bytes(self) -> usize {
        match self {
            Self::U64 => 8,
            Self::U32 => 4,
        }
    }
}

/// How a compressed blob was stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compression {
    /// Width of the length in the header.
    pub header: LengthWidth,
    /// Bytes after the end of the stream. Python ignores them.
    pub trailing: usize,
}

/// A blob taken out of its compression.
#[derive(Debug, Clone)]
pub struct Container<'a> {
    /// Protocol, NUL, value.
    pub plain: Cow<'a, [u8]>,
    /// The protocol.
    pub protocol: Protocol,
    /// How it was compressed, if it was.
    pub compression: Option<Compression>,
}

impl<'a> Container<'a> {
    /// Inflates if need be and checks the protocol. Memory grows with what the stream really holds, to `max_inflated`
    /// bytes at most.
    ///
    /// # Errors
    /// [`Error::Empty`], [`Error::UnknownProtocol`], [`Error::Truncated`] (header), and the errors of inflation.
    pub fn open(stored: &'a [u8], header: LengthWidth, max_inflated: u64) -> Result<Self, Error> {
        let (plain, compression) = match stored.strip_prefix(COMPRESSED_PREFIX) {
            Some(rest) => {
                let (declared, stream) = split_length(rest, header).ok_or(Error::Truncated {
                    offset: COMPRESSED_PREFIX.len(),
                    needed: header.n_bytes() as u64,
                    available: rest.len() as u64,
                    reading: "the length of the compressed blob",
                })?;
                let (plain, trailing) = inflate(stream, stored.len(), declared, max_inflated)?;
                (Cow::Owned(plain), Some(Compression { header, trailing }))
            }
            None => (Cow::Borrowed(stored), None),
        };
        let protocol = protocol_of(&plain)?;
        Ok(Self { plain, protocol, compression })
    }
}

/// Splits off a length of the given width.
pub(crate) fn split_length(bytes: &[u8], width: LengthWidth) -> Option<(u64, &[u8])> {
    match width {
        LengthWidth::U64 => bytes.split_first_chunk::<8>().map(|(n, rest)| (u64::from_le_bytes(*n), rest)),
        LengthWidth::U32 => {
            bytes.split_first_chunk::<4>().map(|(n, rest)| (u64::from(u32::from_le_bytes(*n)), rest))
        }
    }
}

fn protocol_of(plain: &[u8]) -> Result<Protocol, Error> {
    if plain.is_empty() {
        return Err(Error::Empty);
    }
    for protocol in [Protocol::Mym, Protocol::Dj0] {
        if plain.starts_with(protocol.header()) {
            return Ok(protocol);
        }
    }
    // Python looks for the first NUL (without one it takes all but the last byte) and decodes the text before it.
    let name = match plain.iter().position(|byte| *byte == 0) {
        Some(nul) => plain.get(..nul),
        None => plain.get(..plain.len() - 1),
    };
    let python_reads_none = name
        .and_then(|name| std::str::from_utf8(name).ok())
        .is_some_and(|name| name != "mYm" && name != "dj0");
    Err(Error::UnknownProtocol { start: escaped_start(plain), python_reads_none })
}

/// The first bytes, fit for a message.
pub(crate) fn escaped_start(bytes: &[u8]) -> String {
    bytes.iter().take(16).flat_map(|byte| byte.escape_ascii()).map(char::from).collect()
}

/// Inflates a zlib stream that should give `declared` bytes. Returns them and how many bytes follow the stream.
fn inflate(stream: &[u8], stored: usize, declared: u64, max: u64) -> Result<(Vec<u8>, usize), Error> {
    if declared > max {
        return Err(Error::InflatedTooLarge { declared, max });
    }
    let stream_offset = stored - stream.len();
    let most = (stream.len() as u64).saturating_mul(MAX_DEFLATE_RATIO);
    // Start with what smooth data needs, grow by doubling: a header that lies costs no memory.
    let first = declared.min(most).min((stream.len() as u64).saturating_mul(4).max(4096));
    let mut plain: Vec<u8> = Vec::with_capacity(usize::try_from(first).unwrap_or(0));
    let mut decompress = Decompress::new(true);
    loop {
        let read = usize::try_from(decompress.total_in()).unwrap_or(usize::MAX);
        let rest = stream.get(read..).unwrap_or_default();
        if plain.len() as u64 == declared {
            // All is there; the stream must end now, with its checksum. One spare byte shows if it does not.
            return finish(&mut decompress, stream, stream_offset, plain, declared);
        }
        if plain.len() == plain.capacity() {
            let want = declared.min((plain.capacity() as u64).saturating_mul(2).max(4096));
            plain.reserve_exact(usize::try_from(want).unwrap_or(usize::MAX).saturating_sub(plain.len()));
        }
        let before = (decompress.total_in(), decompress.total_out());
        let status = decompress
            .decompress_vec(rest, &mut plain, FlushDecompress::None)
            .map_err(|error| damaged(&decompress, stream_offset, &error))?;
        if plain.len() as u64 > declared {
            // Vec may have more room than was asked for.
            return Err(Error::SizeMismatch { declared, actual: plain.len() as u64, at_least: true });
        }
        match status {
            Status::StreamEnd if plain.len() as u64 == declared => {
                let read = usize::try_from(decompress.total_in()).unwrap_or(usize::MAX);
                return Ok((plain, stream.len().saturating_sub(read)));
            }
            Status::StreamEnd => {
                return Err(Error::SizeMismatch { declared, actual: plain.len() as u64, at_least: false });
            }
            Status::Ok | Status::BufError => {
                let stuck = before == (decompress.total_in(), decompress.total_out());
                if stuck && plain.len() < plain.capacity() {
                    return Err(Error::ZlibTruncated { stored, inflated: plain.len() as u64, declared });
                }
            }
        }
    }
}

/// The declared bytes are there: reads the end of the stream.
fn finish(
    decompress: &mut Decompress,
    stream: &[u8],
    stream_offset: usize,
    plain: Vec<u8>,
    declared: u64,
) -> Result<(Vec<u8>, usize), Error> {
    let mut spare = [0_u8; 4096];
    let out_before = decompress.total_out();
    loop {
        let read = usize::try_from(decompress.total_in()).unwrap_or(usize::MAX);
        let rest = stream.get(read..).unwrap_or_default();
        let before = decompress.total_in();
        let status = decompress
            .decompress(rest, &mut spare, FlushDecompress::None)
            .map_err(|error| damaged(decompress, stream_offset, &error))?;
        let extra = decompress.total_out() - out_before;
        let ended = status == Status::StreamEnd;
        if extra > 0 {
            return Err(Error::SizeMismatch { declared, actual: declared + extra, at_least: !ended });
        }
        if ended {
            let read = usize::try_from(decompress.total_in()).unwrap_or(usize::MAX);
            return Ok((plain, stream.len().saturating_sub(read)));
        }
        if decompress.total_in() == before {
            let stored = stream_offset + stream.len();
            return Err(Error::ZlibTruncated { stored, inflated: plain.len() as u64, declared });
        }
    }
}

fn damaged(decompress: &Decompress, stream_offset: usize, error: &flate2::DecompressError) -> Error {
    let read = usize::try_from(decompress.total_in()).unwrap_or(0);
    Error::ZlibDamaged {
        offset: stream_offset + read,
        inflated: decompress.total_out(),
        reason: error.message().map_or_else(|| error.to_string(), str::to_owned),
    }
}
