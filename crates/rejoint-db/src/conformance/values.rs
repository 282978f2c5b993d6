//! Rows: what is written comes back, however it is read.

use super::{Outcome, ensure, hex, ok, place};
use crate::{Connection, Row, Value, cell, ident};
use rejoint_value::Cell;

/// Columns of `types` after `id`, and whether they hold bytes.
const COLUMNS: [(&str, bool); 21] = [
    ("tiny", false),
    ("big", false),
    ("ubig", false),
    ("float", false),
    ("double", false),
    ("decimal", false),
    ("date", false),
    ("datetime", false),
    ("datetime6", false),
    ("timestamp3", false),
    ("time", false),
    ("time6", false),
    ("year", false),
    ("char", false),
    ("varchar", false),
    ("text", false),
    ("enum", false),
    ("json", false),
    ("binary", true),
    ("varbinary", true),
    ("blob", true),
];

fn bytes(value: &[u8]) -> Value {
    Value::Bytes(value.to_vec())
}

/// Rows of values that engines like to change.
fn rows() -> Vec<[Value; 21]> {
    let date = |us: u32| Value::Date(2024, 2, 29, 23, 59, 59, us);
    let text = |t: &str| Value::from(t);
    let every_byte: Vec<u8> = (0..=255).collect();
    vec![
        [
            Value::Int(-128),
            Value::Int(i64::MIN),
            Value::UInt(u64::MAX),
            Value::Float(f32::MAX),
            Value::Double(f64::MAX),
            text("-999999999999999.99999"),
            Value::Date(1000, 1, 1, 0, 0, 0, 0),
            date(0),
            date(999_999),
            date(120_000),
            Value::Time(true, 34, 22, 59, 59, 0),
            Value::Time(false, 0, 0, 0, 0, 1),
            Value::Int(1901),
            text("it's"),
            text("\\ % _ ? \" ` \u{1f980}"),
            text("line\nline\r\n\t\0\u{1a}end "),
            text("it's"),
            text("{\"a\": [1, null, \"ü'\\\\\"]}"),
            bytes(&[0; 16]),
            bytes(&every_byte[..99]),
            bytes(&every_byte),
        ],
        [
            Value::Int(127),
            Value::Int(i64::MAX),
            Value::UInt(1 << 63),
            Value::Float(f32::from_bits(1)),
            Value::Double(f64::from_bits(1)),
            text("0.00000"),
            Value::Date(9999, 12, 31, 0, 0, 0, 0),
            Value::Date(1999, 12, 31, 0, 0, 0, 0),
            Value::Date(1999, 12, 31, 0, 0, 0, 500_000),
            Value::Date(2038, 1, 19, 3, 14, 7, 0),
            Value::Time(false, 34, 22, 59, 59, 0),
            Value::Time(true, 0, 0, 0, 1, 500_000),
            Value::Int(2155),
            text(""),
            text(""),
            text(""),
            text("b,c"),
            text("[]"),
            bytes(b"only ascii, 16 b"),
            bytes(b""),
            bytes(b"only ascii"),
        ],
        [
            Value::Int(0),
            Value::Int(0),
            Value::UInt(0),
            Value::Float(0.1),
            Value::Double(0.1 + 0.2),
            text("123456789012345.67890"),
            Value::Date(2024, 12, 31, 0, 0, 0, 0),
            Value::Date(2024, 1, 1, 0, 0, 0, 0),
            Value::Date(2024, 1, 1, 0, 0, 0, 0),
            Value::Date(1970, 1, 1, 0, 0, 1, 0),
            Value::Time(false, 0, 0, 0, 0, 0),
            Value::Time(false, 0, 0, 0, 0, 0),
            Value::Int(2000),
            text("ÀÉ"),
            text("NULL"),
            text("0"),
            text("ü"),
            text("\"NULL\""),
            bytes(&[255; 16]),
            bytes(&[0]),
            bytes("é\0".as_bytes()),
        ],
        std::array::from_fn(|_| Value::NULL),
    ]
}

fn write(connection: &mut Connection, schema: &str) -> Result<Vec<[Value; 21]>, String> {
    let names: Vec<String> = COLUMNS.iter().map(|(name, _)| ident(name)).collect();
    let marks: Vec<&str> = COLUMNS.iter().map(|(_, b)| if *b { "UNHEX(?)" } else { "?" }).collect();
    let sql = format!(
        "INSERT INTO {} (`id`, {}) VALUES (?, {})",
        place(schema, "types"),
        names.join(", "),
        marks.join(", ")
    );
    let rows = rows();
    for (i, row) in rows.iter().enumerate() {
        let mut params = vec![Value::from(i)];
        params.extend(row.iter().zip(COLUMNS).map(|(value, (_, is_bytes))| match value {
            Value::Bytes(b) if is_bytes => hex(b),
            other => other.clone(),
        }));
        ok(connection.execute(&sql, &params))?;
    }
    Ok(rows)
}

fn select(schema: &str) -> String {
    let names: Vec<String> = COLUMNS.iter().map(|(name, _)| ident(name)).collect();
    format!("SELECT {} FROM {} ORDER BY `id`", names.join(", "), place(schema, "types"))
}

fn canonical(cell: &Cell<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    cell.write_canonical(&mut out);
    out
}

fn same_rows(found: &[Row], wanted: &[[Value; 21]]) -> Outcome {
    ensure(found.len() == wanted.len(), || format!("{} rows of {}", found.len(), wanted.len()))?;
    for (row, wanted) in found.iter().zip(wanted) {
        for (i, (value, (name, is_bytes))) in wanted.iter().zip(COLUMNS).enumerate() {
            let (found, wanted) = (cell(row.as_ref(i), is_bytes), cell(Some(value), is_bytes));
            let same = canonical(&found) == canonical(&wanted);
            ensure(same, || format!("`{name}`: {} became {}", wanted.display(), found.display()))?;
        }
    }
    Ok(())
}

pub(super) fn every_type(connection: &mut Connection, schema: &str) -> Outcome {
    let wanted = write(connection, schema)?;
    same_rows(&ok(connection.rows(&select(schema), &[]))?, &wanted)?;
    negative_zero(connection, schema)
}

/// MySQL keeps its sign; MariaDB has none to keep.
fn negative_zero(connection: &mut Connection, schema: &str) -> Outcome {
    let types = place(schema, "types");
    let zeros = [Value::Float(-0.0), Value::Double(-0.0)];
    let sql = format!("INSERT INTO {types} (`id`, `float`, `double`) VALUES (99, ?, ?)");
    ok(connection.execute(&sql, &zeros))?;
    let rows = ok(connection.rows(&format!("SELECT `float`, `double` FROM {types} WHERE `id` = 99"), &[]))?;
    let found = rows.first().map(|row| (row.as_ref(0).cloned(), row.as_ref(1).cloned()));
    let Some((Some(Value::Float(f)), Some(Value::Double(d)))) = found else {
        return Err(format!("negative zeros became {found:?}"));
    };
    let kept = f.to_bits() == (-0.0f32).to_bits() && d.to_bits() == (-0.0f64).to_bits();
    let zero = f == 0.0 && d == 0.0;
    ensure(kept || (zero && connection.server().is_mariadb()), || {
        format!("negative zeros became {f} and {d}")
    })
}

pub(super) fn streams(connection: &mut Connection, schema: &str) -> Outcome {
    let wanted = write(connection, schema)?;
    let mut found = Vec::new();
    let mut stream = ok(connection.stream(&select(schema), &[]))?;
    while let Some(row) = ok(stream.next_row())? {
        found.push(row);
    }
    drop(stream);
    same_rows(&found, &wanted)?;
    // a stream that is left before its end leaves a session that works, and takes bound values
    let sql = format!("SELECT `id` FROM {} WHERE `id` > ? ORDER BY `id`", place(schema, "types"));
    let mut stream = ok(connection.stream(&sql, &[Value::Int(0)]))?;
    let first = ok(stream.next_row())?.and_then(|row| row.as_ref(0).cloned());
    drop(stream);
    ensure(first == Some(Value::Int(1)), || format!("the first row of a stream is {first:?}"))?;
    let n = super::count(connection, &place(schema, "types"))?;
    ensure(n == 4, || format!("{n} rows after a stream"))
}

pub(super) fn bytes_and_text(connection: &mut Connection, schema: &str) -> Outcome {
    write(connection, schema)?;
    let mut stream = ok(connection.stream(&select(schema), &[]))?;
    let binary = stream.binary().to_vec();
    while let Some(row) = ok(stream.next_row())? {
        for (i, (name, is_bytes)) in COLUMNS.into_iter().enumerate() {
            // numbers and dates may carry the flag: they come as numbers and dates
            if matches!(row.as_ref(i), Some(Value::Bytes(_))) {
                let flag = binary.get(i).copied();
                ensure(flag == Some(is_bytes), || format!("`{name}`: bytes are {flag:?}"))?;
            }
        }
    }
    drop(stream);
    text_into_bytes(connection, schema)
}

/// rejoint binds bytes in hexadecimal. An engine may refuse text where bytes belong, but what it takes has to be bytes.
fn text_into_bytes(connection: &mut Connection, schema: &str) -> Outcome {
    let types = place(schema, "types");
    let sql = format!("INSERT INTO {types} (`id`, `varbinary`) VALUES (50, ?)");
    if connection.execute(&sql, &[Value::from("ascii")]).is_err() {
        return Ok(());
    }
    let sql = format!("SELECT `varbinary` FROM {types} WHERE `varbinary` = UNHEX(?) AND `id` = 50");
    let rows = ok(connection.rows(&sql, &[hex(b"ascii")]))?;
    let found = rows.first().and_then(|row| row.as_ref(0).cloned());
    ensure(found == Some(bytes(b"ascii")), || format!("text in a column of bytes is {found:?}"))
}

/// Lexicographic comparison, written out, as the runner's ranges are.
fn compare(bound: &[Value], last: &str, strict: &str) -> (String, Vec<Value>) {
    let names = ["n", "s", "b", "t", "m", "d"];
    let mark = |i: usize| if i == 2 { "UNHEX(?)" } else { "?" };
    let value = |i: usize| match bound.get(i) {
        Some(Value::Bytes(b)) if i == 2 => hex(b),
        other => other.cloned().unwrap_or(Value::NULL),
    };
    let (mut alternatives, mut params) = (Vec::new(), Vec::new());
    for i in 0..names.len() {
        let mut terms = Vec::new();
        for (j, earlier) in names.iter().enumerate().take(i) {
            terms.push(format!("{} = {}", ident(earlier), mark(j)));
            params.push(value(j));
        }
        let operator = if i + 1 == names.len() { last } else { strict };
        terms.push(format!("{} {operator} {}", names.get(i).map_or_else(String::new, |n| ident(n)), mark(i)));
        params.push(value(i));
        alternatives.push(format!("({})", terms.join(" AND ")));
    }
    (format!("({})", alternatives.join(" OR ")), params)
}

pub(super) fn ranges(connection: &mut Connection, schema: &str) -> Outcome {
    let keys = place(schema, "keys");
    let at = |s: u8, us: u32| Value::Date(2024, 1, 1, 0, 0, s, us);
    let mut n_rows = 0;
    for n in [0, 1, 10, i64::MAX as u64, 1 << 63, u64::MAX] {
        for (s, b) in [("", &b""[..]), ("A", b"A"), ("a", b"\0\xff"), ("é", "é".as_bytes()), ("'\\", b"\xff")]
        {
            for (t, m, d) in [
                (at(0, 0), Value::Time(true, 1, 0, 0, 0, 0), -0.5),
                (at(1, 0), Value::Time(false, 0, 0, 0, 0, 0), 0.1),
                (at(1, 500_000), Value::Time(false, 0, 0, 0, 0, 5_000), 1e300),
            ] {
                n_rows += 1;
                let params = [Value::UInt(n), s.into(), hex(b), t, m, Value::Double(d)];
                let sql = format!(
                    "INSERT INTO {keys} (`n`, `s`, `b`, `t`, `m`, `d`) VALUES (?, ?, UNHEX(?), ?, ?, ?)"
                );
                ok(connection.execute(&sql, &params))?;
            }
        }
    }
    let order = "`n`, `s`, `b`, `t`, `m`, `d`";
    let rows = ok(connection.rows(&format!("SELECT {order} FROM {keys} ORDER BY {order}"), &[]))?;
    ensure(rows.len() == n_rows, || format!("{} rows of {n_rows}", rows.len()))?;
    let bounds: Vec<Vec<Value>> = rows.into_iter().step_by(7).map(Row::unwrap).collect();
    let mut lower: Option<&Vec<Value>> = None;
    for upper in bounds.iter().map(Some).chain([None]) {
        let (mut parts, mut params) = (Vec::new(), Vec::new());
        for (bound, last, strict) in [(lower, ">", ">"), (upper, "<=", "<")] {
            if let Some(bound) = bound {
                let (text, values) = compare(bound, last, strict);
                parts.push(text);
                params.extend(values);
            }
        }
        let range = if parts.is_empty() { "TRUE".to_owned() } else { parts.join(" AND ") };
        let met = if upper.is_some() && lower.is_some() {
            7
        } else if upper.is_some() {
            1
        } else {
            0
        };
        let sql = format!("UPDATE {keys} t SET t.`v` = COALESCE(t.`v`, 0) + 1 WHERE {range}");
        let affected = ok(connection.execute(&sql, &params))?;
        ensure(met == 0 || affected == met, || format!("{affected} rows in a range of {met}"))?;
        lower = upper;
    }
    let once = super::count(connection, &format!("{keys} WHERE `v` = 1"))?;
    ensure(usize::try_from(once) == Ok(n_rows), || format!("{once} of {n_rows} rows were met once"))?;
    let sql = format!("SELECT `n` FROM {keys} WHERE `v` = 1 ORDER BY {order} LIMIT 1 OFFSET {}", n_rows - 1);
    let last = ok(connection.rows(&sql, &[]))?.first().and_then(|row| row.as_ref(0).cloned());
    ensure(last == Some(Value::UInt(u64::MAX)), || format!("the last key is {last:?}"))
}
