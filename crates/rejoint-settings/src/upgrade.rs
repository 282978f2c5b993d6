//! The 2.x files that say what the 0.x settings said.

use serde_json::{Map, Value, json};

use crate::problem::{Problem, ProblemCode, Severity};
use crate::settings::TlsMode;
use crate::store_spec::{Protocol, StoreSpec};
use crate::v2::python_strip;
use crate::{Generation, Origin, Secret, Settings, keys};

/// A file to write into `.secrets/`, readable by its owner only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretFile {
    /// File name, e.g. `database.password`.
    pub name: String,
    /// Its whole content.
    pub content: Secret,
}

/// The 2.x configuration of a pipeline.
#[derive(Debug, Clone, PartialEq)]
pub struct V2Files {
    /// Text of `datajoint.json`. Holds no secret.
    pub datajoint_json: String,
    /// Files for `.secrets/`.
    pub secrets: Vec<SecretFile>,
    /// What could not be carried over or needs a decision.
    pub notes: Vec<Problem>,
}

/// Keys of both generations with the same meaning, in the order they are written. `database.host`, `.port` come first.
const SAME: &[&str] = &[
    "database.reconnect",
    "connection.charset",
    "display.limit",
    "display.width",
    "display.show_tuple_count",
    "loglevel",
    "safemode",
    "query_cache",
    "download_path",
];

/// Keys of 0.x without counterpart, and what that means.
const GONE: &[(&str, &str)] = &[
    ("fetch_format", "2.x fetches arrays; use to_pandas() for frames"),
    ("enable_python_native_blobs", "always on in 2.x"),
    ("add_hidden_timestamp", "existing hidden columns keep working; new tables get none"),
    ("filepath_checksum_size_limit", "2.x computes no checksums of filepaths"),
    ("filepath_checksum_size_limit_insert", "2.x computes no checksums of filepaths"),
    ("cache", "external blobs are read from the store each time"),
];

/// Writes `settings` as 2.x reads them, so that every old object is found and new ones are placed as before.
///
/// Secrets go to secret files, never into the JSON. Defaults that differ between the generations are written out
/// (`secure`, `subfolding`), S3 locations are given as 0.x understood them. No default store is chosen.
pub fn to_v2(settings: &Settings) -> V2Files {
    let mut files = V2Files { datajoint_json: String::new(), secrets: Vec::new(), notes: Vec::new() };
    let mut root = Map::new();
    write_connection(settings, &mut root, &mut files);
    for key in SAME {
        if let Some(setting) = settings.client.get(*key) {
            put(&mut root, key, setting.value.clone());
        }
    }
    if !settings.connection.charset.is_default() {
        put(&mut root, "connection.charset", json!(settings.connection.charset.value));
    }
    for (key, meaning) in GONE {
        if let Some(setting) = settings.client.get(*key) {
            files.notes.push(
                Problem::new(
                    Severity::Note,
                    ProblemCode::NotExpressible,
                    setting.origin.clone(),
                    format!("2.x has no {key}"),
                )
                .help(*meaning),
            );
        }
    }
    // Keys only 2.x has.
    for (key, setting) in &settings.client {
        let only_v2 = keys::find(keys::V2, key).is_some() && keys::find(keys::LEGACY, key).is_none();
        if only_v2 && key != "ignore_config_file" {
            put(&mut root, key, setting.value.clone());
        }
    }
    write_stores(settings, &mut root, &mut files);
    for name in settings.external_stores.keys() {
        let shown = if name.is_empty() { "external".to_owned() } else { format!("external-{name}") };
        files.notes.push(
            Problem::new(
                Severity::Warning,
                ProblemCode::LegacyExternal,
                Origin::Default,
                format!("the 0.11 store {shown} was not carried over"),
            )
            .help("bring its tables to the 0.12 form first"),
        );
    }
    files.datajoint_json = serde_json::to_string_pretty(&Value::Object(root)).unwrap_or_default() + "\n";
    files
}

fn write_connection(settings: &Settings, root: &mut Map<String, Value>, files: &mut V2Files) {
    let connection = &settings.connection;
    let not_expressible = |origin: &Origin, message: &str, help: &str| {
        Problem::new(Severity::Warning, ProblemCode::NotExpressible, origin.clone(), message).help(help)
    };
    put(root, "database.host", json!(connection.host.value));
    put(root, "database.backend", json!(connection.backend.value));
    put(root, "database.port", json!(connection.port.value));
    if let Some(name) = &connection.database_name {
        put(root, "database.name", json!(name.value));
    }
    if let Some(user) = &connection.user {
        put(root, "database.user", json!(user.value));
    }
    if let Some(password) = &connection.password {
        push_secret(files, "database.password".into(), &password.value, &password.origin);
    }
    match &connection.use_tls.value {
        TlsMode::Preferred => {}
        TlsMode::Required => put(root, "database.use_tls", json!(true)),
        TlsMode::Off => put(root, "database.use_tls", json!(false)),
        TlsMode::Custom(_) => {
            put(root, "database.use_tls", json!(true));
            files.notes.push(not_expressible(
                &connection.use_tls.origin,
                "2.x settings cannot hold TLS options; TLS is required without them",
                "give them in code: dj.conn(use_tls={…})",
            ));
        }
    }
    if let Some(init) = &connection.init_function {
        files.notes.push(not_expressible(
            &init.origin,
            "2.x has no connection.init_function; its SQL no longer runs after connecting",
            "set the same server-side, e.g. as init_connect or a default of the user",
        ));
    }
}

fn write_stores(settings: &Settings, root: &mut Map<String, Value>, files: &mut V2Files) {
    let mut stores = Map::new();
    for (key, setting) in
        [("default", &settings.default_store), ("filepath_default", &settings.filepath_default_store)]
    {
        if let Some(setting) = setting {
            stores.insert(key.into(), json!(setting.value));
        }
    }
    for name in settings.stores.keys() {
        let Some(spec) = settings.store_as(name, Generation::V2) else { continue };
        if name == "default" || name == "filepath_default" {
            files.notes.push(
                Problem::new(
                    Severity::Warning,
                    ProblemCode::DefaultStore,
                    spec.origin.clone(),
                    format!("a store called {name:?} stands where 2.x keeps the name of a default store"),
                )
                .store(name)
                .help(format!(
                    "2.x reads it as <codec@{name}>; stores.{name} can then not name another store"
                )),
            );
            // Two meanings for one key: the store with data in it is the one that must stay.
            stores.remove(name);
        }
        let written = write_store(&spec, settings, files);
        stores.insert(name.clone(), Value::Object(written));
    }
    if !stores.is_empty() {
        root.insert("stores".into(), Value::Object(stores));
    }
}

fn write_store(spec: &StoreSpec, settings: &Settings, files: &mut V2Files) -> Map<String, Value> {
    let mut out = Map::new();
    out.insert("protocol".into(), json!(spec.protocol.to_string()));
    for (attribute, value) in
        [("endpoint", &spec.endpoint), ("bucket", &spec.bucket), ("container", &spec.container)]
    {
        if let Some(value) = value {
            out.insert(attribute.into(), json!(value));
        }
    }
    out.insert("location".into(), json!(spec.location));
    if spec.protocol == Protocol::S3 {
        out.insert("secure".into(), json!(spec.secure));
    }
    if !spec.subfolding.is_empty() {
        out.insert("subfolding".into(), json!(spec.subfolding));
    }
    if let Some(pattern) = &spec.partition_pattern {
        out.insert("partition_pattern".into(), json!(pattern));
    }
    if spec.token_length != 8 {
        out.insert("token_length".into(), json!(spec.token_length));
    }
    for (attribute, value, default) in
        [("hash_prefix", &spec.hash_prefix, "_hash"), ("schema_prefix", &spec.schema_prefix, "_schema")]
    {
        if value != default {
            out.insert(attribute.into(), json!(value));
        }
    }
    if let Some(prefix) = &spec.filepath_prefix {
        out.insert("filepath_prefix".into(), json!(prefix));
    }
    let was_legacy = settings.stores.get(&spec.name).is_some_and(|old| old.generation == Generation::Legacy);
    let note = |code, message: String, help: &str| {
        Problem::new(Severity::Note, code, spec.origin.clone(), message).store(&spec.name).help(help)
    };
    if was_legacy && spec.stage.is_some() {
        files.notes.push(note(
            ProblemCode::NotExpressible,
            format!("store {:?}: 2.x has no stage and copies no files to it", spec.name),
            "fetching a filepath gives a handle to the file in the store",
        ));
    }
    for (attribute, setting) in &spec.other {
        if attribute == "proxy_server" {
            files.notes.push(note(
                ProblemCode::NotExpressible,
                format!("store {:?}: 2.x accepts proxy_server and does not use it", spec.name),
                "set HTTPS_PROXY for the process",
            ));
            continue;
        }
        if spec.name.contains('.') || attribute.contains('.') || spec.name.is_empty() {
            files.notes.push(note(
                ProblemCode::NotExpressible,
                format!("store {:?}: a name with a dot has no secret file for {attribute}", spec.name),
                "give it in DJ_STORES",
            ));
            continue;
        }
        push_secret(files, format!("stores.{}.{attribute}", spec.name), &setting.value, &setting.origin);
    }
    out
}

/// Adds a secret file, unless 2.x would read it back changed (it strips the content and translates line ends).
fn push_secret(files: &mut V2Files, name: String, secret: &Secret, origin: &Origin) {
    let text = secret.expose();
    if python_strip(text) == text && !text.contains('\r') && !name.contains('/') {
        files.secrets.push(SecretFile { name, content: secret.clone() });
        return;
    }
    files.notes.push(
        Problem::new(
            Severity::Warning,
            ProblemCode::NotExpressible,
            origin.clone(),
            format!(
                "{name} begins or ends with white space or holds a line end; a secret file would change it"
            ),
        )
        .help("give it by environment variable (DJ_PASS, DJ_STORES)"),
    );
}

/// Puts `value` at the dotted `key`, as a group of its own.
fn put(root: &mut Map<String, Value>, key: &str, value: Value) {
    match key.split_once('.') {
        None => {
            root.insert(key.to_owned(), value);
        }
        Some((group, name)) => {
            if let Value::Object(group) =
                root.entry(group.to_owned()).or_insert_with(|| Value::Object(Map::new()))
            {
                group.insert(name.to_owned(), value);
            }
        }
    }
}
