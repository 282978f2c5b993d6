//! Hidden tables: `~lineage`, the job tables of 2.x, and rejoint's own.

use super::tables::TableWork;
use super::{Planner, Steps, is_user_table};
use crate::observe::job_key;
use crate::step::{Action, Estimate, JobTarget, LockClass, Stage};
use crate::{MISSING_TABLE, OBJECTS_TABLE};
use rejoint_db::{ident, qualified, text};
use rejoint_model::names::job_table;
use rejoint_model::{Column, Schema, Table, TableName, Tier, lineage, split_marker};

/// `~lineage` as 2.3.5 creates it.
fn lineage_sql(schema: &str) -> String {
    format!(
        "CREATE TABLE {} (\n  `table_name` VARCHAR(64) NOT NULL COMMENT 'table name within the schema',\n  `attribute_name` VARCHAR(64) NOT NULL COMMENT 'attribute name',\n  `lineage` VARCHAR(255) NOT NULL COMMENT 'origin: schema.table.attribute',\n  PRIMARY KEY (`table_name`, `attribute_name`)\n) ENGINE=InnoDB",
        qualified(&TableName::new(schema, "~lineage"))
    )
}

/// A job table as 2.3.5 creates it. Key columns repeat the character set of the target's, so that they compare without conversion.
fn job_table_sql(schema: &str, target: &JobTarget) -> String {
    let mut lines: Vec<String> =
        target.key.iter().map(|(name, definition)| format!("{} {definition}", ident(name))).collect();
    lines.extend(
        [
            "`status` enum('pending', 'reserved', 'success', 'error', 'ignore') NOT NULL COMMENT ':enum(''pending'', ''reserved'', ''success'', ''error'', ''ignore''):'",
            "`priority` tinyint NOT NULL COMMENT ':int8:'",
            "`created_time` datetime(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) COMMENT ':datetime(3):'",
            "`scheduled_time` datetime(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) COMMENT ':datetime(3):'",
            "`reserved_time` datetime(3) DEFAULT NULL COMMENT ':datetime(3):'",
            "`completed_time` datetime(3) DEFAULT NULL COMMENT ':datetime(3):'",
            "`duration` double DEFAULT NULL COMMENT ':float64:'",
            "`error_message` varchar(2047) NOT NULL DEFAULT '' COMMENT ':varchar(2047):'",
            "`error_stack` longblob DEFAULT NULL COMMENT ':<blob>:'",
            "`user` varchar(255) NOT NULL DEFAULT '' COMMENT ':varchar(255):'",
            "`host` varchar(255) NOT NULL DEFAULT '' COMMENT ':varchar(255):'",
            "`pid` int NOT NULL DEFAULT '0' COMMENT ':int32:'",
            "`connection_id` bigint NOT NULL DEFAULT '0' COMMENT ':int64:'",
            "`version` varchar(64) NOT NULL DEFAULT '' COMMENT ':varchar(64):'",
        ]
        .map(str::to_owned),
    );
    let key = target.key.iter().map(|(name, _)| ident(name)).collect::<Vec<_>>().join(", ");
    lines.push(format!("PRIMARY KEY ({key})"));
    lines.push("INDEX (`status`,`priority`,`scheduled_time`)".to_owned());
    format!(
        "CREATE TABLE {} (\n  {}\n) ENGINE=InnoDB COMMENT={}",
        qualified(&TableName::new(schema, &target.job_table)),
        lines.join(",\n  "),
        text(&format!("Job queue for `{schema}`.`{}`", target.table))
    )
}

/// The definition of a key column of a job table.
fn key_definition(column: &Column) -> String {
    let collation = match &column.collation {
        Some(c) => format!(" CHARACTER SET {} COLLATE {c}", c.split('_').next().unwrap_or("utf8mb4")),
        None => String::new(),
    };
    let comment = match split_marker(&column.comment) {
        (Some(marker), _) if marker.eq_ignore_ascii_case("uuid") => " COMMENT ':uuid:'",
        _ => "",
    };
    format!("{}{collation} NOT NULL{comment}", column.sql_type)
}

/// Rejoint's list of new objects in a schema.
fn objects_sql(schema: &str) -> String {
    format!(
        "CREATE TABLE {} (\n  `store` varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,\n  `hash` binary(16) NOT NULL COMMENT 'of the tracking row',\n  `adapted` tinyint NOT NULL COMMENT 'behind an adapter: kept apart from garbage collection',\n  `state` enum('wanted','writing','created','existed','missing') NOT NULL,\n  PRIMARY KEY (`store`, `hash`, `adapted`),\n  INDEX (`state`)\n) ENGINE=InnoDB COMMENT='rejoint: new objects of attachments'",
        qualified(&TableName::new(schema, OBJECTS_TABLE))
    )
}

fn missing_sql(schema: &str) -> String {
    format!(
        "CREATE TABLE {} (\n  `store` varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,\n  `hash` binary(16) NOT NULL COMMENT 'of the tracking row',\n  PRIMARY KEY (`store`, `hash`)\n) ENGINE=InnoDB COMMENT='rejoint: pointers that become NULL by decision'",
        qualified(&TableName::new(schema, MISSING_TABLE))
    )
}

fn create(steps: &mut Steps, table: TableName, sql: String, reason: &str) {
    let undo_sql = format!("DROP TABLE {}", qualified(&table));
    steps.push(
        Stage::Expand,
        format!("Create {table}"),
        reason,
        Action::CreateTable { table, sql, undo_sql },
        LockClass::Instant,
        Estimate::default(),
        "the table is dropped",
    );
}

impl Planner<'_> {
    /// Schemas in which a hidden table of rejoint's is needed.
    pub(crate) fn schemas_with(&self, hidden: &str, work: &[TableWork<'_>]) -> Vec<String> {
        self.seen
            .catalog
            .schemas
            .keys()
            .filter(|schema| {
                work.iter().filter(|w| w.table.name.schema == **schema).any(|w| {
                    if hidden == OBJECTS_TABLE {
                        w.attachments().next().is_some()
                    } else {
                        w.pointers.iter().any(|p| !p.nulled.is_empty())
                    }
                })
            })
            .cloned()
            .collect()
    }

    pub(crate) fn hidden_tables_expand(&mut self, steps: &mut Steps, work: &[TableWork<'_>]) {
        let found = lineage(&self.seen.catalog);
        self.remarks.extend(found.remarks);
        for (schema, rows) in found.rows {
            let table = TableName::new(&schema, "~lineage");
            let before = self.seen.lineage.get(&schema).cloned();
            if before.is_none() {
                create(
                    steps,
                    table.clone(),
                    lineage_sql(&schema),
                    "2.x joins by lineage; without it every check is off.",
                );
            }
            let rows: Vec<Vec<String>> =
                rows.into_iter().map(|r| vec![r.table, r.attribute, r.lineage]).collect();
            let rows_given = rows.len() as u64;
            steps.push(
                Stage::Expand,
                format!("Fill {table}"),
                "Resolved over all schemas together, so that schemas that refer to each other are no obstacle.",
                Action::FillRows {
                    table,
                    columns: vec!["table_name".into(), "attribute_name".into(), "lineage".into()],
                    rows,
                    before,
                },
                LockClass::Rows,
                Estimate::at_rate(rows_given, 10_000),
                "the rows that were there before are put back",
            );
        }
        for schema in self.schemas_with(OBJECTS_TABLE, work) {
            create(
                steps,
                TableName::new(&schema, OBJECTS_TABLE),
                objects_sql(&schema),
                "Which new objects were written, so that undo deletes those and no others.",
            );
        }
        for schema in self.schemas_with(MISSING_TABLE, work) {
            create(
                steps,
                TableName::new(&schema, MISSING_TABLE),
                missing_sql(&schema),
                "Pointers whose objects are missing and which become NULL by decision.",
            );
            let mut rows: Vec<Vec<String>> = work
                .iter()
                .filter(|w| w.table.name.schema == schema)
                .flat_map(|w| w.pointers.iter())
                .flat_map(|p| p.nulled.iter().map(|h| vec![p.store.clone(), h.clone()]))
                .collect();
            rows.sort();
            rows.dedup();
            steps.push(
                Stage::Expand,
                format!("Fill {schema}.{MISSING_TABLE}"),
                "The decision of a person, listed in this plan.",
                Action::FillRows {
                    table: TableName::new(&schema, MISSING_TABLE),
                    columns: vec!["store".into(), "hash".into()],
                    rows,
                    before: None,
                },
                LockClass::Rows,
                Estimate::default(),
                "the table is dropped",
            );
        }
        let schemas: Vec<&Schema> = self.seen.catalog.schemas.values().collect();
        for schema in schemas {
            for target in self.job_targets(schema) {
                let table = TableName::new(&schema.name, &target.job_table);
                let sql = job_table_sql(&schema.name, &target);
                create(
                    steps,
                    table,
                    sql,
                    "2.x keeps one job table for each table; it would create the same one on first use.",
                );
            }
        }
        self.job_rows(steps, Stage::Expand);
    }

    /// Computed and imported tables of a schema with a `~jobs` table, which have a job table in 2.x.
    fn job_targets(&mut self, schema: &Schema) -> Vec<JobTarget> {
        if !schema.tables.contains_key("~jobs") {
            return Vec::new();
        }
        let mut targets: Vec<JobTarget> = Vec::new();
        let computed = |t: &&Table| matches!(t.tier(), Tier::Imported | Tier::Computed) && is_user_table(t);
        for table in schema.tables.values().filter(computed) {
            let key: Vec<(String, String)> = job_key(table)
                .iter()
                .filter_map(|name| table.column(name).map(|c| (name.clone(), key_definition(c))))
                .collect();
            let name = job_table(&table.name.table);
            if key.is_empty() {
                self.remarks.push(format!(
                    "{} has no key attribute from a foreign key; 2.x cannot reserve jobs for it",
                    table.name
                ));
            } else if schema.tables.contains_key(&name) {
                self.remarks.push(format!("{}.{name} is there already and is left alone", schema.name));
            } else if targets.iter().any(|t| t.job_table == name) {
                self.remarks.push(format!(
                    "{} would share the job table {name} with another table; 2.x cannot tell them apart",
                    table.name
                ));
            } else if name.chars().count() > rejoint_model::names::MAX_IDENTIFIER {
                self.remarks.push(format!(
                    "{}: the name of its job table, {name}, is too long for the server",
                    table.name
                ));
            } else {
                targets.push(JobTarget { table: table.name.table.clone(), job_table: name, key });
            }
        }
        targets
    }

    /// Carries job rows over; in contract again, for what was written since.
    pub(crate) fn job_rows(&mut self, steps: &mut Steps, stage: Stage) {
        let remarks = self.remarks.len();
        let schemas: Vec<Schema> = self.seen.catalog.schemas.values().cloned().collect();
        for schema in schemas {
            let targets = self.job_targets(&schema);
            if targets.is_empty() {
                continue;
            }
            steps.push(
                stage,
                format!("Carry job errors and ignores of {} over", schema.name),
                "Without them 2.x computes again what 0.14 marked as failed or to be ignored. Reservations are not carried over.",
                Action::Jobs { schema: schema.name.clone(), targets },
                LockClass::Rows,
                Estimate::default(),
                "the job tables are dropped; job rows that 2.x wrote go with them",
            );
        }
        self.remarks.truncate(remarks);
    }
}
