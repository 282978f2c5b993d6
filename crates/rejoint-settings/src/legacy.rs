//! Settings of 0.x: `dj_local_conf.json`, `~/.datajoint_config.json`, five variables.
//!
//! Source: `datajoint/settings.py` of 0.14.10.

use std::path::Path;

use serde_json::Value;

use crate::keys;
use crate::layer::{Layer, choose_file, raw_store, read_object};
use crate::problem::{Problem, ProblemCode, Severity};
use crate::{Environment, Generation, Origin, Result};

/// Variables of 0.14. They win over the file; set but empty counts as set.
const VARIABLES: &[(&str, &str)] = &[
    ("DJ_HOST", "database.host"),
    ("DJ_USER", "database.user"),
    ("DJ_PASS", "database.password"),
    ("DJ_LOG_LEVEL", "loglevel"),
];

/// Reads the 0.x sources. `files` of the result is empty if there is no 0.x file.
pub(crate) fn read(
    environment: &Environment,
    given: Option<&Path>,
    problems: &mut Vec<Problem>,
) -> Result<Layer> {
    let mut layer = Layer::new(Generation::Legacy);
    let mut candidates = vec![environment.current_dir().join("dj_local_conf.json")];
    candidates.extend(environment.home().map(|home| home.join(".datajoint_config.json")));
    if let Some(path) = choose_file(given, environment, &candidates)? {
        for (key, value) in &read_object(&path, problems)? {
            read_key(&mut layer, &path, key, value, problems);
        }
        layer.files.push(path);
    }
    for (variable, name) in VARIABLES {
        if let Some(value) = environment.variable(variable)
            && let Some(key) = keys::find(keys::LEGACY, name)
        {
            layer.set(key, &Value::from(value), Origin::variable(variable), problems);
        }
    }
    Ok(layer)
}

fn read_key(layer: &mut Layer, path: &Path, name: &str, value: &Value, problems: &mut Vec<Problem>) {
    let origin = Origin::file(path, name);
    if let Some(key) = keys::find(keys::LEGACY, name) {
        if name == "database.password" && value.as_str().is_some_and(|text| !text.is_empty()) {
            problems.push(Problem::new(
                Severity::Note,
                ProblemCode::ClearTextSecret,
                origin.clone(),
                "the password stands in clear text in the settings file",
            ));
        }
        layer.set(key, value, origin, problems);
        return;
    }
    match (name, value) {
        ("stores", Value::Object(stores)) => {
            for (store, attributes) in stores {
                let origin = Origin::file(path, format!("stores.{store}"));
                layer.add_store(store, attributes, &origin, problems);
            }
        }
        ("stores", _) => problems.push(Problem::new(
            Severity::Error,
            ProblemCode::BadValue,
            origin,
            "stores must be an object of stores",
        )),
        _ if name == "external" || name.starts_with("external-") => {
            let store = name.strip_prefix("external-").unwrap_or_default();
            if let Value::Object(attributes) = value {
                layer.external.insert(store.to_owned(), raw_store(attributes, &origin));
            }
            problems.push(
                Problem::new(
                    Severity::Warning,
                    ProblemCode::LegacyExternal,
                    origin,
                    format!("{name} configures a store of DataJoint 0.11, which 0.12 and newer do not read"),
                )
                .help("tables that use it must first be brought to the 0.12 form; add the store under \"stores\""),
            );
        }
        _ if keys::LEGACY_UNREAD.contains(&name) => {}
        _ => problems.push(unknown(name, value, origin)),
    }
}

fn unknown(name: &str, value: &Value, origin: Origin) -> Problem {
    if keys::find(keys::V2, name).is_some() {
        return Problem::new(
            Severity::Warning,
            ProblemCode::OtherGeneration,
            origin,
            format!("{name} is a key of 2.x; 0.x ignores it"),
        );
    }
    let group_of_known = value.as_object().is_some_and(|object| {
        object.keys().any(|inner| keys::find(keys::LEGACY, &format!("{name}.{inner}")).is_some())
    });
    let problem = Problem::new(
        Severity::Warning,
        ProblemCode::UnknownKey,
        origin,
        format!("0.x has no key {name:?} and ignores it"),
    );
    if group_of_known {
        return problem.help(format!("0.x reads only dotted keys: write \"{name}.…\" at the top level"));
    }
    match keys::suggest(name, keys::LEGACY.iter().map(|key| key.name).chain(["stores"])) {
        Some(known) => problem.help(format!("did you mean {known:?}?")),
        None => problem,
    }
}
