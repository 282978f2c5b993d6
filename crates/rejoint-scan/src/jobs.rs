//! `~jobs` and `~log`: what 0.14 keeps about work that failed, is to be left out, or is under way.

use crate::error::Error;
use crate::reader::{Reader, number, text};
use crate::report_file::{JobCount, JobsReport, LogReport, ReservedJob, SessionReport};
use rejoint_db::qualified;
use rejoint_model::{Catalog, TableName};

/// Job tables. `sees_all_sessions`: may this account see the sessions of other users?
pub(crate) fn jobs(
    reader: &mut Reader<'_>,
    sessions: &[SessionReport],
    sees_all_sessions: bool,
) -> Result<Vec<JobsReport>, Error> {
    let catalog = reader.catalog;
    let mut reports = Vec::new();
    for schema in catalog.schemas.values() {
        if !schema.tables.contains_key("~jobs") {
            continue;
        }
        let name = TableName::new(&schema.name, "~jobs");
        let from = qualified(&name);
        let what = name.to_string();
        let sql = format!(
            "SELECT `table_name`, `status`, COUNT(*) FROM {from} GROUP BY `table_name`, `status` ORDER BY `table_name`, `status`"
        );
        let Some(counts) = reader.rows(&what, &sql, &[])? else { continue };
        let counts: Vec<JobCount> = counts
            .iter()
            .filter_map(|row| {
                let [table, status, count] = row.as_slice() else { return None };
                let table = text(table);
                let table_exists = schema.tables.contains_key(&table);
                Some(JobCount { table, status: text(status), count: number(count), table_exists })
            })
            .collect();
        let sql = format!(
            "SELECT `table_name`, `key_hash`, `user`, `host`, `pid`, `connection_id`, CAST(`timestamp` AS CHAR) FROM {from} WHERE `status` = 'reserved' ORDER BY `table_name`, `key_hash`"
        );
        let reserved = reader.rows(&what, &sql, &[])?.unwrap_or_default();
        let reserved = reserved
            .iter()
            .filter_map(|row| {
                let [table, key_hash, user, host, pid, connection_id, since] = row.as_slice() else {
                    return None;
                };
                let connection_id = number(connection_id);
                // numbers of connections begin anew when the server restarts: the user must fit too
                let user = text(user);
                let name = user.split('@').next().unwrap_or_default();
                let seen = sessions.iter().any(|s| s.id == connection_id && s.user == name);
                Some(ReservedJob {
                    table: text(table),
                    key_hash: text(key_hash),
                    user,
                    host: text(host),
                    pid: number(pid),
                    connection_id,
                    since: text(since),
                    connection_alive: (seen || sees_all_sessions).then_some(seen),
                })
            })
            .collect();
        reports.push(JobsReport { schema: schema.name.clone(), counts, reserved });
    }
    Ok(reports)
}

pub(crate) fn logs(catalog: &Catalog) -> Vec<LogReport> {
    catalog
        .schemas
        .values()
        .filter_map(|s| {
            let log = s.tables.get("~log")?;
            Some(LogReport { schema: s.name.clone(), rows_estimate: log.rows_estimate })
        })
        .collect()
}
