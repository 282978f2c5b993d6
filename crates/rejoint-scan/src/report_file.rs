//! The report as it is written to a file (JSON). The types here are the format; bump [`FORMAT_VERSION`] when one changes.
//!
//! Keys of rows are shown as SQL conditions (`id=3, kind='x'`), in key order. Counts are complete for what was looked
//! at; examples are not. `None` in a count means: not looked at, never zero.

use crate::options::{Depth, ObjectCheck};
use rejoint_model::{AttributeKind, TableName, Tier};
use serde::{Deserialize, Serialize};

/// Version of the format.
pub const FORMAT_VERSION: u32 = 1;

/// Everything a scan found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScanReport {
    /// [`FORMAT_VERSION`].
    pub format_version: u32,
    /// Version of this crate.
    pub tool_version: String,
    /// How much data was looked at.
    pub depth: Depth,
    /// What was checked of objects.
    pub check_objects: ObjectCheck,
    /// The server.
    pub server: ServerReport,
    /// What could not be looked at, and why: missing privileges, tables too large for a quick scan, refused queries.
    pub not_seen: Vec<NotSeen>,
    /// Schemas by name.
    pub schemas: Vec<SchemaReport>,
    /// Tables by name, hidden ones too.
    pub tables: Vec<TableReport>,
    /// Foreign keys that lead into another schema.
    pub cross_schema_keys: Vec<CrossSchemaKey>,
    /// Groups of schemas that refer to each other in a circle.
    pub schema_cycles: Vec<Vec<String>>,
    /// Legacy features and what labs do by hand, counted.
    pub features: Vec<FeatureCount>,
    /// Adapted columns and what their stored form is.
    pub adapters: Vec<AdapterReport>,
    /// `~jobs` tables.
    pub jobs: Vec<JobsReport>,
    /// `~log` tables.
    pub logs: Vec<LogReport>,
    /// Tables that a plan will refuse.
    pub not_understood: Vec<NotUnderstood>,
    /// Stores that tracking tables or columns name.
    pub stores: Vec<StoreReport>,
    /// Tracking tables.
    pub tracking: Vec<TrackingReport>,
    /// Pointers without tracking row.
    pub dangling_pointers: Vec<DanglingPointers>,
    /// Rows that refer to an object that is missing, by column.
    pub missing_references: Vec<MissingReferences>,
    /// How many cells of each blob and attachment column were looked at.
    pub blob_columns: Vec<BlobColumnReport>,
    /// Cells that are no blob or attachment that reads well.
    pub damage: Vec<DamageFinding>,
    /// Good blobs that Python gets wrong, in one or both generations.
    pub caveats: Vec<CaveatFinding>,
    /// Character sets, collations, key lengths.
    pub collation: CollationReport,
    /// What a person must or may decide.
    pub decisions: Vec<Decision>,
    /// Other sessions of the server.
    pub sessions: Vec<SessionReport>,
    /// Privileges that applying a plan needs.
    pub privileges: Vec<PrivilegeReport>,
    /// Which client reads which table after which step.
    pub client_access: Vec<TableAccess>,
}

/// The server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerReport {
    /// `MySQL` or `MariaDB`.
    pub product: String,
    /// The version as the server prints it.
    pub version: String,
    /// What tells this server from another.
    pub identity: String,
    /// `@@global.time_zone`, e.g. `SYSTEM`, `+00:00`.
    pub time_zone: String,
    /// `@@system_time_zone`.
    pub system_time_zone: String,
    /// Time zones that other sessions have set, with the number of sessions; empty if this account may not see them (MariaDB never
    /// shows them).
    pub session_time_zones: Vec<(String, u64)>,
    /// Server's local time minus UTC, in seconds, now.
    pub utc_offset_seconds: i64,
}

/// Something that was not looked at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NotSeen {
    /// What: a table, a column, `triggers`, …
    pub what: String,
    /// Why, and what would allow it.
    pub why: String,
}

/// One schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchemaReport {
    /// Name.
    pub name: String,
    /// Default character set.
    pub charset: String,
    /// Default collation.
    pub collation: String,
    /// Base tables.
    pub n_tables: u64,
    /// Names of views.
    pub views: Vec<String>,
    /// Does it already have a `~lineage` table of 2.x?
    pub has_lineage: bool,
}

/// One table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableReport {
    /// Name.
    pub name: TableName,
    /// Tier by name.
    pub tier: Tier,
    /// Rows.
    pub rows: u64,
    /// Was `rows` counted? Otherwise it is the server's estimate.
    pub rows_exact: bool,
    /// Bytes of data (the server's statistics).
    pub data_bytes: u64,
    /// Bytes of indexes.
    pub index_bytes: u64,
    /// Columns that are more than a native value, in their order.
    pub columns: Vec<ColumnReport>,
}

/// A column that matters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnReport {
    /// Name.
    pub name: String,
    /// Type as the server prints it.
    pub sql_type: String,
    /// May it be NULL?
    pub nullable: bool,
    /// What it is to DataJoint.
    pub kind: AttributeKind,
}

/// A foreign key that leads into another schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrossSchemaKey {
    /// The table that has it.
    pub table: TableName,
    /// Constraint name.
    pub name: String,
    /// Its columns.
    pub columns: Vec<String>,
    /// The table it refers to.
    pub parent: TableName,
    /// Is the other schema part of this scan?
    pub parent_scanned: bool,
}

/// A feature and how often it occurs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeatureCount {
    /// Stable name, e.g. `blob_in_table`.
    pub feature: String,
    /// What it is, for people.
    pub title: String,
    /// Occurrences: columns, tables, indexes, …
    pub count: u64,
    /// Where, `schema.table` or `schema.table.column`.
    pub examples: Vec<String>,
}

/// What the cells of an adapted column hold below the adapter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdapterReport {
    /// Table.
    pub table: TableName,
    /// Column.
    pub column: String,
    /// Name of the adapter.
    pub adapter: String,
    /// Store, if it is over one.
    pub store: Option<String>,
    /// Type of the column.
    pub sql_type: String,
    /// What was seen: `blob`, `attach`, `filepath`, `text`, … with the number of rows.
    pub evidence: Vec<(String, u64)>,
    /// The base type, if the evidence agrees.
    pub base: Option<String>,
}

/// Jobs of one schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobsReport {
    /// Schema.
    pub schema: String,
    /// Counts by table and status, sorted.
    pub counts: Vec<JobCount>,
    /// Reserved jobs.
    pub reserved: Vec<ReservedJob>,
}

/// Jobs of one table with one status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobCount {
    /// Table name as `~jobs` has it.
    pub table: String,
    /// `error`, `ignore`, `reserved`.
    pub status: String,
    /// Rows.
    pub count: u64,
    /// Is there a table of that name in the schema?
    pub table_exists: bool,
}

/// A reserved job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReservedJob {
    /// Table.
    pub table: String,
    /// Key hash.
    pub key_hash: String,
    /// Who reserved it.
    pub user: String,
    /// Where.
    pub host: String,
    /// Process there.
    pub pid: u64,
    /// The server's number of the connection that reserved it.
    pub connection_id: u64,
    /// When.
    pub since: String,
    /// Is that connection still there? `None`: this account may not see other users' sessions.
    pub connection_alive: Option<bool>,
}

/// A log table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogReport {
    /// Schema.
    pub schema: String,
    /// Rows, by the server's estimate.
    pub rows_estimate: u64,
}

/// A table that a plan will refuse.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotUnderstood {
    /// Table.
    pub table: TableName,
    /// Why.
    pub reasons: Vec<String>,
}

/// A store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreReport {
    /// Name; `external` or `external-NAME` for those of 0.11.
    pub name: String,
    /// Is it in the settings?
    pub configured: bool,
    /// Can it be reached? `None`: not configured.
    pub reachable: Option<bool>,
    /// Where it is (no secrets), or what is wrong.
    pub description: String,
    /// Schemas that use it.
    pub schemas: Vec<String>,
    /// Objects below the scanned schemas' folders that nothing tracks, if that was checked.
    pub orphans: Option<OrphanReport>,
}

/// Objects that nothing tracks.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct OrphanReport {
    /// Objects.
    pub count: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Paths in the store.
    pub examples: Vec<String>,
}

/// A tracking table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackingReport {
    /// The table, `~external_STORE` or `~external`.
    pub table: TableName,
    /// Store; for `~external` of 0.11 see `store` of each object.
    pub store: String,
    /// Rows.
    pub rows: Option<u64>,
    /// Sum of the sizes.
    pub bytes: Option<u64>,
    /// Rows by shape: `blob`, `attach`, `filepath`, `blob_of_0_11`, `unknown`, `external_of_0_11`.
    pub kinds: Vec<(String, u64)>,
    /// Columns that refer to it.
    pub referring_columns: Vec<(TableName, String)>,
    /// Rows that some column refers to.
    pub referenced: Option<u64>,
    /// Rows that no column refers to.
    pub unreferenced: Option<u64>,
    /// What the check of its objects found; `None`: not checked.
    pub objects: Option<ObjectsReport>,
    /// Does the configured subfolding find the objects?
    pub subfolding: Option<SubfoldingReport>,
}

/// Objects of one tracking table.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ObjectsReport {
    /// Rows whose objects were looked for.
    pub checked: u64,
    /// Rows without object.
    pub missing: u64,
    /// Of these, rows that no column refers to.
    pub missing_unreferenced: Option<u64>,
    /// Objects of another size than their row says.
    pub size_mismatches: u64,
    /// Objects of another content.
    pub content_mismatches: u64,
    /// Objects that cannot be read.
    pub unreadable: u64,
    /// Rows of no known kind.
    pub not_understood: u64,
    /// Not one object was found: rather a wrong location than a loss.
    pub looks_like_wrong_place: bool,
    /// Examples of all these.
    pub examples: Vec<ObjectExample>,
}

/// One bad object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectExample {
    /// `missing`, `size_mismatch`, `content_mismatch`, `unreadable`, `not_understood`.
    pub finding: String,
    /// Path in the store.
    pub path: String,
    /// Hash of the tracking row.
    pub hash: String,
    /// More: sizes, hashes, reason.
    pub detail: String,
}

/// Evidence about a store's subfolding, which the database does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubfoldingReport {
    /// As configured.
    pub configured: Vec<usize>,
    /// Rows tried.
    pub tried: u64,
    /// Found where the configured subfolding says.
    pub found: u64,
    /// Another subfolding that finds more, if there is one.
    pub fits: Option<Vec<usize>>,
    /// How many that one finds.
    pub found_by_fit: u64,
}

/// Pointers without tracking row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DanglingPointers {
    /// Table.
    pub table: TableName,
    /// Column.
    pub column: String,
    /// Tracking table they should lead to.
    pub tracking: String,
    /// Rows.
    pub rows: u64,
    /// Keys.
    pub examples: Vec<String>,
}

/// Rows whose object is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissingReferences {
    /// Table.
    pub table: TableName,
    /// Column.
    pub column: String,
    /// May the column be NULL?
    pub nullable: bool,
    /// Store.
    pub store: String,
    /// Rows.
    pub rows: u64,
    /// Different objects.
    pub objects: u64,
    /// Keys.
    pub examples: Vec<String>,
}

/// How much of a blob column was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlobColumnReport {
    /// Table.
    pub table: TableName,
    /// Column.
    pub column: String,
    /// Rows looked at, NULLs included.
    pub rows: u64,
    /// Of these, cells that are not NULL.
    pub cells: u64,
    /// Cells longer than the limit, not fetched.
    pub too_large: u64,
    /// Are these all rows of the table?
    pub complete: bool,
}

/// A kind of damage in a column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DamageFinding {
    /// Table.
    pub table: TableName,
    /// Column.
    pub column: String,
    /// Stable name, e.g. `text-of-array`, `zlib-truncated`, `attachment-without-name`.
    pub cause: String,
    /// Cells among those looked at.
    pub count: u64,
    /// What Python makes of such a cell: `value`, `none`, `error`.
    pub python: String,
    /// Examples.
    pub examples: Vec<DamageExample>,
}

/// One damaged cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DamageExample {
    /// Key of the row.
    pub key: String,
    /// Bytes of the cell.
    pub bytes: u64,
    /// Why it is taken for damaged.
    pub evidence: Vec<String>,
}

/// Good blobs that Python does not read as stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaveatFinding {
    /// Table.
    pub table: TableName,
    /// Column.
    pub column: String,
    /// Stable name, e.g. `cell-becomes-array`.
    pub reason: String,
    /// What it is, for people.
    pub title: String,
    /// What 0.14.10 does: `as_stored`, `differs`, `fails`, `differs_or_fails`.
    pub old: String,
    /// What 2.3.5 does.
    pub new: String,
    /// Do the two generations get different things?
    pub versions_differ: bool,
    /// Cells.
    pub count: u64,
    /// Keys, with the place in the value.
    pub examples: Vec<String>,
}

/// Character sets, collations, key lengths.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CollationReport {
    /// Text columns by collation.
    pub columns_by_collation: Vec<(String, u64)>,
    /// Schemas whose default is not utf8mb4_bin, with the collation.
    pub schemas: Vec<(String, String)>,
    /// Tables whose default is not utf8mb4_bin, with the collation.
    pub tables: Vec<(TableName, String)>,
    /// Text columns that are not utf8mb4_bin, with the collation.
    pub columns: Vec<(TableName, String, String)>,
    /// Foreign keys whose two sides compare differently.
    pub mixed_keys: Vec<MixedKey>,
    /// Values that are equal under the column's collation and differ in their bytes.
    pub collisions: Vec<CaseCollision>,
    /// Indexes that would be longer than 3072 bytes in utf8mb4.
    pub long_keys: Vec<LongKey>,
}

/// A foreign key between columns of different collations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MixedKey {
    /// Table.
    pub table: TableName,
    /// Constraint.
    pub name: String,
    /// Column and its collation.
    pub child: (String, String),
    /// Referenced column and its collation.
    pub parent: (String, String),
}

/// Values that only a case-insensitive collation takes for equal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseCollision {
    /// Table.
    pub table: TableName,
    /// Column.
    pub column: String,
    /// Its collation.
    pub collation: String,
    /// `within_key`: in one column of a key; `with_parent`: between a foreign key and what it refers to.
    pub place: String,
    /// Groups of such values, or rows that would lose their parent under utf8mb4_bin.
    pub count: u64,
    /// Some of them.
    pub examples: Vec<String>,
}

/// An index too long for utf8mb4.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LongKey {
    /// Table.
    pub table: TableName,
    /// Index.
    pub index: String,
    /// Bytes it would have.
    pub bytes: u64,
}

/// Something a person must or may decide. The answer goes into the plan file under `id`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Stable from scan to scan: `kind:schema.table.column`.
    pub id: String,
    /// The question.
    pub question: String,
    /// Possible answers.
    pub options: Vec<Choice>,
    /// What the scan saw.
    pub evidence: Vec<String>,
    /// What the evidence speaks for. Only a suggestion.
    pub suggestion: Option<String>,
    /// What a plan does without an answer; `None`: no plan without an answer.
    pub default: Option<String>,
}

/// A possible answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// The word for the plan file.
    pub answer: String,
    /// What it does.
    pub effect: String,
}

/// A session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionReport {
    /// The server's number.
    pub id: u64,
    /// User.
    pub user: String,
    /// Host and port.
    pub host: String,
    /// Default schema.
    pub schema: Option<String>,
    /// What the client says it is.
    pub client: String,
    /// `Sleep`, `Query`, …
    pub command: String,
    /// Seconds in this state.
    pub seconds: u64,
    /// Does it hold an open transaction? `None`: this account may not see it. InnoDB renews its list only when nobody has read
    /// it for 0.1 s: a transaction that began just now may be absent.
    pub in_transaction: Option<bool>,
}

/// A privilege that applying a plan needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrivilegeReport {
    /// `ALTER`, `TRIGGER`, …
    pub privilege: String,
    /// Schema; `None`: global.
    pub schema: Option<String>,
    /// What needs it.
    pub reason: String,
    /// Does this account hold it?
    pub held: bool,
}

/// When a client looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Before anything is done.
    Now,
    /// After the stage that old clients do not notice.
    AfterExpand,
    /// After contract with markers only where 2.x needs them (the default).
    AfterContractCodecs,
    /// After contract with a marker on every column that has a core type.
    AfterContractAll,
}

/// Who looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Client {
    /// DataJoint 0.14.10 with the pipeline's own adapters.
    V0_14,
    /// The same, and an adapter named `blob` over `longblob` that changes nothing.
    V0_14WithBlobAdapter,
    /// DataJoint 2.3.5 with a codec for each of the pipeline's adapters.
    V2_3,
}

/// What a client gets. Ordered from good to bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The values.
    Reads,
    /// Something else than the values in some columns, without an error.
    WrongValues,
    /// The table opens and its other columns read; a fetch that touches some columns raises.
    ColumnsFail,
    /// The table cannot be opened at all.
    CannotOpen,
}

/// What one client gets from a table at one step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// When.
    pub step: Step,
    /// Who.
    pub client: Client,
    /// What. The worst of its columns.
    pub outcome: Outcome,
    /// The columns that do not read; all others do, unless the table cannot be opened.
    pub columns: Vec<ColumnAccess>,
    /// Adapters or codecs that the client must have for this outcome.
    pub needs: Vec<String>,
}

/// A column that a client does not read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnAccess {
    /// Column.
    pub column: String,
    /// What the client gets; [`Outcome::CannotOpen`]: this column closes the whole table.
    pub outcome: Outcome,
    /// Why.
    pub why: String,
}

/// Who can read one table, when. Tables that a plan refuses have only [`Step::Now`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableAccess {
    /// Table.
    pub table: TableName,
    /// All steps and clients.
    pub access: Vec<Access>,
}

impl ScanReport {
    /// Anything found that a person should see before planning: damage, missing or dangling objects, tables not understood,
    /// decisions without default. Stores that cannot be reached count too.
    pub fn has_findings(&self) -> bool {
        !self.damage.is_empty()
            || !self.dangling_pointers.is_empty()
            || !self.missing_references.is_empty()
            || !self.not_understood.is_empty()
            || self.stores.iter().any(|s| s.reachable != Some(true))
            || self.decisions.iter().any(|d| d.default.is_none())
            || self.tracking.iter().filter_map(|t| t.objects.as_ref()).any(|o| {
                o.missing + o.size_mismatches + o.content_mismatches + o.unreadable + o.not_understood > 0
            })
    }

    /// Privileges that this account lacks for applying a plan.
    pub fn missing_privileges(&self) -> impl Iterator<Item = &PrivilegeReport> {
        self.privileges.iter().filter(|p| !p.held)
    }
}
