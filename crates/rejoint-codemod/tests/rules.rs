//! Every example of every rule: before becomes after, and after stays.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::Path;

use rejoint_codemod::{
    Decisions, FindingKind, Level, Options, Since, rules, rules_index, rules_page, run_on,
};

/// The pipeline that the examples are about, in 2.x form so that it adds no rewrites of its own.
const PIPELINE: &str = r#"import datajoint as dj
schema = dj.Schema('lab_v2')

@schema
class Mouse(dj.Manual):
    definition = """
    mouse_id : int32
    ---
    dob : date
    sex : enum('M', 'F')
    weight = null : float32
    """

@schema
class Session(dj.Manual):
    definition = """
    -> Mouse
    session : int32
    ---
    date : date
    """
    class Trial(dj.Part):
        definition = """
        -> master
        trial : int32
        ---
        outcome : varchar(12)
        """

"#;

fn rewrite(code: &str, options: &Options) -> (String, Vec<String>) {
    let outcome = run_on(vec![("lab.py".to_owned(), format!("{PIPELINE}{code}"))], options);
    let after =
        outcome.files.first().map_or_else(|| code.to_owned(), |file| file.after.replacen(PIPELINE, "", 1));
    (after, outcome.findings.iter().map(|finding| finding.code.to_owned()).collect())
}

#[test]
fn every_example_of_every_rule_holds() {
    let mut failures = Vec::new();
    for rule in rules() {
        assert!(!rule.examples.is_empty(), "{} has no example", rule.code);
        // Some examples show what stays; not all of a rule that rewrites.
        let shows = |example: &rejoint_codemod::Example| example.after != Some(example.before);
        assert!(rule.examples.iter().any(shows), "{} has no example of what it does", rule.code);
        for example in rule.examples {
            let options = Options {
                suggested: rule.level == Level::Suggested,
                select: vec![rule.code.to_owned()],
                single_quotes: rule.code == "RJ0409",
                core_types: rule.code == "RJ0120",
                schema_suffix: (rule.code == "RJ0216").then(|| "_v2".to_owned()),
                decisions: match rule.code {
                    "RJ0121" => Decisions::from_toml("[columns]\n\"Scan.photo\" = \"bytes\"").unwrap(),
                    _ => Decisions::default(),
                },
                ..Options::default()
            };
            let (after, findings) = rewrite(example.before, &options);
            match example.after {
                Some(expected) => {
                    if after != expected {
                        failures.push(format!(
                            "{}:\n--- expected\n{expected}\n--- got\n{after}\n(findings {findings:?})",
                            rule.code
                        ));
                    }
                    let (again, _) = rewrite(&after, &options);
                    if again != after {
                        failures.push(format!(
                            "{}: not idempotent\n--- once\n{after}\n--- twice\n{again}",
                            rule.code
                        ));
                    }
                }
                None => {
                    if after != example.before || !findings.iter().any(|code| code == rule.code) {
                        failures
                            .push(format!("{}: should only be reported:\n{after}\n{findings:?}", rule.code));
                    }
                }
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn codes_are_unique_and_in_order() {
    let codes: Vec<&str> = rules().iter().map(|rule| rule.code).collect();
    let mut sorted = codes.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(codes, sorted);
}

/// The pages in `docs/rules` are what the code says. `RJ_UPDATE=1` writes them.
#[test]
fn the_pages_of_the_rules_are_current() {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    let folder = Path::new(&package).join("../../docs/rules");
    let mut pages: BTreeMap<String, String> =
        rules().iter().map(|rule| (format!("{}.md", rule.code), rules_page(rule))).collect();
    pages.insert("README.md".to_owned(), rules_index());
    if std::env::var_os("RJ_UPDATE").is_some() {
        std::fs::create_dir_all(&folder).unwrap();
        for (name, page) in &pages {
            std::fs::write(folder.join(name), page).unwrap();
        }
    }
    for (name, page) in &pages {
        let found = std::fs::read_to_string(folder.join(name)).unwrap_or_default();
        assert!(
            found == *page,
            "docs/rules/{name} is stale: RJ_UPDATE=1 cargo test -p rejoint-codemod --test rules"
        );
    }
    let known = std::fs::read_dir(&folder).unwrap().count();
    assert_eq!(known, pages.len(), "docs/rules holds pages of no rule");
}

#[test]
fn without_permission_a_suggestion_is_a_finding() {
    let code = "class Fit(dj.Computed):\n    definition = '-> Mouse'\nFit.populate(limit=3)\n";
    let outcome = run_on(vec![("lab.py".to_owned(), format!("{PIPELINE}{code}"))], &Options::default());
    assert!(outcome.files.is_empty());
    assert_eq!(outcome.findings.len(), 1);
    assert_eq!(outcome.findings[0].kind, FindingKind::Suggestion);
    assert_eq!(outcome.findings[0].position.line, PIPELINE.lines().count() + 3);
    assert_eq!(outcome.counts["RJ0601"].suggestions, 1);
}

#[test]
fn decisions_apply_or_skip_a_rule_and_choose_a_type() {
    let code = "class Fit(dj.Computed):\n    definition = '''\n    -> Mouse\n    ---\n    raw : longblob\n    '''\n\
                Fit.populate(limit=3)\nMouse.fetch()\n";
    let decisions = Decisions::from_toml(
        "[columns]\n\"Fit.raw\" = \"bytes\"\n[rules]\nRJ0601 = \"apply\"\nRJ0301 = \"skip\"\n",
    )
    .unwrap();
    let (after, findings) = rewrite(code, &Options { decisions, ..Options::default() });
    for wanted in ["raw : bytes", "max_calls=3", "Mouse.fetch()"] {
        assert!(after.contains(wanted), "{wanted} in {after}");
    }
    assert_eq!(findings, Vec::<String>::new());
    assert!(Decisions::from_toml("[rules]\nRJ0601 = \"maybe\"").is_err());
    assert!(Decisions::from_toml("nonsense = 1").is_err());
}

#[test]
fn a_rewrite_that_would_lose_a_comment_is_left() {
    let code = "rows = Mouse.fetch(\n    'dob',  # born\n    order_by='sex',\n)\n";
    let (after, findings) = rewrite(code, &Options::default());
    assert_eq!(after, code);
    assert_eq!(findings, ["RJ0304"]);
}

#[test]
fn since_2_0_runs_only_what_later_releases_broke() {
    let code = "class T(dj.Manual):\n    definition = '''\n    k : VARCHAR(3)\n    '''\nMouse.fetch()\n";
    let (after, _) = rewrite(code, &Options { since: Some(Since::V2_0), ..Options::default() });
    assert!(after.contains("k : varchar(3)") && after.contains("Mouse.fetch()"), "{after}");
}

#[test]
fn the_forms_for_programs_hold_what_was_found() {
    let code = "x = Mouse.fetch()\nMouse.alter()\n";
    let outcome = run_on(vec![("lab.py".to_owned(), format!("{PIPELINE}{code}"))], &Options::default());
    let json = outcome.json();
    assert_eq!(json["files"][0]["rewrites"][0]["code"], "RJ0301");
    assert_eq!(json["findings"][0]["code"], "RJ0213");
    assert_eq!(json["counts"]["RJ0301"]["rewrites"], 1);
    let sarif = outcome.sarif();
    assert_eq!(sarif["runs"][0]["results"][0]["ruleId"], "RJ0213");
    assert_eq!(sarif["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap().len(), rules().len());
    let diff = outcome.unified_diff();
    assert!(diff.starts_with("--- a/lab.py\n+++ b/lab.py\n@@ "), "{diff}");
    assert!(diff.contains("\n-x = Mouse.fetch()\n+x = Mouse.to_arrays()\n Mouse.alter()\n"), "{diff}");
}

#[test]
fn a_notebook_is_rewritten_inside_its_json() {
    let notebook = |call: &str| {
        format!(
            r#"{{"cells": [{{"cell_type": "code", "id": "a", "source": ["%time\n", "import datajoint as dj\n", "s = dj.{call}('x')"]}}], "metadata": {{}},   "nbformat": 4}}"#
        )
    };
    let outcome = run_on(vec![("n.ipynb".to_owned(), notebook("schema"))], &Options::default());
    assert_eq!(outcome.files[0].after, notebook("Schema"));
}

#[test]
fn files_that_do_not_parse_are_reported_and_left() {
    let files = vec![
        ("old.py".to_owned(), "import datajoint as dj\nprint 'a'\ns = dj.schema('x')\n".to_owned()),
        ("broken.ipynb".to_owned(), "{".to_owned()),
    ];
    let outcome = run_on(files, &Options::default());
    assert!(outcome.files.is_empty());
    let kinds: Vec<_> = outcome.findings.iter().map(|finding| finding.kind).collect();
    assert_eq!(kinds, [FindingKind::Unparsed, FindingKind::Unparsed]);
}

#[test]
fn paths_are_walked_and_files_written_whole() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join(".git")).unwrap();
    let code = "import datajoint as dj\ns = dj.schema('x')\n";
    for name in ["a.py", "b.txt", ".git/c.py"] {
        std::fs::write(folder.path().join(name), code).unwrap();
    }
    std::fs::write(folder.path().join("latin.py"), b"# \xe9\n").unwrap();
    let outcome = rejoint_codemod::run(&[folder.path().to_owned()], &Options::default()).unwrap();
    assert_eq!(outcome.files.len(), 1);
    assert_eq!(outcome.findings.len(), 1);
    outcome.write().unwrap();
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!(read("a.py"), code.replace("schema(", "Schema("));
    assert_eq!(read(".git/c.py"), code);
    assert!(rejoint_codemod::run(&[folder.path().to_owned()], &Options::default()).unwrap().files.is_empty());
    assert!(rejoint_codemod::run(&[folder.path().join("none")], &Options::default()).is_err());
}

#[test]
fn windows_line_ends_stay() {
    let code = "files = Mouse.fetch1('dob', download_path='x')\n";
    let text = format!("{PIPELINE}{code}").replace('\n', "\r\n");
    let outcome = run_on(vec![("lab.py".to_owned(), text)], &Options::default());
    let after = &outcome.files[0].after;
    assert!(
        after.ends_with("with dj.config.override(download_path='x'):\r\n    files = Mouse.fetch1('dob')\r\n")
    );
    assert_eq!(after.matches('\n').count(), after.matches("\r\n").count());
}
