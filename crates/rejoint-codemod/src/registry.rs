//! All rules, in order of their codes.

use crate::rule::Rule;

/// All rules, in order of their codes.
pub fn rules() -> &'static [&'static Rule] {
    crate::rules::ALL
}

/// A rule by its code.
pub fn rule(code: &str) -> Option<&'static Rule> {
    rules().iter().copied().find(|rule| rule.code == code)
}

/// The page of a rule for `docs/rules/`, in Markdown.
pub fn rules_page(rule: &Rule) -> String {
    let level = match rule.level {
        crate::Level::Safe => "safe: done without asking",
        crate::Level::Suggested => "suggested: done with `--suggested` or an answer in the decisions",
        crate::Level::Finding => "finding: reported, a person decides",
    };
    let mut page =
        format!("# {} {}\n\n{}\n\n*{}*\n\n{}\n", rule.code, rule.name, rule.summary, level, rule.explanation);
    for example in rule.examples {
        page.push_str(&format!("\n```python\n{}\n```\n", example.before.trim_end()));
        if let Some(after) = example.after {
            page.push_str(&format!("\nbecomes\n\n```python\n{}\n```\n", after.trim_end()));
        } else {
            page.push_str("\nis reported.\n");
        }
    }
    page
}

/// The table of all rules for `docs/rules/`, in Markdown.
pub fn rules_index() -> String {
    let mut page = String::from(
        "# Rules\n\nGenerated from the code; `cargo test -p rejoint-codemod` says when a page is stale.\n\n\
         | code | name | level | what it does |\n|---|---|---|---|\n",
    );
    for rule in rules() {
        let level = match rule.level {
            crate::Level::Safe => "safe",
            crate::Level::Suggested => "suggested",
            crate::Level::Finding => "finding",
        };
        page.push_str(&format!(
            "| [{0}]({0}.md) | {1} | {2} | {3} |\n",
            rule.code,
            rule.name,
            level,
            rule.summary.replace('|', "\\|")
        ));
    }
    page
}
