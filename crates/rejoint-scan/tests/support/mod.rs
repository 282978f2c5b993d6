//! What the tests of this crate share.
#![allow(dead_code, reason = "each test program uses a part")]

use rejoint_db::Connection;
use rejoint_mysql::{Config, TlsMode};
use rejoint_scan::{NoProgress, ScanOptions, ScanReport, scan};
use rejoint_settings::{Environment, Generations, Overrides, Settings};
use rejoint_testkit::{Lab, Server};

pub(crate) fn connect(server: &Server) -> Connection {
    rejoint_mysql::connect(&Config {
        host: server.host.clone(),
        port: server.port,
        user: server.user.clone(),
        password: server.password.clone(),
        tls: TlsMode::Off,
        lock_wait_seconds: 5,
    })
    .unwrap()
}

pub(crate) fn settings(lab: &Lab) -> Settings {
    let overrides = Overrides { legacy_file: Some(lab.settings_file()), ..Overrides::default() };
    rejoint_settings::read(&Environment::new(lab.home()), Generations::Legacy, &overrides).unwrap()
}

pub(crate) fn no_settings() -> Settings {
    rejoint_settings::read(&Environment::new("/nowhere"), Generations::Legacy, &Overrides::default()).unwrap()
}

pub(crate) fn scan_lab(lab: &Lab, options: &ScanOptions) -> ScanReport {
    scan(&mut connect(&lab.server), &lab.schemas(), &settings(lab), options, &mut NoProgress).unwrap()
}
