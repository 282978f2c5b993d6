//! The table that a definition declares: what 0.14.10 or 2.3.5 would create on MySQL.

use std::collections::HashSet;

use crate::attribute_line;
use crate::compile_foreign_key::{self, KeyColumn};
use crate::compile_type;
use crate::default_sql::{default_value, is_constant};
use crate::definition::{Attribute, Definition, Dialect, ForeignKey, Index, IndexItemKind, ItemKind};
use crate::error::Error;
use crate::problem::{Code, Problem, Severity};
use crate::python_text::Cursor;
use crate::span::Span;
use crate::sql_literal::whole_literal;
use crate::sql_type::{ReportedDefault, reported, reported_default, split_type_comment};
use crate::statement_text::{driver_format, python_format};
use crate::table::{
    Column, ColumnDefault, CompiledIndex, CompiledTable, ForeignKeyConstraint, IndexPart, Parents, Settings,
    TableName,
};

/// Compiles a definition to the table it declares, by the rules of the dialect it was read in.
///
/// `create_table` of the result is the library's statement byte for byte; the other fields are what `MySQL` would report
/// of the table afterwards. Columns that 0.14 adds with `add_hidden_timestamp` are not covered.
///
/// # Errors
///
/// [`Error::Refused`] when the library or the server would refuse the definition, or when it cannot be told what would
/// come of it: an unknown parent, adapter or codec, a Python expression, SQL text that is not understood.
pub fn compile(
    definition: &Definition,
    name: &TableName,
    parents: &dyn Parents,
    settings: &Settings,
) -> Result<CompiledTable, Error> {
    let (errors, warnings) = definition.problems.iter().cloned().partition(|p| p.severity == Severity::Error);
    let mut compiler = Compiler {
        dialect: definition.dialect,
        name,
        settings,
        problems: errors,
        names: HashSet::new(),
        column_sql: Vec::new(),
        foreign_key_sql: Vec::new(),
        index_sql: Vec::new(),
        serial_indexes: Vec::new(),
        table: CompiledTable {
            name: name.clone(),
            dialect: definition.dialect,
            comment: String::new(),
            columns: Vec::new(),
            primary_key: Vec::new(),
            foreign_keys: Vec::new(),
            indexes: Vec::new(),
            stores: Vec::new(),
            create_table: String::new(),
            warnings,
        },
    };
    for item in &definition.items {
        match &item.kind {
            ItemKind::Attribute(attribute) => compiler.attribute(attribute, item.in_key, Some(item.span)),
            ItemKind::ForeignKey(key) => {
                let text = key.expression_span.of(&definition.source);
                compiler.foreign_key(key, text, item.in_key, item.span, parents);
            }
            ItemKind::Index(index) => compiler.index(index, item.span),
            ItemKind::Comment | ItemKind::Separator(_) | ItemKind::Unparsed => {}
        }
    }
    compiler.add_hidden_columns();
    compiler.finish(definition)
}

struct Compiler<'a> {
    dialect: Dialect,
    name: &'a TableName,
    settings: &'a Settings,
    problems: Vec<Problem>,
    names: HashSet<String>,
    column_sql: Vec<String>,
    foreign_key_sql: Vec<String>,
    index_sql: Vec<String>,
    serial_indexes: Vec<CompiledIndex>,
    table: CompiledTable,
}

impl Compiler<'_> {
    fn error(&mut self, span: Span, code: Code, message: impl Into<String>) {
        let problem = Problem::error(span, code, message);
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    fn attribute(&mut self, attribute: &Attribute, in_key: bool, line: Option<Span>) {
        let storage = match compile_type::storage(&attribute.type_text, self.dialect, self.settings) {
            Ok(storage) => storage,
            Err((code, message)) => {
                if !self.problems.iter().any(|p| p.span == attribute.type_span) {
                    self.error(attribute.type_span, code, message);
                }
                return;
            }
        };
        let default_span = attribute.default.as_ref().map_or(attribute.name_span, |default| default.span);
        let default_sql = match default_value(attribute, self.dialect) {
            None => "NOT NULL".to_owned(),
            Some(_) if attribute.is_nullable() => "DEFAULT NULL".to_owned(),
            Some(value) => format!("NOT NULL DEFAULT {value}"),
        };
        let sql_is_blob = storage.sql.to_lowercase().contains("blob");
        if self.dialect == Dialect::V2 && sql_is_blob && default_sql.starts_with("NOT NULL DEFAULT") {
            let message = "a blob or attachment can only have the default null";
            if !self.problems.iter().any(|p| p.code == Code::BlobDefault && p.span == default_span) {
                self.error(default_span, Code::BlobDefault, message);
            }
        }

        let mut comment_sql = attribute.comment.replace('"', "\\\"");
        if let Some(marker) = &storage.marker {
            comment_sql = format!(":{marker}:{comment_sql}");
        }
        if let Some(store) = &storage.store {
            self.table.stores.push(store.clone());
            if self.dialect == Dialect::V0 {
                self.external_key(&attribute.name, store, line.unwrap_or(attribute.name_span));
            }
        }
        if in_key && !self.table.primary_key.contains(&attribute.name) {
            self.table.primary_key.push(attribute.name.clone());
        }
        if !self.names.insert(attribute.name.clone()) {
            return;
        }

        let mut sql = format!("`{}` {} {}", attribute.name, storage.sql, default_sql);
        if !comment_sql.is_empty() {
            sql.push_str(&format!(" COMMENT \"{comment_sql}\""));
        }
        self.column_sql.push(sql);

        let comment_span = attribute.comment_span.unwrap_or(attribute.type_span);
        let (Some(mut comment), Some(mut declared)) = (
            self.stored_comment(&comment_sql, comment_span),
            self.stored_text(&storage.sql, attribute.type_span),
        ) else {
            return;
        };
        // 0.14 lets SQL follow an integer type; a comment there loses against the one of the definition.
        if let Some((rest, in_type)) = split_type_comment(&declared) {
            if comment_sql.is_empty() {
                comment = in_type;
            }
            declared = rest;
        }
        let Some(column_type) = reported(&declared) else {
            let message = format!("MySQL does not accept the type `{declared}`, or it is not understood");
            self.error(attribute.type_span, Code::ServerType, message);
            return;
        };
        let Some(default) = self.default(attribute, &default_sql, &column_type.name, default_span) else {
            return;
        };
        if let Some(line) = line.filter(|_| column_type.serial) {
            let parts = vec![IndexPart::Column(attribute.name.clone())];
            self.serial_indexes.push(CompiledIndex { unique: true, parts, line });
        }
        let nullable = default == ColumnDefault::Null && !column_type.serial;
        self.table.columns.push(Column {
            name: attribute.name.clone(),
            declared_type: storage.sql,
            sql_type: column_type.name,
            nullable,
            default,
            comment,
            marker: storage.marker,
            in_key: false,
            auto_increment: column_type.auto_increment,
            parent: None,
            line,
        });
    }

    fn default(
        &mut self,
        attribute: &Attribute,
        sql: &str,
        column_type: &str,
        span: Span,
    ) -> Option<ColumnDefault> {
        let Some(value) = sql.strip_prefix("NOT NULL DEFAULT ") else {
            let null = sql == "DEFAULT NULL";
            return Some(if null { ColumnDefault::Null } else { ColumnDefault::None });
        };
        let value = self.stored_text(value, span)?;
        if attribute.default_text().is_some_and(is_constant) {
            let timestamp = current_timestamp(&value);
            let of_type = timestamp.as_deref().is_some_and(|timestamp| {
                let precision = |text: &str| text.split_once('(').map(|(_, n)| n.to_owned());
                ["timestamp", "datetime"].iter().any(|word| column_type.starts_with(word))
                    && precision(timestamp) == precision(column_type)
            });
            return match timestamp.filter(|_| of_type) {
                Some(timestamp) => Some(ColumnDefault::CurrentTimestamp(timestamp)),
                None => {
                    let message = format!("MySQL does not accept the default `{value}` for `{column_type}`");
                    self.error(span, Code::ServerDefault, message);
                    None
                }
            };
        }
        let Some(written) = whole_literal(&value) else {
            self.error(span, Code::ServerSyntax, format!("`DEFAULT {value}` is not understood"));
            return None;
        };
        let reported = match reported_default(column_type, &written) {
            ReportedDefault::Text(text) => Some(text),
            ReportedDefault::Unknown => None,
            ReportedDefault::Refused => {
                let message = format!("MySQL does not accept the default `{written}` for `{column_type}`");
                self.error(span, Code::ServerDefault, message);
                return None;
            }
        };
        Some(ColumnDefault::Literal { written, reported })
    }

    /// The text after what library and driver do to statements.
    fn stored_text(&mut self, sql: &str, span: Span) -> Option<String> {
        let formatted = match self.dialect {
            Dialect::V0 => python_format(sql, &self.name.schema),
            Dialect::V2 => Some(sql.to_owned()),
        };
        let Some(formatted) = formatted else {
            let message = "0.14 passes the statement through `str.format`: braces must be doubled";
            self.error(span, Code::Brace, message);
            return None;
        };
        let text = driver_format(&formatted);
        if text.is_none() {
            let message = "the driver takes `%` for a placeholder: it must be doubled";
            self.error(span, Code::Percent, message);
        }
        text
    }

    /// The value of a comment from the text between its double quotes.
    fn stored_comment(&mut self, sql: &str, span: Span) -> Option<String> {
        let text = self.stored_text(sql, span)?;
        let Some(comment) = whole_literal(&format!("\"{text}\"")) else {
            let message =
                "the comment ends its own quotes in the statement: a `\"`, or a backslash at its end";
            self.error(span, Code::ServerSyntax, message);
            return None;
        };
        let length = comment.chars().count();
        if length > 1024 {
            let message = format!("the column comment would have {length} characters; MySQL stores 1024");
            self.error(span, Code::CommentLength, message);
            return None;
        }
        Some(comment)
    }

    fn external_key(&mut self, column: &str, store: &str, line: Span) {
        let table = format!("~external_{store}");
        self.foreign_key_sql.push(format!(
            "FOREIGN KEY (`{column}`) REFERENCES `{}`.`{table}` (`hash`) ON UPDATE RESTRICT ON DELETE RESTRICT",
            "{database}"
        ));
        self.table.foreign_keys.push(ForeignKeyConstraint {
            columns: vec![column.to_owned()],
            parent: TableName::new(self.name.schema.clone(), table),
            parent_columns: vec!["hash".to_owned()],
            is_external: true,
            line,
        });
    }

    fn foreign_key(&mut self, key: &ForeignKey, text: &str, in_key: bool, line: Span, parents: &dyn Parents) {
        if key.old_form.is_some() {
            return;
        }
        let parent = match compile_foreign_key::resolve(key, text, parents) {
            Ok(parent) => parent,
            Err((code, message)) => return self.error(key.expression_span, code, message),
        };
        if let Some(bad) =
            parent.key.iter().flat_map(|c| [&c.name, &c.parent.name]).find(|name| name.contains('`'))
        {
            let message = format!("the library does not quote the backtick in the name `{bad}`");
            return self.error(key.expression_span, Code::ServerSyntax, message);
        }
        let mut seen = HashSet::new();
        if let Some(twice) = parent.key.iter().find(|column| !seen.insert(column.parent.name.as_str())) {
            let message =
                format!("the server does not accept two references to `{}` in one key", twice.parent.name);
            self.error(key.expression_span, Code::ServerForeignKey, message);
        }
        if parent.key.is_empty() {
            let message = "the referenced table has no visible key attribute";
            self.error(key.expression_span, Code::ServerForeignKey, message);
        }
        for column in &parent.key {
            if self.names.insert(column.name.clone()) {
                self.foreign_key_column(column, &parent.table, key, in_key, line);
            }
        }
        let columns: Vec<String> = parent.key.iter().map(|column| column.name.clone()).collect();
        let parent_columns: Vec<String> =
            parent.key.iter().map(|column| column.parent.name.clone()).collect();
        let between = if self.dialect == Dialect::V0 { "`,`" } else { "`, `" };
        self.foreign_key_sql.push(format!(
            "FOREIGN KEY (`{}`) REFERENCES {} (`{}`) ON UPDATE CASCADE ON DELETE RESTRICT",
            columns.join(between),
            parent.table.quoted(),
            parent_columns.join(between),
        ));
        if key.is_unique() {
            self.index_sql.push(format!("UNIQUE INDEX (`{}`)", columns.join(between)));
            let parts = columns.iter().cloned().map(IndexPart::Column).collect();
            self.table.indexes.push(CompiledIndex { unique: true, parts, line });
        }
        self.table.foreign_keys.push(ForeignKeyConstraint {
            columns,
            parent: parent.table,
            parent_columns,
            is_external: false,
            line,
        });
    }

    fn foreign_key_column(
        &mut self,
        column: &KeyColumn,
        parent: &TableName,
        key: &ForeignKey,
        in_key: bool,
        line: Span,
    ) {
        if in_key {
            self.table.primary_key.push(column.name.clone());
        }
        let nullable = key.is_nullable();
        let uuid = if column.parent.is_uuid { ":uuid:" } else { "" };
        let comment_sql = format!("{uuid}{}", column.parent.comment);
        let null = if nullable { "" } else { " NOT NULL" };
        let mut sql = format!("`{}` {}{null}", column.name, column.parent.sql_type);
        if self.dialect == Dialect::V0 || !comment_sql.is_empty() {
            sql.push_str(&format!(" COMMENT \"{comment_sql}\""));
        }
        self.column_sql.push(sql);
        let span = key.expression_span;
        let Some(comment) = self.stored_comment(&comment_sql, span) else { return };
        let Some(declared) = self.stored_text(&column.parent.sql_type, span) else { return };
        let Some(column_type) = reported(&declared) else {
            let message = format!("the parent's type `{declared}` is not understood");
            return self.error(span, Code::ServerType, message);
        };
        self.table.columns.push(Column {
            name: column.name.clone(),
            declared_type: column.parent.sql_type.clone(),
            sql_type: column_type.name,
            nullable,
            default: if nullable { ColumnDefault::Null } else { ColumnDefault::None },
            comment,
            marker: column.parent.is_uuid.then(|| "uuid".to_owned()),
            in_key: false,
            auto_increment: false,
            parent: Some((parent.clone(), column.parent.name.clone())),
            line: Some(line),
        });
    }

    fn index(&mut self, index: &Index, line: Span) {
        let written: Vec<IndexPart> = index
            .items
            .iter()
            .map(|item| match &item.kind {
                IndexItemKind::Attribute(name) => IndexPart::Column(name.clone()),
                IndexItemKind::JsonPath { attribute, path, sql_type } => {
                    let returning = sql_type
                        .as_ref()
                        .map(|sql_type| format!(" returning {sql_type}"))
                        .unwrap_or_default();
                    IndexPart::Expression(format!(
                        "(json_value(`{attribute}`, _utf8mb4'$.{path}'{returning}))"
                    ))
                }
                IndexItemKind::Expression => IndexPart::Expression(item.text.clone()),
            })
            .collect();
        if let Some(IndexPart::Expression(sql)) = written.iter().find(|part| is_cut_by_comment(part)) {
            let message = format!("the server takes the end of `{sql}` for a comment");
            return self.error(index.args_span, Code::ServerSyntax, message);
        }
        if whole_parts(written.clone()).iter().any(|part| parenthesis_depth(part) != 0) {
            return self.error(
                index.args_span,
                Code::ServerSyntax,
                "the parentheses of the index do not match",
            );
        }
        if written.is_empty() {
            return self.error(line, Code::ServerSyntax, "an index needs at least one attribute");
        }
        let sql: Vec<String> = written
            .iter()
            .map(|part| match part {
                IndexPart::Column(name) => format!("`{name}`"),
                IndexPart::Expression(sql) => sql.clone(),
            })
            .collect();
        let unique = if index.unique { "unique " } else { "" };
        let sql = format!("{unique}index ({})", sql.join(","));
        if self.stored_text(&sql, index.args_span).is_none() {
            return;
        }
        self.index_sql.push(sql);
        self.table.indexes.push(CompiledIndex { unique: index.unique, parts: whole_parts(written), line });
    }

    /// The columns that 2.x adds by itself.
    fn add_hidden_columns(&mut self) {
        if self.dialect == Dialect::V0 {
            return;
        }
        if self.table.primary_key.is_empty() {
            self.hidden("_singleton = 1 : bool # singleton primary key", true);
        }
        match tier(&self.name.table) {
            Some(Tier::Auto) if self.settings.add_job_metadata => {
                self.hidden("_job_start_time = null : datetime(3) # when computation began", false);
                self.hidden("_job_duration = null : float32 # computation duration in seconds", false);
                self.hidden("_job_version = \"\" : varchar(64) # code version", false);
            }
            Some(Tier::Manual) if self.settings.capture_provenance => {
                self.hidden(
                    "_prov = null : json # extrinsic provenance for a row that entered from outside",
                    false,
                );
            }
            _ => {}
        }
    }

    fn hidden(&mut self, line: &str, in_key: bool) {
        if let Ok(attribute) = attribute_line::parse(line, Dialect::V2) {
            self.attribute(&attribute, in_key, None);
        }
    }

    fn finish(mut self, definition: &Definition) -> Result<CompiledTable, Error> {
        let nowhere = Span::new(0, 0);
        if self.name.table.chars().count() > 64 {
            self.error(nowhere, Code::ServerSyntax, "the table name has more than 64 characters");
        }
        if [&self.name.schema, &self.name.table].iter().any(|name| name.contains('`')) {
            self.error(
                nowhere,
                Code::ServerSyntax,
                "the library does not quote a backtick in the name of the table",
            );
        }
        if self.table.primary_key.is_empty() && !self.problems.iter().any(|p| p.code == Code::EmptyKey) {
            self.error(nowhere, Code::EmptyKey, "the table has no primary key");
        }
        let (comment, span) =
            definition.table_comment.as_ref().map_or(("", nowhere), |c| (c.text.as_str(), c.text_span));
        if let Some(text) = self.stored_text(comment, span) {
            match whole_literal(&format!("\"{text}\"")) {
                Some(comment) if comment.chars().count() <= 2048 => self.table.comment = comment,
                Some(_) => {
                    self.error(span, Code::CommentLength, "MySQL stores 2048 characters of table comment")
                }
                None => {
                    self.error(span, Code::ServerSyntax, "neither version escapes quotes in a table comment")
                }
            }
        }
        let statement = self.statement(comment);
        if let Some(statement) = statement {
            self.table.create_table = statement;
        } else if self.problems.is_empty() {
            self.error(
                nowhere,
                Code::Brace,
                "0.14 passes the statement through `str.format`, which fails here",
            );
        }
        if !self.problems.is_empty() {
            self.problems.sort_by_key(|problem| problem.span);
            return Err(Error::Refused { problems: self.problems });
        }
        for column in &mut self.table.columns {
            column.in_key = self.table.primary_key.contains(&column.name);
        }
        self.serial_indexes.append(&mut self.table.indexes);
        self.table.indexes = self.serial_indexes;
        Ok(self.table)
    }

    fn statement(&self, comment: &str) -> Option<String> {
        let mut parts = self.column_sql.clone();
        let between = if self.dialect == Dialect::V0 { "`,`" } else { "`, `" };
        parts.push(format!("PRIMARY KEY (`{}`)", self.table.primary_key.join(between)));
        parts.extend(self.foreign_key_sql.iter().cloned());
        parts.extend(self.index_sql.iter().cloned());
        let options = match self.dialect {
            Dialect::V2 if comment.is_empty() => "ENGINE=InnoDB".to_owned(),
            _ => format!("ENGINE=InnoDB, COMMENT \"{comment}\""),
        };
        let sql = format!(
            "CREATE TABLE IF NOT EXISTS {} (\n{}\n) {options}",
            self.name.quoted(),
            parts.join(",\n")
        );
        match self.dialect {
            Dialect::V0 => python_format(&sql, &self.name.schema),
            Dialect::V2 => Some(sql),
        }
    }
}

/// Opened minus closed parentheses.
fn parenthesis_depth(part: &IndexPart) -> i64 {
    match part {
        IndexPart::Column(_) => 0,
        IndexPart::Expression(sql) => sql.matches('(').count() as i64 - sql.matches(')').count() as i64,
    }
}

/// Whether a `#` or `--` outside quotes starts an SQL comment.
fn is_cut_by_comment(part: &IndexPart) -> bool {
    let IndexPart::Expression(sql) = part else { return false };
    sql.contains("--") || Cursor::new(sql).skip_to_unquoted('#')
}

/// Joins what 0.14 splits inside nested parentheses and joins again with commas.
fn whole_parts(written: Vec<IndexPart>) -> Vec<IndexPart> {
    let mut parts = Vec::new();
    let mut open: Option<(String, i64)> = None;
    for part in written {
        let change = parenthesis_depth(&part);
        match open.take() {
            Some((sql, level)) => {
                let next = match part {
                    IndexPart::Column(name) => format!("`{name}`"),
                    IndexPart::Expression(sql) => sql,
                };
                open = Some((format!("{sql},{next}"), level + change));
            }
            None => match part {
                IndexPart::Expression(sql) if change > 0 => open = Some((sql, change)),
                part => parts.push(part),
            },
        }
        if let Some((sql, _)) = open.take_if(|(_, level)| *level <= 0) {
            parts.push(IndexPart::Expression(sql));
        }
    }
    parts.extend(open.map(|(sql, _)| IndexPart::Expression(sql)));
    parts
}

fn current_timestamp(text: &str) -> Option<String> {
    let text: String = text.to_ascii_uppercase().split_whitespace().collect();
    let precision = text.strip_prefix("CURRENT_TIMESTAMP")?;
    match precision {
        "" | "()" | "(0)" => Some("CURRENT_TIMESTAMP".to_owned()),
        _ => {
            let digit = precision.strip_prefix('(')?.strip_suffix(')')?;
            matches!(digit, "1" | "2" | "3" | "4" | "5" | "6").then(|| format!("CURRENT_TIMESTAMP({digit})"))
        }
    }
}

enum Tier {
    Manual,
    /// Imported or computed, not their parts.
    Auto,
}

/// The tier as far as hidden columns depend on it: `[a-z][a-z0-9]*(_[a-z][a-z0-9]*)*` with its prefix.
fn tier(table: &str) -> Option<Tier> {
    let base = table.strip_prefix("__").or_else(|| table.strip_prefix('_')).unwrap_or(table);
    let word = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_lowercase())
            && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    };
    let tier = if base.len() == table.len() { Tier::Manual } else { Tier::Auto };
    base.split('_').all(word).then_some(tier)
}
