//! Definitions: made, changed, dropped and read back.

use super::{Outcome, ensure, ok, place, table};
use crate::{Connection, Value, alter, cell_text, ident, parse_create_table, qualified, read_catalog};
use rejoint_model::{ColumnSpec, TableChange, TableName};

fn create(connection: &mut Connection, name: &TableName) -> Outcome {
    let sql = format!(
        "CREATE TABLE {} (\n  `id` int NOT NULL,\n  `raw` binary(16) DEFAULT NULL COMMENT ':blob@raw:it''s, a; movie',\n  `note` varchar(64) NOT NULL COMMENT '',\n  PRIMARY KEY (`id`),\n  INDEX (`raw`)\n) ENGINE=InnoDB COMMENT='it''s a table'",
        qualified(name)
    );
    ok(connection.execute(&sql, &[])).map(|_| ())
}

/// Changes a table and compares its definition with the one that was foretold.
fn change(connection: &mut Connection, name: &TableName, changes: &[TableChange]) -> Outcome {
    let source = ok(connection.show_create(name))?;
    let current = parse_create_table(&source).ok_or_else(|| format!("not understood: {source}"))?;
    let made =
        alter(name, &current, changes, None, connection.server().is_mariadb()).map_err(|e| e.to_string())?;
    ok(connection.alter(name, &made.sql, &made.after.print()))?;
    let found = ok(connection.show_create(name))?;
    ensure(found == made.after.print(), || {
        format!("{}\nmade\n{found}\nand not\n{}", made.sql, made.after.print())
    })
}

pub(super) fn tables_change(connection: &mut Connection, schema: &str) -> Outcome {
    let name = table(schema, "_changing");
    create(connection, &name)?;
    let again = format!(
        "CREATE TABLE IF NOT EXISTS {} (\n  `x` int NOT NULL,\n  PRIMARY KEY (`x`)\n) ENGINE=InnoDB",
        qualified(&name)
    );
    ok(connection.execute(&again, &[]))?;
    let columns = ok(connection.columns(&name))?;
    ensure(columns == ["id", "raw", "note"], || format!("columns are {columns:?}"))?;
    ensure(ok(connection.table_exists(&name))?, || "a table that was made does not exist".to_owned())?;
    let sql = format!(
        "INSERT INTO {} (`id`, `raw`, `note`) VALUES (1, UNHEX('00FF0000000000000000000000000000'), 'n')",
        qualified(&name)
    );
    ok(connection.execute(&sql, &[]))?;
    let add = |nullable, column: &str, after: &str| TableChange::AddColumn {
        column: ColumnSpec::Json { name: column.to_owned(), nullable, comment: "new, 'one'".to_owned() },
        after: after.to_owned(),
    };
    let native = TableChange::AddColumn {
        column: ColumnSpec::Native {
            name: "_job_duration".to_owned(),
            definition: "float DEFAULT NULL".to_owned(),
            comment: String::new(),
        },
        after: "note".to_owned(),
    };
    change(connection, &name, &[add(true, "_new", "raw"), add(false, "_needed", "_new"), native])?;
    let sql = format!("SELECT `_new` IS NULL, `_needed`, `_job_duration` IS NULL FROM {}", qualified(&name));
    let rows = ok(connection.rows(&sql, &[]))?;
    let found: Vec<_> = rows.iter().map(|r| [cell_text(r, 0), cell_text(r, 1), cell_text(r, 2)]).collect();
    let wanted = [[Some("1".to_owned()), Some("null".to_owned()), Some("1".to_owned())]];
    ensure(found == wanted, || format!("a row from before has {found:?} in new columns"))?;
    ok(connection.execute(&format!("UPDATE {} SET `_new` = '{{\"a\": 1}}'", qualified(&name)), &[]))?;
    let rename = |column: &str, to: &str, comment: &str| TableChange::RenameColumn {
        column: column.to_owned(),
        to: to.to_owned(),
        comment: comment.to_owned(),
        set_default: None,
        drop_default: false,
    };
    let swap = [
        TableChange::RenameIndex { from: "raw".to_owned(), to: "_old_index".to_owned() },
        rename("raw", "_old", "kept"),
        rename("_new", "raw", ":<blob@raw>:it's"),
        TableChange::Comment { column: "note".to_owned(), to: "a, (new) `comment`".to_owned() },
    ];
    change(connection, &name, &swap)?;
    let columns = ok(connection.columns(&name))?;
    ensure(columns == ["id", "_old", "raw", "_needed", "note", "_job_duration"], || {
        format!("columns are {columns:?}")
    })?;
    let sql = format!("SELECT HEX(`_old`), `raw`, `note` FROM {}", qualified(&name));
    let rows = ok(connection.rows(&sql, &[]))?;
    let found: Vec<_> = rows.iter().map(|r| [cell_text(r, 0), cell_text(r, 1), cell_text(r, 2)]).collect();
    let wanted = [["00FF0000000000000000000000000000", "{\"a\": 1}", "n"].map(|t| Some(t.to_owned()))];
    ensure(found == wanted, || format!("a row after the swap is {found:?}"))?;
    let drop = |column: &str| TableChange::DropColumn { column: column.to_owned() };
    change(connection, &name, &[drop("_old"), drop("_needed"), drop("_job_duration")])?;
    let columns = ok(connection.columns(&name))?;
    ensure(columns == ["id", "raw", "note"], || format!("columns are {columns:?}"))?;
    // an engine that is told what comes out of a change must not take what is not there
    let missing = connection.alter(&table(schema, "nowhere"), "ALTER TABLE `x`.`y`\n  DROP COLUMN `z`", "");
    ensure(missing.is_err(), || "a missing table was changed".to_owned())?;
    ok(connection.execute(&format!("DROP TABLE {}", qualified(&name)), &[]))?;
    ensure(!ok(connection.table_exists(&name))?, || "a dropped table is there".to_owned())?;
    // the name is free again
    create(connection, &name)?;
    let n = super::count(connection, &qualified(&name))?;
    ensure(n == 0, || format!("{n} rows of a dropped table are in the new one"))?;
    ok(connection.execute(&format!("DROP TABLE {}", qualified(&name)), &[])).map(|_| ())
}

/// Names that are hard on whoever puts statements together.
const NAMES: [&str; 9] = ["a\"b", "a`b", "it's", "50% of %s ?", "select", "né ☃", "#t; --", "\\", "Twin"];

pub(super) fn hostile_names(connection: &mut Connection, schema: &str) -> Outcome {
    for (i, name) in NAMES.iter().chain(["twin"].iter()).enumerate() {
        let column = NAMES.get(i).copied().unwrap_or("x");
        let sql = format!(
            "CREATE TABLE {} (\n  {} int NOT NULL,\n  PRIMARY KEY ({})\n) ENGINE=InnoDB",
            place(schema, name),
            ident(column),
            ident(column)
        );
        ok(connection.execute(&sql, &[]))?;
        let sql = format!("INSERT INTO {} ({}) VALUES (?)", place(schema, name), ident(column));
        ok(connection.execute(&sql, &[Value::from(i)]))?;
    }
    for (i, name) in NAMES.iter().chain(["twin"].iter()).enumerate() {
        let column = NAMES.get(i).copied().unwrap_or("x");
        let sql = format!("SELECT t.{0} FROM {1} AS t WHERE t.{0} = ?", ident(column), place(schema, name));
        let found = ok(connection.number(&sql, &[Value::from(i)]))?;
        ensure(found == i64::try_from(i).ok(), || format!("{sql} gave {found:?}"))?;
        let columns = ok(connection.columns(&table(schema, name)))?;
        ensure(columns == [column], || format!("`{name}` has {columns:?}"))?;
        ok(connection.rows_estimate(&table(schema, name)))?;
        let known = ok(connection.tables())?.contains(&table(schema, name));
        ensure(known, || format!("`{name}` is not among the tables"))?;
        let source = ok(connection.show_create(&table(schema, name)))?;
        ensure(source.contains(&ident(column)), || format!("`{name}` is {source}"))?;
    }
    for name in NAMES.iter().chain(["twin"].iter()) {
        ok(connection.execute(&format!("DROP TABLE {}", place(schema, name)), &[]))?;
    }
    Ok(())
}

pub(super) fn catalog(connection: &mut Connection, schema: &str) -> Outcome {
    let catalog = ok(read_catalog(connection, &[schema.to_owned()]))?;
    let n = catalog.tables().count();
    let wanted = super::tables(connection.server().is_mariadb());
    ensure(n == wanted.len(), || format!("the catalog has {n} tables of {}", wanted.len()))?;
    for (name, _) in wanted {
        let found =
            catalog.table(&table(schema, name)).ok_or_else(|| format!("`{name}` is not in the catalog"))?;
        let source = ok(connection.show_create(&found.name))?;
        let parsed = parse_create_table(&source).ok_or_else(|| format!("not understood: {source}"))?;
        let mismatches = parsed.mismatches(&source, found);
        ensure(mismatches.is_empty(), || format!("`{name}`: {mismatches:?} in {source}"))?;
        ensure(parsed.print() == source, || format!("`{name}` prints as {}", parsed.print()))?;
    }
    let schemas = ok(crate::schema_names(connection))?;
    ensure(schemas.iter().any(|s| s == schema), || format!("`{schema}` is not among {schemas:?}"))?;
    let missing = read_catalog(connection, &[format!("{schema}_nowhere")]);
    ensure(missing.is_err(), || "a missing schema has a catalog".to_owned())
}
