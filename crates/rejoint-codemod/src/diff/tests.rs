//! What code declares, and what it does not say.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use rejoint_model::catalog::Server;
use rejoint_model::{Catalog, Schema};

use super::{CodeTables, Dialect, DiffOptions, SchemaOf};
use crate::error::CodemodError;

fn tables_of(files: &[(&str, &str)], options: &DiffOptions) -> Result<CodeTables, CodemodError> {
    let texts = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    CodeTables::from_texts(texts, options)
}

fn empty_catalog() -> Catalog {
    let server = Server {
        product: "MySQL".to_owned(),
        version: (9, 7, 0),
        version_text: "9.7.0".to_owned(),
        identity: "test".to_owned(),
    };
    let schemas: BTreeMap<String, Schema> = BTreeMap::new();
    Catalog { server, schemas }
}

/// Tables by name, then classes that are undecided with their reasons, against a server without tables.
fn found(files: &[(&str, &str)]) -> String {
    let report = tables_of(files, &DiffOptions::default()).unwrap().compare(&empty_catalog());
    let mut lines: Vec<String> = report.differences.iter().map(|found| found.table.clone()).collect();
    lines.extend(report.undecided.iter().map(|u| format!("{}? {}", u.place.class, u.reason)));
    lines.join("\n")
}

const TABLE: &str = "@schema\nclass Mouse(dj.Manual):\n    definition = 'id : int'\n";

fn with_schema(lines: &str) -> String {
    found(&[("a.py", &format!("import os\nimport datajoint as dj\n{lines}\n{TABLE}"))])
}

#[test]
fn a_schema_name_is_known_only_when_it_is_constant() {
    for lines in [
        "schema = dj.schema('lab')",
        "schema = dj.Schema(schema_name='lab')",
        "P = 'l'\nschema = dj.schema(P + 'ab')",
        "P = 'la'\nschema = dj.schema(f'{P}b')",
        "schema = dj.Schema()\nschema.activate('lab')",
        "if True:\n    schema = dj.schema('lab')",
    ] {
        assert_eq!(with_schema(lines), "lab.mouse", "{lines}");
    }
    for lines in [
        "schema = dj.schema(os.environ['X'])",
        "schema = dj.schema(dj.config['custom']['prefix'] + 'lab')",
        "P = 'la'\nschema = dj.schema(f'{P!r}b')",
        "P = 'la'\nschema = dj.schema(f'{P:>9}b')",
        "P = 'la'\nP += os.sep\nschema = dj.schema(P)",
        "P = 'la'\nfor P in os.environ:\n    pass\nschema = dj.schema(P)",
        "if os.sep:\n    P = 'a'\nelse:\n    P = 'b'\nschema = dj.schema(P)",
        "if os.sep:\n    schema = dj.schema('lab')\nelse:\n    schema = dj.schema('other')",
        "schema = dj.schema('lab')\nschema = make()",
        "schema = dj.Schema()",
        "def of(schema):\n    pass\nschema = of",
    ] {
        let said = with_schema(lines);
        assert!(said.starts_with("Mouse? ") && said.contains("--schema-of a.py=NAME"), "{lines}: {said}");
    }
}

#[test]
fn a_class_in_a_function_is_not_put_into_the_schema_of_the_module() {
    let text = "import datajoint as dj\nschema = dj.schema('lab')\ndef make(schema):\n    @schema\n    \
                class Mouse(dj.Manual):\n        definition = 'id : int'\n";
    assert!(found(&[("a.py", text)]).starts_with("Mouse? it cannot be told which schema"));
}

#[test]
fn schemas_are_followed_through_imports_but_not_past_a_name_that_may_be_replaced() {
    let lab = ("lab.py", "import datajoint as dj\nschema = dj.schema('lab')\n");
    let import = format!("import datajoint as dj\nfrom lab import schema\n{TABLE}");
    assert_eq!(found(&[lab, ("a.py", &import)]), "lab.mouse");
    let attribute =
        format!("import datajoint as dj\nimport lab\n{}", TABLE.replace("@schema", "@lab.schema"));
    assert_eq!(found(&[lab, ("a.py", &attribute)]), "lab.mouse");
    let before = format!("import datajoint as dj\nfrom lab import *\nschema = dj.schema('a')\n{TABLE}");
    assert_eq!(found(&[lab, ("a.py", &before)]), "a.mouse");
    let after = format!("import datajoint as dj\nschema = dj.schema('a')\nfrom lab import *\n{TABLE}");
    assert!(found(&[lab, ("a.py", &after)]).starts_with("Mouse? an import of the same name"));
}

#[test]
fn tables_are_named_by_tier_and_master_and_the_rest_is_undecided() {
    let text = r#"
import datajoint as dj
schema = dj.Schema('lab')
class Base(dj.Computed):
    definition = "id : int"
@schema
class TheRate(Base):
    pass
@schema
class Rig(dj.Lookup):
    definition = "rig : int"
    class Item(dj.Part):
        definition = """
        -> Rig
        n : int
        """
class Later(dj.Imported):
    definition = """
    -> Rig.Item.proj(other='n')
    """
schema(Later)
@schema
class Made(dj.Manual):
    definition = "id : " + kind
@schema
class Odd(dj.Manual):
    definition = "-> Nowhere"
@schema
class Setup(dj.Manual):
    definition = "-> Odd"
    class Rig(dj.Part):
        definition = """
        -> Rig
        """
    class Screw(dj.Part):
        definition = """
        -> Item
        """
"#;
    insta::assert_snapshot!(found(&[("a.py", text)]), @r"
    lab.#rig
    lab.#rig__item
    lab.__the_rate
    lab._later
    lab.made
    lab.odd
    lab.setup
    lab.setup__rig
    lab.setup__screw
    Made? the definition is made when the code runs
    Odd? it cannot be told what the definition declares: unknown-parent at byte 3: the table `Nowhere` was not given
    Setup.Screw? it cannot be told what the definition declares: unknown-parent at byte 12: the table `Item` was not given
    Setup? it cannot be told what the definition declares: `Odd`, which it refers to, is undecided itself
    ");
}

#[test]
fn answers_name_one_file() {
    let read = |file: &str| {
        let given = SchemaOf::from_text(&format!("{file}=lab")).unwrap();
        let options = DiffOptions { dialect: None, schema_of: vec![given] };
        let text = format!("import datajoint as dj\nschema = dj.schema(make())\n{TABLE}");
        tables_of(&[("x/a.py", &text), ("y/a.py", "")], &options).map(|code| code.schemas())
    };
    assert_eq!(read("x/a.py").unwrap(), ["lab"]);
    assert_eq!(read("x/a.py:schema").unwrap(), ["lab"]);
    assert!(read("a.py").unwrap_err().to_string().contains("more than one file"));
    assert!(read("b.py").unwrap_err().to_string().contains("no file"));
    assert_eq!(SchemaOf::from_text("a.py"), None);
}

#[test]
fn definitions_of_both_generations_need_a_decision() {
    let dialect = |second: &str| {
        let text = format!(
            "import datajoint as dj\nschema = dj.schema('a')\n@schema\nclass A(dj.Manual):\n    definition = \
             'id : int\\n---\\nx : blob@raw'\n@schema\nclass B(dj.Manual):\n    definition = 'id : {second}'\n"
        );
        tables_of(&[("a.py", &text)], &DiffOptions::default()).map(|code| code.dialect)
    };
    assert_eq!(dialect("int").unwrap(), Dialect::V0);
    assert!(dialect("int32").unwrap_err().to_string().contains("--dialect"));
}
