//! What a person must or may decide, each with the evidence and never with a guess as its answer.

use crate::error::Error;
use crate::markers::{codec_marker, core_marker};
use crate::reader::{Reader, text};
use crate::report_file::{AdapterReport, Choice, Decision, MissingReferences, ServerReport, TrackingReport};
use crate::tables::of_pipeline;
use rejoint_db::{Value, ident, qualified};
use rejoint_model::{Column, MarkerError, Table, split_marker, with_marker};

/// Different values that are listed.
const MAX_VALUES: usize = 20;
/// Rows of a large table that a quick scan looks at.
const QUICK_ROWS: u64 = 100_000;

fn choice(answer: &str, effect: &str) -> Choice {
    Choice { answer: answer.to_owned(), effect: effect.to_owned() }
}

/// Everything that depends on values and types of columns.
pub(crate) fn from_columns(reader: &mut Reader<'_>, server: &ServerReport) -> Result<Vec<Decision>, Error> {
    let catalog = reader.catalog;
    let mut found = Vec::new();
    let mut timestamps = Vec::new();
    reader.progress.phase("looking at columns that need a decision", None);
    for table in catalog.tables().filter(|t| of_pipeline(t)) {
        for column in table.columns.iter().filter(|c| !c.is_hidden()) {
            let sql_type = column.sql_type.to_ascii_lowercase();
            if sql_type == "tinyint(1)" {
                found.push(tinyint1(reader, table, column)?);
            }
            if column.data_type == "timestamp" {
                timestamps.push(format!("{}.{}", table.name, column.name));
            }
            if column.data_type == "bigint" && sql_type.contains("unsigned") {
                found.push(bigint_unsigned(reader, table, column)?);
            }
            found.extend(long_comment(table, column));
        }
    }
    if !timestamps.is_empty() {
        found.push(timestamp(&timestamps, server));
    }
    Ok(found)
}

fn tinyint1(reader: &mut Reader<'_>, table: &Table, column: &Column) -> Result<Decision, Error> {
    let (own, from) = (ident(&column.name), qualified(&table.name));
    let sampled = !reader.options.may_read(table.rows_estimate);
    let source = if sampled { format!("(SELECT {own} FROM {from} LIMIT {QUICK_ROWS}) AS s") } else { from };
    let sql = format!(
        "SELECT {own} AS v, COUNT(*) AS n FROM {source} GROUP BY v ORDER BY n DESC, v LIMIT {}",
        MAX_VALUES + 1
    );
    let place = format!("{}.{}", table.name, column.name);
    let rows = reader.rows(&place, &sql, &[])?;
    let mut evidence = Vec::new();
    let mut suggestion = None;
    if let Some(rows) = rows {
        let only_bits = rows
            .iter()
            .all(|r| matches!(r.first(), Some(Value::NULL | Value::Int(0 | 1) | Value::UInt(0 | 1))));
        let values: Vec<String> = rows
            .iter()
            .take(MAX_VALUES)
            .filter_map(|row| {
                let [value, count] = row.as_slice() else { return None };
                let value = if *value == Value::NULL { "NULL".to_owned() } else { text(value) };
                Some(format!("{value} ({}x)", text(count)))
            })
            .collect();
        let more = if rows.len() > MAX_VALUES { ", and more" } else { "" };
        evidence.push(if values.is_empty() {
            "the table is empty".to_owned()
        } else {
            format!("distinct values: {}{more}", values.join(", "))
        });
        if sampled {
            evidence.push(format!("of the first {QUICK_ROWS} rows; a full scan looks at all"));
        }
        if rows.iter().any(|r| r.first().is_some_and(|v| *v != Value::NULL)) {
            suggestion = match (only_bits, sampled) {
                (true, false) => Some("bool".to_owned()),
                (true, true) => None,
                (false, _) => Some("int8".to_owned()),
            };
        }
    }
    if let (_, comment) = split_marker(&column.comment)
        && !comment.is_empty()
    {
        evidence.push(format!("its comment: {comment:?}"));
    }
    Ok(Decision {
        id: format!("tinyint1:{place}"),
        question: format!("`{place}` is tinyint(1): is it a boolean or a small number?"),
        options: vec![
            choice("keep", "no marker; it stays the native type tinyint(1)"),
            choice("bool", "marked as bool (policy all only); the column's type and values stay"),
            choice("int8", "marked as int8 (policy all only); the column's type and values stay"),
        ],
        evidence,
        suggestion,
        default: Some("keep".to_owned()),
    })
}

fn bigint_unsigned(reader: &mut Reader<'_>, table: &Table, column: &Column) -> Result<Decision, Error> {
    let (own, place) = (ident(&column.name), format!("{}.{}", table.name, column.name));
    let indexed = table
        .indexes
        .iter()
        .any(|i| i.parts.first().is_some_and(|p| p.column.as_deref() == Some(&column.name)));
    let mut suggestion = None;
    let evidence = if indexed || reader.may_read(table, &format!("largest value of `{}`", column.name)) {
        let sql = format!("SELECT MAX({own}) FROM {}", qualified(&table.name));
        let max = reader.rows(&place, &sql, &[])?.and_then(|r| r.into_iter().next()?.into_iter().next());
        match max {
            None => "its values could not be read".to_owned(),
            Some(Value::NULL) => "it holds no value".to_owned(),
            Some(value) => {
                let shown = text(&value);
                let fits = shown.parse::<u64>().is_ok_and(|n| i64::try_from(n).is_ok());
                suggestion = Some(if fits { "int64" } else { "keep" }.to_owned());
                let remark = if fits { "which int64 holds" } else { "which is beyond int64" };
                format!("its largest value is {shown}, {remark}")
            }
        }
    } else {
        "its values were not looked at".to_owned()
    };
    Ok(Decision {
        id: format!("bigint-unsigned:{place}"),
        question: format!("`{place}` is bigint unsigned, which has no core type in 2.x: keep it?"),
        options: vec![
            choice("keep", "no marker; it stays the native type, which 2.x reads and writes"),
            choice("int64", "for a later reorganisation to bigint; an upgrade never changes the type"),
        ],
        evidence: vec![evidence],
        suggestion,
        default: Some("keep".to_owned()),
    })
}

fn long_comment(table: &Table, column: &Column) -> Option<Decision> {
    let (codec, core) = (codec_marker(table, column), core_marker(column));
    let required = codec.is_some();
    let marker = codec.or(core)?;
    let (old_marker, comment) = split_marker(&column.comment);
    // an unknown marker is part of the comment; of a legacy one only the text is kept
    let comment = if required {
        comment
    } else if old_marker.is_some() {
        return None;
    } else {
        comment
    };
    let Err(MarkerError::TooLong { length, .. }) = with_marker(&marker, comment) else { return None };
    let place = format!("{}.{}", table.name, column.name);
    let mut options =
        vec![choice("shorten", "the text is cut to fit behind the marker; undo puts the whole text back")];
    options.push(if required {
        choice("stop", "no plan until the comment is shorter")
    } else {
        choice("keep", "no marker for this column: 2.x reads it without")
    });
    Some(Decision {
        id: format!("long-comment:{place}"),
        question: format!(
            "the comment of `{place}` is too long for the marker `:{marker}:`: what shall be done?"
        ),
        options,
        evidence: vec![format!(
            "with the marker it would have {length} characters, and the server allows 1024"
        )],
        suggestion: None,
        default: (!required).then(|| "keep".to_owned()),
    })
}

fn timestamp(columns: &[String], server: &ServerReport) -> Decision {
    let zone = match server.time_zone.as_str() {
        "SYSTEM" => format!("SYSTEM ({})", server.system_time_zone),
        zone => zone.to_owned(),
    };
    let offset = server.utc_offset_seconds;
    let mut evidence = vec![
        format!("{} columns, such as {}", columns.len(), columns.iter().take(5).cloned().collect::<Vec<_>>().join(", ")),
        format!("the server's time zone is {zone}, now {offset} seconds from UTC"),
        "TIMESTAMP is stored in UTC and shown in the time zone of each session; a session that sets another time zone reads and wrote other wall-clock times".to_owned(),
    ];
    let others: Vec<String> =
        server.session_time_zones.iter().map(|(zone, n)| format!("{zone} ({n} sessions)")).collect();
    if !others.is_empty() {
        evidence.push(format!("time zones of the sessions now: {}", others.join(", ")));
    }
    if offset != 0 {
        evidence.push("clients that do not set a time zone see local time".to_owned());
    }
    Decision {
        id: "timestamp-time-zone".to_owned(),
        question: "TIMESTAMP columns have no core type in 2.x, and DATETIME has no time zone: keep them?"
            .to_owned(),
        options: vec![
            choice("keep", "they stay TIMESTAMP; every client goes on reading what it reads now"),
            choice("datetime-utc", "for a later reorganisation: wall-clock times of UTC"),
            choice(
                "datetime-server",
                "for a later reorganisation: wall-clock times of the server's time zone",
            ),
        ],
        evidence,
        suggestion: None,
        default: Some("keep".to_owned()),
    }
}

/// What to do with rows whose object is missing.
pub(crate) fn missing_objects(missing: &[MissingReferences], tracking: &[TrackingReport]) -> Vec<Decision> {
    missing
        .iter()
        .map(|m| {
            let place = format!("{}.{}", m.table, m.column);
            let mut options = vec![
                choice("keep", "the pointer is converted; reading it fails under 2.x as it fails now"),
                choice("stop", "no plan until the objects are back or the rows gone"),
            ];
            if m.nullable {
                options.insert(0, choice("null", "the row is kept and the pointer becomes NULL"));
            }
            let mut evidence = vec![format!(
                "{} rows refer to {} missing objects of the store `{}`, such as {}",
                m.rows,
                m.objects,
                m.store,
                m.examples.join("; ")
            )];
            let wrong_place = tracking.iter().any(|t| {
                t.table.schema == m.table.schema
                    && t.store == m.store
                    && t.objects.as_ref().is_some_and(|o| o.looks_like_wrong_place)
            });
            if wrong_place {
                evidence.push(
                    "not one object of that tracking table was found: check the store's location first"
                        .into(),
                );
            }
            if !m.nullable {
                evidence.push("the column is NOT NULL".into());
            }
            Decision {
                id: format!("missing-objects:{place}"),
                question: format!(
                    "objects that `{place}` refers to are missing: what shall become of these rows?"
                ),
                options,
                evidence,
                suggestion: wrong_place.then(|| "stop".to_owned()),
                default: None,
            }
        })
        .collect()
}

/// Adapters over stores (and over blobs) whose stored form no row tells.
pub(crate) fn adapter_bases(adapters: &[AdapterReport]) -> Vec<Decision> {
    adapters
        .iter()
        .filter(|a| a.base.is_none())
        .map(|a| {
            let place = format!("{}.{}", a.table, a.column);
            let mut evidence = vec![if a.evidence.is_empty() {
                "no row has a value".to_owned()
            } else {
                let seen: Vec<String> = a.evidence.iter().map(|(word, n)| format!("{word} ({n}x)")).collect();
                format!("the rows do not agree or are not known: {}", seen.join(", "))
            }];
            let elsewhere = adapters
                .iter()
                .find(|other| other.adapter == a.adapter && other.store.is_some() == a.store.is_some() && other.base.is_some());
            if let Some(other) = elsewhere {
                evidence.push(format!(
                    "`{}.{}` has the same adapter and holds {}",
                    other.table,
                    other.column,
                    other.base.as_deref().unwrap_or_default()
                ));
            }
            let mut options = vec![
                choice("blob", "the adapter's attribute_type is a blob"),
                choice("attach", "the adapter's attribute_type is attach"),
            ];
            if a.store.is_some() {
                options.push(choice("filepath", "the adapter's attribute_type is filepath"));
            }
            Decision {
                id: format!("adapter-base:{place}"),
                question: format!("what does the adapter `{}` store in `{place}`? Its Python code says it as attribute_type", a.adapter),
                options,
                evidence,
                suggestion: elsewhere.and_then(|other| other.base.clone()),
                default: None,
            }
        })
        .collect()
}
