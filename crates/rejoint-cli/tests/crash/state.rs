//! Everything that a pipeline holds: definitions, rows, objects.

use crate::pipeline::Pipeline;
use mysql::Row;
use mysql::prelude::Queryable;
use std::collections::BTreeMap;
use std::path::Path;

/// By the name of a thing (`schema.table`, `rows of schema.table`, `object PATH`), what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct State(BTreeMap<String, String>);

const OBJECT: &str = "object ";

/// Reads everything but the journal. What the clients wrote is all of the pipeline's own time, 1 January 2021; the time of the
/// tracking rows that undo writes is not compared.
pub(crate) fn state(pipeline: &Pipeline) -> State {
    let schemas = pipeline.server.schemas(&pipeline.prefix);
    let mut things = pipeline.server.show_create(&schemas);
    things.retain(|name, _| !name.ends_with(".~rejoint_journal"));
    let mut connection = pipeline.server.connect();
    let tables: Vec<String> =
        things.keys().filter(|name| name.contains('.') && !name.contains(".trigger ")).cloned().collect();
    for name in tables {
        let (schema, table) = name.split_once('.').unwrap();
        let columns = if table.starts_with("~external_") {
            "hash, size, attachment_name, filepath, contents_hash, IF(timestamp > '2022-01-01', 'later', timestamp)"
        } else {
            "*"
        };
        // the binary protocol: the text one rounds floats
        let rows: Vec<Row> =
            connection.exec(format!("SELECT {columns} FROM `{schema}`.`{table}`"), ()).unwrap();
        let mut rows: Vec<String> = rows.into_iter().map(|row| format!("{:?}", row.unwrap())).collect();
        rows.sort();
        things.insert(format!("rows of {name}"), rows.join("\n"));
    }
    for store in ["raw", "cold"] {
        collect(&pipeline.stores(), &pipeline.stores().join(store), &mut things);
    }
    State(things)
}

impl State {
    /// Paths of all objects, under the folder of all stores.
    pub(crate) fn objects(&self) -> impl Iterator<Item = &str> {
        self.0.keys().filter_map(|name| name.strip_prefix(OBJECT))
    }

    pub(crate) fn has_object(&self, path: &str) -> bool {
        self.0.contains_key(&format!("{OBJECT}{path}"))
    }

    /// Definitions of tables and triggers alone.
    pub(crate) fn definitions(&self) -> BTreeMap<&str, &str> {
        let is_definition = |name: &str| !name.starts_with("rows of ") && !name.starts_with(OBJECT);
        self.0.iter().filter(|(n, _)| is_definition(n)).map(|(n, d)| (n.as_str(), d.as_str())).collect()
    }

    /// Fails, naming what differs, unless the other state is the same.
    pub(crate) fn assert_is(&self, expected: &Self, place: &dyn std::fmt::Display) {
        let mut wrong = Vec::new();
        for name in self.0.keys().chain(expected.0.keys().filter(|n| !self.0.contains_key(*n))) {
            let (found, wanted) = (self.0.get(name), expected.0.get(name));
            if found != wanted {
                let absent = "(not there)".to_owned();
                wrong.push(format!(
                    "{name}\n  expected: {}\n  found:    {}",
                    wanted.unwrap_or(&absent),
                    found.unwrap_or(&absent)
                ));
            }
        }
        assert!(wrong.is_empty(), "{place}: not the same\n{}", wrong.join("\n"));
    }
}

fn collect(root: &Path, folder: &Path, things: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, things);
        } else {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap();
            things.insert(format!("{OBJECT}{name}"), format!("{:?}", std::fs::read(&path).unwrap()));
        }
    }
}
