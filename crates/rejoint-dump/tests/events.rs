//! What the reader makes of dumps as the tools write them, whole, cut and packed.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test")]

use std::io::{Read, Write};

use rejoint_dump::{Compression, DumpReader, Error, Event, Value, compression_of, decompress};

/// As mysqldump 9.7 writes it: `--databases lab --routines --events`, shortened.
const MYSQL: &str = r#"-- MySQL dump 10.13  Distrib 9.7.4, for Linux (x86_64)
--
-- Host: 127.0.0.1    Database: lab
-- ------------------------------------------------------
-- Server version	9.7.4-2

/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!50503 SET NAMES utf8mb4 */;
/*!40103 SET @OLD_TIME_ZONE=@@TIME_ZONE */;
/*!40103 SET TIME_ZONE='+00:00' */;
/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;
SET @MYSQLDUMP_TEMP_LOG_BIN = @@SESSION.SQL_LOG_BIN;
SET @@SESSION.SQL_LOG_BIN= 0;
SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ 'd1b1:1-5';
CREATE DATABASE /*!32312 IF NOT EXISTS*/ `lab` /*!40100 DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */ /*!80016 DEFAULT ENCRYPTION='N' */;

USE `lab`;
DROP TABLE IF EXISTS `#animal`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!50503 SET character_set_client = utf8mb4 */;
CREATE TABLE `#animal` (
  `id` int NOT NULL COMMENT ':uuid:; it''s',
  `data` longblob,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
/*!40101 SET character_set_client = @saved_cs_client */;
LOCK TABLES `#animal` WRITE;
/*!40000 ALTER TABLE `#animal` DISABLE KEYS */;
INSERT INTO `#animal` VALUES (1,_binary 'dj0\0\''),(2,NULL);
INSERT INTO `#animal` VALUES (3,0x646A3000);
/*!40000 ALTER TABLE `#animal` ENABLE KEYS */;
UNLOCK TABLES;
/*!50003 SET @saved_sql_mode       = @@sql_mode */ ;
/*!50003 SET sql_mode              = 'ANSI_QUOTES' */ ;
DELIMITER ;;
/*!50003 CREATE*/ /*!50017 DEFINER=`root`@`localhost`*/ /*!50003 TRIGGER `keep` BEFORE INSERT ON `#animal` FOR EACH ROW BEGIN SET NEW.id = 1; /* ;; */ END */;;
DELIMITER ;
/*!50003 SET sql_mode              = @saved_sql_mode */ ;
SET @saved_cs_client     = @@character_set_client;
/*!50001 CREATE VIEW `v` AS SELECT 
 1 AS `id`*/;
SET character_set_client = @saved_cs_client;
DELIMITER ;;
CREATE DEFINER=`root`@`localhost` FUNCTION `one`() RETURNS int
    DETERMINISTIC
RETURN 1 ;;
DELIMITER ;
/*!50001 DROP VIEW IF EXISTS `v`*/;
/*!50001 CREATE ALGORITHM=UNDEFINED */
/*!50013 DEFINER=`root`@`localhost` SQL SECURITY DEFINER */
/*!50001 VIEW `v` AS select `#animal`.`id` AS `id` from `#animal` */;
ALTER TABLE `#animal` ADD COLUMN x int;
/*!40103 SET TIME_ZONE=@OLD_TIME_ZONE */;

-- Dump completed on 2026-11-20  6:48:45
"#;

/// As mariadb-dump 11.8 writes it: one schema, not `--databases`.
const MARIADB: &str = "/*M!999999\\- enable the sandbox mode */ 
-- MariaDB dump 10.20-11.8.9-MariaDB, for debian-linux-gnu (x86_64)
--
-- Host: 127.0.0.1    Database: lab
-- ------------------------------------------------------
-- Server version	11.8.9-MariaDB-4 from Debian

/*!40101 SET NAMES utf8mb4 */;
/*M!100616 SET @OLD_NOTE_VERBOSITY=@@NOTE_VERBOSITY, NOTE_VERBOSITY=0 */;
CREATE TABLE `t` (
  `id` int(11) NOT NULL,
  `v` varchar(10) DEFAULT NULL
) ENGINE=InnoDB DEFAULT CHARSET=latin1 COLLATE=latin1_swedish_ci;
SET @OLD_AUTOCOMMIT=@@AUTOCOMMIT, @@AUTOCOMMIT=0;
LOCK TABLES `t` WRITE;
INSERT INTO `t` VALUES
(1,'é'),
(2,';');
UNLOCK TABLES;
COMMIT;
SET AUTOCOMMIT=@OLD_AUTOCOMMIT;
/*M!100616 SET NOTE_VERBOSITY=@OLD_NOTE_VERBOSITY */;

-- Dump completed on 2026-11-20  6:48:46
";

fn shown(input: impl Read) -> Result<String, Error> {
    let mut reader = DumpReader::new(input);
    let mut out = String::new();
    while let Some(event) = reader.next_event()? {
        let line = match event {
            Event::Header(h) => {
                format!("header {} {} / {} {:?}", h.product, h.tool_version, h.server_version, h.database)
            }
            Event::Database(d) => {
                format!("database {} {:?} {:?} {:?}", d.name, d.origin, d.charset, d.collation)
            }
            Event::Table(t) => {
                let columns: Vec<_> =
                    t.columns.iter().map(|c| format!("{} {}", c.name, c.data_type)).collect();
                format!("table {} at {}: {}", t.name, t.position, columns.join(", "))
            }
            Event::Rows(rows) => {
                let all: Vec<_> = rows
                    .iter()
                    .map(|row| {
                        let values: Vec<_> = row
                            .iter()
                            .map(|value| match value {
                                Value::Text(..) => format!("text {}", value.display()),
                                Value::Bytes(_) => format!("bytes {}", value.display()),
                                Value::Number(_) => format!("number {}", value.display()),
                                Value::Null => "null".to_owned(),
                            })
                            .collect();
                        format!("({})", values.join(", "))
                    })
                    .collect();
                format!("rows of {}: {}", rows.table(), all.join(" "))
            }
            Event::ViewPlaceholder(v) => format!("placeholder {} {:?}", v.name, v.columns),
            Event::View(v) => format!("view {} by {:?}: {}", v.name, v.definer, v.select),
            Event::Trigger(t) => format!(
                "trigger {} {} {} on {} by {:?} under {:?}: {}",
                t.name, t.timing, t.event, t.table, t.definer, t.circumstances.sql_mode, t.statement
            ),
            Event::Routine(r) => format!("{:?} {}: {}", r.kind, r.name, r.create.replace('\n', " ")),
            Event::Other(o) => format!("other at {}: {}", o.position, String::from_utf8_lossy(&o.statement)),
            Event::End(e) => format!(
                "end complete {} tables {} rows {} last {:?} left {:?}",
                e.complete,
                e.tables,
                e.rows,
                e.last_complete.map(|n| n.to_string()),
                e.views_left
            ),
            other => format!("{other:?}"),
        };
        out.push_str(&line);
        out.push('\n');
    }
    Ok(out)
}

#[test]
fn a_dump_that_ends_within_its_first_words_is_cut_off() {
    for cut in ["-- MySQL dump", "-- MySQL dump ", "-- MariaDB dump", "-- MariaDB dump 10.19"] {
        let mut reader = DumpReader::new(cut.as_bytes());
        let error = loop {
            match reader.next_event() {
                Ok(Some(Event::End(end))) => panic!("{cut:?} was taken for a dump: {end:?}"),
                Ok(_) => {}
                Err(error) => break error,
            }
        };
        assert!(matches!(error, Error::Truncated { .. }), "{cut:?}: {error}");
    }
}

#[test]
fn events_of_mysqldump() {
    insta::assert_snapshot!(shown(MYSQL.as_bytes()).unwrap(), @r#"
    header MySQL 9.7.4 / 9.7.4-2 Some("lab")
    database lab Create Some("utf8mb4") Some("utf8mb4_bin")
    table `lab`.`#animal` at 867: id int, data longblob
    rows of `lab`.`#animal`: (number 1, bytes 0x646a300027) (number 2, null)
    rows of `lab`.`#animal`: (number 3, bytes 0x646a3000)
    trigger `lab`.`keep` BEFORE INSERT on `lab`.`#animal` by Some("`root`@`localhost`") under Some("ANSI_QUOTES"): BEGIN SET NEW.id = 1; /* ;; */ END
    placeholder `lab`.`v` ["id"]
    Function `lab`.`one`: CREATE DEFINER=`root`@`localhost` FUNCTION `one`() RETURNS int     DETERMINISTIC RETURN 1
    view `lab`.`v` by Some("`root`@`localhost`"): select `#animal`.`id` AS `id` from `#animal`
    other at 2161: ALTER TABLE `#animal` ADD COLUMN x int
    end complete true tables 1 rows 3 last Some("`lab`.`#animal`") left []
    "#);
}

#[test]
fn events_of_mariadb_dump() {
    insta::assert_snapshot!(shown(MARIADB.as_bytes()).unwrap(), @r#"
    header MariaDB 10.20-11.8.9-MariaDB / 11.8.9-MariaDB-4 from Debian Some("lab")
    database lab Comment None None
    table `lab`.`t` at 359: id int, v varchar
    rows of `lab`.`t`: (number 1, text "é") (number 2, text ";")
    end complete true tables 1 rows 2 last Some("`lab`.`t`") left []
    "#);
}

#[test]
fn two_dumps_in_one_file_are_read_after_each_other() {
    let both = format!("{MARIADB}{}", MARIADB.replace("Database: lab", "Database: second"));
    let text = shown(both.as_bytes()).unwrap();
    assert!(text.contains("rows of `second`.`t`"), "{text}");
    let cut = both.len() - 30;
    let error = shown(&both.as_bytes()[..cut]).unwrap_err();
    insta::assert_snapshot!(error, @r#"the dump is cut off: it ends at byte 1505, before the line "-- Dump completed"; last complete table: `second`.`t`; take or copy the dump again"#);
}

#[test]
fn a_dump_without_comments_is_never_called_complete() {
    let text = shown(&b"CREATE TABLE `t` (`id` int);\nINSERT INTO `t` VALUES (1);\n"[..]).unwrap();
    insta::assert_snapshot!(text, @r#"
    table `t` at 0: id int
    rows of `t`: (number 1)
    end complete false tables 1 rows 1 last Some("`t`") left []
    "#);
}

#[test]
fn damage_names_its_place_and_the_last_whole_table() {
    let error = |dump: &str| shown(dump.as_bytes()).unwrap_err().to_string();
    let cut = MYSQL.split_once("(3,0x646A").unwrap().0;
    let mut all = vec![error(cut)];
    let two = MARIADB.replace("UNLOCK TABLES;", "UNLOCK TABLES;\nINSERT INTO `u` VALUES (1),(2,3);");
    all.push(error(&two));
    all.push(error(&MARIADB.replace("(2,';')", "(2;')")));
    all.push(error(&MARIADB.replace("(2,';')", "(2,';',3)")));
    all.push(error(&MARIADB.replace("utf8mb4", "gbk")));
    all.push(error(&MARIADB.replace("(2,';');", "(2,';') ON DUPLICATE KEY UPDATE id=1;")));
    all.push(error(&MARIADB.replace("\n-- Dump completed", "\n-- ")));
    all.push(error(""));
    all.push(error(&MYSQL.replace("USE `lab`", "INSERT INTO x SELECT 1 FROM y")));
    insta::assert_snapshot!(all.join("\n"), @r#"
    the dump is cut off: it ends at byte 1262, inside the rows of `lab`.`#animal`; last complete table: none; take or copy the dump again
    the dump is damaged at byte 657: a row has 2 values instead of 1, near "(2,3);\nCOMMIT;\nSET AUTOCOMMIT=@OLD_AUTOC…"; last complete table: `lab`.`t`; take or copy the dump again
    the dump is damaged at byte 608: a value is not followed by , or ), near ";\');\nUNLOCK TABLES;\nCOMMIT;\nSET AUTOCOMM…"; last complete table: none; take or copy the dump again
    the dump is damaged at byte 606: a row has 3 values instead of 2, near "(2,\';\',3);\nUNLOCK TABLES;\nCOMMIT;\nSET AU…"; last complete table: none; take or copy the dump again
    not understood at byte 355: text in the character set "gbk"; take the dump with --default-character-set=utf8mb4
    the dump is damaged at byte 614: a row is not followed by , or the end of the statement, near "ON DUPLICATE KEY UPDATE id=1;\nUNLOCK TAB…"; last complete table: none; take or copy the dump again
    the dump is cut off: it ends at byte 752, before the line "-- Dump completed"; last complete table: `lab`.`t`; take or copy the dump again
    the dump is cut off: it ends at byte 0, before its first statement: it is empty; last complete table: none; take or copy the dump again
    the dump is damaged at byte 727: an INSERT of an unknown form, near "SELECT 1 FROM y;\nDROP TABLE IF EXISTS `#…"; last complete table: none; take or copy the dump again
    "#);
}

#[test]
fn a_warning_of_the_tool_within_the_dump_is_told() {
    // `mysqldump … > dump.sql 2>&1`
    let dump = format!("mysqldump: [Warning] Using a password can be insecure.\n{MYSQL}");
    let text = shown(dump.as_bytes()).unwrap();
    assert!(text.starts_with("other at 0: mysqldump: [Warning]"), "{text}");
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstandard(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

/// As `decompress` and the reader see it.
fn unpacked(file: &[u8]) -> Result<String, Error> {
    let (_, input) = decompress(file).unwrap();
    shown(input)
}

#[test]
fn packed_dumps_are_read_by_their_first_bytes() {
    let plain = shown(MYSQL.as_bytes()).unwrap();
    let half = MYSQL.len() / 2;
    let (first, second) = (&MYSQL.as_bytes()[..half], &MYSQL.as_bytes()[half..]);
    assert_eq!(compression_of(&gzip(first)), Compression::Gzip);
    assert_eq!(compression_of(&zstandard(first)), Compression::Zstandard);
    assert_eq!(unpacked(MYSQL.as_bytes()).unwrap(), plain);
    assert_eq!(unpacked(&gzip(MYSQL.as_bytes())).unwrap(), plain);
    assert_eq!(unpacked(&zstandard(MYSQL.as_bytes())).unwrap(), plain);
    // several members, several frames, a skippable frame first
    assert_eq!(unpacked(&[gzip(first), gzip(second)].concat()).unwrap(), plain);
    let skippable =
        [&[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3][..], &zstandard(first), &zstandard(second)].concat();
    assert_eq!(unpacked(&skippable).unwrap(), plain);
}

#[test]
fn a_packed_dump_that_is_cut_or_changed_is_an_error() {
    for file in [gzip(MYSQL.as_bytes()), zstandard(MYSQL.as_bytes())] {
        for length in 4..file.len() {
            let error = unpacked(&file[..length]).expect_err("it is cut");
            assert!(matches!(error, Error::Truncated { .. }), "{length} of {}: {error}", file.len());
        }
        for at in (10..file.len()).step_by(7) {
            let mut changed = file.clone();
            changed[at] ^= 0x10;
            assert!(unpacked(&changed).is_err(), "byte {at} of {}", file.len());
        }
    }
}
