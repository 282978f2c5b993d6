//! Any content survives writing and reading; any bytes are read without a panic and without runaway memory.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test")]

use proptest::prelude::*;
use rejoint_dump::{DumpReader, DumpWriter, Error, Event, Limits, RowTypes, Table, WriterOptions};
use rejoint_value::Cell;

#[derive(Debug, Clone, PartialEq)]
enum Owned {
    Null,
    Int(i64),
    UInt(u64),
    Float(f32),
    Double(f64),
    Text(String),
    Bytes(Vec<u8>),
    Date(u16, u8, u8, u8, u8, u8, u32),
    Time(bool, u32, u8, u8, u8, u32),
}

impl Owned {
    fn cell(&self) -> Cell<'_> {
        match self {
            Owned::Null => Cell::Null,
            Owned::Int(v) => Cell::Int(*v),
            Owned::UInt(v) => Cell::UInt(*v),
            Owned::Float(v) => Cell::Float(*v),
            Owned::Double(v) => Cell::Double(*v),
            Owned::Text(v) => Cell::Text(v.as_bytes()),
            Owned::Bytes(v) => Cell::Bytes(v),
            Owned::Date(y, m, d, h, mi, s, us) => Cell::Date(*y, *m, *d, *h, *mi, *s, *us),
            Owned::Time(n, d, h, m, s, us) => Cell::Time(*n, *d, *h, *m, *s, *us),
        }
    }
}

const TYPES: [&str; 8] =
    ["bigint", "bigint unsigned", "float", "double", "longtext", "longblob", "datetime(6)", "time(6)"];

fn value(kind: usize) -> BoxedStrategy<Owned> {
    let found = match kind {
        0 => any::<i64>().prop_map(Owned::Int).boxed(),
        1 => any::<u64>().prop_map(Owned::UInt).boxed(),
        2 => any::<u32>()
            .prop_map(f32::from_bits)
            .prop_filter("finite", |v| v.is_finite())
            .prop_map(Owned::Float)
            .boxed(),
        3 => any::<u64>()
            .prop_map(f64::from_bits)
            .prop_filter("finite", |v| v.is_finite())
            .prop_map(Owned::Double)
            .boxed(),
        4 => prop_oneof![any::<String>(), "['\"\\\\;,()\\n%_\\x00-]{0,12}"].prop_map(Owned::Text).boxed(),
        5 => proptest::collection::vec(any::<u8>(), 0..40).prop_map(Owned::Bytes).boxed(),
        6 => (0u16..10000, 0u8..13, 0u8..32, 0u8..24, 0u8..60, 0u8..60, 0u32..1_000_000)
            .prop_map(|(y, m, d, h, mi, s, us)| Owned::Date(y, m, d, h, mi, s, us))
            .boxed(),
        _ => (any::<bool>(), 0u32..34, 0u8..24, 0u8..60, 0u8..60, 0u32..1_000_000)
            .prop_map(|(n, d, h, m, s, us)| Owned::Time(n, d, h, m, s, us))
            .boxed(),
    };
    prop_oneof![1 => Just(Owned::Null), 6 => found].boxed()
}

fn table() -> impl Strategy<Value = (Vec<(String, usize)>, Vec<Vec<Owned>>)> {
    proptest::collection::vec(("[^\\x00]{1,10}", 0..TYPES.len()), 1..6).prop_flat_map(|mut columns| {
        for (index, (name, _)) in columns.iter_mut().enumerate() {
            name.push_str(&index.to_string());
        }
        let row: Vec<_> = columns.iter().map(|(_, kind)| value(*kind)).collect();
        (Just(columns), proptest::collection::vec(row, 0..12))
    })
}

fn quote(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

fn write(
    database: &str,
    name: &str,
    columns: &[(String, usize)],
    rows: &[Vec<Owned>],
    statement_bytes: usize,
) -> Vec<u8> {
    let mut options = WriterOptions::new("test", "0");
    options.statement_bytes = statement_bytes;
    let mut writer = DumpWriter::new(Vec::new(), options).unwrap();
    writer.database(database, Some("utf8mb4"), None).unwrap();
    let lines: Vec<String> = columns
        .iter()
        .map(|(name, kind)| format!("  {} {} DEFAULT NULL", quote(name), TYPES[*kind]))
        .collect();
    let create = format!(
        "CREATE TABLE {} (\n{}\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4",
        quote(name),
        lines.join(",\n")
    );
    writer.table(name, create.as_bytes()).unwrap();
    let names: Vec<String> = columns.iter().map(|(name, _)| name.clone()).collect();
    writer.begin_rows(name, &names).unwrap();
    for row in rows {
        let cells: Vec<Cell<'_>> = row.iter().map(Owned::cell).collect();
        writer.row(&cells).unwrap();
    }
    writer.finish().unwrap().0
}

/// A reader that delivers a few bytes at a time.
struct Trickle<'a>(&'a [u8], usize);

impl std::io::Read for Trickle<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let count = self.0.len().min(out.len()).min(self.1);
        let (now, later) = self.0.split_at(count);
        out[..count].copy_from_slice(now);
        self.0 = later;
        Ok(count)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_table_survives_writing_and_reading(
        database in "[^\\x00]{1,8}",
        name in "[^\\x00]{1,8}",
        (columns, rows) in table(),
        statement_bytes in 1usize..300,
        trickle in 1usize..50,
    ) {
        let dump = write(&database, &name, &columns, &rows, statement_bytes);
        let mut reader = DumpReader::new(Trickle(&dump, trickle));
        let mut found: Option<Table> = None;
        let mut n_rows = 0;
        let mut complete = false;
        while let Some(event) = reader.next_event().unwrap() {
            match event {
                Event::Table(table) => {
                    prop_assert_eq!(table.name.database.as_ref(), Some(&database));
                    prop_assert_eq!(&table.name.name, &name);
                    let names: Vec<_> = table.columns.iter().map(|c| &c.name).collect();
                    let expected: Vec<_> = columns.iter().map(|(name, _)| name).collect();
                    prop_assert_eq!(names, expected);
                    found = Some(table);
                }
                Event::Rows(batch) => {
                    let mut types = RowTypes::new(found.as_ref().unwrap(), &batch).unwrap();
                    for row in batch.iter() {
                        let expected = &rows[n_rows];
                        n_rows += 1;
                        for (index, (value, expected)) in row.iter().zip(expected).enumerate() {
                            let (mut a, mut b) = (Vec::new(), Vec::new());
                            types.cell(index, value).unwrap().write_canonical(&mut a);
                            expected.cell().write_canonical(&mut b);
                            prop_assert_eq!(a, b, "{:?}", expected);
                        }
                    }
                }
                Event::End(end) => complete = end.complete,
                Event::Other(other) => panic!("{other:?}"),
                _ => {}
            }
        }
        prop_assert!(complete);
        prop_assert_eq!(n_rows, rows.len());
    }

    /// Cut anywhere, a dump is an error that says where; never a shorter dump.
    #[test]
    fn a_cut_dump_is_an_error((columns, rows) in table(), at in any::<prop::sample::Index>()) {
        let dump = write("d", "t", &columns, &rows, 100);
        let end = dump.len() - "-- Dump completed\n".len();
        let at = at.index(end);
        let mut reader = DumpReader::new(&dump[..at]);
        let error = loop {
            match reader.next_event() {
                Ok(Some(Event::End(end))) => {
                    // only within the first line nobody can know that there is a head
                    prop_assert!(at < "-- MySQL dump ".len() && !end.complete, "{at}");
                    return Ok(());
                }
                Ok(_) => {}
                Err(error) => break error,
            }
        };
        let is_truncated = matches!(error, Error::Truncated { position, .. } if position == at as u64);
        prop_assert!(is_truncated, "{error}");
    }

    #[test]
    fn any_bytes_are_read_without_a_panic_or_much_memory(
        pieces in proptest::collection::vec(
            prop_oneof![
                proptest::collection::vec(any::<u8>(), 0..12),
                prop::sample::select(vec![
                    "INSERT INTO `t` VALUES (", "'a'", ",", ");\n", "(1,", "NULL", "0x41", "_binary '", "\\'", "/*!50001 ", "*/",
                    ";", "--\n", "-- MySQL dump 10.13  Distrib 9\n", "-- Server version\t9\n", "-- Dump completed\n", "DELIMITER ;;\n", "DELIMITER ;\n",
                    "CREATE TABLE `t` (\n`a` int", ") ENGINE=InnoDB", "CREATE DATABASE x", "USE `d`;", "SET NAMES gbk;", "SET NAMES latin1;",
                    "SET sql_mode='NO_BACKSLASH_ESCAPES';", "CREATE TRIGGER t BEFORE INSERT ON t FOR EACH ROW ", "CREATE VIEW v AS SELECT 1 AS a",
                    "CREATE DEFINER=a@b VIEW v AS ", "`", "\"", "'", "(", ")", "/*", "#", "-", "1e", "b'0", "x'4", "`t`.",
                ]).prop_map(|s| s.as_bytes().to_vec()),
            ],
            0..40,
        ),
        trickle in 1usize..30,
    ) {
        let bytes = pieces.concat();
        let mut reader = DumpReader::new(Trickle(&bytes, trickle));
        let mut n_events = 0usize;
        while let Ok(Some(event)) = reader.next_event() {
            if let Event::Rows(rows) = event {
                n_events += rows.iter().map(|row| row.iter().count()).sum::<usize>();
            }
            n_events += 1;
        }
        prop_assert!(n_events <= 2 * bytes.len() + 2);
        prop_assert!(reader.window() <= 512 * 1024, "{}", reader.window());
    }
}

#[test]
fn a_lost_quote_cannot_fill_the_memory() {
    let endless = std::io::Read::chain(&b"CREATE TABLE `t (\n"[..], std::io::repeat(b'x'));
    let limits = Limits { row: 1 << 20, statement: 1 << 20 };
    let error = DumpReader::with_limits(endless, limits).next_event().unwrap_err();
    assert!(matches!(error, Error::TooLarge { position: 0, .. }), "{error}");
    let endless = std::io::Read::chain(&b"INSERT INTO t VALUES (1),('"[..], std::io::repeat(b'x'));
    let mut reader = DumpReader::with_limits(endless, limits);
    assert!(matches!(reader.next_event(), Ok(Some(Event::Database(_) | Event::Rows(_)))));
    let error = reader.next_event().unwrap_err();
    assert!(matches!(error, Error::TooLarge { position: 25, .. }), "{error}");
}

#[test]
fn memory_follows_the_longest_row_and_not_the_dump() {
    let mut writer = DumpWriter::new(Vec::new(), WriterOptions::new("test", "0")).unwrap();
    writer.table("t", b"CREATE TABLE `t` (`b` longblob)").unwrap();
    writer.begin_rows("t", &["b".to_owned()]).unwrap();
    let small = vec![7u8; 50_000];
    for _ in 0..100 {
        writer.row(&[Cell::Bytes(&small)]).unwrap();
    }
    let large = vec![8u8; 3_000_000];
    writer.row(&[Cell::Bytes(&large)]).unwrap();
    writer.row(&[Cell::Bytes(&small)]).unwrap();
    let (dump, _) = writer.finish().unwrap();
    let mut reader = DumpReader::new(&dump[..]);
    let (mut n_bytes, mut before_large) = (0, 0);
    loop {
        let window = reader.window();
        let Some(event) = reader.next_event().unwrap() else { break };
        if let Event::Rows(rows) = event {
            for row in rows.iter() {
                for value in row.iter() {
                    let rejoint_dump::Value::Bytes(bytes) = value else { panic!("{value:?}") };
                    assert!(bytes.iter().all(|b| *b == bytes[0]));
                    n_bytes += bytes.len();
                    if bytes.len() == large.len() {
                        before_large = window;
                    }
                }
            }
        }
    }
    assert_eq!(n_bytes, 101 * small.len() + large.len());
    assert_eq!(before_large, 256 * 1024);
    assert!(reader.window() <= 4 * 2 * large.len(), "{}", reader.window());
}
