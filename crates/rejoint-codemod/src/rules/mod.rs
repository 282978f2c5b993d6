//! One file per rule.

use crate::rule::Rule;

mod adapter;
mod aggregation;
mod alter;
mod config_call;
mod config_file;
mod config_in;
mod config_removed;
mod config_save;
mod config_unknown;
mod config_update;
mod connection_init;
mod definition_answer;
mod definition_blob;
mod definition_boolean;
mod definition_braces;
mod definition_case;
mod definition_core;
mod definition_default;
mod definition_enum;
mod definition_external;
mod definition_foreign_key;
mod definition_index;
mod definition_integer;
mod definition_problem;
mod definition_question;
mod definition_run_time;
mod definition_separator;
mod definition_store;
mod definition_tail;
mod delete_prompt;
mod delete_while_iterating;
mod describe;
mod diagram;
mod download_path;
mod environment_switches;
mod external_tables;
mod fetch_array;
mod fetch_columns;
mod fetch_dicts;
mod fetch_format;
mod fetch_frame;
mod fetch_key;
mod fetch_key_and_columns;
mod fetch_members;
mod fetch_named_dicts;
mod fetch_override;
mod fetch_run_time;
mod fetched_number;
mod filepath;
mod free_table_class;
mod head_tail;
mod heading_flags;
mod join_key;
mod key_hash;
mod left_join;
mod list_in_dict;
mod matmul;
mod member_names;
mod native_key;
mod native_key_source;
mod part_delete;
mod part_drop;
mod part_master;
mod populate_keys;
mod populate_limit;
mod populate_order;
mod populate_override;
mod positional_insert;
mod raw_sql;
mod removed_members;
mod removed_names;
mod removed_schema_members;
mod schema_drop;
mod schema_jobs;
mod schema_name;
mod schema_suffix;
mod semantic_check;
mod single_quotes;
mod spawn_missing;
mod store_secure;
mod target;
mod top_order;
mod universal_aggregation;
mod universal_join;
mod unparsed;
mod update;
mod virtual_module;
mod xor;

/// In place of a rule while none looks.
pub(crate) static NONE: &Rule = &unparsed::RULE;

/// All rules, in order of their codes.
pub(crate) static ALL: &[&Rule] = &[
    &definition_blob::RULE,
    &definition_enum::RULE,
    &definition_case::RULE,
    &definition_boolean::RULE,
    &definition_store::RULE,
    &definition_external::RULE,
    &definition_separator::RULE,
    &definition_tail::RULE,
    &definition_integer::RULE,
    &definition_foreign_key::RULE,
    &definition_index::RULE,
    &definition_default::RULE,
    &definition_braces::RULE,
    &definition_core::RULE,
    &definition_answer::RULE,
    &definition_question::RULE,
    &definition_problem::RULE,
    &definition_run_time::RULE,
    &schema_name::RULE,
    &schema_name::IMPORT,
    &virtual_module::RULE,
    &spawn_missing::RULE,
    &diagram::RULE,
    &removed_schema_members::RULE,
    &describe::RULE,
    &part_master::RULE,
    &member_names::RULE,
    &free_table_class::RULE,
    &heading_flags::RULE,
    &connection_init::RULE,
    &alter::RULE,
    &removed_names::RULE,
    &raw_sql::RULE,
    &schema_suffix::RULE,
    &virtual_module::IMPORT,
    &removed_members::RULE,
    &fetch_array::RULE,
    &fetch_dicts::RULE,
    &fetch_frame::RULE,
    &fetch_columns::RULE,
    &fetch_named_dicts::RULE,
    &fetch_key::RULE,
    &fetch_key_and_columns::RULE,
    &download_path::RULE,
    &head_tail::RULE,
    &fetch_run_time::RULE,
    &fetch_members::RULE,
    &fetch_format::RULE,
    &fetch_override::RULE,
    &fetched_number::RULE,
    &delete_while_iterating::RULE,
    &aggregation::RULE,
    &join_key::RULE,
    &semantic_check::RULE,
    &matmul::RULE,
    &xor::RULE,
    &left_join::RULE,
    &universal_join::RULE,
    &list_in_dict::RULE,
    &single_quotes::RULE,
    &top_order::RULE,
    &join_key::KEY_SOURCE,
    &universal_aggregation::RULE,
    &positional_insert::RULE,
    &update::RULE,
    &delete_prompt::RULE,
    &part_delete::RULE,
    &part_drop::RULE,
    &schema_drop::RULE,
    &positional_insert::CONTENTS,
    &populate_limit::RULE,
    &populate_order::RULE,
    &populate_keys::RULE,
    &populate_override::RULE,
    &native_key_source::RULE,
    &schema_jobs::RULE,
    &key_hash::RULE,
    &target::RULE,
    &native_key::RULE,
    &key_hash::IMPORT,
    &config_unknown::RULE,
    &config_in::RULE,
    &config_removed::RULE,
    &config_update::RULE,
    &config_call::RULE,
    &config_save::RULE,
    &config_file::RULE,
    &store_secure::RULE,
    &filepath::RULE,
    &adapter::RULE,
    &external_tables::RULE,
    &environment_switches::RULE,
    &unparsed::RULE,
];

use rejoint_python::ast::{Expr, ExprBinOp, Stmt, StmtClassDef};
use rejoint_python::{ClassId, ClassInfo, Edit, Kind, Tier, range_of};

use crate::context::{Context, Node, constant, is_postfix};

/// What is known about a class statement.
pub(crate) fn class_info<'a>(cx: &Context<'a>, class: &StmtClassDef) -> Option<&'a ClassInfo> {
    let id =
        ClassId { file: u32::try_from(cx.index).ok()?, start: u32::try_from(range_of(class).start).ok()? };
    cx.project.class(id)
}

/// Whether an expression is `dj.config`.
pub(crate) fn is_config(cx: &Context<'_>, expr: &Expr) -> bool {
    matches!(cx.kind(expr), Kind::DataJoint(path) if &*path == "config")
}

/// The constant key of `dj.config['key']`, `dj.config.get('key')`, and its place.
pub(crate) fn config_key(cx: &Context<'_>, expr: &Expr) -> Option<(String, usize)> {
    let key = match expr {
        Expr::Subscript(subscript) if is_config(cx, &subscript.value) => &*subscript.slice,
        Expr::Call(call) => match &*call.func {
            Expr::Attribute(attribute)
                if attribute.attr.as_str() == "get" && is_config(cx, &attribute.value) =>
            {
                call.arguments.args.first()?
            }
            _ => return None,
        },
        _ => return None,
    };
    Some((constant(key)?.to_owned(), range_of(key).start))
}

/// Whether an expression is a part table, or one restricted.
pub(crate) fn is_part(cx: &Context<'_>, expr: &Expr) -> bool {
    match cx.kind(expr) {
        Kind::Query(query) => query
            .restricted_table()
            .and_then(|id| cx.project.class(id))
            .is_some_and(|info| info.tier == Some(Tier::Part)),
        _ => false,
    }
}

/// Whether an expression is a query or nothing that is known to be something else.
pub(crate) fn may_be_query(cx: &Context<'_>, expr: &Expr) -> bool {
    match cx.kind(expr) {
        Kind::Query(_) => true,
        Kind::Unknown | Kind::External(_) => cx.project.uses_datajoint(cx.index),
        _ => false,
    }
}

/// `A op B` becomes `A.method(B...)`. `instance`: the method does not work on a class, so `A` becomes `(A & True)`.
pub(crate) fn operator_to_method(
    cx: &mut Context<'_>,
    operation: &ExprBinOp,
    open: &str,
    close: &str,
    instance: bool,
) -> Vec<Edit> {
    let whole = range_of(operation);
    let left = cx.source.with_parentheses(range_of(&*operation.left), whole.clone());
    let right = cx.source.with_parentheses(range_of(&*operation.right), whole);
    let bracket = left == range_of(&*operation.left) && !is_postfix(&operation.left);
    let mut edits = Vec::new();
    let mut middle = String::new();
    if instance {
        edits.push(cx.open(left.start, "("));
        middle.push_str(" & True)");
    } else if bracket {
        edits.push(cx.open(left.start, "("));
        middle.push(')');
    }
    middle.push_str(open);
    edits.push(cx.replace(left.end..right.start, middle));
    edits.push(cx.close(right.end, close));
    edits
}

/// Removes a statement with its line, or puts `pass` in its place when it is alone in its block.
pub(crate) fn remove_statement(cx: &mut Context<'_>, stmt: &Stmt) -> Edit {
    let range = range_of(stmt);
    let start = cx.source.line_start(range.start);
    let mut end = cx.source.next_line_start(range.end);
    if let Some(cell) = cx.source.cell_at(range.start) {
        end = end.min(cell.text.end);
    }
    let alone_in_line = cx.source.slice(start..range.start).trim().is_empty()
        && cx.source.slice(range.end..end).trim().is_empty();
    if !alone_in_line || block_length(cx, stmt) <= 1 {
        return cx.replace(range, "pass");
    }
    cx.replace(start..end, "")
}

/// How many statements stand in the block of a statement; 1 where a `pass` is the safe answer.
fn block_length(cx: &Context<'_>, stmt: &Stmt) -> usize {
    let here = range_of(stmt);
    let holds = |body: &[Stmt]| body.iter().any(|inner| range_of(inner) == here).then_some(body.len());
    let Some(Node::Stmt(parent)) = cx.parent(0) else { return usize::MAX };
    match parent {
        Stmt::FunctionDef(parent) => holds(&parent.body),
        Stmt::ClassDef(parent) => holds(&parent.body),
        Stmt::If(parent) => holds(&parent.body)
            .or_else(|| parent.elif_else_clauses.iter().find_map(|clause| holds(&clause.body))),
        Stmt::For(parent) => holds(&parent.body).or_else(|| holds(&parent.orelse)),
        Stmt::While(parent) => holds(&parent.body).or_else(|| holds(&parent.orelse)),
        Stmt::With(parent) => holds(&parent.body),
        _ => None,
    }
    .unwrap_or(1)
}
