//! The settings of both generations, joined.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;
use serde_json::Value;

use crate::layer::Layer;
use crate::problem::{Problem, ProblemCode, Severity};
use crate::store_spec::{self, Protocol, StoreSpec};
use crate::{Environment, Generation, Origin, Result, Secret, Setting, legacy, v2};

/// Which generation's sources to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Generations {
    /// What exists: 0.x if it has a file, 2.x if it has a file or 0.x has none. Contradictions are errors.
    #[default]
    Auto,
    /// Only 0.x.
    Legacy,
    /// Only 2.x.
    V2,
}

/// Values given on the command line: they win over everything, and settle conflicts.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// `--host`, also `name:port`.
    pub host: Option<String>,
    /// `--port`.
    pub port: Option<u16>,
    /// `--user`.
    pub user: Option<String>,
    /// `--password`, or typed at a prompt.
    pub password: Option<Secret>,
    /// `--tls`: required or off.
    pub use_tls: Option<bool>,
    /// `--store NAME=FOLDER`: where the store's objects are on this machine (a mount, a copy of a bucket).
    pub store_locations: BTreeMap<String, PathBuf>,
    /// A 0.x settings file to read instead of searching.
    pub legacy_file: Option<PathBuf>,
    /// A 2.x settings file to read instead of searching.
    pub v2_file: Option<PathBuf>,
}

/// The database server's kind (2.x; 0.x has only MySQL).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Backend {
    /// MySQL or MariaDB.
    Mysql,
    /// PostgreSQL.
    Postgresql,
}

/// `database.use_tls`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TlsMode {
    /// Not set: try TLS, go on without when it fails.
    Preferred,
    /// `true`: TLS or nothing.
    Required,
    /// `false`: never.
    Off,
    /// 0.x only: TLS with these options.
    Custom(TlsOptions),
}

/// Options of a `use_tls` object, as PyMySQL takes them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct TlsOptions {
    /// File of accepted authorities.
    pub ca: Option<String>,
    /// The client's certificate file.
    pub cert: Option<String>,
    /// The client's key file.
    pub key: Option<String>,
    /// Whether the server's name must be in its certificate.
    pub check_hostname: Option<bool>,
    /// Names of options rejoint does not know.
    pub unread: Vec<String>,
}

/// How to reach the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConnectionSettings {
    /// Name or address, without port. Default `localhost`.
    pub host: Setting<String>,
    /// TCP port. Default 3306 (PostgreSQL: 5432 by 2.x's rules).
    pub port: Setting<u16>,
    /// User; clients prompt without it.
    pub user: Option<Setting<String>>,
    /// Password; clients prompt without it.
    pub password: Option<Setting<Secret>>,
    /// TLS. Default [`TlsMode::Preferred`].
    pub use_tls: Setting<TlsMode>,
    /// Character set of the connection; `""` leaves it to the driver (utf8mb4).
    pub charset: Setting<String>,
    /// Server kind. Default MySQL.
    pub backend: Setting<Backend>,
    /// 0.x: SQL run after connecting. It may change what statements mean (`sql_mode`, time zone).
    pub init_function: Option<Setting<String>>,
    /// 2.x with PostgreSQL: name of the database.
    pub database_name: Option<Setting<String>>,
}

/// Everything a lab has configured.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Settings {
    /// Files and secrets folders that were read, in order.
    pub files: Vec<PathBuf>,
    /// How to reach the server.
    pub connection: ConnectionSettings,
    /// Stores by name; one that both generations define is given as 0.x has it. See [`Settings::store_as`].
    pub stores: BTreeMap<String, StoreSpec>,
    /// Stores of 0.11 (`external`, `external-<name>`) by name; `""` is `external`.
    pub external_stores: BTreeMap<String, StoreSpec>,
    /// 2.x: store of `<codec@>` without name.
    pub default_store: Option<Setting<String>>,
    /// 2.x: store of `<filepath@>` without name.
    pub filepath_default_store: Option<Setting<String>>,
    /// Other known keys that are set (`safemode`, `loglevel`, `display.limit`, …), by dotted name. No secrets.
    pub client: BTreeMap<String, Setting<Value>>,
    /// What is wrong.
    pub problems: Vec<Problem>,
    #[serde(skip)]
    v2_stores: BTreeMap<String, StoreSpec>,
}

impl Settings {
    /// Errors that forbid connecting. Errors about single stores are in [`Settings::store_errors`].
    pub fn errors(&self) -> impl Iterator<Item = &Problem> {
        self.problems.iter().filter(|problem| problem.severity == Severity::Error && problem.store.is_none())
    }

    /// Errors that forbid using the store `name`.
    pub fn store_errors(&self, name: &str) -> impl Iterator<Item = &Problem> {
        let name = name.to_owned();
        self.problems.iter().filter(move |problem| {
            problem.severity == Severity::Error && problem.store.as_deref() == Some(name.as_str())
        })
    }

    /// The store `name` by the rules of `generation`.
    ///
    /// A store that only 0.x defines is translated for 2.x (same objects, 0.x's folders for new ones). A store that only 2.x
    /// defines is given to 0.x with 0.x's default folders `[2, 2]`, unless its `subfolding` is set.
    pub fn store_as(&self, name: &str, generation: Generation) -> Option<StoreSpec> {
        let spec = self.stores.get(name)?;
        match generation {
            Generation::V2 => Some(self.v2_stores.get(name).unwrap_or(spec).clone().into_v2()),
            Generation::Legacy => {
                let mut spec = spec.clone();
                if spec.generation == Generation::V2 {
                    spec.generation = Generation::Legacy;
                    if spec.subfolding.is_empty() {
                        spec.subfolding = vec![2, 2];
                    }
                }
                Some(spec)
            }
        }
    }
}

/// Reads the settings. See the [crate documentation](crate) for what wins over what.
///
/// # Errors
/// A file that was named and does not exist, or that exists and cannot be read. Anything wrong inside a file is in
/// [`Settings::problems`].
pub fn read(environment: &Environment, generations: Generations, overrides: &Overrides) -> Result<Settings> {
    let mut problems = Vec::new();
    let mut layers = Vec::new();
    if generations != Generations::V2 {
        let mut found = Vec::new();
        let layer = legacy::read(environment, overrides.legacy_file.as_deref(), &mut found)?;
        if generations == Generations::Legacy || !layer.files.is_empty() {
            problems.append(&mut found);
            layers.push(layer);
        }
    }
    let v2_wanted = match generations {
        Generations::Legacy => false,
        Generations::V2 => true,
        Generations::Auto => layers.is_empty() || overrides.v2_file.is_some() || v2::has_file(environment),
    };
    if v2_wanted {
        layers.push(v2::read(environment, overrides.v2_file.as_deref(), &mut problems)?);
    } else if environment.variable("DJ_PORT").is_some() {
        problems.push(
            Problem::new(
                Severity::Warning,
                ProblemCode::VariableIgnored,
                Origin::variable("DJ_PORT"),
                "0.x does not read DJ_PORT",
            )
            .help("give --port, or write host:port"),
        );
    }
    Ok(join(&layers, overrides, problems))
}

fn join(layers: &[Layer], overrides: &Overrides, mut problems: Vec<Problem>) -> Settings {
    let connections: Vec<ConnectionSettings> =
        layers.iter().map(|layer| connection_of(layer, &mut problems)).collect();
    let mut connection = match connections.as_slice() {
        [] => connection_of(&Layer::new(Generation::V2), &mut problems),
        [only] => only.clone(),
        [first, second, ..] => join_connections(first, second, overrides, &mut problems),
    };
    apply_flags(&mut connection, overrides, &mut problems);

    let mut settings = Settings {
        files: layers.iter().flat_map(|layer| layer.files.iter().cloned()).collect(),
        connection,
        stores: BTreeMap::new(),
        external_stores: BTreeMap::new(),
        default_store: None,
        filepath_default_store: None,
        client: BTreeMap::new(),
        problems,
        v2_stores: BTreeMap::new(),
    };
    for layer in layers {
        join_stores(&mut settings, layer, overrides);
        for (key, setting) in &layer.values {
            let in_connection = key.starts_with("database.host")
                || matches!(
                    key.as_str(),
                    "database.port"
                        | "database.user"
                        | "database.password"
                        | "database.use_tls"
                        | "database.backend"
                        | "database.name"
                        | "connection.charset"
                        | "connection.init_function"
                );
            if !in_connection {
                settings.client.entry(key.clone()).or_insert_with(|| setting.clone());
            }
        }
    }
    check_default_stores(&mut settings);
    settings
}

fn connection_of(layer: &Layer, problems: &mut Vec<Problem>) -> ConnectionSettings {
    let text = |key: &str| {
        let setting = layer.values.get(key)?;
        Some(Setting::new(setting.value.as_str()?.to_owned(), setting.origin.clone()))
    };
    let port = layer.values.get("database.port").and_then(|setting| {
        Some(Setting::new(u16::try_from(setting.value.as_u64()?).ok()?, setting.origin.clone()))
    });
    let (host, host_port) = match text("database.host") {
        Some(host) => split_host(host, problems),
        None => (Setting::default_value("localhost".to_owned()), None),
    };
    let backend = text("database.backend").map(|setting| {
        let backend = if setting.value == "postgresql" { Backend::Postgresql } else { Backend::Mysql };
        Setting::new(backend, setting.origin)
    });
    ConnectionSettings {
        host,
        port: host_port.or(port).unwrap_or(Setting::default_value(v2::MYSQL_PORT)),
        user: text("database.user"),
        password: text("database.password")
            .map(|setting| Setting::new(Secret::new(setting.value), setting.origin)),
        use_tls: layer.values.get("database.use_tls").map_or_else(
            || Setting::default_value(TlsMode::Preferred),
            |setting| Setting::new(tls_mode(&setting.value), setting.origin.clone()),
        ),
        charset: text("connection.charset").unwrap_or(Setting::default_value(String::new())),
        backend: backend.unwrap_or(Setting::default_value(Backend::Mysql)),
        init_function: text("connection.init_function"),
        database_name: text("database.name"),
    }
}

/// Takes `name:port` apart; the port in the host wins over `database.port`, as in both generations.
fn split_host(host: Setting<String>, problems: &mut Vec<Problem>) -> (Setting<String>, Option<Setting<u16>>) {
    let Setting { value, origin } = host;
    let error = |message: String, help: &str| {
        Problem::new(Severity::Error, ProblemCode::Host, origin.clone(), message).help(help)
    };
    if value.contains("://") {
        problems.push(error(
            format!("the host {value:?} needs a connection plug-in, which rejoint does not have"),
            "give the server itself with --host",
        ));
        return (Setting::new(value, origin), None);
    }
    if let Some((name, port)) = value.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        problems.push(ipv6_problem(&origin));
        let port = port.strip_prefix(':').and_then(|port| port.parse().ok());
        return (Setting::new(name.to_owned(), origin.clone()), port.map(|port| Setting::new(port, origin)));
    }
    match value.split_once(':') {
        None => (Setting::new(value, origin), None),
        Some((_, port)) if port.contains(':') => {
            problems.push(ipv6_problem(&origin));
            (Setting::new(value, origin), None)
        }
        Some((name, port)) => match port.trim().parse::<u16>() {
            Ok(port) => (Setting::new(name.to_owned(), origin.clone()), Some(Setting::new(port, origin))),
            Err(_) => {
                problems.push(error(
                    format!("the port in the host {value:?} is not a number up to 65535"),
                    "write host:port",
                ));
                (Setting::new(value, origin), None)
            }
        },
    }
}

fn ipv6_problem(origin: &Origin) -> Problem {
    Problem::new(
        Severity::Note,
        ProblemCode::Host,
        origin.clone(),
        "DataJoint cannot connect to an IPv6 address written as a literal; rejoint can",
    )
}

fn tls_mode(value: &Value) -> TlsMode {
    let object = match value {
        Value::Bool(true) => return TlsMode::Required,
        Value::Bool(false) => return TlsMode::Off,
        Value::Object(object) => object,
        _ => return TlsMode::Preferred,
    };
    // `{"ssl": {…}}` is how older examples wrap the options.
    let object = object.get("ssl").and_then(Value::as_object).unwrap_or(object);
    let mut options = TlsOptions::default();
    for (name, value) in object {
        let text = value.as_str().map(str::to_owned);
        match name.as_str() {
            "ca" => options.ca = text,
            "cert" => options.cert = text,
            "key" => options.key = text,
            "check_hostname" => options.check_hostname = value.as_bool(),
            _ => options.unread.push(name.clone()),
        }
    }
    TlsMode::Custom(options)
}

/// Both generations have a say: equal or only one set, or a conflict.
fn join_connections(
    old: &ConnectionSettings,
    new: &ConnectionSettings,
    overrides: &Overrides,
    problems: &mut Vec<Problem>,
) -> ConnectionSettings {
    let mut conflict = |key: &str, settled: bool, old: (&Origin, String), new: (&Origin, String)| {
        if !settled {
            problems.push(
                Problem::new(
                    Severity::Error,
                    ProblemCode::Conflict,
                    old.0.clone(),
                    format!("{key} is {} here and {} in {}", old.1, new.1, new.0),
                )
                .help("choose one generation's settings, give the value by option, or make the files agree"),
            );
        }
    };
    let port = if old.port.is_default() { &new.port } else { &old.port };
    let mut host = if old.host.is_default() { &new.host } else { &old.host };
    let both_hosts = !old.host.is_default() && !new.host.is_default();
    // A default port is a statement when the file names the host.
    if both_hosts && (&old.host.value, old.port.value) != (&new.host.value, new.port.value) {
        host = &old.host;
        let text = |side: &ConnectionSettings| format!("{}:{}", side.host.value, side.port.value);
        conflict(
            "the server",
            overrides.host.is_some(),
            (&old.host.origin, text(old)),
            (&new.host.origin, text(new)),
        );
    } else if !both_hosts
        && !old.port.is_default()
        && !new.port.is_default()
        && old.port.value != new.port.value
    {
        conflict(
            "database.port",
            overrides.port.is_some(),
            (&old.port.origin, old.port.value.to_string()),
            (&new.port.origin, new.port.value.to_string()),
        );
    }
    let port = if both_hosts { &old.port } else { port };
    if let (Some(a), Some(b)) = (&old.user, &new.user)
        && a.value != b.value
    {
        conflict(
            "database.user",
            overrides.user.is_some(),
            (&a.origin, format!("{:?}", a.value)),
            (&b.origin, format!("{:?}", b.value)),
        );
    }
    if let (Some(a), Some(b)) = (&old.password, &new.password)
        && a.value != b.value
    {
        conflict(
            "database.password",
            overrides.password.is_some(),
            (&a.origin, "one text".into()),
            (&b.origin, "another".into()),
        );
    }
    if !old.use_tls.is_default() && !new.use_tls.is_default() && old.use_tls.value != new.use_tls.value {
        conflict(
            "database.use_tls",
            overrides.use_tls.is_some(),
            (&old.use_tls.origin, format!("{:?}", old.use_tls.value)),
            (&new.use_tls.origin, format!("{:?}", new.use_tls.value)),
        );
    }
    if new.backend.value == Backend::Postgresql {
        conflict(
            "the kind of server",
            false,
            (&old.host.origin, "MySQL (0.x knows no other)".into()),
            (&new.backend.origin, "PostgreSQL".into()),
        );
    }
    fn either<T: Clone>(a: &Setting<T>, b: &Setting<T>) -> Setting<T> {
        if a.is_default() { b.clone() } else { a.clone() }
    }
    ConnectionSettings {
        host: host.clone(),
        port: port.clone(),
        user: old.user.clone().or_else(|| new.user.clone()),
        password: old.password.clone().or_else(|| new.password.clone()),
        use_tls: either(&old.use_tls, &new.use_tls),
        charset: either(&old.charset, &new.charset),
        backend: new.backend.clone(),
        init_function: old.init_function.clone(),
        database_name: new.database_name.clone(),
    }
}

fn apply_flags(connection: &mut ConnectionSettings, overrides: &Overrides, problems: &mut Vec<Problem>) {
    if let Some(host) = &overrides.host {
        let (host, port) = split_host(Setting::new(host.clone(), Origin::flag("--host")), problems);
        connection.host = host;
        if let Some(port) = port {
            connection.port = port;
        }
    }
    if let Some(port) = overrides.port {
        connection.port = Setting::new(port, Origin::flag("--port"));
    }
    if let Some(user) = &overrides.user {
        connection.user = Some(Setting::new(user.clone(), Origin::flag("--user")));
    }
    if let Some(password) = &overrides.password {
        connection.password = Some(Setting::new(password.clone(), Origin::flag("--password")));
    }
    if let Some(use_tls) = overrides.use_tls {
        let mode = if use_tls { TlsMode::Required } else { TlsMode::Off };
        connection.use_tls = Setting::new(mode, Origin::flag("--tls"));
    }
}

fn join_stores(settings: &mut Settings, layer: &Layer, overrides: &Overrides) {
    for (name, raw) in &layer.stores {
        let mut spec = store_spec::interpret(name, raw, layer.generation, &mut settings.problems);
        let moved = overrides.store_locations.get(name);
        if let Some(folder) = moved {
            relocate(&mut spec, folder);
        }
        if layer.generation == Generation::V2 {
            settings.v2_stores.insert(name.clone(), spec.clone());
        }
        match settings.stores.get(name) {
            None => {
                settings.stores.insert(name.clone(), spec);
            }
            Some(old) if moved.is_none() && old.place() != spec.place() => settings.problems.push(
                Problem::new(
                    Severity::Error,
                    ProblemCode::Conflict,
                    old.origin.clone(),
                    format!("store {name:?} is another place here than in {}", spec.origin),
                )
                .store(name)
                .help("make the files agree, or say where its objects are with --store NAME=FOLDER"),
            ),
            Some(_) => {}
        }
    }
    for (name, raw) in &layer.external {
        let mut spec = store_spec::interpret(name, raw, Generation::Legacy, &mut Vec::new());
        spec.subfolding = Vec::new();
        settings.external_stores.insert(name.clone(), spec);
    }
    settings.default_store = settings.default_store.take().or_else(|| layer.default_store.clone());
    settings.filepath_default_store =
        settings.filepath_default_store.take().or_else(|| layer.filepath_default_store.clone());
    // A folder for a store no file mentions defines it.
    let is_last_word = layer.generation == Generation::V2 || settings.v2_stores.is_empty();
    if is_last_word {
        for (name, folder) in &overrides.store_locations {
            if !settings.stores.contains_key(name) {
                let mut spec = StoreSpec::file(name.as_str(), "", layer.generation);
                relocate(&mut spec, folder);
                settings.stores.insert(name.clone(), spec);
            }
        }
    }
}

fn relocate(spec: &mut StoreSpec, folder: &std::path::Path) {
    spec.protocol = Protocol::File;
    spec.location = folder.to_string_lossy().into_owned();
    spec.origin = Origin::flag("--store");
}

fn check_default_stores(settings: &mut Settings) {
    let named = [
        ("stores.default", &settings.default_store),
        ("stores.filepath_default", &settings.filepath_default_store),
    ];
    let missing: Vec<Problem> = named
        .into_iter()
        .filter_map(|(key, setting)| {
            let setting = setting.as_ref()?;
            (!settings.stores.contains_key(&setting.value)).then(|| {
                Problem::new(
                    Severity::Warning,
                    ProblemCode::DefaultStore,
                    setting.origin.clone(),
                    format!("{key} names the store {:?}, which is not configured", setting.value),
                )
            })
        })
        .collect();
    settings.problems.extend(missing);
}
