//! Blobs and attachments in the tables: cells that do not read, and good ones that Python gets wrong.

use crate::error::Error;
use crate::options::Depth;
use crate::reader::{Reader, columns, key_shown};
use crate::report_file::{BlobColumnReport, CaveatFinding, DamageExample, DamageFinding};
use crate::tables::of_pipeline;
use rejoint_blob::caveats::Effect;
use rejoint_blob::{Cause, DecodeOptions, PythonReads, check, reads_differently};
use rejoint_db::{Value, ident, qualified};
use rejoint_model::{AttributeKind, Column, Table, classify};
use std::collections::{BTreeMap, BTreeSet};

/// What a column's cells should be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expected {
    Blob,
    Attachment,
    /// Below an adapter: either, so only evidence is collected.
    Adapted,
}

/// What was found.
#[derive(Default)]
pub(crate) struct Blobs {
    pub(crate) columns: Vec<BlobColumnReport>,
    pub(crate) damage: Vec<DamageFinding>,
    pub(crate) caveats: Vec<CaveatFinding>,
    /// Adapted columns: what the cells look like, by schema.table.column.
    pub(crate) adapted: BTreeMap<String, BTreeMap<&'static str, u64>>,
}

fn expected(table: &Table, column: &Column) -> Option<Expected> {
    match classify(table, column) {
        AttributeKind::Blob => Some(Expected::Blob),
        AttributeKind::Attach => Some(Expected::Attachment),
        AttributeKind::Adapted { .. } if column.is_blob() => Some(Expected::Adapted),
        AttributeKind::Modern { marker } if column.is_blob() => match marker.as_str() {
            "<blob>" => Some(Expected::Blob),
            "<attach>" => Some(Expected::Attachment),
            _ => None,
        },
        _ => None,
    }
}

/// Attachment in a table: UTF-8 name without directory, NUL, content. Says what does not fit.
fn attachment_problem(bytes: &[u8]) -> Option<(&'static str, String)> {
    if bytes.is_empty() {
        return Some(("attachment-empty", "no bytes: neither a name nor content".into()));
    }
    let starts: [&[u8]; 3] = [b"mYm\0", b"dj0\0", b"ZL123\0"];
    if starts.iter().any(|start| bytes.starts_with(start))
        && check(bytes, &DecodeOptions::like_python()).decoded.is_some()
    {
        return Some(("attachment-is-blob", "the bytes are a blob, not name, NUL and content".into()));
    }
    let Some(end) = bytes.iter().position(|b| *b == 0) else {
        return Some(("attachment-without-name", "no NUL that would end a file name".into()));
    };
    let name = bytes.get(..end).unwrap_or_default();
    if name.is_empty() {
        return Some(("attachment-without-name", "the file name is empty".into()));
    }
    match std::str::from_utf8(name) {
        Err(error) => Some((
            "attachment-name-not-utf8",
            format!("the file name is not UTF-8 at byte {}", error.valid_up_to()),
        )),
        Ok(name) if name.contains('/') => {
            Some(("attachment-name-is-path", format!("the file name {name:?} contains a slash")))
        }
        Ok(_) => None,
    }
}

/// What a cell below an adapter looks like.
fn looks_like(bytes: &[u8], decode: &DecodeOptions) -> &'static str {
    if check(bytes, decode).decoded.is_some() {
        "blob"
    } else if bytes.iter().take(300).any(|b| *b == 0) && attachment_problem(bytes).is_none() {
        "attach"
    } else {
        "bytes"
    }
}

fn effect_name(effect: Effect) -> &'static str {
    match effect {
        Effect::AsStored => "as_stored",
        Effect::Differs => "differs",
        Effect::Fails => "fails",
        Effect::DiffersOrFails => "differs_or_fails",
    }
}

fn python_name(python: PythonReads) -> &'static str {
    match python {
        PythonReads::Value => "value",
        PythonReads::None => "none",
        PythonReads::Error => "error",
    }
}

/// One table's findings while its rows come in.
struct Look<'t> {
    table: &'t Table,
    key: Vec<&'t str>,
    looked_at: Vec<(&'t Column, Expected)>,
    reports: Vec<BlobColumnReport>,
    damage: BTreeMap<(usize, String), DamageFinding>,
    caveats: BTreeMap<(usize, &'static str, &'static str, &'static str), CaveatFinding>,
    adapted: BTreeMap<String, BTreeMap<&'static str, u64>>,
    seen: BTreeSet<String>,
    max_examples: usize,
    decode: DecodeOptions,
}

impl Look<'_> {
    /// `values`: the key's columns, then for each column its length and its bytes (NULL if too long).
    fn row(&mut self, values: &[Value], may_repeat: bool) {
        let (key_values, cells) = values.split_at_checked(self.key.len()).unwrap_or((values, &[]));
        if may_repeat {
            let shown = key_values.iter().map(|v| v.as_sql(true)).collect::<Vec<_>>().join(",");
            if !self.seen.insert(shown) {
                return;
            }
        }
        for (at, pair) in cells.chunks_exact(2).enumerate() {
            let [length, cell] = pair else { continue };
            let Some(report) = self.reports.get_mut(at) else { continue };
            report.rows += 1;
            if *length == Value::NULL {
                continue;
            }
            report.cells += 1;
            match cell {
                Value::Bytes(bytes) => self.cell(at, key_values, bytes),
                _ => report.too_large += 1,
            }
        }
    }

    fn cell(&mut self, at: usize, key: &[Value], bytes: &[u8]) {
        let Some((column, expected)) = self.looked_at.get(at).copied() else { return };
        match expected {
            Expected::Attachment => {
                if let Some((cause, why)) = attachment_problem(bytes) {
                    self.damaged(at, key, bytes, cause, "value", vec![why]);
                }
            }
            Expected::Adapted => {
                let kind = looks_like(bytes, &self.decode);
                let place = format!("{}.{}", self.table.name, column.name);
                *self.adapted.entry(place).or_default().entry(kind).or_default() += 1;
            }
            Expected::Blob => {
                let report = check(bytes, &self.decode);
                if report.cause != Cause::Good {
                    let why = report
                        .evidence
                        .iter()
                        .map(|e| format!("at byte {}: {}", e.offset, e.reason))
                        .collect();
                    self.damaged(at, key, bytes, report.cause.name(), python_name(report.python), why);
                }
                if let Some(decoded) = &report.decoded {
                    for caveat in reads_differently(&decoded.value) {
                        self.caveat(at, key, &caveat);
                    }
                }
            }
        }
    }

    fn damaged(
        &mut self,
        at: usize,
        key: &[Value],
        bytes: &[u8],
        cause: &str,
        python: &str,
        evidence: Vec<String>,
    ) {
        let Some((column, _)) = self.looked_at.get(at) else { return };
        let found = self.damage.entry((at, cause.to_owned())).or_insert_with(|| DamageFinding {
            table: self.table.name.clone(),
            column: column.name.clone(),
            cause: cause.to_owned(),
            count: 0,
            python: python.to_owned(),
            examples: Vec::new(),
        });
        found.count += 1;
        if found.examples.len() < self.max_examples {
            found.examples.push(DamageExample {
                key: key_shown(&self.key, key),
                bytes: bytes.len() as u64,
                evidence,
            });
        }
    }

    fn caveat(&mut self, at: usize, key: &[Value], caveat: &rejoint_blob::Caveat) {
        let Some((column, _)) = self.looked_at.get(at) else { return };
        let (old, new) = (effect_name(caveat.old), effect_name(caveat.new));
        let found =
            self.caveats.entry((at, caveat.reason.name(), old, new)).or_insert_with(|| CaveatFinding {
                table: self.table.name.clone(),
                column: column.name.clone(),
                reason: caveat.reason.name().to_owned(),
                title: caveat.reason.to_string(),
                old: old.to_owned(),
                new: new.to_owned(),
                versions_differ: false,
                count: 0,
                examples: Vec::new(),
            });
        found.count += 1;
        found.versions_differ |= caveat.versions_differ();
        if found.examples.len() < self.max_examples {
            found.examples.push(format!("{} at value{}", key_shown(&self.key, key), caveat.path));
        }
    }
}

/// Looks at every table of DataJoint's that has blobs or attachments.
pub(crate) fn blobs(reader: &mut Reader<'_>) -> Result<Blobs, Error> {
    let catalog = reader.catalog;
    let tables: Vec<(&Table, Vec<(&Column, Expected)>)> = catalog
        .tables()
        .filter(|t| of_pipeline(t))
        .filter_map(|table| {
            let found: Vec<_> = table.columns.iter().filter_map(|c| Some((c, expected(table, c)?))).collect();
            (!found.is_empty()).then_some((table, found))
        })
        .collect();
    reader.progress.phase("looking into blobs", Some(tables.len() as u64));
    let mut all = Blobs::default();
    for (table, looked_at) in tables {
        let reports = looked_at
            .iter()
            .map(|(column, _)| BlobColumnReport {
                table: table.name.clone(),
                column: column.name.clone(),
                rows: 0,
                cells: 0,
                too_large: 0,
                complete: true,
            })
            .collect();
        let mut look = Look {
            table,
            key: table.primary_key(),
            looked_at,
            reports,
            damage: BTreeMap::new(),
            caveats: BTreeMap::new(),
            adapted: BTreeMap::new(),
            seen: BTreeSet::new(),
            max_examples: reader.options.max_examples,
            decode: DecodeOptions { max_inflated: 1 << 30, ..DecodeOptions::like_python() },
        };
        look_at(reader, &mut look)?;
        all.columns.append(&mut look.reports);
        all.damage.extend(look.damage.into_values());
        all.caveats.extend(look.caveats.into_values());
        all.adapted.append(&mut look.adapted);
        reader.progress.advance(1);
    }
    Ok(all)
}

fn look_at(reader: &mut Reader<'_>, look: &mut Look<'_>) -> Result<(), Error> {
    let limit = reader.options.max_cell_bytes;
    let cells: Vec<String> = look
        .looked_at
        .iter()
        .map(|(column, _)| {
            let name = ident(&column.name);
            format!("LENGTH({name}), IF(LENGTH({name}) <= {limit}, {name}, NULL)")
        })
        .collect();
    let mut parts = Vec::new();
    if !look.key.is_empty() {
        parts.push(columns(&look.key));
    }
    parts.extend(cells);
    let select = format!("SELECT {} FROM {}", parts.join(", "), qualified(&look.table.name));
    let what = look.table.name.to_string();
    if reader.options.depth == Depth::Full {
        stream(reader, look, &what, &select, false)?;
        return Ok(());
    }
    let n = reader.options.sample_rows.max(1);
    let order = |direction: &str| {
        let by: Vec<String> = look.key.iter().map(|c| format!("{} {direction}", ident(c))).collect();
        if by.is_empty() { String::new() } else { format!(" ORDER BY {}", by.join(", ")) }
    };
    let (first, last) = (order("ASC"), order("DESC"));
    // one row more than is looked at tells whether these are all rows
    let sql = format!("{select}{first} LIMIT {}", n + 1);
    let n_rows = stream(reader, look, &what, &sql, true)?;
    if n_rows > n as u64 {
        if !last.is_empty() {
            stream(reader, look, &what, &format!("{select}{last} LIMIT {n}"), true)?;
        }
        for report in &mut look.reports {
            report.complete = false;
        }
    }
    Ok(())
}

/// Hands the rows over as they come; returns how many.
fn stream(
    reader: &mut Reader<'_>,
    look: &mut Look<'_>,
    what: &str,
    sql: &str,
    may_repeat: bool,
) -> Result<u64, Error> {
    let mut n_rows = 0;
    let result = (|| -> Result<(), rejoint_db::Error> {
        let mut rows = reader.connection.stream(sql, &[])?;
        while let Some(row) = rows.next_row()? {
            let values: Vec<Value> = row.unwrap_raw().into_iter().map(|v| v.unwrap_or(Value::NULL)).collect();
            look.row(&values, may_repeat);
            n_rows += 1;
        }
        Ok(())
    })();
    if let Err(error) = result {
        for report in &mut look.reports {
            report.complete = false;
        }
        reader.refused(&format!("blobs of {what}"), error)?;
    }
    Ok(n_rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attachments_need_a_name_and_a_nul() {
        let cause = |bytes: &[u8]| attachment_problem(bytes).map(|(cause, _)| cause);
        assert_eq!(cause("bericht µ.txt\0content".as_bytes()), None);
        assert_eq!(cause(b"empty.txt\0"), None);
        assert_eq!(cause(b"mYm\0not a blob though"), None);
        assert_eq!(cause(b""), Some("attachment-empty"));
        assert_eq!(cause(b"\0content"), Some("attachment-without-name"));
        assert_eq!(cause(b"no separator"), Some("attachment-without-name"));
        assert_eq!(cause(b"\xff.txt\0x"), Some("attachment-name-not-utf8"));
        assert_eq!(cause(b"a/b\0x"), Some("attachment-name-is-path"));
    }
}
