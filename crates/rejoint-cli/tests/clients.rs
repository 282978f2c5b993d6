//! Clients of both generations at work before, between and after the stages.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "steps shared by tests fail the test"
)]

mod circle;
#[path = "../../rejoint-scan/tests/support/holds.rs"]
mod holds;

use circle::Circle;
use holds::holds;
use rejoint_scan::report_file::{Client, Step};
use rejoint_scan::{NoProgress, ObjectCheck, ScanOptions, ScanReport, scan};
use rejoint_testkit::{Digest, Generation, Lab, Server, project_root};
use std::collections::BTreeMap;

/// What a 0.14 client does between the stages: every way to write a pointer, and a job that fails.
const OLD_CLIENT: &str = r#"
import tempfile
scratch = Path(tempfile.mkdtemp())
def file(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return str(path)
stage = Path(dj.config["stores"]["cold-archive"]["stage"])
lab, acq, analysis = module("lab"), module("acq"), module("analysis")
B, F, A = analysis.BulkExternal, analysis.BulkFile, analysis.Adapted
B.insert1(dict(id=1001, data=np.arange(7.0)))
B.insert([dict(id=1002 + i, data={"shared": "content"}) for i in range(3)])
B.update1(dict(id=0, data=[1, 2, 3]))
B.insert1(dict(id=1, data="replaced"), replace=True)
(B & "id = 2").delete_quick()
F.insert1(dict(id=500, attachment=file(scratch / "late µ.bin", b"late\0"), path=file(stage / "late/new file.txt", b"new")))
F.update1(dict(id=0, attachment=file(scratch / "other.bin", b"other"), path=file(stage / "late/second.txt", b"2")))
(F & "id = 1").delete_quick()
A.insert1(dict(id=50, graph=lab_types.Graph([1, 2], [(0, 1)]), trace=lab_types.Trace(np.arange(3.0), 10),
    report=lab_types.Report("late.txt", "late report"), layout=lab_types.Layout("layouts/late.txt", "late layout"),
    point=lab_types.Point(7, 8)))
A.update1(dict(id=1, trace=lab_types.Trace(np.arange(4.0), 20), report=lab_types.Report("r.txt", "r")))
A.update1(dict(id=0, trace=None))
lab.Protocol.insert1(dict(protocol="late", version=1, document=file(scratch / "d.pdf", b"doc"), scan=file(scratch / "s.pdf", b"scan")))

schema = dj.Schema(f"{PREFIX}_analysis")
@schema
class FiringRate(dj.Computed):
    definition = """
    -> acq.Recording.Unit
    ---
    rate : double
    isi = null : longblob
    """
    @property
    def key_source(self):
        return acq.Recording.Unit & "unit < 1" & (acq.Recording & "session < 2")
    def make(self, key):
        if key["unit"] == 0:
            raise ValueError("fails between the stages")
        self.insert1(dict(key, rate=0.5, isi=np.arange(4)))
# two keys to do again: one will fail, one will not
key = (FiringRate - analysis.Summary.Item).fetch("KEY", order_by="subject_id, session, channel, unit")
if not key:
    (analysis.Summary.Item & "unit < 1").delete_quick()
    key = FiringRate.fetch("KEY", order_by="subject_id, session, channel, unit")
both = [k for k in key if k["unit"] == 0][:1] + [k for k in key if k["unit"] == -1][:1]
(FiringRate & both).delete_quick()
FiringRate.populate(reserve_jobs=True, suppress_errors=True)
marked = (schema.jobs & {"table_name": FiringRate.table_name}).fetch("status", "key")
print(json.dumps({"failing": both[0], "made": len(FiringRate & both), "marked": [[s, k] for s, k in zip(*marked)]}, default=int))
"#;

/// What a 2.3.5 client does after contract, and reads back.
const NEW_CLIENT: &str = r#"
import tempfile
scratch = Path(tempfile.mkdtemp())
def file(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return str(path)
cold = STORES / "cold"
lab, acq, analysis = module("lab"), module("acq"), module("analysis")
B, F, A, P = analysis.BulkExternal, analysis.BulkFile, analysis.Adapted, lab.Protocol
mariadb = "MariaDB" in conn.query("SELECT VERSION()").fetchone()[0]
def stored(insert):
    """2.3.5 finds no JSON type on MariaDB, binds the pointer's dict as it is, and fails: nothing is written."""
    try:
        insert()
        assert not mariadb, "2.3.5 can now write into stores on MariaDB: test it there too"
    except TypeError as error:
        assert mariadb, error
stored(lambda: B.insert1(dict(id=2001, data={"by": "2.x", "x": np.arange(5)})))
stored(lambda: B.insert1(dict(id=2002, data=[1, 2, 3])))  # the content that 0.14 gave id 0
stored(lambda: B.update1(dict(id=3, data="changed by 2.x")))
file(cold / "new/by two.txt", b"two")
stored(lambda: F.insert1(dict(id=2001, attachment=file(scratch / "two µ.bin", b"two\0"), path="new/by two.txt")))
file(cold / "layouts/two.txt", b"layout of 2.x")
stored(lambda: A.insert1(dict(id=2001, graph=lab_types.Graph([5], []), trace=lab_types.Trace(np.arange(2.0), 5),
    report=lab_types.Report("two.txt", "report of 2.x"), layout=lab_types.Layout("layouts/two.txt", "layout of 2.x"))))
A.insert1(dict(id=2002, graph=lab_types.Graph([6], []), point=lab_types.Point(1, 2)))
stored(lambda: P.insert1(dict(protocol="two", version=2, document=file(scratch / "doc.pdf", b"doc 2"), scan=file(scratch / "scan.pdf", b"scan 2"))))
P.insert1(dict(protocol="two", version=3, document=file(scratch / "doc 3.pdf", b"doc 3")))
analysis.Bulk.insert1(dict(id=100000, a=1, b=2, c=0.5, d=0.25, f="1.5", v={"by": "2.x"}))
os.chdir(tempfile.mkdtemp())
read = lambda t, k: (t & k).to_dicts()[0]
row = read(A, "id = 2002")
assert row["graph"] == lab_types.Graph([6], []) and row["point"] == lab_types.Point(1, 2), row
assert read(analysis.Bulk, "id = 100000")["v"] == {"by": "2.x"}
assert Path(read(P, "protocol = 'two' AND version = 3")["document"]).read_bytes() == b"doc 3"
if not mariadb:
    row = read(B, "id = 2001")
    assert row["data"]["by"] == "2.x" and list(row["data"]["x"]) == list(range(5)), row
    assert read(B, "id = 2002")["data"] == [1, 2, 3] == read(B, "id = 0")["data"]
    assert read(B, "id = 3")["data"] == "changed by 2.x"
    row = read(F, "id = 2001")
    assert Path(row["attachment"]).name == "two µ.bin" and Path(row["attachment"]).read_bytes() == b"two\0", row
    assert row["path"].read() == b"two", row
    row = read(A, "id = 2001")
    assert row["report"] == lab_types.Report("two.txt", "report of 2.x") and row["layout"].text == "layout of 2.x", row
    assert row["trace"] == lab_types.Trace(np.arange(2.0), 5), row

made = []
schema = dj.Schema(f"{PREFIX}_analysis")
@schema
class FiringRate(dj.Computed):
    definition = """
    -> acq.Recording.Unit
    ---
    rate : float64
    isi = null : <blob>
    """
    @property
    def key_source(self):
        return acq.Recording.Unit & "unit < 1" & (acq.Recording & "session < 2")
    def make(self, key):
        made.append({k: int(v) for k, v in key.items()})
        self.insert1(dict(key, rate=2.5, isi=np.arange(3)))
free = (FiringRate - analysis.Summary.Item).keys()
key = sorted(free or FiringRate.keys(), key=str)[0]
if not free:
    (analysis.Summary.Item & key).delete_quick()
(FiringRate & key).delete_quick()
FiringRate.populate(reserve_jobs=True, suppress_errors=True)
assert list((FiringRate & key).to_arrays("isi")[0]) == [0, 1, 2]
jobs = [[j["status"], {k: int(j[k]) for k in FiringRate.primary_key}] for j in FiringRate().jobs.to_dicts() if j["status"] in ("error", "ignore")]
print(json.dumps({"wanted": {k: int(v) for k, v in key.items()}, "made": made, "jobs": jobs}))
"#;

fn definitions(lab: &Lab) -> BTreeMap<String, String> {
    let counter = |text: String| match text.split_once(" AUTO_INCREMENT=") {
        Some((before, after)) => {
            format!("{before}{}", after.trim_start_matches(|c: char| c.is_ascii_digit()))
        }
        None => text,
    };
    // DataJoint makes its log when a client declares a table
    lab.show_create()
        .into_iter()
        .filter(|(k, _)| !k.ends_with(".~log"))
        .map(|(k, v)| (k, counter(v)))
        .collect()
}

/// What 0.14 cannot express stops the way back, by name, and leaves 2.x working.
fn a_folder_stops_the_way_back(circle: &Circle) {
    let lab = &circle.lab;
    lab.python(
        Generation::V2,
        "folder = STORES / 'cold' / 'a folder'
folder.mkdir()
(folder / 'x').write_text('x')
(Path.cwd() / 'n.txt').write_text('n')
module('analysis').BulkFile.insert1(dict(id=3001, attachment=str(Path.cwd() / 'n.txt'), path='a folder'))",
    );
    let place = format!("{}_analysis.bulk_file.path", lab.prefix);
    circle
        .undo("p")
        .expect(3, &[&place, "`a folder` is a folder", "row id=3001", "Change or delete that row under 2.x"]);
    lab.python(Generation::V2, "(module('analysis').BulkFile & 'id = 3001').delete_quick()");
}

fn written_before_between_and_after(server: &Server) {
    let circle = Circle::small(server, "clients", &[]);
    let lab = &circle.lab;
    let at_first = definitions(lab);
    circle.plan("p", &[]).ok();
    circle.apply("p", "expand", &[]).ok();

    let old = lab.python_json(Generation::V0, OLD_CLIENT.trim_start());
    assert_eq!(old["made"], 1, "one of two keys fails: {old}");
    let marked = old["marked"].as_array().unwrap();
    assert!(marked.contains(&serde_json::json!(["error", old["failing"]])), "{old}");
    let read_by_old = lab.digest(Generation::V0);
    assert_eq!(read_by_old.errors(), []);
    circle.contract("p").ok();
    read_by_old.assert_equal(&lab.digest(Generation::V2));
    circle.verify("p").ok();

    let new = lab.python_json(Generation::V2, NEW_CLIENT.trim_start());
    assert_eq!(new["made"], serde_json::json!([new["wanted"]]), "what 0.14 had marked is skipped");
    let jobs = new["jobs"].as_array().unwrap();
    for job in marked {
        assert!(jobs.contains(job), "{job} is not among the jobs of 2.x: {new}");
    }
    // the certificate speaks of the moment of the upgrade
    circle.verify("p").expect(1, &["bulk", "id=100000: new"]);
    let read_by_new = lab.digest(Generation::V2);
    assert_eq!(read_by_new.errors(), []);

    if !server.flavour.is_mariadb() {
        a_folder_stops_the_way_back(&circle);
        read_by_new.assert_equal(&lab.digest(Generation::V2));
    }
    circle.undo("p").ok();
    read_by_new.assert_equal(&lab.digest(Generation::V0));
    let mut after = definitions(lab);
    after.retain(|name, _| !name.contains(".~~")); // job tables that a 2.x client made
    let changed: Vec<_> = at_first.iter().filter(|(k, v)| after.get(*k) != Some(v)).collect();
    assert!(changed.is_empty() && after.len() == at_first.len(), "{changed:#?}\n{:?}", after.keys());

    // and again
    circle.plan("again", &[]).ok();
    circle.apply("again", "expand", &[]).ok();
    circle.contract("again").ok();
    read_by_new.assert_equal(&lab.digest(Generation::V2));
    circle.verify("again").ok();
}

#[test]
fn what_clients_write_before_between_and_after_the_stages_is_kept_both_ways_on_mysql() {
    written_before_between_and_after(&Server::mysql());
}

#[test]
fn what_clients_write_before_between_and_after_the_stages_is_kept_both_ways_on_mariadb() {
    written_before_between_and_after(&Server::mariadb());
}

/// As [`Lab::digest`] under 0.14.10, by a client that has an adapter named `blob`.
fn digest_with_blob_adapter(lab: &Lab) -> Digest {
    let types = "import lab_types\n\
        def load(dj):\n\
        \x20   found = lab_types.load(dj)\n\
        \x20   class Blob(dj.AttributeAdapter):\n\
        \x20       attribute_type = 'longblob'\n\
        \x20       def put(self, value): return value\n\
        \x20       def get(self, value): return value\n\
        \x20   return dict(found, blob=Blob())\n";
    std::fs::write(lab.home().join("with_blob.py"), types).unwrap();
    let out = lab.file("with_blob.json");
    let output = Generation::V0
        .command(&lab.home())
        .env("PYTHONPATH", lab.home())
        .arg(project_root().join("lab/digest.py"))
        .args(["run", "--prefix", &lab.prefix, "--types", "with_blob", "--host", &lab.server.host])
        .args([
            "--port",
            &lab.server.port.to_string(),
            "--user",
            &lab.server.user,
            "--password",
            &lab.server.password,
        ])
        .arg("--stores")
        .arg(lab.stores_file())
        .arg("--out")
        .arg(&out)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Digest::from_json(&std::fs::read_to_string(out).unwrap())
}

fn scanned(circle: &Circle) -> ScanReport {
    use rejoint_settings::{Environment, Generations, Overrides};
    let server = &circle.lab.server;
    let config = rejoint_mysql::Config {
        host: server.host.clone(),
        port: server.port,
        user: server.user.clone(),
        password: server.password.clone(),
        tls: rejoint_mysql::TlsMode::Off,
        lock_wait_seconds: 5,
    };
    let overrides = Overrides { legacy_file: Some(circle.settings()), ..Overrides::default() };
    let settings =
        rejoint_settings::read(&Environment::new(circle.lab.home()), Generations::Legacy, &overrides)
            .unwrap();
    let mut connection = rejoint_mysql::connect(&config).unwrap();
    let options = ScanOptions { check_objects: ObjectCheck::None, ..ScanOptions::default() };
    scan(&mut connection, &circle.lab.schemas(), &settings, &options, &mut NoProgress).unwrap()
}

fn each_client_reads_what_scan_says(server: &Server) {
    let circle = Circle::small(server, "reads", &[]);
    let lab = &circle.lab;
    let report = scanned(&circle);
    assert!(report.client_access.len() >= 35);
    let before = lab.digest(Generation::V0);
    holds(&report, lab, &before, &before, Step::Now, Client::V0_14);
    holds(&report, lab, &before, &lab.digest(Generation::V2), Step::Now, Client::V2_3);

    circle.plan("p", &[]).ok();
    circle.apply("p", "expand", &[]).ok();
    before.assert_equal(&lab.digest(Generation::V0));
    holds(&report, lab, &before, &lab.digest(Generation::V0), Step::AfterExpand, Client::V0_14);
    holds(&report, lab, &before, &lab.digest(Generation::V2), Step::AfterExpand, Client::V2_3);

    circle.contract("p").ok();
    let old = lab.digest(Generation::V0);
    holds(&report, lab, &before, &old, Step::AfterContractCodecs, Client::V0_14);
    assert!(
        old.tables().all(|t| old.n_rows(t).is_some()),
        "0.14 still opens every table: {:?}",
        old.errors()
    );
    let with_blob = digest_with_blob_adapter(lab);
    holds(&report, lab, &before, &with_blob, Step::AfterContractCodecs, Client::V0_14WithBlobAdapter);
    // tables whose only codec is <blob> read as before
    for (table, column) in
        [("analysis.bulk", "v"), ("imaging.#seg_param", "params"), ("acq._recording__unit", "spikes")]
    {
        assert_eq!(with_blob.column(table, column), before.column(table, column), "{table}.{column}");
        assert_ne!(
            old.column(table, column),
            before.column(table, column),
            "without the adapter: {table}.{column}"
        );
    }
    holds(&report, lab, &before, &lab.digest(Generation::V2), Step::AfterContractCodecs, Client::V2_3);
    circle.undo("p").ok();
    before.assert_equal(&lab.digest(Generation::V0));

    circle.plan("all", &["--markers", "all"]).ok();
    circle.apply("all", "expand", &[]).ok();
    before.assert_equal(&lab.digest(Generation::V0));
    circle.contract("all").ok();
    holds(&report, lab, &before, &lab.digest(Generation::V0), Step::AfterContractAll, Client::V0_14);
    let with_blob = digest_with_blob_adapter(lab);
    holds(&report, lab, &before, &with_blob, Step::AfterContractAll, Client::V0_14WithBlobAdapter);
    holds(&report, lab, &before, &lab.digest(Generation::V2), Step::AfterContractAll, Client::V2_3);
    circle.undo("all").ok();
    before.assert_equal(&lab.digest(Generation::V0));
}

#[test]
fn each_client_reads_after_each_step_what_scan_says_on_mysql() {
    each_client_reads_what_scan_says(&Server::mysql());
}

#[test]
fn each_client_reads_after_each_step_what_scan_says_on_mariadb() {
    each_client_reads_what_scan_says(&Server::mariadb());
}
