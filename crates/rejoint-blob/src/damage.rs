//! What a cell of a blob column holds, if it is no blob that reads well, and how that probably came about.
//!
//! For the scanner: never an error, always an answer with its evidence.

use std::borrow::Cow;

use flate2::{Decompress, FlushDecompress};

use crate::container::{COMPRESSED_PREFIX, LengthWidth, Protocol, escaped_start};
use crate::error::Error;
use crate::reader::{DecodeOptions, Decoded, Dims, decode};
use crate::value::{ElementType, Value};

/// What a cell is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Cause {
    /// A blob that decodes.
    Good,
    /// No bytes. Python reads `None`.
    Empty,
    /// `str()` of an array or list. DataJoint 2.0.0 to 2.3.2 stored that when a `longblob` attribute had no `<blob>`.
    TextOfArray,
    /// The text of a blob's bytes: hexadecimal digits or Python's `b'…'`.
    TextOfBlob,
    /// Other text.
    Text,
    /// A blob that went through a conversion from latin1 to UTF-8 (a dump read with the wrong character set).
    EncodedAsText,
    /// A Python pickle.
    Pickle,
    /// A NumPy `.npy` file.
    NumpyFile,
    /// A zip archive, such as `.npz`.
    ZipFile,
    /// An HDF5 file (also MATLAB 7.3).
    Hdf5File,
    /// A MATLAB `.mat` file.
    MatFile,
    /// Another known file format; the evidence names it.
    OtherFile,
    /// A zlib stream without DataJoint's header.
    BareZlib,
    /// A blob of bytes that are a blob themselves: packed twice.
    DoubleWrapped,
    /// Written by the 32-bit mYm: decodes with 32-bit lengths only.
    ThirtyTwoBit,
    /// The compressed stream ends too early.
    ZlibTruncated,
    /// The compressed stream is damaged.
    ZlibDamaged,
    /// The stream inflates to another length than its header says.
    SizeMismatch,
    /// The value ends too early.
    Truncated,
    /// Bytes follow the value or the compressed stream.
    TrailingBytes,
    /// The empty string of 0.11, which has one NUL too many; no version reads it.
    EmptyStringOf011,
    /// The struct array without fields of 0.12 and newer, which has one NUL too many; no version reads it.
    FieldlessStruct,
    /// A MATLAB sparse array: a good blob that Python cannot read.
    SparseArray,
    /// It starts as a blob and then makes no sense.
    Malformed,
    /// A blob beyond the limits that were set; not looked into.
    TooLarge,
    /// Nothing known.
    Unknown,
}

impl Cause {
    /// Stable name for machine-readable output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Empty => "empty",
            Self::TextOfArray => "text-of-array",
            Self::TextOfBlob => "text-of-blob",
            Self::Text => "text",
            Self::EncodedAsText => "encoded-as-text",
            Self::Pickle => "pickle",
            Self::NumpyFile => "numpy-file",
            Self::ZipFile => "zip-file",
            Self::Hdf5File => "hdf5-file",
            Self::MatFile => "mat-file",
            Self::OtherFile => "other-file",
            Self::BareZlib => "bare-zlib",
            Self::DoubleWrapped => "double-wrapped",
            Self::ThirtyTwoBit => "32-bit",
            Self::ZlibTruncated => "zlib-truncated",
            Self::ZlibDamaged => "zlib-damaged",
            Self::SizeMismatch => "size-mismatch",
            Self::Truncated => "truncated",
            Self::TrailingBytes => "trailing-bytes",
            Self::EmptyStringOf011 => "empty-string-of-0.11",
            Self::FieldlessStruct => "fieldless-struct",
            Self::SparseArray => "sparse-array",
            Self::Malformed => "malformed",
            Self::TooLarge => "too-large",
            Self::Unknown => "unknown",
        }
    }
}

/// What DataJoint for Python, 0.14 and 2.x alike and with default settings, makes of the cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PythonReads {
    /// A value; but [`crate::reads_differently`] knows of parts that come out otherwise or make it fail.
    Value,
    /// `None`, without a word.
    None,
    /// It raises.
    Error,
}

/// A reason for the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Where: a position in the stored bytes, or, for what is inside a compressed blob, in the plain ones.
    pub offset: usize,
    /// What is there.
    pub reason: Cow<'static, str>,
}

/// The answer for one cell.
#[derive(Debug, Clone)]
pub struct Report<'a> {
    /// What it is.
    pub cause: Cause,
    /// Why we think so; empty for [`Cause::Good`].
    pub evidence: Vec<Evidence>,
    /// What Python makes of it.
    pub python: PythonReads,
    /// The value, if the bytes decode in any way.
    pub decoded: Option<Decoded<'a>>,
}

/// Says what a cell of a blob column holds. [`DecodeOptions::dims`] is not looked at: both widths are tried.
pub fn check<'a>(stored: &'a [u8], options: &DecodeOptions) -> Report<'a> {
    let options = DecodeOptions { dims: Dims::Auto, ..options.clone() };
    match decode(stored, &options) {
        Ok(decoded) => check_decoded(decoded, stored, &options),
        Err(error) => {
            let python = match &error {
                Error::Empty | Error::UnknownProtocol { python_reads_none: true, .. } => PythonReads::None,
                _ => PythonReads::Error,
            };
            let (cause, evidence) = check_damaged(&error, stored, &options);
            Report { cause, evidence, python, decoded: None }
        }
    }
}

fn evidence(offset: usize, reason: impl Into<Cow<'static, str>>) -> Vec<Evidence> {
    vec![Evidence { offset, reason: reason.into() }]
}

fn check_decoded<'a>(decoded: Decoded<'a>, stored: &[u8], options: &DecodeOptions) -> Report<'a> {
    let good = |cause, evidence| Report { cause, evidence, python: PythonReads::Value, decoded: None };
    let mut report = if decoded.width == LengthWidth::U32 {
        let mixed = decoded.compression.is_some_and(|c| c.header == LengthWidth::U64);
        let reason = if mixed {
            "decodes with 32-bit lengths behind a 64-bit compression header, which Python cannot read at all"
        } else {
            "decodes with 32-bit lengths only (use_32bit_dims in Python)"
        };
        Report { python: PythonReads::Error, ..good(Cause::ThirtyTwoBit, evidence(0, reason)) }
    } else if let Some(trailing) = decoded.compression.map(|c| c.trailing).filter(|n| *n > 0) {
        let reason = format!("{trailing} bytes after the end of the compressed stream, which Python ignores");
        good(Cause::TrailingBytes, evidence(stored.len() - trailing, reason))
    } else if let Some(inner) = wrapped(&decoded.value).filter(|inner| decode(inner, options).is_ok()) {
        let reason = format!("the value is {} bytes that are a blob: {}", inner.len(), escaped_start(inner));
        good(Cause::DoubleWrapped, evidence(4, reason))
    } else {
        good(Cause::Good, Vec::new())
    };
    report.decoded = Some(decoded);
    report
}

/// Starts with what a DataJoint blob starts with.
fn looks_like_blob(bytes: &[u8]) -> bool {
    bytes.starts_with(COMPRESSED_PREFIX)
        || bytes.starts_with(Protocol::Mym.header())
        || bytes.starts_with(Protocol::Dj0.header())
}

/// The bytes in a value that is nothing but bytes and looks like a blob.
fn wrapped<'v>(value: &'v Value<'_>) -> Option<&'v [u8]> {
    let bytes: &[u8] = match value {
        Value::Bytes(bytes) => bytes,
        Value::Array(array) if array.element == ElementType::UInt8 && !array.complex => &array.data,
        _ => return None,
    };
    looks_like_blob(bytes).then_some(bytes)
}

fn check_damaged(error: &Error, stored: &[u8], options: &DecodeOptions) -> (Cause, Vec<Evidence>) {
    let was_encoded = || undo_latin1(stored).is_some_and(|inner| decode(&inner, options).is_ok());
    let reason = error.to_string();
    match error {
        Error::Empty if stored.is_empty() => (Cause::Empty, evidence(0, "no bytes")),
        Error::Empty => (Cause::Empty, evidence(0, "the compressed blob inflates to no bytes")),
        Error::UnknownProtocol { .. } => check_foreign(stored, options),
        Error::Unsupported { offset, .. } => (Cause::SparseArray, evidence(*offset, reason)),
        _ if was_encoded() => (Cause::EncodedAsText, evidence(0, ENCODED)),
        Error::InflatedTooLarge { .. } => (Cause::TooLarge, evidence(COMPRESSED_PREFIX.len(), reason)),
        Error::SizeMismatch { .. } => (Cause::SizeMismatch, evidence(COMPRESSED_PREFIX.len(), reason)),
        Error::ZlibDamaged { offset, .. } => (Cause::ZlibDamaged, evidence(*offset, reason)),
        Error::ZlibTruncated { stored: n, .. } => {
            let mut found = evidence(*n, reason);
            found.extend(cut_by_column(stored.len()));
            (Cause::ZlibTruncated, found)
        }
        Error::Truncated { offset, .. } => {
            let mut found = evidence(*offset, reason);
            found.extend(cut_by_column(stored.len()));
            (Cause::Truncated, found)
        }
        Error::TrailingBytes { offset, count } => check_trailing(*offset, *count, stored, reason),
        Error::TooDeep { offset, .. }
        | Error::TooManyElements { offset }
        | Error::BadLength { offset, .. }
        | Error::UnknownCode { offset, .. }
        | Error::UnknownElementType { offset, .. }
        | Error::Invalid { offset, .. } => (Cause::Malformed, evidence(*offset, reason)),
    }
}

const ENCODED: &str = "is UTF-8, and its characters taken as latin1 bytes are a blob that decodes";

/// A cell as long as the column can be was probably cut by a server without strict mode.
fn cut_by_column(len: usize) -> Option<Evidence> {
    let column = match len {
        255 => "tinyblob",
        65_535 => "blob",
        16_777_215 => "mediumblob",
        _ => return None,
    };
    Some(Evidence {
        offset: len,
        reason: format!("its length is exactly the most a {column} column holds").into(),
    })
}

/// Plain bytes of the two values that Python writes and cannot read.
const EMPTY_STRING_OF_011: &[u8] = b"mYm\0A\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x04\0\0\0\0\0\0\0\0";

fn check_trailing(offset: usize, count: usize, stored: &[u8], reason: String) -> (Cause, Vec<Evidence>) {
    if stored == EMPTY_STRING_OF_011 {
        return (Cause::EmptyStringOf011, evidence(offset, "the bytes that 0.11 wrote for ''"));
    }
    let compressed = stored.starts_with(COMPRESSED_PREFIX);
    let rest = if compressed { &[][..] } else { stored.get(offset..).unwrap_or_default() };
    if rest == [0]
        && stored.get(4) == Some(&b'S')
        && stored.get(offset.saturating_sub(4)..offset) == Some(&[0; 4])
    {
        return (
            Cause::FieldlessStruct,
            evidence(
                offset,
                "one NUL after a field count of 0, which DataJoint since 0.12 writes and cannot read",
            ),
        );
    }
    let mut found = evidence(offset, reason);
    let note = match rest.first() {
        Some(0) if rest.iter().all(|byte| *byte == 0) => {
            "all of them are NUL: padding, or a fixed-length column"
        }
        Some(b' ') if rest.iter().all(|byte| *byte == b' ') => "all of them are spaces: padding",
        _ if looks_like_blob(rest) => "they start like another blob",
        _ => return (Cause::TrailingBytes, found),
    };
    found.extend(evidence(offset, format!("{note} ({count} bytes)")));
    (Cause::TrailingBytes, found)
}

/// Starts of formats that people put into blob columns.
const MAGICS: [(&[u8], Cause, &str); 9] = [
    (b"\x93NUMPY", Cause::NumpyFile, "NumPy .npy file"),
    (b"PK\x03\x04", Cause::ZipFile, "zip archive (.npz?)"),
    (b"\x89HDF\r\n\x1a\n", Cause::Hdf5File, "HDF5 file"),
    (b"MATLAB 5.0 MAT-file", Cause::MatFile, "MATLAB .mat file"),
    (b"\x89PNG\r\n\x1a\n", Cause::OtherFile, "PNG image"),
    (b"\xff\xd8\xff", Cause::OtherFile, "JPEG image"),
    (b"\x1f\x8b\x08", Cause::OtherFile, "gzip stream"),
    (b"II*\0", Cause::OtherFile, "TIFF image"),
    (b"%PDF-", Cause::OtherFile, "PDF document"),
];

/// Bytes that do not start as a blob.
fn check_foreign(stored: &[u8], options: &DecodeOptions) -> (Cause, Vec<Evidence>) {
    if let Some((magic, cause, name)) = MAGICS.iter().find(|(magic, ..)| stored.starts_with(magic)) {
        return (*cause, evidence(0, format!("starts as a {name}: {}", magic.escape_ascii())));
    }
    if let [0x80, version @ 2..=5, .., b'.'] = stored {
        return (
            Cause::Pickle,
            evidence(0, format!("starts as a pickle of protocol {version} and ends with its stop")),
        );
    }
    if let Some(inner) = undo_latin1(stored)
        && looks_like_blob(&inner)
        && decode(&inner, options).is_ok()
    {
        return (Cause::EncodedAsText, evidence(0, ENCODED));
    }
    if is_bare_zlib(stored) {
        return (Cause::BareZlib, evidence(0, "a zlib stream without the header ZL123"));
    }
    if stored.iter().all(|byte| *byte == 0) {
        return (Cause::Unknown, evidence(0, format!("{} bytes, all 0", stored.len())));
    }
    if let Ok(text) = std::str::from_utf8(stored)
        && text.chars().all(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t'))
    {
        return check_text(text);
    }
    (Cause::Unknown, evidence(0, format!("starts with {}", escaped_start(stored))))
}

fn check_text(text: &str) -> (Cause, Vec<Evidence>) {
    let trimmed = text.trim();
    let unprefixed = trimmed.strip_prefix("0x").or_else(|| trimmed.strip_prefix("0X")).unwrap_or(trimmed);
    let starts = ["6d596d00", "646a3000", "5a4c31323300"];
    if starts.iter().any(|start| unprefixed.get(..start.len()).is_some_and(|s| s.eq_ignore_ascii_case(start)))
    {
        return (Cause::TextOfBlob, evidence(0, "the hexadecimal digits of a blob"));
    }
    if ["b'mYm\\x00", "b'dj0\\x00", "b'ZL123\\x00", "b\"mYm\\x00", "b\"dj0\\x00", "b\"ZL123\\x00"]
        .iter()
        .any(|start| trimmed.starts_with(start))
    {
        return (Cause::TextOfBlob, evidence(0, "Python's text b'…' of a blob"));
    }
    let inside = |open: &str, close: &str| trimmed.starts_with(open) && trimmed.ends_with(close);
    if inside("[", "]") || inside("array([", ")") || inside("([", "])") {
        let mut found = evidence(
            0,
            if trimmed.contains(',') {
                "text in brackets, separated by commas: the text of a list or array, or JSON"
            } else {
                "text in brackets, separated by spaces: what str() makes of a NumPy array"
            },
        );
        // NumPy leaves out the middle of more than 1000 elements.
        if let Some(offset) = text.find("...") {
            let reason =
                "\"...\" stands for elements that were never stored; they cannot be recovered from the cell";
            found.extend(evidence(offset, reason));
        } else if text.contains('.') {
            found.extend(evidence(0, "str() rounds floats to 8 digits"));
        }
        return (Cause::TextOfArray, found);
    }
    (Cause::Text, evidence(0, format!("text: {}", escaped_start(text.as_bytes()))))
}

/// The bytes before a conversion from latin1 (MySQL's: windows-1252) to UTF-8; `None` if it cannot have happened.
fn undo_latin1(stored: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(stored).ok()?;
    if text.is_ascii() {
        return None;
    }
    text.chars().map(latin1_byte).collect()
}

/// Characters of windows-1252 from 0x80 on; the five holes are themselves.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}',
    '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

fn latin1_byte(c: char) -> Option<u8> {
    if let Ok(byte) = u8::try_from(u32::from(c)) {
        return Some(byte);
    }
    let index = WINDOWS_1252.iter().position(|known| *known == c)?;
    u8::try_from(index).ok().map(|index| 0x80 + index)
}

/// A valid zlib header, and the first bytes inflate.
fn is_bare_zlib(stored: &[u8]) -> bool {
    let Some([first, second]) = stored.first_chunk::<2>() else {
        return false;
    };
    if first & 0x0f != 8 || (u16::from(*first) * 256 + u16::from(*second)) % 31 != 0 {
        return false;
    }
    let mut start = [0_u8; 64];
    let mut decompress = Decompress::new(true);
    let inflated = decompress.decompress(stored, &mut start, FlushDecompress::None);
    inflated.is_ok() && decompress.total_out() > 0
}
