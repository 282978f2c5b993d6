//! Which client reads which table after which step. The rules, in one place.
//!
//! Each rule was run with the real clients against MySQL 9.7 and MariaDB 10.11. They speak of what a *type or marker* does to a
//! client; cells that are damaged or that the versions decode differently are told elsewhere in the report.
//!
//! **0.14.10**, per column (`heading.py`):
//! - marker `:<x>:`: an adapter `x` is looked up in the context of the class or virtual module. Found: reads. Not found: the table
//!   opens and other columns read; a fetch that touches the column raises `Undefined attribute adapter`. On MySQL a `json` column
//!   is different: it is returned as the decoded JSON, so a pointer of 2.x reads as a dict, without an error. On MariaDB, where
//!   JSON is `longtext`, it raises like any other.
//! - marker `:external…:` of 0.11: the table cannot be opened (`Legacy datatype`).
//! - any other unknown marker, those of core types (`:int32:`, `:json:`, …) included, **on hidden columns too**: the
//!   table cannot be opened (`Unknown attribute type`).
//! - `uuid`, `attach`, `blob@s`, `attach@s`, `filepath@s`, no marker: reads. Without context (`FreeTable`) no adapter works.
//!
//! **2.3.5**, per column:
//! - blob without marker, `:attach:`, `:blob@s:`, `:attach@s:`, `:filepath@s:`: raw bytes, without an error.
//! - `:<x>:` with a codec `x` registered: reads if the column holds what the codec's base type holds; over a `binary(16)`
//!   pointer it raises. Without the codec a fetch of the column raises.
//! - marker `:external…:`: cannot be opened. Other unknown markers are ignored.
//! - `:json:` on MariaDB makes a decoded value of what is text without the marker.
//! - columns whose name begins with an underscore are ignored.
//!
//! **What rejoint does**: expand adds hidden columns without core markers. Contract puts codec markers on what needs them and
//! turns pointers into JSON; job metadata columns get no core markers, so they do not close a table to 0.14.

use crate::markers::{codec_marker, core_marker, is_json};
use crate::not_understood::Definitions;
use crate::report_file::{Access, Client, ColumnAccess, NotUnderstood, Outcome, Step, TableAccess};
use crate::tables::of_pipeline;
use rejoint_db::CreateTable;
use rejoint_model::{AttributeKind, Catalog, Column, ForeignKey, Table, classify, split_marker};
use std::collections::BTreeSet;

/// What one column does to one client.
struct Effect {
    outcome: Outcome,
    why: String,
    needs: Option<String>,
}

fn effect(outcome: Outcome, why: &str) -> Effect {
    Effect { outcome, why: why.to_owned(), needs: None }
}

fn reads() -> Effect {
    effect(Outcome::Reads, "")
}

fn reads_with(name: &str) -> Effect {
    Effect { needs: Some(name.to_owned()), ..reads() }
}

const CLIENTS: [Client; 3] = [Client::V0_14, Client::V0_14WithBlobAdapter, Client::V2_3];
const STEPS: [Step; 4] = [Step::Now, Step::AfterExpand, Step::AfterContractCodecs, Step::AfterContractAll];

/// What the rules need beside the column.
struct Seen<'d> {
    mariadb: bool,
    definition: Option<&'d CreateTable>,
}

/// A column as it is before contract, read by 0.14.
fn old_client_now(table: &Table, column: &Column, client: Client, mariadb: bool) -> Effect {
    let (marker, _) = split_marker(&column.comment);
    match classify(table, column) {
        AttributeKind::Hidden => match marker {
            // hidden columns are parsed like others, only not shown
            Some(marker) if !known_to_0_14(marker) => effect(
                Outcome::CannotOpen,
                &format!("0.14 does not know the type `{marker}` of this hidden column"),
            ),
            _ => reads(),
        },
        AttributeKind::Modern { marker } if !marker.starts_with('<') => {
            effect(Outcome::CannotOpen, &format!("0.14 does not know the type `{marker}`"))
        }
        AttributeKind::Modern { marker } => {
            codec_for_0_14(&marker, column.data_type == "json" && !mariadb, client)
        }
        AttributeKind::External011 { .. } => {
            effect(Outcome::CannotOpen, "`external` of 0.11: no newer version opens it")
        }
        AttributeKind::Inconsistent { marker, problem } => {
            if known_to_0_14(&marker) {
                effect(Outcome::ColumnsFail, &problem)
            } else {
                effect(Outcome::CannotOpen, &format!("0.14 does not know the type `{marker}`"))
            }
        }
        AttributeKind::Adapted { adapter } | AttributeKind::AdaptedExternal { adapter, .. } => {
            reads_with(&adapter)
        }
        _ => reads(),
    }
}

/// Types that 0.14 accepts between the colons (`SPECIAL_TYPES` of `declare.py`).
fn known_to_0_14(marker: &str) -> bool {
    let lower = marker.to_ascii_lowercase();
    lower == "uuid"
        || lower == "attach"
        || ["blob@", "attach@", "filepath@"].iter().any(|w| lower.starts_with(w))
        || (lower.starts_with('<') && lower.ends_with('>'))
}

/// A codec marker of 2.x as 0.14 sees it: an adapter that it has not, unless it is `<blob>`.
fn codec_for_0_14(marker: &str, is_json: bool, client: Client) -> Effect {
    if is_json {
        return effect(Outcome::WrongValues, "0.14 returns the JSON of the pointer");
    }
    if marker == "<blob>" && client == Client::V0_14WithBlobAdapter {
        return reads_with("blob");
    }
    effect(Outcome::ColumnsFail, &format!("0.14 has no adapter `{}`", marker.trim_matches(['<', '>'])))
}

/// A column as it is before contract, read by 2.3.5.
fn new_client_now(table: &Table, column: &Column) -> Effect {
    let raw = "2.x returns the stored bytes";
    match classify(table, column) {
        AttributeKind::Blob => effect(Outcome::WrongValues, raw),
        AttributeKind::Attach => effect(Outcome::WrongValues, raw),
        AttributeKind::External { .. } => {
            effect(Outcome::WrongValues, "2.x returns the 16 bytes of the pointer")
        }
        AttributeKind::Adapted { adapter } => reads_with(&adapter),
        AttributeKind::AdaptedExternal { adapter, .. } => Effect {
            needs: Some(adapter),
            ..effect(Outcome::ColumnsFail, "the codec gets the 16 bytes of the pointer")
        },
        AttributeKind::External011 { .. } => {
            effect(Outcome::CannotOpen, "`external` of 0.11: 2.x refuses the table")
        }
        AttributeKind::Inconsistent { marker, .. } => effect(
            Outcome::WrongValues,
            &format!("2.x ignores the marker `:{marker}:` and returns the stored value"),
        ),
        AttributeKind::Modern { marker } => match marker.strip_prefix('<') {
            Some(codec) => match codec.trim_end_matches('>').split('@').next().unwrap_or_default() {
                "blob" | "attach" | "filepath" | "hash" | "npy" | "object" => reads(),
                name => reads_with(name),
            },
            None => reads(),
        },
        AttributeKind::Native | AttributeKind::Uuid | AttributeKind::Hidden => reads(),
    }
}

/// A column after contract, read by 0.14.
fn old_client_after(table: &Table, column: &Column, client: Client, all: bool, server: &Seen<'_>) -> Effect {
    if let Some(marker) = codec_marker(table, column) {
        // pointers become JSON, the others keep their type
        let is_json = marker.contains('@');
        return codec_for_0_14(&marker, is_json && !server.mariadb, client);
    }
    if all && let Some(marker) = new_core_marker(table, column, server) {
        return effect(Outcome::CannotOpen, &format!("0.14 does not know the type `{marker}`"));
    }
    old_client_now(table, column, client, server.mariadb)
}

/// The core marker that policy `all` adds, if any.
fn new_core_marker(table: &Table, column: &Column, server: &Seen<'_>) -> Option<String> {
    // a column that comes from a foreign key has its marker in the parent only
    let foreign = |k: &&ForeignKey| !k.parent.table.starts_with('~') && k.columns.contains(&column.name);
    if classify(table, column) != AttributeKind::Native || table.foreign_keys.iter().any(|k| foreign(&k)) {
        return None;
    }
    // MariaDB would copy the table to change the comment of a column that another is computed from
    let name = rejoint_db::ident(&column.name);
    if server.mariadb && table.columns.iter().any(|c| c.generation.contains(&name)) {
        return None;
    }
    if is_json(column, server.definition) {
        // on MariaDB it is text, and stays so: with the marker 2.x would return something else than 0.14
        return (!server.mariadb).then(|| "json".to_owned());
    }
    core_marker(column)
}

/// A column after contract, read by 2.3.5.
fn new_client_after(table: &Table, column: &Column) -> Effect {
    if codec_marker(table, column).is_some() {
        return match classify(table, column) {
            AttributeKind::AdaptedExternal { adapter, .. } => reads_with(&adapter),
            _ => reads(),
        };
    }
    new_client_now(table, column)
}

fn access(table: &Table, step: Step, client: Client, server: &Seen<'_>) -> Access {
    let mut result = Access { step, client, outcome: Outcome::Reads, columns: Vec::new(), needs: Vec::new() };
    let mut needs = BTreeSet::new();
    for column in &table.columns {
        let all = step == Step::AfterContractAll;
        let effect = match (step, client) {
            (Step::Now | Step::AfterExpand, Client::V2_3) => new_client_now(table, column),
            (Step::Now | Step::AfterExpand, _) => old_client_now(table, column, client, server.mariadb),
            (_, Client::V2_3) => new_client_after(table, column),
            _ => old_client_after(table, column, client, all, server),
        };
        needs.extend(effect.needs);
        if effect.outcome != Outcome::Reads {
            result.outcome = result.outcome.max(effect.outcome);
            result.columns.push(ColumnAccess {
                column: column.name.clone(),
                outcome: effect.outcome,
                why: effect.why,
            });
        }
    }
    result.needs = needs.into_iter().collect();
    result
}

/// The whole table of tables, steps and clients. Hidden tables and those that are not DataJoint's are left out.
pub(crate) fn client_access(
    catalog: &Catalog,
    definitions: &Definitions,
    not_understood: &[NotUnderstood],
) -> Vec<TableAccess> {
    let mariadb = catalog.server.is_mariadb();
    let refused: BTreeSet<_> = not_understood.iter().map(|n| &n.table).collect();
    catalog
        .tables()
        .filter(|t| of_pipeline(t))
        .map(|table| {
            let server = Seen { mariadb, definition: definitions.get(&table.name) };
            let steps: &[Step] = if refused.contains(&table.name) { &[Step::Now] } else { &STEPS };
            let access = steps
                .iter()
                .flat_map(|step| CLIENTS.iter().map(|client| access(table, *step, *client, &server)))
                .collect();
            TableAccess { table: table.name.clone(), access }
        })
        .collect()
}
