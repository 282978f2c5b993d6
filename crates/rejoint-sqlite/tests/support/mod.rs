//! Dumps taken with the servers' own tools, taken in as files.
#![allow(dead_code, reason = "every test uses a part")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use rejoint_db::Connection;
use rejoint_mysql::{Config, TlsMode};
use rejoint_sqlite::{ImportOptions, Imported, import, open};
use rejoint_testkit::Server;
use std::path::PathBuf;

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
