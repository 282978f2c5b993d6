//! Which marker a column gets.

use super::Planner;
use crate::options::MarkerPolicy;
use rejoint_model::{
    AttributeKind, Column, ForeignKey, Table, classify, exact_core_type, split_marker, with_marker,
};

/// Does the column come from a foreign key? 2.x writes no marker on those.
pub(crate) fn is_foreign(table: &Table, column: &str) -> bool {
    let data = |k: &&ForeignKey| !k.parent.table.starts_with('~');
    table.foreign_keys.iter().filter(data).any(|k| k.columns.iter().any(|c| c == column))
}

/// Is a generated column computed from this one?
fn is_computed_from(table: &Table, column: &str) -> bool {
    let name = rejoint_db::ident(column);
    table.columns.iter().any(|c| c.generation.contains(&name))
}

impl Planner<'_> {
    /// The comment a column has after the upgrade, if it changes. Pointers are dealt with elsewhere.
    pub(crate) fn new_comment(&mut self, table: &Table, column: &Column) -> Option<String> {
        let (_, user_text) = split_marker(&column.comment);
        let place = format!("{}.{}", table.name, column.name);
        match classify(table, column) {
            AttributeKind::Blob => self.fitting_comment(&place, "<blob>", &column.comment),
            AttributeKind::Attach => self.fitting_comment(&place, "<attach>", user_text),
            AttributeKind::Native
                if self.options.markers == MarkerPolicy::All && !is_foreign(table, &column.name) =>
            {
                let core = exact_core_type(column).or_else(|| self.tinyint1(&place, column))?;
                if self.seen.catalog.server.is_mariadb()
                    && (column.is_generated() || is_computed_from(table, &column.name))
                {
                    self.remarks.push(format!(
                        "{place} keeps its native type without a marker: it is a generated column or one is computed from it, and MariaDB copies the table to change its comment"
                    ));
                    return None;
                }
                match with_marker(&core, &column.comment) {
                    Ok(comment) => Some(comment),
                    Err(error) => {
                        self.remarks.push(format!("{place} keeps its native type without a marker: {error}"));
                        None
                    }
                }
            }
            _ => None,
        }
    }

    /// The marker that a person chose for a `tinyint(1)`, which may be a bool or a number; none without an answer.
    fn tinyint1(&mut self, place: &str, column: &Column) -> Option<String> {
        let id = format!("tinyint1:{place}");
        if column.sql_type != "tinyint(1)" || !self.options.answers.contains_key(&id) {
            return None;
        }
        let question = format!("What is `{place}`, a tinyint(1)?");
        let answer = self.ask(id, question, "see `rejoint scan`".into(), &["keep", "bool", "int8"])?;
        (answer != "keep").then_some(answer)
    }

    /// A comment with a marker that 2.x cannot do without. Where it does not fit, a person decides.
    pub(crate) fn fitting_comment(&mut self, place: &str, marker: &str, user_text: &str) -> Option<String> {
        match with_marker(marker, user_text) {
            Ok(comment) => Some(comment),
            Err(error) => {
                let answer = self.ask(
                    format!("long-comment:{place}"),
                    format!("The comment of {place} leaves no room for the marker that 2.x needs. Shorten it, or stop?"),
                    error.to_string(),
                    &["shorten", "stop"],
                );
                if answer.as_deref() == Some("stop") {
                    self.refuse(place, error.to_string(), "Shorten the comment, then plan again.");
                }
                let room =
                    rejoint_model::marker::MAX_COLUMN_COMMENT.saturating_sub(marker.chars().count() + 2);
                let cut: String = user_text.chars().take(room).collect();
                with_marker(marker, &cut).ok()
            }
        }
    }
}
