//! Any content survives import and export; any bytes are taken in or refused, without a panic, and a refusal leaves no file.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use proptest::prelude::*;
use rejoint_db::{cell, ident, qualified};
use rejoint_dump::{DumpReader, DumpWriter, Event, RowTypes, WriterOptions};
use rejoint_model::TableName;
use rejoint_sqlite::{ImportOptions, Imported, export, import, open};
use rejoint_value::Cell;
use std::path::Path;

/// Column types, and how a value of random bits is made for each.
const TYPES: [&str; 14] = [
    "bigint",
    "bigint unsigned",
    "tinyint",
    "float",
    "double",
    "decimal(20,4)",
    "longtext",
    "varchar(99)",
    "enum('a','it''s')",
    "longblob",
    "varbinary(99)",
    "datetime(6)",
    "time(6)",
    "date",
];

#[derive(Debug, Clone)]
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

    fn canonical(&self) -> Vec<u8> {
        canonical(&self.cell())
    }
}

fn canonical(cell: &Cell<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    cell.write_canonical(&mut out);
    out
}

fn value(kind: usize) -> BoxedStrategy<Owned> {
    let text = || prop_oneof![any::<String>(), "['\"\\\\;,()\\n%_\\x00-]{0,12}", Just("NULL".to_owned())];
    let bytes =
        || prop_oneof![proptest::collection::vec(any::<u8>(), 0..40), text().prop_map(String::into_bytes)];
    let found = match kind {
        0 => any::<i64>().prop_map(Owned::Int).boxed(),
        1 => prop_oneof![any::<u64>(), Just(u64::MAX), Just(1 << 63)].prop_map(Owned::UInt).boxed(),
        2 => any::<i8>().prop_map(|v| Owned::Int(v.into())).boxed(),
        3 => prop_oneof![any::<u32>().prop_map(f32::from_bits), Just(-0.0), Just(0.0)]
            .prop_filter("finite", |v| v.is_finite())
            .prop_map(Owned::Float)
            .boxed(),
        4 => prop_oneof![any::<u64>().prop_map(f64::from_bits), Just(-0.0), Just(0.0), Just(2.0)]
            .prop_filter("finite", |v| v.is_finite())
            .prop_map(Owned::Double)
            .boxed(),
        5 => "-?[1-9][0-9]{0,15}\\.[0-9]{4}|0\\.0000".prop_map(Owned::Text).boxed(),
        6 | 7 => text().prop_map(Owned::Text).boxed(),
        8 => prop_oneof![Just("a"), Just("it's")].prop_map(|v| Owned::Text(v.to_owned())).boxed(),
        9 | 10 => bytes().prop_map(Owned::Bytes).boxed(),
        11 => {
            (0u16..10000, 0u8..13, 0u8..32, 0u8..24, 0u8..60, 0u8..60, prop_oneof![Just(0), 0u32..1_000_000])
                .prop_map(|(y, m, d, h, mi, s, us)| Owned::Date(y, m, d, h, mi, s, us))
                .boxed()
        }
        12 => (any::<bool>(), 0u32..34, 0u8..24, 0u8..60, 0u8..60, 0u32..1_000_000)
            // no server has a negative zero among its times
            .prop_map(|(n, d, h, m, s, us)| {
                Owned::Time(n && (d, h, m, s, us) != (0, 0, 0, 0, 0), d, h, m, s, us)
            })
            .boxed(),
        _ => (0u16..10000, 0u8..13, 0u8..32).prop_map(|(y, m, d)| Owned::Date(y, m, d, 0, 0, 0, 0)).boxed(),
    };
    prop_oneof![1 => Just(Owned::Null), 6 => found].boxed()
}

#[derive(Debug, Clone)]
struct Content {
    name: TableName,
    columns: Vec<(String, usize)>,
    rows: Vec<Vec<Owned>>,
    mariadb: bool,
}

fn content() -> impl Strategy<Value = Content> {
    let name = || "[a-zA-Z'\"`\\\\%?;.:^ éß☃-]{1,8}";
    let columns = proptest::collection::vec((name(), 0..TYPES.len()), 1..8);
    (name(), name(), columns, any::<bool>()).prop_flat_map(|(schema, table, mut columns, mariadb)| {
        for (index, (name, _)) in columns.iter_mut().enumerate() {
            name.push_str(&index.to_string()); // names that differ
        }
        let row: Vec<_> = columns.iter().map(|(_, kind)| value(*kind)).collect();
        let name = TableName::new(format!("{schema}s"), format!("{table}t"));
        (Just((name, columns, mariadb)), proptest::collection::vec(row, 0..12))
            .prop_map(|((name, columns, mariadb), rows)| Content { name, columns, rows, mariadb })
    })
}

impl Content {
    fn dump(&self) -> Vec<u8> {
        let version = if self.mariadb { "10.11.14-MariaDB" } else { "9.7.0" };
        let mut options = WriterOptions::new("a test", version);
        options.statement_bytes = 200;
        let mut writer = DumpWriter::new(Vec::new(), options).unwrap();
        writer.database(&self.name.schema, Some("utf8mb4"), None).unwrap();
        let lines =
            self.columns.iter().map(|(n, kind)| format!("  {} {} DEFAULT NULL,\n", ident(n), TYPES[*kind]));
        let create = format!(
            "CREATE TABLE {} (\n  `the key` int NOT NULL,\n{}  PRIMARY KEY (`the key`)\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4",
            ident(&self.name.table),
            lines.collect::<String>()
        );
        writer.table(&self.name.table, create.as_bytes()).unwrap();
        let names: Vec<String> =
            ["the key".to_owned()].into_iter().chain(self.columns.iter().map(|(n, _)| n.clone())).collect();
        if !self.rows.is_empty() {
            writer.begin_rows(&self.name.table, &names).unwrap();
        }
        for (i, row) in self.rows.iter().enumerate() {
            let key = Cell::Int(i64::try_from(i).unwrap());
            let cells: Vec<Cell<'_>> = [key].into_iter().chain(row.iter().map(Owned::cell)).collect();
            writer.row(&cells).unwrap();
        }
        writer.finish().unwrap().0
    }

    /// The cells' canonical bytes, without the key.
    fn cells(&self) -> Vec<Vec<Vec<u8>>> {
        self.rows.iter().map(|row| row.iter().map(Owned::canonical).collect()).collect()
    }
}

fn take(path: &Path, dump: &[u8]) -> Result<Imported, rejoint_sqlite::Error> {
    import(path, vec![Box::new(dump)], &ImportOptions { schema: None }, &mut |_, _| ())
}

/// What is read by queries: `rows`, or a stream.
fn queried(path: &Path, content: &Content, streamed: bool) -> Vec<Vec<Vec<u8>>> {
    let mut connection = open(path).unwrap();
    let names: Vec<String> = content.columns.iter().map(|(n, _)| ident(n)).collect();
    let sql = format!("SELECT {} FROM {} ORDER BY `the key`", names.join(", "), qualified(&content.name));
    let mut stream = connection.stream(&sql, &[]).unwrap();
    let binary = stream.binary().to_vec();
    let mut rows = Vec::new();
    while let Some(row) = stream.next_row().unwrap() {
        rows.push(row);
    }
    drop(stream);
    if !streamed {
        rows = connection.rows(&sql, &[]).unwrap();
    }
    let read =
        |row: &rejoint_db::Row| (0..row.len()).map(|i| canonical(&cell(row.as_ref(i), binary[i]))).collect();
    rows.iter().map(read).collect()
}

/// What another dump holds.
fn dumped(dump: &[u8], content: &Content) -> Vec<Vec<Vec<u8>>> {
    let mut reader = DumpReader::new(dump);
    let (mut table, mut found) = (None, Vec::new());
    while let Some(event) = reader.next_event().unwrap() {
        match event {
            Event::Table(t) => {
                assert_eq!(t.name.name, content.name.table);
                table = Some(t);
            }
            Event::Rows(rows) => {
                let mut types = RowTypes::new(table.as_ref().unwrap(), &rows).unwrap();
                for row in rows.iter() {
                    let cells = row.iter().enumerate().skip(1);
                    found.push(cells.map(|(i, v)| canonical(&types.cell(i, v).unwrap())).collect());
                }
            }
            _ => {}
        }
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn any_content_comes_back_and_goes_out_again(content in content()) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let imported = take(&path, &content.dump()).unwrap();
        prop_assert!(imported.complete);
        prop_assert_eq!(imported.rows, content.rows.len() as u64);
        let wanted = content.cells();
        prop_assert_eq!(&queried(&path, &content, false), &wanted);
        prop_assert_eq!(&queried(&path, &content, true), &wanted);
        let mut out = Vec::new();
        let written = export(&path, &mut out, "a test", &|_| true).unwrap();
        prop_assert_eq!(written.rows, imported.rows);
        prop_assert_eq!(&dumped(&out, &content), &wanted);
        let again = folder.path().join("again");
        take(&again, &out).unwrap();
        prop_assert_eq!(&queried(&again, &content, true), &wanted);
        let definition = |path: &Path| open(path).unwrap().show_create(&content.name).unwrap();
        prop_assert_eq!(definition(&path), definition(&again));
    }

    #[test]
    fn damaged_dumps_are_taken_in_or_refused_and_leave_nothing(
        content in content(), cut in any::<prop::sample::Index>(),
        edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0u8..3), 0..4), whole in any::<bool>(),
    ) {
        let mut dump = content.dump();
        for (at, byte, how) in edits {
            let at = at.index(dump.len());
            match how {
                0 => dump[at] = byte,
                1 => dump.insert(at, byte),
                _ => drop(dump.remove(at)),
            }
        }
        if !whole {
            dump.truncate(cut.index(dump.len()));
        }
        refused_or_read(&dump)?;
    }

    #[test]
    fn any_bytes_are_refused_or_read(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        refused_or_read(&bytes)?;
        refused_or_read(&[b"-- MySQL dump 10.13\nCREATE DATABASE `a`;\nUSE `a`;\n", bytes.as_slice()].concat())?;
    }
}

/// Whatever was taken in can be opened, read and written out; whatever was refused has left nothing.
fn refused_or_read(dump: &[u8]) -> Result<(), TestCaseError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    match take(&path, dump) {
        Err(_) => prop_assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0),
        Ok(imported) => {
            let mut connection = open(&path).unwrap();
            for schema in &imported.schemas {
                let catalog = rejoint_db::read_catalog(&mut connection, std::slice::from_ref(schema));
                prop_assert!(catalog.is_ok(), "{:?}", catalog);
            }
            // a damaged name or definition may be one that no dump can hold
            let _ = export(&path, std::io::sink(), "a test", &|_| true);
        }
    }
    Ok(())
}

#[test]
fn a_dump_that_is_cut_anywhere_is_refused_or_said_to_be_incomplete() {
    let rows = vec![vec![Owned::Int(1), Owned::Text("it's; --".to_owned())], vec![Owned::Null, Owned::Null]];
    let columns = vec![("n".to_owned(), 0), ("t".to_owned(), 6)];
    let dump = Content { name: TableName::new("s", "t"), columns, rows, mariadb: false }.dump();
    let folder = tempfile::tempdir().unwrap();
    for end in 0..dump.len() - 1 {
        let path = folder.path().join("file");
        if let Ok(imported) = take(&path, &dump[..end]) {
            assert!(!imported.complete, "cut at {end} of {}: it counts as complete", dump.len());
            std::fs::remove_file(&path).unwrap();
        }
        let left =
            std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect::<Vec<_>>();
        for name in left {
            assert_ne!(name, "file", "cut at {end}: a refused dump leaves a file");
            std::fs::remove_file(folder.path().join(name)).unwrap();
        }
    }
}
