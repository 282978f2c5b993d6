#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;

/// The file after a change, and what was left; the file as it is when nothing changed.
fn changed(path: &str, text: &str, generation: Generation) -> (String, Vec<String>) {
    let found = change_requirements(&[(path.to_owned(), text.to_owned())], generation);
    let after = found.files.first().map_or_else(|| text.to_owned(), |file| file.after.clone());
    let left = found.left.iter().map(|left| format!("{}: {}", left.line, left.message)).collect();
    // A second run finds nothing to do.
    let again = change_requirements(&[(path.to_owned(), after.clone())], generation);
    assert_eq!(again.files, [], "{after}");
    (after, left)
}

fn both(path: &str, text: &str) -> (String, String) {
    (changed(path, text, Generation::Old).0, changed(path, text, Generation::New).0)
}

#[test]
fn a_bound_of_the_user_stays_in_the_pin() {
    for (before, old) in [
        ("datajoint", "datajoint<2"),
        ("datajoint>=0.14", "datajoint>=0.14,<2"),
        ("datajoint >= 0.13.2, != 0.14.0", "datajoint >= 0.13.2, != 0.14.0, <2"),
        (
            "DataJoint[test]>=0.12 ; python_version < '3.9'  # old",
            "DataJoint[test]>=0.12,<2 ; python_version < '3.9'  # old",
        ),
        ("datajoint  # any", "datajoint<2  # any"),
        ("datajoint (>=0.13)", "datajoint (>=0.13,<2)"),
        ("datajoint>=0.13,<3", "datajoint>=0.13,<2"),
        ("datajoint<=2.1,>=0.13", "datajoint<2,>=0.13"),
        ("  datajoint>=0.13\r", "  datajoint>=0.13,<2\r"),
    ] {
        assert_eq!(
            changed("requirements.txt", &format!("numpy\n{before}\n"), Generation::Old).0,
            format!("numpy\n{old}\n")
        );
    }
}

#[test]
fn a_version_that_is_below_2_already_needs_no_pin() {
    for before in [
        "datajoint==0.14.2",
        "datajoint===0.14.2",
        "datajoint~=0.13",
        "datajoint==0.*",
        "datajoint>=0.12,<0.15",
        "datajoint<2.0",
    ] {
        assert_eq!(changed("requirements.txt", before, Generation::Old), (before.to_owned(), Vec::new()));
    }
}

#[test]
fn the_new_branch_asks_for_2_3() {
    for (before, new) in [
        ("datajoint", "datajoint>=2.3,<3"),
        ("datajoint==0.14.2", "datajoint>=2.3,<3"),
        ("datajoint>=0.13,<2", "datajoint>=2.3,<3"),
        (
            "datajoint[aws] ~= 0.13 ; sys_platform == 'linux'",
            "datajoint[aws] >=2.3,<3 ; sys_platform == 'linux'",
        ),
        ("datajoint>=2.0", "datajoint>=2.3,<3"),
        ("datajoint==2.3.5", "datajoint==2.3.5"),
        ("datajoint>=2.4", "datajoint>=2.4"),
    ] {
        assert_eq!(changed("requirements/dev.txt", before, Generation::New), (new.to_owned(), Vec::new()));
    }
}

#[test]
fn other_packages_and_comments_are_left_alone() {
    let text =
        "datajoint-utilities>=0.1\ndatajoint_babel\n# datajoint>=0.13\ndatajoint.x\nnumpy # for datajoint\n";
    assert_eq!(changed("requirements.txt", text, Generation::New), (text.to_owned(), Vec::new()));
}

#[test]
fn what_cannot_be_changed_exactly_is_listed() {
    for (before, reason) in [
        ("datajoint @ git+https://example.org/datajoint-python@dev", "URL"),
        ("git+https://example.org/datajoint-python.git@dev#egg=datajoint", "URL"),
        ("-e git+https://example.org/x#egg=datajoint", "URL"),
        ("datajoint==0.14.2 \\\n    --hash=sha256:00", "hashes"),
        ("datajoint>=$VERSION", "not understood"),
    ] {
        let (after, left) = changed("requirements.txt", &format!("numpy\n{before}\n"), Generation::New);
        assert_eq!(after, format!("numpy\n{before}\n"));
        assert!(
            left.len() == 1 && left[0].starts_with("2: ") && left[0].contains(reason),
            "{before}: {left:?}"
        );
    }
    let (after, left) = changed("requirements.txt", "datajoint>=2.0\n", Generation::Old);
    assert_eq!(
        (after.as_str(), left.as_slice()),
        ("datajoint>=2.0\n", &["1: `>=2.0` already asks for DataJoint 2".to_owned()][..])
    );
    for path in ["poetry.lock", "docker/Dockerfile"] {
        let (after, left) = changed(path, "x\nRUN pip install \"datajoint==0.14\"\n", Generation::New);
        assert!(
            after.contains("==0.14") && left.len() == 1 && left[0].starts_with("2: "),
            "{path}: {left:?}"
        );
    }
    assert_eq!(changed("Dockerfile", "FROM datajoint/djlab:py3\n", Generation::New).1, Vec::<String>::new());
}

#[test]
fn pyproject_keeps_everything_but_the_versions() {
    let text = r#"[build-system]
requires = ["setuptools>=61"]

[project]
name = "lab" # datajoint pipeline
dependencies = [
    "numpy",
    'datajoint>=0.13',  # the old one
]

[project.optional-dependencies]
extra = ["datajoint[aws]==0.14.2", "datajoint-utilities"]

[dependency-groups]
dev = ["datajoint", {include-group = "extra"}]

[tool.poetry.dependencies]
python = "^3.9"
datajoint = "^0.14"

[tool.poetry.group.test.dependencies]
datajoint = {version = "*", extras = ["test"]}
"#;
    let (old, new) = both("pyproject.toml", text);
    assert_eq!(
        old,
        text.replace("'datajoint>=0.13'", "'datajoint>=0.13,<2'")
            .replace("[\"datajoint\", {", "[\"datajoint<2\", {")
            .replace("version = \"*\"", "version = \"<2\"")
    );
    assert_eq!(
        new,
        text.replace("'datajoint>=0.13'", "'datajoint>=2.3,<3'")
            .replace("datajoint[aws]==0.14.2", "datajoint[aws]>=2.3,<3")
            .replace("[\"datajoint\", {", "[\"datajoint>=2.3,<3\", {")
            .replace("datajoint = \"^0.14\"", "datajoint = \">=2.3,<3\"")
            .replace("version = \"*\"", "version = \">=2.3,<3\"")
    );
    for (text, reason) in [
        (
            "[tool.poetry.dependencies]\ndatajoint = {git = 'https://example.org/x'}\n",
            "no version of its own",
        ),
        ("[tool.poetry.dependencies]\ndatajoint = '^0.13 || ^0.14'\n", "not understood"),
        ("[tool.pixi.dependencies]\ndatajoint = '*'\n", "this table is not understood"),
        ("[project]\ndependencies = [\"data\\u006Aoint\", 'x']\n# datajoint\n", "escapes"),
        ("[project\n# datajoint\n", "no TOML"),
    ] {
        let (after, left) = changed("pyproject.toml", text, Generation::New);
        assert_eq!(after, text);
        assert!(left.len() == 1 && left[0].contains(reason), "{text}: {left:?}");
    }
}

#[test]
fn setup_py_changes_only_what_is_given_to_setup() {
    let text = r#"from setuptools import setup
needed = ["numpy", "datajoint>=0.13"]
other = ["datajoint==0.12"]
setup(
    name="datajoint",
    install_requires=needed,
    extras_require={"datajoint": ['datajoint']},
    tests_require=["pytest", "datajoint>=" "0.13"],
    keywords="datajoint",
)
"#;
    let (after, left) = changed("setup.py", text, Generation::Old);
    assert_eq!(
        after,
        text.replace("\"datajoint>=0.13\"]\nother", "\"datajoint>=0.13,<2\"]\nother")
            .replace("['datajoint']", "['datajoint<2']")
    );
    assert_eq!(left.len(), 2, "{left:?}");
    assert!(
        left[0].starts_with("3: it is in no list") && left[1].starts_with("8: it is written in pieces"),
        "{left:?}"
    );
}

#[test]
fn setup_cfg_and_environments_of_conda() {
    let cfg = "[metadata]\nname = datajoint\n[options]\ninstall_requires =\n    numpy\n    datajoint>=0.13\n\n[options.extras_require]\ntest = datajoint\n[flake8]\nignore =\n    datajoint\n";
    let (old, new) = both("setup.cfg", cfg);
    assert_eq!(old, cfg.replace(">=0.13", ">=0.13,<2").replace("test = datajoint", "test = datajoint<2"));
    assert_eq!(
        new,
        cfg.replace(">=0.13", ">=2.3,<3").replace("test = datajoint", "test = datajoint>=2.3,<3")
    );

    let env = "name: datajoint\nchannels:\n- conda-forge\ndependencies:\n- python=3.9\n- conda-forge::datajoint>=0.13\n- pip:\n  - datajoint==0.14.1\n  - \"datajoint\"\n- datajoint=0.14=py_0\n";
    let (old, new) = both("environment.yml", env);
    assert_eq!(
        old,
        env.replace("::datajoint>=0.13", "::datajoint>=0.13,<2").replace("\"datajoint\"", "\"datajoint<2\"")
    );
    assert_eq!(
        new,
        env.replace("::datajoint>=0.13", "::datajoint>=2.3,<3")
            .replace("datajoint==0.14.1", "datajoint>=2.3,<3")
            .replace("\"datajoint\"", "\"datajoint>=2.3,<3\"")
            .replace("datajoint=0.14=py_0", "datajoint>=2.3,<3")
    );
    let (_, left) =
        changed("environment.yaml", "dependencies:\n  - datajoint[version='>=0.13']\n", Generation::New);
    assert!(left.len() == 1 && left[0].contains("brackets"), "{left:?}");
}
