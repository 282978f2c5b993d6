//! The scan: one pass over the checks, each in its own file.

use crate::adapters::adapters;
use crate::client_access::client_access;
use crate::error::Error;
use crate::options::{Progress, ScanOptions};
use crate::reader::Reader;
use crate::report_file::{FORMAT_VERSION, ScanReport, ServerReport};
use crate::{
    collation, damage, decisions, features, jobs, not_understood, sessions, stores, tables, tracking,
};
use rejoint_db::{Connection, read_catalog};
use rejoint_settings::Settings;

/// Looks at `schemas` and at the stores they use. Reads only, prints nothing, and works with SELECT alone: what the account may not
/// see is listed in [`ScanReport::not_seen`].
///
/// The catalog costs a constant number of queries, definitions one for each table. Queries that look at data are made for single
/// columns; in a quick scan they are left out for tables with more rows than [`ScanOptions::quick_rows`], which is said too.
/// The scan is no snapshot: when others write meanwhile, counts of different checks may not fit together.
///
/// # Errors
/// The connection is lost, or a schema does not exist. Anything else that goes wrong is in the report.
pub fn scan(
    connection: &mut Connection,
    schemas: &[String],
    settings: &Settings,
    options: &ScanOptions,
    progress: &mut dyn Progress,
) -> Result<ScanReport, Error> {
    progress.phase("reading the catalog", None);
    let catalog = read_catalog(connection, schemas).map_err(Error::server("reading the catalog"))?;
    let mut reader = Reader { connection, catalog: &catalog, options, progress, not_seen: Vec::new() };
    let reader = &mut reader;

    let server = server(reader)?;
    let sessions = sessions::sessions(reader)?;
    let privileges = sessions::privileges(reader, schemas)?;
    let sees_all = privileges.iter().any(|p| p.privilege == "PROCESS" && p.held);
    sessions::note_hidden_rules(reader);

    let (not_understood, definitions) = not_understood::not_understood(reader)?;
    let table_reports = tables::tables(reader)?;
    let cross_schema_keys = tables::cross_schema_keys(&catalog);
    let schema_cycles = tables::schema_cycles(&cross_schema_keys);
    let jobs = jobs::jobs(reader, &sessions, sees_all)?;

    let blobs = damage::blobs(reader)?;
    let adapters = adapters(reader, &blobs.adapted)?;

    let tracking_tables = tracking::tracking_tables(&catalog);
    reader.progress.phase("reading tracking tables", Some(tracking_tables.len() as u64));
    let mut tracking = Vec::with_capacity(tracking_tables.len());
    for table in &tracking_tables {
        tracking.push(tracking::report(reader, table)?);
        reader.progress.advance(1);
    }
    let dangling_pointers = tracking::dangling(reader, &tracking_tables)?;
    let stores = stores::stores(reader, settings, &tracking_tables, &mut tracking)?;

    let mut collation = collation::from_catalog(&catalog, &definitions);
    collation.collisions = collation::collisions(reader)?;

    let mut decisions = decisions::from_columns(reader, &server)?;
    decisions.extend(decisions::missing_objects(&stores.missing, &tracking));
    decisions.extend(decisions::adapter_bases(&adapters));

    let mut not_seen = std::mem::take(&mut reader.not_seen);
    not_seen.sort();
    not_seen.dedup();
    Ok(ScanReport {
        format_version: FORMAT_VERSION,
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        depth: options.depth,
        check_objects: options.check_objects,
        server,
        not_seen,
        schemas: tables::schemas(&catalog),
        tables: table_reports,
        cross_schema_keys,
        schema_cycles,
        features: features::features(&catalog, &definitions, options.max_examples),
        adapters,
        jobs,
        logs: jobs::logs(&catalog),
        client_access: client_access(&catalog, &definitions, &not_understood),
        not_understood,
        stores: stores.stores,
        tracking,
        dangling_pointers,
        missing_references: stores.missing,
        blob_columns: blobs.columns,
        damage: blobs.damage,
        caveats: blobs.caveats,
        collation,
        decisions,
        sessions,
        privileges,
    })
}

fn server(reader: &mut Reader<'_>) -> Result<ServerReport, Error> {
    let zones = reader.connection.time_zones().map_err(Error::server("reading the time zones"))?;
    let server = &reader.catalog.server;
    Ok(ServerReport {
        product: server.product.clone(),
        version: server.version_text.clone(),
        identity: server.identity.clone(),
        time_zone: zones.global,
        system_time_zone: zones.system,
        session_time_zones: zones.sessions,
        utc_offset_seconds: zones.utc_offset_seconds,
    })
}
