//! What happens to one table: hidden columns, triggers and filling in expand; names and comments in contract.

use super::{Planner, Steps};
use crate::pointer_sql;
use crate::step::{Action, Estimate, LockClass, PointerColumn, Stage};
use crate::{MISSING_TABLE, NEW_COLUMN, OBJECTS_TABLE, OLD_COLUMN, OLD_INDEX};
use rejoint_db::{Alter, CreateTable, alter, ident, new_json_default, qualified, text, zero_pointer_default};
use rejoint_model::names::derived_name;
use rejoint_model::{
    AttributeKind, ColumnSpec, ExternalKind, ForeignKey, Server, Table, TableChange, TableName, classify,
    split_marker,
};
use std::cell::RefCell;

/// What has to be done to a table.
pub(crate) struct TableWork<'a> {
    pub(crate) table: &'a Table,
    pub(crate) pointers: Vec<PointerColumn>,
    /// Comments of pointer columns after the swap, in the order of `pointers`.
    pointer_comments: Vec<String>,
    /// Comments of pointer columns before, in the same order.
    legacy_comments: Vec<String>,
    /// Other columns whose comment changes: column, before, after.
    comments: Vec<(String, String, String)>,
    pub(crate) job_metadata: bool,
    /// Definition at the current point of the plan.
    now: RefCell<CreateTable>,
}

impl TableWork<'_> {
    fn keep(&self) -> Vec<String> {
        self.table.columns.iter().filter(|c| c.updates_itself()).map(|c| c.name.clone()).collect()
    }

    fn key(&self) -> Vec<String> {
        self.table.primary_key().iter().map(|c| (*c).to_owned()).collect()
    }

    pub(crate) fn attachments(&self) -> impl Iterator<Item = &PointerColumn> {
        self.pointers.iter().filter(|p| p.kind == ExternalKind::Attach)
    }

    fn rows(&self) -> Estimate {
        Estimate { rows: self.table.rows_estimate, milliseconds: 0 }
    }
}

/// Rows per transaction: some tenths of a second, so that old clients hardly wait for a row.
const DEFAULT_CHUNK_ROWS: u64 = 10_000;

/// Hidden job columns of 2.3.5: name, type, user comment, marker.
const JOB_COLUMNS: [(&str, &str, &str, &str); 3] = [
    ("_job_start_time", "datetime(3) DEFAULT NULL", "when computation began", "datetime(3)"),
    ("_job_duration", "float DEFAULT NULL", "computation duration in seconds", "float32"),
    ("_job_version", "varchar(64) NOT NULL DEFAULT ''", "code version", "varchar(64)"),
];

/// The subquery that gives the JSON pointer for the value `source` of a pointer column; NULL for NULL and for what a person decided to
/// turn into NULL.
pub(crate) fn pointer_query(schema: &str, pointer: &PointerColumn, source: &str) -> String {
    let tracking = qualified(&TableName::new(schema, &pointer.tracking));
    let nulled = if pointer.nulled.is_empty() {
        String::new()
    } else {
        let missing = qualified(&TableName::new(schema, MISSING_TABLE));
        format!(
            " AND NOT EXISTS (SELECT 1 FROM {missing} m WHERE m.`store` = {} AND m.`hash` = e.`hash`)",
            text(&pointer.store)
        )
    };
    format!("(SELECT {} FROM {tracking} e WHERE e.`hash` = {source}{nulled})", pointer.expression)
}

/// The algorithm to demand, so that a server refuses rather than copies. `None`: this server's version has no word for it.
fn algorithm(server: &Server, kind: Kind, definition: &CreateTable, table: &str) -> Option<&'static str> {
    let compressed = definition.options.contains("ROW_FORMAT=COMPRESSED");
    if server.is_mariadb() {
        return match (kind, server.version) {
            (Kind::DropIndexed, v) if v >= (10, 3, 7) => Some("ALGORITHM=INPLACE"),
            (_, v) if v >= (10, 4, 0) && !compressed => Some("ALGORITHM=INSTANT"),
            (_, v) if v >= (10, 3, 7) => Some("ALGORITHM=INPLACE"),
            _ => None,
        };
    }
    match (kind, server.version) {
        // MySQL 9.7 cannot find a generated foreign-key name on a table that begins with #f unless it copies the table
        (Kind::DropKey, v) if v >= (8, 0, 0) && table.to_ascii_lowercase().starts_with("#f") => {
            Some("ALGORITHM=COPY")
        }
        (Kind::DropKey, _) => Some("ALGORITHM=INPLACE, LOCK=NONE"),
        (Kind::AddColumn, v) if v >= (8, 0, 29) && !compressed => Some("ALGORITHM=INSTANT"),
        (Kind::Rename, v) if v >= (8, 0, 28) => Some("ALGORITHM=INSTANT"),
        (Kind::Comment, v) if v >= (8, 0, 12) => Some("ALGORITHM=INSTANT"),
        _ => Some("ALGORITHM=INPLACE, LOCK=NONE"),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    AddColumn,
    /// Dropping columns that have an index.
    DropIndexed,
    DropKey,
    Rename,
    Comment,
}

fn lock_of(algorithm: Option<&str>, kind: Kind) -> LockClass {
    match algorithm {
        Some(a) if a.contains("INSTANT") => LockClass::Instant,
        Some(a) if a.contains("COPY") => LockClass::Blocking,
        // dropping a key, renaming and commenting in place touch no rows; adding a column in place rebuilds
        Some(_) if !matches!(kind, Kind::AddColumn | Kind::DropIndexed) => LockClass::Instant,
        _ => LockClass::Online,
    }
}

impl Planner<'_> {
    /// What a table needs; `None` if nothing, or if it is refused.
    pub(crate) fn table_work<'t>(&mut self, table: &'t Table) -> Option<TableWork<'t>> {
        let definition = self.seen.definitions.get(&table.name)?.clone();
        if self.seen.not_understood.contains_key(&table.name) {
            return None;
        }
        let mut work = TableWork {
            table,
            pointers: Vec::new(),
            pointer_comments: Vec::new(),
            legacy_comments: Vec::new(),
            comments: Vec::new(),
            job_metadata: self.wants_job_metadata(table),
            now: RefCell::new(definition),
        };
        for column in &table.columns {
            let place = format!("{}.{}", table.name, column.name);
            let (_, user_text) = split_marker(&column.comment);
            let (kind, store, codec, adapted) = match classify(table, column) {
                AttributeKind::External { kind, store } => {
                    let codec = kind.word().to_owned();
                    (Some(kind), store, codec, false)
                }
                AttributeKind::AdaptedExternal { adapter, store } => {
                    (self.adapter_kind(&place, &adapter, &store), store, adapter, true)
                }
                _ => {
                    if let Some(after) = self.new_comment(table, column) {
                        work.comments.push((column.name.clone(), column.comment.clone(), after));
                    }
                    continue;
                }
            };
            let Some(spec) = self.stores.get(&store).cloned() else {
                self.refuse(
                    &place,
                    format!("the store `{store}` is not in the settings"),
                    "Add it to `stores` in dj_local_conf.json, or name the file with --config.",
                );
                continue;
            };
            // an undecided kind is an open decision; any kind will do for the rest of the plan, which cannot be applied
            let kind = kind.unwrap_or(ExternalKind::Blob);
            if let Some(facts) = self.seen.pointers.get(&(table.name.clone(), column.name.clone())) {
                for (other, n) in facts.kinds.iter().filter(|(k, _)| **k != kind) {
                    let why =
                        format!("{n} rows point to a {}, the column holds a {}", other.word(), kind.word());
                    self.refuse(&place, why, "Look at these rows; a column can hold one kind only.");
                }
                if facts.without_contents_hash > 0 && kind == ExternalKind::Blob {
                    self.refuse(
                        &place,
                        format!(
                            "{} blobs from 0.11 have no contents_hash in the tracking table",
                            facts.without_contents_hash
                        ),
                        "Fill `contents_hash` with the MD5 of the stored bytes.",
                    );
                }
            }
            let (nulled, kept_missing) = self.missing(table, &column.name, column.nullable);
            if let Some(comment) = self.fitting_comment(&place, &format!("<{codec}@{store}>"), user_text) {
                work.pointer_comments.push(comment);
                work.legacy_comments.push(column.comment.clone());
                work.pointers.push(PointerColumn {
                    column: column.name.clone(),
                    new_column: derived_name(NEW_COLUMN, &column.name),
                    old_column: derived_name(OLD_COLUMN, &column.name),
                    kind,
                    tracking: format!("~external_{store}"),
                    nullable: column.nullable,
                    adapted,
                    expression: pointer_sql::pointer(
                        kind,
                        &table.name.schema,
                        &store,
                        &spec.subfolding,
                        &spec.hash_prefix,
                        adapted,
                    ),
                    store,
                    nulled,
                    kept_missing,
                });
            }
        }
        let needed = !work.pointers.is_empty() || !work.comments.is_empty() || work.job_metadata;
        needed.then_some(work)
    }

    /// Makes one ALTER step and its undo, and checks that the undo leads back to the very same definition.
    #[expect(clippy::too_many_arguments, reason = "the parts of a step, named by the caller")]
    fn alter_step(
        &mut self,
        steps: &mut Steps,
        stage: Stage,
        work: &TableWork<'_>,
        title: &str,
        reason: &str,
        kind: Kind,
        changes: Vec<TableChange>,
        undo: Option<Vec<TableChange>>,
        undo_unchecked: bool,
    ) {
        let server = &self.seen.catalog.server;
        let name = &work.table.name;
        let before = work.now.borrow().clone();
        let algorithm = algorithm(server, kind, &before, &name.table);
        let made = alter(name, &before, &changes, algorithm, server.is_mariadb());
        let undone = made.as_ref().ok().and_then(|made: &Alter| {
            undo.as_ref().map(|changes| alter(name, &made.after, changes, None, server.is_mariadb()))
        });
        match (made, undone) {
            (Err(error), _) | (_, Some(Err(error))) => {
                self.refuse(
                    name,
                    error.to_string(),
                    "This is a defect of rejoint; please report it with the table's definition.",
                );
            }
            (Ok(made), undone) => {
                let undo_sql = match undone {
                    Some(Ok(back)) => {
                        let (wanted, found) =
                            (before.print_without_counter(), back.after.print_without_counter());
                        if wanted != found {
                            let first = wanted.lines().zip(found.lines()).find(|(a, b)| a != b);
                            self.refuse(
                                name,
                                format!("the undo of `{title}` would not restore its definition: {first:?}"),
                                "This is a defect of rejoint; please report it with the table's definition.",
                            );
                        }
                        Some(back.sql)
                    }
                    _ => None,
                };
                let lock = lock_of(algorithm, kind);
                let mut estimate = work.rows();
                if lock == LockClass::Instant {
                    estimate.rows = 0;
                } else {
                    estimate = Estimate::at_rate(estimate.rows, 300_000);
                }
                let shown = if undo_sql.is_some() {
                    "the statement's counterpart in the plan"
                } else {
                    "cannot be undone"
                };
                work.now.replace(made.after.clone());
                steps.push(
                    stage,
                    format!("{title} of {name}"),
                    reason,
                    Action::Alter {
                        table: name.clone(),
                        changes,
                        sql: made.sql,
                        before: before.print_without_counter(),
                        after: made.after.print_without_counter(),
                        undo_sql,
                        undo_unchecked,
                    },
                    lock,
                    estimate,
                    shown,
                );
            }
        }
    }

    pub(crate) fn tables_expand(&mut self, steps: &mut Steps, work: &[TableWork<'_>]) {
        for table in work.iter().filter(|w| !w.pointers.is_empty() || w.job_metadata) {
            self.add_columns(steps, table);
        }
        for table in work.iter().filter(|w| !w.pointers.is_empty()) {
            self.triggers(steps, table, Stage::Expand);
            self.backfill(steps, table);
        }
        for (schema, wanted) in attachments_by_schema(work) {
            let rows = wanted.len() as u64;
            steps.push(
                Stage::Expand,
                format!("Write new objects of attachments in {schema}"),
                "0.x keeps the content alone, 2.x reads name, NUL and content: the old files cannot be read in place. They are kept.",
                Action::Objects { schema, pointers: wanted, collect: true },
                LockClass::Files,
                Estimate { rows, milliseconds: 0 },
                "objects that this step created are deleted; the old ones were never touched",
            );
        }
    }

    fn add_columns(&mut self, steps: &mut Steps, work: &TableWork<'_>) {
        let mut changes = Vec::new();
        let mut undo = Vec::new();
        for pointer in &work.pointers {
            changes.push(TableChange::AddColumn {
                column: ColumnSpec::Json {
                    name: pointer.new_column.clone(),
                    nullable: pointer.nullable,
                    comment: format!("rejoint: new pointers of {}", shortened(&pointer.column)),
                },
                after: pointer.column.clone(),
            });
            undo.push(TableChange::DropColumn { column: pointer.new_column.clone() });
        }
        if work.job_metadata
            && let Some(last) = work.table.columns.last()
        {
            let mut previous = work
                .pointers
                .iter()
                .find(|p| p.column == last.name)
                .map_or_else(|| last.name.clone(), |p| p.new_column.clone());
            for (name, definition, comment, _) in JOB_COLUMNS {
                changes.push(TableChange::AddColumn {
                    column: ColumnSpec::Native {
                        name: name.into(),
                        definition: self.printed_type(&work.now.borrow(), definition),
                        comment: comment.into(),
                    },
                    after: previous,
                });
                previous = name.into();
                undo.push(TableChange::DropColumn { column: name.into() });
            }
        }
        self.alter_step(
            steps,
            Stage::Expand,
            work,
            "Add hidden columns",
            "Hidden columns are seen neither by 0.14 nor by 2.x; old clients go on as before.",
            Kind::AddColumn,
            changes,
            Some(undo),
            false,
        );
    }

    /// A text type as the server will print it in this table: MySQL adds the collation unless it is its character set's default.
    fn printed_type(&self, table: &CreateTable, definition: &str) -> String {
        let Some(rest) = definition.strip_prefix("varchar(64)") else { return definition.to_owned() };
        if self.seen.catalog.server.is_mariadb() {
            return definition.to_owned();
        }
        let head = table.options.split(" COMMENT='").next().unwrap_or_default();
        let collation = head.split(' ').find_map(|w| w.strip_prefix("COLLATE="));
        match collation {
            Some(c) if !self.seen.default_collations.contains(c) => format!("varchar(64) COLLATE {c}{rest}"),
            _ => definition.to_owned(),
        }
    }

    fn triggers(&mut self, steps: &mut Steps, work: &TableWork<'_>, stage: Stage) {
        let name = &work.table.name;
        for (event, prefix) in [("INSERT", "rejoint_ins_"), ("UPDATE", "rejoint_upd_")] {
            let mut body = String::from("BEGIN\n");
            for pointer in &work.pointers {
                let (new, column) = (ident(&pointer.new_column), ident(&pointer.column));
                let query = pointer_query(&name.schema, pointer, &format!("NEW.{column}"));
                let set = format!("SET NEW.{new} = {query};");
                let note = if pointer.kind == ExternalKind::Attach {
                    format!(
                        " IF NEW.{column} IS NOT NULL THEN INSERT IGNORE INTO {} (`store`, `hash`, `adapted`, `state`) VALUES ({}, NEW.{column}, {}, 'wanted'); END IF;",
                        qualified(&TableName::new(&name.schema, OBJECTS_TABLE)),
                        text(&pointer.store),
                        u8::from(pointer.adapted),
                    )
                } else {
                    String::new()
                };
                if event == "UPDATE" {
                    body.push_str(&format!(
                        "  IF NOT (NEW.{column} <=> OLD.{column}) THEN {set}{note} END IF;\n"
                    ));
                } else {
                    body.push_str(&format!("  {set}{note}\n"));
                }
            }
            body.push_str("END");
            let trigger = derived_name(prefix, &name.table);
            let quoted = qualified(&TableName::new(&name.schema, &trigger));
            let create =
                format!("CREATE TRIGGER {quoted} BEFORE {event} ON {} FOR EACH ROW\n{body}", qualified(name));
            let drop = format!("DROP TRIGGER {quoted}");
            let shown = event.to_lowercase();
            if stage == Stage::Expand {
                steps.push(
                    stage,
                    format!("Carry over {shown}s into {name}"),
                    "What old clients write gets its new pointer at once.",
                    Action::CreateTrigger {
                        table: name.clone(),
                        name: trigger,
                        body,
                        sql: create,
                        undo_sql: drop,
                    },
                    LockClass::Instant,
                    Estimate::default(),
                    "the trigger is dropped",
                );
            } else {
                steps.push(
                    stage,
                    format!("Stop carrying over {shown}s into {name}"),
                    "From here on 2.x clients write the new pointers themselves.",
                    Action::DropTrigger {
                        table: name.clone(),
                        name: trigger,
                        body,
                        sql: drop,
                        undo_sql: create,
                    },
                    LockClass::Instant,
                    Estimate::default(),
                    "the trigger is created again",
                );
            }
        }
    }

    fn backfill(&mut self, steps: &mut Steps, work: &TableWork<'_>) {
        let name = &work.table.name;
        let mut sets: Vec<String> = work
            .pointers
            .iter()
            .map(|p| {
                let query = pointer_query(&name.schema, p, &format!("t.{}", ident(&p.column)));
                format!("t.{} = {query}", ident(&p.new_column))
            })
            .collect();
        // an UPDATE would move these by itself
        sets.extend(work.keep().iter().map(|c| format!("t.{0} = t.{0}", ident(c))));
        let sql = format!("UPDATE {} t SET\n  {}\nWHERE {{range}}", qualified(name), sets.join(",\n  "));
        let rows = work.table.rows_estimate;
        steps.push(
            Stage::Expand,
            format!("Fill new pointers of {name}"),
            "The legacy hash is the MD5 of the object's bytes, so no file has to be read.",
            Action::Backfill {
                table: name.clone(),
                key: work.key(),
                pointers: work.pointers.clone(),
                keep: work.keep(),
                sql,
                chunk: self.options.chunk_rows.unwrap_or(DEFAULT_CHUNK_ROWS).max(1),
            },
            LockClass::Rows,
            Estimate::at_rate(rows, 60_000),
            "nothing to undo: the columns go",
        );
    }

    /// Steps between the fence and the swap.
    pub(crate) fn tables_settle(&mut self, steps: &mut Steps, work: &[TableWork<'_>]) {
        for (schema, wanted) in attachments_by_schema(work) {
            steps.push(
                Stage::Contract,
                format!("Write objects of attachments added since expand in {schema}"),
                "Only what the triggers noted; with nothing new it takes no time.",
                Action::Objects { schema, pointers: wanted, collect: false },
                LockClass::Files,
                Estimate::default(),
                "objects that this step created are deleted",
            );
        }
        self.job_rows(steps, Stage::Contract);
        steps.push(
            Stage::Contract,
            "Take evidence again for tables that changed since expand".into(),
            "The certificate compares the tables right before and right after the swap.",
            Action::Settle,
            LockClass::None,
            Estimate::default(),
            "nothing to undo",
        );
    }

    pub(crate) fn tables_contract(&mut self, steps: &mut Steps, work: &[TableWork<'_>]) {
        for table in work.iter().filter(|w| !w.pointers.is_empty()) {
            self.triggers(steps, table, Stage::Contract);
        }
        for table in work {
            if !table.pointers.is_empty() {
                self.release_pointers(steps, table);
            }
            self.swap(steps, table);
            if !table.pointers.is_empty() {
                steps.push(
                    Stage::Contract,
                    format!("Way back for rows of {}", table.table.name),
                    "Only on undo: rows that 2.x clients wrote get a legacy pointer, a tracking row and an object where 0.14 looks.",
                    Action::CarryBack {
                        table: table.table.name.clone(),
                        key: table.key(),
                        pointers: table.pointers.clone(),
                        keep: table.keep(),
                    },
                    LockClass::None,
                    Estimate::default(),
                    "rows written by 2.x are carried back; a row whose pointer 0.14 cannot express (a folder, another store) is named and stops the undo",
                );
            }
        }
    }

    /// Drops the foreign keys of pointers and renames their indexes.
    fn release_pointers(&mut self, steps: &mut Steps, work: &TableWork<'_>) {
        let keys: Vec<ForeignKey> =
            work.pointers.iter().filter_map(|p| work.table.tracking_key(&p.column).cloned()).collect();
        let mut changes: Vec<TableChange> =
            keys.iter().map(|k| TableChange::DropForeignKey { name: k.name.clone() }).collect();
        let mut undo = Vec::new();
        for pointer in &work.pointers {
            for index in work.table.indexes.iter().filter(|i| {
                i.parts.len() == 1 && i.parts.iter().all(|p| p.column.as_deref() == Some(&pointer.column))
            }) {
                // an index that MySQL made for the key would be made anew, under another name, when the key comes back;
                // a renamed one counts as the user's own and stays
                let kept = derived_name(OLD_INDEX, &index.name);
                changes.push(TableChange::RenameIndex { from: index.name.clone(), to: kept.clone() });
                undo.push(TableChange::RenameIndex { from: kept, to: index.name.clone() });
            }
        }
        undo.extend(keys.into_iter().map(|key| TableChange::AddForeignKey { key }));
        if changes.is_empty() {
            return;
        }
        self.alter_step(
            steps,
            Stage::Contract,
            work,
            "Release the pointers",
            "The kept pointers must not bind rows that 2.x writes; the tracking tables stay.",
            Kind::DropKey,
            changes,
            Some(undo),
            true,
        );
    }

    fn swap(&mut self, steps: &mut Steps, work: &TableWork<'_>) {
        let mariadb = self.seen.catalog.server.is_mariadb();
        let mut changes = Vec::new();
        let mut undo = Vec::new();
        let rename =
            |column: &str, to: &str, comment: &str, set_default: Option<String>, drop_default: bool| {
                TableChange::RenameColumn {
                    column: column.to_owned(),
                    to: to.to_owned(),
                    comment: comment.to_owned(),
                    set_default,
                    drop_default,
                }
            };
        for ((pointer, comment), legacy) in
            work.pointers.iter().zip(&work.pointer_comments).zip(&work.legacy_comments)
        {
            let kept = format!("rejoint: {} before the upgrade", shortened(&pointer.column));
            let added = format!("rejoint: new pointers of {}", shortened(&pointer.column));
            let zero = (!pointer.nullable).then(zero_pointer_default);
            let json_default = new_json_default(mariadb).filter(|_| !pointer.nullable);
            let drops = json_default.is_some();
            changes.push(rename(&pointer.column, &pointer.old_column, &kept, zero.clone(), false));
            changes.push(rename(&pointer.new_column, &pointer.column, comment, None, drops));
            undo.push(rename(&pointer.column, &pointer.new_column, &added, json_default, false));
            undo.push(rename(&pointer.old_column, &pointer.column, legacy, None, zero.is_some()));
        }
        for (column, before, after) in &work.comments {
            changes.push(TableChange::Comment { column: column.clone(), to: after.clone() });
            undo.push(TableChange::Comment { column: column.clone(), to: before.clone() });
        }
        if work.job_metadata && self.options.markers == crate::options::MarkerPolicy::All {
            for (name, _, comment, marker) in JOB_COLUMNS {
                changes
                    .push(TableChange::Comment { column: name.into(), to: format!(":{marker}:{comment}") });
                undo.push(TableChange::Comment { column: name.into(), to: comment.into() });
            }
        }
        if changes.is_empty() {
            return;
        }
        let (title, reason, kind) = if work.pointers.is_empty() {
            (
                "Mark the columns",
                "2.x takes an unmarked blob for raw bytes; the marker is all that changes.",
                Kind::Comment,
            )
        } else {
            (
                "Swap the pointers",
                "New pointers take the name and the place of the old ones, which stay as hidden columns for undo.",
                Kind::Rename,
            )
        };
        self.alter_step(steps, Stage::Contract, work, title, reason, kind, changes, Some(undo), false);
    }

    /// Weeks later: drops what was kept.
    pub(crate) fn tables_finish(&mut self, steps: &mut Steps, work: &[TableWork<'_>]) {
        for table in work.iter().filter(|w| !w.pointers.is_empty()) {
            let changes = table
                .pointers
                .iter()
                .map(|p| TableChange::DropColumn { column: p.old_column.clone() })
                .collect();
            // the kept pointers have the index of their former foreign key
            let definition = table.now.borrow().print_without_counter();
            let indexed =
                table.pointers.iter().any(|p| definition.contains(&format!("({})", ident(&p.old_column))));
            self.alter_step(
                steps,
                Stage::Finish,
                table,
                "Drop the kept pointers",
                "They are needed for undo only.",
                if indexed { Kind::DropIndexed } else { Kind::AddColumn },
                changes,
                None,
                false,
            );
        }
        for hidden in [OBJECTS_TABLE, MISSING_TABLE] {
            for schema in self.schemas_with(hidden, work) {
                let table = TableName::new(schema, hidden);
                let sql = format!("DROP TABLE {}", qualified(&table));
                steps.push(
                    Stage::Finish,
                    format!("Drop {table}"),
                    "It was needed for undo only.",
                    Action::DropTable { table, sql },
                    LockClass::Instant,
                    Estimate::default(),
                    "cannot be undone",
                );
            }
        }
    }
}

/// A column name short enough to stand in a comment.
fn shortened(name: &str) -> String {
    name.chars().take(64).collect()
}

/// Attachment pointers by schema, in order.
pub(crate) fn attachments_by_schema(work: &[TableWork<'_>]) -> Vec<(String, Vec<(String, PointerColumn)>)> {
    let mut found: std::collections::BTreeMap<String, Vec<(String, PointerColumn)>> =
        std::collections::BTreeMap::new();
    for table in work {
        for pointer in table.attachments() {
            found
                .entry(table.table.name.schema.clone())
                .or_default()
                .push((table.table.name.table.clone(), pointer.clone()));
        }
    }
    found.into_iter().collect()
}
