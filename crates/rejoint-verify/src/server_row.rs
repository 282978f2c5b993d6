//! SQL for one row of a table as bytes that tell every two rows apart.

use rejoint_db::ident;

/// Types whose text is made of digits, signs and a few letters, never of `|` or `N`.
const WORDS: [&str; 8] = ["bigint", "decimal", "date", "datetime", "timestamp", "time", "bit", "uuid"];

/// Numbers that a double holds exactly.
const NUMBERS: [&str; 7] = ["tinyint", "smallint", "mediumint", "int", "year", "float", "double"];

/// Text and bytes of at most so many characters are taken as they are. Every other value is hashed before it is joined to its
/// row: a `CONCAT` longer than `max_allowed_packet` is NULL with no more than a warning.
const SHORT: u64 = 255;

/// A column as the server describes it.
pub(crate) struct ServerColumn {
    pub(crate) name: String,
    pub(crate) sql_type: String,
    pub(crate) data_type: String,
    pub(crate) in_key: bool,
    pub(crate) nullable: bool,
    /// In characters or bytes, if the type has one.
    pub(crate) max_length: Option<u64>,
}

impl ServerColumn {
    pub(crate) fn is_binary(&self) -> bool {
        matches!(self.data_type.as_str(), "binary" | "varbinary")
    }

    /// A place for a bound value of this column. Bytes are bound as hexadecimal text: they need not be valid text.
    pub(crate) fn mark(&self) -> &'static str {
        if self.is_binary() { "UNHEX(?)" } else { "?" }
    }

    /// The column, with `instead` for NULL if it can be NULL.
    fn or(&self, expression: String, instead: &str) -> String {
        if self.nullable { format!("IFNULL({expression}, {instead})") } else { expression }
    }

    fn is_short_text(&self) -> bool {
        !NUMBERS.contains(&self.data_type.as_str())
            && !WORDS.contains(&self.data_type.as_str())
            && self.max_length.is_some_and(|length| length <= SHORT)
    }

    /// The coordinates that stand for the column, or for the length of its text.
    fn coordinates(&self) -> Vec<String> {
        let name = ident(&self.name);
        match self.data_type.as_str() {
            // no value of a double is left over to stand for NULL
            "double" if self.nullable => vec![format!("IFNULL({name}, 0)"), format!("{name} IS NULL")],
            number if NUMBERS.contains(&number) => vec![self.or(name, "1e300")],
            _ if self.is_short_text() => vec![self.or(format!("LENGTH({name})"), "-1")],
            _ => Vec::new(),
        }
    }

    /// The bytes that stand for the column beside its coordinates.
    fn bytes(&self) -> Option<String> {
        let name = ident(&self.name);
        match self.data_type.as_str() {
            number if NUMBERS.contains(&number) => None,
            "bit" => Some(format!("{}, '|'", self.or(format!("HEX({name} + 0)"), "'N'"))),
            word if WORDS.contains(&word) => Some(format!("{}, '|'", self.or(name, "'N'"))),
            _ if self.is_short_text() => Some(self.or(name, "''")),
            _ => Some(format!("{}, '|'", self.or(format!("SHA2({name}, 256)"), "'N'"))),
        }
    }
}

/// An expression whose value no two different rows of these columns share.
///
/// Numbers, and the lengths of short texts, become coordinates of points: that is the cheapest way to the eight bytes of a
/// double, where its shortest decimal text takes longer than everything else together. Words end with `|`, hashes have one
/// length, and short texts follow with nothing between, since their lengths are known. The cast makes all of it bytes, so
/// that character sets are neither converted nor found not to fit together.
pub(crate) fn row_expression(columns: &[ServerColumn]) -> String {
    let coordinates: Vec<String> = columns.iter().flat_map(ServerColumn::coordinates).collect();
    let mut parts: Vec<String> = coordinates
        .chunks(2)
        .map(|pair| match pair {
            [x, y] => format!("POINT({x}, {y})"),
            _ => format!("POINT({}, 0)", pair.concat()),
        })
        .collect();
    if parts.is_empty() {
        parts.push("POINT(0, 0)".to_owned());
    }
    if let Some(first) = parts.first_mut() {
        *first = format!("CAST({first} AS BINARY)");
    }
    parts.extend(columns.iter().filter_map(ServerColumn::bytes));
    format!("CONCAT({})", parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, data_type: &str, nullable: bool, max_length: Option<u64>) -> ServerColumn {
        let sql_type = data_type.to_owned();
        ServerColumn {
            name: name.into(),
            data_type: data_type.into(),
            sql_type,
            in_key: false,
            nullable,
            max_length,
        }
    }

    #[test]
    fn large_columns_are_hashed_before_they_are_joined() {
        let columns = [
            column("a`", "int", false, None),
            column("b", "longblob", true, Some(4_294_967_295)),
            column("c", "float", true, None),
            column("d", "varchar", true, Some(255)),
            column("e", "varchar", false, Some(256)),
            column("f", "json", false, None),
            column("g", "double", true, None),
            column("h", "bigint", true, None),
            column("i", "date", false, None),
            column("j", "bit", false, None),
            column("k", "char", false, Some(4)),
        ];
        insta::assert_snapshot!(row_expression(&columns).replace("), ", "),\n"), @r"
        CONCAT(CAST(POINT(`a```, IFNULL(`c`, 1e300)) AS BINARY),
        POINT(IFNULL(LENGTH(`d`),
        -1),
        IFNULL(`g`, 0)),
        POINT(`g` IS NULL, LENGTH(`k`)),
        IFNULL(SHA2(`b`, 256),
        'N'),
        '|', IFNULL(`d`, ''),
        SHA2(`e`, 256),
        '|', SHA2(`f`, 256),
        '|', IFNULL(`h`, 'N'),
        '|', `i`, '|', HEX(`j` + 0),
        '|', `k`)
        ");
    }

    #[test]
    fn a_row_without_numbers_is_bytes_too() {
        insta::assert_snapshot!(row_expression(&[column("day", "date", false, None)]), @r"CONCAT(CAST(POINT(0, 0) AS BINARY), `day`, '|')");
    }
}
