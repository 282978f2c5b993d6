//! How fast is a table digested? `digest_speed HOST PORT USER PASSWORD [ROWS] [keep]` makes a table of 7 columns, times the ways,
//! and drops it again unless told to keep it.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::indexing_slicing)]
use rejoint_db::Connection;
use rejoint_model::{Content, TableName, TableView, ViewColumn};
use rejoint_mysql::{Config, TlsMode};
use rejoint_verify::{
    Connections, DigestOptions, FingerprintWriter, Quiet, Threads, digest_table, digest_table_on_server,
};
use std::time::Instant;

const SCHEMA: &str = "rejoint_verify_speed";

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let config = Config {
        host: args[0].clone(),
        port: args[1].parse().unwrap(),
        user: args[2].clone(),
        password: args[3].clone(),
        tls: TlsMode::Off,
        lock_wait_seconds: 5,
    };
    let rows: u64 = args.get(4).map_or(2_000_000, |n| n.parse().unwrap());
    let mut connection = rejoint_mysql::connect(&config).unwrap();
    println!("{} {}", connection.server().product, connection.server().version_text);
    make(&mut connection, rows);
    let column = |name: &str| ViewColumn { name: name.into(), column: name.into(), content: Content::Plain };
    let table = TableName::new(SCHEMA, "speed");
    let names = ["day", "rig", "score", "count_", "note", "hash"];
    let view =
        TableView { table: table.clone(), key: vec!["id".into()], columns: names.map(column).to_vec() };

    let rate = |what: &str, (started, cpu): (Instant, f64)| {
        let (seconds, cpu) = (started.elapsed().as_secs_f64(), cpu_seconds() - cpu);
        let million = rows as f64 / seconds / 1e6;
        println!("{what:<38} {seconds:6.2} s, of this process {cpu:5.2} s of CPU {million:6.2} M rows/s");
    };
    for _ in 0..2 {
        let started = (Instant::now(), cpu_seconds());
        let sql =
            format!("SELECT `id`, `count_`, `day`, `hash`, `note`, `rig`, `score` FROM `{SCHEMA}`.`speed`");
        let mut stream = connection.stream(&sql, &[]).unwrap();
        let mut n = 0_u64;
        while let Some(row) = stream.next_row().unwrap() {
            n += u64::from(row.len() == 7);
        }
        assert_eq!(n, rows);
        drop(stream);
        rate("driver alone: rows read and thrown away", started);
        for (what, threads) in
            [("client, one thread", Threads::One), ("client, reading on a second thread", Threads::Two)]
        {
            let options = DigestOptions { threads, ..DigestOptions::default() };
            let started = (Instant::now(), cpu_seconds());
            let found = digest_table(&mut connection, &view, &options, &mut Quiet).unwrap();
            rate(what, started);
            assert_eq!(found.digest.rows, rows);
        }
    }
    let folder = std::env::temp_dir().join(format!("rejoint-speed-{}", std::process::id()));
    let mut writer = FingerprintWriter::create(&folder).unwrap();
    let started = (Instant::now(), cpu_seconds());
    digest_table(&mut connection, &view, &DigestOptions::default(), &mut writer).unwrap();
    rate("client, one thread, with fingerprints", started);
    writer.finish().unwrap();
    println!("fingerprint file: {} bytes per row", std::fs::metadata(&folder).unwrap().len() / rows);
    std::fs::remove_file(&folder).unwrap();
    for (what, connections) in [
        ("server side, one connection", Connections::One),
        ("server side, two connections", Connections::Two),
    ] {
        let started = (Instant::now(), cpu_seconds());
        digest_table_on_server(&mut connection, &table, 20_000, connections, &mut Quiet).unwrap();
        rate(what, started);
    }
    if args.get(5).is_none_or(|word| word != "keep") {
        connection.execute(&format!("DROP DATABASE `{SCHEMA}`"), &[]).unwrap();
    }
}

/// CPU time of this process so far, in steps of 10 ms.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}

fn make(connection: &mut Connection, rows: u64) {
    let depth =
        if connection.server().is_mariadb() { "max_recursive_iterations" } else { "cte_max_recursion_depth" };
    for sql in [
        format!("DROP DATABASE IF EXISTS `{SCHEMA}`"),
        format!("CREATE DATABASE `{SCHEMA}`"),
        format!(
            "CREATE TABLE `{SCHEMA}`.`speed` (`id` int NOT NULL, `day` date NOT NULL, `rig` smallint NOT NULL, `score` double NOT NULL, `count_` int NOT NULL, `note` varchar(80) NOT NULL, `hash` char(32) NOT NULL, PRIMARY KEY (`id`))"
        ),
        format!("SET SESSION {depth} = 4294967295"),
        format!(
            "INSERT INTO `{SCHEMA}`.`speed` WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < {rows}) SELECT i, '2020-01-01' + INTERVAL (i % 1000) DAY, i % 300, i / 7e0, i % 97, CONCAT('a note of some length about row ', i), LEFT(SHA2(i, 256), 32) FROM n"
        ),
    ] {
        connection.execute(&sql, &[]).unwrap();
    }
}
