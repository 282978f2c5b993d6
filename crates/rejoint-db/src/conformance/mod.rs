//! The behaviours every [`crate::Engine`] must have, each as a function to be called on a schema with [`tables`].
//!
//! What an engine cannot do it declares in its [`crate::Capabilities`], and the checks hold it to the declaration: they try, and
//! expect the one or the other. None is skipped.

mod abilities;
mod definitions;
mod statements;
mod values;

use crate::{Connection, Error, Value, ident};
use rejoint_model::TableName;

/// Why an engine does not conform.
pub type Outcome = Result<(), String>;

/// One behaviour.
#[derive(Clone, Copy)]
pub struct Check {
    /// What is expected, as a name for a test.
    pub name: &'static str,
    /// Tries it in a schema that holds [`tables`] without rows and that no other check uses.
    pub run: fn(&mut Connection, &str) -> Outcome,
}

/// All behaviours.
pub const CHECKS: &[Check] = &[
    Check { name: "values_of_every_type_come_back_the_same", run: values::every_type },
    Check { name: "a_stream_gives_what_a_query_gives", run: values::streams },
    Check { name: "bytes_are_told_from_text", run: values::bytes_and_text },
    Check { name: "ranges_of_a_key_meet_every_row_once", run: values::ranges },
    Check { name: "a_row_that_is_there_is_kept_or_updated", run: statements::duplicates },
    Check { name: "a_transaction_is_seen_by_itself_alone_until_it_ends", run: statements::transactions },
    Check { name: "pointers_are_filled_from_their_tracking_rows", run: statements::backfill },
    Check { name: "errors_have_the_numbers_of_the_servers", run: statements::errors },
    Check { name: "numbers_of_affected_rows_are_told", run: statements::affected },
    Check { name: "tables_are_made_changed_and_dropped", run: definitions::tables_change },
    Check { name: "names_are_only_names", run: definitions::hostile_names },
    Check { name: "the_catalog_says_what_the_definitions_say", run: definitions::catalog },
    Check { name: "triggers_are_kept_and_run_as_declared", run: abilities::triggers },
    Check { name: "timestamps_renew_themselves_as_declared", run: abilities::timestamps },
    Check { name: "foreign_keys_are_checked_as_declared", run: abilities::foreign_keys },
    Check { name: "unique_indexes_are_checked_as_declared", run: abilities::unique_indexes },
    Check { name: "text_is_compared_as_declared", run: abilities::collations },
    Check { name: "rows_are_hashed_as_declared", run: abilities::hashes },
    Check { name: "others_are_seen_and_wait_as_declared", run: abilities::sharing },
];

/// The tables that the checks need: names, and definitions in the outline of `SHOW CREATE TABLE`, parents first.
pub fn tables(mariadb: bool) -> Vec<(&'static str, String)> {
    let json = if mariadb {
        "longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL CHECK (json_valid(`json`))"
    } else {
        "json DEFAULT NULL"
    };
    let bin = "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin";
    vec![
        (
            "types",
            format!(
                "CREATE TABLE `types` (\n  `id` int NOT NULL,\n  `tiny` tinyint DEFAULT NULL,\n  `big` bigint DEFAULT NULL,\n  `ubig` bigint unsigned DEFAULT NULL,\n  `float` float DEFAULT NULL,\n  `double` double DEFAULT NULL,\n  `decimal` decimal(20,5) DEFAULT NULL,\n  `date` date DEFAULT NULL,\n  `datetime` datetime DEFAULT NULL,\n  `datetime6` datetime(6) DEFAULT NULL,\n  `timestamp3` timestamp(3) NULL DEFAULT NULL,\n  `time` time DEFAULT NULL,\n  `time6` time(6) DEFAULT NULL,\n  `year` year DEFAULT NULL,\n  `char` char(8) DEFAULT NULL,\n  `varchar` varchar(99) DEFAULT NULL,\n  `text` longtext,\n  `enum` enum('it''s','b,c','ü') DEFAULT NULL,\n  `json` {json},\n  `binary` binary(16) DEFAULT NULL,\n  `varbinary` varbinary(99) DEFAULT NULL,\n  `blob` longblob,\n  PRIMARY KEY (`id`)\n) {bin}"
            ),
        ),
        (
            "keys",
            format!(
                "CREATE TABLE `keys` (\n  `n` bigint unsigned NOT NULL,\n  `s` varchar(20) NOT NULL,\n  `b` varbinary(16) NOT NULL,\n  `t` datetime(6) NOT NULL,\n  `m` time(3) NOT NULL,\n  `d` double NOT NULL,\n  `v` int DEFAULT NULL,\n  PRIMARY KEY (`n`,`s`,`b`,`t`,`m`,`d`)\n) {bin}"
            ),
        ),
        (
            "~external_raw",
            format!(
                "CREATE TABLE `~external_raw` (\n  `hash` binary(16) NOT NULL,\n  `size` bigint unsigned NOT NULL,\n  `filepath` varchar(1000) DEFAULT NULL,\n  `timestamp` timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,\n  PRIMARY KEY (`hash`)\n) {bin}"
            ),
        ),
        (
            "child",
            format!(
                "CREATE TABLE `child` (\n  `id` int NOT NULL,\n  `raw` binary(16) DEFAULT NULL,\n  `name` varchar(20) DEFAULT NULL,\n  `new` varchar(999) DEFAULT NULL,\n  `renewed` timestamp NULL DEFAULT NULL ON UPDATE CURRENT_TIMESTAMP,\n  PRIMARY KEY (`id`),\n  UNIQUE KEY `name` (`name`),\n  KEY `raw` (`raw`),\n  CONSTRAINT `child_ibfk_1` FOREIGN KEY (`raw`) REFERENCES `~external_raw` (`hash`)\n) {bin}"
            ),
        ),
        (
            "folded",
            "CREATE TABLE `folded` (\n  `name` varchar(20) NOT NULL,\n  PRIMARY KEY (`name`)\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci"
                .to_owned(),
        ),
    ]
}

fn ok<T>(result: Result<T, Error>) -> Result<T, String> {
    result.map_err(|error| format!("{error} ({error:?})"))
}

fn ensure(condition: bool, message: impl FnOnce() -> String) -> Outcome {
    if condition { Ok(()) } else { Err(message()) }
}

/// An error with this number, and nothing else.
fn refused<T>(result: Result<T, Error>, code: u16, what: &str) -> Outcome {
    match result {
        Err(error) if error.code() == Some(code) => Ok(()),
        Err(error) => Err(format!("{what}: error {code} was expected, and it is {error} ({error:?})")),
        Ok(_) => Err(format!("{what}: error {code} was expected, and it is done")),
    }
}

fn table(schema: &str, name: &str) -> TableName {
    TableName::new(schema, name)
}

/// The quoted full name.
fn place(schema: &str, name: &str) -> String {
    format!("{}.{}", ident(schema), ident(name))
}

fn hex(bytes: &[u8]) -> Value {
    let digits: String = bytes.iter().map(|b| format!("{b:02X}")).collect();
    Value::from(digits)
}

fn count(connection: &mut Connection, from: &str) -> Result<i64, String> {
    let sql = format!("SELECT COUNT(*) FROM {from}");
    ok(connection.number(&sql, &[]))?.ok_or_else(|| format!("{sql} gave no number"))
}
