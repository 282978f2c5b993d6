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

/// Runs a command, stopped at a boundary if it has that many, and again to its end; `again` stops the second run too, if it passes that
/// many boundaries.
fn stopped_and_finished(
    pipeline: &Pipeline,
    reference: &Reference,
    command: Command,
    stop: Stop,
    again: Option<u64>,
) {
    let last = reference.last(command);
    let (Stop::Abort(k) | Stop::Cut(k)) = stop;
    if k <= last {
        pipeline.stop(command, stop, last);
        if let Some(k) = again {
            pipeline.may_abort(command, k);
        }
    }
    let place = format!("{command:?} with {stop:?} of {last}, then {again:?}");
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
    circles(server, name, |last| (1..=last).collect(), stop, |_| None);
}

/// A circle for each of the boundaries that `which` chooses.
fn circles(
    server: &Server,
    name: &str,
    which: impl Fn(u64) -> Vec<u64>,
    stop: fn(u64) -> Stop,
    again: fn(u64) -> Option<u64>,
) {
    let pipeline = Pipeline::build(server, name);
    let reference = Reference::take(&pipeline);
    for k in which(reference.longest()) {
        stopped_and_finished(&pipeline, &reference, Command::Expand, stop(k), again(k));
        pipeline.write(Client::V0);
        stopped_and_finished(&pipeline, &reference, Command::Contract, stop(k), again(k));
        pipeline.write(Client::V2);
        stopped_and_finished(&pipeline, &reference, Command::Undo, stop(k), again(k));
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

/// The second run is stopped soon after it has begun: the first boundaries are its own record, then come those of the step that the
/// first run left half done.
fn a_second_stop(server: &Server, first: u64, stop: fn(u64) -> Stop) {
    circles(server, "crash_2", |last| (first..=last).step_by(4).collect(), stop, |k| Some(3 + k / 4 % 6));
}

#[test]
fn a_second_abort_while_taking_up_a_run_changes_nothing_in_the_end_on_mysql() {
    a_second_stop(&Server::mysql(), 2, Stop::Abort);
}

#[test]
fn a_second_abort_while_taking_up_a_run_changes_nothing_in_the_end_on_mariadb() {
    a_second_stop(&Server::mariadb(), 4, Stop::Cut);
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

/// Stops that a person answers by turning round: an apply is undone instead of gone on with, an undo is applied instead. `first` and
/// `step` choose the boundaries: the servers share them.
fn turned_round(server: &Server, first: u64, step: usize) {
    let pipeline = Pipeline::build(server, "crash_t");
    let reference = Reference::take(&pipeline);
    for k in (first..=reference.longest()).step_by(step) {
        let place =
            |command: Command| format!("{command:?} with an abort at {k} of {}", reference.last(command));
        if k <= reference.last(Command::Expand) {
            pipeline.stop(Command::Expand, Stop::Abort(k), reference.last(Command::Expand));
            pipeline.finish(Command::Undo, &place(Command::Expand));
            reference.clean(&pipeline, &place(Command::Expand));
        }
        if k <= reference.last(Command::Contract) {
            pipeline.finish(Command::Expand, &"nothing");
            pipeline.write(Client::V0);
            pipeline.stop(Command::Contract, Stop::Abort(k), reference.last(Command::Contract));
            pipeline.finish(Command::Undo, &place(Command::Contract));
            reference.clean(&pipeline, &place(Command::Contract));
        }
        if k <= reference.last(Command::Undo) {
            pipeline.finish(Command::Expand, &"nothing");
            pipeline.write(Client::V0);
            pipeline.finish(Command::Contract, &"nothing");
            pipeline.write(Client::V2);
            pipeline.stop(Command::Undo, Stop::Abort(k), reference.last(Command::Undo));
            // a half undone swap must be refused; what is wholly back can be applied again
            if !pipeline.attempt(Command::Contract, &place(Command::Undo))
                && pipeline.attempt(Command::Expand, &place(Command::Undo))
            {
                pipeline.finish(Command::Contract, &place(Command::Undo));
            }
            pipeline.finish(Command::Undo, &place(Command::Undo));
            state(&pipeline).assert_is(&reference.undone, &place(Command::Undo));
            reference.clean(&pipeline, &place(Command::Undo));
        }
    }
}

#[test]
fn whoever_turns_round_after_an_abort_comes_back_to_the_start_on_mysql() {
    turned_round(&Server::mysql(), 1, 4);
}

#[test]
fn whoever_turns_round_after_an_abort_comes_back_to_the_start_on_mariadb() {
    turned_round(&Server::mariadb(), 3, 4);
}
