//! The server's time and time zones.

use crate::connection::MySql;
use rejoint_db::{Class, Engine as _, Error, TimeZones, cell_text};

/// The time now, and when the server was started.
pub(crate) fn clock(connection: &mut MySql) -> Result<(String, i64), Error> {
    let rows = connection.rows("SELECT CAST(UTC_TIMESTAMP(6) AS CHAR), UNIX_TIMESTAMP()", &[])?;
    let at = rows.first().and_then(|row| cell_text(row, 0)).unwrap_or_default();
    let now = rows.first().and_then(|row| cell_text(row, 1)).and_then(|n| n.parse::<i64>().ok()).unwrap_or(0);
    // the status variable by its SHOW form, which both servers have
    let rows = connection.text_rows("SHOW GLOBAL STATUS LIKE 'Uptime'")?;
    let uptime = rows.first().and_then(|row| cell_text(row, 1)).and_then(|n| n.parse::<i64>().ok());
    Ok((at, now - uptime.unwrap_or(0)))
}

/// Session time zones are UTC here; the difference to the server's is asked for with the server's own functions.
pub(crate) fn time_zones(connection: &mut MySql) -> Result<TimeZones, Error> {
    let sql = "SELECT @@global.time_zone, @@system_time_zone, TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(), CONVERT_TZ(UTC_TIMESTAMP(), '+00:00', @@global.time_zone))";
    let rows = connection.rows(sql, &[])?;
    let of = |at: usize| rows.first().and_then(|row| cell_text(row, at)).unwrap_or_default();
    let sessions = "SELECT v.VARIABLE_VALUE, COUNT(*) FROM performance_schema.variables_by_thread AS v JOIN performance_schema.threads AS t ON t.THREAD_ID = v.THREAD_ID WHERE v.VARIABLE_NAME = 'time_zone' AND t.PROCESSLIST_ID <> CONNECTION_ID() GROUP BY v.VARIABLE_VALUE ORDER BY v.VARIABLE_VALUE";
    // only MySQL has this view, and only privileged accounts may read it: without it the question is asked all the same
    let sessions = match connection.rows(sessions, &[]) {
        Ok(rows) => rows
            .iter()
            .filter_map(|row| Some((cell_text(row, 0)?, cell_text(row, 1)?.parse().ok()?)))
            .collect(),
        Err(error) if error.class() == Class::Lost => return Err(error),
        Err(_) => Vec::new(),
    };
    Ok(TimeZones { global: of(0), system: of(1), utc_offset_seconds: of(2).parse().unwrap_or(0), sessions })
}
