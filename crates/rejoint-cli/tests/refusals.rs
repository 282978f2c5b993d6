//! What is refused, and what fails on the way: the message says what and what to do next, the exit code is right, and
//! nothing is changed or everything can be resumed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "steps shared by tests fail the test"
)]

mod circle;

use circle::{Circle, write_settings};
use mysql::prelude::Queryable as _;
use rejoint_testkit::{Cut, Generation, Lab, Proxy, Server};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

#[test]
fn tables_that_are_not_understood_are_named_and_keep_the_plan_from_being_made() {
    let circle = Circle::small(&Server::mysql(), "odd", &[]);
    circle.sql(&[
        "CREATE TABLE `LAB_lab`.parted (id int PRIMARY KEY) PARTITION BY HASH(id) PARTITIONS 2",
        "CREATE TABLE `LAB_lab`.keyless (a int)",
        "CREATE TABLE `LAB_lab`.isam (id int PRIMARY KEY) ENGINE=MyISAM",
        "CREATE TABLE `LAB_lab`.wordy (id int PRIMARY KEY, words text, FULLTEXT (words))",
        "CREATE TABLE `LAB_lab`.`un``fit` (id int PRIMARY KEY, x int COMMENT ':blob@raw:not a pointer')",
        "CREATE TABLE `LAB_analysis`.keyed (data binary(16) NOT NULL COMMENT ':blob@raw:', PRIMARY KEY (data), \
         FOREIGN KEY (data) REFERENCES `LAB_analysis`.`~external_raw` (hash))",
    ]);
    let before = circle.state();
    let said = circle.plan("p", &[]);
    said.expect(3, &["keep the plan from being made", "leave its schema out of the plan"]);
    for table in ["lab.parted", "lab.keyless", "lab.isam", "lab.wordy", "lab.un`fit", "analysis.keyed"] {
        said.expect(3, &[&format!("{}_{table}: ", circle.lab.prefix)]);
    }
    said.expect(3, &["no primary key", "MyISAM, not InnoDB", "`:blob@raw:`", "cannot be indexed"]);
    assert!(!circle.plan_file("p").exists(), "a refused plan is not written");
    circle.unchanged_since(&before);
    circle.sql(&["DROP TABLE `LAB_lab`.parted, `LAB_lab`.keyless, `LAB_lab`.isam, `LAB_lab`.wordy, `LAB_lab`.`un``fit`, `LAB_analysis`.keyed"]);
    circle.plan("p", &[]).ok();
}

#[test]
fn only_the_plan_that_was_reviewed_and_decided_is_applied() {
    let circle = Circle::small(&Server::mysql(), "decide", &["missing"]);
    let before = circle.state();
    circle.plan("open", &[]).expect(1, &["OPEN", "--decide"]);
    circle.apply("open", "expand", &[]).expect(3, &["decisions are open", "missing-objects:", "--decide"]);
    let decision = format!("missing-objects:{}_analysis.blob_zoo.stored", circle.lab.prefix);
    circle.plan("bad", &["--decide", "nonsense"]).expect(2, &["--decide nonsense", "ID=ANSWER"]);
    circle
        .plan("bad", &["--decide", &format!("{decision}=maybe")])
        .expect(3, &["`maybe`", "keep, null, stop"]);
    circle.plan("bad", &["--decide", "mising:x=keep"]).expect(3, &["mising:x", &decision]);
    circle
        .plan("bad", &["--decide", &format!("{decision}=stop")])
        .expect(3, &["are missing", "Put the objects back"]);
    assert!(!circle.plan_file("bad").exists());
    let answer = format!("{decision}=keep");
    circle.plan("p", &["--decide", &answer]).ok();
    circle.plan("p", &["--decide", &answer]).expect(2, &["exists", "--force"]);
    circle.run(&["plan", "upgrade", "-s", "no_such_schema", "-o", "x"]).expect(2, &["no_such_schema"]);
    circle.run(&["plan", "upgrade", "-o", "x"]).expect(2, &["no schema is chosen", "--prefix"]);

    // edited, another one than reviewed, none, no plan at all
    let text = std::fs::read_to_string(circle.plan_file("p")).unwrap();
    let edited = text.replacen("ALTER TABLE", "ALTER  TABLE", 1);
    assert_ne!(text, edited);
    std::fs::write(circle.plan_file("edited"), edited).unwrap();
    circle.apply("edited", "expand", &[]).expect(3, &["changed after it was made", "instead of editing"]);
    circle
        .apply("p", "expand", &["--hash", "00000000000"])
        .expect(3, &["has the hash", "not 00000000000", "Review"]);
    let plan: serde_json::Value = serde_json::from_str(&text).unwrap();
    let hash = plan["hash"].as_str().unwrap();
    circle.apply("p", "expand", &["--hash", &hash[..4]]).expect(3, &["has the hash"]);
    circle.apply("none", "expand", &[]).expect(2, &["none.plan.json"]);
    std::fs::write(circle.plan_file("text"), "{\"a\": 1}").unwrap();
    circle.apply("text", "expand", &[]).expect(2, &["is not a plan file"]);
    circle.apply("p", "sideways", &[]).expect(2, &["expand", "contract"]);

    circle.contract("p").expect(3, &["the expand stage is not complete", "--stage expand"]);
    circle.apply("p", "finish", &[]).expect(3, &["the contract stage is not complete"]);
    let other = Server::mariadb();
    let account = [
        format!("DROP USER IF EXISTS '{}'@'%'", circle.user),
        format!("CREATE USER '{}'@'%' IDENTIFIED BY '{}'", circle.user, circle.secret.replace('\'', "''")),
    ];
    other.execute(&account);
    write_settings(&circle.lab, &other.as_user(&circle.user, &circle.secret));
    circle.apply("p", "expand", &[]).expect(3, &["made for another server", "plan again"]);
    other.execute(&account[..1]);
    write_settings(&circle.lab, &circle.lab.server);
    circle.unchanged_since(&before);
    assert!(!circle.begun(), "refused before anything began");
    circle.apply("p", "expand", &["--hash", &hash[..12]]).ok();
}

#[test]
fn what_changed_since_planning_is_named_and_does_not_lock_the_lab_in() {
    let circle = Circle::small(&Server::mysql(), "drift", &[]);
    circle.plan("p", &[]).ok();
    let prefix = circle.lab.prefix.clone();
    let drift = |n: usize, says: &[String]| {
        let before = circle.state();
        let says: Vec<&str> = says.iter().map(String::as_str).collect();
        circle
            .apply("p", "expand", &[])
            .expect(3, &[&["changed since the plan was made", "Plan again"], &says[..]].concat());
        circle.unchanged_since(&before);
        assert!(!circle.begun(), "a run that was refused leaves no journal");
        // the way out that was named is open
        circle.plan(&format!("again{n}"), &[]).ok();
    };
    // 0.14's alter()
    circle.lab.python(
        Generation::V0,
        "schema = dj.Schema(f'{PREFIX}_subject')
@schema
class Pedigree2(dj.Manual):
    definition = '''
    id : int
    ---
    x = 1 : int
    '''
Pedigree2.definition = Pedigree2.definition + 'y = 2 : int\\n'
Pedigree2.alter(prompt=False)",
    );
    drift(1, &[format!("{prefix}_subject.pedigree2 is new")]);
    circle.sql(&["DROP TABLE `LAB_subject`.pedigree2"]);
    let untouched = circle.state();
    circle.sql(&["ALTER TABLE `LAB_analysis`.bulk_external ADD COLUMN more int"]);
    drift(2, &[format!("{prefix}_analysis.bulk_external has another definition")]);
    circle.sql(&["ALTER TABLE `LAB_analysis`.bulk_external DROP COLUMN more"]);
    circle.sql(&["RENAME TABLE `LAB_subject`.pedigree TO `LAB_subject`.away"]);
    drift(3, &[format!("{prefix}_subject.pedigree is gone"), format!("{prefix}_subject.away is new")]);
    circle.sql(&["RENAME TABLE `LAB_subject`.away TO `LAB_subject`.pedigree"]);
    circle.unchanged_since(&untouched);
    circle.apply("p", "expand", &[]).ok();

    // after expand: a new table stops the contraction, a changed one too; undo leads back
    circle.sql(&["CREATE TABLE `LAB_subject`.fresh (id int PRIMARY KEY)"]);
    let before = circle.state();
    circle.contract("p").expect(3, &["subject.fresh is new", "undo"]);
    circle.unchanged_since(&before);
    circle.sql(&["ALTER TABLE `LAB_analysis`.bulk_file ADD COLUMN more int"]);
    circle.contract("p").expect(3, &["bulk_file has another definition"]);
    circle.undo("p").expect(3, &["bulk_file has another definition", "Put it back"]);
    circle.sql(&["ALTER TABLE `LAB_analysis`.bulk_file DROP COLUMN more"]);
    circle.sql(&["ALTER TABLE `LAB_subject`.ear_tag ADD COLUMN more int"]);
    circle.sql(&["DROP TABLE `LAB_analysis`.bulk_external"]);
    // neither what is new, nor what is gone, nor a change of a table that the plan did not touch holds an undo up
    circle.undo("p").expect(0, &["ear_tag", "bulk_external"]);
    assert!(!circle.begun());
    circle.plan("last", &[]).ok();
    circle.apply("last", "expand", &[]).ok();
    circle.contract("last").ok();
}

#[test]
fn a_missing_privilege_is_named_and_the_run_goes_on_once_it_is_granted() {
    let circle = Circle::small(&Server::mysql(), "grants", &[]);
    let pattern = circle.lab.prefix.replace('_', "\\_");
    let user = &circle.user;
    let revoke = format!("REVOKE ALL PRIVILEGES, GRANT OPTION FROM '{user}'@'%'");
    let grant = |what: &str| format!("GRANT {what} ON `{pattern}\\_%`.* TO '{user}'@'%'");
    circle.sql(&[&revoke, &grant("SELECT, SHOW VIEW")]);
    let before = circle.state();
    // without it the server hides triggers, which a plan must know
    circle.plan("p", &[]).expect(3, &["TRIGGER", "Have it granted"]);
    circle.sql(&[&grant("TRIGGER")]);
    circle.plan("p", &[]).ok();
    circle.sql(&[&format!("REVOKE TRIGGER ON `{pattern}\\_%`.* FROM '{user}'@'%'")]);
    circle.apply("p", "expand", &[]).expect(3, &["denied", "CREATE", "run the same command again"]);
    circle.unchanged_since(&before);
    assert!(!circle.begun());
    let most = "SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX, REFERENCES, SHOW VIEW";
    circle.sql(&[&grant(most)]);
    circle.apply("p", "expand", &[]).expect(3, &["TRIGGER", "run the same command again"]);
    circle.sql(&[&grant("TRIGGER")]);
    circle.apply("p", "expand", &[]).ok();
    let before = circle.state();
    circle.on_plan("apply", "p", &["--stage", "contract"]).expect(3, &["PROCESS", "--trust-sessions"]);
    circle.unchanged_since(&before);
    circle.contract("p").ok();
    circle.verify("p").ok();
}

#[test]
fn one_run_at_a_time_and_nobody_is_swept_aside() {
    let circle = Circle::small(&Server::mysql(), "others", &[]);
    circle.plan("p", &[]).ok();
    let before = circle.state();
    let mut session = circle.root.connect();
    let home = format!("rejoint:{}_acq", circle.lab.prefix);
    let held: Option<u8> = session.exec_first("SELECT GET_LOCK(?, 0)", (&home,)).unwrap();
    assert_eq!(held, Some(1));
    let id = session.connection_id();
    let named = format!("session {id} holds the lock");
    circle.apply("p", "expand", &[]).expect(3, &[&named, "Wait for it to end"]);
    circle.undo("p").expect(3, &[&named]);
    circle.on_plan("status", "p", &[]).expect(0, &[&named]);
    session.exec_drop("DO RELEASE_LOCK(?)", (&home,)).unwrap();
    circle.unchanged_since(&before);

    // a lock on a table: waited for, named, given up; a second run meanwhile is refused
    let lock = "SELECT COUNT(*) FROM `LAB_acq`._recording".replace("LAB", &circle.lab.prefix);
    session.query_drop("BEGIN").unwrap();
    session.query_drop(&lock).unwrap();
    let file = circle.plan_file("p");
    let waiting = circle.command(&["apply", file.to_str().unwrap(), "--stage", "expand"]).spawn().unwrap();
    let owner = format!("SELECT COALESCE(CAST(IS_USED_LOCK('{home}') AS CHAR), 'nobody')");
    let until = Instant::now() + Duration::from_secs(20);
    while circle.text(&owner) == "nobody" {
        assert!(Instant::now() < until, "the first run never took the lock");
        std::thread::sleep(Duration::from_millis(50));
    }
    circle.apply("p", "expand", &[]).expect(3, &["holds the lock", "Wait for it to end"]);
    let said = circle.wait(waiting);
    said.expect(4, &["waiting for a lock", &format!("(session {id})"), "run the same command again"]);
    session.query_drop("ROLLBACK").unwrap();
    circle.apply("p", "expand", &[]).ok();

    // the fence
    let before = circle.state();
    let fence = |more: &[&str]| circle.apply("p", "contract", more);
    session.query_drop("BEGIN").unwrap();
    session
        .query_drop(
            "UPDATE `LAB_lab`.person SET full_name = 'x' WHERE person_id = 1"
                .replace("LAB", &circle.lab.prefix),
        )
        .unwrap();
    let shown = format!("session {id} of {}@", circle.root.user);
    fence(&[]).expect(3, &["the window cannot open", &shown, "open transaction", "--ignore-session"]);
    session.query_drop("ROLLBACK").unwrap();
    fence(&[]).expect(3, &["the window cannot open", &shown]);
    // an old client, idle
    let script = "import time\ntime.sleep(60)\n";
    let mut client = old_client(&circle.lab, script);
    let old: u64 = client.1.trim().parse().unwrap();
    fence(&["--ignore-session", &id.to_string()]).expect(3, &[&format!("session {old} of {}@", circle.user)]);
    // its reserved job counts even if somebody vouches for the sessions
    circle.sql(&[&format!(
        "INSERT INTO `LAB_analysis`.`~jobs` (table_name, key_hash, status, `key`, user, host, pid, connection_id) \
         VALUES ('__firing_rate', '{}', 'reserved', '', 'ada', 'rig', 77, {old})",
        "a".repeat(32)
    )]);
    fence(&["--trust-sessions"])
        .expect(3, &["a job of", "__firing_rate", "reserved by ada on rig", &format!("session {old}")]);
    client.0.kill().unwrap();
    client.0.wait().unwrap();
    circle.sql(&["DELETE FROM `LAB_analysis`.`~jobs` WHERE user = 'ada'"]);
    circle.unchanged_since(&before);
    let until = Instant::now() + Duration::from_secs(10);
    while circle
        .text(&format!("SELECT CAST(COUNT(*) AS CHAR) FROM information_schema.processlist WHERE id = {old}"))
        != "0"
    {
        assert!(Instant::now() < until, "the old client's session does not end");
        std::thread::sleep(Duration::from_millis(50));
    }
    fence(&["--trust-sessions"]).ok();
}

/// A 0.14 client that stays connected, and its session's number.
fn old_client(lab: &Lab, script: &str) -> (std::process::Child, String) {
    use std::io::{BufRead as _, BufReader};
    let code = format!(
        "import datajoint as dj\ndj.config.update({{'database.host': {:?}, 'database.port': {}, 'database.user': {:?}, 'database.password': {:?}}})\n\
         c = dj.conn()\nprint(c.query('SELECT CONNECTION_ID()').fetchone()[0], flush=True)\n{script}",
        lab.server.host, lab.server.port, lab.server.user, lab.server.password
    );
    let file = lab.file("client.py");
    std::fs::write(&file, code).unwrap();
    let mut client =
        Generation::V0.command(&lab.home()).arg(&file).stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut reader = BufReader::new(client.stdout.take().unwrap());
    let mut line = String::new();
    for _ in 0..20 {
        line.clear();
        reader.read_line(&mut line).unwrap();
        if line.trim().parse::<u64>().is_ok() {
            break;
        }
    }
    std::fs::remove_file(&file).unwrap();
    (client, line)
}

#[test]
fn a_lost_connection_is_taken_up_again_wherever_it_breaks() {
    let server = Server::mysql();
    let circle = Circle::small(&server, "lost", &[]);
    let digest = circle.lab.digest(Generation::V0);
    let proxy = Proxy::start(&circle.lab.server);
    write_settings(&circle.lab, &proxy.server());
    let broken = |cut: Cut, run: &dyn Fn() -> circle::Said| {
        let what = format!("{cut:?}");
        let n = proxy.n_cuts();
        proxy.cut(cut);
        let said = run();
        proxy.allow();
        assert_eq!(proxy.n_cuts(), n + 1, "never cut at {what}:\n{}", said.text);
        // the server may still be busy with what the lost session asked for; until it notices, the lock is held
        let until = Instant::now() + Duration::from_secs(30);
        while circle.text(&format!("SELECT CAST(IS_FREE_LOCK('rejoint:{}_acq') AS CHAR)", circle.lab.prefix))
            == "0"
        {
            assert!(Instant::now() < until, "the lock of a lost session is never released");
            std::thread::sleep(Duration::from_millis(50));
        }
        said.expect(4, &["lost", "run the same command again"]);
    };
    broken(Cut::before_query("SHOW CREATE TABLE"), &|| circle.plan("p", &[]));
    assert!(!circle.plan_file("p").exists());
    broken(Cut::after_server_bytes(60_000), &|| circle.plan("p", &[]));
    circle.plan("p", &[]).ok();
    proxy.refuse();
    circle.apply("p", "expand", &[]).expect(4, &["cannot connect", "network"]);
    proxy.allow();
    for cut in [
        Cut::before_query("CREATE TABLE IF NOT EXISTS"),
        Cut::after_query("CREATE TABLE IF NOT EXISTS"),
        Cut::before_query("INSERT INTO `"),
        Cut::after_query("ALTER TABLE").and_stay_down(),
        Cut::before_query("CREATE TRIGGER"),
        Cut::after_query("CREATE TRIGGER"),
        Cut::after_query("UPDATE `"),
        Cut::after_server_bytes(100_000),
    ] {
        broken(cut, &|| circle.apply("p", "expand", &[]));
    }
    circle.apply("p", "expand", &[]).ok();
    for cut in [
        Cut::after_query("DROP TRIGGER"),
        Cut::before_query("ALTER TABLE"),
        Cut::after_query("ALTER TABLE"),
        Cut::after_server_bytes(200_000),
    ] {
        broken(cut, &|| circle.contract("p"));
    }
    circle.contract("p").ok();
    digest.assert_equal(&circle.lab.digest(Generation::V2));
    broken(Cut::after_server_bytes(40_000), &|| circle.verify("p"));
    circle.verify("p").ok();
    for cut in
        [Cut::after_query("ALTER TABLE"), Cut::before_query("ALTER TABLE"), Cut::before_query("DROP TABLE")]
    {
        broken(cut, &|| circle.undo("p"));
    }
    circle.undo("p").ok();
    digest.assert_equal(&circle.lab.digest(Generation::V0));
    assert_eq!(proxy.n_tls(), 0);
}

#[test]
fn a_store_that_is_away_or_unknown_stops_a_run_before_anything_is_changed() {
    let circle = Circle::small(&Server::mysql(), "store", &[]);
    let before = circle.state();
    let (raw, away) = (circle.lab.stores().join("raw"), circle.lab.stores().join("away"));
    let moved = |run: &dyn Fn()| {
        std::fs::rename(&raw, &away).unwrap();
        run();
        std::fs::rename(&away, &raw).unwrap();
        assert!(!raw.join("raw").exists());
    };
    moved(&|| {
        circle.plan("p", &[]).expect(4, &["store `raw`", "--store NAME=FOLDER"]);
    });
    let settings = std::fs::read_to_string(circle.settings()).unwrap();
    let without: serde_json::Value = {
        let mut all: serde_json::Value = serde_json::from_str(&settings).unwrap();
        all["stores"].as_object_mut().unwrap().remove("raw").unwrap();
        all
    };
    std::fs::write(circle.settings(), without.to_string()).unwrap();
    circle.plan("p", &[]).expect(3, &["`raw`", "settings"]);
    std::fs::write(circle.settings(), &settings).unwrap();
    assert!(!circle.plan_file("p").exists());
    circle.plan("p", &[]).ok();
    std::fs::write(circle.settings(), without.to_string()).unwrap();
    circle
        .apply("p", "expand", &[])
        .expect(3, &["store `raw` is not in the settings", "settings that the plan was made with"]);
    std::fs::write(circle.settings(), &settings).unwrap();
    circle
        .apply("p", "expand", &["--store", "raw=/tmp"])
        .expect(3, &["settings of store `raw` changed", "plan again"]);
    moved(&|| {
        circle.apply("p", "expand", &[]).expect(4, &["store `raw`", "run the same command again"]);
        assert!(!circle.begun(), "refused before anything began");
    });
    circle.unchanged_since(&before);
    circle.apply("p", "expand", &[]).ok();
    let before = circle.state();
    moved(&|| {
        circle.contract("p").expect(4, &["store `raw`"]);
    });
    circle.unchanged_since(&before);
    circle.contract("p").ok();
    moved(&|| {
        // not a thousand lost objects, but one store that is not there
        circle.verify("p").expect(4, &["store `raw`"]);
    });
    circle.verify("p").ok();
    moved(&|| {
        circle.undo("p").expect(4, &["store `raw`"]);
    });
    circle.undo("p").ok();
}

/// A store on a small disk of its own; unmounted at the end.
struct SmallDisk<'a>(&'a Path);

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0).status();
    }
}

/// As root the store is put on a small tmpfs, which is then full: the writes fail with ENOSPC. Without root the program runs
/// under a limit of the size of files (`ulimit -f`, its signal ignored): the writes of objects fail with EFBIG.
#[test]
fn a_full_disk_of_a_store_stops_the_run_and_room_lets_it_go_on() {
    let circle = Circle::small(&Server::mysql(), "full", &[]);
    let digest = circle.lab.digest(Generation::V0);
    circle.plan("p", &[]).ok();
    let cold = circle.lab.stores().join("cold");
    let stored = circle.lab.stores().join("cold.was");
    std::fs::rename(&cold, &stored).unwrap();
    std::fs::create_dir(&cold).unwrap();
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=100m", "tmpfs"]).arg(&cold).output();
    let mounted = mounted.is_ok_and(|m| m.status.success());
    let guard = mounted.then(|| SmallDisk(&cold));
    let copied = Command::new("cp").arg("-a").arg(stored.join(".")).arg(&cold).status().unwrap();
    assert!(copied.success());
    if mounted {
        let resize = |size: &str| {
            let done = Command::new("mount")
                .args(["-o", &format!("remount,size={size}")])
                .arg(&cold)
                .status()
                .unwrap();
            assert!(done.success(), "remount with {size}");
        };
        let df = Command::new("df").args(["-k", "--output=used"]).arg(&cold).output().unwrap();
        let used: u64 = String::from_utf8(df.stdout).unwrap().lines().last().unwrap().trim().parse().unwrap();
        // room for one more page
        resize(&format!("{}k", used + 4));
        circle.apply("p", "expand", &[]).expect(
            4,
            &["has no room for", "No space left", "store", "cold-archive", "run the same command again"],
        );
        circle.apply("p", "expand", &[]).expect(4, &["has no room for"]);
        resize("100m");
    } else {
        let file = circle.plan_file("p");
        let command = circle.command(&["apply", file.to_str().unwrap(), "--stage", "expand"]);
        let mut limited = Command::new("sh");
        limited.args(["-c", "trap '' XFSZ; ulimit -f 1; exec \"$0\" \"$@\""]).arg(command.get_program());
        limited.args(command.get_args()).current_dir(circle.lab.home()).env("HOME", circle.lab.home());
        limited.stdin(std::process::Stdio::null());
        circle.finish(&mut limited).expect(4, &["too large", "run the same command again"]);
    }
    circle.apply("p", "expand", &[]).ok();
    circle.contract("p").ok();
    digest.assert_equal(&circle.lab.digest(Generation::V2));
    circle.undo("p").ok();
    digest.assert_equal(&circle.lab.digest(Generation::V0));
    drop(guard);
}

/// A server's disk cannot be filled without harm to other tests: a trigger on the journal answers as a full server does.
#[test]
fn a_full_disk_of_the_server_stops_the_run_and_room_lets_it_go_on() {
    let circle = Circle::small(&Server::mysql(), "fullsrv", &[]);
    circle.plan("p", &[]).ok();
    let file = circle.plan_file("p");
    let mut interrupted = circle.command(&["apply", file.to_str().unwrap(), "--stage", "expand"]);
    circle.finish(interrupted.env("REJOINT_CUT_AT", "12")).expect(4, &["lost"]);
    circle.sql(&[
        "CREATE TRIGGER `LAB_acq`.full BEFORE INSERT ON `LAB_acq`.`~rejoint_journal` FOR EACH ROW IF NEW.step = 'E0012' THEN \
         SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1114, MESSAGE_TEXT = 'The table is full'; END IF",
    ]);
    circle
        .apply("p", "expand", &[])
        .expect(4, &["The table is full", "writing the journal", "run the same command again"]);
    circle.sql(&["DROP TRIGGER `LAB_acq`.full"]);
    circle.apply("p", "expand", &[]).ok();
    circle.contract("p").ok();
    circle.verify("p").ok();
}

#[test]
fn stages_out_of_order_and_plans_of_others_are_refused() {
    let circle = Circle::small(&Server::mysql(), "order", &[]);
    circle.plan("p", &[]).ok();
    circle.plan("q", &["--markers", "all"]).ok();
    circle.undo("p").ok(); // nothing to take back
    assert!(!circle.begun());
    circle.apply("p", "expand", &[]).ok();
    let before = circle.state();
    for said in [circle.apply("q", "expand", &[]), circle.contract("q"), circle.undo("q")] {
        said.expect(3, &["belongs to another plan", "its own plan file"]);
    }
    circle.on_plan("status", "q", &[]).expect(0, &["belongs to another plan"]);
    circle.plan("r", &[]).expect(3, &["already holds tables of a rejoint plan", "Finish or undo that plan"]);
    circle.apply("p", "finish", &[]).expect(3, &["contract stage is not complete"]);
    circle.unchanged_since(&before);
    circle.contract("p").ok();
    let before = circle.state();
    circle.apply("p", "expand", &[]).expect(3, &["has begun to contract", "undo --to expand"]);
    circle.contract("p").ok();
    circle.verify("p").ok();
    circle.unchanged_since(&before);
    circle.apply("p", "finish", &[]).ok();
    let before = circle.state();
    circle.undo("p").expect(3, &["dropped by the finish stage", "backup"]);
    circle.unchanged_since(&before);
    circle.verify("p").ok();
}

#[test]
fn the_password_is_never_shown() {
    let circle = Circle::small(&Server::mysql(), "secret", &[]);
    // every run checks what is printed; here also what is written, and the command lines of all processes
    circle.run(&["config"]).expect(0, &["(set)"]);
    circle.run(&["config", "--json"]).expect(0, &["(set)"]);
    circle.plan("p", &["--json"]).ok();
    let file = circle.plan_file("p");
    for stage in ["expand", "contract"] {
        let mut run = circle
            .command(&["apply", file.to_str().unwrap(), "--stage", stage, "--trust-sessions"])
            .spawn()
            .unwrap();
        let mut looks = 0;
        while run.try_wait().unwrap().is_none() {
            for entry in std::fs::read_dir("/proc").unwrap().flatten() {
                let Ok(line) = std::fs::read(entry.path().join("cmdline")) else { continue };
                let found = line.windows(circle.secret.len()).any(|w| w == circle.secret.as_bytes());
                assert!(!found, "the password is in a command line");
            }
            looks += 1;
            std::thread::sleep(Duration::from_millis(20));
        }
        assert!(looks > 3, "the program was looked at while it ran");
        circle.wait(run).ok();
    }
    circle.verify("p").ok();
    circle.on_plan("status", "p", &["--json"]).ok();
    circle.secret_is_nowhere();
    // a wrong password: not printed either, nor taken for a missing privilege
    let wrong = circle.lab.server.as_user(&circle.user, "wr0ng-passw0rd");
    write_settings(&circle.lab, &wrong);
    let said = circle.plan("q", &[]);
    said.expect(3, &["cannot connect", &circle.user, "password"]);
    assert!(!said.text.contains("wr0ng-passw0rd") && !said.text.contains("privilege"), "{}", said.text);
    // from the environment, it is used and not shown
    let mut command = circle.command(&["plan", "upgrade", "--prefix", "none_such", "-o", "x"]);
    let said = circle.finish(command.env("DJ_PASS", &circle.secret));
    said.expect(2, &["no schema is chosen"]);
}
