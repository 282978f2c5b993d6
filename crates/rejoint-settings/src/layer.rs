//! What one generation's sources say, before the two are joined.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::keys::{self, Key};
use crate::problem::{Problem, ProblemCode, Severity};
use crate::{Environment, Error, Generation, Origin, Result, Setting};

/// Attributes of a store as written.
pub(crate) type RawStore = BTreeMap<String, Setting<Value>>;

/// Values of one generation. Holds secrets as plain JSON: no `Debug`, never leaves the crate.
pub(crate) struct Layer {
    pub(crate) generation: Generation,
    pub(crate) files: Vec<PathBuf>,
    /// Known keys that some source sets. A `null` is left out.
    pub(crate) values: BTreeMap<String, Setting<Value>>,
    pub(crate) stores: BTreeMap<String, RawStore>,
    /// 0.11 stores by name; `""` is `external`.
    pub(crate) external: BTreeMap<String, RawStore>,
    pub(crate) default_store: Option<Setting<String>>,
    pub(crate) filepath_default_store: Option<Setting<String>>,
}

impl Layer {
    pub(crate) fn new(generation: Generation) -> Self {
        Self {
            generation,
            files: Vec::new(),
            values: BTreeMap::new(),
            stores: BTreeMap::new(),
            external: BTreeMap::new(),
            default_store: None,
            filepath_default_store: None,
        }
    }

    /// Checks `value` against `key` and keeps it; `null` unsets the key.
    pub(crate) fn set(
        &mut self,
        key: &'static Key,
        value: &Value,
        origin: Origin,
        problems: &mut Vec<Problem>,
    ) {
        let legacy = self.generation == Generation::Legacy;
        match keys::check(key, value, !legacy) {
            Ok(Value::Null) => {
                self.values.remove(key.name);
            }
            Ok(value) => {
                self.values.insert(key.name.to_owned(), Setting::new(value, origin));
            }
            Err(expected) => {
                let shown =
                    if key.name == "database.password" { String::new() } else { format!(", not {value}") };
                let help = if matches!(origin, Origin::Variable { .. }) {
                    "correct or unset the variable; 2.x does not start with it"
                } else if legacy {
                    "correct it; 0.x does not check values when it reads them and fails later"
                } else {
                    "correct it; 2.x gives only a warning and ignores this key and all that follow in the file"
                };
                problems.push(
                    Problem::new(
                        Severity::Error,
                        ProblemCode::BadValue,
                        origin,
                        format!("{} must be {expected}{shown}", key.name),
                    )
                    .help(help),
                );
            }
        }
    }

    pub(crate) fn add_store(
        &mut self,
        name: &str,
        value: &Value,
        origin: &Origin,
        problems: &mut Vec<Problem>,
    ) {
        match value {
            Value::Object(attributes) => {
                self.stores.insert(name.to_owned(), raw_store(attributes, origin));
            }
            _ => problems.push(
                Problem::new(
                    Severity::Error,
                    ProblemCode::BadStore,
                    origin.clone(),
                    format!("store {name:?} must be an object of attributes"),
                )
                .store(name),
            ),
        }
    }
}

/// The attributes of a JSON object, each with its own origin.
pub(crate) fn raw_store(attributes: &Map<String, Value>, origin: &Origin) -> RawStore {
    attributes
        .iter()
        .map(|(attribute, value)| {
            let origin = match origin {
                Origin::File { path, key } => Origin::file(path, format!("{key}.{attribute}")),
                other => other.clone(),
            };
            (attribute.clone(), Setting::new(value.clone(), origin))
        })
        .collect()
}

/// The file given by the caller (which must exist), or the first of `candidates` that exists.
pub(crate) fn choose_file(
    given: Option<&Path>,
    environment: &Environment,
    candidates: &[PathBuf],
) -> Result<Option<PathBuf>> {
    match given {
        Some(path) => {
            let path = environment.current_dir().join(path);
            if path.is_file() { Ok(Some(path)) } else { Err(Error::NoSuchFile { path }) }
        }
        None => Ok(candidates.iter().find(|path| path.exists()).cloned()),
    }
}

/// The JSON object in a file. A file that is no JSON object is a problem and counts as empty.
pub(crate) fn read_object(path: &Path, problems: &mut Vec<Problem>) -> Result<Map<String, Value>> {
    let bytes =
        std::fs::read(path).map_err(|source| Error::Unreadable { path: path.to_path_buf(), source })?;
    // serde_json's message has line and column, and never quotes the text.
    let message = match serde_json::from_slice::<Value>(&bytes) {
        Ok(Value::Object(object)) => return Ok(object),
        Ok(_) => "the file must hold one JSON object".to_owned(),
        Err(error) => format!("the file is not valid JSON: {error}"),
    };
    problems.push(
        Problem::new(Severity::Error, ProblemCode::BadFile, Origin::file(path, ""), message)
            .help("correct the file; nothing in it was read"),
    );
    Ok(Map::new())
}
