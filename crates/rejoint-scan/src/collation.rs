//! Character sets and collations: what is not utf8mb4_bin, and what would break if it became so.

use crate::error::Error;
use crate::not_understood::Definitions;
use crate::reader::{Reader, columns, key_shown, number, text};
use crate::report_file::{CaseCollision, CollationReport, LongKey, MixedKey};
use crate::tables::of_pipeline;
use rejoint_db::{CreateTable, Line, Value, ident, qualified};
use rejoint_model::{Catalog, Column, ForeignKey, Table, Tier};
use std::collections::BTreeMap;

/// What both generations of DataJoint recommend, and what compares as bytes do.
const WANTED: &str = "utf8mb4_bin";
/// InnoDB's limit for one index, in bytes (DYNAMIC and COMPRESSED rows).
const MAX_INDEX_BYTES: u64 = 3072;
/// Bytes of one character in utf8mb4.
const MAX_CHAR_BYTES: u64 = 4;

/// Findings from the catalog and the definitions alone.
pub(crate) fn from_catalog(catalog: &Catalog, definitions: &Definitions) -> CollationReport {
    let mut report = CollationReport::default();
    let mut by_collation: BTreeMap<String, u64> = BTreeMap::new();
    for schema in catalog.schemas.values().filter(|s| s.collation != WANTED) {
        report.schemas.push((schema.name.clone(), schema.collation.clone()));
    }
    for table in catalog.tables().filter(|t| t.tier() == Tier::Hidden || of_pipeline(t)) {
        if table.collation != WANTED && !table.collation.is_empty() {
            report.tables.push((table.name.clone(), table.collation.clone()));
        }
        for column in &table.columns {
            let Some(collation) = &column.collation else { continue };
            *by_collation.entry(collation.clone()).or_default() += 1;
            if collation != WANTED {
                report.columns.push((table.name.clone(), column.name.clone(), collation.clone()));
            }
        }
        for key in &table.foreign_keys {
            for (child, parent) in pairs(catalog, table, key) {
                if let (Some(own), Some(other)) = (&child.collation, &parent.collation)
                    && own != other
                {
                    report.mixed_keys.push(MixedKey {
                        table: table.name.clone(),
                        name: key.name.clone(),
                        child: (child.name.clone(), own.clone()),
                        parent: (parent.name.clone(), other.clone()),
                    });
                }
            }
        }
        if let Some(definition) = definitions.get(&table.name) {
            report.long_keys.extend(long_keys(table, definition));
        }
    }
    report.columns_by_collation = by_collation.into_iter().collect();
    report
}

/// Child and parent columns of a foreign key, as far as the catalog has them.
fn pairs<'c>(catalog: &'c Catalog, table: &'c Table, key: &'c ForeignKey) -> Vec<(&'c Column, &'c Column)> {
    let Some(parent) = catalog.table(&key.parent) else { return Vec::new() };
    key.columns
        .iter()
        .zip(&key.parent_columns)
        .filter_map(|(child, other)| Some((table.column(child)?, parent.column(other)?)))
        .collect()
}

/// Does this collation take different bytes for equal? `_bin` collations and `binary` do not.
fn folds(collation: &str) -> bool {
    !collation.ends_with("_bin") && collation != "binary"
}

/// The columns of an index with the length of their prefix, from its line: "(`a`,`b`(10) DESC)".
fn index_parts(rest: &str) -> Vec<(String, Option<u64>)> {
    let mut parts = Vec::new();
    let mut chars = rest.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '`' {
            continue;
        }
        let mut name = String::new();
        while let Some(c) = chars.next() {
            if c == '`' {
                if chars.peek() == Some(&'`') {
                    chars.next();
                } else {
                    break;
                }
            }
            name.push(c);
        }
        let mut length = None;
        if chars.peek() == Some(&'(') {
            chars.next();
            let mut digits = String::new();
            while let Some(d) = chars.next_if(char::is_ascii_digit) {
                digits.push(d);
            }
            length = digits.parse().ok();
        }
        parts.push((name, length));
    }
    parts
}

/// Characters that a text type holds at most: the number in its parentheses.
fn declared_length(sql_type: &str) -> Option<u64> {
    sql_type.split_once('(')?.1.split(')').next()?.trim().parse().ok()
}

/// Bytes of one index part in utf8mb4.
fn part_bytes(column: &Column, prefix: Option<u64>) -> u64 {
    let declared = declared_length(&column.sql_type);
    match column.data_type.as_str() {
        "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" => {
            prefix.or(declared).unwrap_or(0).saturating_mul(MAX_CHAR_BYTES)
        }
        "binary" | "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob" => {
            prefix.or(declared).unwrap_or(0)
        }
        "tinyint" | "year" => 1,
        "smallint" | "enum" => 2,
        "mediumint" | "date" => 3,
        "int" | "float" => 4,
        // decimal takes 4 bytes for 9 digits; 65 digits are the most
        "decimal" => declared_length(&column.sql_type.replace(',', ")")).unwrap_or(65).div_ceil(9) * 4,
        _ => 8,
    }
}

fn long_keys(table: &Table, definition: &CreateTable) -> Vec<LongKey> {
    let mut found = Vec::new();
    for line in &definition.lines {
        let Line::Key { kind, name, rest } = line else { continue };
        if kind.starts_with("FULLTEXT") || kind.starts_with("SPATIAL") || rest.starts_with("((") {
            continue;
        }
        let bytes: u64 = index_parts(rest)
            .iter()
            .filter_map(|(column, prefix)| Some(part_bytes(table.column(column)?, *prefix)))
            .sum();
        if bytes > MAX_INDEX_BYTES {
            let index = if name.is_empty() { "PRIMARY".to_owned() } else { name.clone() };
            found.push(LongKey { table: table.name.clone(), index, bytes });
        }
    }
    found
}

/// A column's value as utf8mb4_bin compares it: as the bytes of its characters, trailing blanks not counting.
fn as_bin(column: &str) -> String {
    format!("CONVERT({column} USING utf8mb4) COLLATE utf8mb4_bin")
}

/// Looks at the values of keys under case-insensitive collations.
pub(crate) fn collisions(reader: &mut Reader<'_>) -> Result<Vec<CaseCollision>, Error> {
    let catalog = reader.catalog;
    let mut found = Vec::new();
    if !reader.connection.capabilities().has_collations {
        reader.skip("text keys that differ only in case", "this engine compares text by its bytes");
        return Ok(found);
    }
    reader.progress.phase("comparing text keys", None);
    for table in catalog.tables().filter(|t| of_pipeline(t)) {
        let mut in_keys: Vec<&Column> = Vec::new();
        for index in table.indexes.iter().filter(|i| i.unique) {
            // a unique index over one folding column cannot hold two values that it takes for equal
            if index.parts.len() > 1 {
                in_keys.extend(
                    index.parts.iter().filter_map(|p| p.column.as_deref()).filter_map(|c| table.column(c)),
                );
            }
        }
        in_keys.sort_by(|a, b| a.name.cmp(&b.name));
        in_keys.dedup_by(|a, b| a.name == b.name);
        for column in in_keys {
            if column.collation.as_deref().is_some_and(folds)
                && reader.may_read(table, &format!("values of `{}` that differ only in case", column.name))
                && let Some(collision) = within(reader, table, column)?
            {
                found.push(collision);
            }
        }
        for key in &table.foreign_keys {
            let folding = pairs(catalog, table, key)
                .into_iter()
                .filter(|(child, _)| child.collation.as_deref().is_some_and(folds))
                .map(|(child, parent)| (child.clone(), parent.clone()))
                .collect::<Vec<_>>();
            if !folding.is_empty()
                && reader.may_read(table, &format!("foreign key `{}` between spellings", key.name))
            {
                with_parent(reader, table, key, &folding, &mut found)?;
            }
        }
    }
    Ok(found)
}

fn within(reader: &mut Reader<'_>, table: &Table, column: &Column) -> Result<Option<CaseCollision>, Error> {
    let own = ident(&column.name);
    let groups = format!(
        "SELECT MIN({bin}) AS a, MAX({bin}) AS b FROM {} WHERE {own} IS NOT NULL GROUP BY {own} HAVING COUNT(DISTINCT {bin}) > 1",
        qualified(&table.name),
        bin = as_bin(&own),
    );
    let what = format!("{}.{}", table.name, column.name);
    let Some(rows) = reader.rows(&what, &groups, &[])? else { return Ok(None) };
    if rows.is_empty() {
        return Ok(None);
    }
    Ok(Some(CaseCollision {
        table: table.name.clone(),
        column: column.name.clone(),
        collation: column.collation.clone().unwrap_or_default(),
        place: "within_key".to_owned(),
        count: rows.len() as u64,
        examples: rows
            .iter()
            .take(reader.options.max_examples)
            .map(|row| row.iter().map(|v| format!("{:?}", text(v))).collect::<Vec<_>>().join(" and "))
            .collect(),
    }))
}

fn with_parent(
    reader: &mut Reader<'_>,
    table: &Table,
    key: &ForeignKey,
    folding: &[(Column, Column)],
    found: &mut Vec<CaseCollision>,
) -> Result<(), Error> {
    let join: Vec<String> = key
        .columns
        .iter()
        .zip(&key.parent_columns)
        .map(|(child, parent)| format!("c.{} = p.{}", ident(child), ident(parent)))
        .collect();
    for (child, parent) in folding {
        let (own, other) = (format!("c.{}", ident(&child.name)), format!("p.{}", ident(&parent.name)));
        let from = format!(
            "FROM {} AS c JOIN {} AS p ON {} WHERE {} <> {}",
            qualified(&table.name),
            qualified(&key.parent),
            join.join(" AND "),
            as_bin(&own),
            as_bin(&other)
        );
        let what = format!("{}.{}", table.name, child.name);
        let count = reader.rows(&what, &format!("SELECT COUNT(*) {from}"), &[])?;
        let count = count.and_then(|rows| rows.first().and_then(|r| r.first()).map(number)).unwrap_or(0);
        if count == 0 {
            continue;
        }
        let names = table.primary_key();
        let shown: Vec<String> = names.iter().map(|n| format!("c.{}", columns(&[n]))).collect();
        let select = shown.iter().cloned().chain([own.clone(), other.clone()]).collect::<Vec<_>>().join(", ");
        let sql = format!("SELECT {select} {from} LIMIT {}", reader.options.max_examples);
        let rows = reader.rows(&what, &sql, &[])?.unwrap_or_default();
        found.push(CaseCollision {
            table: table.name.clone(),
            column: child.name.clone(),
            collation: child.collation.clone().unwrap_or_default(),
            place: "with_parent".to_owned(),
            count,
            examples: rows
                .iter()
                .map(|row| {
                    let (key, values) = row.split_at_checked(names.len()).unwrap_or((row, &[]));
                    let values: Vec<String> =
                        values.iter().map(|v: &Value| format!("{:?}", text(v))).collect();
                    format!("{}: {}", key_shown(&names, key), values.join(" refers to "))
                })
                .collect(),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_an_index_are_read_with_their_prefixes() {
        assert_eq!(
            index_parts("(`a``b`,`c`(10) DESC,`d`) USING BTREE"),
            [("a`b".to_owned(), None), ("c".into(), Some(10)), ("d".into(), None)]
        );
    }

    #[test]
    fn binary_collations_fold_nothing() {
        assert!(folds("latin1_swedish_ci") && folds("utf8mb4_0900_as_cs"));
        assert!(!folds("utf8mb4_bin") && !folds("utf8mb4_0900_bin") && !folds("binary"));
    }
}
