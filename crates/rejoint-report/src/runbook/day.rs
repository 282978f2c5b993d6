//! The day itself, the ways back, and what to do about trouble.

use super::Book;
use super::preparation::{hand_work_of_all, schemas};
use crate::durations::{Expected, in_window, of_stage, of_window};
use crate::markdown::escape::{code, text};
use crate::quantities::duration;
use crate::rehearsal_file::When;
use rejoint_plan::{Plan, Stage};
use std::fmt::Write as _;

/// Steps named one by one; the plan has them all.
const LONGEST: usize = 8;
/// Clients named one by one.
const CLIENTS: usize = 60;

pub(super) fn steps(book: &mut Book<'_>, plan: &Plan) {
    let hash = book.hash(plan);
    let (file, certificate) = (book.plan_file.clone(), book.certificate.clone());
    let undo = code(&format!("rejoint undo {file}"));
    let undo_to_expand = code(&format!("rejoint undo {file} --to expand"));
    book.line("## Steps");

    book.line("### 1. Plan on the server (data steward, days before)");
    book.line("See *Before the day*. Check: the plan has no open decision, and two people have read it. Way back: nothing happened.");

    let expand = of_stage(&book.steps, Stage::Expand);
    book.line("### 2. Expand (data steward, days before)");
    book.commands(&[
        format!("rejoint apply {file} --stage expand --hash {hash}"),
        format!("rejoint status {file}"),
    ]);
    book.line(&format!(
        "Expected: **{}**. Old clients read and write on. It can be interrupted at any time; the same command goes on.",
        duration(expand)
    ));
    longest(book, |e| e.step.stage == Stage::Expand);
    book.line("Check: exit code 0, and `status` counts every step of expand as done; the last of them has compared old pointers with new ones. A user of 0.14 reads and writes a row as always.");
    book.line(&format!("Way back: {undo} ({}).", book.undo_duration()));

    book.line("### 3. Stop every old client (users; the administrator watches)");
    clients(book);
    let scan = format!("rejoint scan{}", schemas(plan));
    book.commands(&scan.lines().map(str::to_owned).collect::<Vec<_>>());
    hand_work_of_all(book, When::OnTheDay);
    book.line("Check: the scan lists no session and no reserved job of these schemas. Way back: start the clients again; nothing happened to them.");

    book.line("### 4. Expand once more (data steward)");
    book.commands(&[format!("rejoint apply {file} --stage expand --hash {hash}")]);
    book.line(&format!(
        "Expected: at most {}, mostly reading. It takes fresh evidence, so that less has to be read in the window.",
        duration(expand)
    ));
    book.line(&format!("Check: exit code 0. Way back: {undo}."));

    let window = of_window(&book.steps);
    let proof = of_stage(&book.steps, Stage::Contract).saturating_sub(window);
    book.line("### 5. Contract: the window (data steward; nobody else touches the database)");
    book.commands(&[format!("rejoint apply {file} --stage contract --hash {hash}")]);
    book.line(&format!(
        "Expected: **{}** of window until the last *Swap* step, then {} of reading for the certificate.",
        duration(window),
        duration(proof)
    ));
    longest(book, |e| in_window(e.step));
    book.line("If a client is still connected, rejoint names it and changes nothing: stop it and run the command again. A session that does no harm is let through with `--ignore-session NUMBER`.");
    book.line("If the command ends in the middle (power, network): run the same command again.");
    book.line("Check:");
    book.commands(&[format!("rejoint status {file}"), format!("rejoint verify {certificate}")]);
    book.line("Exit code 0, and the certificate says *equal* for everything that no decision names. **Go** is said by the data steward only, and only then.");
    book.line(&format!(
        "Way back: {undo_to_expand} (0.14 works again, new pointers stay up to date) or {undo} (as before everything)."
    ));

    book.line("### 6. Start 2.x (users)");
    hand_work_of_all(book, When::After);
    book.line("Every group reads one known row, writes one, and runs one `populate`. Check: values are those of a note taken before. Whoever sees anything wrong tells the data steward before writing more.");
    book.line("Way back: as in 5; rows that 2.x wrote are kept and get legacy pointers. Stop the 2.x clients first.");

    let finish = of_stage(&book.steps, Stage::Finish);
    book.line("### 7. Finish (data steward, weeks later, when nobody wants to go back)");
    book.commands(&[
        format!("rejoint status {file}"),
        format!("rejoint apply {file} --stage finish --hash {hash}"),
    ]);
    book.line("Check first: `status` counts contract as done, and nobody has reported a wrong value. (`rejoint verify` compares with the certificate: what was written since then differs from it.)");
    book.line(&format!(
        "Expected: {}. Drops what was kept for undo. **There is no way back after this but the backup.**",
        duration(finish)
    ));
}

fn longest(book: &mut Book<'_>, wanted: impl Fn(&Expected<'_>) -> bool) {
    let mut steps: Vec<Expected<'_>> = book.steps.iter().filter(|e| wanted(e)).copied().collect();
    let total = steps.len();
    steps.sort_by_key(|e| std::cmp::Reverse(e.milliseconds));
    let mut table = String::from("| the longest of them | what | expected | |\n| --- | --- | --- | --- |\n");
    for e in steps.iter().take(LONGEST) {
        let _ = writeln!(
            table,
            "| {} | {} | {} | {} |",
            code(&e.step.id),
            text(&e.step.title),
            duration(e.milliseconds),
            e.origin.word()
        );
    }
    if total > LONGEST {
        let _ = writeln!(table, "| … | {} more | | |", total - LONGEST);
    }
    if total > 0 {
        book.line(table.trim_end());
    }
}

fn clients(book: &mut Book<'_>) {
    let Some(scan) = &book.rehearsal.scan else { return };
    if scan.sessions.is_empty() {
        book.line("The rehearsal could not see who uses the server. `rejoint scan` on the server lists every session and every reserved job; write them here on the day before.");
        book.line("| user | from | client | asked to stop by | stopped |\n| --- | --- | --- | --- | --- |\n| | | | | [ ] |");
    } else {
        let mut table = String::from(
            "| user | from | client | open transaction | stopped |\n| --- | --- | --- | --- | --- |\n",
        );
        for session in scan.sessions.iter().take(CLIENTS) {
            let transaction = match session.in_transaction {
                Some(true) => "yes",
                Some(false) => "no",
                None => "not known",
            };
            let _ = writeln!(
                table,
                "| {} | {} | {} | {transaction} | [ ] |",
                code(&session.user),
                code(&session.host),
                code(&session.client)
            );
        }
        if scan.sessions.len() > CLIENTS {
            let _ = writeln!(table, "| {} more | | | | [ ] |", scan.sessions.len() - CLIENTS);
        }
        book.line(table.trim_end());
    }
    let reserved: Vec<_> =
        scan.jobs.iter().flat_map(|jobs| jobs.reserved.iter().map(move |job| (jobs, job))).collect();
    if !reserved.is_empty() {
        let mut table = String::from(
            "| job of | reserved by | on | process | since |\n| --- | --- | --- | --- | --- |\n",
        );
        for (jobs, job) in reserved.iter().take(CLIENTS) {
            let _ = writeln!(
                table,
                "| {} | {} | {} | {} | {} |",
                code(&format!("{}.{}", jobs.schema, job.table)),
                code(&job.user),
                code(&job.host),
                job.pid,
                text(&job.since)
            );
        }
        book.line("Jobs that run, or that nobody released. They end or are stopped first:");
        book.line(table.trim_end());
    }
    book.line(
        "- [ ] workers and `populate` loops (users who started them)\n\
         - [ ] notebooks: kernels shut down, not only closed (everybody)\n\
         - [ ] dashboards, web services, cron jobs (administrator)\n\
         - [ ] acquisition that writes by itself (its users; it needs a buffer or a pause)",
    );
}

pub(super) fn going_back(book: &mut Book<'_>) {
    let file = &book.plan_file;
    let undo = code(&format!("rejoint undo {file}"));
    let undo_to_expand = code(&format!("rejoint undo {file} --to expand"));
    let contract = code(&format!("rejoint apply {file} --stage contract"));
    book.line("## Going back");
    book.line(&format!(
        "| when | command | leads to |\n| --- | --- | --- |\n\
         | before 2 | – | nothing happened |\n\
         | in the middle of 2 or 4 | {undo} | the start; or run `apply` again and go on |\n\
         | after 2 or 4 | {undo} | the start |\n\
         | in the middle of 5 | {contract} again, or {undo_to_expand} | the end of 5, or the state after 4 |\n\
         | after 5 | {undo_to_expand} | 0.14 works, new pointers stay up to date |\n\
         | after 5 | {undo} | the start: definitions byte for byte, values by digest |\n\
         | after 6, 2.x wrote | the same two commands, 2.x clients stopped | the same; rows written since are kept |\n\
         | after 7 | the backup | what was written since is lost |"
    ));
    let duration = book.undo_duration();
    book.line(&format!("Undo: {duration}. It can be interrupted and run again like apply."));
}

pub(super) fn trouble(book: &mut Book<'_>) {
    book.line("## When something goes wrong");
    book.line(
        "| what you see | who | what to do |\n| --- | --- | --- |\n\
         | the command ended in the middle (power, network) | data steward | run the same command again |\n\
         | `the window cannot open: session …` | its user | stop that client, or `--ignore-session NUMBER` if it does no harm |\n\
         | `waiting for a lock that … may hold` | administrator | let it finish; rejoint tries again and then gives up without harm |\n\
         | `the database changed since the plan was made` | data steward | somebody altered a table: undo, plan again |\n\
         | `old and new pointers do not agree` | data steward | nothing was swapped; apply expand again, then report it |\n\
         | `the evidence after the swap differs` | data steward | the certificate names tables and columns; if no client wrote meanwhile, undo |\n\
         | the window takes longer than three times the expected | data steward, administrator | look at `rejoint status` and at the server’s sessions; going on and undo are both safe |",
    );
}
