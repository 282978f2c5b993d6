//! Who else is connected.

use crate::connection::MySql;
use rejoint_db::{Engine as _, Error, SessionInfo, cell_text};
use std::collections::BTreeMap;

/// All sessions that this account may see, its own excluded, server threads excluded.
///
/// Without the PROCESS privilege a server shows only the sessions of the same user.
///
/// # Errors
/// Server errors other than missing privileges.
pub(crate) fn sessions(connection: &mut MySql) -> Result<Vec<SessionInfo>, Error> {
    let own = u64::from(connection.id());
    let rows = connection.rows(
        "SELECT ID, USER, HOST, DB, COMMAND, TIME FROM information_schema.PROCESSLIST ORDER BY ID",
        &[],
    )?;
    let mut clients: BTreeMap<u64, String> = BTreeMap::new();
    let attributes = "SELECT PROCESSLIST_ID, ATTR_NAME, ATTR_VALUE FROM performance_schema.session_connect_attrs WHERE ATTR_NAME IN ('_client_name', '_client_version', 'program_name')";
    if let Ok(found) = connection.rows(attributes, &[]) {
        for row in &found {
            if let (Some(id), Some(value)) =
                (cell_text(row, 0).and_then(|i| i.parse().ok()), cell_text(row, 2))
            {
                let entry = clients.entry(id).or_default();
                if !entry.is_empty() {
                    entry.push(' ');
                }
                entry.push_str(&value);
            }
        }
    }
    let open: Option<Vec<u64>> = connection
        .rows("SELECT trx_mysql_thread_id FROM information_schema.INNODB_TRX", &[])
        .ok()
        .map(|rows| rows.iter().filter_map(|row| cell_text(row, 0).and_then(|i| i.parse().ok())).collect());
    Ok(rows
        .iter()
        .filter_map(|row| {
            let id: u64 = cell_text(row, 0)?.parse().ok()?;
            let user = cell_text(row, 1).unwrap_or_default();
            let command = cell_text(row, 4).unwrap_or_default();
            let server_thread =
                matches!(user.as_str(), "system user" | "event_scheduler") || command == "Daemon";
            (id != own && !server_thread).then(|| SessionInfo {
                id,
                user,
                host: cell_text(row, 2).unwrap_or_default(),
                schema: cell_text(row, 3),
                command,
                seconds: cell_text(row, 5).and_then(|t| t.parse().ok()).unwrap_or(0),
                client: clients.get(&id).cloned().unwrap_or_default(),
                in_transaction: open.as_ref().map(|ids| ids.contains(&id)),
            })
        })
        .collect())
}
