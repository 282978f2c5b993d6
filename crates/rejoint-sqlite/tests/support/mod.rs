//! Dumps taken with the servers' own tools, taken in as files.
#![allow(dead_code, reason = "every test uses a part")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use rejoint_db::Connection;
use rejoint_mysql::{Config, TlsMode};
use rejoint_sqlite::{ImportOptions, Imported, import, open};
use rejoint_testkit::{Flavour, Server};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

pub(crate) fn connect(server: &Server) -> Connection {
    let config = Config {
        host: server.host.clone(),
        port: server.port,
        user: server.user.clone(),
        password: server.password.clone(),
        tls: TlsMode::Off,
        lock_wait_seconds: 5,
    };
    rejoint_mysql::connect(&config).expect("a connection")
}

fn program(server: &Server, what: &str) -> Command {
    let variable = match (server.flavour, what) {
        (Flavour::Mysql, "dump") => "RJ_TEST_MYSQLDUMP",
        (Flavour::Mysql, _) => "RJ_TEST_MYSQL_CLIENT",
        (Flavour::Mariadb, "dump") => "RJ_TEST_MARIADB_DUMP",
        (Flavour::Mariadb, _) => "RJ_TEST_MARIADB_CLIENT",
        (Flavour::Mariadb118, "dump") => "RJ_TEST_MARIADB118_DUMP",
        (Flavour::Mariadb118, _) => "RJ_TEST_MARIADB118_CLIENT",
    };
    let path = std::env::var(variable)
        .unwrap_or_else(|_| panic!("{variable} is not set: run eval \"$(dev/servers client)\" first"));
    let mut command = Command::new(path);
    command
        .args(["--host", &server.host, "--port", &server.port.to_string(), "--protocol=tcp"])
        .args(["--user", &server.user])
        .env("MYSQL_PWD", &server.password);
    command
}

pub(crate) fn dump(server: &Server, options: &[&str], schemas: &[String]) -> Vec<u8> {
    let output = program(server, "dump")
        .args(options)
        .arg("--databases")
        .args(schemas)
        .output()
        .expect("the tool starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

pub(crate) fn load(server: &Server, dump: &[u8]) {
    let mut child = program(server, "client")
        .args(["--default-character-set=utf8mb4", "--binary-mode", "--comments"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the client starts");
    let mut input = child.stdin.take().expect("its input");
    let dump = dump.to_vec();
    let feed = std::thread::spawn(move || input.write_all(&dump));
    let output = child.wait_with_output().expect("the client ends");
    let _ = feed.join();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// A dump that was taken in.
pub(crate) struct Taken {
    pub(crate) path: PathBuf,
    pub(crate) imported: Imported,
    folder: tempfile::TempDir,
}

impl Taken {
    pub(crate) fn of(dump: &[u8]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("pipeline.rejoint");
        let imported =
            import(&path, vec![Box::new(dump)], &ImportOptions::default(), &mut |_, _| ()).expect("the dump");
        Taken { path, imported, folder }
    }

    pub(crate) fn open(&self) -> Connection {
        open(&self.path).expect("the file")
    }

    pub(crate) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }
}
