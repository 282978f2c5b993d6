//! A second lab from a first, faster than the generator makes one: for tests that need many.

use std::path::Path;

use mysql::prelude::Queryable;
use mysql::{Conn, Row};

use crate::server::quote;
use crate::{Lab, Server};

/// Copy all schemas of `old` (a prefix) to `new`, bit for bit, inside the server.
///
/// Names of schemas inside statements and comments follow. Only what a legacy lab holds: a trigger is an error.
pub(crate) fn copy_schemas(server: &Server, old: &str, new: &str) {
    let mut connection = server.connect();
    run(&mut connection, "SET foreign_key_checks = 0, sql_mode = 'NO_AUTO_VALUE_ON_ZERO'");
    let mut views = Vec::new();
    for schema in server.schemas(old) {
        let renamed = |text: &str| text.replace(&format!("`{old}_"), &format!("`{new}_"));
        let create = show_create(&mut connection, &format!("DATABASE {}", quote(&schema)));
        run(&mut connection, &renamed(&create));
        let copy = renamed(&quote(&schema));
        run(&mut connection, &format!("USE {copy}"));
        let tables: Vec<(String, String)> =
            connection.query(format!("SHOW FULL TABLES FROM {}", quote(&schema))).expect("SHOW FULL TABLES");
        for (table, kind) in tables {
            let name = format!("{}.{}", quote(&schema), quote(&table));
            let create = renamed(&show_create(&mut connection, &format!("TABLE {name}")));
            if kind == "VIEW" {
                views.push((copy.clone(), create));
                continue;
            }
            run(&mut connection, &inheriting(&create));
            let columns: Vec<String> = connection
                .exec(
                    "SELECT CAST(column_name AS CHAR) FROM information_schema.columns WHERE table_schema = ? \
                     AND table_name = ? AND extra NOT LIKE '%STORED GENERATED%' \
                     AND extra NOT LIKE '%VIRTUAL GENERATED%' ORDER BY ordinal_position",
                    (&schema, &table),
                )
                .expect("the columns");
            let columns = columns.iter().map(|column| quote(column)).collect::<Vec<_>>().join(", ");
            let target = format!("{copy}.{}", quote(&table));
            run(&mut connection, &format!("INSERT INTO {target} ({columns}) SELECT {columns} FROM {name}"));
            if table.starts_with("~external_") {
                // the paths of objects that came from 0.11 begin with the schema's name
                let (skip, like) = (old.len() + 1, format!("{old}_"));
                connection
                    .exec_drop(
                        format!(
                            "UPDATE {target} SET filepath = CONCAT(?, SUBSTRING(filepath, {skip})) \
                             WHERE LEFT(filepath, {skip}) = ?"
                        ),
                        (new, like),
                    )
                    .expect("the paths of 0.11 objects");
            }
        }
        let triggers: Vec<Row> =
            connection.query(format!("SHOW TRIGGERS FROM {}", quote(&schema))).expect("SHOW TRIGGERS");
        assert!(
            triggers.is_empty(),
            "{schema} has triggers: only a lab as the generator left it can be copied"
        );
    }
    for (schema, create) in views {
        run(&mut connection, &format!("USE {schema}"));
        run(&mut connection, &create);
    }
}

/// Copy the stores' folder; folders named by a schema follow the prefix, and so do the paths in the settings.
pub(crate) fn copy_stores(original: &Lab, copy: &Lab) {
    copy_folder(
        &original.stores(),
        &copy.stores(),
        &format!("{}_", original.prefix),
        &format!("{}_", copy.prefix),
    );
    let (old, new) = (original.stores(), copy.stores());
    let (old, new) = (old.to_string_lossy(), new.to_string_lossy());
    for file in [copy.stores_file(), copy.settings_file()] {
        let text = std::fs::read_to_string(&file).expect("settings of the lab");
        std::fs::write(&file, text.replace(old.as_ref(), &new)).expect("settings of the copy");
    }
}

fn copy_folder(from: &Path, to: &Path, old: &str, new: &str) {
    std::fs::create_dir_all(to).expect("a folder of the copy");
    for entry in std::fs::read_dir(from).expect("a folder of the lab") {
        let path = entry.expect("an entry of the lab").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if path.is_dir() {
            let name = name.strip_prefix(old).map_or_else(|| name.clone(), |rest| format!("{new}{rest}"));
            copy_folder(&path, &to.join(name), old, new);
        } else {
            std::fs::copy(&path, to.join(name)).expect("a file of the copy");
        }
    }
}

/// The statement without the collations that columns have from their table.
///
/// MySQL prints them for such columns, but a statement that repeats them makes them the column's own, and from then on
/// `SHOW CREATE TABLE` says `CHARACTER SET ...` too.
fn inheriting(create: &str) -> String {
    let Some((_, collation)) = create.rsplit_once(" COLLATE=") else { return create.to_string() };
    let collation = collation.split_whitespace().next().unwrap_or_default();
    let clause = format!(" COLLATE {collation}");
    let lines = create.split('\n').map(|line| match line.split_once(&clause) {
        Some((before, after))
            if line.starts_with("  `")
                && !before.contains(" CHARACTER SET ")
                && !before.contains(" COMMENT ") =>
        {
            format!("{before}{after}")
        }
        _ => line.to_string(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn show_create(connection: &mut Conn, what: &str) -> String {
    let mut row: Row =
        connection.query_first(format!("SHOW CREATE {what}")).expect("SHOW CREATE").expect("one row");
    row.take(1).expect("the statement")
}

fn run(connection: &mut Conn, sql: &str) {
    connection.query_drop(sql).unwrap_or_else(|error| panic!("{error}\nin: {sql}"));
}
