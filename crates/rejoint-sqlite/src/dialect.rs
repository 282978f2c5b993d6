//! Statements of MySQL's dialect, as rejoint writes them, in SQLite's.
//!
//! Words are exchanged, not meanings guessed: a function or a form that neither SQLite nor `functions` knows is refused by SQLite.
//! `tests/statements.rs` runs the same statements here and on both servers and compares what comes back.

use crate::names::{physical, quoted};
use crate::tokens::{Token, tokens};
use rejoint_db::Error;
use rejoint_model::TableName;

/// Words of a session that has nothing to set.
const WITHOUT_MEANING: [&str; 2] = ["SET", "LOCK"];

/// Marks `true` and `false` inside JSON_OBJECT: SQLite has no booleans, JSON has.
pub(crate) const JSON_TRUE: &str = "\u{1}true";
/// See [`JSON_TRUE`].
pub(crate) const JSON_FALSE: &str = "\u{1}false";

/// A statement in SQLite's dialect; `None` if there is nothing to do.
///
/// # Errors
/// A quote that does not end.
pub(crate) fn translate(sql: &str) -> Result<Option<String>, Error> {
    let tokens = tokens(sql)?;
    let first = tokens.iter().find(|t| **t != Token::Space);
    if first.is_none_or(|t| WITHOUT_MEANING.iter().any(|w| t.is(w))) {
        return Ok(None);
    }
    let mut out =
        Writer { tokens: &tokens, at: 0, out: String::with_capacity(sql.len() + 64), depth: Vec::new() };
    if first.is_some_and(|t| t.is("START")) {
        return Ok(Some("BEGIN".to_owned()));
    }
    let is_update = first.is_some_and(|t| t.is("UPDATE"));
    let mut in_set = false;
    let mut in_conflict = false;
    while let Some(token) = tokens.get(out.at) {
        if is_update && token.is("SET") && out.depth.is_empty() {
            in_set = true;
        } else if is_update && token.is("WHERE") && out.depth.is_empty() {
            in_set = false;
        }
        let assigned = (in_set || in_conflict) && out.depth.is_empty() && out.begins_assignment();
        if assigned && let Some(skip) = out.qualifier() {
            out.at += skip; // SQLite wants the bare column on the left side
            continue;
        }
        if token.is("ON") && out.words(&["ON", "DUPLICATE", "KEY", "UPDATE"]) {
            out.out.push_str("ON CONFLICT DO UPDATE SET");
            out.skip_words(4);
            in_conflict = true;
            continue;
        }
        if in_conflict && token.is("VALUES") && out.next_symbol("(") {
            out.values_of_conflict();
            continue;
        }
        out.token(is_update);
    }
    Ok(Some(out.out))
}

/// What an open parenthesis belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Paren {
    Plain,
    Json,
    /// `CONVERT(… USING charset)`: what is converted stays as it is.
    Convert,
}

struct Writer<'t, 's> {
    tokens: &'t [Token<'s>],
    at: usize,
    out: String,
    depth: Vec<Paren>,
}

impl Writer<'_, '_> {
    fn get(&self, offset: usize) -> Option<&Token<'_>> {
        self.tokens.get(self.at + offset)
    }

    fn next_symbol(&self, symbol: &str) -> bool {
        self.get(1).is_some_and(|t| t.is_symbol(symbol))
    }

    /// Do these words follow from here, with one blank between them?
    fn words(&self, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(i, w)| self.get(2 * i).is_some_and(|t| t.is(w)))
    }

    fn skip_words(&mut self, n: usize) {
        self.at += 2 * n - 1;
    }

    /// Is what stands here the left side of an assignment? It is what comes after SET, KEY UPDATE or a comma.
    fn begins_assignment(&self) -> bool {
        let before = self.tokens.get(..self.at).unwrap_or_default();
        let last = before.iter().rev().find(|t| **t != Token::Space);
        last.is_some_and(|t| t.is("SET") || t.is("UPDATE") || t.is_symbol(","))
    }

    /// `alias.` or `` `schema`.`table`. `` before a column: how many tokens.
    fn qualifier(&self) -> Option<usize> {
        let name = |at: usize| matches!(self.get(at), Some(Token::Name(_)));
        let point = |at: usize| self.get(at).is_some_and(|t| t.is_symbol("."));
        if name(0) && point(1) && name(2) && point(3) && name(4) {
            return Some(4);
        }
        let alias = name(0) || matches!(self.get(0), Some(Token::Word(_)));
        (alias && point(1) && name(2)).then_some(2)
    }

    /// `VALUES(column)` in ON DUPLICATE KEY UPDATE.
    fn values_of_conflict(&mut self) {
        if let Some(Token::Name(name)) = self.get(2) {
            let column = format!("excluded.{}", quoted(name));
            self.out.push_str(&column);
        }
        self.at += 4;
    }

    fn token(&mut self, is_update: bool) {
        let Some(token) = self.tokens.get(self.at) else { return };
        match token {
            Token::Name(schema) => {
                if self.next_symbol(".")
                    && let Some(Token::Name(table)) = self.get(2)
                {
                    let name = quoted(&physical(&TableName::new(schema.as_str(), table.as_str())));
                    self.out.push_str(&name);
                    self.at += 3;
                    // UPDATE and DELETE take an alias only with AS
                    let alias = matches!(self.get(1), Some(Token::Word(w)) if !w.eq_ignore_ascii_case("SET") && !w.eq_ignore_ascii_case("WHERE") && !w.eq_ignore_ascii_case("AS"));
                    if is_update
                        && self.depth.is_empty()
                        && self.get(0) == Some(&Token::Space)
                        && alias
                        && self.out.starts_with("UPDATE")
                        && !self.out.contains(" SET")
                    {
                        self.out.push_str(" AS");
                    }
                    return;
                }
                self.out.push_str(&quoted(schema));
            }
            Token::Text(value) => self.out.push_str(&literal(value)),
            Token::Number(number) => self.out.push_str(number),
            Token::Space => self.out.push(' '),
            Token::Mark => self.out.push('?'),
            Token::Symbol("(") => {
                self.depth.push(Paren::Plain);
                self.out.push('(');
            }
            Token::Symbol(")") => {
                self.depth.pop();
                self.out.push(')');
            }
            Token::Symbol("<=>") => self.out.push_str("IS"),
            Token::Symbol(symbol) => self.out.push_str(symbol),
            Token::Word(word) => {
                let word = *word;
                self.word(word);
                return;
            }
        }
        self.at += 1;
    }

    fn word(&mut self, word: &str) {
        let upper = word.to_ascii_uppercase();
        let calls = self.next_symbol("(");
        match upper.as_str() {
            // a character set before a text literal
            "_UTF8MB4" | "_ASCII" | "_UTF8MB3" if matches!(self.get(1), Some(Token::Text(_))) => {}
            "IF" if calls => self.out.push_str("iif"),
            // a server warns of what it ignored, and a warning is an error
            "IGNORE" if self.out.ends_with("INSERT ") => self.at += 1,
            "CONVERT" if calls => {
                self.depth.push(Paren::Convert);
                self.out.push('(');
                self.at += 1;
            }
            "USING" if self.depth.last() == Some(&Paren::Convert) => {
                self.at += 2; // the blank and the character set
            }
            "COLLATE" => {
                // text is compared by its bytes
                self.at += 2;
            }
            "JSON_OBJECT" if calls => {
                self.out.push_str("json_object_mysql(");
                self.depth.push(Paren::Json);
                self.at += 1;
            }
            "TRUE" | "FALSE" if self.depth.last() == Some(&Paren::Json) => {
                self.out.push_str(&literal(if upper == "TRUE" { JSON_TRUE } else { JSON_FALSE }));
            }
            "JSON_EXTRACT" | "JSON_TYPE" | "CONCAT" | "LEAST" | "LOWER" | "HEX" if calls => {
                self.out.push_str(&format!("{}_mysql", word.to_ascii_lowercase()));
            }
            "LENGTH" if calls => self.out.push_str("octet_length"),
            "LAST_INSERT_ID" if calls => self.out.push_str("last_insert_rowid"),
            "SECOND" => self.out.push_str("'SECOND'"),
            "SIGNED" | "UNSIGNED" if self.depth.last().is_some() => self.out.push_str("INTEGER"),
            "CHAR" if self.depth.last().is_some() => self.out.push_str("TEXT"),
            "BINARY" if self.depth.last().is_some() => self.out.push_str("BLOB"),
            _ if word.starts_with("@@") => {
                // @@global.time_zone: the engine's clock runs in UTC
                self.out.push_str("'+00:00'");
                if self.next_symbol(".") {
                    self.at += 2;
                }
            }
            _ => self.out.push_str(word),
        }
        self.at += 1;
    }
}

/// A text literal: SQLite has no escapes, and ends a statement at a NUL.
pub(crate) fn literal(value: &str) -> String {
    if value.contains('\0') {
        let hex = data_encoding::HEXLOWER.encode(value.as_bytes());
        return format!("CAST(x'{hex}' AS TEXT)");
    }
    format!("'{}'", value.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(sql: &str) -> String {
        translate(sql).unwrap().unwrap_or_else(|| "nothing".to_owned())
    }

    #[test]
    fn statements_of_the_runner_are_understood() {
        let all = [
            "UPDATE `s`.`#T` t SET\n  t.`_n` = (SELECT JSON_OBJECT('a',LOWER(HEX(e.`h`)),'is_dir',false) FROM `s`.`~external_r` e WHERE e.`h` = t.`p`),\n  t.`at` = t.`at`\nWHERE TRUE",
            "INSERT INTO `s`.`o` (`a`, `b`) SELECT DISTINCT ?, t.`c` FROM `s`.`t` t WHERE t.`c` IS NOT NULL ON DUPLICATE KEY UPDATE `b` = `s`.`o`.`b`",
            "INSERT INTO `s`.`o` (`a`) VALUES (?) ON DUPLICATE KEY UPDATE `a` = VALUES(`a`)",
            "INSERT INTO `s`.`o` (`a`) VALUES (?) ON DUPLICATE KEY UPDATE `s`.`o`.`a` = `s`.`o`.`a`, `b` = VALUES(`b`)",
            "INSERT IGNORE INTO `s`.`o` (`a`) VALUES ('it''s\\n', _ascii'x')",
            "SELECT CAST(MAX(`t`) AS CHAR), CAST(1 AS SIGNED), OCTET_LENGTH(CONVERT(e.`n` USING utf8mb4))+1 FROM `a`.`~log`",
            "SELECT MIN(CONVERT(`a` USING utf8mb4) COLLATE utf8mb4_bin) AS a FROM `a`.`t`",
            "SELECT COALESCE(CONVERT_TZ(j.`timestamp`, '+00:00', @@global.time_zone), 1)",
            "SET SESSION foreign_key_checks = 0",
            "START TRANSACTION",
        ];
        insta::assert_snapshot!(all.map(|sql| shown(sql).replace('\u{1}', "\\u{1}").replace("s\n'", "s\\n'")).join("\n"), @r#"
        UPDATE "1:s.#^T" AS t SET "_n" = (SELECT json_object_mysql('a',lower_mysql(hex_mysql(e."h")),'is_dir','\u{1}false') FROM "1:s.~external_r" e WHERE e."h" = t."p"), "at" = t."at" WHERE TRUE
        INSERT INTO "1:s.o" ("a", "b") SELECT DISTINCT ?, t."c" FROM "1:s.t" t WHERE t."c" IS NOT NULL ON CONFLICT DO UPDATE SET "b" = "1:s.o"."b"
        INSERT INTO "1:s.o" ("a") VALUES (?) ON CONFLICT DO UPDATE SET "a" = excluded."a"
        INSERT INTO "1:s.o" ("a") VALUES (?) ON CONFLICT DO UPDATE SET "a" = "1:s.o"."a", "b" = excluded."b"
        INSERT INTO "1:s.o" ("a") VALUES ('it''s\n', 'x')
        SELECT CAST(MAX("t") AS TEXT), CAST(1 AS INTEGER), OCTET_LENGTH((e."n" ))+1 FROM "1:a.~log"
        SELECT MIN(("a" ) ) AS a FROM "1:a.t"
        SELECT COALESCE(CONVERT_TZ(j."timestamp", '+00:00', '+00:00'), 1)
        nothing
        BEGIN
        "#);
    }

    #[test]
    fn a_nul_in_a_text_does_not_end_the_statement() {
        assert_eq!(shown("SELECT 'a\\0b'"), "SELECT CAST(x'610062' AS TEXT)");
    }
}
