//! What comes before the day: the overview, the checklist, and what nobody may do meanwhile.

use super::Book;
use crate::durations::{of_stage, of_window};
use crate::markdown::escape::{block, code, shell, text};
use crate::quantities::{count, duration};
use crate::rehearsal_file::{HandWork, SourceKind, When, Who};
use rejoint_plan::{Plan, Stage};
use std::collections::BTreeMap;
use std::fmt::Write as _;

pub(super) fn glance(book: &mut Book<'_>, plan: &Plan) {
    let (expand, window) = (of_stage(&book.steps, Stage::Expand), of_window(&book.steps));
    let proof = of_stage(&book.steps, Stage::Contract).saturating_sub(window);
    let back = book.undo_duration();
    let finish = of_stage(&book.steps, Stage::Finish);
    let n = |stage| plan.stage(stage).count();
    book.line("## At a glance");
    book.line(&format!(
        "| # | when | who | what | expected | way back |\n| --- | --- | --- | --- | --- | --- |\n\
         | 1 | days before | data steward | plan on the server, review | minutes | nothing happened |\n\
         | 2 | days before | data steward | expand: {} steps, everybody works on | {} | undo ({back}) |\n\
         | 3 | the day | users, administrator | stop every old client | – | start them again |\n\
         | 4 | the day | data steward | expand again: fresh evidence | up to {} | undo |\n\
         | 5 | the day | data steward | contract: the window, {} steps, then the proof | {} window, {} proof | undo, to expand or to the start |\n\
         | 6 | the day | users | start 2.x clients, try their work | – | undo keeps what they wrote |\n\
         | 7 | weeks later | data steward | finish: {} steps | {} | **none** |",
        n(Stage::Expand),
        duration(expand),
        duration(expand),
        n(Stage::Contract),
        duration(window),
        duration(proof),
        n(Stage::Finish),
        duration(finish)
    ));
}

pub(super) fn before(book: &mut Book<'_>, plan: &Plan) {
    book.line("## Before the day");
    book.line("**Data steward**");
    let rehearsal = book.rehearsal;
    for decision in rehearsal.open_decisions() {
        let answers: Vec<String> = decision.options.iter().map(|(answer, _)| code(answer)).collect();
        let line =
            format!("Decide: {} {} ({})", text(&decision.question), code(&decision.id), answers.join(", "));
        book.item(&line);
    }
    hand_work(book, Who::DataSteward, When::Before);
    if rehearsal.stores.iter().any(|store| !store.at_hand) {
        book.item(
            "Read the objects of the stores that were not at hand: `rejoint scan … --full --objects hash`.",
        );
    }
    book.item("A day and an hour are agreed with everybody who reads or writes these schemas, including cron jobs and dashboards.");
    if let Some(findings) = rehearsal.code.as_ref().map(|code| code.findings.len()).filter(|n| *n > 0) {
        book.item(&format!(
            "In the code {}; the converted branch passes its tests.",
            count(findings, "place is left and decided", "places are left and all are decided")
        ));
    }
    make_and_review(book, plan);
    book.out.push('\n');
    book.line("**Database administrator**");
    book.item("A backup of the database and of the stores, and somebody has restored it once.");
    privileges(book);
    hand_work(book, Who::Dba, When::Before);
    book.item("Room for the new columns and for the new objects; no other maintenance on that day.");
    book.out.push('\n');
    book.line("**Users**");
    hand_work(book, Who::Users, When::Before);
    book.item("Old clients are DataJoint 0.14.3 or newer: older ones do not hide columns that begin with an underscore.");
    book.item("DataJoint 2.x is installed in an environment of its own, with the converted code and its codecs, but does not run yet.");
    book.out.push('\n');
}

fn make_and_review(book: &mut Book<'_>, plan: &Plan) {
    let rehearsal = book.rehearsal;
    let show = format!("rejoint plan show {} --sql", book.plan_file);
    if rehearsal.source.kind == SourceKind::Server && rehearsal.open_decisions().count() == 0 {
        book.item("Review the plan with a second person:");
        book.out.push('\n');
        book.out.push_str(&indented(&block("sh", &[show])));
        return;
    }
    book.item("Make the plan on the server and review it with a second person:");
    book.out.push('\n');
    let mut make = format!("rejoint plan upgrade{}", schemas(plan));
    for decision in &rehearsal.decisions {
        let answer = match &decision.answer {
            Some(answer) if !decision.is_open() => answer.as_str(),
            _ => "ANSWER",
        };
        let _ = write!(make, " \\\n  --decide {}", shell(&format!("{}={answer}", decision.id)));
    }
    if rehearsal.source.kind == SourceKind::Server {
        make.push_str(" \\\n  --force");
    }
    let _ = write!(make, " \\\n  -o {}", book.plan_file);
    let commands: Vec<String> = make.lines().map(str::to_owned).chain([show]).collect();
    book.out.push_str(&indented(&block("sh", &commands)));
    book.item("Its hash is written down here: ____________; it stands in place of HASH, or of the rehearsed plan’s, in all commands below.");
}

/// ` -s a -s b`, one a line.
pub(super) fn schemas(plan: &Plan) -> String {
    plan.schemas.iter().map(|schema| format!(" \\\n  -s {}", shell(schema))).collect()
}

/// A block within a list item.
fn indented(block: &str) -> String {
    block.lines().map(|line| format!("  {line}\n")).collect::<String>() + "\n"
}

fn hand_work(book: &mut Book<'_>, who: Who, when: When) {
    let work: Vec<&HandWork> =
        book.rehearsal.by_hand.iter().filter(|w| w.who == who && w.when == when).collect();
    for work in work {
        book.item(&text(&work.title));
        for detail in &work.details {
            let _ = writeln!(book.out, "  - {}", text(detail));
        }
        for command in &work.commands {
            let _ = writeln!(book.out, "  - {}", code(command));
        }
    }
}

/// Work of one time of everybody, as items.
pub(super) fn hand_work_of_all(book: &mut Book<'_>, when: When) {
    for who in [Who::DataSteward, Who::Users, Who::Dba] {
        if book.rehearsal.by_hand.iter().any(|work| work.who == who && work.when == when) {
            book.line(&format!("**{}**", who.title()));
            hand_work(book, who, when);
            book.out.push('\n');
        }
    }
}

fn privileges(book: &mut Book<'_>) {
    let mut missing: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for privilege in book.rehearsal.scan.iter().flat_map(|scan| scan.missing_privileges()) {
        missing.entry(privilege.privilege.clone()).or_default().extend(privilege.schema.clone());
    }
    if missing.is_empty() {
        book.item("The account that runs rejoint has the privileges that `rejoint scan` lists, `PROCESS` among them.");
    }
    for (privilege, schemas) in missing {
        let places: Vec<String> = schemas.iter().map(|schema| code(schema)).collect();
        let places = if places.is_empty() { "the whole server".to_owned() } else { places.join(", ") };
        book.item(&format!("Grant {} on {places} to the account that runs rejoint.", code(&privilege)));
    }
}

pub(super) fn rules(book: &mut Book<'_>) {
    book.line("## What nobody may do meanwhile");
    book.line(
        "From the first expand (2) until finish (7) or undo:\n\n\
         - no `ALTER`, `CREATE`, `DROP` or `RENAME` of tables in these schemas, and no new `@schema` classes: rejoint refuses a database that changed since the plan was made\n\
         - no deleting of unused objects (`schema.external[...].delete()` of 0.x, garbage collection of 2.x), no moving or renaming in the stores\n\
         - no upgrade, restart or restore of the server\n\
         - no second run of rejoint on the same schemas; it would be refused\n\
         - no editing of the plan or of the files beside it (`.journal.jsonl`, `.before.json`); undo needs them\n\n\
         In addition in the window (5):\n\n\
         - no 0.x client is connected, not even to read\n\
         - nobody writes with any other client, not even administrators\n\
         - 2.x clients do not start before the data steward says so",
    );
}
