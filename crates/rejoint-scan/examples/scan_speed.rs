//! How long a quick scan takes: 356 schemas of 9 tables each, the largest installation known.
//!
//! `cargo run --release -p rejoint-scan --example scan_speed [SCHEMAS]`; needs the servers of `dev/servers`. Makes schemas
//! named `rjt_speed_…` and drops them.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a measurement, not a product")]

use std::time::Instant;

use rejoint_mysql::{Config, TlsMode};
use rejoint_scan::{Progress, ScanOptions, scan};
use rejoint_settings::{Environment, Generations, Overrides};
use rejoint_testkit::{Server, unique_prefix};

const ROWS: u32 = 50;

fn tables(schema: &str, parent: Option<&str>) -> Vec<String> {
    let table = |name: &str, columns: &str| format!("CREATE TABLE `{schema}`.`{name}` ({columns})");
    let blob = "`v` longblob COMMENT 'a blob', `s` varchar(64) NOT NULL DEFAULT 'x', `f` float";
    let mut made = vec![
        format!("CREATE DATABASE `{schema}` CHARACTER SET latin1 COLLATE latin1_swedish_ci"),
        table("~log", "`id` int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, `event` varchar(255) NOT NULL"),
        table(
            "~jobs",
            "`table_name` varchar(255) NOT NULL, `key_hash` char(32) NOT NULL, `status` enum('reserved','error','ignore') NOT NULL, `user` varchar(255) NOT NULL DEFAULT '', `host` varchar(255) NOT NULL DEFAULT '', `pid` int unsigned NOT NULL DEFAULT 0, `connection_id` bigint unsigned NOT NULL DEFAULT 0, `timestamp` timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP, PRIMARY KEY (`table_name`, `key_hash`)",
        ),
        table(
            "~external_raw",
            "`hash` binary(16) NOT NULL PRIMARY KEY, `size` bigint unsigned NOT NULL, `attachment_name` varchar(255), `filepath` varchar(1000), `contents_hash` binary(16), `timestamp` timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP",
        ),
        table("#lookup", "`line` varchar(32) NOT NULL PRIMARY KEY, `active` tinyint(1) NOT NULL DEFAULT 1"),
        table(
            "subject",
            "`subject` int NOT NULL PRIMARY KEY, `line` varchar(32) NOT NULL, `t` timestamp NULL, FOREIGN KEY (`line`) REFERENCES `#lookup` (`line`)",
        ),
        table(
            "session",
            "`subject` int NOT NULL, `session` int NOT NULL, PRIMARY KEY (`subject`, `session`), FOREIGN KEY (`subject`) REFERENCES `subject` (`subject`)",
        ),
        table(
            "_recording",
            &format!(
                "`subject` int NOT NULL, `session` int NOT NULL, {blob}, `raw` binary(16) COMMENT ':blob@raw:', PRIMARY KEY (`subject`, `session`), FOREIGN KEY (`subject`, `session`) REFERENCES `session` (`subject`, `session`), FOREIGN KEY (`raw`) REFERENCES `~external_raw` (`hash`)"
            ),
        ),
        table(
            "__spikes",
            &format!(
                "`subject` int NOT NULL, `session` int NOT NULL, {blob}, PRIMARY KEY (`subject`, `session`), FOREIGN KEY (`subject`, `session`) REFERENCES `_recording` (`subject`, `session`)"
            ),
        ),
    ];
    let links = parent.map_or_else(
        || "`subject` int NOT NULL PRIMARY KEY".to_owned(),
        |p| format!("`subject` int NOT NULL PRIMARY KEY, FOREIGN KEY (`subject`) REFERENCES `{p}`.`subject` (`subject`)"),
    );
    made.push(table("__summary", &links));
    made.push(format!("INSERT INTO `{schema}`.`#lookup` VALUES ('wt', 1)"));
    let numbers = (1..=ROWS).map(|n| format!("({n}, 'wt', NULL)")).collect::<Vec<_>>().join(", ");
    made.push(format!("INSERT INTO `{schema}`.`subject` VALUES {numbers}"));
    made.push(format!("INSERT INTO `{schema}`.`session` SELECT `subject`, 1 FROM `{schema}`.`subject`"));
    for table in ["_recording", "__spikes"] {
        made.push(format!("INSERT INTO `{schema}`.`{table}` (`subject`, `session`, `v`) SELECT `subject`, 1, X'646a30000a01002a' FROM `{schema}`.`subject`"));
    }
    made
}

struct Phases {
    since: Instant,
    name: String,
}

impl Progress for Phases {
    fn phase(&mut self, name: &str, _total: Option<u64>) {
        if self.since.elapsed().as_millis() > 100 {
            println!("    {:<44} {:>6} ms", self.name, self.since.elapsed().as_millis());
        }
        (self.since, self.name) = (Instant::now(), name.to_owned());
    }
    fn advance(&mut self, _steps: u64) {}
}

fn main() {
    let n: usize = std::env::args().nth(1).and_then(|a| a.parse().ok()).unwrap_or(356);
    for server in [Server::mysql(), Server::mariadb()] {
        let prefix = unique_prefix("speed");
        let schemas: Vec<String> = (0..n).map(|i| format!("{prefix}_{i:04}")).collect();
        for (i, schema) in schemas.iter().enumerate() {
            let parent = i.checked_sub(1).and_then(|p| schemas.get(p)).map(String::as_str);
            server.execute(tables(schema, parent));
        }
        let config = Config {
            host: server.host.clone(),
            port: server.port,
            user: server.user.clone(),
            password: server.password.clone(),
            tls: TlsMode::Off,
            lock_wait_seconds: 5,
        };
        let settings =
            rejoint_settings::read(&Environment::new("/nowhere"), Generations::Legacy, &Overrides::default())
                .unwrap();
        for (name, options) in [("quick", ScanOptions::default()), ("full", ScanOptions::full())] {
            let mut connection = rejoint_mysql::connect(&config).unwrap();
            let start = Instant::now();
            let mut phases = Phases { since: start, name: "connecting".into() };
            let report = scan(&mut connection, &schemas, &settings, &options, &mut phases).unwrap();
            phases.phase("done", None);
            println!(
                "{:?} {name}: {} schemas, {} tables, {} decisions, {:.2} s",
                server.flavour,
                report.schemas.len(),
                report.tables.len(),
                report.decisions.len(),
                start.elapsed().as_secs_f64()
            );
        }
        server.drop_schemas(&prefix);
    }
}
