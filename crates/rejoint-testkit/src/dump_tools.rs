//! The servers' own tools: dumps taken and loaded as labs do it (`dev/servers client` names the programs).

use crate::server::{Flavour, Server};
use std::io::Write as _;
use std::process::{Command, Stdio};

impl Server {
    /// `mysql`, `mysqldump` or MariaDB's own, connected to this server. `what` is `dump` or `client`.
    ///
    /// # Panics
    /// When `dev/servers client` was not evaluated.
    pub fn tool(&self, what: &str) -> Command {
        let variable = match (self.flavour, what) {
            (Flavour::Mysql, "dump") => "RJ_TEST_MYSQLDUMP",
            (Flavour::Mysql, _) => "RJ_TEST_MYSQL_CLIENT",
            (Flavour::Mariadb, "dump") => "RJ_TEST_MARIADB_DUMP",
            (Flavour::Mariadb, _) => "RJ_TEST_MARIADB_CLIENT",
            (Flavour::Mariadb118, "dump") => "RJ_TEST_MARIADB118_DUMP",
            (Flavour::Mariadb118, _) => "RJ_TEST_MARIADB118_CLIENT",
        };
        let path = std::env::var(variable)
            .unwrap_or_else(|_| panic!("{variable} is not set: run eval \"$(dev/servers client)\" first"));
        let mut command = Command::new(path);
        command
            .args(["--host", &self.host, "--port", &self.port.to_string(), "--protocol=tcp"])
            .args(["--user", &self.user])
            .env("MYSQL_PWD", &self.password);
        command
    }

    /// A dump of these schemas, with `--databases` and these options.
    ///
    /// # Panics
    /// When the tool fails, with what it says.
    pub fn dump(&self, options: &[&str], schemas: &[String]) -> Vec<u8> {
        let output = self
            .tool("dump")
            .args(options)
            .arg("--databases")
            .args(schemas)
            .output()
            .expect("the tool starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    /// Loads a dump.
    ///
    /// # Panics
    /// When the client fails, with what it says.
    pub fn load(&self, dump: &[u8]) {
        let mut child = self
            .tool("client")
            .args(["--default-character-set=utf8mb4", "--binary-mode", "--comments"])
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the client starts");
        let mut input = child.stdin.take().expect("its input");
        let dump = dump.to_vec();
        let feed = std::thread::spawn(move || input.write_all(&dump));
        let output = child.wait_with_output().expect("the client ends");
        // a client that fails closes its input; its message says more
        let _ = feed.join();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}
