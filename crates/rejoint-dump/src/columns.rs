//! The columns of a CREATE TABLE, as far as values need them, and what a dump loses of them.

use crate::charset::Charset;
use crate::session::Session;
use crate::token::{Kind, Quoting, Tokens};

/// What the values of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// `tinyint` to `bigint`.
    Integer {
        /// Declared UNSIGNED or ZEROFILL.
        unsigned: bool,
    },
    /// `float`.
    Float {
        /// Declared with a number of decimals, as `float(7,2)`.
        fixed: bool,
    },
    /// `double`, `real`.
    Double {
        /// Declared with a number of decimals.
        fixed: bool,
    },
    /// `decimal`.
    Decimal,
    /// `year`.
    Year,
    /// `bit`.
    Bit,
    /// `date`.
    Date,
    /// `datetime`.
    DateTime,
    /// `timestamp`.
    Timestamp,
    /// `time`.
    Time,
    /// Text, enums and sets; MariaDB's `uuid` and `inet6`, which clients get as text.
    Text,
    /// MySQL's `json`.
    Json,
    /// `binary`, `blob`, geometry, vector.
    Binary,
}

/// A column of a dumped table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Name.
    pub name: String,
    /// The type's word in lower case.
    pub data_type: String,
    /// What its values are.
    pub kind: ColumnKind,
    /// Character set of a text column; `None` if the table does not tell it.
    pub charset: Option<Charset>,
    /// The server computes it. MySQL's tool leaves it out of the dump, MariaDB's writes its values.
    pub generated: bool,
}

/// What a dump does not keep of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum LossKind {
    /// FLOAT is written with six significant digits: most values differ from those on the server.
    FloatRounded,
    /// `float(m,d)` and `double(m,d)` are written with their declared decimals, but the servers hold more: -0.001 in a
    /// `double(20,3)` is -0.0010000000000000009, and a zero may be negative.
    DecimalsOnly,
    /// The dump was taken with `--skip-tz-utc`: values are in the time zone of the server, which the dump does not
    /// name, and the hour that is repeated in autumn is ambiguous.
    TimeZoneUnknown,
    /// The dump's character set cannot hold every character of the column: the others became `?`.
    CharactersReplaced,
    /// The dump does not name its character set; it is read as utf8mb4, and if it was another one, characters may
    /// have become `?`.
    CharsetUnknown,
    /// Dates, times, decimals and bytes inside JSON become text or doubles when the dump is loaded; as text for
    /// clients they are the same, but for decimals (`1.10` becomes `1.1`).
    JsonTypes,
    /// The values are not in the dump: the server computes them when it is loaded.
    NotDumped,
}

/// A column of which the dump does not hold everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// The column.
    pub column: String,
    /// What is lost.
    pub kind: LossKind,
}

/// What is lost of these columns in a dump with this session (its state where the rows are).
///
/// Checked by running the tools of MySQL 9.7 and MariaDB 10.11 and 11.8. DOUBLE without decimals is exact: both
/// write the shortest text that reads back to the same bits (MySQL keeps the sign of a negative zero in the text,
/// MariaDB has lost it before).
pub fn losses(columns: &[Column], dumped: Option<&[String]>, session: &Session) -> Vec<Loss> {
    let mut found = Vec::new();
    for column in columns {
        let mut add = |kind| found.push(Loss { column: column.name.clone(), kind });
        if dumped.is_some_and(|names| !names.contains(&column.name)) {
            add(LossKind::NotDumped);
            continue;
        }
        match column.kind {
            ColumnKind::Float { fixed: false } => add(LossKind::FloatRounded),
            ColumnKind::Float { fixed: true } | ColumnKind::Double { fixed: true } => {
                add(LossKind::DecimalsOnly)
            }
            ColumnKind::Timestamp if session.time_zone().is_none() => add(LossKind::TimeZoneUnknown),
            ColumnKind::Json => {
                add(LossKind::JsonTypes);
                characters(Some(Charset::UTF8MB4), session, &mut add);
            }
            ColumnKind::Text => characters(column.charset, session, &mut add),
            _ => {}
        }
    }
    found
}

fn characters(column: Option<Charset>, session: &Session, add: &mut impl FnMut(LossKind)) {
    let narrow = [Charset::ASCII, Charset::LATIN1, Charset::UTF8MB3];
    match session.charset() {
        None => add(LossKind::CharsetUnknown),
        Some(Charset::UTF8MB4 | Charset::BINARY) => {}
        Some(dump) if Some(dump) == column || column == Some(Charset::ASCII) => {}
        // every other character set lies within the three-byte part of UTF-8
        Some(Charset::UTF8MB3) if column.is_some_and(|c| c != Charset::UTF8MB4 && c.name() != "gb18030") => {}
        Some(dump) if narrow.contains(&dump) => add(LossKind::CharactersReplaced),
        Some(_) => add(LossKind::CharactersReplaced),
    }
}

/// Reads the columns of a CREATE TABLE statement. `None` if it has no list of columns.
pub(crate) fn parse_columns(create: &[u8], quoting: Quoting) -> Option<Vec<Column>> {
    let mut tokens = Tokens::new(create, quoting);
    loop {
        match tokens.next()? {
            token if token.is_symbol(b'(') => break,
            token if token.is("LIKE") || token.is("SELECT") => return None,
            _ => {}
        }
    }
    let mut columns = Vec::new();
    let mut collations = Vec::new();
    loop {
        let first = tokens.next()?;
        let is_column = match first.kind {
            Kind::Name => true,
            Kind::Word => {
                let second = tokens.peek();
                let period = first.is("PERIOD") && second.is_some_and(|t| t.is("FOR"));
                !period
                    && ![
                        "PRIMARY",
                        "UNIQUE",
                        "KEY",
                        "INDEX",
                        "FULLTEXT",
                        "SPATIAL",
                        "VECTOR",
                        "CONSTRAINT",
                        "FOREIGN",
                        "CHECK",
                    ]
                    .iter()
                    .any(|word| first.is(word))
            }
            _ => return None,
        };
        let ended = if is_column {
            let name = String::from_utf8(first.value(quoting)).ok()?;
            let (column, collation, ended) = parse_column(name, &mut tokens, quoting)?;
            columns.push(column);
            collations.push(collation);
            ended
        } else {
            skip_item(&mut tokens)?
        };
        if ended {
            break;
        }
    }
    let default = table_charset(tokens, quoting);
    for column in &mut columns {
        if column.kind == ColumnKind::Text && column.charset.is_none() {
            column.charset = default;
        }
    }
    Some(columns)
}

/// Steps behind the comma (`false`) or the parenthesis (`true`) that ends an item of the list.
fn skip_item(tokens: &mut Tokens<'_>) -> Option<bool> {
    loop {
        match tokens.next()?.kind {
            Kind::Symbol(b'(') => tokens.skip_parentheses(),
            Kind::Symbol(b',') => return Some(false),
            Kind::Symbol(b')') => return Some(true),
            _ => {}
        }
    }
}

fn parse_column(
    name: String,
    tokens: &mut Tokens<'_>,
    quoting: Quoting,
) -> Option<(Column, Option<String>, bool)> {
    let data_type = String::from_utf8(tokens.name()?).ok()?.to_ascii_lowercase();
    // `double precision` and the like never come from SHOW CREATE TABLE
    let mut fixed = false;
    if tokens.accept_symbol(b'(') {
        let mut depth = 1;
        while depth > 0 {
            match tokens.next()?.kind {
                Kind::Symbol(b'(') => depth += 1,
                Kind::Symbol(b')') => depth -= 1,
                Kind::Symbol(b',') if depth == 1 => fixed = true,
                _ => {}
            }
        }
    }
    let (mut unsigned, mut generated, mut charset, mut collation) = (false, false, None, None);
    let ended = loop {
        let token = tokens.next()?;
        match token.kind {
            Kind::Symbol(b',') => break false,
            Kind::Symbol(b')') => break true,
            Kind::Symbol(b'(') => tokens.skip_parentheses(),
            Kind::Word if token.is("UNSIGNED") || token.is("ZEROFILL") => unsigned = true,
            Kind::Word if token.is("GENERATED") || token.is("AS") => generated = true,
            Kind::Word if token.is("CHARACTER") && tokens.accept("SET") => {
                charset = Charset::from_name(&word(tokens, quoting)?);
            }
            Kind::Word if token.is("CHARSET") => charset = Charset::from_name(&word(tokens, quoting)?),
            Kind::Word if token.is("COLLATE") => collation = Some(word(tokens, quoting)?),
            // the next token is the default or the comment, whatever it looks like
            Kind::Word
                if (token.is("DEFAULT") || token.is("COMMENT"))
                    && tokens.peek().is_some_and(|t| matches!(t.kind, Kind::Word | Kind::Text)) =>
            {
                tokens.next();
            }
            Kind::Unclosed => return None,
            _ => {}
        }
    };
    let kind = kind_of(&data_type, unsigned, fixed);
    if charset.is_none() && kind == ColumnKind::Text {
        charset = collation.as_deref().and_then(Charset::of_collation);
    }
    Some((Column { name, data_type, kind, charset, generated }, collation, ended))
}

fn word(tokens: &mut Tokens<'_>, quoting: Quoting) -> Option<String> {
    String::from_utf8(tokens.next()?.value(quoting)).ok()
}

fn kind_of(data_type: &str, unsigned: bool, fixed: bool) -> ColumnKind {
    match data_type {
        "tinyint" | "smallint" | "mediumint" | "int" | "integer" | "bigint" | "bool" | "boolean" => {
            ColumnKind::Integer { unsigned }
        }
        "float" => ColumnKind::Float { fixed },
        "double" | "real" => ColumnKind::Double { fixed },
        "decimal" | "numeric" | "dec" => ColumnKind::Decimal,
        "year" => ColumnKind::Year,
        "bit" => ColumnKind::Bit,
        "date" => ColumnKind::Date,
        "datetime" => ColumnKind::DateTime,
        "timestamp" => ColumnKind::Timestamp,
        "time" => ColumnKind::Time,
        "json" => ColumnKind::Json,
        "binary" | "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob" | "geometry" | "point"
        | "linestring" | "polygon" | "multipoint" | "multilinestring" | "multipolygon"
        | "geometrycollection" | "geomcollection" | "vector" => ColumnKind::Binary,
        _ => ColumnKind::Text,
    }
}

/// The default character set among a table's options; `tokens` stand behind the column list.
fn table_charset(mut tokens: Tokens<'_>, quoting: Quoting) -> Option<Charset> {
    let mut from_collation = None;
    while let Some(token) = tokens.next() {
        let charset = token.is("CHARSET") || (token.is("CHARACTER") && tokens.accept("SET"));
        if charset || token.is("COLLATE") {
            tokens.accept_symbol(b'=');
            let name = word(&mut tokens, quoting)?;
            if charset {
                return Charset::from_name(&name);
            }
            from_collation = Charset::of_collation(&name);
        } else if token.is("COMMENT") {
            tokens.accept_symbol(b'=');
            tokens.next();
        }
    }
    from_collation
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(create: &str) -> String {
        parse_columns(create.as_bytes(), Quoting::default())
            .unwrap()
            .iter()
            .map(|c| {
                let charset = c.charset.map(|c| c.name()).unwrap_or("-");
                format!("{} {:?} {charset}{}\n", c.name, c.kind, if c.generated { " generated" } else { "" })
            })
            .collect()
    }

    #[test]
    fn columns_of_both_products_are_read() {
        let create = "CREATE TABLE `t``(` (
  `id` int(10) unsigned NOT NULL AUTO_INCREMENT COMMENT ':uuid:, (unsigned) ''x''',
  `key` float(7,2) DEFAULT NULL,
  `f` float unsigned NOT NULL DEFAULT '1.5',
  `as` enum('a,b',')','GENERATED') CHARACTER SET latin1 COLLATE latin1_swedish_ci DEFAULT 'a,b',
  `t` text COLLATE utf8mb4_bin,
  `n` varchar(5) DEFAULT 'AS',
  `g` int GENERATED ALWAYS AS ((`id` + 1)) STORED COMMENT 'AS',
  `h` int(11) AS (`id` + 1) VIRTUAL,
  `b` binary(4) DEFAULT 0xFF00275C,
  `ts` timestamp(3) NULL DEFAULT current_timestamp(3) ON UPDATE current_timestamp(3),
  `j` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL CHECK (json_valid(`j`)),
  `i` int DEFAULT NULL /*!80023 INVISIBLE */,
  PRIMARY KEY (`id`),
  KEY `k` (`t`(10)),
  CONSTRAINT `c` FOREIGN KEY (`id`) REFERENCES `p` (`id`)
) ENGINE=InnoDB AUTO_INCREMENT=3 DEFAULT CHARSET=latin1 COLLATE=latin1_bin COMMENT='CHARSET=ascii'";
        insta::assert_snapshot!(shown(create), @r"
        id Integer { unsigned: true } -
        key Float { fixed: true } -
        f Float { fixed: false } -
        as Text latin1
        t Text utf8mb4
        n Text latin1
        g Integer { unsigned: false } - generated
        h Integer { unsigned: false } - generated
        b Binary -
        ts Timestamp -
        j Text utf8mb4
        i Integer { unsigned: false } -
        ");
    }

    #[test]
    fn a_statement_without_columns_is_not_understood() {
        assert_eq!(parse_columns(b"CREATE TABLE a LIKE b", Quoting::default()), None);
        assert_eq!(parse_columns(b"CREATE TABLE a (`x` int", Quoting::default()), None);
        assert_eq!(parse_columns(b"CREATE TABLE a", Quoting::default()), None);
    }
}
