//! Prints which tables of the given schemas are not understood: `understood HOST PORT USER PASSWORD SCHEMA…`.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::indexing_slicing)]
use rejoint_db::{parse_create_table, read_catalog};
use rejoint_mysql::{Config, TlsMode};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let config = Config {
        host: args[0].clone(),
        port: args[1].parse().unwrap(),
        user: args[2].clone(),
        password: args[3].clone(),
        tls: TlsMode::Preferred,
        lock_wait_seconds: 5,
    };
    let mut connection = rejoint_mysql::connect(&config).unwrap();
    let started = std::time::Instant::now();
    let catalog = read_catalog(&mut connection, &args[4..]).unwrap();
    println!("{:?} catalog {:?}", connection.server(), started.elapsed());
    let mut n = 0;
    for table in catalog.tables() {
        let text = connection.show_create(&table.name).unwrap();
        n += 1;
        match parse_create_table(&text) {
            None => println!("{}: no outline\n{text}", table.name),
            Some(parsed) => {
                for m in parsed.mismatches(&text, table) {
                    println!("{}: {}", table.name, m.what);
                }
            }
        }
    }
    println!("{n} tables {:?}", started.elapsed());
}
