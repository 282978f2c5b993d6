//! Settings compared with what DataJoint 0.14.10 and 2.3.5 made of the same files (`fixtures/generate_settings.py`).
#![allow(clippy::unwrap_used, reason = "clippy allows it in test functions only, not in their helpers")]

use std::fs;

use rejoint_settings::{Environment, Generations, Overrides, Settings, StoreSpec, TlsMode, read};
use serde_json::{Value, json};

fn cases(text: &str) -> Vec<Value> {
    serde_json::from_str(text).unwrap()
}

fn read_case(case: &Value, generation: Generations) -> Settings {
    let root = tempfile::tempdir().unwrap();
    for folder in ["home", "project/.git"] {
        fs::create_dir_all(root.path().join(folder)).unwrap();
    }
    for (name, content) in case["files"].as_object().into_iter().flatten() {
        let path = root.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content.as_str().map_or_else(|| content.to_string(), str::to_owned)).unwrap();
    }
    let mut environment = Environment::new(root.path().join("project"))
        .with_home(root.path().join("home"))
        .with_system_secrets(root.path().join("none"));
    for (name, value) in case["variables"].as_object().into_iter().flatten() {
        environment = environment.with_variable(name, value.as_str().unwrap());
    }
    read(&environment, generation, &Overrides::default()).unwrap()
}

/// Our value of a key, in DataJoint's terms.
fn value(settings: &Settings, key: &str) -> Value {
    let connection = &settings.connection;
    match key {
        "database.host" => json!(connection.host.value),
        "database.port" => json!(connection.port.value),
        "database.user" => json!(connection.user.as_ref().map(|user| &user.value)),
        "database.password" => json!(connection.password.as_ref().map(|password| password.value.expose())),
        "database.backend" => json!(connection.backend.value),
        "database.name" => json!(connection.database_name.as_ref().map(|name| &name.value)),
        "connection.charset" => json!(connection.charset.value),
        "database.use_tls" => match connection.use_tls.value {
            TlsMode::Preferred => Value::Null,
            TlsMode::Required => json!(true),
            TlsMode::Off => json!(false),
            TlsMode::Custom(_) => json!("custom"),
        },
        _ => match settings.client.get(key) {
            Some(setting) => setting.value.clone(),
            None => {
                json!({"safemode": true, "loglevel": "INFO", "display.limit": 12, "jobs.stale_timeout": 3600})
                    [key]
                    .clone()
            }
        },
    }
}

fn compare_store(spec: &StoreSpec, expected: &Value, case: &Value) {
    for (attribute, expected) in expected.as_object().unwrap() {
        let found = match attribute.as_str() {
            "protocol" => json!(spec.protocol.to_string()),
            "location" => json!(spec.location),
            "subfolding" => json!(spec.subfolding),
            other => json!(spec.other[other].value.expose()),
        };
        assert_eq!(&found, expected, "{attribute} of {} in {case}", spec.name);
    }
}

fn compare(text: &str, generation: Generations, at_least: usize) {
    let cases = cases(text);
    assert!(cases.len() >= at_least);
    for case in &cases {
        let settings = read_case(case, generation);
        for (key, expected) in case["result"]["values"].as_object().unwrap() {
            // 0.14 keeps an empty user; so do we.
            assert_eq!(&value(&settings, key), expected, "{key} in {case}");
        }
        let stores = case["result"]["stores"].as_object().unwrap();
        for (name, expected) in stores {
            match (name.as_str(), expected) {
                ("default", Value::String(default)) => {
                    assert_eq!(&settings.default_store.as_ref().unwrap().value, default);
                }
                _ => compare_store(&settings.stores[name], expected, case),
            }
        }
        let n_named = usize::from(settings.default_store.is_some());
        assert_eq!(settings.stores.len() + n_named, stores.len(), "{case}");
    }
}

#[test]
fn legacy_settings_are_those_of_0_14() {
    compare(include_str!("fixtures/legacy.json"), Generations::Legacy, 9);
}

#[test]
fn v2_settings_are_those_of_2_3() {
    compare(include_str!("fixtures/v2.json"), Generations::V2, 20);
}
