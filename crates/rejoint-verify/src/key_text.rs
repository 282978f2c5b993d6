//! Keys for people: canonical bytes back into text.

use rejoint_value::Cell;

/// Shows a key from its canonical bytes: `subject='a', session=3`. Bytes that are no canonical encoding are shown as
/// hexadecimal digits: this is only used in messages.
pub(crate) fn show_key(names: &[String], mut bytes: &[u8]) -> String {
    let mut parts = Vec::with_capacity(names.len());
    for name in names {
        match read_cell(bytes) {
            Some((cell, rest)) => {
                parts.push(format!("{name}={}", cell.display()));
                bytes = rest;
            }
            None => {
                parts.push(format!("{name}={}", Cell::Bytes(bytes).display()));
                break;
            }
        }
    }
    parts.join(", ")
}

/// The first cell of canonical bytes, and what follows. The inverse of [`Cell::write_canonical`], whose tags are fixed.
fn read_cell(bytes: &[u8]) -> Option<(Cell<'_>, &[u8])> {
    let (tag, rest) = bytes.split_first()?;
    match tag {
        0 => Some((Cell::Null, rest)),
        1 => number(rest).map(|(n, rest)| (Cell::UInt(u64::from_le_bytes(n)), rest)),
        2 => number(rest).map(|(n, rest)| (Cell::Int(i64::from_le_bytes(n)), rest)),
        3 => number(rest).map(|(n, rest)| (Cell::Float(f32::from_le_bytes(n)), rest)),
        4 => number(rest).map(|(n, rest)| (Cell::Double(f64::from_le_bytes(n)), rest)),
        5 => sized(rest).map(|(text, rest)| (Cell::Text(text), rest)),
        6 => sized(rest).map(|(bytes, rest)| (Cell::Bytes(bytes), rest)),
        7 => {
            let (year, rest) = number::<2>(rest)?;
            let ([month, day, hour, minute, second], rest) = number::<5>(rest)?;
            let (micros, rest) = number::<4>(rest)?;
            let (year, micros) = (u16::from_le_bytes(year), u32::from_le_bytes(micros));
            Some((Cell::Date(year, month, day, hour, minute, second, micros), rest))
        }
        8 => {
            let ([negative], rest) = number::<1>(rest)?;
            let (total, rest) = number::<8>(rest)?;
            let (micros, rest) = number::<4>(rest)?;
            let total = u64::from_le_bytes(total);
            let (days, of_day) = (u32::try_from(total / 86_400).ok()?, total % 86_400);
            let part = |n: u64| u8::try_from(n).ok();
            let (hours, minutes, seconds) =
                (part(of_day / 3600)?, part(of_day / 60 % 60)?, part(of_day % 60)?);
            let micros = u32::from_le_bytes(micros);
            Some((Cell::Time(negative != 0, days, hours, minutes, seconds, micros), rest))
        }
        _ => None,
    }
}

fn number<const N: usize>(bytes: &[u8]) -> Option<([u8; N], &[u8])> {
    bytes.split_first_chunk::<N>().map(|(n, rest)| (*n, rest))
}

fn sized(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = number::<8>(bytes)?;
    rest.split_at_checked(usize::try_from(u64::from_le_bytes(length)).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_key_is_shown_with_names_and_values() {
        let cells = [
            Cell::Text("it's".as_bytes()),
            Cell::Int(-3),
            Cell::UInt(7),
            Cell::Date(2021, 3, 4, 0, 0, 0, 0),
            Cell::Time(true, 1, 2, 3, 4, 5),
            Cell::Bytes(&[1, 255]),
            Cell::Null,
            Cell::Float(0.1),
        ];
        let mut bytes = Vec::new();
        cells.iter().for_each(|cell| cell.write_canonical(&mut bytes));
        let names: Vec<String> = "abcdefgh".chars().map(String::from).collect();
        insta::assert_snapshot!(show_key(&names, &bytes), @r#"a="it's", b=-3, c=7, d=2021-03-04, e=-26:03:04.000005, f=0x01ff, g=NULL, h=0.1"#);
    }

    #[test]
    fn damaged_bytes_are_shown_and_do_not_panic() {
        assert_eq!(show_key(&["a".into(), "b".into()], &[5, 255, 0]), "a=0x05ff00");
        assert_eq!(show_key(&["a".into()], &[]), "a=0x");
    }

    proptest! {
        #[test]
        fn any_bytes_can_be_shown(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = show_key(&["a".into(), "b".into()], &bytes);
        }

        #[test]
        fn cells_come_back(text in ".{0,80}", n in any::<i64>(), x in any::<f64>()) {
            for cell in [Cell::Text(text.as_bytes()), Cell::Int(n), Cell::Double(x)] {
                let mut bytes = Vec::new();
                cell.write_canonical(&mut bytes);
                let (found, rest) = read_cell(&bytes).unwrap();
                prop_assert!(rest.is_empty());
                prop_assert_eq!(found.display(), cell.display());
            }
        }
    }
}
