//! Finds the texts of table definitions in a class and converts them.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use rejoint_defn::{
    Answer, Conversion, Decisions, Dialect, ModernType, NumberPolicy, ParentColumn, ParentTable, Parents,
    QuestionKind, Reason, Safety, TableName, convert, parse,
};
use rejoint_python::ast::visitor::{Visitor, walk_expr};
use rejoint_python::ast::{Expr, Operator, Stmt, StmtClassDef};
use rejoint_python::{ClassInfo, Kind, Literal, LiteralPart, Project, parts_of, range_of};

use crate::context::Context;
use crate::model::Model;
use crate::rule::Level;

/// Codecs that 2.x has from the start.
const CODECS: &[&str] = &["blob", "attach", "filepath", "npy", "object", "hash"];

/// One text of a class, with its conversion.
#[derive(Debug)]
pub(crate) struct ConvertedText {
    parts: Vec<TextPart>,
    text: String,
    conversion: Conversion,
}

#[derive(Debug)]
struct TextPart {
    /// Where this part is in the joined text.
    range: Range<usize>,
    /// Constant text, or a field of an f-string.
    literal: Option<Literal>,
    /// Where the part is in the file.
    place: usize,
}

/// The converted texts of a class statement, if it is a table or seems to be one, or of a call of `type` that makes one.
pub(crate) fn texts_of(cx: &mut Context<'_>, stmt: &Stmt) -> Option<Arc<Vec<ConvertedText>>> {
    let start = match stmt {
        Stmt::ClassDef(class) => range_of(class).start,
        Stmt::Assign(_) | Stmt::Expr(_) | Stmt::Return(_) if cx.makes_types => range_of(stmt).start,
        _ => return None,
    };
    if let Some(cached) = cx.definitions.get(&start) {
        return cached.clone();
    }
    let found = match stmt {
        Stmt::ClassDef(class) => of_class(cx, class),
        _ => of_type_call(cx, stmt),
    };
    let found = found.map(Arc::new);
    cx.definitions.insert(start, found.clone());
    found
}

fn of_class<'e>(cx: &Context<'e>, class: &'e StmtClassDef) -> Option<Vec<ConvertedText>> {
    let exprs = definition_exprs(class);
    if exprs.is_empty() {
        return None;
    }
    let info = crate::rules::class_info(cx, class)?;
    let known = info.tier.is_some();
    Some(convert_texts(cx, &exprs, Some(info), known))
}

fn of_type_call<'e>(cx: &Context<'e>, stmt: &'e Stmt) -> Option<Vec<ConvertedText>> {
    let value = match stmt {
        Stmt::Assign(assign) => &*assign.value,
        Stmt::Expr(expr) => &*expr.value,
        Stmt::Return(ret) => ret.value.as_deref()?,
        _ => return None,
    };
    let mut calls = TypeCalls { found: Vec::new() };
    calls.visit_expr(value);
    let exprs: Vec<&Expr> = calls.found;
    (!exprs.is_empty()).then(|| convert_texts(cx, &exprs, None, false))
}

/// The definitions in `type(name, bases, dict(definition=...))`.
struct TypeCalls<'a> {
    found: Vec<&'a Expr>,
}

impl<'a> Visitor<'a> for TypeCalls<'a> {
    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Call(call) = expr
            && matches!(&*call.func, Expr::Name(name) if name.id.as_str() == "type")
            && let [_, _, members] = call.arguments.args.as_ref()
        {
            match members {
                Expr::Dict(dict) => {
                    self.found.extend(dict.items.iter().filter_map(|item| {
                        let key = item.key.as_ref().and_then(crate::context::constant);
                        (key == Some("definition")).then_some(&item.value)
                    }));
                }
                Expr::Call(inner) => {
                    self.found.extend(crate::context::keyword(inner, "definition").map(|found| &found.value));
                }
                _ => {}
            }
        }
        walk_expr(self, expr);
    }
}

fn convert_texts<'e>(
    cx: &Context<'e>,
    exprs: &[&'e Expr],
    info: Option<&ClassInfo>,
    known: bool,
) -> Vec<ConvertedText> {
    let decisions = decisions_for(cx, info);
    let parents = info.map(|class| ProjectParents { project: cx.project, model: cx.model, class });
    let parents = parents.as_ref().map(|parents| parents as &dyn Parents);
    let mut texts = Vec::new();
    for expr in exprs {
        let mut leaves = Leaves::default();
        leaves.collect(cx, expr, 0);
        for leaf in leaves.texts {
            let Some((parts, text)) = join_parts(cx, leaf) else { continue };
            if !known && !looks_like_definition(&text) {
                continue;
            }
            let definition = parse(&text, Dialect::V0);
            let modern = definition.items.iter().any(|item| match &item.kind {
                rejoint_defn::ItemKind::Attribute(attribute) => is_modern(&attribute.type_text),
                _ => false,
            });
            let mut conversion = convert(&definition, &decisions, parents);
            // A codec that is there already, with or without a store, is no adapter.
            conversion.questions.retain(|question| {
                let spec = text.get(question.span.start..question.span.end).unwrap_or("");
                question.kind != QuestionKind::Adapter || !is_codec(spec, &decisions)
            });
            conversion.edits.retain(|edit| !(modern && edit.reason == Reason::IntegerWord));
            texts.push(ConvertedText { parts, text, conversion });
        }
        if known {
            texts.extend(leaves.unknown.into_iter().map(|place| unknown_text(place, &decisions)));
        }
    }
    texts
}

/// Stands for a piece of a definition that is nowhere written: one field, where an attribute's type would stand.
fn unknown_text(place: usize, decisions: &Decisions) -> ConvertedText {
    let text = "piece : rejoint_field_0".to_owned();
    let conversion = convert(&parse(&text, Dialect::V0), decisions, None);
    ConvertedText { parts: vec![TextPart { range: 0..text.len(), literal: None, place }], text, conversion }
}

/// Whether a type names a codec of 2.x or of the project.
fn is_codec(spec: &str, decisions: &Decisions) -> bool {
    spec.trim()
        .strip_prefix('<')
        .and_then(|rest| rest.strip_suffix('>'))
        .is_some_and(|rest| decisions.adapters.contains_key(rest.split('@').next().unwrap_or("").trim()))
}

/// Types that only a definition for 2.x has.
fn is_modern(type_text: &str) -> bool {
    let word = type_text.trim().to_lowercase();
    matches!(word.as_str(), "int64" | "int32" | "int16" | "float32" | "float64" | "bytes")
        || (word.starts_with('<')
            && matches!(ModernType::parse(&word), ModernType::Codec { .. })
            && CODECS.iter().any(|codec| word.starts_with(&format!("<{codec}"))))
}

fn decisions_for(cx: &Context<'_>, info: Option<&ClassInfo>) -> Decisions {
    let mut decisions = Decisions::default();
    if cx.options.core_types {
        decisions.numbers = NumberPolicy::CoreWhereEqual;
    }
    let prefix = info.map(|info| format!("{}.", info.qualified_name));
    for (column, answer) in &cx.options.decisions.columns {
        if let Some(attribute) = prefix.as_ref().and_then(|prefix| column.strip_prefix(prefix)) {
            let answer = if answer == "keep" { Answer::Keep } else { Answer::Type(answer.clone()) };
            decisions.types.insert(attribute.to_owned(), answer);
        }
    }
    for codec in CODECS {
        decisions.adapters.insert((*codec).to_owned(), format!("<{codec}>"));
    }
    decisions.adapters.extend(cx.codecs.iter().map(|(name, spelled)| (name.clone(), spelled.clone())));
    decisions
}

/// Adapters and codecs of the project by the name that definitions use.
pub(crate) fn project_codecs(project: &Project) -> BTreeMap<String, String> {
    let mut codecs = BTreeMap::new();
    for file in 0..project.files().len() {
        for (_, info) in project.classes(file) {
            let codec = info.bases.iter().any(|base| {
                matches!(base, Kind::DataJoint(path) if matches!(path.rsplit('.').next(), Some("Codec")))
            });
            if let (true, Some(Kind::Text(name))) = (codec, info.members.get("name")) {
                codecs.insert(name.to_string(), format!("<{name}>"));
            }
        }
    }
    codecs
}

/// The expressions assigned to, added to, or returned by `definition` in the body of a class.
fn definition_exprs(class: &StmtClassDef) -> Vec<&Expr> {
    let mut found: Vec<&Expr> = Vec::new();
    let is_definition = |expr: &Expr| matches!(expr, Expr::Name(name) if name.id.as_str() == "definition");
    for stmt in &class.body {
        match stmt {
            Stmt::Assign(assign) if assign.targets.iter().any(is_definition) => found.push(&*assign.value),
            Stmt::AnnAssign(assign) if is_definition(&assign.target) => found.extend(assign.value.as_deref()),
            Stmt::AugAssign(assign) if is_definition(&assign.target) => found.push(&*assign.value),
            Stmt::FunctionDef(function) if function.name.as_str() == "definition" => {
                let mut texts = LongTexts { found: Vec::new() };
                let skip_docstring = usize::from(matches!(
                    function.body.first(),
                    Some(Stmt::Expr(expr)) if matches!(&*expr.value, Expr::StringLiteral(_))
                ));
                for stmt in function.body.iter().skip(skip_docstring) {
                    texts.visit_stmt(stmt);
                }
                found.extend(texts.found);
            }
            _ => {}
        }
    }
    found
}

/// String expressions that have a line break or an attribute in them.
struct LongTexts<'a> {
    found: Vec<&'a Expr>,
}

impl<'a> Visitor<'a> for LongTexts<'a> {
    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::StringLiteral(text) if looks_like_definition(text.value.to_str()) => self.found.push(expr),
            Expr::FString(_) => self.found.push(expr),
            _ => walk_expr(self, expr),
        }
    }
}

/// The string expressions inside concatenation, `%`, `.format` and calls, and what else a definition is made of.
#[derive(Default)]
struct Leaves<'a> {
    texts: Vec<&'a Expr>,
    /// Where a piece stands whose text is not written in this file.
    unknown: Vec<usize>,
}

impl<'a> Leaves<'a> {
    fn collect(&mut self, cx: &Context<'a>, expr: &'a Expr, depth: usize) {
        match expr {
            Expr::StringLiteral(_) | Expr::FString(_) => self.texts.push(expr),
            Expr::BinOp(operation) if operation.op == Operator::Add => {
                self.collect(cx, &operation.left, depth);
                self.collect(cx, &operation.right, depth);
            }
            Expr::BinOp(operation) if operation.op == Operator::Mod => {
                self.collect(cx, &operation.left, depth);
            }
            // `TEXT`: where the text is written, in the same file.
            Expr::Name(name) => match written_text(cx, name.id.as_str()) {
                Some(value) if depth < 8 => self.collect(cx, value, depth + 1),
                _ => self.unknown.push(range_of(expr).start),
            },
            Expr::Call(call) => match &*call.func {
                Expr::Attribute(attribute)
                    if matches!(attribute.attr.as_str(), "format" | "strip" | "replace" | "format_map") =>
                {
                    self.collect(cx, &attribute.value, depth);
                }
                _ => {
                    let mut inside = LongTexts { found: Vec::new() };
                    inside.visit_expr(expr);
                    if inside.found.is_empty() {
                        self.unknown.push(range_of(expr).start);
                    }
                    self.texts.extend(inside.found);
                }
            },
            Expr::If(branch) => {
                self.collect(cx, &branch.body, depth);
                self.collect(cx, &branch.orelse, depth);
            }
            // The definition of another class is converted there.
            Expr::Attribute(attribute) if attribute.attr.as_str() == "definition" => {}
            Expr::Attribute(_) | Expr::Subscript(_) => self.unknown.push(range_of(expr).start),
            _ => {}
        }
    }
}

/// The value last given to a name at the top of this file.
fn written_text<'a>(cx: &Context<'a>, name: &str) -> Option<&'a Expr> {
    cx.source.suite().iter().rev().find_map(|stmt| match stmt {
        Stmt::Assign(assign)
            if matches!(assign.targets.as_slice(), [Expr::Name(target)] if target.id.as_str() == name) =>
        {
            Some(&*assign.value)
        }
        _ => None,
    })
}

/// Whether a text is by its lines a table definition.
pub(crate) fn looks_like_definition(text: &str) -> bool {
    let mut marks = 0;
    for line in text.lines() {
        let line = line.trim();
        if line.starts_with("---") || line.starts_with("___") || line.starts_with("->") {
            return true;
        }
        let Some((name, kind)) = line.split_once(':') else { continue };
        let name = name.split('=').next().unwrap_or("").trim();
        let kind = kind.trim_start();
        let named = name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        let typed = [
            "int",
            "tinyint",
            "smallint",
            "bigint",
            "varchar",
            "char",
            "float",
            "double",
            "enum",
            "longblob",
            "blob",
            "date",
            "time",
            "decimal",
            "bool",
            "uuid",
            "attach",
            "filepath",
            "mediumblob",
            "<",
        ]
        .iter()
        .any(|word| kind.starts_with(word));
        if named && typed {
            marks += 1;
        }
    }
    marks > 0
}

fn join_parts(cx: &Context<'_>, expr: &Expr) -> Option<(Vec<TextPart>, String)> {
    let mut text = String::new();
    let mut parts = Vec::new();
    for (index, part) in parts_of(cx.source, expr).into_iter().enumerate() {
        let start = text.len();
        match part {
            LiteralPart::Text(literal) => {
                text.push_str(&literal.text);
                let place = literal.range.start;
                parts.push(TextPart { range: start..text.len(), literal: Some(literal), place });
            }
            LiteralPart::Field(range) => {
                // A word that is a legal name; as a type it is refused, and so reported.
                text.push_str(&format!("rejoint_field_{index}"));
                parts.push(TextPart { range: start..text.len(), literal: None, place: range.start });
            }
        }
    }
    (!parts.is_empty()).then_some((parts, text))
}

impl ConvertedText {
    /// The place in the file of an offset of the text.
    fn place(&self, offset: usize) -> usize {
        self.parts
            .iter()
            .find(|part| part.range.start <= offset && offset < part.range.end.max(part.range.start + 1))
            .map_or_else(
                || self.parts.first().map_or(0, |part| part.place),
                |part| match &part.literal {
                    Some(literal) => literal
                        .source_range(offset - part.range.start..offset - part.range.start)
                        .map_or(part.place, |range| range.start),
                    None => part.place,
                },
            )
    }

    fn in_field(&self, range: Range<usize>) -> bool {
        self.parts.iter().any(|part| {
            part.literal.is_none() && part.range.start < range.end && range.start < part.range.end
        })
    }

    /// A replacement in the file; `None` when the bytes are not of one constant.
    fn source_edit(&self, range: Range<usize>, replacement: &str) -> Option<(Range<usize>, String)> {
        let part =
            self.parts.iter().find(|part| part.range.start <= range.start && range.end <= part.range.end)?;
        let literal = part.literal.as_ref()?;
        let local = range.start - part.range.start..range.end - part.range.start;
        Some((literal.source_range(local)?, literal.spell(replacement)?))
    }
}

/// Makes the edits of one reason.
pub(crate) fn convert_definition(cx: &mut Context<'_>, stmt: &Stmt, reason: Reason, message: &str) {
    let Some(texts) = texts_of(cx, stmt) else { return };
    for text in texts.iter() {
        for edit in text.conversion.edits.iter().filter(|edit| edit.reason == reason) {
            let range = edit.span.start..edit.span.end;
            let place = text.place(range.start);
            let level = if edit.safety == Safety::Suggested { Level::Suggested } else { Level::Safe };
            let was = text.text.get(range.clone()).unwrap_or("");
            let mut what = format!("{message}: `{}` becomes `{}`", was.trim(), edit.replacement.trim());
            if !edit.note.is_empty() {
                what.push_str(&format!(" ({})", edit.note));
            }
            match text.source_edit(range, &edit.replacement) {
                Some((range, replacement)) => {
                    let edit = cx.replace(range, replacement);
                    cx.change(level, place, what, vec![edit]);
                }
                None => cx.finding(
                    place,
                    format!("{what}; the text is made at run time or spelled with escapes"),
                    &["change it by hand"],
                ),
            }
        }
    }
}

/// Reports what a person has to decide. `required` chooses between what 2.x refuses and what it only warns about.
pub(crate) fn report_questions(cx: &mut Context<'_>, stmt: &Stmt, required: bool) {
    let Some(texts) = texts_of(cx, stmt) else { return };
    for text in texts.iter() {
        for question in text.conversion.questions.iter().filter(|question| question.required == required) {
            if text.in_field(question.span.start..question.span.end) {
                continue;
            }
            let mut choices: Vec<String> = question
                .choices
                .iter()
                .map(|choice| format!("`{}`: {}", choice.text, choice.meaning))
                .collect();
            if let Some(attribute) = &question.attribute {
                choices.push(format!("answer in decisions: [columns] \"Class.{attribute}\" = \"type\""));
            }
            let choices: Vec<&str> = choices.iter().map(String::as_str).collect();
            cx.finding(text.place(question.span.start), question.message.clone(), &choices);
        }
    }
}

/// Reports what 2.x refuses in the definitions, and pieces that are made at run time.
pub(crate) fn report_problems(cx: &mut Context<'_>, stmt: &Stmt, run_time: bool) {
    let Some(texts) = texts_of(cx, stmt) else { return };
    for text in texts.iter() {
        for problem in &text.conversion.problems {
            let range = problem.span.start..problem.span.end;
            if problem.severity != rejoint_defn::Severity::Error || text.in_field(range.clone()) != run_time {
                continue;
            }
            // A fragment of a definition has no key of its own.
            if matches!(problem.code, rejoint_defn::Code::EmptyKey) {
                continue;
            }
            let place = text.place(problem.span.start);
            if run_time {
                cx.finding(
                    place,
                    "this part of the definition is made at run time: its value must be legal in 2.x",
                    &["look at the values: *blob is <blob>, core types in lower case, enum values in single quotes"],
                );
            } else {
                cx.finding(place, problem.message.clone(), &["change the line by hand"]);
            }
        }
    }
}

struct ProjectParents<'a> {
    project: &'a Project,
    model: &'a Model,
    class: &'a ClassInfo,
}

impl Parents for ProjectParents<'_> {
    fn table(&self, path: &str) -> Option<ParentTable> {
        let id = match path {
            "master" => self.class.master?,
            path => match self.project.resolve(self.class.id.file as usize, path) {
                Kind::Query(query) => query.table()?,
                _ => return None,
            },
        };
        let heading = self.model.of_table(id)?;
        let key = heading
            .attributes
            .iter()
            .filter(|attribute| attribute.old_key)
            .map(|attribute| ParentColumn {
                name: attribute.name.clone(),
                sql_type: attribute.type_text.clone(),
                comment: String::new(),
                is_uuid: attribute.type_text.eq_ignore_ascii_case("uuid"),
            })
            .collect();
        let name = self.project.class(id).map_or("", ClassInfo::name);
        Some(ParentTable { name: TableName::new("", name), key })
    }
}
