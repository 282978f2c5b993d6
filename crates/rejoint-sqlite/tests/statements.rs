//! Scan, plan, apply and undo on a server and a file of its dump at once: every statement does the same to both, and gives the same
//! rows. No list of statements is kept here that could grow old: they are the ones that rejoint sends.
#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "support/pair.rs"]
mod pair;
mod support;

use pair::{Pair, Seen};
use rejoint_db::{Connection, qualified};
use rejoint_dump::LossKind;
use rejoint_model::TableName;
use rejoint_plan::{Plan, Stage, UpgradeOptions, observe, plan_upgrade};
use rejoint_run::{ApplyOptions, Files, Run, RunStores, Silent, UndoTo};
use rejoint_scan::{NoProgress, ObjectCheck, ScanOptions, scan};
use rejoint_settings::{Environment, Generation, Generations, Overrides, Settings};
use rejoint_sqlite::export;
use rejoint_testkit::{Lab, LabOptions, Server};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use support::{Taken, connect};

struct Both {
    lab: Lab,
    taken: Taken,
    seen: Arc<Mutex<Seen>>,
}

impl Both {
    fn build(server: &Server, name: &str, edges: &[&'static str]) -> Self {
        let lab = Lab::build(server, name, &LabOptions::with(edges));
        if edges.contains(&"missing") {
            ascii_hash(&lab);
        }
        // dumps round floats, and MySQL prints what was loaded another way: the server gets what a file has, and then the file
        // what the server has
        let schemas = lab.schemas();
        let taken = Taken::of(&server.dump(&["--hex-blob"], &schemas));
        let mut exported = Vec::new();
        export(&taken.path, &mut exported, "a test", &|_| true).expect("a dump");
        server.drop_schemas(&lab.prefix);
        server.load(&exported);
        let taken = Taken::of(&server.dump(&["--hex-blob"], &schemas));
        Both { lab, taken, seen: Arc::default() }
    }

    fn connect(&self) -> Connection {
        let (server, file) = (connect(&self.lab.server), self.taken.open());
        let not_dumped = self.taken.imported.losses.iter().filter(|l| l.kind == LossKind::NotDumped);
        let not_dumped = not_dumped.map(|l| l.column.clone()).collect();
        Connection::new(Pair { server, file, seen: self.seen.clone(), not_dumped })
    }

    fn settings(&self) -> Settings {
        let environment = Environment::new(self.lab.home());
        let overrides = Overrides { legacy_file: Some(self.lab.settings_file()), ..Overrides::default() };
        rejoint_settings::read(&environment, Generations::Legacy, &overrides).expect("settings")
    }

    fn stores(&self) -> RunStores {
        let (settings, mut stores) = (self.settings(), RunStores::default());
        for name in settings.stores.keys() {
            let spec = settings.store_as(name, Generation::Legacy).expect("a store");
            stores.open.insert(name.clone(), rejoint_store::open(&spec).expect("an open store"));
            stores.specs.insert(name.clone(), spec);
        }
        stores
    }

    fn all_did_the_same(&self, at_least: u64) {
        let seen = self.seen.lock().expect("the notes");
        let differing = &seen.differing;
        assert!(differing.is_empty(), "{} differ:\n{}", differing.len(), differing.join("\n"));
        assert!(seen.n_statements >= at_least, "{} statements", seen.n_statements);
    }
}

/// A pointer without its object, whose hash is text by chance.
fn ascii_hash(lab: &Lab) {
    let schema = format!("{}_analysis", lab.prefix);
    lab.server.execute([
        format!("INSERT INTO `{schema}`.`~external_raw` (`hash`, `size`) VALUES ('sixteen ascii 01', 5)"),
        format!("UPDATE `{schema}`.`bulk_external` SET `data` = 'sixteen ascii 01' ORDER BY `id` LIMIT 1"),
    ]);
}

fn scans_are_the_same(server: &Server) {
    let edges = ["cycle", "longcomment", "old011", "view", "damage", "nullmissing", "missing"];
    let both = Both::build(server, "stmtscan", &edges);
    for options in [
        ScanOptions::default(),
        ScanOptions { check_objects: ObjectCheck::Size, ..ScanOptions::full() },
        ScanOptions { quick_rows: 3, sample_rows: 2, ..ScanOptions::default() },
    ] {
        scan(&mut both.connect(), &both.lab.schemas(), &both.settings(), &options, &mut NoProgress)
            .expect("a report");
    }
    both.all_did_the_same(300);
}

fn plan(both: &Both) -> Plan {
    let stores = both.stores();
    let seen = observe(
        &mut both.connect(),
        &both.lab.schemas(),
        &stores.specs,
        Some(&stores.open),
        &mut |_, _, _| (),
    )
    .expect("facts");
    let mut options = UpgradeOptions { chunk_rows: Some(3), ..UpgradeOptions::default() };
    let first = plan_upgrade(&seen, &stores.specs, &options).expect("a plan");
    options.answers = first
        .decisions
        .iter()
        .filter(|d| d.answer.is_none())
        .map(|d| (d.id.clone(), answer(&d.id, &d.options)))
        .collect::<BTreeMap<_, _>>();
    let plan = plan_upgrade(&seen, &stores.specs, &options).expect("a plan");
    assert!(plan.open_decisions().is_empty(), "{:?}", plan.open_decisions());
    plan
}

/// What lies behind the lab's adapters is known; of other questions the first answer will do.
fn answer(id: &str, options: &[String]) -> String {
    let known = [("trace", "blob"), ("report", "attach"), ("layout", "filepath")];
    let found = known.iter().find(|(name, answer)| id.contains(name) && options.iter().any(|o| o == answer));
    found.map_or_else(|| options[0].clone(), |(_, answer)| (*answer).to_owned())
}

fn migrations_are_the_same(server: &Server) {
    let both = Both::build(server, "stmtrun", &["cycle", "longcomment", "old011", "nullmissing", "view"]);
    let plan = plan(&both);
    let stores = both.stores();
    plan.save(&both.lab.file("plan.json")).expect("the plan's file");
    for stage in [Stage::Expand, Stage::Contract] {
        let outcome = begin(&both, &plan, &stores, &mut Silent).apply(stage);
        both.all_did_the_same(100);
        outcome.expect("the stage");
    }
    written_by_2x(&both);
    let outcome = begin(&both, &plan, &stores, &mut Silent).undo(UndoTo::Start);
    both.all_did_the_same(500);
    outcome.expect("the way back");
    let carried = "`size` = VALUES(`size`), `contents_hash` = VALUES(`contents_hash`)";
    let changes = both.seen.lock().expect("the notes").changes.clone();
    assert!(changes.iter().any(|sql| sql.contains(carried)), "what 2.x clients wrote is not carried back");
    for stage in [Stage::Expand, Stage::Contract, Stage::Finish] {
        begin(&both, &plan, &stores, &mut Silent).apply(stage).expect("the stage");
    }
    both.all_did_the_same(1000);
}

/// Pointers that 2.x clients have changed after the swap, of each kind, which undo has to carry back.
fn written_by_2x(both: &Both) {
    let mut connection = both.connect();
    for (table, column) in [("bulk_external", "data"), ("bulk_file", "attachment"), ("bulk_file", "path")] {
        let name = qualified(&TableName::new(format!("{}_analysis", both.lab.prefix), table));
        let sql = format!("SELECT `id`, `{column}` FROM {name} ORDER BY `id` LIMIT 2");
        let rows = connection.rows(&sql, &[]).expect("two rows");
        let (from, to) = (rows[0].as_ref(1).cloned(), rows[1].as_ref(0).cloned());
        let sql = format!("UPDATE {name} SET `{column}` = ? WHERE `id` = ?");
        let params = [from.expect("a pointer"), to.expect("a key")];
        assert_eq!(connection.execute(&sql, &params).expect("a change"), 1);
    }
}

fn begin<'a>(both: &'a Both, plan: &'a Plan, stores: &'a RunStores, silent: &'a mut Silent) -> Run<'a> {
    let options = ApplyOptions { trust_sessions: true, ..ApplyOptions::default() };
    let files = Files::of(&both.lab.file("plan.json"));
    Run::begin(plan, both.connect(), stores, files, options, silent).expect("a run")
}

#[test]
fn scans_of_mysql_are_the_same() {
    scans_are_the_same(&Server::mysql());
}

#[test]
fn scans_of_mariadb_are_the_same() {
    scans_are_the_same(&Server::mariadb());
}

#[test]
fn scans_of_mariadb_11_8_are_the_same() {
    scans_are_the_same(&Server::mariadb118());
}

#[test]
fn migrations_of_mysql_are_the_same() {
    migrations_are_the_same(&Server::mysql());
}

#[test]
fn migrations_of_mariadb_are_the_same() {
    migrations_are_the_same(&Server::mariadb());
}

#[test]
fn migrations_of_mariadb_11_8_are_the_same() {
    migrations_are_the_same(&Server::mariadb118());
}
