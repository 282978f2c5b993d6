//! What the scan says a client reads is what the real clients read, column by column.
#![allow(clippy::unwrap_used, reason = "steps shared by tests fail the test")]

#[path = "support/holds.rs"]
mod holds;
mod support;

use holds::holds;
use rejoint_scan::report_file::{Client, Step};
use rejoint_scan::{ObjectCheck, ScanOptions};
use rejoint_testkit::{Generation, Lab, LabOptions, Server};
use support::scan_lab;

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
