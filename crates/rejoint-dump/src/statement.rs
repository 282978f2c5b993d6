//! What a whole statement is.

use crate::error::QualifiedName;
use crate::token::{Quoting, Token, Tokens, without_version_comments};

/// A statement by what it does; names are bytes in the dump's character set.
#[derive(Debug)]
pub(crate) enum Statement<'a> {
    /// Nothing that a reader needs: DROP, LOCK, keys off and on, transactions, replication.
    Ignored,
    /// UNLOCK TABLES: the rows of a table are all there.
    Unlock,
    Set(Tokens<'a>),
    Use(Vec<u8>),
    Database {
        name: Vec<u8>,
        charset: Option<String>,
        collation: Option<String>,
        alter: bool,
    },
    Table {
        name: RawName,
    },
    /// The stand-in of a view; older tools make a table of it.
    Placeholder {
        name: RawName,
        columns: Vec<Vec<u8>>,
    },
    View {
        name: RawName,
        definer: Option<Vec<u8>>,
        select: Vec<u8>,
        create: Vec<u8>,
    },
    Trigger(Box<RawTrigger>),
    Routine {
        kind: crate::event::RoutineKind,
        name: RawName,
        definer: Option<Vec<u8>>,
        create: Vec<u8>,
    },
    Other,
}

/// A name with or without its database, as bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RawName {
    pub(crate) database: Option<Vec<u8>>,
    pub(crate) name: Vec<u8>,
}

#[derive(Debug)]
pub(crate) struct RawTrigger {
    pub(crate) name: RawName,
    pub(crate) table: RawName,
    pub(crate) timing: String,
    pub(crate) event: String,
    pub(crate) definer: Option<Vec<u8>>,
    pub(crate) body: Vec<u8>,
    pub(crate) create: Vec<u8>,
}

impl RawName {
    pub(crate) fn read(tokens: &mut Tokens<'_>) -> Option<Self> {
        let first = tokens.name()?;
        if tokens.accept_symbol(b'.') {
            return Some(Self { database: Some(first), name: tokens.name()? });
        }
        Some(Self { database: None, name: first })
    }

    /// The name as text; `current` is the database chosen.
    pub(crate) fn decode(
        &self,
        current: Option<&str>,
        text: impl Fn(&[u8]) -> Option<String>,
    ) -> Option<QualifiedName> {
        let database = match &self.database {
            Some(database) => Some(text(database)?),
            None => current.map(str::to_owned),
        };
        Some(QualifiedName { database, name: text(&self.name)? })
    }
}

/// Classifies a statement. `None`: it looks like one that is known, but its parts are not.
pub(crate) fn classify(statement: &[u8], quoting: Quoting) -> Option<Statement<'_>> {
    let mut tokens = Tokens::new(statement, quoting);
    let Some(first) = tokens.next() else { return Some(Statement::Ignored) };
    if first.is("SET") {
        return Some(Statement::Set(tokens));
    }
    if first.is("USE") {
        return Some(Statement::Use(tokens.name()?));
    }
    if first.is("CREATE") {
        return create(statement, tokens, quoting);
    }
    if first.is("ALTER") {
        return alter(tokens, quoting);
    }
    if first.is("UNLOCK") {
        return Some(Statement::Unlock);
    }
    let ignored = ["DROP", "LOCK", "COMMIT", "BEGIN", "START", "FLUSH", "ANALYZE", "CHANGE", "STOP", "RESET"];
    if ignored.iter().any(|word| first.is(word)) {
        return Some(Statement::Ignored);
    }
    Some(Statement::Other)
}

fn alter<'a>(mut tokens: Tokens<'_>, quoting: Quoting) -> Option<Statement<'a>> {
    if tokens.accept("DATABASE") || tokens.accept("SCHEMA") {
        return database(tokens, quoting, true);
    }
    if tokens.accept("TABLE") {
        RawName::read(&mut tokens)?;
        if (tokens.accept("DISABLE") || tokens.accept("ENABLE")) && tokens.accept("KEYS") {
            return Some(Statement::Ignored);
        }
    }
    Some(Statement::Other)
}

fn database<'a>(mut tokens: Tokens<'_>, quoting: Quoting, alter: bool) -> Option<Statement<'a>> {
    if tokens.accept("IF") {
        tokens.accept("NOT");
        tokens.accept("EXISTS");
    }
    let name = tokens.name()?;
    let (mut charset, mut collation) = (None, None);
    while let Some(token) = tokens.next() {
        let place = if token.is("CHARSET") || (token.is("CHARACTER") && tokens.accept("SET")) {
            &mut charset
        } else if token.is("COLLATE") {
            &mut collation
        } else {
            continue;
        };
        tokens.accept_symbol(b'=');
        *place = Some(String::from_utf8(tokens.next()?.value(quoting)).ok()?);
    }
    Some(Statement::Database { name, charset, collation, alter })
}

fn create<'a>(statement: &'a [u8], mut tokens: Tokens<'_>, quoting: Quoting) -> Option<Statement<'a>> {
    if tokens.accept("DATABASE") || tokens.accept("SCHEMA") {
        return database(tokens, quoting, false);
    }
    let mut definer: Option<(usize, usize)> = None;
    let mut plain = true;
    while let Some(token) = tokens.next() {
        if token.is("TABLE") {
            if_not_exists(&mut tokens);
            let name = RawName::read(&mut tokens)?;
            // a table is never created within a versioned comment, but the stand-in of a view is
            if statement.trim_ascii_start().starts_with(b"/*!") {
                let columns = crate::columns::parse_columns(statement, quoting)?;
                let columns = columns.into_iter().map(|column| column.name.into_bytes()).collect();
                return Some(Statement::Placeholder { name, columns });
            }
            return Some(Statement::Table { name });
        }
        if token.is("VIEW") {
            if_not_exists(&mut tokens);
            let name = RawName::read(&mut tokens)?;
            if plain && let Some(columns) = placeholder_columns(tokens.clone(), quoting) {
                return Some(Statement::Placeholder { name, columns });
            }
            return view(statement, name, quoting);
        }
        if token.is("TRIGGER") {
            return trigger(statement, quoting);
        }
        let kind = if token.is("PROCEDURE") {
            Some(crate::event::RoutineKind::Procedure)
        } else if token.is("FUNCTION") {
            Some(crate::event::RoutineKind::Function)
        } else if token.is("EVENT") {
            Some(crate::event::RoutineKind::Event)
        } else {
            None
        };
        if let Some(kind) = kind {
            if_not_exists(&mut tokens);
            let name = RawName::read(&mut tokens)?;
            let create = without_version_comments(statement, quoting);
            let definer = definer.and_then(|(from, to)| statement.get(from..to)).map(definer_text);
            return Some(Statement::Routine { kind, name, definer, create });
        }
        // the other DEFINER is that of SQL SECURITY
        if token.is("DEFINER") && tokens.accept_symbol(b'=') {
            definer = Some(account(&mut tokens)?);
            plain = false;
        } else if token.is("ALGORITHM") {
            tokens.accept_symbol(b'=');
            tokens.next();
            plain = false;
        } else if !["OR", "REPLACE", "TEMPORARY", "SQL", "SECURITY", "DEFINER", "INVOKER", "AGGREGATE"]
            .iter()
            .any(|w| token.is(w))
        {
            return Some(Statement::Other);
        }
    }
    Some(Statement::Other)
}

fn if_not_exists(tokens: &mut Tokens<'_>) {
    let mut ahead = tokens.clone();
    if ahead.accept("IF") && ahead.accept("NOT") && ahead.accept("EXISTS") {
        *tokens = ahead;
    }
}

/// Steps over `user@host`, `CURRENT_USER` or a role; its place.
fn account(tokens: &mut Tokens<'_>) -> Option<(usize, usize)> {
    let user = tokens.next()?;
    let mut end = user.end;
    if tokens.accept_symbol(b'@') {
        let mut host: Token<'_> = tokens.next()?;
        end = host.end;
        // an unquoted address: 10.0.0.1 or host-name
        while tokens.at() == host.end && tokens.peek().is_some_and(|t| t.start == end && !t.is_symbol(b'*')) {
            host = tokens.next()?;
            end = host.end;
        }
    }
    Some((user.start, end))
}

fn definer_text(bytes: &[u8]) -> Vec<u8> {
    bytes.trim_ascii().to_vec()
}

/// `AS SELECT 1 AS a, 1 AS b` of MySQL, `NULL AS a` of MariaDB: the columns; `None` for a real SELECT.
fn placeholder_columns(mut tokens: Tokens<'_>, quoting: Quoting) -> Option<Vec<Vec<u8>>> {
    if !tokens.accept("AS") || !tokens.accept("SELECT") {
        return None;
    }
    let mut columns = Vec::new();
    loop {
        let value = tokens.next()?;
        if !value.is("1") && !value.is("NULL") || !tokens.accept("AS") {
            return None;
        }
        columns.push(tokens.next()?.value(quoting));
        if !tokens.accept_symbol(b',') {
            return tokens.next().is_none().then_some(columns);
        }
    }
}

/// Reads on past `kind` (`VIEW` or `TRIGGER`): the definer named before it, or none.
fn definer_before(tokens: &mut Tokens<'_>, create: &[u8], kind: &str) -> Option<Option<Vec<u8>>> {
    let mut definer = None;
    loop {
        let token = tokens.next()?;
        if token.is("DEFINER") && tokens.accept_symbol(b'=') {
            let (from, to) = account(tokens)?;
            definer = create.get(from..to).map(definer_text);
        } else if token.is(kind) {
            return Some(definer);
        }
    }
}

fn view<'a>(statement: &[u8], name: RawName, quoting: Quoting) -> Option<Statement<'a>> {
    let create = without_version_comments(statement, quoting);
    let mut tokens = Tokens::new(&create, quoting);
    let definer = definer_before(&mut tokens, &create, "VIEW")?;
    if_not_exists(&mut tokens);
    RawName::read(&mut tokens)?;
    if tokens.accept_symbol(b'(') {
        tokens.skip_parentheses();
    }
    if !tokens.accept("AS") {
        return None;
    }
    let select = create.get(tokens.at()..)?.trim_ascii().to_vec();
    Some(Statement::View { name, definer, select, create })
}

fn trigger<'a>(statement: &[u8], quoting: Quoting) -> Option<Statement<'a>> {
    let create = without_version_comments(statement, quoting);
    let mut tokens = Tokens::new(&create, quoting);
    let definer = definer_before(&mut tokens, &create, "TRIGGER")?;
    if_not_exists(&mut tokens);
    let name = RawName::read(&mut tokens)?;
    let timing = keyword(&mut tokens)?;
    let event = keyword(&mut tokens)?;
    if !tokens.accept("ON") {
        return None;
    }
    let table = RawName::read(&mut tokens)?;
    if !(tokens.accept("FOR") && tokens.accept("EACH") && tokens.accept("ROW")) {
        return None;
    }
    if tokens.accept("FOLLOWS") || tokens.accept("PRECEDES") {
        RawName::read(&mut tokens)?;
    }
    let body = create.get(tokens.at()..)?.trim_ascii().to_vec();
    Some(Statement::Trigger(Box::new(RawTrigger { name, table, timing, event, definer, body, create })))
}

fn keyword(tokens: &mut Tokens<'_>) -> Option<String> {
    Some(String::from_utf8_lossy(tokens.next()?.raw).to_ascii_uppercase())
}

/// The beginning of an INSERT, up to VALUES.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct InsertHead {
    pub(crate) name: RawName,
    pub(crate) columns: Option<Vec<Vec<u8>>>,
    /// The byte after VALUES.
    pub(crate) end: usize,
}

/// Reads `INSERT INTO name [(columns)] VALUES`. `Ok(None)`: more input is needed; `Err`: at which byte it is something
/// else.
pub(crate) fn insert_head(bytes: &[u8], quoting: Quoting) -> Result<Option<InsertHead>, usize> {
    let mut tokens = Tokens::new(bytes, quoting);
    tokens.next();
    let words = ["LOW_PRIORITY", "DELAYED", "HIGH_PRIORITY", "IGNORE"];
    while words.iter().any(|word| tokens.accept(word)) {}
    tokens.accept("INTO");
    let Some(name) = RawName::read(&mut tokens) else { return unfinished(&tokens, bytes) };
    let mut columns = None;
    if tokens.accept_symbol(b'(') {
        let mut names = Vec::new();
        loop {
            if tokens.accept_symbol(b')') {
                break;
            }
            let Some(column) = tokens.name() else { return unfinished(&tokens, bytes) };
            names.push(column);
            if !tokens.accept_symbol(b',') && !tokens.peek().is_some_and(|t| t.is_symbol(b')')) {
                return unfinished(&tokens, bytes);
            }
        }
        columns = Some(names);
    }
    let mut ahead = tokens.clone();
    if !(ahead.accept("VALUES") || ahead.accept("VALUE")) || ahead.at() >= bytes.len() {
        return unfinished(&tokens, bytes);
    }
    Ok(Some(InsertHead { name, columns, end: ahead.at() }))
}

/// The next token is not what it should be: is it only cut off?
fn unfinished<T>(tokens: &Tokens<'_>, bytes: &[u8]) -> Result<Option<T>, usize> {
    match tokens.peek() {
        Some(token) if token.end < bytes.len() => Err(token.start),
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(statement: &str) -> String {
        match classify(statement.as_bytes(), Quoting::default()) {
            None => "not understood".to_owned(),
            Some(Statement::Placeholder { columns, .. }) => {
                format!(
                    "placeholder {:?}",
                    columns.iter().map(|c| String::from_utf8_lossy(c)).collect::<Vec<_>>()
                )
            }
            Some(Statement::View { definer, select, .. }) => format!(
                "view {:?} {}",
                definer.map(|d| String::from_utf8_lossy(&d).into_owned()),
                String::from_utf8_lossy(&select)
            ),
            Some(Statement::Trigger(t)) => format!(
                "trigger {:?} {} {} {}",
                t.definer.map(|d| String::from_utf8_lossy(&d).into_owned()),
                t.timing,
                t.event,
                String::from_utf8_lossy(&t.body)
            ),
            Some(Statement::Routine { kind, definer, .. }) => {
                format!("{kind:?} {:?}", definer.map(|d| String::from_utf8_lossy(&d).into_owned()))
            }
            Some(Statement::Database { charset, collation, alter, .. }) => {
                format!("database {charset:?} {collation:?} {alter}")
            }
            Some(Statement::Table { name }) => format!("table {}", String::from_utf8_lossy(&name.name)),
            Some(Statement::Use(name)) => format!("use {}", String::from_utf8_lossy(&name)),
            Some(Statement::Set(_)) => "set".to_owned(),
            Some(Statement::Unlock) => "unlock".to_owned(),
            Some(Statement::Ignored) => "ignored".to_owned(),
            Some(Statement::Other) => "other".to_owned(),
        }
    }

    #[test]
    fn statements_are_told_apart() {
        let statements = [
            "/*!40000 DROP DATABASE IF EXISTS `x`*/",
            "CREATE DATABASE /*!32312 IF NOT EXISTS*/ `x``y` /*!40100 DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */ /*!80016 DEFAULT ENCRYPTION='N' */",
            "ALTER DATABASE `x` CHARACTER SET latin1 COLLATE latin1_swedish_ci ",
            "CREATE TABLE IF NOT EXISTS `view` (`id` int)",
            "/*!50001 CREATE TABLE `v` (\n  `a` int,\n  `b` tinyint NOT NULL\n) ENGINE=MyISAM */",
            "/*!50001 CREATE VIEW `v1` AS SELECT \n 1 AS `a``b`,\n 1 AS `id`*/",
            "/*!50001 CREATE VIEW `v1` AS SELECT\n NULL AS `a``b`,\n NULL AS `id` */",
            "/*!50001 CREATE ALGORITHM=UNDEFINED */\n/*!50013 DEFINER=`root`@`%` SQL SECURITY DEFINER */\n/*!50001 VIEW `v1` AS select 1 AS `a` */",
            "CREATE VIEW v AS SELECT a FROM t",
            "/*!50003 CREATE*/ /*!50017 DEFINER=root@localhost*/ /*!50003 TRIGGER tr1 BEFORE INSERT ON `parent` FOR EACH ROW BEGIN SET NEW.n = 1; END */",
            "CREATE DEFINER=`root`@`localhost` PROCEDURE `pr`(x int)\nBEGIN SELECT 1; END",
            "/*!50106 CREATE*/ /*!50117 DEFINER=`root`@`10.0.0.1`*/ /*!50106 EVENT `ev` ON SCHEDULE EVERY 1 DAY DO SELECT 1 */ ",
            "/*!40000 ALTER TABLE `t` DISABLE KEYS */",
            "ALTER TABLE `t` ADD COLUMN x int",
            "UNLOCK TABLES",
            "CREATE SEQUENCE `s`",
            "GRANT ALL ON *.* TO x",
            "USE `x``y`",
            "/*!40101 SET NAMES utf8 */",
            " /* SET @@GLOBAL.GTID_PURGED='+x';*/",
            "CREATE TRIGGER x",
        ];
        let all: String = statements.iter().map(|s| format!("{}\n", shown(s))).collect();
        insta::assert_snapshot!(all, @r#"
        ignored
        database Some("utf8mb4") Some("utf8mb4_bin") false
        database Some("latin1") Some("latin1_swedish_ci") true
        table view
        placeholder ["a", "b"]
        placeholder ["a`b", "id"]
        placeholder ["a`b", "id"]
        view Some("`root`@`%`") select 1 AS `a`
        view None SELECT a FROM t
        trigger Some("root@localhost") BEFORE INSERT BEGIN SET NEW.n = 1; END
        Procedure Some("`root`@`localhost`")
        Event Some("`root`@`10.0.0.1`")
        ignored
        other
        unlock
        other
        other
        use x`y
        set
        ignored
        not understood
        "#);
    }

    #[test]
    fn heads_of_inserts_are_read_when_they_are_all_there() {
        let head = b"INSERT  IGNORE INTO `a``b`.`t` (`x`, `y)`) VALUES (1)";
        let whole = insert_head(head, Quoting::default()).unwrap().unwrap();
        assert_eq!(whole.name, RawName { database: Some(b"a`b".to_vec()), name: b"t".to_vec() });
        assert_eq!(whole.columns, Some(vec![b"x".to_vec(), b"y)".to_vec()]));
        for length in 6..whole.end {
            assert_eq!(insert_head(&head[..length], Quoting::default()), Ok(None), "{length}");
        }
        assert_eq!(insert_head(b"INSERT INTO t SELECT 1 ", Quoting::default()), Err(14));
        assert_eq!(insert_head(b"REPLACE INTO t VALUES\n(1)", Quoting::default()).unwrap().unwrap().end, 21);
    }
}
