//! What the account may do, from `SHOW GRANTS`.

use crate::connection::MySql;
use rejoint_db::{Engine as _, Error, Grant, cell_text};

/// One line of SHOW GRANTS, understood.
struct Held {
    privileges: Vec<String>,
    all: bool,
    /// `None`: everywhere. Otherwise the pattern of schema names.
    schema: Option<String>,
    table_only: bool,
}

fn parse(line: &str) -> Option<Held> {
    let rest = line.strip_prefix("GRANT ")?;
    let (privileges, object) = rest.split_once(" ON ")?;
    let object = object.split(" TO ").next()?.trim();
    let (schema, table) = object.rsplit_once('.')?;
    let schema = schema.trim_matches('`').replace("``", "`");
    Some(Held {
        all: privileges.starts_with("ALL"),
        privileges: privileges.split(',').map(|p| p.trim().to_ascii_uppercase()).collect(),
        schema: (schema != "*").then_some(schema),
        table_only: table != "*",
    })
}

/// LIKE with `%`, `_` and `\`, as grants on schemas use it.
fn matches_pattern(pattern: &str, name: &str) -> bool {
    fn go(p: &[char], n: &[char]) -> bool {
        match p.split_first() {
            None => n.is_empty(),
            Some(('%', rest)) => (0..=n.len()).any(|i| go(rest, n.get(i..).unwrap_or_default())),
            Some(('\\', rest)) if !rest.is_empty() => {
                n.first() == rest.first()
                    && go(rest.get(1..).unwrap_or_default(), n.get(1..).unwrap_or_default())
            }
            Some(('_', rest)) => !n.is_empty() && go(rest, n.get(1..).unwrap_or_default()),
            Some((c, rest)) => n.first() == Some(c) && go(rest, n.get(1..).unwrap_or_default()),
        }
    }
    go(&pattern.chars().collect::<Vec<_>>(), &name.chars().collect::<Vec<_>>())
}

/// Those of `needed` that the account does not hold, as far as `SHOW GRANTS` tells (roles in force are included).
///
/// # Errors
/// Server errors.
pub(crate) fn missing_privileges(connection: &mut MySql, needed: &[Grant]) -> Result<Vec<Grant>, Error> {
    let held: Vec<Held> =
        connection.text_rows("SHOW GRANTS")?.iter().filter_map(|row| parse(&cell_text(row, 0)?)).collect();
    Ok(needed
        .iter()
        .filter(|need| {
            !held.iter().any(|h| {
                let place = match (&h.schema, &need.schema) {
                    (None, _) => true,
                    (Some(pattern), Some(schema)) => !h.table_only && matches_pattern(pattern, schema),
                    (Some(_), None) => false,
                };
                place && (h.all || h.privileges.contains(&need.privilege))
            })
        })
        .cloned()
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grants_are_matched_by_pattern() {
        let held = parse("GRANT SELECT, INSERT ON `lab\\_%`.* TO `ada`@`%`").expect("parses");
        assert_eq!(held.schema.as_deref(), Some("lab\\_%"));
        assert!(matches_pattern("lab\\_%", "lab_acq") && !matches_pattern("lab\\_%", "labXacq"));
        assert!(
            parse("GRANT ALL PRIVILEGES ON *.* TO `root`@`%` WITH GRANT OPTION")
                .is_some_and(|h| h.all && h.schema.is_none())
        );
        assert!(parse("GRANT `role`@`%` TO `ada`@`%`").is_none());
    }
}
