//! Statements, in the forms that rejoint writes.

use super::{Outcome, count, ensure, hex, ok, place, refused};
use crate::{Class, Connection, Value, cell_text};

fn text(connection: &mut Connection, sql: &str) -> Result<Option<String>, String> {
    ok(connection.one_text(sql, &[]))
}

pub(super) fn duplicates(connection: &mut Connection, schema: &str) -> Outcome {
    let raw = place(schema, "~external_raw");
    let insert = format!("INSERT INTO {raw} (`hash`, `size`, `filepath`) VALUES (UNHEX(?), ?, ?)");
    let mut add = |form: &str, size: u64, path: &str| {
        let params = [hex(b"sixteen bytes 01"), Value::UInt(size), Value::from(path)];
        connection.execute(form, &params)
    };
    ok(add(&insert, 1, "a"))?;
    refused(add(&insert, 2, "b"), 1062, "a second row of one key")?;
    // a server warns of what it ignored, and a warning is an error
    let ignored = insert.replacen("INSERT", "INSERT IGNORE", 1);
    refused(add(&ignored, 2, "b"), 1062, "a second row of one key, ignored")?;
    let kept = format!("{insert} ON DUPLICATE KEY UPDATE {raw}.`timestamp` = {raw}.`timestamp`");
    ok(add(&kept, 3, "c"))?;
    let size = format!("SELECT CONCAT(`size`, ' ', `filepath`) FROM {raw}");
    let found = text(connection, &size)?;
    ensure(found.as_deref() == Some("1 a"), || format!("what was there became {found:?}"))?;
    let params = [hex(b"sixteen bytes 01"), Value::UInt(u64::MAX), Value::from("it's %s ?")];
    let updated =
        format!("{insert} ON DUPLICATE KEY UPDATE `size` = VALUES(`size`), `filepath` = VALUES(`filepath`)");
    ok(connection.execute(&updated, &params))?;
    let rows = ok(connection.rows(&format!("SELECT `size`, `filepath` FROM {raw}"), &[]))?;
    let found: Vec<_> = rows.iter().map(|row| (row.as_ref(0).cloned(), cell_text(row, 1))).collect();
    let wanted = [(Some(Value::UInt(u64::MAX)), Some("it's %s ?".to_owned()))];
    ensure(found == wanted, || format!("what was updated is {found:?}"))?;
    // as the list of wanted objects is filled: again and again, each once
    let child = place(schema, "child");
    ok(connection.execute(&format!("INSERT INTO {child} (`id`, `raw`) SELECT 1, `hash` FROM {raw}"), &[]))?;
    for _ in 0..2 {
        let sql = format!(
            "INSERT INTO {child} (`id`, `raw`) SELECT DISTINCT ?, t.`raw` FROM {child} t WHERE t.`raw` IS NOT NULL ON DUPLICATE KEY UPDATE `raw` = {child}.`raw`"
        );
        ok(connection.execute(&sql, &[Value::Int(2)]))?;
    }
    let n = count(connection, &child)?;
    ensure(n == 2, || format!("{n} rows after two inserts of one"))
}

pub(super) fn transactions(connection: &mut Connection, schema: &str) -> Outcome {
    let types = place(schema, "types");
    let mut other = ok(connection.another())?;
    ok(connection.execute("START TRANSACTION", &[]))?;
    ok(connection.execute(
        &format!("INSERT INTO {types} (`id`, `tiny`) VALUES (?, ?), (?, ?)"),
        &[Value::Int(1), Value::Int(1), Value::Int(2), Value::NULL],
    ))?;
    let own = count(connection, &types)?;
    ensure(own == 2, || format!("a transaction sees {own} of its 2 rows"))?;
    let mut streamed = 0;
    let mut stream = ok(connection.stream(&format!("SELECT `id` FROM {types}"), &[]))?;
    while ok(stream.next_row())?.is_some() {
        streamed += 1;
    }
    drop(stream);
    ensure(streamed == 2, || format!("a stream within a transaction sees {streamed} of its 2 rows"))?;
    let others = count(&mut other, &types)?;
    ensure(others == 0, || format!("another session sees {others} rows that are not committed"))?;
    ok(connection.execute("ROLLBACK", &[]))?;
    let left = count(connection, &types)?;
    ensure(left == 0, || format!("{left} rows are left after ROLLBACK"))?;
    ok(connection.execute("START TRANSACTION", &[]))?;
    ok(connection.execute(&format!("INSERT INTO {types} (`id`) VALUES (1)"), &[]))?;
    ok(connection.execute(&format!("DELETE FROM {types}"), &[]))?;
    ok(connection.execute(&format!("INSERT INTO {types} (`id`) VALUES (3)"), &[]))?;
    ok(connection.execute("COMMIT", &[]))?;
    let others = count(&mut other, &types)?;
    ensure(others == 1, || format!("another session sees {others} of 1 committed row"))
}

pub(super) fn backfill(connection: &mut Connection, schema: &str) -> Outcome {
    let (raw, child) = (place(schema, "~external_raw"), place(schema, "child"));
    let hashes: [&[u8; 16]; 3] = [b"sixteen bytes 01", b"\0\xff\x80abcdefghijklm", &[0; 16]];
    for (i, hash) in hashes.iter().enumerate() {
        let sql = format!(
            "INSERT INTO {raw} (`hash`, `size`, `filepath`, `timestamp`) VALUES (UNHEX(?), ?, ?, '2024-02-29 00:00:00')"
        );
        let path = if i == 1 { Value::from("it's/\"ü\"") } else { Value::NULL };
        ok(connection.execute(&sql, &[hex(*hash), Value::from(i), path]))?;
        let sql = format!("INSERT INTO {child} (`id`, `raw`) VALUES (?, UNHEX(?))");
        ok(connection.execute(&sql, &[Value::from(i), hex(*hash)]))?;
    }
    ok(connection.execute(&format!("INSERT INTO {child} (`id`) VALUES (7)"), &[]))?;
    let sql = format!(
        "UPDATE {child} t SET\n  t.`new` = (SELECT IF(e.`filepath` IS NULL,CONCAT(LOWER(HEX(e.`hash`)),' ',e.`size`+OCTET_LENGTH(CONVERT('ü' USING utf8mb4)),' ',(ORD(SUBSTR(e.`hash`,1,1))<<8|ORD(SUBSTR(e.`hash`,2,1)))>>3,' ',CONCAT(DATE_FORMAT(TIMESTAMPADD(SECOND,FLOOR(UNIX_TIMESTAMP(e.`timestamp`)),'1970-01-01 00:00:00'),'%Y-%m-%dT%H:%i:%s'),'+00:00')),JSON_OBJECT('path',e.`filepath`,'size',e.`size`,'is_dir',false)) FROM {raw} e WHERE e.`hash` = t.`raw`),\n  t.`renewed` = t.`renewed`\nWHERE (`id` >= ?) AND (`id` <= ?)"
    );
    ok(connection.execute(&sql, &[Value::Int(0), Value::Int(1)]))?;
    let rows = ok(connection.rows(&format!("SELECT `new` FROM {child} ORDER BY `id`"), &[]))?;
    let found: Vec<_> = rows.iter().map(|row| cell_text(row, 0)).collect();
    let json = "{\"path\": \"it's/\\\"ü\\\"\", \"size\": 1, \"is_dir\": false}";
    let first = "7369787465656e206279746573203031 2 3693 2024-02-29T00:00:00+00:00";
    let wanted = [Some(first.to_owned()), Some(json.to_owned()), None, None];
    ensure(found == wanted, || format!("pointers are {found:?}, not {wanted:?}"))?;
    let sql = format!("SELECT CAST(MAX(`timestamp`) AS CHAR) FROM {raw}");
    let latest = text(connection, &sql)?;
    ensure(latest.as_deref() == Some("2024-02-29 00:00:00"), || format!("a time as text is {latest:?}"))
}

pub(super) fn errors(connection: &mut Connection, schema: &str) -> Outcome {
    let nowhere = place(schema, "nowhere");
    let types = place(schema, "types");
    refused(connection.rows(&format!("SELECT 1 FROM {nowhere}"), &[]), 1146, "a table that is not there")?;
    refused(
        connection.stream(&format!("SELECT 1 FROM {nowhere}"), &[]).map(|_| ()),
        1146,
        "a stream of a missing table",
    )?;
    refused(connection.execute(&format!("DELETE FROM {nowhere}"), &[]), 1146, "a change of a missing table")?;
    refused(
        connection.show_create(&super::table(schema, "nowhere")),
        1146,
        "the definition of a missing table",
    )?;
    refused(connection.execute(&format!("DROP TABLE {nowhere}"), &[]), 1051, "dropping a missing table")?;
    refused(
        connection.rows(&format!("SELECT `nothing` FROM {types}"), &[]),
        1054,
        "a column that is not there",
    )?;
    let sql = format!("UPDATE {types} SET `nothing` = 1");
    refused(connection.execute(&sql, &[]), 1054, "a change of a missing column")?;
    let sql = format!("INSERT INTO {types} (`id`, `nothing`) VALUES (1, 1)");
    refused(connection.execute(&sql, &[]), 1054, "a value of a missing column")?;
    let sql = format!("INSERT INTO {types} (`id`) VALUES (?)");
    refused(connection.execute(&sql, &[Value::NULL]), 1048, "NULL where it may not be")?;
    let sql = format!("DROP TRIGGER {}", place(schema, "nothing"));
    refused(connection.execute(&sql, &[]), 1360, "dropping a missing trigger")?;
    let made = format!("CREATE TABLE {types} (\n  `id` int NOT NULL,\n  PRIMARY KEY (`id`)\n) ENGINE=InnoDB");
    refused(connection.execute(&made, &[]), 1050, "a table that is there")?;
    let missing = ok(connection.columns(&super::table(schema, "nowhere")))?;
    ensure(missing.is_empty(), || format!("a missing table has columns {missing:?}"))?;
    match connection.rows(&format!("SELECT 1 FROM {nowhere}"), &[]) {
        Err(error) if error.class() == Class::Refused => {}
        other => return Err(format!("a missing table is no refusal: {other:?}")),
    }
    // after all these, the session works
    let n = count(connection, &types)?;
    ensure(n == 0, || format!("{n} rows after errors"))
}

pub(super) fn affected(connection: &mut Connection, schema: &str) -> Outcome {
    let types = place(schema, "types");
    let n =
        ok(connection
            .execute(&format!("INSERT INTO {types} (`id`, `tiny`) VALUES (1, 1), (2, 2), (3, 3)"), &[]))?;
    ensure(n == 3, || format!("{n} of 3 rows inserted"))?;
    let n = ok(connection
        .execute(&format!("UPDATE {types} SET `tiny` = ? WHERE `id` > ?"), &[Value::Int(9), Value::Int(1)]))?;
    ensure(n == 2, || format!("{n} of 2 rows updated"))?;
    let n = ok(connection.execute(&format!("DELETE FROM {types} WHERE `tiny` = 9"), &[]))?;
    ensure(n == 2, || format!("{n} of 2 rows deleted"))?;
    let n = ok(connection.execute(&format!("DELETE FROM {types} WHERE `tiny` = 9"), &[]))?;
    ensure(n == 0, || format!("{n} of 0 rows deleted"))?;
    ok(connection.execute("START TRANSACTION", &[]))?;
    ok(connection.execute(&format!("INSERT INTO {types} (`id`) VALUES (7), (8)"), &[]))?;
    let n = ok(connection.execute("COMMIT", &[]))?;
    ensure(n == 0, || format!("{n} rows affected by COMMIT"))
}
