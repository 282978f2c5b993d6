//! A small legacy pipeline with its plan, and the program run on it: to the end, or stopped at a boundary.

use rejoint_testkit::{Generation, Server, project_root, rejoint_command, unique_prefix};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Output;
use tempfile::TempDir;

/// How a run is stopped at its boundary of this number, counted from 1.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Stop {
    /// The process aborts.
    Abort(u64),
    /// Its connection is cut.
    Cut(u64),
}

/// The commands of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Command {
    Expand,
    Contract,
    Undo,
}

/// What clients write while the plan is under way; see `lab/mini_pipeline.py`.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Client {
    /// 0.14, between the stages.
    V0,
    /// 2.x, after the swap.
    V2,
}

/// A pipeline made by `lab/mini_pipeline.py`, and its plan. Dropping it drops its schemas and files.
pub(crate) struct Pipeline {
    pub(crate) server: Server,
    pub(crate) prefix: String,
    folder: TempDir,
    changes: Value,
}

impl Pipeline {
    pub(crate) fn build(server: &Server, name: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("rejoint-crash-").tempdir().unwrap();
        let mut pipeline =
            Self { server: server.clone(), prefix: unique_prefix(name), folder, changes: Value::Null };
        std::fs::create_dir_all(pipeline.home()).unwrap();
        let output = Generation::V0
            .command(&pipeline.home())
            .arg(project_root().join("lab/mini_pipeline.py"))
            .args(["--prefix", &pipeline.prefix, "--store-dir"])
            .arg(pipeline.stores())
            .args(["--host", &server.host, "--port", &server.port.to_string()])
            .args(["--user", &server.user, "--password", &server.password])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        pipeline.changes = read_json(&pipeline.stores().join("changes.json"));
        let decision = format!("missing-objects:{}_work.session.extra=null", pipeline.prefix);
        let output = rejoint_command(&pipeline.home())
            .args(["plan", "upgrade", "--prefix", &format!("{}_", pipeline.prefix), "--chunk-rows", "3"])
            .args(["--decide", &decision, "--quiet", "--config"])
            .arg(pipeline.stores().join("dj_local_conf.json"))
            .arg("--out")
            .arg(pipeline.plan())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        pipeline
    }

    fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// The folder of all stores.
    pub(crate) fn stores(&self) -> PathBuf {
        self.folder.path().join("stores")
    }

    fn plan(&self) -> PathBuf {
        self.folder.path().join("plan.json")
    }

    pub(crate) fn plan_json(&self) -> Value {
        read_json(&self.plan())
    }

    fn start(&self, command: Command, variables: &[(&str, &str)]) -> Output {
        let mut program = rejoint_command(&self.home());
        match command {
            Command::Expand => program.args(["apply", "--stage", "expand"]),
            Command::Contract => program.args(["apply", "--stage", "contract", "--trust-sessions"]),
            Command::Undo => program.args(["undo", "--trust-sessions"]),
        };
        program.arg(self.plan()).args(["--quiet", "--config"]).arg(self.stores().join("dj_local_conf.json"));
        program.envs(variables.iter().copied()).output().unwrap()
    }

    /// Runs a command; its exit code and what it said.
    pub(crate) fn run(&self, command: Command) -> (i32, String) {
        let output = self.start(command, &[]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code().unwrap_or_else(|| panic!("{command:?}: {}\n{said}", output.status)), said)
    }

    /// Runs a command that must come to its end.
    pub(crate) fn finish(&self, command: Command, after: &dyn std::fmt::Display) {
        let (code, said) = self.run(command);
        assert_eq!(code, 0, "{}: {command:?} after {after}: {said}", self.prefix);
    }

    /// Runs a command to its end; how many boundaries it passed.
    pub(crate) fn boundaries(&self, command: Command) -> u64 {
        let file = self.folder.path().join("boundaries");
        let output = self.start(command, &[("REJOINT_COUNT_BOUNDARIES", file.to_str().unwrap())]);
        assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
        std::fs::read_to_string(&file).unwrap().parse().unwrap()
    }

    /// Runs a command and stops it. `last` is the number of its last boundary.
    pub(crate) fn stop(&self, command: Command, stop: Stop, last: u64) {
        let (variable, k) = match stop {
            Stop::Abort(k) => ("REJOINT_CRASH_AT", k),
            Stop::Cut(k) => ("REJOINT_CUT_AT", k),
        };
        let output = self.start(command, &[(variable, &k.to_string())]);
        let said = String::from_utf8_lossy(&output.stderr);
        let place = format!("{}: {command:?} with {stop:?} of {last}", self.prefix);
        match stop {
            // no exit code: a signal ended it, so the boundary was reached
            Stop::Abort(_) => assert_eq!(output.status.code(), None, "{place}: {said}"),
            Stop::Cut(k) => {
                // an apply ends with the record of its verification, durable at its last boundary but one
                let unharmed = if command == Command::Undo { last } else { last - 1 };
                let code = if k >= unharmed { 0 } else { 4 };
                assert_eq!(output.status.code(), Some(code), "{place}: {said}");
            }
        }
    }

    /// Runs a command that aborts at its boundary `k`, or ends before.
    pub(crate) fn may_abort(&self, command: Command, k: u64) {
        let output = self.start(command, &[("REJOINT_CRASH_AT", &k.to_string())]);
        let said = String::from_utf8_lossy(&output.stderr);
        let place = format!("{}: {command:?} with a second stop at {k}", self.prefix);
        assert!(matches!(output.status.code(), None | Some(0)), "{place}: {said}");
    }

    /// Runs a command that another command's interruption may forbid; whether it was carried out.
    pub(crate) fn attempt(&self, command: Command, after: &dyn std::fmt::Display) -> bool {
        let (code, said) = self.run(command);
        assert!(code == 0 || code == 3, "{}: {command:?} after {after}: code {code}: {said}", self.prefix);
        code == 0
    }

    /// A client writes.
    pub(crate) fn write(&self, client: Client) {
        let changes = match client {
            Client::V0 => &self.changes["v0"],
            Client::V2 => &self.changes["v2"],
        };
        for (name, content) in changes["files"].as_object().unwrap() {
            let path = self.stores().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes(content.as_str().unwrap())).unwrap();
        }
        self.execute(&changes["sql"]);
    }

    /// Takes away what clients wrote; `objects` are those to keep. The plan must be undone.
    pub(crate) fn clean<'k>(&self, found: impl Iterator<Item = &'k str>, keep: impl Fn(&str) -> bool) {
        self.execute(&self.changes["cleanup"]);
        // the servers keep a trace of each column that was added or dropped instantly, and have room for some dozens on MariaDB
        // (error 1118) and for 255 on MySQL (error 4092)
        let tables = ["base`.`subject", "base`.`#filter", "base`.`__rate", "work`.`session"];
        self.server.execute(tables.map(|name| format!("ALTER TABLE `{}_{name}` FORCE", self.prefix)));
        for name in found.filter(|name| !keep(name)) {
            std::fs::remove_file(self.stores().join(name)).unwrap();
        }
        for entry in std::fs::read_dir(self.folder.path()).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() && path != self.plan() {
                std::fs::remove_file(path).unwrap();
            }
        }
    }

    fn execute(&self, statements: &Value) {
        self.server.execute(statements.as_array().unwrap().iter().map(|sql| sql.as_str().unwrap()));
    }

    /// The certificate, without the time at which it was written.
    pub(crate) fn certificate(&self) -> Value {
        let mut certificate = read_json(&self.plan().with_extension("certificate.json"));
        certificate.as_object_mut().unwrap().remove("created").expect("a certificate says when it was made");
        certificate
    }
}

impl Drop for Pipeline {
    fn drop(&mut self) {
        if std::env::var_os("RJ_TEST_KEEP").is_some() {
            self.folder.disable_cleanup(true);
        } else {
            // a thread of its own: a second panic would hide the first
            let (server, prefix) = (self.server.clone(), self.prefix.clone());
            let _ = std::thread::spawn(move || server.drop_schemas(&prefix)).join();
        }
    }
}

fn read_json(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn bytes(hexadecimal: &str) -> Vec<u8> {
    (0..hexadecimal.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&hexadecimal[i..i + 2], 16).unwrap())
        .collect()
}
