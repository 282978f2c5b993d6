//! A run that is stopped anywhere and taken up again ends as one that was never stopped.
//!
//! The upgrade of a small pipeline is applied and undone over and over, in circles that begin and end at its start: in circle *k*, each
//! stage is stopped at its *k*-th durable boundary and run again. What is compared after each stage is everything: definitions, rows of
//! all tables, hidden ones too, the objects in the stores, and the certificate. Between the stages clients of 0.14 and of 2.x write, so
//! that no step is without work.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "steps shared by tests fail the test")]

mod pipeline;
mod state;

use pipeline::{Client, Command, Pipeline, Stop};
use rejoint_testkit::Server;
use serde_json::Value;
use state::{State, state};
use std::collections::BTreeSet;

/// What a circle that nobody disturbed leads to.
struct Reference {
    /// Boundaries of expand, contract, undo.
    boundaries: [u64; 3],
    start: State,
    expanded: State,
    contracted: State,
    /// With what the clients wrote.
    undone: State,
    certificate: Value,
}

impl Reference {
    fn take(pipeline: &Pipeline) -> Self {
        let start = state(pipeline);
        let n_expand = pipeline.boundaries(Command::Expand);
        let expanded = state(pipeline);
        pipeline.write(Client::V0);
        let n_contract = pipeline.boundaries(Command::Contract);
        let contracted = state(pipeline);
        let certificate = pipeline.certificate();
        assert_eq!(certificate["verdict"], "equal");
        pipeline.write(Client::V2);
        let n_undo = pipeline.boundaries(Command::Undo);
        let undone = state(pipeline);
        assert_eq!(undone.definitions(), start.definitions());
        let boundaries = [n_expand, n_contract, n_undo];
        let reference = Reference { boundaries, start, expanded, contracted, undone, certificate };
        reference.clean(pipeline, &"the circle that nobody disturbed");
        reference
    }

    /// Takes away what clients wrote. Nothing else may be left.
    fn clean(&self, pipeline: &Pipeline, place: &dyn std::fmt::Display) {
        let found = state(pipeline);
        pipeline.clean(found.objects(), |path| self.start.has_object(path));
        state(pipeline).assert_is(&self.start, place);
    }

    fn last(&self, command: Command) -> u64 {
        self.boundaries[command as usize]
    }

    fn longest(&self) -> u64 {
        *self.boundaries.iter().max().unwrap()
    }
}

/// Runs a command, stopped at a boundary if it has that many, and again to its end.
fn stopped_and_finished(pipeline: &Pipeline, reference: &Reference, command: Command, stop: Stop) {
    let last = reference.last(command);
    let (Stop::Abort(k) | Stop::Cut(k)) = stop;
    if k <= last {
        pipeline.stop(command, stop, last);
    }
    let place = format!("{command:?} with {stop:?} of {last}");
    pipeline.finish(command, &place);
    let found = state(pipeline);
    match command {
        Command::Expand => found.assert_is(&reference.expanded, &place),
        Command::Contract => {
            found.assert_is(&reference.contracted, &place);
            assert_eq!(pipeline.certificate(), reference.certificate, "{place}");
        }
        Command::Undo => found.assert_is(&reference.undone, &place),
    }
}

/// Every boundary of every stage, stopped this way.
fn every_boundary(server: &Server, name: &str, stop: fn(u64) -> Stop) {
    let pipeline = Pipeline::build(server, name);
    let reference = Reference::take(&pipeline);
    for k in 1..=reference.longest() {
        stopped_and_finished(&pipeline, &reference, Command::Expand, stop(k));
        pipeline.write(Client::V0);
        stopped_and_finished(&pipeline, &reference, Command::Contract, stop(k));
        pipeline.write(Client::V2);
        stopped_and_finished(&pipeline, &reference, Command::Undo, stop(k));
        reference.clean(&pipeline, &format!("circle {k}"));
    }
}

#[test]
fn an_abort_at_any_boundary_changes_nothing_in_the_end_on_mysql() {
    every_boundary(&Server::mysql(), "crash_a", Stop::Abort);
}

#[test]
fn an_abort_at_any_boundary_changes_nothing_in_the_end_on_mariadb() {
    every_boundary(&Server::mariadb(), "crash_a", Stop::Abort);
}

#[test]
fn a_connection_cut_at_any_boundary_changes_nothing_in_the_end_on_mysql() {
    every_boundary(&Server::mysql(), "crash_c", Stop::Cut);
}

#[test]
fn a_connection_cut_at_any_boundary_changes_nothing_in_the_end_on_mariadb() {
    every_boundary(&Server::mariadb(), "crash_c", Stop::Cut);
}

#[test]
fn the_small_pipeline_has_every_kind_of_step() {
    let pipeline = Pipeline::build(&Server::mysql(), "crash_s");
    let plan = pipeline.plan_json();
    let steps = plan["steps"].as_array().unwrap();
    let kinds: BTreeSet<&str> = steps.iter().map(|s| s["action"].as_str().unwrap()).collect();
    let wanted = [
        "alter",
        "backfill",
        "carry_back",
        "create_table",
        "create_trigger",
        "drop_table",
        "drop_trigger",
        "fence",
        "fill_rows",
        "jobs",
        "objects",
        "settle",
        "verify_after",
        "verify_before",
    ];
    assert_eq!(kinds, BTreeSet::from(wanted));
    let copied = steps.iter().filter(|s| s["sql"].as_str().is_some_and(|sql| sql.contains("ALGORITHM=COPY")));
    assert_eq!(copied.count(), 1, "the foreign key of a table whose name begins with #f");
}
