//! The fence: nobody who would be hurt by the swap may be connected. They are named, not killed.

use super::Probe;
use crate::error::{Context as _, RunError};
use crate::runner::Run;
use rejoint_db::{Grant, SessionInfo, Value, ident, missing_privileges, sessions};
use rejoint_plan::{Action, Stage, Step};

/// The fence stands as long as any table is still to be swapped.
pub(crate) fn probe(run: &mut Run<'_>) -> Result<Probe, RunError> {
    Ok(if open_swaps(run)? == 0 { Probe::Done } else { Probe::NotStarted })
}

/// How many tables are still to be swapped.
pub(crate) fn open_swaps(run: &mut Run<'_>) -> Result<usize, RunError> {
    let steps: Vec<Step> = run.plan.stage(Stage::Contract).cloned().collect();
    let mut open = 0;
    for step in &steps {
        if matches!(step.action, Action::Alter { .. }) && super::probe(run, step)? != Probe::Done {
            open += 1;
        }
    }
    Ok(open)
}

/// Programs that only a person drives: they do no harm while they hold no transaction.
const SHELLS: [&str; 6] = ["mysql ", "mariadb", "mysqladmin", "mysqldump", "MySQLWorkbench", "mysqlsh"];

fn in_the_way(session: &SessionInfo) -> bool {
    let shell = SHELLS.iter().any(|s| format!("{} ", session.client).contains(s));
    session.in_transaction == Some(true) || !shell
}

pub(crate) fn act(run: &mut Run<'_>, schemas: &[String]) -> Result<(), RunError> {
    // the server renews its list of transactions only after a moment in which nobody reads it
    std::thread::sleep(std::time::Duration::from_millis(150));
    let live = sessions(&mut run.connection).context("listing sessions")?;
    let mut hindrances: Vec<String> = Vec::new();
    if run.options.trust_sessions {
        run.progress.note("sessions are not looked at: somebody vouches that every old client is stopped");
    } else {
        let need = Grant {
            privilege: "PROCESS".into(),
            schema: None,
            reason: "see the sessions of other users".into(),
        };
        if !missing_privileges(&mut run.connection, &[need]).context("reading grants")?.is_empty() {
            return Err(RunError::refused(
                "this account may not see the sessions of other users (no PROCESS privilege)",
                "Have it granted, or stop all clients and vouch for it with --trust-sessions.",
            ));
        }
        for session in live.iter().filter(|s| !run.options.ignore_sessions.contains(&s.id) && in_the_way(s)) {
            let client =
                if session.client.is_empty() { "an unknown client" } else { session.client.as_str() };
            let transaction =
                if session.in_transaction == Some(true) { ", with an open transaction" } else { "" };
            hindrances.push(format!(
                "session {} of {}@{} ({client}, {} for {} s{transaction})",
                session.id, session.user, session.host, session.command, session.seconds
            ));
        }
    }
    let mut stale = 0;
    for schema in schemas {
        let table = rejoint_model::TableName::new(schema, "~jobs");
        if !super::ddl::table_exists(run, &table)? {
            continue;
        }
        let sql = format!(
            "SELECT table_name, user, host, pid, connection_id FROM {}.`~jobs` WHERE status = 'reserved'",
            ident(schema)
        );
        for row in run.connection.rows(&sql, &[]).context("reading reserved jobs")? {
            let text = |i: usize| match row.as_ref(i) {
                Some(Value::Bytes(b)) => String::from_utf8_lossy(b).into_owned(),
                Some(Value::Int(n)) => n.to_string(),
                Some(Value::UInt(n)) => n.to_string(),
                _ => String::new(),
            };
            let id: u64 = text(4).parse().unwrap_or(0);
            if live.iter().any(|s| s.id == id) {
                hindrances.push(format!(
                    "a job of {schema}.{} reserved by {} on {} (process {}, session {id})",
                    text(0),
                    text(1),
                    text(2),
                    text(3)
                ));
            } else {
                stale += 1;
            }
        }
    }
    if stale > 0 {
        run.progress.note(&format!(
            "{stale} reserved jobs belong to sessions that are gone; they are not carried over"
        ));
    }
    if hindrances.is_empty() {
        return Ok(());
    }
    Err(RunError::refused(
        format!("the window cannot open: {}", hindrances.join("; ")),
        "Stop these clients and apply again; a session that does no harm can be left with --ignore-session NUMBER.",
    ))
}
