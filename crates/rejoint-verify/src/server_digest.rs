//! A quick comparison of one table with itself, computed by the server.

use crate::error::{Error, Result};
use crate::observer::Observer;
use rejoint_model::TableName;
use rejoint_mysql::{Connection, Value, ident, qualified};

/// What a server computed over a table, to be compared with what *the same server* computes over *the same table* at another
/// time. It cannot be compared with a [`rejoint_value::TableDigest`], nor between servers: it rests on how this server
/// writes values as text. It is no proof and never enters a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerSideDigest {
    /// Identity of the server.
    pub server: String,
    /// The table.
    pub table: TableName,
    /// Columns that were read, with their types: another type may be written as other text.
    pub columns: Vec<(String, String)>,
    /// Rows.
    pub rows: u64,
    /// Sum modulo 2^256 of the SHA-256 of the rows, 64 hexadecimal digits.
    pub sum: String,
}

/// Types whose text is made of digits, signs and a few letters, never of `|` or `N`.
const WORDS: [&str; 15] = [
    "tinyint",
    "smallint",
    "mediumint",
    "int",
    "bigint",
    "decimal",
    "date",
    "datetime",
    "timestamp",
    "time",
    "year",
    "float",
    "double",
    "bit",
    "uuid",
];

/// Text and bytes of at most so many characters are taken as they are. Every other value is hashed before it is joined to its
/// row: a `CONCAT` longer than `max_allowed_packet` is NULL with no more than a warning.
const SHORT: u64 = 255;

/// Types whose order as a bound value is their order in the key, so that chunks can be cut there.
const CUTTABLE: [&str; 14] = [
    "tinyint",
    "smallint",
    "mediumint",
    "int",
    "bigint",
    "date",
    "datetime",
    "timestamp",
    "year",
    "char",
    "varchar",
    "binary",
    "varbinary",
    "decimal",
];

struct ServerColumn {
    name: String,
    sql_type: String,
    data_type: String,
    in_key: bool,
    /// In characters or bytes, if the type has one.
    max_length: Option<u64>,
}

impl ServerColumn {
    /// The column's value as text that distinguishes NULL. Texts are joined with `|`: words do not contain it, text has its
    /// length in front, hashes have one length.
    fn expression(&self) -> String {
        let name = ident(&self.name);
        let text = match self.data_type.as_str() {
            // Bits count: multiplying by 1e0 makes a double of a float without rounding (its text has all digits, with the
            // sign of zero) and drops a declared number of decimals.
            "float" | "double" => format!("CONCAT({name} * 1e0)"),
            "bit" => format!("HEX({name} + 0)"),
            word if WORDS.contains(&word) => name,
            _ if self.max_length.is_some_and(|length| length <= SHORT) => {
                format!("CONCAT(LENGTH({name}), ':', {name})")
            }
            _ => format!("SHA2({name}, 256)"),
        };
        format!("IFNULL({text}, 'N')")
    }

    fn is_binary(&self) -> bool {
        matches!(self.data_type.as_str(), "binary" | "varbinary")
    }

    /// A place for a bound value of this column. Bytes are bound as hexadecimal text: they need not be valid text.
    fn mark(&self) -> &'static str {
        if self.is_binary() { "UNHEX(?)" } else { "?" }
    }
}

/// Lets the server compute number and sum of a table's rows, in chunks of about `chunk_rows` rows along its primary key, in one
/// consistent snapshot. All columns are read, hidden ones too.
///
/// # Errors
/// Server errors; [`Error::View`] if the table has no primary key; any warning, since a warning may mean that a value became NULL;
/// what `observer` returns from [`Observer::progress`].
pub fn digest_table_on_server(
    connection: &mut Connection,
    table: &TableName,
    chunk_rows: u64,
    observer: &mut dyn Observer,
) -> Result<ServerSideDigest> {
    connection.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT", &[])?;
    let result = in_snapshot(connection, table, chunk_rows.max(1), observer);
    let ended = connection.execute("COMMIT", &[]);
    let digest = result?;
    ended?;
    Ok(digest)
}

fn in_snapshot(
    connection: &mut Connection,
    table: &TableName,
    chunk_rows: u64,
    observer: &mut dyn Observer,
) -> Result<ServerSideDigest> {
    let columns = columns_of(connection, table)?;
    let key = key_of(connection, table, &columns)?;
    let row = columns.iter().map(ServerColumn::expression).collect::<Vec<_>>().join(", ");
    let words: Vec<String> = (0..4)
        .map(|n| format!("SUM(CAST(CONV(SUBSTRING(q.h, {}, 16), 16, 10) AS UNSIGNED))", n * 16 + 1))
        .collect();
    // The LIMIT keeps the inner query from being merged, which would compute the hash once per word.
    let select = |condition: &str| {
        format!(
            "SELECT COUNT(*), SUM(q.h IS NULL), {} FROM (SELECT SHA2(CONCAT_WS('|', {row}), 256) AS h FROM {} {condition} LIMIT 18446744073709551615) AS q",
            words.join(", "),
            qualified(table)
        )
    };
    let mut rows = 0_u64;
    let mut sum = Sum::default();
    let mut low: Option<Vec<Value>> = None;
    loop {
        let high = next_cut(connection, table, &key, low.as_deref(), chunk_rows)?;
        let (mut conditions, mut params) = (Vec::new(), Vec::new());
        if let Some(low) = &low {
            conditions.push(beyond(&key, ">", low, &mut params));
        }
        if let Some(high) = &high {
            conditions.push(format!("NOT {}", beyond(&key, ">", high, &mut params)));
        }
        let condition =
            if conditions.is_empty() { String::new() } else { format!("WHERE {}", conditions.join(" AND ")) };
        let sql = select(&condition);
        let found = connection.rows(&sql, &params)?;
        refuse_warnings(connection, table)?;
        let row = found.first().ok_or_else(|| unexpected(table, "no row"))?;
        let count = number(row.as_ref(0)).ok_or_else(|| unexpected(table, "no count"))?;
        if count > 0 {
            if number(row.as_ref(1)) != Some(0) {
                return Err(unexpected(table, "a row whose hash is NULL"));
            }
            let mut words = [0_u128; 4];
            for (index, word) in words.iter_mut().enumerate() {
                *word = number(row.as_ref(index + 2)).ok_or_else(|| unexpected(table, "no sum"))?;
            }
            sum.add(words);
        }
        rows += u64::try_from(count).unwrap_or(u64::MAX);
        observer.progress(table, rows)?;
        match high {
            Some(high) => low = Some(high),
            None => break,
        }
    }
    Ok(ServerSideDigest {
        server: connection.server().identity.clone(),
        table: table.clone(),
        columns: columns.into_iter().map(|column| (column.name, column.sql_type)).collect(),
        rows,
        sum: sum.hex(),
    })
}

fn columns_of(connection: &mut Connection, table: &TableName) -> Result<Vec<ServerColumn>> {
    let sql = "SELECT COLUMN_NAME, COLUMN_TYPE, DATA_TYPE, COLUMN_KEY, CHARACTER_MAXIMUM_LENGTH FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? ORDER BY COLUMN_NAME";
    let params = [Value::from(table.schema.as_str()), Value::from(table.table.as_str())];
    let columns: Vec<ServerColumn> = connection
        .rows(sql, &params)?
        .iter()
        .map(|row| ServerColumn {
            name: text(row.as_ref(0)),
            sql_type: text(row.as_ref(1)),
            data_type: text(row.as_ref(2)).to_ascii_lowercase(),
            in_key: text(row.as_ref(3)) == "PRI",
            max_length: number(row.as_ref(4)).and_then(|length| u64::try_from(length).ok()),
        })
        .collect();
    if columns.iter().any(|column| column.in_key) {
        return Ok(columns);
    }
    Err(Error::View { table: table.clone(), reason: "it does not exist or has no primary key".into() })
}

/// The leading columns of the primary key along which chunks can be cut; none if the first one is not fit for it.
fn key_of<'c>(
    connection: &mut Connection,
    table: &TableName,
    columns: &'c [ServerColumn],
) -> Result<Vec<&'c ServerColumn>> {
    let sql = "SELECT COLUMN_NAME FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND INDEX_NAME = 'PRIMARY' ORDER BY SEQ_IN_INDEX";
    let params = [Value::from(table.schema.as_str()), Value::from(table.table.as_str())];
    let names: Vec<String> = connection.rows(sql, &params)?.iter().map(|row| text(row.as_ref(0))).collect();
    Ok(names
        .iter()
        .map_while(|name| columns.iter().find(|column| column.name == *name))
        .take_while(|column| CUTTABLE.contains(&column.data_type.as_str()))
        .collect())
}

/// The key `chunk_rows` rows after `low`, or `None` if the rest is one chunk.
fn next_cut(
    connection: &mut Connection,
    table: &TableName,
    key: &[&ServerColumn],
    low: Option<&[Value]>,
    chunk_rows: u64,
) -> Result<Option<Vec<Value>>> {
    if key.is_empty() {
        return Ok(None);
    }
    let mut params = Vec::new();
    let condition = match low {
        Some(low) => format!("WHERE {}", beyond(key, ">", low, &mut params)),
        None => String::new(),
    };
    let list =
        |quoted: fn(&ServerColumn) -> String| key.iter().map(|c| quoted(c)).collect::<Vec<_>>().join(", ");
    let values = list(|c| if c.is_binary() { format!("HEX({})", ident(&c.name)) } else { ident(&c.name) });
    let order = list(|c| ident(&c.name));
    let sql = format!(
        "SELECT {values} FROM {} {condition} ORDER BY {order} LIMIT 1 OFFSET {}",
        qualified(table),
        chunk_rows - 1
    );
    let rows = connection.rows(&sql, &params)?;
    refuse_warnings(connection, table)?;
    Ok(rows
        .first()
        .map(|row| (0..key.len()).map(|n| row.as_ref(n).cloned().unwrap_or(Value::NULL)).collect()))
}

/// `(a, b) > (?, ?)` in the form that servers can use an index for.
fn beyond(key: &[&ServerColumn], operator: &str, bound: &[Value], params: &mut Vec<Value>) -> String {
    let mut terms = Vec::with_capacity(key.len());
    for last in 0..key.len() {
        let mut factors = Vec::with_capacity(last + 1);
        for (index, (column, value)) in key.iter().zip(bound).enumerate().take(last + 1) {
            let operator = if index == last { operator } else { "=" };
            factors.push(format!("{} {operator} {}", ident(&column.name), column.mark()));
            params.push(value.clone());
        }
        terms.push(format!("({})", factors.join(" AND ")));
    }
    format!("({})", terms.join(" OR "))
}

fn refuse_warnings(connection: &mut Connection, table: &TableName) -> Result<()> {
    match connection.text_rows("SHOW WARNINGS")?.first() {
        None => Ok(()),
        Some(row) => Err(Error::View {
            table: table.clone(),
            reason: format!("the server warned while it computed: {}", text(row.as_ref(2))),
        }),
    }
}

fn unexpected(table: &TableName, what: &str) -> Error {
    let what = format!("the digest of {table} gave {what}");
    Error::Server(rejoint_mysql::Error::Unexpected { what })
}

fn text(value: Option<&Value>) -> String {
    match value {
        Some(Value::Bytes(bytes)) => String::from_utf8_lossy(bytes).into_owned(),
        _ => String::new(),
    }
}

fn number(value: Option<&Value>) -> Option<u128> {
    match value? {
        Value::Int(n) => u128::try_from(*n).ok(),
        Value::UInt(n) => Some(u128::from(*n)),
        Value::Bytes(digits) => std::str::from_utf8(digits).ok()?.parse().ok(),
        _ => None,
    }
}

/// A sum modulo 2^256; the first word is the most significant.
#[derive(Default)]
struct Sum([u64; 4]);

impl Sum {
    fn add(&mut self, words: [u128; 4]) {
        let mut carry = 0_u128;
        for (mine, word) in self.0.iter_mut().zip(words).rev() {
            let total = u128::from(*mine) + word + carry;
            *mine = total as u64;
            carry = total >> 64;
        }
    }

    fn hex(&self) -> String {
        self.0.iter().map(|word| format!("{word:016x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, data_type: &str, max_length: Option<u64>) -> ServerColumn {
        let sql_type = data_type.to_owned();
        ServerColumn { name: name.into(), data_type: data_type.into(), sql_type, in_key: true, max_length }
    }

    #[test]
    fn large_columns_are_hashed_before_they_are_joined() {
        let columns = [
            column("a`", "int", None),
            column("b", "longblob", Some(4_294_967_295)),
            column("c", "float", None),
            column("d", "varchar", Some(255)),
            column("e", "varchar", Some(256)),
            column("f", "json", None),
        ];
        let text: Vec<String> = columns.iter().map(ServerColumn::expression).collect();
        insta::assert_snapshot!(text.join("\n"), @r"
        IFNULL(`a```, 'N')
        IFNULL(SHA2(`b`, 256), 'N')
        IFNULL(CONCAT(`c` * 1e0), 'N')
        IFNULL(CONCAT(LENGTH(`d`), ':', `d`), 'N')
        IFNULL(SHA2(`e`, 256), 'N')
        IFNULL(SHA2(`f`, 256), 'N')
        ");
    }

    #[test]
    fn chunks_are_cut_with_conditions_an_index_can_serve() {
        let (a, b) = (column("a", "int", None), column("b", "binary", Some(16)));
        let mut params = Vec::new();
        let text = beyond(&[&a, &b], ">", &[Value::Int(1), Value::from("ff")], &mut params);
        assert_eq!(text, "((`a` > ?) OR (`a` = ? AND `b` > UNHEX(?)))");
        assert_eq!(params, [Value::Int(1), Value::Int(1), Value::from("ff")]);
    }

    #[test]
    fn words_carry_over() {
        let mut sum = Sum::default();
        sum.add([0, 0, u128::from(u64::MAX), u128::from(u64::MAX) + 2]);
        assert_eq!(sum.hex(), format!("{:016x}{:016x}{:016x}{:016x}", 0, 1, 0, 1));
    }
}
