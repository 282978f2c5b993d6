//! Settings of 2.x: `datajoint.json`, secrets folders, variables.
//!
//! Source: `datajoint/settings.py` of 2.3.5, in the order of its `_create_config`: variables, file, `DJ_STORES`, secrets.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::keys::{self, Key};
use crate::layer::{Layer, choose_file, raw_store, read_object};
use crate::problem::{Problem, ProblemCode, Severity};
use crate::{Environment, Error, Generation, Origin, Result, Setting};

/// Variables that win over the file when they are not empty.
const MAPPED: &[(&str, &str)] = &[
    ("DJ_HOST", "database.host"),
    ("DJ_USER", "database.user"),
    ("DJ_PASS", "database.password"),
    ("DJ_BACKEND", "database.backend"),
    ("DJ_PORT", "database.port"),
    ("DJ_DATABASE_NAME", "database.name"),
    ("DJ_DATABASE_PREFIX", "database.database_prefix"),
    ("DJ_CREATE_TABLES", "database.create_tables"),
    ("DJ_LOG_LEVEL", "loglevel"),
    ("DJ_DIAGRAM_DIRECTION", "display.diagram_direction"),
    ("DJ_DIAGRAM_THEME", "display.diagram_theme"),
];

/// Variables the file wins over. The bare names are accidents of 2.x and are effective all the same.
const UNMAPPED: &[(&str, &str)] = &[
    ("DJ_USE_TLS", "database.use_tls"),
    ("DJ_RECONNECT", "database.reconnect"),
    ("DJ_SAFEMODE", "safemode"),
    ("DJ_DOWNLOAD_PATH", "download_path"),
    ("DJ_QUERY_CACHE", "query_cache"),
    ("DJ_JOBS_AUTO_REFRESH", "jobs.auto_refresh"),
    ("DJ_JOBS_KEEP_COMPLETED", "jobs.keep_completed"),
    ("DJ_JOBS_STALE_TIMEOUT", "jobs.stale_timeout"),
    ("DJ_JOBS_DEFAULT_PRIORITY", "jobs.default_priority"),
    ("DJ_JOBS_VERSION_METHOD", "jobs.version_method"),
    ("DJ_JOBS_ADD_JOB_METADATA", "jobs.add_job_metadata"),
    ("DJ_JOBS_ALLOW_NEW_PK_FIELDS_IN_COMPUTED_TABLES", "jobs.allow_new_pk_fields_in_computed_tables"),
    ("DJ_PROVENANCE_CAPTURE", "provenance.capture"),
    ("DJ_PROVENANCE_SOURCE", "provenance.source"),
    ("CHARSET", "connection.charset"),
    ("LIMIT", "display.limit"),
    ("WIDTH", "display.width"),
    ("SHOW_TUPLE_COUNT", "display.show_tuple_count"),
];

/// Other variables that mean something to DataJoint.
const OTHER: &[&str] = &[
    "DJ_STORES",
    "DJ_IGNORE_CONFIG_FILE",
    "DJ_THREAD_SAFE",
    "DJ_LOG_STREAM",
    "DJ_CONNECTION",
    "DJ_DISPLAY",
    "DJ_JOBS",
    "DJ_DATABASE",
    "DJ_AWS_ACCESS_KEY_ID",
    "DJ_AWS_SECRET_ACCESS_KEY",
    "DJ_SUPPORT_ADAPTED_TYPES",
    "DJ_SUPPORT_FILEPATH_MANAGEMENT",
];

const GROUPS: &[&str] = &["database", "connection", "display", "jobs", "provenance"];

/// Port of a MySQL server when nothing else is said.
pub(crate) const MYSQL_PORT: u16 = 3306;

/// Reads the 2.x sources. `files` of the result starts with `datajoint.json` if there is one.
pub(crate) fn read(
    environment: &Environment,
    given: Option<&Path>,
    problems: &mut Vec<Problem>,
) -> Result<Layer> {
    let mut layer = Layer::new(Generation::V2);
    read_variables(&mut layer, environment, problems);
    // The port is fixed from the backend before the file is read.
    let mut port = PortRule::new(&layer);

    let ignore_files = environment
        .variable("DJ_IGNORE_CONFIG_FILE")
        .and_then(|text| keys::flag(&Value::from(text), true))
        .unwrap_or(false);
    let mut config = None;
    if !ignore_files || given.is_some() {
        let found: Vec<PathBuf> = find_upwards(environment.current_dir()).into_iter().collect();
        config = choose_file(given, environment, &found)?;
    }
    if let Some(path) = &config {
        for (name, value) in &read_object(path, problems)? {
            let mut reader = FileReader { layer: &mut layer, environment, path, problems, port: &mut port };
            reader.key(name, value);
        }
        layer.files.push(path.clone());
    }
    port.apply(&mut layer);
    read_stores_variable(&mut layer, environment, problems);
    if (!ignore_files || given.is_some())
        && let Some(folder) = secrets_folder(environment, config.as_deref())
    {
        read_secrets(&mut layer, &folder)?;
    }
    Ok(layer)
}

/// True if 2.x would find a settings file.
pub(crate) fn has_file(environment: &Environment) -> bool {
    find_upwards(environment.current_dir()).is_some()
}

/// `datajoint.json` in `start` or a folder above it, up to the one that holds a repository.
fn find_upwards(start: &Path) -> Option<PathBuf> {
    let start = start.canonicalize().unwrap_or_else(|_| start.to_path_buf());
    for folder in start.ancestors() {
        let path = folder.join("datajoint.json");
        if path.is_file() {
            return Some(path);
        }
        if folder.join(".git").exists() || folder.join(".hg").exists() {
            return None;
        }
    }
    None
}

fn secrets_folder(environment: &Environment, config: Option<&Path>) -> Option<PathBuf> {
    let project = config.and_then(Path::parent).map(|folder| folder.join(".secrets"));
    project.into_iter().chain([environment.system_secrets().to_path_buf()]).find(|folder| folder.is_dir())
}

fn read_variables(layer: &mut Layer, environment: &Environment, problems: &mut Vec<Problem>) {
    for (variable, name) in UNMAPPED.iter().chain(MAPPED) {
        if let Some(value) = environment.variable(variable)
            && let Some(key) = keys::find(keys::V2, name)
        {
            layer.set(key, &Value::from(value), Origin::variable(variable), problems);
        }
    }
    for (variable, group) in [("DJ_CONNECTION", "connection"), ("DJ_DISPLAY", "display"), ("DJ_JOBS", "jobs")]
    {
        let Some(text) = environment.variable(variable) else { continue };
        let Ok(Value::Object(object)) = serde_json::from_str(text) else {
            problems.push(Problem::new(
                Severity::Error,
                ProblemCode::VariableFatal,
                Origin::variable(variable),
                format!("{variable} must hold a JSON object; 2.x does not start with it"),
            ));
            continue;
        };
        for (name, value) in &object {
            let name = format!("{group}.{name}");
            if let Some(key) = keys::find(keys::V2, &name) {
                layer.set(key, value, Origin::variable(variable), problems);
            }
        }
    }
    if environment.variable("DJ_DATABASE").is_some() {
        problems.push(
            Problem::new(
                Severity::Error,
                ProblemCode::VariableFatal,
                Origin::variable("DJ_DATABASE"),
                "2.x cannot be imported while DJ_DATABASE is set, whatever its value",
            )
            .help("unset it; use DJ_DATABASE_NAME for the name of a PostgreSQL database"),
        );
    }
    let known = || MAPPED.iter().chain(UNMAPPED).map(|(name, _)| *name).chain(OTHER.iter().copied());
    for name in environment.variable_names().filter(|name| name.starts_with("DJ_")) {
        if !known().any(|other| other == name)
            && let Some(meant) = keys::suggest(name, known())
        {
            problems.push(
                Problem::new(
                    Severity::Warning,
                    ProblemCode::VariableIgnored,
                    Origin::variable(name),
                    format!("no version of DataJoint reads {name}"),
                )
                .help(format!("did you mean {meant}?")),
            );
        }
    }
}

/// When 2.x decides on the default port: at construction, and again whenever a key of `database` is assigned while the
/// port is `null`.
struct PortRule {
    backend_is_postgresql: bool,
    port: Option<Setting<u64>>,
}

impl PortRule {
    fn new(layer: &Layer) -> Self {
        let text = |key: &str| layer.values.get(key).and_then(|setting| setting.value.as_str());
        let port = layer
            .values
            .get("database.port")
            .and_then(|setting| Some(Setting::new(setting.value.as_u64()?, setting.origin.clone())));
        let mut rule = Self { backend_is_postgresql: text("database.backend") == Some("postgresql"), port };
        rule.fill(Origin::Default);
        rule
    }

    fn fill(&mut self, origin: Origin) {
        if self.port.is_none() {
            let port = if self.backend_is_postgresql { 5432 } else { MYSQL_PORT };
            self.port = Some(Setting::new(port.into(), origin));
        }
    }

    fn assigned(&mut self, name: &str, layer: &Layer, origin: &Origin) {
        let value = layer.values.get(name).map(|setting| &setting.value);
        match name {
            "database.backend" => {
                self.backend_is_postgresql = value.and_then(Value::as_str) == Some("postgresql");
            }
            "database.port" => {
                self.port = value.and_then(Value::as_u64).map(|port| Setting::new(port, origin.clone()));
                self.fill(origin.clone());
            }
            _ => {}
        }
    }

    fn apply(self, layer: &mut Layer) {
        if let Some(port) = self.port.filter(|port| !port.is_default() || port.value != u64::from(MYSQL_PORT))
        {
            layer.values.insert("database.port".into(), Setting::new(Value::from(port.value), port.origin));
        }
    }
}

struct FileReader<'a> {
    layer: &'a mut Layer,
    environment: &'a Environment,
    path: &'a Path,
    problems: &'a mut Vec<Problem>,
    port: &'a mut PortRule,
}

impl FileReader<'_> {
    fn key(&mut self, name: &str, value: &Value) {
        match value {
            Value::Object(stores) if name == "stores" => {
                for (store, attributes) in stores {
                    self.store(store, attributes);
                }
            }
            Value::Object(object) if GROUPS.contains(&name) => {
                for (inner, value) in object {
                    self.known_or_unknown(&format!("{name}.{inner}"), value);
                }
            }
            _ => {
                let parts: Vec<&str> = name.split('.').collect();
                match parts.as_slice() {
                    ["stores", store, attribute] => {
                        let origin = Origin::file(self.path, name);
                        self.layer
                            .stores
                            .entry((*store).to_owned())
                            .or_default()
                            .insert((*attribute).to_owned(), Setting::new(value.clone(), origin));
                    }
                    ["stores", store] => {
                        let problem = Problem::new(
                            Severity::Warning,
                            ProblemCode::UnknownKey,
                            Origin::file(self.path, name),
                            format!("2.x silently ignores the flat key {name:?}"),
                        );
                        let help = format!("write {{\"stores\": {{{store:?}: …}}}}");
                        self.problems.push(problem.help(help));
                    }
                    ["stores"] => self.problems.push(Problem::new(
                        Severity::Error,
                        ProblemCode::BadValue,
                        Origin::file(self.path, name),
                        "stores must be an object of stores",
                    )),
                    _ => self.known_or_unknown(name, value),
                }
            }
        }
    }

    fn store(&mut self, store: &str, value: &Value) {
        let origin = Origin::file(self.path, format!("stores.{store}"));
        match (store, value) {
            // `stores.default` and `stores.filepath_default` name stores; an object is a store of that name.
            ("default", Value::String(name)) => {
                self.layer.default_store = Some(Setting::new(name.clone(), origin));
            }
            ("filepath_default", Value::String(name)) => {
                self.layer.filepath_default_store = Some(Setting::new(name.clone(), origin));
            }
            _ => self.layer.add_store(store, value, &origin, self.problems),
        }
    }

    fn known_or_unknown(&mut self, name: &str, value: &Value) {
        let origin = Origin::file(self.path, name);
        let Some(key) = keys::find(keys::V2, name) else {
            self.problems.push(unknown(name, value, origin));
            return;
        };
        if let Some((variable, _)) = MAPPED.iter().find(|(_, mapped)| *mapped == name)
            && self.environment.variable(variable).is_some_and(|text| !text.is_empty())
        {
            return;
        }
        self.warn_of_shadowed_variable(key, &origin);
        if name == "database.password" && value.as_str().is_some_and(|text| !text.is_empty()) {
            self.problems.push(
                Problem::new(
                    Severity::Note,
                    ProblemCode::ClearTextSecret,
                    origin.clone(),
                    "the password stands in clear text in the settings file",
                )
                .help("move it to the file .secrets/database.password"),
            );
        }
        self.layer.set(key, value, origin.clone(), self.problems);
        self.port.assigned(name, self.layer, &origin);
    }

    fn warn_of_shadowed_variable(&mut self, key: &Key, origin: &Origin) {
        if let Some((variable, _)) = UNMAPPED.iter().find(|(_, name)| *name == key.name)
            && variable.starts_with("DJ_")
            && self.environment.variable(variable).is_some()
        {
            self.problems.push(Problem::new(
                Severity::Warning,
                ProblemCode::VariableIgnored,
                origin.clone(),
                format!("{variable} has no effect: 2.x prefers the file for {}", key.name),
            ));
        }
    }
}

fn unknown(name: &str, value: &Value, origin: Origin) -> Problem {
    let is_external = name == "external" || name.starts_with("external-");
    if is_external || keys::LEGACY_UNREAD.contains(&name) || keys::find(keys::LEGACY, name).is_some() {
        let (code, help) = if is_external {
            (
                ProblemCode::LegacyExternal,
                "tables that use this 0.11 store must first be brought to the 0.12 form",
            )
        } else {
            (ProblemCode::OtherGeneration, "remove it")
        };
        return Problem::new(
            Severity::Warning,
            code,
            origin,
            format!("{name} is a key of 0.x; 2.x silently ignores it"),
        )
        .help(help);
    }
    let problem = Problem::new(
        Severity::Warning,
        ProblemCode::UnknownKey,
        origin,
        format!("2.x has no key {name:?} and silently ignores it"),
    );
    let candidates = keys::V2.iter().map(|key| key.name);
    let whole = keys::suggest(name, candidates.chain(GROUPS.iter().copied()).chain(["stores"]));
    // A bare name of a grouped key: {"host": …} instead of {"database": {"host": …}}.
    let grouped = || {
        keys::V2
            .iter()
            .map(|key| key.name)
            .find(|known| !value.is_object() && known.split_once('.').is_some_and(|(_, last)| last == name))
    };
    match whole.or_else(grouped) {
        Some(known) => problem.help(format!("did you mean {known:?}?")),
        None => problem,
    }
}

fn read_stores_variable(layer: &mut Layer, environment: &Environment, problems: &mut Vec<Problem>) {
    let Some(text) = environment.variable("DJ_STORES").filter(|text| !text.is_empty()) else { return };
    let origin = Origin::variable("DJ_STORES");
    match serde_json::from_str(text) {
        Ok(Value::Object(stores)) => {
            if !layer.stores.is_empty() {
                problems.push(Problem::new(
                    Severity::Warning,
                    ProblemCode::VariableIgnored,
                    origin.clone(),
                    "DJ_STORES replaces all stores of datajoint.json",
                ));
            }
            layer.stores.clear();
            layer.default_store = None;
            layer.filepath_default_store = None;
            for (store, value) in &stores {
                match (store.as_str(), value) {
                    ("default", Value::String(name)) => {
                        layer.default_store = Some(Setting::new(name.clone(), origin.clone()));
                    }
                    ("filepath_default", Value::String(name)) => {
                        layer.filepath_default_store = Some(Setting::new(name.clone(), origin.clone()));
                    }
                    (_, Value::Object(attributes)) => {
                        layer.stores.insert(store.clone(), raw_store(attributes, &origin));
                    }
                    _ => layer.add_store(store, value, &origin, problems),
                }
            }
        }
        _ => problems.push(Problem::new(
            Severity::Error,
            ProblemCode::VariableFatal,
            origin,
            "DJ_STORES must hold a JSON object; 2.x does not start with it",
        )),
    }
}

/// Python's `str.strip()`: Unicode white space and the four separators U+001C to U+001F.
pub(crate) fn python_strip(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c))
}

/// Secrets fill only what is still unset.
fn read_secrets(layer: &mut Layer, folder: &Path) -> Result<()> {
    let unreadable = |path: &Path, source| Error::Unreadable { path: path.to_path_buf(), source };
    let entries = std::fs::read_dir(folder).map_err(|source| unreadable(folder, source))?;
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|source| unreadable(folder, source))?;
        if let Some(name) = entry.file_name().to_str().filter(|_| entry.path().is_file()) {
            names.push(name.to_owned());
        }
    }
    names.sort();
    for name in names {
        let parts: Vec<&str> = name.split('.').collect();
        let is_store_secret = matches!(parts.as_slice(), ["stores", _, _]);
        if !is_store_secret && name != "database.user" && name != "database.password" {
            continue;
        }
        let path = folder.join(&name);
        let text = std::fs::read_to_string(&path).map_err(|source| unreadable(&path, source))?;
        let setting =
            Setting::new(Value::from(python_strip(&text)), Origin::SecretFile { path: path.clone() });
        match parts.as_slice() {
            ["stores", store, attribute] => {
                let attributes = layer.stores.entry((*store).to_owned()).or_default();
                attributes.entry((*attribute).to_owned()).or_insert(setting);
            }
            _ => {
                layer.values.entry(name).or_insert(setting);
            }
        }
    }
    layer.files.push(folder.to_path_buf());
    Ok(())
}
