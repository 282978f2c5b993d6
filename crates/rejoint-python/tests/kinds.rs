//! What expressions are found to be, over one file and several.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use rejoint_python::ast::visitor::{Visitor, walk_expr};
use rejoint_python::ast::{Expr, Stmt};
use rejoint_python::{FileKind, Kind, Operation, Project, SourceFile, range_of};

fn project(files: &[(&str, &str)]) -> Project {
    Project::analyze(
        files
            .iter()
            .map(|(path, text)| SourceFile::parse(*path, (*text).to_owned(), FileKind::Script).unwrap())
            .collect(),
    )
}

struct Probes<'a> {
    found: Vec<&'a Expr>,
}

impl<'a> Visitor<'a> for Probes<'a> {
    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Call(call) = expr
            && matches!(&*call.func, Expr::Name(name) if name.id.as_str() == "probe")
        {
            self.found.extend(call.arguments.args.iter());
        }
        walk_expr(self, expr);
    }
}

/// One word for each argument of `probe(...)` in a file.
fn probes(project: &Project, file: usize) -> Vec<String> {
    let source = &project.files()[file];
    let mut probes = Probes { found: Vec::new() };
    for stmt in source.suite() {
        probes.visit_stmt(stmt);
    }
    probes
        .found
        .iter()
        .map(|expr| {
            let word = match project.kind(file, expr) {
                Kind::Query(query) => match (&query.operation, query.class, query.certain) {
                    (_, _, false) => "likely query",
                    (Operation::Table(_), true, _) => "table",
                    (Operation::Table(_), false, _) => "instance",
                    (Operation::Universal(_), ..) => "universal",
                    (Operation::Elsewhere, ..) => "table elsewhere",
                    _ => "query",
                },
                Kind::Schema => "schema",
                Kind::VirtualModule => "virtual module",
                Kind::Fetched(_) => "fetched",
                Kind::Other => "other",
                Kind::Unknown => "unknown",
                Kind::DataJoint(_) => "datajoint",
                Kind::Class(_) => "class",
                Kind::Instance(_) => "object",
                _ => "something",
            };
            format!("{}: {word}", source.slice(range_of(*expr)))
        })
        .collect()
}

fn check(files: &[(&str, &str)], expected: &[&str]) {
    assert_eq!(probes(&project(files), 0), expected);
}

const LAB: &str = "import datajoint as dj
schema = dj.schema('lab')
@schema
class Mouse(dj.Manual):
    definition = 'k : int'
    class Part(dj.Part):
        definition = '-> master'
";

fn one(code: &str, expected: &[&str]) {
    check(&[("a.py", &format!("{LAB}{code}"))], expected);
}

#[test]
fn tables_queries_and_what_is_fetched() {
    one(
        "probe(schema, Mouse, Mouse(), Mouse & key, (Mouse & 'a').proj('b'), Mouse * Mouse.Part, Mouse.Part)\n\
         probe(Mouse.fetch(), len(Mouse()), dj.U('a'), dj.U('a') & Mouse, dj.FreeTable(c, 'a.b'), dj.create_virtual_module('m', 'm').Tab)\n",
        &[
            "schema: schema",
            "Mouse: table",
            "Mouse(): instance",
            "Mouse & key: query",
            "(Mouse & 'a').proj('b'): query",
            "Mouse * Mouse.Part: query",
            "Mouse.Part: table",
            "Mouse.fetch(): fetched",
            "len(Mouse()): unknown",
            "dj.U('a'): universal",
            "dj.U('a') & Mouse: query",
            "dj.FreeTable(c, 'a.b'): table elsewhere",
            "dj.create_virtual_module('m', 'm').Tab: table elsewhere",
        ],
    );
}

#[test]
fn a_rebound_name_follows_the_flow() {
    one(
        "q = Mouse\nprobe(q)\nq = q & 'a'\nprobe(q)\nq = q.fetch()\nprobe(q)\nq = 3\nprobe(q)\n",
        &["q: table", "q: query", "q: fetched", "q: other"],
    );
}

#[test]
fn branches_that_disagree_are_unknown() {
    one(
        "if a:\n    q = Mouse\nelse:\n    q = {}\nprobe(q)\nif a:\n    r = Mouse\nelse:\n    r = Mouse & 'a'\nprobe(r)\n\
         for i in x:\n    s = Mouse\n    probe(s)\n    s = 1\nt = Mouse\nfor i in x:\n    probe(t)\n    t = 1\n",
        &["q: unknown", "r: query", "s: table", "t: unknown"],
    );
}

#[test]
fn parameters_shadow_and_evidence_counts() {
    one(
        "def f(Mouse):\n    probe(Mouse)\ndef g(table):\n    table.fetch1('a')\n    probe(table)\ndef h():\n    probe(Mouse)\n    Mouse = 1\n",
        &["Mouse: unknown", "table: query", "Mouse: unknown"],
    );
}

#[test]
fn self_in_methods_is_the_table() {
    one(
        "@schema\nclass Fit(dj.Computed):\n    definition = '-> Mouse'\n    def make(self, key):\n        probe(self, self & key, self.Part, key)\n    @classmethod\n    def f(cls):\n        probe(cls)\n    @staticmethod\n    def g(self):\n        probe(self)\n    class Part(dj.Part):\n        definition = ''\n",
        &[
            "self: instance",
            "self & key: query",
            "self.Part: table",
            "key: unknown",
            "cls: table",
            "self: unknown",
        ],
    );
}

#[test]
fn names_changed_through_global_are_unknown() {
    one("t = Mouse\ndef f():\n    global t\n    t = 1\nprobe(t)\n", &["t: unknown"]);
}

#[test]
fn comprehension_targets_do_not_leak() {
    one(
        "q = Mouse\nx = [q for q in range(3)]\nprobe(q)\ny = [probe(t) for t in (Mouse, Mouse.Part)]\n",
        &["q: table", "t: query"],
    );
}

#[test]
fn imports_across_files_resolve() {
    check(
        &[
            (
                "p/notebooks/a.py",
                "from lab import mice\nfrom lab.mice import Mouse as M\nfrom lab.other import *\nimport lab.mice as lm\nprobe(mice.Mouse, M, Again, lm.schema, mice.np)\n",
            ),
            ("p/lab/__init__.py", ""),
            ("p/lab/mice.py", &format!("import numpy as np\n{LAB}")),
            ("p/lab/other.py", "from .mice import Mouse\nAgain = Mouse\n"),
        ],
        &["mice.Mouse: table", "M: table", "Again: table", "lm.schema: schema", "mice.np: something"],
    );
}

#[test]
fn tables_of_packages_elsewhere_need_evidence() {
    let use_it = "from pipeline import Session, Helper\nSession.fetch1('a')\n";
    check(
        &[
            (
                "a.py",
                "import datajoint as dj\nfrom pipeline import Session, Helper\nprobe(Session, Session & 'x', Helper, Helper & 'x')\n",
            ),
            ("b.py", use_it),
        ],
        &[
            "Session: table elsewhere",
            "Session & 'x': query",
            "Helper: something",
            "Helper & 'x': likely query",
        ],
    );
}

#[test]
fn bases_from_mixins_factories_and_decorators() {
    one(
        "class Mixin:\n    pass\nclass A(Mixin, dj.Lookup):\n    definition = ''\nclass B(A):\n    pass\nfrom elsewhere import Base\n@schema\nclass C(Base):\n    definition = 'k : int'\n\
         D = type('D', (dj.Manual,), dict(definition='k : int'))\nE = schema(B)\nprobe(A, B, C, D, E, Mixin, Mixin())\n",
        &[
            "A: table",
            "B: table",
            "C: table",
            "D: table elsewhere",
            "E: table",
            "Mixin: class",
            "Mixin(): object",
        ],
    );
}

#[test]
fn python_2_is_reported_and_empty() {
    let file = SourceFile::parse("a.py", "print 'a'\nx = 1\n".to_owned(), FileKind::Script).unwrap();
    assert_eq!(file.suite().len(), 0);
    assert_eq!(file.position(file.problems()[0].offset).line, 1);
}

#[test]
fn a_byte_order_mark_and_odd_line_ends_keep_positions() {
    let file =
        SourceFile::parse("a.py", "\u{feff}x = 1\r\ny = 2\rz = 3\n".to_owned(), FileKind::Script).unwrap();
    assert_eq!(file.problems(), []);
    let Stmt::Assign(last) = &file.suite()[2] else { panic!() };
    let position = file.position(range_of(last).start);
    assert_eq!((position.line, position.column), (3, 1));
    assert_eq!(file.slice(range_of(last)), "z = 3");
}
