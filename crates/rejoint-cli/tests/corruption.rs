//! Whatever is damaged after a complete upgrade, `rejoint verify` finds it and names table, key and column.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "steps shared by tests fail the test"
)]

mod circle;

use circle::Circle;
use rejoint_testkit::{LabOptions, Server};
use std::path::PathBuf;

/// Damages a table by SQL; the table is put back from a copy.
fn by_sql(circle: &Circle, table: &str, damage: &[&str], says: &[&str]) {
    let columns = circle.text(&format!(
        "SELECT GROUP_CONCAT('`', column_name, '`' ORDER BY ordinal_position SEPARATOR ', ') FROM information_schema.columns \
         WHERE CONCAT(table_schema, '.', table_name) = '{table}' AND extra NOT LIKE '%STORED GENERATED%'"
    ));
    let quoted = format!("`{}`", table.replace('.', "`.`"));
    circle.sql(&[
        "DROP TABLE IF EXISTS `LAB_keep`.kept",
        &format!("CREATE TABLE `LAB_keep`.kept AS SELECT {columns} FROM {quoted}"),
    ]);
    let session =
        ["SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO', foreign_key_checks = 0"];
    circle.sql(&[&session[..], damage].concat());
    let table = table.replace("LAB", &circle.lab.prefix);
    found(circle, &[&[table.as_str()], says].concat(), &format!("{damage:?}"));
    circle.sql(&[
        session[0],
        &format!("DELETE FROM {quoted}"),
        &format!("INSERT INTO {quoted} ({columns}) SELECT {columns} FROM `LAB_keep`.kept"),
    ]);
    circle.verify("c").expect(0, &["Everything is as certified"]);
}

#[track_caller]
fn found(circle: &Circle, says: &[&str], damage: &str) {
    let said = circle.verify("c");
    for part in says {
        assert!(said.text.contains(part), "{damage}: `{part}` is not named:\n{}", said.text);
    }
    said.expect(1, &["Not everything is as certified"]);
    // no other table is accused
    let accused = says[0];
    for line in said.text.lines().filter(|l| l.contains(&format!("{}_", circle.lab.prefix))) {
        assert!(line.contains(accused), "{damage}: another table is accused: {line}");
    }
}

/// The file behind a pointer.
fn object(circle: &Circle, store: &str, table: &str, column: &str, row: &str) -> PathBuf {
    let path = circle
        .text(&format!("SELECT JSON_UNQUOTE(JSON_EXTRACT(`{column}`, '$.path')) FROM {table} WHERE {row}"));
    let path = circle.lab.stores().join(store).join(path);
    assert!(path.is_file(), "no object {}", path.display());
    path
}

/// Damages objects; they are put back.
fn by_file(circle: &Circle, files: &[&PathBuf], damage: impl FnOnce(), says: &[&str], what: &str) {
    let kept: Vec<Vec<u8>> = files.iter().map(|f| std::fs::read(f).unwrap()).collect();
    damage();
    let named: Vec<String> = says.iter().map(|s| s.replace("LAB", &circle.lab.prefix)).collect();
    found(circle, &named.iter().map(String::as_str).collect::<Vec<_>>(), what);
    for (file, content) in files.iter().zip(kept) {
        std::fs::write(file, content).unwrap();
    }
    circle.verify("c").expect(0, &["Everything is as certified"]);
}

fn every_damage_is_found(server: &Server) {
    let circle = Circle::new(server, "corrupt", &LabOptions::with(&["old011"]));

    circle.upgrade("c");
    circle.sql(&["CREATE DATABASE `LAB_keep`"]);
    circle.verify("c").expect(0, &["Everything is as certified"]);

    // a flipped bit in a blob
    by_sql(
        &circle,
        "LAB_analysis.blob_zoo",
        &[
            "UPDATE `LAB_analysis`.blob_zoo SET value = CONCAT(LEFT(value, 20), CHAR(ASCII(SUBSTRING(value, 21, 1)) ^ 4), SUBSTRING(value, 22)) WHERE kind = 'list'",
        ],
        &["row kind=\"list\": column value differs"],
    );
    // two values swapped between rows
    by_sql(
        &circle,
        "LAB_subject.subject",
        &[
            "SELECT weight INTO @one FROM `LAB_subject`.subject WHERE subject_id = 1",
            "UPDATE `LAB_subject`.subject a JOIN `LAB_subject`.subject b ON (a.subject_id, b.subject_id) IN ((1, 2), (2, 1)) SET a.nickname = CONCAT('x', b.subject_id)",
        ],
        &["subject_id=1", "subject_id=2", "nickname"],
    );
    by_sql(
        &circle,
        "LAB_analysis.bulk",
        &[
            "UPDATE `LAB_analysis`.bulk SET a = CASE id WHEN 4 THEN 4294967291 ELSE 4294967292 END WHERE id IN (4, 5)",
        ],
        &["id=4: column a differs", "id=5: column a differs"],
    );
    // the same edit in two rows
    by_sql(
        &circle,
        "LAB_analysis.bulk",
        &["UPDATE `LAB_analysis`.bulk SET b = b + 1 WHERE id IN (10, 11)"],
        &["id=10: column b differs", "id=11: column b differs"],
    );
    by_sql(
        &circle,
        "LAB_analysis.blob_zoo",
        &["UPDATE `LAB_analysis`.blob_zoo SET medium = CONCAT(medium, 'x') WHERE kind IN ('int 0', 'float')"],
        &["kind=\"int 0\": column medium differs", "kind=\"float\": column medium differs"],
    );
    // a float rounded
    by_sql(
        &circle,
        "LAB_analysis.bulk",
        &["UPDATE `LAB_analysis`.bulk SET c = ROUND(c, 4) WHERE id = 7"],
        &["id=7: column c differs"],
    );
    by_sql(
        &circle,
        "LAB_analysis.bulk",
        &["UPDATE `LAB_analysis`.bulk SET d = ROUND(d, 14) WHERE id = 8"],
        &["id=8: column d differs"],
    );
    // a blob truncated
    by_sql(
        &circle,
        "LAB_acq._recording__unit",
        &[
            "UPDATE `LAB_acq`._recording__unit SET spikes = LEFT(spikes, LENGTH(spikes) - 1) WHERE subject_id = 1 AND session = 0 AND channel = 0 AND unit = -1",
        ],
        &["subject_id=1", "unit=-1: column spikes differs"],
    );
    // a row lost, a row twice
    by_sql(
        &circle,
        "LAB_acq._recording__unit",
        &[
            "DELETE FROM `LAB_acq`._recording__unit WHERE subject_id = 2 AND session = 1 AND channel = 0 AND unit = 0",
        ],
        &["subject_id=2", "session=1", "unit=0: lost"],
    );
    by_sql(
        &circle,
        "LAB_analysis.bulk",
        &[
            "INSERT INTO `LAB_analysis`.bulk (id, a, b, c, d, e, f, g, h, v) SELECT 100000, a, b, c, d, e, f, g, h, v FROM `LAB_analysis`.bulk WHERE id = 3",
        ],
        &["id=100000: new"],
    );
    by_sql(
        &circle,
        "LAB_analysis.bulk_external",
        &[
            "INSERT INTO `LAB_analysis`.bulk_external (id, data, flag) SELECT 77, data, flag FROM `LAB_analysis`.bulk_external WHERE id = 3",
        ],
        &["id=77: new"],
    );
    // pointers swapped between rows, and bent
    by_sql(
        &circle,
        "LAB_analysis.bulk_external",
        &[
            "UPDATE `LAB_analysis`.bulk_external a JOIN `LAB_keep`.kept b ON (a.id, b.id) IN ((2, 3), (3, 2)) SET a.data = b.data",
        ],
        &["id=2: column data differs", "id=3: column data differs"],
    );
    for (field, value) in
        [("path", "'_hash/elsewhere'"), ("hash", "'aaaaaaaaaaaaaaaaaaaaaaaaaa'"), ("size", "1")]
    {
        let damage = format!(
            "UPDATE `LAB_analysis`.bulk_external SET data = JSON_SET(data, '$.{field}', {value}) WHERE id = 5"
        );
        by_sql(&circle, "LAB_analysis.bulk_external", &[&damage], &["id=5", "data"]);
    }
    by_sql(
        &circle,
        "LAB_analysis.bulk_file",
        &[
            "UPDATE `LAB_analysis`.bulk_file SET path = JSON_SET(path, '$.path', 'bulk/1/path 1.txt') WHERE id = 0",
        ],
        &["id=0", "path"],
    );
    // a pointer that became NULL
    by_sql(
        &circle,
        "LAB_analysis.adapted",
        &["UPDATE `LAB_analysis`.adapted SET trace = NULL WHERE id = 2"],
        &["id=2: column trace differs"],
    );

    // objects
    let at = |id: u32| object(&circle, "raw", "`LAB_analysis`.bulk_external", "data", &format!("id = {id}"));
    let (one, two) = (at(1), at(2));
    let exchanged = || {
        let (a, b) = (std::fs::read(&one).unwrap(), std::fs::read(&two).unwrap());
        assert_eq!(a.len(), b.len(), "of equal size: the size alone tells nothing");
        std::fs::write(&one, b).unwrap();
        std::fs::write(&two, a).unwrap();
    };
    by_file(
        &circle,
        &[&one, &two],
        exchanged,
        &["LAB_analysis.bulk_external", "data, row id=1", "data, row id=2"],
        "two files exchanged",
    );
    by_file(
        &circle,
        &[&one],
        || {
            let content = std::fs::read(&one).unwrap();
            std::fs::write(&one, &content[..content.len() - 1]).unwrap();
        },
        &["LAB_analysis.bulk_external", "data, row id=1"],
        "a file truncated",
    );
    by_file(
        &circle,
        &[&two],
        || std::fs::remove_file(&two).unwrap(),
        &["LAB_analysis.bulk_external", "data, row id=2"],
        "a file deleted",
    );
    let flip = |file: &PathBuf, at: usize| {
        let mut content = std::fs::read(file).unwrap();
        let at = content.len() - at;
        content[at] ^= 1;
        std::fs::write(file, content).unwrap();
    };
    let attachment = object(&circle, "raw", "`LAB_analysis`.bulk_file", "attachment", "id = 3");
    by_file(
        &circle,
        &[&attachment],
        || flip(&attachment, 1),
        &["LAB_analysis.bulk_file", "attachment, row id=3"],
        "one byte of an attachment",
    );
    let file = object(&circle, "cold", "`LAB_analysis`.bulk_file", "path", "id = 2");
    by_file(
        &circle,
        &[&file],
        || flip(&file, 2),
        &["LAB_analysis.bulk_file", "path, row id=2"],
        "one byte of a file",
    );
    let report = object(&circle, "cold", "`LAB_analysis`.adapted", "report", "id = 0");
    by_file(
        &circle,
        &[&report],
        || flip(&report, 1),
        &["LAB_analysis.adapted", "report, row id=0"],
        "an adapted attachment",
    );
}

#[test]
fn every_damage_is_found_on_mysql() {
    every_damage_is_found(&Server::mysql());
}

#[test]
fn every_damage_is_found_on_mariadb() {
    every_damage_is_found(&Server::mariadb());
}
