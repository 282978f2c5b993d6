//! From arguments and settings to a connection and open stores.

use crate::args::{ConnectionArgs, SchemaArgs, Tls};
use crate::failure::{Failure, Kind};
use crate::output;
use rejoint_db::{Connection, schema_names};
use rejoint_mysql::{Config, TlsMode};
use rejoint_run::RunStores;
use rejoint_settings::{Environment, Generations, Overrides, Secret, Settings};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Reads the settings; a conflict or a bad value is an error here.
pub(crate) fn settings(args: &ConnectionArgs) -> Result<Settings, Failure> {
    let environment =
        Environment::from_process().map_err(|e| Failure::new(Kind::Environment, e.to_string()))?;
    let mut overrides = Overrides {
        host: args.host.clone(),
        port: args.port,
        user: args.user.clone(),
        password: None,
        use_tls: match args.tls {
            Some(Tls::Off) => Some(false),
            Some(Tls::Required | Tls::Verified) => Some(true),
            Some(Tls::Preferred) | None => None,
        },
        store_locations: store_locations(&args.stores)?,
        legacy_file: None,
        v2_file: None,
    };
    let mut generations = Generations::Auto;
    if let Some(file) = &args.config {
        if file.file_name().is_some_and(|n| n == "datajoint.json") {
            overrides.v2_file = Some(file.clone());
            generations = Generations::V2;
        } else {
            overrides.legacy_file = Some(file.clone());
            generations = Generations::Legacy;
        }
    }
    if args.password {
        let typed = rpassword::prompt_password("Password: ")
            .map_err(|e| Failure::new(Kind::Environment, format!("cannot ask for the password: {e}")))?;
        overrides.password = Some(Secret::new(typed));
    }
    let settings = rejoint_settings::read(&environment, generations, &overrides)
        .map_err(|e| Failure::input(e.to_string()).hint("Name the settings file with --config FILE."))?;
    for problem in settings.problems.iter().filter(|p| p.severity == rejoint_settings::Severity::Warning) {
        output::warning(&described(problem));
    }
    Ok(settings)
}

fn store_locations(given: &[String]) -> Result<BTreeMap<String, PathBuf>, Failure> {
    given
        .iter()
        .map(|text| {
            let (name, folder) = text
                .split_once('=')
                .ok_or_else(|| Failure::input(format!("--store {text}: write NAME=FOLDER")))?;
            Ok((name.to_owned(), PathBuf::from(folder)))
        })
        .collect()
}

/// Connects as the settings say; asks for a password where none is configured and somebody is there to answer.
pub(crate) fn connect(args: &ConnectionArgs, settings: &Settings) -> Result<Connection, Failure> {
    if let Some(problem) = settings.errors().next() {
        let failure = Failure::input(described(problem));
        return Err(match &problem.help {
            Some(help) => failure.hint(help.clone()),
            None => failure,
        });
    }
    let connection = &settings.connection;
    let user = connection.user.as_ref().map(|u| u.value.clone()).ok_or_else(|| {
        Failure::input("no user is configured")
            .hint("Give --user NAME, set DJ_USER, or add database.user to dj_local_conf.json.")
    })?;
    let password = match &connection.password {
        Some(password) => password.value.expose().to_owned(),
        None => {
            use std::io::IsTerminal as _;
            if !std::io::stdin().is_terminal() {
                return Err(Failure::input("no password is configured").hint(
                    "Set DJ_PASS, add database.password to the settings, or give --password to be asked.",
                ));
            }
            rpassword::prompt_password(format!("Password of {user}@{}: ", connection.host.value))
                .map_err(|e| Failure::new(Kind::Environment, format!("cannot ask for the password: {e}")))?
        }
    };
    let tls = match (args.tls, &connection.use_tls.value) {
        (Some(Tls::Off), _) => TlsMode::Off,
        (Some(Tls::Preferred), _) => TlsMode::Preferred,
        (Some(Tls::Required), _) => TlsMode::Required,
        (Some(Tls::Verified), _) => TlsMode::Verified,
        (None, rejoint_settings::TlsMode::Off) => TlsMode::Off,
        (None, rejoint_settings::TlsMode::Preferred) => TlsMode::Preferred,
        (None, rejoint_settings::TlsMode::Required | rejoint_settings::TlsMode::Custom(_)) => {
            TlsMode::Required
        }
    };
    let config = Config {
        host: connection.host.value.clone(),
        port: connection.port.value,
        user,
        password,
        tls,
        lock_wait_seconds: args.lock_wait,
    };
    Ok(rejoint_mysql::connect(&config)?)
}

/// The schemas that were asked for.
pub(crate) fn schemas(args: &SchemaArgs, connection: &mut Connection) -> Result<Vec<String>, Failure> {
    let known = schema_names(connection)?;
    let mut chosen: Vec<String> = args.schemas.clone();
    if let Some(missing) = chosen.iter().find(|s| !known.contains(s)) {
        return Err(Failure::input(format!(
            "there is no schema `{missing}`, or this account may not see it"
        )));
    }
    if let Some(prefix) = &args.prefix {
        chosen.extend(known.iter().filter(|s| s.starts_with(prefix.as_str())).cloned());
    }
    if args.all {
        chosen.extend(known.iter().cloned());
    }
    chosen.sort();
    chosen.dedup();
    if chosen.is_empty() {
        return Err(Failure::input("no schema is chosen").hint("Give -s NAME, --prefix TEXT or --all."));
    }
    Ok(chosen)
}

/// Opens the stores that are configured; those of protocols that this version cannot read are left closed and named when needed.
pub(crate) fn stores(settings: &Settings) -> RunStores {
    let mut stores = RunStores::default();
    for name in settings.stores.keys() {
        // the rules of 0.x hold for folding; 2.x takes any
        if let Some(spec) = settings.store_as(name, rejoint_settings::Generation::Legacy) {
            if let Ok(open) = rejoint_store::open(&spec) {
                stores.open.insert(name.clone(), open);
            }
            stores.specs.insert(name.clone(), spec);
        }
    }
    stores
}

/// A problem of the settings without its severity, which the caller prints.
fn described(problem: &rejoint_settings::Problem) -> String {
    format!("{} ({})", problem.message, problem.origin)
}
