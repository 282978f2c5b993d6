//! Who is connected, and what this account may do.

use crate::error::Error;
use crate::reader::Reader;
use crate::report_file::{PrivilegeReport, SessionReport};
use rejoint_db::{missing_privileges, needed_by_apply, sessions as list_sessions};

pub(crate) fn sessions(reader: &mut Reader<'_>) -> Result<Vec<SessionReport>, Error> {
    let found = match list_sessions(reader.connection) {
        Ok(found) => found,
        Err(error) => {
            reader.refused("sessions of the server", error)?;
            return Ok(Vec::new());
        }
    };
    Ok(found
        .into_iter()
        .map(|s| SessionReport {
            id: s.id,
            user: s.user,
            host: s.host,
            schema: s.schema,
            client: s.client,
            command: s.command,
            seconds: s.seconds,
            in_transaction: s.in_transaction,
        })
        .collect())
}

/// What `apply` needs and whether the account holds it; notes what the lack of privileges hides from the scan itself.
pub(crate) fn privileges(reader: &mut Reader<'_>, schemas: &[String]) -> Result<Vec<PrivilegeReport>, Error> {
    let needed = needed_by_apply(schemas);
    let missing = match missing_privileges(reader.connection, &needed) {
        Ok(missing) => missing,
        Err(error) => {
            reader.refused("privileges of this account", error)?;
            return Ok(Vec::new());
        }
    };
    let report: Vec<PrivilegeReport> = needed
        .into_iter()
        .map(|grant| PrivilegeReport {
            held: !missing.contains(&grant),
            privilege: grant.privilege,
            schema: grant.schema,
            reason: grant.reason,
        })
        .collect();
    let lacking = |privilege: &str| -> Vec<String> {
        report
            .iter()
            .filter(|p| !p.held && p.privilege == privilege)
            .filter_map(|p| p.schema.clone())
            .collect()
    };
    let blind = lacking("TRIGGER");
    if !blind.is_empty() {
        reader.skip(
            &format!("triggers of {}", blind.join(", ")),
            "the server shows triggers only to accounts with the TRIGGER privilege",
        );
    }
    if report.iter().any(|p| !p.held && p.privilege == "PROCESS") {
        reader.skip(
            "sessions of other users, open transactions",
            "the server shows them only to accounts with the PROCESS privilege",
        );
    }
    Ok(report)
}

/// MariaDB hides the ON UPDATE and ON DELETE rules of foreign keys from an account that may only SELECT.
pub(crate) fn note_hidden_rules(reader: &mut Reader<'_>) {
    let catalog = reader.catalog;
    let mut blind = catalog.tables().filter(|t| t.foreign_keys.iter().any(|k| k.on_delete.is_empty()));
    if let Some(first) = blind.next() {
        let what = format!(
            "ON UPDATE and ON DELETE rules of the foreign keys of {} and {} more tables",
            first.name,
            blind.count()
        );
        reader.skip(&what, "the server hides them from an account that may only SELECT; planning needs them");
    }
}
