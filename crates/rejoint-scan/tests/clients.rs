//! What the scan says a client reads is what the real clients read, column by column.
#![allow(clippy::unwrap_used, reason = "steps shared by tests fail the test")]

mod support;

use mysql::prelude::Queryable;
use rejoint_scan::report_file::{Client, Outcome, Step};
use rejoint_scan::{ObjectCheck, ScanOptions, ScanReport};
use rejoint_testkit::{Digest, Generation, Lab, LabOptions, Server};
use support::scan_lab;

/// Compares what `client` read at `step` with what 0.14 read before anything was done.
fn holds(report: &ScanReport, lab: &Lab, before: &Digest, read: &Digest, step: Step, client: Client) {
    let mut wrong = Vec::new();
    let mut connection = lab.server.connect();
    for table in &report.client_access {
        let short = format!(
            "{}.{}",
            table.table.schema.strip_prefix(&format!("{}_", lab.prefix)).unwrap(),
            table.table.table
        );
        let access = table.access.iter().find(|a| a.step == step && a.client == client).unwrap();
        if access.outcome == Outcome::CannotOpen {
            if read.column(&short, "*").is_none_or(|e| !e.starts_with("ERROR")) {
                wrong.push(format!("{short}: said to be closed, and it opens"));
            }
            continue;
        }
        if read.column(&short, "*").is_some_and(|e| e.starts_with("ERROR")) {
            wrong.push(format!("{short}: said to open: {:?}", read.column(&short, "*")));
            continue;
        }
        let columns: Vec<String> = connection
            .exec(
                "SELECT CAST(column_name AS CHAR) FROM information_schema.columns WHERE table_schema = ? AND table_name = ? ORDER BY 1",
                (&table.table.schema, &table.table.table),
            )
            .unwrap();
        for column in columns.iter().filter(|c| !c.starts_with('_')) {
            let (Some(old), Some(new)) = (before.column(&short, column), read.column(&short, column)) else {
                wrong.push(format!("{short}.{column}: not in both digests"));
                continue;
            };
            let said =
                access.columns.iter().find(|c| c.column == *column).map_or(Outcome::Reads, |c| c.outcome);
            let seen = match (old == new, new.starts_with("ERROR")) {
                (true, _) => Outcome::Reads,
                (false, true) => Outcome::ColumnsFail,
                (false, false) => Outcome::WrongValues,
            };
            if said == seen {
                continue;
            }
            // a column without values reads equal whatever it is
            let sql =
                format!("SELECT COUNT(`{column}`) FROM `{}`.`{}`", table.table.schema, table.table.table);
            let n: u64 = connection.query_first(sql).unwrap().unwrap();
            if n > 0 || seen != Outcome::Reads {
                wrong.push(format!("{short}.{column}: said {said:?}, is {seen:?} ({new:.60})"));
            }
        }
    }
    assert!(wrong.is_empty(), "{step:?} {client:?}:\n{}", wrong.join("\n"));
}

fn rules_are_those_of_the_clients(server: &Server) {
    let lab = Lab::build(server, "rules", &LabOptions::with(&["cycle", "old011"]));
    let options = ScanOptions { check_objects: ObjectCheck::None, ..ScanOptions::default() };
    let report = scan_lab(&lab, &options);
    assert!(report.client_access.len() >= 38);
    let before = lab.digest(Generation::V0);
    holds(&report, &lab, &before, &lab.digest(Generation::V2), Step::Now, Client::V2_3);
    holds(&report, &lab, &before, &before, Step::Now, Client::V0_14);
    lab.migrate_by_hand();
    let (old, new) = (lab.digest(Generation::V0), lab.digest(Generation::V2));
    holds(&report, &lab, &before, &old, Step::AfterContractCodecs, Client::V0_14);
    holds(&report, &lab, &before, &new, Step::AfterContractCodecs, Client::V2_3);
}

#[test]
fn rules_are_those_of_the_clients_on_mysql() {
    rules_are_those_of_the_clients(&Server::mysql());
}

#[test]
fn rules_are_those_of_the_clients_on_mariadb() {
    rules_are_those_of_the_clients(&Server::mariadb());
}
