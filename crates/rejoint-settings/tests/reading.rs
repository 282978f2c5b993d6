//! Reading settings from made-up homes, folders and environments.
#![allow(clippy::unwrap_used, reason = "clippy allows it in test functions only, not in their helpers")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use rejoint_settings::{
    Environment, Error, Generation, Generations, Overrides, ProblemCode, Protocol, Secret, Settings,
    Severity, TlsMode, read, to_v2,
};

struct Lab {
    root: tempfile::TempDir,
    environment: Environment,
}

impl Lab {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("home")).unwrap();
        fs::create_dir_all(root.path().join("project/.git")).unwrap();
        fs::create_dir_all(root.path().join("project/src")).unwrap();
        let environment = Environment::new(root.path().join("project"))
            .with_home(root.path().join("home"))
            .with_system_secrets(root.path().join("run-secrets"));
        Self { root, environment }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().canonicalize().unwrap().join(name)
    }

    fn file(self, name: &str, text: &str) -> Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    fn variable(mut self, name: &str, value: &str) -> Self {
        self.environment = self.environment.with_variable(name, value);
        self
    }

    fn read(&self, generations: Generations) -> Settings {
        read(&self.environment, generations, &Overrides::default()).unwrap()
    }

    fn read_with(&self, overrides: &Overrides) -> Settings {
        read(&self.environment, Generations::Auto, overrides).unwrap()
    }

    /// Problems as text, with the temporary folder taken out.
    fn problems(&self, settings: &Settings) -> String {
        let root = self.root.path().to_string_lossy().into_owned();
        settings.problems.iter().map(|problem| problem.to_string().replace(&root, "") + "\n").collect()
    }
}

fn user(settings: &Settings) -> Option<&str> {
    settings.connection.user.as_ref().map(|setting| setting.value.as_str())
}

fn password(settings: &Settings) -> Option<&str> {
    settings.connection.password.as_ref().map(|setting| setting.value.expose())
}

#[test]
fn nothing_configured_gives_defaults() {
    let settings = Lab::new().read(Generations::Auto);
    assert_eq!(settings.connection.host.value, "localhost");
    assert_eq!(settings.connection.port.value, 3306);
    assert!(settings.connection.host.is_default() && settings.connection.user.is_none());
    assert!(settings.problems.is_empty() && settings.files.is_empty());
}

#[test]
fn local_legacy_file_hides_the_global_one_and_origins_name_file_and_key() {
    let lab = Lab::new()
        .file("project/dj_local_conf.json", r#"{"database.host": "db.lab", "database.port": 3310}"#)
        .file("home/.datajoint_config.json", r#"{"database.user": "global"}"#);
    let settings = lab.read(Generations::Auto);
    assert_eq!(settings.connection.port.value, 3310);
    assert_eq!(user(&settings), None);
    let origin = settings.connection.host.origin.to_string();
    assert!(origin.ends_with("project/dj_local_conf.json: database.host"), "{origin}");

    fs::remove_file(lab.path("project/dj_local_conf.json")).unwrap();
    assert_eq!(user(&lab.read(Generations::Auto)), Some("global"));
}

#[test]
fn legacy_variables_win_over_the_file_even_if_empty() {
    let lab = Lab::new()
        .file("project/dj_local_conf.json", r#"{"database.user": "file", "database.password": "p"}"#)
        .variable("DJ_USER", "variable")
        .variable("DJ_PASS", "")
        .variable("DJ_PORT", "3999");
    let settings = lab.read(Generations::Auto);
    assert_eq!((user(&settings), password(&settings)), (Some("variable"), Some("")));
    assert_eq!(settings.connection.port.value, 3306);
    insta::assert_snapshot!(lab.problems(&settings), @r"
    note: the password stands in clear text in the settings file (/project/dj_local_conf.json: database.password)
    warning: 0.x does not read DJ_PORT (variable DJ_PORT); give --port, or write host:port
    ");
}

#[test]
fn v2_file_is_searched_upwards_to_the_repository() {
    let lab = Lab::new().file("project/datajoint.json", r#"{"database": {"host": "up"}, "safemode": false}"#);
    let from = |folder: &Path| {
        let environment = Environment::new(folder).with_system_secrets("/nonexistent");
        read(&environment, Generations::V2, &Overrides::default()).unwrap()
    };
    let settings = from(&lab.path("project/src"));
    assert_eq!(settings.connection.host.value, "up");
    assert_eq!(settings.client["safemode"].value, false);
    let lab = lab.file("project/src/.hg/x", "");
    assert_eq!(from(&lab.path("project/src")).connection.host.value, "localhost");
}

#[test]
fn v2_mapped_variables_win_if_not_empty_and_others_lose_to_the_file() {
    let lab = Lab::new()
        .file(
            "project/datajoint.json",
            r#"{"database.host": "file", "database.user": "u", "database.use_tls": false}"#,
        )
        .variable("DJ_HOST", "variable")
        .variable("DJ_USER", "")
        .variable("DJ_USE_TLS", "true")
        .variable("DJ_PORT", "3307")
        .variable("CHARSET", "latin1");
    let settings = lab.read(Generations::V2);
    assert_eq!(settings.connection.host.value, "variable");
    assert_eq!(user(&settings), Some("u"));
    assert_eq!(settings.connection.use_tls.value, TlsMode::Off);
    assert_eq!(settings.connection.port.value, 3307);
    assert_eq!(settings.connection.charset.value, "latin1");
    insta::assert_snapshot!(lab.problems(&settings), @"warning: DJ_USE_TLS has no effect: 2.x prefers the file for database.use_tls (/project/datajoint.json: database.use_tls)");
}

#[test]
fn v2_port_is_fixed_from_the_backend_before_the_file_is_read() {
    let port = |text: &str, backend: Option<&str>| {
        let mut lab = Lab::new().file("project/datajoint.json", text);
        if let Some(backend) = backend {
            lab = lab.variable("DJ_BACKEND", backend);
        }
        lab.read(Generations::V2).connection.port.value
    };
    assert_eq!(port(r#"{"database.backend": "postgresql"}"#, None), 3306);
    assert_eq!(port(r#"{"database": {"backend": "postgresql", "port": null}}"#, None), 5432);
    assert_eq!(port(r#"{"database": {"port": null, "backend": "postgresql"}}"#, None), 3306);
    assert_eq!(port("{}", Some("postgresql")), 5432);
    assert_eq!(port(r#"{"database.port": 6000}"#, Some("postgresql")), 6000);
}

#[test]
fn secrets_fill_only_what_is_unset_and_are_stripped() {
    let lab = Lab::new()
        .file("project/datajoint.json", r#"{"database.user": "file", "stores": {"raw": {"protocol": "s3", "endpoint": "e", "bucket": "b", "location": "l", "access_key": "here"}}}"#)
        .file("project/.secrets/database.user", "secret-user")
        .file("project/.secrets/database.password", "  pw\n")
        .file("project/.secrets/database.host", "ignored")
        .file("project/.secrets/stores.raw.access_key", "there")
        .file("project/.secrets/stores.raw.secret_key", "sk\n");
    let settings = lab.read(Generations::V2);
    assert_eq!((user(&settings), password(&settings)), (Some("file"), Some("pw")));
    assert_eq!(settings.connection.host.value, "localhost");
    let raw = &settings.stores["raw"];
    assert_eq!(raw.other["access_key"].value.expose(), "here");
    assert_eq!(raw.other["secret_key"].value.expose(), "sk");
    assert!(raw.secure && raw.subfolding.is_empty() && raw.protocol == Protocol::S3);
    assert_eq!(settings.errors().count() + settings.store_errors("raw").count(), 0);
}

#[test]
fn system_secrets_are_read_without_a_settings_file_and_ignored_on_request() {
    let lab = Lab::new().file("run-secrets/database.password", "pw");
    assert_eq!(password(&lab.read(Generations::Auto)), Some("pw"));
    let lab = lab.variable("DJ_IGNORE_CONFIG_FILE", "True");
    assert_eq!(password(&lab.read(Generations::Auto)), None);
}

#[test]
fn dj_stores_replaces_the_stores_of_the_file() {
    let lab = Lab::new()
        .file(
            "project/datajoint.json",
            r#"{"stores": {"default": "old", "old": {"protocol": "file", "location": "/o"}}}"#,
        )
        .variable("DJ_STORES", r#"{"default": "new", "new": {"protocol": "file", "location": "/n"}}"#);
    let settings = lab.read(Generations::V2);
    assert_eq!(settings.stores.keys().collect::<Vec<_>>(), ["new"]);
    assert_eq!(settings.default_store.unwrap().value, "new");
}

#[test]
fn mistakes_in_v2_files_are_named_with_what_was_meant() {
    let lab = Lab::new()
        .file(
            "project/datajoint.json",
            r#"{"databse": {"host": "x"}, "database": {"hots": "y", "port": "many"}, "user": "me", "stores.default": "raw",
                "fetch_format": "frame", "external-raw": {}, "loglevel": "info",
                "stores": {"raw": {"protocol": "file", "loction": "/x", "hash_prefix": "a", "schema_prefix": "a/b"}}}"#,
        )
        .variable("DJ_DATABASE", "x")
        .variable("DJ_HOTS", "x");
    let settings = lab.read(Generations::V2);
    insta::assert_snapshot!(lab.problems(&settings), @r#"
    error: 2.x cannot be imported while DJ_DATABASE is set, whatever its value (variable DJ_DATABASE); unset it; use DJ_DATABASE_NAME for the name of a PostgreSQL database
    warning: no version of DataJoint reads DJ_HOTS (variable DJ_HOTS); did you mean DJ_HOST?
    warning: 2.x has no key "databse" and silently ignores it (/project/datajoint.json: databse); did you mean "database"?
    warning: 2.x has no key "database.hots" and silently ignores it (/project/datajoint.json: database.hots); did you mean "database.host"?
    error: database.port must be a whole number from 0 to 65535, not "many" (/project/datajoint.json: database.port); correct it; 2.x gives only a warning and ignores this key and all that follow in the file
    warning: 2.x has no key "user" and silently ignores it (/project/datajoint.json: user); did you mean "database.user"?
    warning: 2.x silently ignores the flat key "stores.default" (/project/datajoint.json: stores.default); write {"stores": {"default": …}}
    warning: fetch_format is a key of 0.x; 2.x silently ignores it (/project/datajoint.json: fetch_format); remove it
    warning: external-raw is a key of 0.x; 2.x silently ignores it (/project/datajoint.json: external-raw); tables that use this 0.11 store must first be brought to the 0.12 form
    error: loglevel must be one of DEBUG, INFO, WARNING, ERROR, CRITICAL, not "info" (/project/datajoint.json: loglevel); correct it; 2.x gives only a warning and ignores this key and all that follow in the file
    error: store "raw" has no "location" (/project/datajoint.json: stores.raw); add it; DataJoint refuses the store without it
    error: store "raw" has the attribute "loction", which 2.x refuses (/project/datajoint.json: stores.raw); did you mean "location"?
    error: store "raw": hash_prefix "a" and schema_prefix "a/b" overlap (/project/datajoint.json: stores.raw); 2.x refuses the store; make them different folders
    "#);
    assert_eq!(settings.errors().count(), 3);
    assert_eq!(settings.store_errors("raw").count(), 3);
}

#[test]
fn mistakes_in_legacy_files_are_named() {
    let lab = Lab::new().file(
        "project/dj_local_conf.json",
        r#"{"database": {"host": "x"}, "database.usr": "me", "external": {"protocol": "file", "location": "/e"},
            "custom": {"password": "geheim"}, "database.use_tls": "false", "jobs.auto_refresh": true,
            "stores": {"a": {"protocol": "File", "location": "/x"}, "b": {"protocol": "gcs"},
                       "c": {"protocol": "s3", "endpoint": "e", "bucket": "b", "location": "/p", "access_key": "geheim"}}}"#,
    );
    let settings = lab.read(Generations::Auto);
    insta::assert_snapshot!(lab.problems(&settings), @r#"
    warning: 0.x has no key "database" and ignores it (/project/dj_local_conf.json: database); 0.x reads only dotted keys: write "database.…" at the top level
    warning: 0.x has no key "database.usr" and ignores it (/project/dj_local_conf.json: database.usr); did you mean "database.user"?
    warning: external configures a store of DataJoint 0.11, which 0.12 and newer do not read (/project/dj_local_conf.json: external); tables that use it must first be brought to the 0.12 form; add the store under "stores"
    error: database.use_tls must be true, false or an object of options, not "false" (/project/dj_local_conf.json: database.use_tls); correct it; 0.x does not check values when it reads them and fails later
    warning: jobs.auto_refresh is a key of 2.x; 0.x ignores it (/project/dj_local_conf.json: jobs.auto_refresh)
    error: store "a": 0.x accepts the protocol "File" and then fails to use it (/project/dj_local_conf.json: stores.a); write it in lower case
    error: store "b" has the protocol "gcs"; 0.x knows file, s3 (/project/dj_local_conf.json: stores.b)
    error: store "c" has no "secret_key" (/project/dj_local_conf.json: stores.c); add it; DataJoint refuses the store without it
    note: store "c": 0.x reads the location "/p" as "p"; on Python 3.12 and newer a leading / may have been kept (/project/dj_local_conf.json: stores.c)
    "#);
    assert_eq!(settings.external_stores[""].location, "/e");
    assert!(settings.external_stores[""].subfolding.is_empty());
    let shown = format!("{settings:?}{}", serde_json::to_string(&settings).unwrap());
    assert!(!shown.contains("geheim"), "a secret is shown");
}

#[test]
fn broken_json_is_a_problem_with_its_place_and_an_unnamed_file_is_an_error() {
    let lab = Lab::new().file("project/dj_local_conf.json", "{\"database.host\": geheim");
    let settings = lab.read(Generations::Auto);
    insta::assert_snapshot!(lab.problems(&settings), @"error: the file is not valid JSON: expected value at line 1 column 19 (/project/dj_local_conf.json); correct the file; nothing in it was read");
    let overrides = Overrides { legacy_file: Some("other.json".into()), ..Overrides::default() };
    let error = read(&lab.environment, Generations::Auto, &overrides).unwrap_err();
    assert!(matches!(error, Error::NoSuchFile { .. }), "{error}");
}

fn both() -> Lab {
    Lab::new()
        .file(
            "project/dj_local_conf.json",
            r#"{"database.host": "old.lab:3306", "database.user": "me", "database.password": "geheim1",
                "stores": {"raw": {"protocol": "file", "location": "/old"}, "same": {"protocol": "file", "location": "/s"}}}"#,
        )
        .file(
            "project/datajoint.json",
            r#"{"database": {"host": "new.lab", "user": "me", "password": "geheim2"},
                "stores": {"default": "same", "raw": {"protocol": "file", "location": "/new"}, "same": {"protocol": "file", "location": "/s/"}}}"#,
        )
}

#[test]
fn contradicting_generations_are_a_conflict() {
    let lab = both();
    let settings = lab.read(Generations::Auto);
    let conflicts: String = settings
        .problems
        .iter()
        .filter(|problem| problem.code == ProblemCode::Conflict)
        .map(|problem| problem.to_string().replace(&*lab.root.path().to_string_lossy(), "") + "\n")
        .collect();
    insta::assert_snapshot!(conflicts, @r#"
    error: the server is old.lab:3306 here and new.lab:3306 in /project/datajoint.json: database.host (/project/dj_local_conf.json: database.host); choose one generation's settings, give the value by option, or make the files agree
    error: database.password is one text here and another in /project/datajoint.json: database.password (/project/dj_local_conf.json: database.password); choose one generation's settings, give the value by option, or make the files agree
    error: store "raw" is another place here than in /project/datajoint.json: stores.raw (/project/dj_local_conf.json: stores.raw); make the files agree, or say where its objects are with --store NAME=FOLDER
    "#);
    assert_eq!(settings.connection.host.value, "old.lab");
    assert_eq!(settings.stores["same"].generation, Generation::Legacy);
    assert_eq!(settings.store_as("raw", Generation::V2).unwrap().location, "/new");
    assert_eq!(settings.store_as("same", Generation::V2).unwrap().subfolding, Vec::<usize>::new());
    assert_eq!(settings.store_as("same", Generation::Legacy).unwrap().subfolding, [2, 2]);
}

#[test]
fn flags_or_a_chosen_generation_settle_conflicts() {
    let lab = both();
    let overrides = Overrides {
        host: Some("flag.lab:4000".into()),
        password: Some(Secret::new("typed")),
        store_locations: BTreeMap::from([
            ("raw".into(), "/mnt/raw".into()),
            ("more".into(), "/mnt/more".into()),
        ]),
        ..Overrides::default()
    };
    let settings = lab.read_with(&overrides);
    assert!(
        settings.problems.iter().all(|problem| problem.severity < Severity::Error),
        "{}",
        lab.problems(&settings)
    );
    assert_eq!((settings.connection.host.value.as_str(), settings.connection.port.value), ("flag.lab", 4000));
    assert_eq!(password(&settings), Some("typed"));
    assert_eq!(settings.connection.host.origin.to_string(), "option --host");
    for name in ["raw", "more"] {
        assert_eq!(settings.stores[name].location, format!("/mnt/{name}"));
    }
    let old = lab.read(Generations::Legacy);
    let new = lab.read(Generations::V2);
    assert_eq!(old.errors().count() + new.errors().count(), 0);
    assert_eq!((password(&old), password(&new)), (Some("geheim1"), Some("geheim2")));
}

#[test]
fn hosts_that_clients_cannot_use_are_named() {
    let host = |text: &str| {
        let text = format!(r#"{{"database.host": "{text}"}}"#);
        let lab = Lab::new().file("project/dj_local_conf.json", &text);
        let settings = lab.read(Generations::Auto);
        (settings.connection.host.value.clone(), settings.connection.port.value, settings.errors().count())
    };
    assert_eq!(host("db:33"), ("db".into(), 33, 0));
    assert_eq!(host("::1"), ("::1".into(), 3306, 0));
    assert_eq!(host("[fe80::1]:3310"), ("fe80::1".into(), 3310, 0));
    assert_eq!(host("db:x"), ("db:x".into(), 3306, 1));
    assert_eq!(host("tunnel://db"), ("tunnel://db".into(), 3306, 1));
}

#[test]
fn legacy_settings_become_v2_files() {
    let lab = Lab::new().file(
        "project/dj_local_conf.json",
        r#"{"database.host": "db.lab", "database.user": "me", "database.password": "pw", "database.port": 3306,
            "database.use_tls": {"ca": "/ca.pem"}, "connection.init_function": "SET time_zone='+00:00'",
            "safemode": false, "display.limit": 7, "fetch_format": "frame", "cache": "/c",
            "external": {"protocol": "file", "location": "/e"},
            "stores": {"raw": {"protocol": "s3", "endpoint": "s3.lab:9000", "bucket": "b", "access_key": "AK", "secret_key": " SK", "location": "/proj/x/"},
                       "files": {"protocol": "file", "location": "/data", "stage": "/stage", "subfolding": []},
                       "default": {"protocol": "file", "location": "/d"}}}"#,
    );
    let settings = lab.read(Generations::Auto);
    let files = to_v2(&settings);
    insta::assert_snapshot!(files.datajoint_json, @r#"
    {
      "database": {
        "host": "db.lab",
        "backend": "mysql",
        "port": 3306,
        "user": "me",
        "use_tls": true
      },
      "display": {
        "limit": 7
      },
      "safemode": false,
      "stores": {
        "default": {
          "protocol": "file",
          "location": "/d",
          "subfolding": [
            2,
            2
          ]
        },
        "files": {
          "protocol": "file",
          "location": "/data"
        },
        "raw": {
          "protocol": "s3",
          "endpoint": "s3.lab:9000",
          "bucket": "b",
          "location": "proj/x",
          "secure": false,
          "subfolding": [
            2,
            2
          ]
        }
      }
    }
    "#);
    let secrets: Vec<_> =
        files.secrets.iter().map(|file| (file.name.as_str(), file.content.expose())).collect();
    assert_eq!(secrets, [("database.password", "pw"), ("stores.raw.access_key", "AK")]);
    let root = lab.root.path().to_string_lossy().into_owned();
    let notes: String = files.notes.iter().map(|note| note.to_string().replace(&root, "") + "\n").collect();
    insta::assert_snapshot!(notes, @r#"
    warning: 2.x settings cannot hold TLS options; TLS is required without them (/project/dj_local_conf.json: database.use_tls); give them in code: dj.conn(use_tls={…})
    warning: 2.x has no connection.init_function; its SQL no longer runs after connecting (/project/dj_local_conf.json: connection.init_function); set the same server-side, e.g. as init_connect or a default of the user
    note: 2.x has no fetch_format (/project/dj_local_conf.json: fetch_format); 2.x fetches arrays; use to_pandas() for frames
    note: 2.x has no cache (/project/dj_local_conf.json: cache); external blobs are read from the store each time
    warning: a store called "default" stands where 2.x keeps the name of a default store (/project/dj_local_conf.json: stores.default); 2.x reads it as <codec@default>; stores.default can then not name another store
    note: store "files": 2.x has no stage and copies no files to it (/project/dj_local_conf.json: stores.files); fetching a filepath gives a handle to the file in the store
    warning: stores.raw.secret_key begins or ends with white space or holds a line end; a secret file would change it (/project/dj_local_conf.json: stores.raw.secret_key); give it by environment variable (DJ_PASS, DJ_STORES)
    warning: the 0.11 store external was not carried over; bring its tables to the 0.12 form first
    "#);

    // What was written reads back as the same stores and server.
    let lab = Lab::new().file("project/datajoint.json", &files.datajoint_json);
    let again = lab.read(Generations::V2);
    assert_eq!(again.errors().count(), 0, "{}", lab.problems(&again));
    assert_eq!(again.stores.len(), 3);
    assert_eq!(again.stores["default"].location, "/d");
    assert_eq!(to_v2(&again).datajoint_json, files.datajoint_json);
}
