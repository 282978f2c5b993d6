//! Every example of every rule: before becomes after, and after stays.

use rejoint_codemod::{Level, Options, rules, run_on};

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
        for example in rule.examples {
            let options = Options {
                suggested: rule.level == Level::Suggested,
                select: vec![rule.code.to_owned()],
                single_quotes: rule.code == "RJ0409",
                core_types: rule.code == "RJ0120",
                schema_suffix: (rule.code == "RJ0216").then(|| "_v2".to_owned()),
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
