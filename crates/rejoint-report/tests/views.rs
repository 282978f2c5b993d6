//! Markdown and runbook of a small rehearsal, and what hostile names may not do in any view.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod sample;

use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag};
use rejoint_report::Rehearsal;
use rejoint_report::html::page;
use rejoint_report::markdown::{LIMIT, pull_request};
use rejoint_report::rehearsal_file::{Place, Source, SourceKind};
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
- 3 things remain to be done by hand.
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

- [ ] Write codecs for the adapters graph and geometry (Data steward, before the day)
  - A codec must have the adapter’s name. The scan lists what each adapter stores.
  - `rejoint code src --suggested`
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
- 3 things remain to be done by hand.

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
- [ ] Write codecs for the adapters graph and geometry
  - A codec must have the adapter’s name. The scan lists what each adapter stores.
  - `rejoint code src --suggested`
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

The rehearsal could not see who uses the server. `rejoint scan` on the server lists every session and every reserved job; write them here on the day before.

| user | from | client | asked to stop by | stopped |
| --- | --- | --- | --- | --- |
| | | | | [ ] |

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
rejoint verify lab.server.plan.certificate.json
rejoint apply lab.server.plan.json --stage finish --hash HASH
```

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

/// What must not come out of data: markup other than our own, links, pictures, tables of another width.
fn check_markdown(text: &str) {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_MATH;
    let mut width = 0;
    let mut cells = 0;
    for event in Parser::new_ext(text, options) {
        match event {
            Event::Html(html) | Event::InlineHtml(html) => {
                let html = html.trim();
                let ours = ["<br>", "<code>", "</code>", "</details>"].contains(&html)
                    || (html.starts_with("<details><summary>") && html.matches('<').count() == 3);
                assert!(ours, "markup from data: {html}");
            }
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                panic!("a link to {dest_url}")
            }
            Event::Start(Tag::Table(columns)) => width = columns.len(),
            Event::Start(Tag::TableHead | Tag::TableRow) => cells = 0,
            Event::Start(Tag::TableCell) => cells += 1,
            Event::End(pulldown_cmark::TagEnd::TableHead | pulldown_cmark::TagEnd::TableRow) => {
                assert_eq!(cells, width)
            }
            Event::InlineMath(math) | Event::DisplayMath(math) => panic!("mathematics from data: {math}"),
            Event::Start(Tag::Strikethrough) => panic!("struck out by data"),
            _ => {}
        }
    }
    // a cell too many is dropped by the parser: the source itself is counted, without escaped bars
    for line in text.lines().filter(|line| line.starts_with("| ")) {
        assert!(line.ends_with('|') && !line.contains("\\|"), "{line}");
    }
    let mut open: Option<usize> = None;
    for line in text.lines() {
        if line.starts_with('|') {
            let bars = line.matches('|').count();
            assert_eq!(*open.get_or_insert(bars), bars, "{line}");
        } else {
            open = None;
        }
    }
}

/// Head, style, body, and script with the end of the page.
fn parts(page: &str) -> (&str, &str, &str, &str) {
    let (head, rest) = page.split_once("<style>").expect("a style");
    let (style, rest) = rest.split_once("</style>").expect("its end");
    let (body, script) = rest.split_once("<script>").expect("a script");
    (head, style, body, script)
}

/// A small tokenizer: outside of style and script, every tag must be one that our source holds, with quoted attributes only.
fn check_html(text: &str, harmless: &str) {
    let (head, style, body, script) = parts(text);
    let (_, style_before, _, script_before) = parts(harmless);
    assert!(style == style_before && script == script_before, "data in style or script");
    for part in [head, body] {
        let mut rest = part;
        while let Some((_, after)) = rest.split_once('<') {
            let mut quoted = false;
            let end = after
                .find(|c| {
                    quoted ^= c == '"';
                    c == '>' && !quoted
                })
                .expect("the end of a tag");
            let tag = after.get(..end).expect("a tag");
            let outside: String = tag.split('"').step_by(2).collect();
            let name: String = outside
                .trim_start_matches(['/', '!'])
                .chars()
                .take_while(char::is_ascii_alphanumeric)
                .collect();
            const ELEMENTS: [&str; 54] = [
                "DOCTYPE", "html", "head", "meta", "link", "title", "body", "a", "nav", "p", "ul", "ol",
                "li", "span", "button", "div", "header", "main", "section", "h1", "h2", "h3", "h4", "dl",
                "dt", "dd", "article", "small", "strong", "b", "code", "pre", "kbd", "table", "caption",
                "thead", "tbody", "tr", "th", "td", "details", "summary", "label", "input", "svg", "g",
                "rect", "path", "circle", "text", "tspan", "i", "em", "br",
            ];
            assert!(ELEMENTS.contains(&name.as_str()), "an element from data: <{tag}>");
            let handler = outside.split_whitespace().any(|word| word.to_lowercase().starts_with("on"));
            assert!(!handler && !outside.contains(['\'', '`', '<']), "an attribute from data: <{tag}>");
            rest = after.get(end..).expect("the rest");
        }
    }
}

fn hostile() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        Just("</script>".to_owned()),
        Just("<script>alert(1)</script>".to_owned()),
        Just("<!--".to_owned()),
        Just("]]>".to_owned()),
        Just("</style>".to_owned()),
        Just("</title>".to_owned()),
        Just("</svg>".to_owned()),
        Just("\" onload=\"x".to_owned()),
        Just("' onload='x".to_owned()),
        Just("`".to_owned()),
        Just("```\n".to_owned()),
        Just("|".to_owned()),
        Just("\\|".to_owned()),
        Just("\\".to_owned()),
        Just("\n\n# x\n".to_owned()),
        Just("[x](http://y.z)".to_owned()),
        Just("![x](y)".to_owned()),
        Just("http://x.y/".to_owned()),
        Just("www.x.y".to_owned()),
        Just("@team".to_owned()),
        Just("$x$".to_owned()),
        Just("~~x~~".to_owned()),
        Just("</details>".to_owned()),
        Just("&lt;b&gt;".to_owned()),
        Just("\u{202e}".to_owned()),
        Just("\u{0}".to_owned()),
        Just("漢é".to_owned()),
        "\\PC{0,6}",
        "[\\x00-\\x7f]{0,4}",
    ];
    prop::collection::vec(word, 1..5).prop_map(|words| words.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn hostile_names_stay_text_in_every_view(hostile in hostile()) {
        let made = rehearsal(4, 2, Course::Findings, &hostile);
        check_html(&page(&made), &page(&rehearsal(4, 2, Course::Findings, "")));
        check_markdown(&pull_request(&made));
        check_markdown(&runbook(&made));
    }
}
