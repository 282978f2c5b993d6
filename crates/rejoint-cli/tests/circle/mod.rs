//! The program driven through its stages on a real lab, with an account and a password of its own.
//!
//! Every run checks that the password is in nothing the program prints; [`Circle::secret_is_nowhere`] looks into the files.
#![allow(dead_code, unreachable_pub, reason = "each test uses a part of it")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "steps shared by tests fail the test"
)]

use mysql::prelude::Queryable as _;
use rejoint_testkit::{Lab, LabOptions, Server, rejoint_command};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

/// A lab, and the account that upgrades it.
pub struct Circle {
    pub lab: Lab,
    /// Without the lab's account: may do everything.
    pub root: Server,
    pub secret: String,
    pub user: String,
}

/// What a run of the program said.
#[derive(Debug)]
pub struct Said {
    pub code: i32,
    pub text: String,
}

impl Said {
    fn of(output: &Output, secret: &str) -> Self {
        let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.push_str(&String::from_utf8_lossy(&output.stderr));
        assert!(!text.contains(secret), "the password was printed:\n{text}");
        Said { code: output.status.code().unwrap_or(-1), text }
    }

    /// Asserts the exit code, and that everything in `parts` was said.
    #[track_caller]
    pub fn expect(&self, code: i32, parts: &[&str]) -> &Self {
        assert_eq!(self.code, code, "the exit code is not {code}:\n{}", self.text);
        for part in parts {
            assert!(self.text.contains(part), "`{part}` was not said:\n{}", self.text);
        }
        self
    }

    #[track_caller]
    pub fn ok(&self) -> &Self {
        self.expect(0, &[])
    }
}

impl Circle {
    /// A lab, and an account that has every privilege on its schemas and may see all sessions.
    pub fn new(server: &Server, name: &str, options: &LabOptions) -> Self {
        Self::around(server, Lab::build(server, name, options))
    }

    /// With the smallest tables: for tests of messages.
    pub fn small(server: &Server, name: &str, edges: &[&'static str]) -> Self {
        let options =
            LabOptions { bulk_rows: 12, bulk_external: 6, bulk_files: 4, ..LabOptions::with(edges) };
        Self::new(server, name, &options)
    }

    pub fn around(server: &Server, mut lab: Lab) -> Self {
        let user = lab.prefix.replace("rjt_", "rju_");
        let secret = format!("s3cr3t/{}'\"%", lab.prefix);
        let circle_user = server.as_user(&user, &secret);
        let pattern = lab.prefix.replace('_', "\\_");
        let mut root = server.connect();
        root.query_drop(format!("DROP USER IF EXISTS '{user}'@'%'")).unwrap();
        root.query_drop(format!("CREATE USER '{user}'@'%' IDENTIFIED BY '{}'", secret.replace('\'', "''")))
            .unwrap();
        root.query_drop(format!("GRANT ALL ON `{pattern}\\_%`.* TO '{user}'@'%'")).unwrap();
        // SUPER: with a binary log the server lets nobody else make triggers
        root.query_drop(format!("GRANT PROCESS, SUPER ON *.* TO '{user}'@'%'")).unwrap();
        write_settings(&lab, &circle_user);
        lab.server = circle_user;
        Circle { lab, root: server.clone(), secret, user }
    }

    pub fn settings(&self) -> PathBuf {
        self.lab.file("account.json")
    }

    /// A path beside the stores.
    pub fn plan_file(&self, name: &str) -> PathBuf {
        self.lab.file(&format!("{name}.plan.json"))
    }

    /// The program with the lab's settings.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = rejoint_command(&self.lab.home());
        command.args(arguments).arg("--config").arg(self.settings()).args([
            "--tls",
            "off",
            "--lock-wait",
            "1",
        ]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Said {
        self.finish(&mut self.command(arguments))
    }

    pub fn finish(&self, command: &mut Command) -> Said {
        Said::of(&command.output().expect("rejoint starts"), &self.secret)
    }

    pub fn wait(&self, child: Child) -> Said {
        Said::of(&child.wait_with_output().expect("rejoint ends"), &self.secret)
    }

    pub fn plan(&self, name: &str, more: &[&str]) -> Said {
        let (prefix, out) = (format!("{}_", self.lab.prefix), self.plan_file(name));
        let mut arguments = vec!["plan", "upgrade", "--prefix", &prefix, "-o", out.to_str().unwrap()];
        arguments.extend(more);
        self.run(&arguments)
    }

    pub fn apply(&self, name: &str, stage: &str, more: &[&str]) -> Said {
        self.on_plan("apply", name, &[&["--stage", stage], more].concat())
    }

    /// `contract` in spite of the sessions that other tests have on the same server.
    pub fn contract(&self, name: &str) -> Said {
        self.apply(name, "contract", &["--trust-sessions"])
    }

    pub fn undo(&self, name: &str) -> Said {
        self.on_plan("undo", name, &["--trust-sessions"])
    }

    pub fn verify(&self, name: &str) -> Said {
        let certificate = self.lab.file(&format!("{name}.plan.certificate.json"));
        self.run(&["verify", certificate.to_str().unwrap()])
    }

    pub fn on_plan(&self, verb: &str, name: &str, more: &[&str]) -> Said {
        let file = self.plan_file(name);
        self.run(&[&[verb, file.to_str().unwrap()], more].concat())
    }

    /// Plan, expand, contract.
    pub fn upgrade(&self, name: &str) {
        self.plan(name, &[]).ok();
        self.apply(name, "expand", &[]).ok();
        self.contract(name).ok();
    }

    /// Runs statements as root, where `LAB` stands for the prefix of the schemas.
    pub fn sql(&self, statements: &[&str]) {
        self.root.execute(statements.iter().map(|s| s.replace("LAB", &self.lab.prefix)));
    }

    /// One value as text, where `LAB` stands for the prefix.
    pub fn text(&self, sql: &str) -> String {
        let found: Option<String> =
            self.root.connect().query_first(sql.replace("LAB", &self.lab.prefix)).unwrap();
        found.unwrap_or_else(|| panic!("no row: {sql}"))
    }

    /// Definitions, contents and objects: what a refusal must not change. Our own hidden tables are left out.
    pub fn state(&self) -> BTreeMap<String, String> {
        let mut state = self.lab.show_create();
        state.retain(|name, _| !name.contains(".~rejoint_"));
        let mut connection = self.root.connect();
        for name in state.keys().cloned().collect::<Vec<_>>() {
            if let Some((schema, table)) = name.split_once('.') {
                if table.starts_with("trigger ") || state[&name].starts_with("CREATE ALGORITHM") {
                    continue;
                }
                let sql = format!("CHECKSUM TABLE `{schema}`.`{}`", table.replace('`', "``"));
                let row: mysql::Row = connection.query_first(sql).unwrap().unwrap();
                state.insert(format!("rows of {name}"), format!("{:?}", row.as_ref(1)));
            }
        }
        for (path, content) in self.lab.objects() {
            state.insert(
                format!("object {path}"),
                format!("{} {:?}", content.len(), content.first_chunk::<64>()),
            );
        }
        state
    }

    #[track_caller]
    pub fn unchanged_since(&self, before: &BTreeMap<String, String>) {
        let after = self.state();
        let mut changed: Vec<&String> =
            before.iter().filter(|(k, v)| after.get(*k) != Some(v)).map(|(k, _)| k).collect();
        changed.extend(after.keys().filter(|k| !before.contains_key(*k)));
        assert!(changed.is_empty(), "changed: {changed:?}");
    }

    /// Is there a journal, so has any run begun?
    pub fn begun(&self) -> bool {
        self.lab.show_create().keys().any(|name| name.ends_with(".~rejoint_journal"))
    }

    /// The password is in no file that the program wrote, and not in the journal.
    #[track_caller]
    pub fn secret_is_nowhere(&self) {
        let escaped = serde_json::to_string(&self.secret).unwrap();
        let escaped = escaped.trim_matches('"').as_bytes().to_vec();
        let mut seen = 0;
        let folder = self.settings().parent().unwrap().to_path_buf();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() || path == self.settings() {
                continue;
            }
            let content = std::fs::read(&path).unwrap();
            for secret in [self.secret.as_bytes(), &escaped] {
                assert!(
                    !content.windows(secret.len()).any(|w| w == secret),
                    "the password is in {}",
                    path.display()
                );
            }
            seen += 1;
        }
        assert!(seen > 0, "no file was looked into");
        if self.begun() {
            let home = self
                .lab
                .schemas()
                .into_iter()
                .find(|s| self.lab.show_create().contains_key(&format!("{s}.~rejoint_journal")));
            let sql = format!(
                "SELECT COUNT(*) FROM `{}`.`~rejoint_journal` WHERE INSTR(detail, ?) > 0",
                home.unwrap()
            );
            let n: Option<u64> = self.root.connect().exec_first(sql, (&self.secret,)).unwrap();
            assert_eq!(n, Some(0), "the password is in the journal");
        }
    }
}

/// The lab's settings with another account or way to the server.
pub fn write_settings(lab: &Lab, server: &Server) {
    let text = std::fs::read_to_string(lab.settings_file()).unwrap();
    let mut settings: serde_json::Value = serde_json::from_str(&text).unwrap();
    settings["database.host"] = server.host.clone().into();
    settings["database.port"] = server.port.into();
    settings["database.user"] = server.user.clone().into();
    settings["database.password"] = server.password.clone().into();
    std::fs::write(lab.file("account.json"), settings.to_string()).unwrap();
}

impl Drop for Circle {
    fn drop(&mut self) {
        let (root, user) = (self.root.clone(), self.user.clone());
        // a second panic would hide the first
        let _ =
            std::thread::spawn(move || root.execute([format!("DROP USER IF EXISTS '{user}'@'%'")])).join();
    }
}
