//! Markdown and runbook of a small rehearsal; what every view does with the edges.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod sample;

use rejoint_report::Rehearsal;
use rejoint_report::html::page;
use rejoint_report::markdown::{LIMIT, pull_request};
use rejoint_report::rehearsal_file::{Place, RemainingDifference, Sample, Source, SourceKind, VerdictKind};
use rejoint_report::runbook::runbook;
use sample::{Course, rehearsal};

#[test]
fn a_small_rehearsal_as_markdown() {
    insta::assert_snapshot!(pull_request(&rehearsal(8, 1, Course::Differs, "")), @r#"
## ❌ Rehearsal: failed

Upgrade from DataJoint 0.x to 2.x of `lab-2026-11-19.sql.gz`, MySQL 8.0.44; 1 schema; rejoint 0.1.0, 2026-11-20T10:00:00Z.

- The migration did not run to its end.
- The certificate says that 1 of 8 tables differ.
- Undo gave back what was there before.
- A second migration after undo was not tried.
- The dump does not hold everything (2 columns are affected); the server does.
- 1 decision is still to be taken by a person.
- The scan found 2 damaged values; they were damaged before.
- 14 rows refer to objects that are missing already now.
- 2 places are left in the code for a person to decide.
- 4 things remain to be done by hand.
- The dump was taken with --single-transaction.

### What was tried

| trial | outcome | took | checks |
| --- | --- | --- | --- |
| Expand and contract | ❌ failed | 3 min 34 s | ✅ every step ran (all of expand and contract)<br>✅ old and new pointers agree<br>❌ the certificate says equal (1 table differs) |
| Undo, on a second copy | ✅ passed | 61 s | ✅ definitions are byte-identical (all tables, constraint and index names too)<br>✅ digests are equal |
| Once more after undo | not run | – | The first migration already differed. |

### Decisions

- [ ] What becomes of pointers whose object is missing? `missing-objects:lab_scan_2.fluorescence.trace`
  - 14 rows refer to objects that are not in the store
  - answers: `null`, `keep`, `stop`

<details><summary>1 decision taken</summary>

| question | id | answer |
| --- | --- | --- |
| What does the adapter &#60;graph&#62; store? | `adapter-base:lab_session_0.probe.geometry` | `keep` |

</details>

### What was found

1 schema, 8 tables, 3 607 396 rows.

<details><summary>4 findings</summary>

| weight | what | where | more |
| --- | --- | --- | --- |
| look at it | Objects missing | `lab_scan_2.__fluorescence.trace` | 14 rows refer to 14 missing objects in store raw, for example session=3, scan=1 |
| look at it | Damaged values | `lab_scan_2.__fluorescence.mask` | 2 cells: zlib-truncated, for example session=9 |
| note | Values that Python reads differently | `lab_scan_2.__fluorescence.meta` | 320 cells: a MATLAB cell becomes an array of objects |
| note | Not looked at | `open transactions` | PROCESS is not granted |

</details>

### Steps

| stage |  | steps | rehearsed | expected |
| --- | --- | --- | --- | --- |
| expand | online, everybody works on | 7 | 48 s | 2 min 24 s |
| contract | the window and the proof after it | 6 | 45 s | 2 min 14 s |
| finish | weeks later | 3 | < 0.1 s | 2.2 s |

Expected window, in which nobody may write: **1.0 s**.

<details><summary>16 steps</summary>

| step | what | rehearsed | expected |
| --- | --- | --- | --- |
| `E0001` | Add new columns to lab\_session\_0.&#35;rate6 | < 0.1 s | < 0.1 s (estimate) |
| `E0002` | Fill new columns of lab\_session\_0.&#35;rate6 | < 0.1 s | < 0.1 s (estimate) |
| `E0003` | Add new columns to lab\_session\_0.\_\_rate2 | < 0.1 s | < 0.1 s (estimate) |
| `E0004` | Fill new columns of lab\_session\_0.\_\_rate2 | 2.9 s | 8.6 s (estimate) |
| `E0005` | Add new columns to lab\_session\_0.\_probe7 | < 0.1 s | < 0.1 s (estimate) |
| `E0006` | Fill new columns of lab\_session\_0.\_probe7 | 0.7 s | 2.1 s (estimate) |
| `E0007` | Compare old pointers with new ones | 44 s | 2 min 13 s (estimate) |
| `C0001` | Nobody may be connected | < 0.1 s | < 0.1 s (estimate) |
| `C0002` | Take evidence of what changed meanwhile | 0.3 s | 0.9 s (estimate) |
| `C0003` | Swap lab\_session\_0.&#35;rate6 | < 0.1 s | < 0.1 s (estimate) |
| `C0004` | Swap lab\_session\_0.\_\_rate2 | < 0.1 s | < 0.1 s (estimate) |
| `C0005` | Swap lab\_session\_0.\_probe7 | < 0.1 s | < 0.1 s (estimate) |
| `C0006` | Write the certificate | 44 s | 2 min 13 s (estimate) |
| `F0001` | Drop the kept pointers of lab\_session\_0.&#35;rate6 | – | < 0.1 s (estimate) |
| `F0002` | Drop the kept pointers of lab\_session\_0.\_\_rate2 | – | 1.7 s (estimate) |
| `F0003` | Drop the kept pointers of lab\_session\_0.\_probe7 | – | 0.4 s (estimate) |

</details>

### Certificate

❌ Differs.

| table | rows before | rows after | digest before | digest after | verdict |
| --- | --- | --- | --- | --- | --- |
| `lab_session_0._lick5` | 257 288 | 257 288 | `983ceec32f39` | `4324f03d9b9c` | ❌ differs: `value` |
| `lab_session_0.cluster1` | 899 106 | 899 106 | `bc08e0febff1` | `e5b6e9c02067` | ⚠️ allowed: `value` |

<details><summary>6 tables are equal</summary>

| table | rows before | rows after | digest before | digest after | verdict |
| --- | --- | --- | --- | --- | --- |
| `lab_session_0.#rate6` | 2743 | 2743 | `1195511dfe49` | `1195511dfe49` | ✅ equal |
| `lab_session_0.__quality0` | 773 652 | 773 652 | `d854ac7ca7a4` | `d854ac7ca7a4` | ✅ equal |
| `lab_session_0.__quality0__part3` | 644 561 | 644 561 | `4049bf4d352f` | `4049bf4d352f` | ✅ equal |
| `lab_session_0.__rate2` | 515 470 | 515 470 | `78e95a7fc576` | `78e95a7fc576` | ✅ equal |
| `lab_session_0.__spike4` | 386 379 | 386 379 | `a2bd08c555e2` | `a2bd08c555e2` | ✅ equal |
| `lab_session_0._probe7` | 128 197 | 128 197 | `84a805cc4fa8` | `84a805cc4fa8` | ✅ equal |

</details>

### Remains by hand

- [ ] Write a codec named graph, as the adapter is named (Data steward, before the day)
  - lab\_scan\_2.\_\_fluorescence.graph holds: blob
- [ ] Release jobs whose connection is gone (Users, before the day)
  - lab\_scan\_2.\_\_fluorescence: reserved by ana on worker7, process 4321, since 2026-11-18 03:12:44
- [ ] Grant PROCESS to the account that runs rejoint (Database administrator, before the day)
  - Without it the fence cannot name other sessions.
- [ ] Install DataJoint 2.3.5 and pull the converted branch (Users, afterwards)
  - `pip install datajoint==2.3.5`

### Code

212 files read, 64 changed by 187 rewrites; 2 places are left for a person.

<details><summary>2 places</summary>

| where | rule | what | choices |
| --- | --- | --- | --- |
| `src/lab/adapters.py:41:5` | `RJ0402` | get() reads the table itself; a codec cannot | pass what it needs as metadata<br>compute it in make() |
| `notebooks/overview.ipynb:cell 12:3:18` | `RJ0210` | fetch(format='frame') of a join with renamed columns | to\_pandas() |

</details>

### Limits of the dump

Here the rehearsal proves less than the real run will; the migration on the server loses none of this.

<details><summary>2 columns</summary>

| column | what the dump does not hold |
| --- | --- |
| `lab_session_0.#rate6.dff` | FLOAT is written with six significant digits; most values differ from those on the server |
| `lab_session_0._probe7.dff` | FLOAT is written with six significant digits; most values differ from those on the server |

</details>

```sh
rejoint rehearse lab-2026-11-19.sql.gz --stores objects --code src
```

- plan: `lab.plan.json`
- certificate: `lab.rehearsal.certificate.json`
- code changes: `lab.code.diff`
- hash of the plan: `6f88be660dd56cec57c2ca553a94c1c7b07c40cf4649b578657a1a4a00205c30`

The pictures of the pipeline are in the page of the rehearsal.
"#);
}

#[test]
fn a_small_rehearsal_as_runbook() {
    insta::assert_snapshot!(runbook(&rehearsal(5, 1, Course::Findings, "")), @r#"
# Runbook: 1 schema from DataJoint 0.x to 2.x

Made by rejoint 0.1.0 from the rehearsal of 2026-11-20T10:00:00Z, which passed with findings:

- The migration ran to its end.
- Undo gave back what was there before.
- A second migration after undo gave the same certificate.
- The certificate says equal for 5 tables.
- The dump does not hold everything (1 column is affected); the server does.
- 1 decision is still to be taken by a person.
- The scan found 2 damaged values; they were damaged before.
- 14 rows refer to objects that are missing already now.
- 2 places are left in the code for a person to decide.
- 4 things remain to be done by hand.

The rehearsal was on a dump, and its plan (hash `8bc2bac0a7d4830d0346a75809fea6d2659a8e617aa4daeb4f152bdaff919faa`) belongs to the copy. Step 1 makes the plan on the server, `lab.server.plan.json`; write its hash in place of HASH below. The steps are the same if the schemas are.

Durations are the plan’s estimates, from rates that the project measured: the rehearsal ran without a server. Rehearse on a copy on the server (`rejoint rehearse PLAN --into PREFIX`) to know them.

## Who

| role | name, telephone | does |
| --- | --- | --- |
| Data steward | | decides, runs rejoint, says go and stop |
| Database administrator | | privileges, backup, watches the server, helps with locks |
| Users | | stop their clients, install 2.x, try their own work afterwards |

Only the data steward runs commands of rejoint. Only the data steward ends the window.

## At a glance

| # | when | who | what | expected | way back |
| --- | --- | --- | --- | --- | --- |
| 1 | days before | data steward | plan on the server, review | minutes | nothing happened |
| 2 | days before | data steward | expand: 5 steps, everybody works on | 2 min 22 s | undo (tried in the rehearsal; not timed on a server) |
| 3 | the day | users, administrator | stop every old client | – | start them again |
| 4 | the day | data steward | expand again: fresh evidence | up to 2 min 22 s | undo |
| 5 | the day | data steward | contract: the window, 5 steps, then the proof | 1.0 s window, 2 min 13 s proof | undo, to expand or to the start |
| 6 | the day | users | start 2.x clients, try their work | – | undo keeps what they wrote |
| 7 | weeks later | data steward | finish: 2 steps | 1.7 s | **none** |

## Before the day

**Data steward**

- [ ] Decide: What becomes of pointers whose object is missing? `missing-objects:lab_scan_2.fluorescence.trace` (`null`, `keep`, `stop`)
- [ ] Write a codec named graph, as the adapter is named
  - lab\_scan\_2.\_\_fluorescence.graph holds: blob
- [ ] A day and an hour are agreed with everybody who reads or writes these schemas, including cron jobs and dashboards.
- [ ] In the code 2 places are left and all are decided; the converted branch passes its tests.
- [ ] Make the plan on the server and review it with a second person:

  ```sh
  rejoint plan upgrade \
    -s lab_session_0 \
    --decide missing-objects:lab_scan_2.fluorescence.trace=ANSWER \
    --decide adapter-base:lab_session_0.probe.geometry=keep \
    -o lab.server.plan.json
  rejoint plan show lab.server.plan.json --sql
  ```

- [ ] Its hash is written down here: ____________; it stands in place of HASH, or of the rehearsed plan’s, in all commands below.

**Database administrator**

- [ ] A backup of the database and of the stores, and somebody has restored it once.
- [ ] The account that runs rejoint has the privileges that `rejoint scan` lists, `PROCESS` among them.
- [ ] Grant PROCESS to the account that runs rejoint
  - Without it the fence cannot name other sessions.
- [ ] Room for the new columns and for the new objects; no other maintenance on that day.

**Users**

- [ ] Release jobs whose connection is gone
  - lab\_scan\_2.\_\_fluorescence: reserved by ana on worker7, process 4321, since 2026-11-18 03:12:44
- [ ] Old clients are DataJoint 0.14.3 or newer: older ones do not hide columns that begin with an underscore.
- [ ] DataJoint 2.x is installed in an environment of its own, with the converted code and its codecs, but does not run yet.

## What nobody may do meanwhile

From the first expand (2) until finish (7) or undo:

- no `ALTER`, `CREATE`, `DROP` or `RENAME` of tables in these schemas, and no new `@schema` classes: rejoint refuses a database that changed since the plan was made
- no deleting of unused objects (`schema.external[...].delete()` of 0.x, garbage collection of 2.x), no moving or renaming in the stores
- no upgrade, restart or restore of the server
- no second run of rejoint on the same schemas; it would be refused
- no editing of the plan or of the files beside it (`.journal.jsonl`, `.before.json`); undo needs them

In addition in the window (5):

- no 0.x client is connected, not even to read
- nobody writes with any other client, not even administrators
- 2.x clients do not start before the data steward says so

## Steps

### 1. Plan on the server (data steward, days before)

See *Before the day*. Check: the plan has no open decision, and two people have read it. Way back: nothing happened.

### 2. Expand (data steward, days before)

```sh
rejoint apply lab.server.plan.json --stage expand --hash HASH
rejoint status lab.server.plan.json
```

Expected: **2 min 22 s**. Old clients read and write on. It can be interrupted at any time; the same command goes on.

| the longest of them | what | expected | |
| --- | --- | --- | --- |
| `E0005` | Compare old pointers with new ones | 2 min 13 s | estimate |
| `E0004` | Fill new columns of lab\_session\_0.\_\_spike4 | 8.6 s | estimate |
| `E0002` | Fill new columns of lab\_session\_0.\_\_quality0 | < 0.1 s | estimate |
| `E0001` | Add new columns to lab\_session\_0.\_\_quality0 | < 0.1 s | estimate |
| `E0003` | Add new columns to lab\_session\_0.\_\_spike4 | < 0.1 s | estimate |

Check: exit code 0, and `status` counts every step of expand as done; the last of them has compared old pointers with new ones. A user of 0.14 reads and writes a row as always.

Way back: `rejoint undo lab.server.plan.json` (tried in the rehearsal; not timed on a server).

### 3. Stop every old client (users; the administrator watches)

| user | from | client | open transaction | stopped |
| --- | --- | --- | --- | --- |
| `ana` | `10.0.0.7:51000` | `pymysql 1.1.2` | yes | [ ] |

Jobs that run, or that nobody released. They end or are stopped first:

| job of | reserved by | on | process | since |
| --- | --- | --- | --- | --- |
| `lab_scan_2.__fluorescence` | `ana` | `worker7` | 4321 | 2026-11-18 03:12:44 |

- [ ] workers and `populate` loops (users who started them)
- [ ] notebooks: kernels shut down, not only closed (everybody)
- [ ] dashboards, web services, cron jobs (administrator)
- [ ] acquisition that writes by itself (its users; it needs a buffer or a pause)

```sh
rejoint scan \
  -s lab_session_0
```

Check: the scan lists no session and no reserved job of these schemas. Way back: start the clients again; nothing happened to them.

### 4. Expand once more (data steward)

```sh
rejoint apply lab.server.plan.json --stage expand --hash HASH
```

Expected: at most 2 min 22 s, mostly reading. It takes fresh evidence, so that less has to be read in the window.

Check: exit code 0. Way back: `rejoint undo lab.server.plan.json`.

### 5. Contract: the window (data steward; nobody else touches the database)

```sh
rejoint apply lab.server.plan.json --stage contract --hash HASH
```

Expected: **1.0 s** of window until the last *Swap* step, then 2 min 13 s of reading for the certificate.

| the longest of them | what | expected | |
| --- | --- | --- | --- |
| `C0002` | Take evidence of what changed meanwhile | 0.9 s | estimate |
| `C0003` | Swap lab\_session\_0.\_\_quality0 | < 0.1 s | estimate |
| `C0004` | Swap lab\_session\_0.\_\_spike4 | < 0.1 s | estimate |
| `C0001` | Nobody may be connected | < 0.1 s | estimate |

If a client is still connected, rejoint names it and changes nothing: stop it and run the command again. A session that does no harm is let through with `--ignore-session NUMBER`.

If the command ends in the middle (power, network): run the same command again.

Check:

```sh
rejoint status lab.server.plan.json
rejoint verify lab.server.plan.certificate.json
```

Exit code 0, and the certificate says *equal* for everything that no decision names. **Go** is said by the data steward only, and only then.

Way back: `rejoint undo lab.server.plan.json --to expand` (0.14 works again, new pointers stay up to date) or `rejoint undo lab.server.plan.json` (as before everything).

### 6. Start 2.x (users)

**Users**

- [ ] Install DataJoint 2.3.5 and pull the converted branch
  - `pip install datajoint==2.3.5`

Every group reads one known row, writes one, and runs one `populate`. Check: values are those of a note taken before. Whoever sees anything wrong tells the data steward before writing more.

Way back: as in 5; rows that 2.x wrote are kept and get legacy pointers. Stop the 2.x clients first.

### 7. Finish (data steward, weeks later, when nobody wants to go back)

```sh
rejoint status lab.server.plan.json
rejoint apply lab.server.plan.json --stage finish --hash HASH
```

Check first: `status` counts contract as done, and nobody has reported a wrong value. (`rejoint verify` compares with the certificate: what was written since then differs from it.)

Expected: 1.7 s. Drops what was kept for undo. **There is no way back after this but the backup.**

## Going back

| when | command | leads to |
| --- | --- | --- |
| before 2 | – | nothing happened |
| in the middle of 2 or 4 | `rejoint undo lab.server.plan.json` | the start; or run `apply` again and go on |
| after 2 or 4 | `rejoint undo lab.server.plan.json` | the start |
| in the middle of 5 | `rejoint apply lab.server.plan.json --stage contract` again, or `rejoint undo lab.server.plan.json --to expand` | the end of 5, or the state after 4 |
| after 5 | `rejoint undo lab.server.plan.json --to expand` | 0.14 works, new pointers stay up to date |
| after 5 | `rejoint undo lab.server.plan.json` | the start: definitions byte for byte, values by digest |
| after 6, 2.x wrote | the same two commands, 2.x clients stopped | the same; rows written since are kept |
| after 7 | the backup | what was written since is lost |

Undo: tried in the rehearsal; not timed on a server. It can be interrupted and run again like apply.

## When something goes wrong

| what you see | who | what to do |
| --- | --- | --- |
| the command ended in the middle (power, network) | data steward | run the same command again |
| `the window cannot open: session …` | its user | stop that client, or `--ignore-session NUMBER` if it does no harm |
| `waiting for a lock that … may hold` | administrator | let it finish; rejoint tries again and then gives up without harm |
| `the database changed since the plan was made` | data steward | somebody altered a table: undo, plan again |
| `old and new pointers do not agree` | data steward | nothing was swapped; apply expand again, then report it |
| `the evidence after the swap differs` | data steward | the certificate names tables and columns; if no client wrote meanwhile, undo |
| the window takes longer than three times the expected | data steward, administrator | look at `rejoint status` and at the server’s sessions; going on and undo are both safe |
"#);
}

#[test]
fn a_rehearsal_on_a_server_has_measured_durations_and_the_hash_of_its_plan() {
    let mut made = rehearsal(5, 1, Course::Clean, "");
    made.source = Source::server("root:secret@db.lab:3306", "MySQL", "8.0.44", vec!["lab_session_0".into()]);
    made.place = Place::ScratchCopy { server: "db.lab:3306".into(), prefix: "scratch_".into() };
    assert_eq!(made.source.kind, SourceKind::Server);
    let hash: String = made.plan.as_ref().expect("a plan").hash.chars().take(12).collect();
    let book = runbook(&made);
    assert!(book.contains(&format!("rejoint apply lab.plan.json --stage contract --hash {hash}")), "{book}");
    assert!(book.contains("| measured |") && !book.contains("| estimate |") && !book.contains("secret"));
    assert!(!page(&made).contains("secret") && !made.to_json().expect("text").contains("secret"));
}

#[test]
fn a_failed_rehearsal_gives_a_runbook_that_says_stop() {
    assert!(runbook(&rehearsal(5, 1, Course::Differs, "")).contains("**STOP. The rehearsal failed."));
}

#[test]
fn the_verdict_follows_from_what_was_found() {
    let kind = |course| rehearsal(12, 2, course, "").verdict.kind;
    assert_eq!(kind(Course::Clean), VerdictKind::Passed);
    assert_eq!(kind(Course::Findings), VerdictKind::PassedWithFindings);
    assert_eq!(kind(Course::Differs), VerdictKind::Failed);

    let spoiled = |spoil: &dyn Fn(&mut Rehearsal)| {
        let mut made = rehearsal(12, 2, Course::Clean, "");
        spoil(&mut made);
        made.conclude().kind
    };
    assert_eq!(spoiled(&|made| made.certificate = None), VerdictKind::Failed);
    assert_eq!(spoiled(&|made| made.scan = None), VerdictKind::Failed);
    assert_eq!(spoiled(&|made| made.trials.clear()), VerdictKind::Failed);
    assert_eq!(spoiled(&|made| made.source.complete = Some(false)), VerdictKind::Failed);
    assert_eq!(
        spoiled(&|made| made.remaining.push(RemainingDifference {
            place: "lab.session".into(),
            what: "comment".into(),
            observed: "a".into(),
            desired: "b".into(),
        })),
        VerdictKind::Failed
    );
    assert_eq!(spoiled(&|made| made.source.complete = None), VerdictKind::PassedWithFindings);
    assert_eq!(spoiled(&|made| made.trials.truncate(1)), VerdictKind::PassedWithFindings);
    let sample = Sample { rows: 1, rows_total: 2, how: "the first of each table".into() };
    assert_eq!(spoiled(&|made| made.sample = Some(sample.clone())), VerdictKind::PassedWithFindings);
    assert_eq!(spoiled(&|made| made.stores[0].at_hand = false), VerdictKind::PassedWithFindings);
}

#[test]
fn a_picture_that_is_not_ours_is_left_out() {
    let mut made = rehearsal(4, 1, Course::Clean, "");
    made.diagrams.before = Some("<svg x=\"1\" onload=\"alert(1)\"></svg>".into());
    let page = page(&made);
    assert!(!page.contains("alert(1)") && page.contains("is not one that rejoint drew"));
}

#[test]
fn a_rehearsal_that_reached_nothing_has_every_view() {
    let source = Source::dump(vec!["lab.sql".into()], None);
    let mut bare = Rehearsal::new("0.1.0", "now", source, Place::Embedded { engine: "SQLite".into() });
    bare.conclude();
    assert!(page(&bare).contains("The rehearsal ended before the scan."));
    assert!(pull_request(&bare).contains("nothing is proven"));
    assert!(runbook(&bare).contains("There is no plan"));
}

#[test]
fn a_pull_request_takes_any_rehearsal() {
    for (tables, hostile) in
        [(400, ""), (3_000, ""), (200, "x".repeat(50).as_str()), (60, "`|*<_".repeat(70).as_str())]
    {
        let text = pull_request(&rehearsal(tables, 1 + tables / 10, Course::Differs, hostile));
        assert!(text.len() < LIMIT, "{tables} tables: {} bytes", text.len());
        assert!(text.contains("eft out"), "{tables} tables");
    }
}
