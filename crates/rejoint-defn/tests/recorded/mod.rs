//! What real DataJoint versions made of definitions: the fixtures written by `tests/declare_definitions.py`.

#![allow(dead_code, reason = "each test crate uses a part of this module")]

use std::cell::RefCell;
use std::collections::BTreeMap;

use rejoint_defn::{
    Code, CodecStorage, CompiledTable, Dialect, Error, ParentTable, Parents, Settings, TableName, compile,
    parse,
};
use serde::Deserialize;

#[derive(Deserialize)]
pub(crate) struct Record {
    pub(crate) tables: Vec<RecordedTable>,
}

#[derive(Deserialize)]
pub(crate) struct RecordedTable {
    pub(crate) name: String,
    pub(crate) definition: String,
    pub(crate) sql: Option<String>,
    pub(crate) refused_by: Option<String>,
    pub(crate) error: Option<String>,
    #[serde(default)]
    pub(crate) comment: String,
    #[serde(default)]
    pub(crate) columns: Vec<RecordedColumn>,
    #[serde(default)]
    pub(crate) indexes: BTreeMap<String, RecordedIndex>,
    #[serde(default)]
    pub(crate) foreign_keys: Vec<RecordedKey>,
}

#[derive(Deserialize, Clone, Debug, PartialEq)]
pub(crate) struct RecordedColumn {
    pub(crate) name: String,
    #[serde(rename = "type")]
    pub(crate) sql_type: String,
    pub(crate) nullable: bool,
    pub(crate) default: Option<String>,
    pub(crate) extra: String,
    pub(crate) comment: String,
    pub(crate) in_key: bool,
}

#[derive(Deserialize)]
pub(crate) struct RecordedIndex {
    pub(crate) unique: bool,
    pub(crate) parts: Vec<String>,
}

#[derive(Deserialize)]
pub(crate) struct RecordedKey {
    pub(crate) table: String,
    pub(crate) pairs: Vec<(String, String)>,
}

pub(crate) const SCHEMA: &str = "defn_cases";

pub(crate) fn record(dialect: Dialect) -> Record {
    read(match dialect {
        Dialect::V0 => "declared_0_14.json",
        Dialect::V2 => "declared_2_3.json",
    })
}

pub(crate) fn read<T: for<'a> Deserialize<'a>>(file: &str) -> T {
    // asked when the test runs: what was compiled in a shared target folder may name another clone
    let package =
        std::env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").to_owned());
    let path = format!("{package}/tests/data/{file}");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The adapters and codecs of the script.
pub(crate) fn settings() -> Settings {
    let mut settings = Settings::default();
    for (name, legacy, modern) in [
        ("graph", "longblob", "<blob>"),
        ("trace", "blob@raw", "<blob>"),
        ("label", "varchar(20)", "varchar(20)"),
    ] {
        settings.adapters.insert(name.into(), legacy.into());
        let storage = CodecStorage { in_table: Some(modern.into()), in_store: Some(modern.into()) };
        settings.codecs.insert(name.into(), storage);
    }
    settings
}

/// The tables declared so far, as the script's context has them.
#[derive(Default)]
pub(crate) struct Context(RefCell<BTreeMap<String, ParentTable>>);

impl Parents for Context {
    fn table(&self, path: &str) -> Option<ParentTable> {
        let path = path.strip_prefix("m.").unwrap_or(path);
        let path = if path == "master" { "Session" } else { path };
        self.0.borrow().get(path).cloned()
    }
}

impl Context {
    pub(crate) fn compile(
        &self,
        name: &str,
        definition: &str,
        dialect: Dialect,
    ) -> Result<CompiledTable, Error> {
        let table = match name {
            "Session.Trial" => "session__trial".to_owned(),
            _ => snake(name),
        };
        let name_in_database = TableName::new(SCHEMA, table);
        let compiled = compile(&parse(definition, dialect), &name_in_database, self, &settings())?;
        self.0.borrow_mut().insert(name.to_owned(), compiled.as_parent());
        Ok(compiled)
    }
}

fn snake(class: &str) -> String {
    let mut out = String::new();
    for c in class.chars() {
        if c.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

/// The codes of a refusal that are about the server, not about the library.
pub(crate) fn is_about_server(code: Code) -> bool {
    matches!(
        code,
        Code::ServerType
            | Code::ServerSyntax
            | Code::ServerForeignKey
            | Code::ServerDefault
            | Code::CommentLength
            | Code::Percent
    )
}
