//! What engines may or may not do: they must do it exactly if they declare it.

use super::{Outcome, count, ensure, hex, ok, place, table};
use crate::{Connection, Error, Value, qualified, sessions};

/// A capability that is declared must be there, and one that is not must not.
fn as_declared(declared: bool, found: bool, what: &str) -> Outcome {
    ensure(declared == found, || format!("declared is that {what}: {declared}; found: {found}"))
}

/// Was it refused with this number? Other errors are errors.
fn was_refused<T>(result: Result<T, Error>, code: u16) -> Result<bool, String> {
    match result {
        Ok(_) => Ok(false),
        Err(error) if error.code() == Some(code) => Ok(true),
        Err(error) => Err(format!("error {code} was expected, and it is {error} ({error:?})")),
    }
}

pub(super) fn triggers(connection: &mut Connection, schema: &str) -> Outcome {
    let (name, trigger) = (table(schema, "child"), "rejoint_ins_it's");
    let child = qualified(&name);
    let sql = format!(
        "CREATE TRIGGER {} BEFORE INSERT ON {child} FOR EACH ROW\nBEGIN\n  SET NEW.`name` = CONCAT('it''s ', NEW.`id`);\nEND",
        place(schema, trigger)
    );
    ok(connection.execute(&sql, &[]))?;
    let written = ok(connection.trigger(&name, trigger))?;
    // a server puts a definer and its own names before it
    let tail = "BEGIN\n  SET NEW.`name` = CONCAT('it''s ', NEW.`id`);\nEND";
    let same = written.as_deref().is_some_and(|w| w.starts_with("CREATE ") && w.ends_with(tail));
    ensure(same, || format!("the trigger is {written:?}"))?;
    let other = ok(connection.trigger(&table(schema, "types"), trigger))?;
    ensure(other.is_none(), || "another table has the trigger too".to_owned())?;
    ok(connection.execute(&format!("INSERT INTO {child} (`id`) VALUES (1)"), &[]))?;
    let ran = ok(connection.one_text(&format!("SELECT `name` FROM {child}"), &[]))?;
    let can = connection.capabilities().runs_triggers;
    as_declared(can, ran.as_deref() == Some("it's 1"), "triggers run")?;
    ok(connection.execute(&format!("DROP TRIGGER {}", place(schema, trigger)), &[]))?;
    let gone = ok(connection.trigger(&name, trigger))?;
    ensure(gone.is_none(), || format!("a dropped trigger is {gone:?}"))
}

pub(super) fn timestamps(connection: &mut Connection, schema: &str) -> Outcome {
    let (child, raw) = (place(schema, "child"), place(schema, "~external_raw"));
    ok(connection.execute(&format!("INSERT INTO {child} (`id`) VALUES (1)"), &[]))?;
    ok(connection.execute(&format!("UPDATE {child} SET `name` = 'x'"), &[]))?;
    let renewed = count(connection, &format!("{child} WHERE `renewed` IS NOT NULL"))? == 1;
    as_declared(connection.capabilities().runs_triggers, renewed, "timestamps renew themselves")?;
    // a default is a value of the column: this one has no fraction of a second
    let sql = format!("INSERT INTO {raw} (`hash`, `size`) VALUES (UNHEX(?), 1)");
    ok(connection.execute(&sql, &[hex(&[1; 16])]))?;
    let rows = ok(connection.rows(&format!("SELECT `timestamp` FROM {raw}"), &[]))?;
    let at = rows.first().and_then(|row| row.as_ref(0).cloned());
    let whole = matches!(at, Some(Value::Date(y, .., 0)) if y > 2000);
    ensure(whole, || format!("the default of a timestamp is {at:?}"))
}

pub(super) fn foreign_keys(connection: &mut Connection, schema: &str) -> Outcome {
    let sql = format!("INSERT INTO {} (`id`, `raw`) VALUES (?, UNHEX(?))", place(schema, "child"));
    let refused = was_refused(connection.execute(&sql, &[Value::Int(1), hex(&[7; 16])]), 1452)?;
    as_declared(connection.capabilities().checks_foreign_keys, refused, "foreign keys are checked")?;
    ok(connection.check_foreign_keys(false))?;
    ok(connection.execute(&sql, &[Value::Int(2), hex(&[7; 16])]))?;
    ok(connection.check_foreign_keys(true))
}

pub(super) fn unique_indexes(connection: &mut Connection, schema: &str) -> Outcome {
    let sql = format!("INSERT INTO {} (`id`, `name`) VALUES (?, 'one')", place(schema, "child"));
    ok(connection.execute(&sql, &[Value::Int(1)]))?;
    let refused = was_refused(connection.execute(&sql, &[Value::Int(2)]), 1062)?;
    as_declared(connection.capabilities().checks_unique_indexes, refused, "unique indexes are checked")
}

pub(super) fn collations(connection: &mut Connection, schema: &str) -> Outcome {
    let folded = place(schema, "folded");
    let sql = format!("INSERT INTO {folded} (`name`) VALUES (?)");
    ok(connection.execute(&sql, &[Value::from("É")]))?;
    let has = connection.capabilities().has_collations;
    let found = count(connection, &format!("{folded} WHERE `name` = 'e'"))? == 1;
    as_declared(has, found, "text is compared by its collation")?;
    let refused = was_refused(connection.execute(&sql, &[Value::from("e")]), 1062)?;
    as_declared(has, refused, "keys are unique by their collation")?;
    // asked for bytes, every engine compares bytes
    let sql = format!("{folded} WHERE CONVERT(`name` USING utf8mb4) COLLATE utf8mb4_bin = 'É'");
    let n = count(connection, &sql)?;
    ensure(n == 1, || format!("{n} rows by their bytes"))
}

pub(super) fn hashes(connection: &mut Connection, _: &str) -> Outcome {
    let found = connection.one_text("SELECT SHA2('a', 256)", &[]);
    let hashed = matches!(&found, Ok(Some(hash)) if hash.starts_with("ca978112"));
    as_declared(connection.capabilities().hashes_rows, hashed, "rows are hashed by the engine")
}

pub(super) fn sharing(connection: &mut Connection, schema: &str) -> Outcome {
    let is_shared = connection.capabilities().is_shared;
    let mut other = ok(connection.another())?;
    let seen = ok(sessions(&mut other))?.iter().any(|s| s.id == u64::from(connection.id()));
    as_declared(is_shared, seen, "other sessions are seen")?;
    let name = format!("rejoint {schema}");
    ensure(ok(connection.lock(&name, 1))?, || "a free lock was not given".to_owned())?;
    let waits = !ok(other.lock(&name, 0))?;
    as_declared(is_shared, waits, "a lock keeps others out")?;
    let owner = ok(other.lock_owner(&name))?;
    as_declared(is_shared, owner == Some(i64::from(connection.id())), "the owner of a lock is known")
}
