//! A legacy pipeline on a real server, with its stores: made for one test, removed after it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::lab_copy::{copy_schemas, copy_stores};
use crate::python::output_of;
use crate::{Digest, Generation, Server, project_root, unique_prefix};

/// What the lab holds; see `lab/legacy_lab.py`.
#[derive(Debug, Clone)]
pub struct LabOptions {
    /// Rarer features, by the names of `--with`: `cycle`, `longcomment`, `missing`, `old011`, `view`, `damage`,
    /// `external011`, `nullmissing`.
    pub edges: Vec<&'static str>,
    /// Multiplies the number of animals; 1 is 6 animals.
    pub rows: u32,
    /// Rows of `analysis.bulk`.
    pub bulk_rows: u32,
    /// Rows of `analysis.bulk_external`, each with an object in a store.
    pub bulk_external: u32,
    /// Rows of `analysis.bulk_file`, each with an attachment and a file in a store.
    pub bulk_files: u32,
}

impl Default for LabOptions {
    fn default() -> Self {
        Self { edges: Vec::new(), rows: 1, bulk_rows: 200, bulk_external: 20, bulk_files: 10 }
    }
}

impl LabOptions {
    /// The default lab with these rarer features.
    pub fn with(edges: &[&'static str]) -> Self {
        Self { edges: edges.to_vec(), ..Self::default() }
    }
}

/// A pipeline written by DataJoint 0.14.10. Dropping it drops its schemas and files, unless `RJ_TEST_KEEP` is set.
///
/// Building takes about 2 s on either server, so every test has its own; [`Lab::copy`] makes further ones sooner.
#[derive(Debug)]
pub struct Lab {
    /// The server that holds it. Replace it to reach the lab another way (proxy, account).
    pub server: Server,
    /// Its schemas are named `PREFIX_lab`, `PREFIX_subject`, ...
    pub prefix: String,
    folder: TempDir,
    owner: Server,
}

impl Lab {
    /// Build a lab under a prefix of its own. `name` shows in the schemas' names.
    ///
    /// # Panics
    /// When the generator fails, with its output.
    pub fn build(server: &Server, name: &str, options: &LabOptions) -> Self {
        let lab = Self::empty(server, name);
        std::fs::create_dir_all(lab.stores()).expect("the folder of the stores");
        std::fs::create_dir_all(lab.home()).expect("the home folder");
        let mut command = Generation::V0.command(&lab.home());
        command
            .arg(project_root().join("lab/legacy_lab.py"))
            .args(["--prefix", &lab.prefix, "--store-dir"])
            .arg(lab.stores())
            .args(lab.connection_arguments())
            .args(["--rows", &options.rows.to_string(), "--bulk-rows", &options.bulk_rows.to_string()])
            .args(["--bulk-external", &options.bulk_external.to_string()])
            .args(["--bulk-files", &options.bulk_files.to_string(), "--with", &options.edges.join(",")]);
        output_of(&mut command);
        lab
    }

    /// A second lab with equal schemas, rows and objects under a prefix of its own, copied inside the server.
    ///
    /// For tests that need many: it takes a fraction of the generator's time. Only a lab as [`Lab::build`] left it
    /// can be copied.
    ///
    /// # Panics
    /// When it has triggers.
    #[must_use]
    pub fn copy(&self, name: &str) -> Self {
        let copy = Self::empty(&self.owner, name);
        copy_schemas(&self.owner, &self.prefix, &copy.prefix);
        copy_stores(self, &copy);
        std::fs::create_dir_all(copy.home()).expect("the home folder");
        copy
    }

    fn empty(server: &Server, name: &str) -> Self {
        Self {
            server: server.clone(),
            prefix: unique_prefix(name),
            folder: tempfile::Builder::new().prefix("rejoint-lab-").tempdir().expect("a temporary folder"),
            owner: server.clone(),
        }
    }

    /// Folder of the stores (`raw`, `cold`, and their stages `stage_raw`, `stage_cold`).
    pub fn stores(&self) -> PathBuf {
        self.folder.path().join("stores")
    }

    /// The stores as JSON, as `dj.config["stores"]`.
    pub fn stores_file(&self) -> PathBuf {
        self.stores().join("stores.json")
    }

    /// The lab's `dj_local_conf.json`, with the account and the stores.
    pub fn settings_file(&self) -> PathBuf {
        self.stores().join("dj_local_conf.json")
    }

    /// An empty folder: the home and working folder of every program that runs for this lab.
    pub fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// A path for a file of the test, removed with the lab.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The lab's schemas, sorted.
    pub fn schemas(&self) -> Vec<String> {
        self.owner.schemas(&self.prefix)
    }

    /// Structure of every schema, table, view and trigger; see [`Server::show_create`].
    pub fn show_create(&self) -> BTreeMap<String, String> {
        self.owner.show_create(&self.schemas())
    }

    /// Every file of both stores (not of the stages), by its path under the stores' folder, with its content.
    pub fn objects(&self) -> BTreeMap<String, Vec<u8>> {
        let mut found = BTreeMap::new();
        for store in ["raw", "cold"] {
            collect(&self.stores(), &self.stores().join(store), &mut found);
        }
        found
    }

    /// Digest of the whole lab as this generation reads it.
    ///
    /// # Panics
    /// When `digest.py` fails. A column that cannot be read does not fail it: see [`Digest::errors`].
    pub fn digest(&self, generation: Generation) -> Digest {
        let out = tempfile::NamedTempFile::new_in(self.folder.path()).expect("a temporary file");
        let mut command = generation.command(&self.home());
        command
            .arg(project_root().join("lab/digest.py"))
            .args(["run", "--prefix", &self.prefix, "--types", "lab_types", "--stores"])
            .arg(self.stores_file())
            .args(self.connection_arguments())
            .arg("--out")
            .arg(out.path());
        output_of(&mut command);
        Digest::from_json(&std::fs::read_to_string(out.path()).expect("the digest"))
    }

    /// Convert the lab by `lab/hand_migrate.py`, the proven recipe: a pipeline that 2.3.5 reads.
    pub fn migrate_by_hand(&self) {
        let mut command = Generation::V2.command(&self.home());
        command
            .arg(project_root().join("lab/hand_migrate.py"))
            .args(["--prefix", &self.prefix, "--stores"])
            .arg(self.stores_file())
            .args(self.connection_arguments());
        output_of(&mut command);
    }

    /// Run Python with this lab's settings; what it printed.
    ///
    /// The code finds `dj` (configured, connected), `np`, `json`, `PREFIX`, `STORES` (a `Path`), `conn`, and
    /// `module(name)`: the virtual module of `PREFIX_name` with the lab's adapters or codecs.
    ///
    /// # Panics
    /// When it fails, with its output. For code that is meant to fail see [`Lab::try_python`].
    pub fn python(&self, generation: Generation, code: &str) -> String {
        self.try_python(generation, code).unwrap_or_else(|error| panic!("{error}\nof the code:\n{code}"))
    }

    /// As [`Lab::python`], the printed text read as JSON.
    pub fn python_json(&self, generation: Generation, code: &str) -> Value {
        let text = self.python(generation, code);
        serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("the code printed no JSON ({error}):\n{text}"))
    }

    /// As [`Lab::python`]; the error is what the program wrote, its traceback last.
    ///
    /// # Errors
    /// When the program exits with another code than 0.
    pub fn try_python(&self, generation: Generation, code: &str) -> Result<String, String> {
        let settings = serde_json::json!({
            "host": self.server.host, "port": self.server.port, "user": self.server.user,
            "password": self.server.password, "prefix": self.prefix, "stores": self.stores(),
        });
        let output = generation
            .command(&self.home())
            .env("PYTHONPATH", project_root().join("lab"))
            .env("REJOINT_LAB", settings.to_string())
            .args(["-c", &format!("{}\n{code}", include_str!("preamble.py"))])
            .output()
            .expect("Python starts");
        let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() {
            Ok(stdout)
        } else {
            Err(format!("{}\n{stdout}{}", output.status, String::from_utf8_lossy(&output.stderr)))
        }
    }

    fn connection_arguments(&self) -> Vec<String> {
        let server = &self.server;
        let port = server.port.to_string();
        ["--host", &server.host, "--port", &port, "--user", &server.user, "--password", &server.password]
            .map(String::from)
            .into()
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        if std::env::var_os("RJ_TEST_KEEP").is_some() {
            self.folder.disable_cleanup(true);
        } else if !std::thread::panicking() {
            self.owner.drop_schemas(&self.prefix);
        } else {
            // A second panic would hide the first: what cannot be dropped now stays.
            let owner = self.owner.clone();
            let prefix = self.prefix.clone();
            let _ = std::thread::spawn(move || owner.drop_schemas(&prefix)).join();
        }
    }
}

fn collect(root: &Path, folder: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).expect("a folder of the store") {
        let path = entry.expect("an entry of the store").path();
        if path.is_dir() {
            collect(root, &path, found);
        } else {
            let name = path.strip_prefix(root).expect("lies under the stores").to_string_lossy().into_owned();
            found.insert(name, std::fs::read(&path).expect("an object"));
        }
    }
}
