//! [`Definition`] to text.

use crate::definition::{Definition, Dialect, ForeignKey, Index, ItemKind, Reference, TableReference};

/// Writes a definition in the layout of DataJoint's `describe()`: `%-20s : %-28s %s` for attributes, one separator
/// of three dashes, one space in foreign keys and indexes.
///
/// Differences from `describe()`: comments, ignored lines and unreadable lines are kept, and there are no blanks at line
/// ends. `dialect` decides only what the two share no spelling for: a `___` separator stays in 0.x and becomes
/// `---` in 2.x. Types are printed as they are; use [`crate::convert`] to change them.
///
/// Reading the result again gives the same definition, positions aside.
pub fn print(definition: &Definition, dialect: Dialect) -> String {
    let mut out = String::new();
    if let Some(comment) = &definition.table_comment {
        push_line(&mut out, &format!("# {}", comment.text));
    }
    for item in &definition.items {
        let written = item.span.of(&definition.source);
        let line = match &item.kind {
            ItemKind::Comment | ItemKind::Unparsed => written.to_owned(),
            ItemKind::Separator(separator) => {
                let rule = if separator.underscores && dialect == Dialect::V0 { "___" } else { "---" };
                match separator.tail.of(&definition.source) {
                    "" => rule.to_owned(),
                    tail => format!("{rule} {tail}"),
                }
            }
            ItemKind::Attribute(attribute) => {
                let name = match &attribute.default {
                    Some(default) => format!("{}={}", attribute.name, default.text),
                    None => attribute.name.clone(),
                };
                format!("{name:<20} : {:<28} {}", attribute.type_text, comment(&attribute.comment))
            }
            ItemKind::ForeignKey(key) => foreign_key(key, &definition.source),
            ItemKind::Index(index) => index_line(index, &definition.source),
        };
        push_line(&mut out, &line);
    }
    out
}

fn push_line(out: &mut String, line: &str) {
    out.push_str(line.trim_end());
    out.push('\n');
}

/// A comment that reads back as `text`: DataJoint strips every `#` at the end of a line.
fn comment(text: &str) -> String {
    match text {
        "" => String::new(),
        text if text.ends_with('#') => format!("# {text} #"),
        text => format!("# {text}"),
    }
}

fn foreign_key(key: &ForeignKey, source: &str) -> String {
    let mut out = String::new();
    if let Some(old) = key.old_form.as_ref().filter(|old| !old.new_names.is_empty()) {
        out.push_str(&format!("({}) ", old.new_names.join(", ")));
    }
    out.push_str("->");
    if key.options_span.is_some() {
        let options: Vec<&str> = key.options.iter().map(|option| option.text.as_str()).collect();
        out.push_str(&format!(" [{}]", options.join(", ")));
    }
    out.push(' ');
    match &key.expression {
        Reference::Opaque => out.push_str(key.expression_span.of(source)),
        Reference::Table(table) => out.push_str(&reference(table, source)),
    }
    if let Some(old) = key.old_form.as_ref().filter(|old| !old.old_names.is_empty()) {
        out.push_str(&format!("({})", old.old_names.join(", ")));
    }
    if let Some(span) = key.comment_span {
        out.push_str("  ");
        out.push_str(span.of(source));
    }
    out
}

fn reference(table: &TableReference, source: &str) -> String {
    let Some(projection) = &table.projection else { return table.path.clone() };
    let plain = projection.n_kept == 0 && projection.renames.iter().all(|rename| !rename.old.contains('"'));
    if !plain {
        return format!("{}{}", table.path, projection.span.of(source));
    }
    let renames: Vec<String> =
        projection.renames.iter().map(|rename| format!("{}=\"{}\"", rename.new, rename.old)).collect();
    format!("{}.proj({})", table.path, renames.join(","))
}

fn index_line(index: &Index, source: &str) -> String {
    let unique = if index.unique { "unique " } else { "" };
    let items: Vec<&str> = index.items.iter().map(|item| item.text.as_str()).collect();
    match index.tail.of(source) {
        "" => format!("{unique}index ({})", items.join(", ")),
        tail => format!("{unique}index ({}) {tail}", items.join(", ")),
    }
}
