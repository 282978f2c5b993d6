//! Literals that every server reads back to the same value.

use rejoint_value::Cell;

/// Appends a name in back-ticks.
pub(crate) fn write_name(out: &mut Vec<u8>, name: &str) {
    out.push(b'`');
    for byte in name.bytes() {
        if byte == b'`' {
            out.push(b'`');
        }
        out.push(byte);
    }
    out.push(b'`');
}

/// Appends a text literal with the escapes of the dump tools.
pub(crate) fn write_text(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'\'');
    for byte in text {
        match byte {
            0 => out.extend_from_slice(b"\\0"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            0x1a => out.extend_from_slice(b"\\Z"),
            b'\\' | b'\'' | b'"' => out.extend_from_slice(&[b'\\', *byte]),
            _ => out.push(*byte),
        }
    }
    out.push(b'\'');
}

/// Appends bytes as `0x…`, and nothing as `''`.
pub(crate) fn write_hex(out: &mut Vec<u8>, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    if bytes.is_empty() {
        out.extend_from_slice(b"''");
        return;
    }
    out.reserve(bytes.len() * 2 + 2);
    out.extend_from_slice(b"0x");
    for byte in bytes {
        let digits =
            [byte >> 4, byte & 15].map(|digit| DIGITS.get(usize::from(digit)).copied().unwrap_or(b'0'));
        out.extend_from_slice(&digits);
    }
}

/// Appends a double so that the server gets the same bits, or says why it cannot.
///
/// Always with an exponent: without one the servers read a decimal, which has at most 65 digits and 30 of them
/// behind the point. The shortest digits that read back suffice, as both servers' parsers round correctly (checked
/// by loading random bits). A float goes through a double, which holds it exactly.
pub(crate) fn write_double(out: &mut Vec<u8>, value: f64) -> Result<(), &'static str> {
    if !value.is_finite() {
        return Err("the servers have no infinite value and no NaN");
    }
    out.extend_from_slice(format!("{value:e}").as_bytes());
    Ok(())
}

/// Appends one cell.
pub(crate) fn write_cell(out: &mut Vec<u8>, cell: &Cell<'_>) -> Result<(), &'static str> {
    match *cell {
        Cell::Null => out.extend_from_slice(b"NULL"),
        Cell::Int(value) => out.extend_from_slice(value.to_string().as_bytes()),
        Cell::UInt(value) => out.extend_from_slice(value.to_string().as_bytes()),
        Cell::Float(value) => write_double(out, f64::from(value))?,
        Cell::Double(value) => write_double(out, value)?,
        Cell::Text(text) => {
            if std::str::from_utf8(text).is_err() {
                return Err("it is text that is not UTF-8");
            }
            write_text(out, text);
        }
        Cell::Bytes(bytes) => write_hex(out, bytes),
        Cell::Date(..) | Cell::Time(..) => {
            out.push(b'\'');
            out.extend_from_slice(cell.display().as_bytes());
            out.push(b'\'');
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_those_of_the_tools() {
        let cells = [
            Cell::Null,
            Cell::Int(i64::MIN),
            Cell::UInt(u64::MAX),
            Cell::Float(0.1),
            Cell::Double(-0.0),
            Cell::Double(f64::MIN_POSITIVE),
            Cell::Double(1e22),
            Cell::Text("it's\0\n\r\x1a\\\"é".as_bytes()),
            Cell::Bytes(&[0, 255]),
            Cell::Bytes(b""),
            Cell::Date(0, 0, 0, 0, 0, 0, 0),
            Cell::Date(2024, 1, 2, 3, 4, 5, 600),
            Cell::Time(true, 34, 22, 59, 59, 0),
        ];
        let mut out = Vec::new();
        for cell in cells {
            write_cell(&mut out, &cell).unwrap();
            out.push(b' ');
        }
        write_name(&mut out, "a`b");
        insta::assert_snapshot!(String::from_utf8(out).unwrap(), @r#"NULL -9223372036854775808 18446744073709551615 1.0000000149011612e-1 -0e0 2.2250738585072014e-308 1e22 'it\'s\0\n\r\Z\\\"é' 0x00FF '' '0000-00-00' '2024-01-02 03:04:05.000600' '-838:59:59' `a``b`"#);
    }

    #[test]
    fn what_no_server_holds_is_refused() {
        let mut out = Vec::new();
        assert!(write_cell(&mut out, &Cell::Double(f64::NAN)).is_err());
        assert!(write_cell(&mut out, &Cell::Float(f32::INFINITY)).is_err());
        assert!(write_cell(&mut out, &Cell::Text(b"\xff")).is_err());
    }
}
