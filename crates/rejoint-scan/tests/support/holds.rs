//! Compares what the scan says a client reads with what it read; the tests of the program include this file too.

use mysql::prelude::Queryable as _;
use rejoint_scan::ScanReport;
use rejoint_scan::report_file::{Client, Outcome, Step};
use rejoint_testkit::{Digest, Lab};

/// Compares what `client` read at `step` with what 0.14 read before anything was done.
pub(crate) fn holds(
    report: &ScanReport,
    lab: &Lab,
    before: &Digest,
    read: &Digest,
    step: Step,
    client: Client,
) {
    let mut wrong = Vec::new();
    let mut connection = lab.server.connect();
    let mut cells = 0;
    for table in &report.client_access {
        let short = format!(
            "{}.{}",
            table.table.schema.strip_prefix(&format!("{}_", lab.prefix)).unwrap(),
            table.table.table
        );
        let access = table.access.iter().find(|a| a.step == step && a.client == client).unwrap();
        let closed = read.column(&short, "*").is_some_and(|e| e.starts_with("ERROR"));
        if closed != (access.outcome == Outcome::CannotOpen) {
            wrong.push(format!("{short}: said {:?}, and {:?}", access.outcome, read.column(&short, "*")));
        }
        if closed {
            continue;
        }
        let columns: Vec<String> = connection
            .exec(
                "SELECT CAST(column_name AS CHAR) FROM information_schema.columns WHERE table_schema = ? AND table_name = ?",
                (&table.table.schema, &table.table.table),
            )
            .unwrap();
        for column in columns.iter().filter(|c| !c.starts_with('_')) {
            let (Some(old), Some(new)) = (before.column(&short, column), read.column(&short, column)) else {
                wrong.push(format!("{short}.{column}: not in both digests"));
                continue;
            };
            cells += 1;
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
                wrong.push(format!("{short}.{column}: said {said:?}, is {seen:?} ({new:.70})"));
            }
        }
    }
    assert!(wrong.is_empty(), "{step:?} {client:?}:\n{}", wrong.join("\n"));
    assert!(cells > 100 || client != Client::V2_3, "only {cells} columns were compared");
}
