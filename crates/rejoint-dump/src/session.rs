//! What the SET lines of a dump say about the statements after them.

use std::collections::BTreeMap;

use crate::charset::Charset;
use crate::token::{Kind, Quoting, Token, Tokens};

/// At most so many user variables are remembered; the tools use about ten.
const MAX_VARIABLES: usize = 64;
/// Longer values are no settings of a dump.
const MAX_VALUE: usize = 1024;

/// The state of the session that would load the dump.
#[derive(Debug, Clone, Default)]
pub struct Session {
    system: BTreeMap<String, String>,
    user: BTreeMap<String, Option<String>>,
}

const TRACKED: [&str; 5] =
    ["character_set_client", "character_set_results", "collation_connection", "sql_mode", "time_zone"];

impl Session {
    /// The character set of text literals. `None`: the dump does not say it (`--skip-set-charset`, `--compact`,
    /// `--compatible`); the tools of MySQL 8 and of MariaDB 10.6 and newer write utf8mb4 unless told otherwise.
    pub fn charset(&self) -> Option<Charset> {
        self.system.get("character_set_client").and_then(|name| Charset::from_name(name))
    }

    /// The name behind [`Session::charset`], also when it is unknown.
    pub fn charset_name(&self) -> Option<&str> {
        self.system.get("character_set_client").map(String::as_str)
    }

    /// The time zone of TIMESTAMP values: `+00:00` after `--tz-utc` (the default). `None`: that of the server
    /// that was dumped.
    pub fn time_zone(&self) -> Option<&str> {
        self.system.get("time_zone").map(String::as_str)
    }

    /// The SQL mode, `None` before the dump sets it and after it restores it.
    pub fn sql_mode(&self) -> Option<&str> {
        self.system.get("sql_mode").map(String::as_str)
    }

    /// `collation_connection`, as triggers, views and routines are created under it.
    pub fn collation_connection(&self) -> Option<&str> {
        self.system.get("collation_connection").map(String::as_str)
    }

    pub(crate) fn quoting(&self) -> Quoting {
        let has = |wanted: &[&str]| {
            self.sql_mode().is_some_and(|mode| {
                mode.split(',').any(|m| wanted.contains(&m.to_ascii_uppercase().as_str()))
            })
        };
        Quoting { no_backslash: has(&["NO_BACKSLASH_ESCAPES"]), ansi: has(&["ANSI_QUOTES", "ANSI"]) }
    }

    /// Applies a SET statement; `tokens` stand behind the word SET. What does not concern a dump is stepped over.
    pub(crate) fn set(&mut self, mut tokens: Tokens<'_>) {
        let quoting = self.quoting();
        let names = tokens.accept("NAMES");
        if names || (tokens.accept("CHARACTER") && tokens.accept("SET")) {
            let charset = tokens.next().map(|token| text(&token, quoting));
            let collation = if tokens.accept("COLLATE") {
                tokens.next().map(|token| text(&token, quoting))
            } else {
                None
            };
            self.assign_system("character_set_client", charset.clone());
            self.assign_system("character_set_results", charset);
            self.assign_system("collation_connection", collation);
            return;
        }
        loop {
            self.assignment(&mut tokens, quoting);
            // up to the next comma
            loop {
                match tokens.next() {
                    None => return,
                    Some(token) if token.is_symbol(b',') => break,
                    Some(token) if token.is_symbol(b'(') => tokens.skip_parentheses(),
                    Some(_) => {}
                }
            }
        }
    }

    fn assignment(&mut self, tokens: &mut Tokens<'_>, quoting: Quoting) {
        let Some((place, name)) = variable(tokens, quoting) else { return };
        tokens.accept_symbol(b':');
        if !tokens.accept_symbol(b'=') {
            return;
        }
        let mut ahead = tokens.clone();
        let value = if ahead.peek().is_some_and(|token| token.is_symbol(b'@')) {
            match variable(&mut ahead, quoting) {
                Some((Place::User, from)) => self.user.get(&from).cloned().flatten(),
                Some((Place::System, from)) => self.system.get(&from).cloned(),
                Some((Place::Global, _)) | None => None,
            }
        } else {
            ahead
                .next()
                .filter(|token| matches!(token.kind, Kind::Word | Kind::Text))
                .map(|token| text(&token, quoting))
                .filter(|value| value.len() <= MAX_VALUE)
        };
        match place {
            Place::User if self.user.len() < MAX_VARIABLES || self.user.contains_key(&name) => {
                self.user.insert(name, value);
            }
            Place::System if TRACKED.contains(&name.as_str()) => self.assign_system(&name, value),
            _ => {}
        }
    }

    fn assign_system(&mut self, name: &str, value: Option<String>) {
        match value {
            Some(value) => self.system.insert(name.to_owned(), value),
            None => self.system.remove(name),
        };
    }
}

enum Place {
    User,
    System,
    Global,
}

/// `@name`, `@@name`, `@@SESSION.name`, `SESSION name`, `name`.
fn variable(tokens: &mut Tokens<'_>, quoting: Quoting) -> Option<(Place, String)> {
    let mut place = Place::System;
    if tokens.accept_symbol(b'@') {
        if tokens.accept_symbol(b'@') {
            let mut ahead = tokens.clone();
            let scope = ahead.next()?;
            if ahead.accept_symbol(b'.') {
                if scope.is("GLOBAL") || scope.is("PERSIST") {
                    place = Place::Global;
                }
                *tokens = ahead;
            }
        } else {
            place = Place::User;
        }
    } else if tokens.accept("GLOBAL") {
        place = Place::Global;
    } else {
        let _ = tokens.accept("SESSION") || tokens.accept("LOCAL");
    }
    let name = text(&tokens.next()?, quoting).to_ascii_lowercase();
    (name.len() <= MAX_VALUE).then_some((place, name))
}

fn text(token: &Token<'_>, quoting: Quoting) -> String {
    String::from_utf8_lossy(&token.value(quoting)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(lines: &[&str]) -> Session {
        let mut session = Session::default();
        for line in lines {
            let mut tokens = Tokens::new(line.as_bytes(), session.quoting());
            assert!(tokens.accept("SET"), "{line}");
            session.set(tokens);
        }
        session
    }

    #[test]
    fn names_and_time_zone_are_known_until_restored() {
        let mut lines = vec![
            "/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */",
            "/*!50503 SET NAMES utf8mb4 */",
            "/*!40103 SET @OLD_TIME_ZONE=@@TIME_ZONE */",
            "/*!40103 SET TIME_ZONE='+00:00' */",
            "/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */",
            "SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ ''",
        ];
        let session = after(&lines);
        assert_eq!(session.charset(), Some(Charset::UTF8MB4));
        assert_eq!(session.time_zone(), Some("+00:00"));
        assert_eq!(session.sql_mode(), Some("NO_AUTO_VALUE_ON_ZERO"));
        lines.extend(["SET @saved_cs = @@character_set_client", "SET character_set_client = latin1"]);
        assert_eq!(after(&lines).charset(), Some(Charset::LATIN1));
        lines.push("/*!40101 SET character_set_client = @saved_cs */");
        assert_eq!(after(&lines).charset(), Some(Charset::UTF8MB4));
        lines.push("/*!40103 SET TIME_ZONE=@OLD_TIME_ZONE */");
        assert_eq!(after(&lines).time_zone(), None);
    }

    #[test]
    fn sql_mode_switches_quoting_and_back() {
        let mut lines = vec![
            "SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO'",
            "/*!50003 SET @saved_sql_mode       = @@sql_mode */ ",
            "/*!50003 SET sql_mode              = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES' */ ",
        ];
        assert_eq!(after(&lines).quoting(), Quoting { no_backslash: true, ansi: true });
        lines.push("/*!50003 SET sql_mode              = @saved_sql_mode */ ");
        assert_eq!(after(&lines).quoting(), Quoting::default());
    }
}
