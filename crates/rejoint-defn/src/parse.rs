//! Text to [`Definition`]. Parsing never fails: what cannot be read is kept as it is and reported.

use std::collections::HashSet;

use crate::attribute_line;
use crate::definition::{
    Attribute, Definition, Dialect, ForeignKey, Item, ItemKind, Reference, Separator, TableComment,
};
use crate::foreign_key_line;
use crate::index_line;
use crate::legacy_type::{LegacyCategory, LegacyType};
use crate::modern_type::ModernType;
use crate::problem::{Code, Problem};
use crate::python_text::{lines, strip};
use crate::span::Span;

/// Reads a definition by the rules of DataJoint 0.14.10 or 2.3.5.
///
/// Never fails and never drops text. `problems` holds what that version would refuse as far as the text alone can
/// say; what depends on parents, adapters or the server is found by [`crate::compile`].
pub fn parse(text: &str, dialect: Dialect) -> Definition {
    let mut parser =
        Parser { text, dialect, in_key: true, has_key: false, names: HashSet::new(), problems: Vec::new() };
    let mut table_comment = None;
    let mut items = Vec::new();
    for (number, span) in lines(text).into_iter().enumerate() {
        if number == 0 && span.of(text).starts_with('#') {
            table_comment = Some(parser.table_comment(span));
        } else {
            let kind = parser.line(span);
            let in_key = parser.in_key && !matches!(kind, ItemKind::Separator(_));
            items.push(Item { span, in_key, kind });
        }
    }
    if dialect == Dialect::V0 && !parser.has_key {
        parser.problems.push(Problem::error(Span::new(0, 0), Code::EmptyKey, "the table has no primary key"));
    }
    let mut problems = parser.problems;
    problems.sort_by_key(|problem| problem.span);
    Definition { source: text.to_owned(), dialect, table_comment, items, problems }
}

struct Parser<'a> {
    text: &'a str,
    dialect: Dialect,
    in_key: bool,
    has_key: bool,
    names: HashSet<String>,
    problems: Vec<Problem>,
}

impl Parser<'_> {
    fn error(&mut self, span: Span, code: Code, message: impl Into<String>) {
        self.problems.push(Problem::error(span, code, message));
    }

    fn warning(&mut self, span: Span, code: Code, message: impl Into<String>) {
        self.problems.push(Problem::warning(span, code, message));
    }

    fn table_comment(&mut self, span: Span) -> TableComment {
        let text_span = strip(self.text, Span::new(span.start + 1, span.end));
        let text = text_span.of(self.text).to_owned();
        if text.starts_with(':') {
            self.error(text_span, Code::TableCommentColon, "a table comment must not start with a colon");
        }
        TableComment { span, text_span, text }
    }

    fn line(&mut self, span: Span) -> ItemKind {
        let line = span.of(self.text);
        if line.starts_with('#') {
            return ItemKind::Comment;
        }
        for (rule, accepted) in [("---", true), ("___", self.dialect == Dialect::V0)] {
            if accepted && line.starts_with(rule) {
                self.in_key = false;
                let mark = rule.chars().next().unwrap_or('-');
                let end = line.len() - line.trim_start_matches(mark).len();
                return ItemKind::Separator(Separator {
                    rule_span: Span::new(0, end).shifted(span.start),
                    underscores: mark == '_',
                    tail: strip(self.text, Span::new(span.start + end, span.end)),
                });
            }
        }
        if foreign_key_line::is_foreign_key(line) {
            return self.foreign_key(line, span);
        }
        if index_line::is_index(line, self.dialect) {
            return self.index(line, span);
        }
        if self.dialect == Dialect::V2 && line.starts_with('_') {
            let message = "names that start with an underscore are reserved; a separator is `---`";
            self.error(span, Code::ReservedUnderscore, message);
            return ItemKind::Unparsed;
        }
        match attribute_line::parse(line, self.dialect) {
            Ok(attribute) => {
                let attribute = shift_attribute(attribute, span.start);
                self.check_attribute(&attribute);
                ItemKind::Attribute(attribute)
            }
            Err((at, message)) => {
                self.error(Span::new(span.start + at, span.end), Code::AttributeSyntax, message);
                ItemKind::Unparsed
            }
        }
    }

    fn foreign_key(&mut self, line: &str, span: Span) -> ItemKind {
        let Some(key) = foreign_key_line::parse(line) else {
            self.error(span, Code::ForeignKeySyntax, "a foreign key line starts with `->`");
            return ItemKind::Unparsed;
        };
        let key = shift_foreign_key(key, span.start);
        self.has_key |= self.in_key;
        for option in &key.options {
            if !["nullable", "unique"].iter().any(|known| option.text.eq_ignore_ascii_case(known)) {
                let message =
                    format!("`{}` is no foreign key option; there are `nullable` and `unique`", option.text);
                self.error(option.span, Code::ForeignKeyOption, message);
            }
        }
        if key.is_nullable() && self.in_key {
            let place = key.options_span.unwrap_or(span);
            self.error(place, Code::NullableKey, "a foreign key of the primary key cannot be nullable");
        }
        if key.old_form.is_some() {
            let message = "`(new) -> Table(old)` is the form of DataJoint 0.12 and before; write \
                           `-> Table.proj(new='old')`";
            self.error(span, Code::OldForeignKey, message);
        } else if key.expression_span.is_empty() {
            self.error(span, Code::ForeignKeySyntax, "no table after `->`");
        } else if key.expression == Reference::Opaque {
            let message = "only Python can tell which table this expression means";
            self.warning(key.expression_span, Code::OpaqueForeignKey, message);
        }
        ItemKind::ForeignKey(key)
    }

    fn index(&mut self, line: &str, span: Span) -> ItemKind {
        let Some(mut index) = index_line::parse(line, self.dialect) else {
            let message =
                "a line that begins with `index` needs `(...)` (0.x does not allow attribute names that do)";
            self.error(span, Code::IndexSyntax, message);
            return ItemKind::Unparsed;
        };
        for part in [&mut index.keyword_span, &mut index.args_span, &mut index.tail] {
            *part = part.shifted(span.start);
        }
        for item in &mut index.items {
            item.span = item.span.shifted(span.start);
        }
        if !index.tail.is_empty() && !index.tail.of(self.text).starts_with('#') {
            self.warning(index.tail, Code::IndexTail, "this text after the index has no effect");
        }
        ItemKind::Index(index)
    }

    fn check_attribute(&mut self, attribute: &Attribute) {
        self.has_key |= self.in_key;
        if !self.names.insert(attribute.name.clone()) {
            let message = format!("`{}` is declared before; this line has no effect", attribute.name);
            self.warning(attribute.name_span, Code::DuplicateAttribute, message);
        }
        if self.in_key && attribute.is_nullable() {
            let span = attribute.default.as_ref().map_or(attribute.name_span, |default| default.span);
            self.error(span, Code::NullableKey, "a key attribute cannot be nullable");
        }
        if let Some(span) = attribute.comment_span
            && attribute.comment.starts_with(':')
        {
            self.error(span, Code::CommentColon, "an attribute comment must not start with a colon");
        }
        match self.dialect {
            Dialect::V0 => self.check_legacy_type(attribute),
            Dialect::V2 => self.check_modern_type(attribute),
        }
    }

    fn check_legacy_type(&mut self, attribute: &Attribute) {
        let kind = attribute.legacy_type();
        let packed = matches!(
            kind.category(),
            Some(
                LegacyCategory::InternalBlob
                    | LegacyCategory::ExternalBlob
                    | LegacyCategory::InternalAttach
                    | LegacyCategory::ExternalAttach
            )
        );
        self.check_blob_default(attribute, packed);
        match kind {
            LegacyType::Older { .. } => {
                let message = format!("`{kind}` is a type of DataJoint 0.11 and before");
                self.error(attribute.type_span, Code::UnsupportedType, message);
            }
            LegacyType::Unsupported { .. } => {
                let message = format!("`{kind}` is not a type of DataJoint 0.14");
                self.error(attribute.type_span, Code::UnsupportedType, message);
            }
            _ => {}
        }
    }

    fn check_modern_type(&mut self, attribute: &Attribute) {
        let kind = attribute.modern_type();
        match &kind {
            ModernType::Unsupported { .. } => {
                let message = format!("`{kind}` is not a type of DataJoint 2.x");
                self.error(attribute.type_span, Code::UnsupportedType, message);
            }
            ModernType::Core { .. } => {
                if let Some(spelling) = kind.core_respelled() {
                    let message = format!("DataJoint 2.3 fails on `{kind}`; write `{spelling}`");
                    self.error(attribute.type_span, Code::CoreTypeSpelling, message);
                }
            }
            _ => {}
        }
        let final_type = kind.core_sql().unwrap_or(kind.text()).to_lowercase();
        let stored = matches!(kind, ModernType::Core { .. } | ModernType::Native { .. });
        self.check_blob_default(attribute, stored && final_type.contains("blob"));
    }

    fn check_blob_default(&mut self, attribute: &Attribute, is_blob: bool) {
        if let (true, false, Some(default)) = (is_blob, attribute.is_nullable(), &attribute.default)
            && !default.text.is_empty()
        {
            self.error(
                default.span,
                Code::BlobDefault,
                "a blob or attachment can only have the default null",
            );
        }
    }
}

fn shift_attribute(mut attribute: Attribute, offset: usize) -> Attribute {
    attribute.name_span = attribute.name_span.shifted(offset);
    attribute.type_span = attribute.type_span.shifted(offset);
    attribute.comment_span = attribute.comment_span.map(|span| span.shifted(offset));
    if let Some(default) = &mut attribute.default {
        default.span = default.span.shifted(offset);
    }
    attribute
}

fn shift_foreign_key(mut key: ForeignKey, offset: usize) -> ForeignKey {
    key.arrow = key.arrow.shifted(offset);
    key.options_span = key.options_span.map(|span| span.shifted(offset));
    key.expression_span = key.expression_span.shifted(offset);
    key.comment_span = key.comment_span.map(|span| span.shifted(offset));
    for option in &mut key.options {
        option.span = option.span.shifted(offset);
    }
    if let Reference::Table(table) = &mut key.expression {
        table.path_span = table.path_span.shifted(offset);
        if let Some(projection) = &mut table.projection {
            projection.span = projection.span.shifted(offset);
            for rename in &mut projection.renames {
                rename.new_span = rename.new_span.shifted(offset);
                rename.old_span = rename.old_span.shifted(offset);
            }
        }
    }
    key
}
