//! One cell as a server delivers it by the binary protocol, and its canonical bytes.

/// A borrowed cell value.
///
/// The variants are those of the MySQL binary protocol. `Text` is text in UTF-8 whatever the column's character
/// set; `Bytes` are raw bytes. Decimals are text as the server prints them (the column's scale, no exponent).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell<'a> {
    /// SQL NULL.
    Null,
    /// A signed integer.
    Int(i64),
    /// An unsigned integer.
    UInt(u64),
    /// A 32-bit float, never rounded through text.
    Float(f32),
    /// A 64-bit float.
    Double(f64),
    /// Text, decimals, enums and JSON text.
    Text(&'a [u8]),
    /// Binary strings and blobs.
    Bytes(&'a [u8]),
    /// A date, datetime or timestamp: year, month, day, hour, minute, second, microsecond. Zero dates are values too.
    Date(u16, u8, u8, u8, u8, u8, u32),
    /// A time: negative, days, hours, minutes, seconds, microseconds.
    Time(bool, u32, u8, u8, u8, u32),
}

// Tags of the canonical encoding. They are part of the certificate format: never renumber.
const NULL: u8 = 0;
const NON_NEGATIVE: u8 = 1;
const NEGATIVE: u8 = 2;
const FLOAT: u8 = 3;
const DOUBLE: u8 = 4;
const TEXT: u8 = 5;
const BYTES: u8 = 6;
const DATE: u8 = 7;
const TIME: u8 = 8;

/// Appends `tag`, the length as u64 little-endian, and the bytes.
pub fn write_bytes(out: &mut Vec<u8>, tag: u8, bytes: &[u8]) {
    out.push(tag);
    out.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
    out.extend_from_slice(bytes);
}

impl Cell<'_> {
    /// Appends the canonical bytes: a tag and a fixed-size or length-prefixed payload, so that no two different
    /// sequences of cells share an encoding.
    ///
    /// An integer's bytes do not depend on the signedness of its column: `Int(5)` and `UInt(5)` are equal. Floats
    /// are taken by their bits: `-0.0` differs from `0.0`, and a NaN equals itself.
    pub fn write_canonical(&self, out: &mut Vec<u8>) {
        match *self {
            Cell::Null => out.push(NULL),
            Cell::Int(v) => {
                out.push(if v < 0 { NEGATIVE } else { NON_NEGATIVE });
                out.extend_from_slice(&v.to_le_bytes());
            }
            Cell::UInt(v) => {
                out.push(NON_NEGATIVE);
                out.extend_from_slice(&v.to_le_bytes());
            }
            Cell::Float(v) => {
                out.push(FLOAT);
                out.extend_from_slice(&v.to_bits().to_le_bytes());
            }
            Cell::Double(v) => {
                out.push(DOUBLE);
                out.extend_from_slice(&v.to_bits().to_le_bytes());
            }
            Cell::Text(v) => write_bytes(out, TEXT, v),
            Cell::Bytes(v) => write_bytes(out, BYTES, v),
            Cell::Date(year, month, day, hour, minute, second, micros) => {
                out.push(DATE);
                out.extend_from_slice(&year.to_le_bytes());
                out.extend_from_slice(&[month, day, hour, minute, second]);
                out.extend_from_slice(&micros.to_le_bytes());
            }
            Cell::Time(negative, days, hours, minutes, seconds, micros) => {
                out.push(TIME);
                out.push(u8::from(negative));
                let total = u64::from(days) * 86_400
                    + u64::from(hours) * 3_600
                    + u64::from(minutes) * 60
                    + u64::from(seconds);
                out.extend_from_slice(&total.to_le_bytes());
                out.extend_from_slice(&micros.to_le_bytes());
            }
        }
    }

    /// A short rendering for messages: at most 60 characters, text quoted, bytes in hexadecimal.
    pub fn display(&self) -> String {
        match *self {
            Cell::Null => "NULL".to_owned(),
            Cell::Int(v) => v.to_string(),
            Cell::UInt(v) => v.to_string(),
            Cell::Float(v) => format!("{v:?}"),
            Cell::Double(v) => format!("{v:?}"),
            Cell::Text(v) => {
                let text = String::from_utf8_lossy(v);
                let short: String = text.chars().take(50).collect();
                let more = if text.chars().nth(50).is_some() { "…" } else { "" };
                format!("{short:?}{more}")
            }
            Cell::Bytes(v) => {
                let hex: String = v.iter().take(24).map(|b| format!("{b:02x}")).collect();
                format!("0x{hex}{}", if v.len() > 24 { "…" } else { "" })
            }
            Cell::Date(y, m, d, 0, 0, 0, 0) => format!("{y:04}-{m:02}-{d:02}"),
            Cell::Date(y, m, d, h, mi, s, 0) => format!("{y:04}-{m:02}-{d:02} {h:02}:{mi:02}:{s:02}"),
            Cell::Date(y, m, d, h, mi, s, us) => {
                format!("{y:04}-{m:02}-{d:02} {h:02}:{mi:02}:{s:02}.{us:06}")
            }
            Cell::Time(negative, d, h, m, s, us) => {
                let sign = if negative { "-" } else { "" };
                let hours = u64::from(d) * 24 + u64::from(h);
                if us == 0 {
                    format!("{sign}{hours:02}:{m:02}:{s:02}")
                } else {
                    format!("{sign}{hours:02}:{m:02}:{s:02}.{us:06}")
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn canonical(cells: &[Cell<'_>]) -> Vec<u8> {
        let mut out = Vec::new();
        for cell in cells {
            cell.write_canonical(&mut out);
        }
        out
    }

    #[test]
    fn integers_are_equal_whatever_their_signedness() {
        assert_eq!(canonical(&[Cell::Int(5)]), canonical(&[Cell::UInt(5)]));
        assert_ne!(canonical(&[Cell::Int(-1)]), canonical(&[Cell::UInt(u64::MAX)]));
    }

    #[test]
    fn floats_are_compared_by_bits() {
        assert_ne!(canonical(&[Cell::Double(0.0)]), canonical(&[Cell::Double(-0.0)]));
        assert_eq!(canonical(&[Cell::Float(f32::NAN)]), canonical(&[Cell::Float(f32::NAN)]));
        assert_ne!(canonical(&[Cell::Float(0.1)]), canonical(&[Cell::Double(0.1)]));
    }

    #[test]
    fn null_empty_text_and_empty_bytes_differ() {
        let all = [canonical(&[Cell::Null]), canonical(&[Cell::Text(b"")]), canonical(&[Cell::Bytes(b"")])];
        assert_ne!(all[0], all[1]);
        assert_ne!(all[1], all[2]);
        assert_ne!(all[0], all[2]);
    }

    #[test]
    fn a_time_of_a_day_equals_24_hours() {
        assert_eq!(
            canonical(&[Cell::Time(false, 1, 0, 0, 0, 0)]),
            canonical(&[Cell::Time(false, 0, 24, 0, 0, 0)])
        );
    }

    #[test]
    fn display_is_short_and_readable() {
        let shown = [
            Cell::Null.display(),
            Cell::Text("it's µ".as_bytes()).display(),
            Cell::Bytes(&[0, 255, 16]).display(),
            Cell::Date(2021, 3, 4, 5, 6, 7, 8).display(),
            Cell::Time(true, 1, 2, 3, 4, 0).display(),
        ]
        .join(" | ");
        insta::assert_snapshot!(shown, @r#"NULL | "it's µ" | 0x00ff10 | 2021-03-04 05:06:07.000008 | -26:03:04"#);
    }

    proptest! {
        /// Moving a byte across a cell border must change the encoding.
        #[test]
        fn cell_borders_are_part_of_the_encoding(a in ".{0,20}", b in ".{0,20}", cut in 0usize..40) {
            let joined = format!("{a}{b}");
            let cut = (0..=joined.len()).filter(|i| joined.is_char_boundary(*i)).min_by_key(|i| i.abs_diff(cut)).unwrap();
            let (c, d) = joined.split_at(cut);
            let left = canonical(&[Cell::Text(a.as_bytes()), Cell::Text(b.as_bytes())]);
            let right = canonical(&[Cell::Text(c.as_bytes()), Cell::Text(d.as_bytes())]);
            prop_assert_eq!(left == right, a == c);
        }
    }
}
