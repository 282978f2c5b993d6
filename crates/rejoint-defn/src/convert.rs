//! A definition of 0.x to one of 2.x, as edits.

use crate::convert_type::{self, TypeConversion};
use crate::decisions::{Answer, Choice, Conversion, Decisions, Question, QuestionKind};
use crate::default_sql::{default_value, is_constant};
use crate::definition::{
    Attribute, Definition, Dialect, ForeignKey, Index, ItemKind, OldForeignKey, Reference,
};
use crate::edit::{Edit, Reason, Safety};
use crate::modern_type::{CoreType, ModernType};
use crate::problem::{Code, Problem};
use crate::span::Span;
use crate::sql_literal::{single_quoted, whole_literal};
use crate::statement_text::python_format;
use crate::table::Parents;

/// Converts a 0.x definition into a 2.x one: edits where the text decides, questions where it does not.
///
/// By default a table declared from the result has the same columns as before, but for what has no equal in 2.x and is
/// said in the note of the edit: pointers to stores become JSON, `*blob` becomes `longblob`, `boolean` loses its display
/// width. Definitions already written for 2.x are left alone.
///
/// `parents`, if given, decides foreign keys in the form of 0.12.
pub fn convert(definition: &Definition, decisions: &Decisions, parents: Option<&dyn Parents>) -> Conversion {
    if definition.dialect == Dialect::V2 {
        return Conversion { problems: definition.problems.clone(), ..Conversion::default() };
    }
    let mut converter = Converter {
        definition,
        decisions,
        parents,
        result: Conversion::default(),
        looks_modern: definition.first_modern_type().is_some(),
        resolved: Vec::new(),
    };
    if let Some(comment) = &definition.table_comment {
        converter.braces(comment.text_span, &comment.text);
    }
    for item in &definition.items {
        match &item.kind {
            ItemKind::Separator(separator) if separator.underscores => {
                converter.edit(separator.rule_span, "---", Reason::Separator, Safety::Exact, "");
            }
            ItemKind::Attribute(attribute) => converter.attribute(attribute),
            ItemKind::ForeignKey(key) => {
                if let Some(old) = &key.old_form {
                    converter.old_foreign_key(key, old, item.span);
                }
            }
            ItemKind::Index(index) => converter.index(index),
            _ => {}
        }
    }
    let Converter { mut result, resolved, .. } = converter;
    let still = definition.problems.iter().filter(|problem| {
        let accepted_by_2 = matches!(problem.code, Code::EmptyKey | Code::IndexTail);
        let in_2 = problem.code == Code::UnsupportedType
            && !matches!(
                ModernType::parse(problem.span.of(&definition.source)),
                ModernType::Unsupported { .. }
            );
        !accepted_by_2 && !in_2 && !resolved.contains(&problem.span)
    });
    result.problems.extend(still.cloned());
    result.edits.sort_by_key(|edit| edit.span);
    result.questions.sort_by_key(|question| question.span);
    result.problems.sort_by_key(|problem| problem.span);
    result
}

struct Converter<'a> {
    definition: &'a Definition,
    decisions: &'a Decisions,
    parents: Option<&'a dyn Parents>,
    result: Conversion,
    /// Whether there is a type that only 2.x can declare.
    looks_modern: bool,
    /// Places whose problem an edit removes.
    resolved: Vec<Span>,
}

impl Converter<'_> {
    fn edit(&mut self, span: Span, text: impl Into<String>, reason: Reason, safety: Safety, note: &str) {
        let replacement = text.into();
        self.result.edits.push(Edit { span, replacement, reason, safety, note: note.to_owned() });
    }

    fn attribute(&mut self, attribute: &Attribute) {
        let mut conversion = match self.decisions.types.get(&attribute.name) {
            None if self.looks_modern && attribute.type_text.eq_ignore_ascii_case("int8") => {
                convert_type::ambiguous_int8()
            }
            None => convert_type::convert(attribute, self.decisions),
            Some(Answer::Keep) => {
                if matches!(attribute.modern_type(), ModernType::Unsupported { .. }) {
                    let message = format!("`{}` cannot be kept: 2.x does not accept it", attribute.type_text);
                    self.result.problems.push(Problem::error(attribute.type_span, Code::Decision, message));
                }
                TypeConversion::default()
            }
            Some(Answer::Type(wanted)) => self.answered(attribute, wanted),
        };
        if let Some((code, message)) = conversion.problem.take() {
            let problem = match code {
                Code::Decision => Problem::error(attribute.type_span, code, message),
                _ => Problem::warning(attribute.type_span, code, message),
            };
            self.result.problems.push(problem);
        }
        let mut final_type = attribute.type_text.clone();
        if let Some(replacement) = conversion.replacement {
            final_type.clone_from(&replacement.text);
            let mut text = replacement.text;
            if let Some(comment) = &replacement.comment {
                text.push_str(" # ");
                text.push_str(comment);
            }
            self.resolved.push(attribute.type_span);
            self.edit(attribute.type_span, text, replacement.reason, replacement.safety, &replacement.note);
        }
        if let Some(question) = conversion.question {
            self.result.questions.push(Question {
                span: attribute.type_span,
                attribute: Some(attribute.name.clone()),
                kind: question.kind,
                required: question.required,
                message: question.message,
                choices: question.choices,
            });
        }
        self.default(attribute, &final_type);
        if let Some(span) = attribute.comment_span {
            self.braces(span, span.of(&self.definition.source).to_owned().as_str());
        }
        self.check_comment(attribute, &final_type);
    }

    fn answered(&mut self, attribute: &Attribute, wanted: &str) -> TypeConversion {
        let kind = ModernType::parse(wanted);
        let usable = match &kind {
            ModernType::Unsupported { .. } => false,
            ModernType::Core { .. } => kind.core_sql().is_some(),
            _ => true,
        };
        if !usable || wanted.contains(['#', '\n', '\r']) {
            let message = format!("the decision for `{}` is no type of 2.x: `{wanted}`", attribute.name);
            return TypeConversion { problem: Some((Code::Decision, message)), ..TypeConversion::default() };
        }
        if wanted == attribute.type_text {
            return TypeConversion::default();
        }
        TypeConversion {
            replacement: Some(convert_type::Replacement {
                text: wanted.to_owned(),
                reason: Reason::Answer,
                safety: Safety::Noted,
                note: "as decided; the column may change".to_owned(),
                comment: convert_type::comment_in_type(attribute),
            }),
            ..TypeConversion::default()
        }
    }

    /// 2.x quotes defaults in another way; where that changes the value, the value is written out.
    fn default(&mut self, attribute: &Attribute, final_type: &str) {
        let (Some(default), false) = (&attribute.default, attribute.is_nullable()) else { return };
        if default.text.is_empty() {
            return;
        }
        let stored_elsewhere = match ModernType::parse(final_type) {
            ModernType::Codec { spec, .. } => {
                spec.store.is_some() || matches!(spec.name.as_str(), "blob" | "attach")
            }
            _ => false,
        };
        if stored_elsewhere && attribute.modern_type().text() != final_type {
            let message = format!("`{final_type}` can have no default but null in 2.x");
            return self.ask_for_default(attribute, default.span, message);
        }
        if is_constant(&default.text) {
            return;
        }
        let value = |dialect| {
            let sql = default_value(attribute, dialect)?;
            let sql = if dialect == Dialect::V0 { python_format(&sql, "{database}")? } else { sql };
            whole_literal(&sql)
        };
        let Some(old) = value(Dialect::V0) else {
            let message = "0.14 writes this default into the statement as it is, and it is no plain value";
            self.result.problems.push(Problem::warning(default.span, Code::ServerSyntax, message));
            return;
        };
        if value(Dialect::V2).as_ref() == Some(&old) {
            return;
        }
        match single_quoted(&old) {
            Some(text) => {
                let reason =
                    if default.text.contains(['{', '}']) { Reason::Braces } else { Reason::DefaultQuoting };
                self.edit(default.span, text, reason, Safety::Exact, "");
            }
            None => {
                let message = "2.x would give this default another value, and control characters cannot be written here";
                self.ask_for_default(attribute, default.span, message.to_owned());
            }
        }
    }

    fn ask_for_default(&mut self, attribute: &Attribute, span: Span, message: String) {
        self.result.questions.push(Question {
            span,
            attribute: Some(attribute.name.clone()),
            kind: QuestionKind::DefaultValue,
            required: true,
            message,
            choices: Vec::new(),
        });
    }

    /// 0.14 passes comments through `str.format`, which halves doubled braces; 2.x does not.
    fn braces(&mut self, span: Span, text: &str) {
        if !text.contains(['{', '}']) {
            return;
        }
        if text.contains("{database}") {
            let message = "0.14 puts the schema's name in the place of `{database}`; 2.x keeps the word";
            self.result.problems.push(Problem::warning(span, Code::Brace, message));
            return;
        }
        // Where Python raises, 0.14 cannot have declared the table, and 2.x takes the text as it is.
        if let Some(formatted) = python_format(text, "") {
            let marker = formatted.trim_start_matches(['#', ' ']).starts_with('{');
            let (safety, note) = if marker {
                (
                    Safety::Noted,
                    "2.x's alter() takes a name in braces at the start for the old name of the attribute",
                )
            } else {
                (Safety::Exact, "")
            };
            self.edit(span, formatted, Reason::Braces, safety, note);
        }
    }

    /// The marker that 2.x puts before the comment must fit and must read back.
    fn check_comment(&mut self, attribute: &Attribute, final_type: &str) {
        let kind = ModernType::parse(final_type);
        let marked = match &kind {
            ModernType::Core { .. } | ModernType::Codec { .. } => final_type.chars().count() + 2,
            _ => 0,
        };
        let stored = attribute.comment.replace('"', "\\\"");
        let stored = whole_literal(&format!("\"{stored}\"")).unwrap_or_else(|| attribute.comment.clone());
        let length = marked + stored.chars().count();
        let span = attribute.comment_span.unwrap_or(attribute.type_span);
        if marked > 0 && length > 1024 {
            let message =
                format!("type and comment make {length} characters of column comment; MySQL stores 1024");
            self.result.problems.push(Problem::error(span, Code::CommentLength, message));
        }
        if marked > 0 && stored.contains('\n') {
            let message = "behind a type, 2.x reads a comment up to its first line end only";
            self.result.problems.push(Problem::warning(span, Code::MarkerMisread, message));
        }
        if matches!(kind, ModernType::Core { core: CoreType::Enum, .. }) {
            if final_type.contains(':') {
                let message =
                    "2.x reads a type with a colon wrongly from the column comment (describe, alter)";
                self.result.problems.push(Problem::warning(
                    attribute.type_span,
                    Code::MarkerMisread,
                    message,
                ));
            }
            if final_type.contains('\\') {
                let message =
                    "2.x keeps the type in the column comment, where the server removes backslashes";
                self.result.problems.push(Problem::warning(
                    attribute.type_span,
                    Code::MarkerMisread,
                    message,
                ));
            }
        }
    }

    fn index(&mut self, index: &Index) {
        let tail = index.tail;
        if index.args_span.of(&self.definition.source).contains('#') {
            let message = "2.x cuts an index line at its first `#`";
            self.result.problems.push(Problem::error(index.args_span, Code::IndexSyntax, message));
        }
        if !tail.is_empty() && !tail.of(&self.definition.source).starts_with('#') {
            let span = Span::new(index.args_span.end + 1, tail.end);
            self.edit(span, "", Reason::IndexTail, Safety::Exact, "0.14 ignored this text");
        }
    }

    fn old_foreign_key(&mut self, key: &ForeignKey, old: &OldForeignKey, line: Span) {
        let Reference::Table(table) = &key.expression else {
            return self.ask_for_names(table_text(key, self.definition), line);
        };
        let parent = self.parents.and_then(|parents| parents.table(&table.path));
        let keys: Option<Vec<String>> = parent.map(|p| p.key.into_iter().map(|column| column.name).collect());
        let (new_names, old_names, safety, note) =
            match (&keys, old.new_names.as_slice(), old.old_names.as_slice()) {
                (Some(keys), new, old) if !new.is_empty() && new.len() == old.len() => {
                    if old.iter().any(|name| !keys.contains(name)) {
                        return self.ask_for_names(table.path.clone(), line);
                    }
                    (new, old.to_vec(), Safety::Exact, "")
                }
                (Some(keys), new, []) if new.len() == keys.len() => {
                    let note = "names in the order of the parent's key";
                    (new, keys.clone(), if keys.len() == 1 { Safety::Exact } else { Safety::Suggested }, note)
                }
                (None, new, old) if !new.is_empty() && new.len() == old.len() => (
                    new,
                    old.to_vec(),
                    Safety::Suggested,
                    "right if the names in parentheses are key attributes of the parent",
                ),
                _ => return self.ask_for_names(table.path.clone(), line),
            };
        let renames: Vec<String> = new_names
            .iter()
            .zip(&old_names)
            .filter(|(new, old)| new != old)
            .map(|(new, old)| format!("{new}='{old}'"))
            .collect();
        let options =
            key.options_span.map(|span| format!("{} ", span.of(&self.definition.source))).unwrap_or_default();
        let text = if renames.is_empty() {
            format!("-> {options}{}", table.path)
        } else {
            format!("-> {options}{}.proj({})", table.path, renames.join(", "))
        };
        let span = Span::new(line.start, key.expression_span.end);
        self.resolved.push(line);
        self.edit(span, text, Reason::OldForeignKey, safety, note);
    }

    fn ask_for_names(&mut self, table: String, line: Span) {
        self.resolved.push(line);
        self.result.questions.push(Question {
            span: line,
            attribute: None,
            kind: QuestionKind::ForeignKeyNames,
            required: true,
            message: format!(
                "write `-> {table}.proj(new='old')`; which key attributes are renamed depends on `{table}`"
            ),
            choices: vec![Choice {
                text: format!("-> {table}"),
                meaning: "no attribute is renamed".to_owned(),
            }],
        });
    }
}

fn table_text(key: &ForeignKey, definition: &Definition) -> String {
    key.expression_span.of(&definition.source).to_owned()
}
