//! What `&`, `*`, `-` and `+` make of queries and texts.

use std::sync::Arc;

use ruff_python_ast::Operator;

use super::Interpreter;
use crate::kinds::{Kind, Operation, Query};

impl<'a> Interpreter<'a> {
    pub(super) fn operation(&mut self, op: Operator, left: Kind, right: Kind) -> Kind {
        let left_query = self.likely(&left);
        let right_query = self.likely(&right);
        let certain_right = right.is_certain_query();
        let build = |operation: Operation, certain: bool| {
            Kind::Query(Arc::new(Query { operation, certain, class: false }))
        };
        match op {
            Operator::BitAnd | Operator::Sub | Operator::BitXor => match left_query {
                // Two tables outside the project, or a table and a set: only a known one makes it certain.
                Some(query) if query.certain => Kind::Query(restricted(&query)),
                Some(query) if certain_right && op == Operator::BitAnd => {
                    Kind::Query(restricted(&Arc::new(Query {
                        operation: query.operation.clone(),
                        certain: true,
                        class: false,
                    })))
                }
                Some(query) if op == Operator::BitAnd => Kind::Query(restricted(&query)),
                Some(_) => Kind::Unknown,
                None => Kind::Unknown,
            },
            Operator::Mult | Operator::MatMult => match (left_query, right_query) {
                (Some(a), Some(b)) => {
                    let certain = a.certain || b.certain;
                    let operation =
                        if a.depth() + b.depth() > 24 { Operation::Opaque } else { Operation::Join(a, b) };
                    build(operation, certain)
                }
                (Some(a), None) if a.certain => build(Operation::Opaque, true),
                (None, Some(b)) if b.certain => build(Operation::Opaque, true),
                _ => Kind::Unknown,
            },
            Operator::Add => match (left_query, right_query) {
                (Some(a), Some(b)) => build(Operation::Opaque, a.certain || b.certain),
                _ => match (left, right) {
                    (Kind::Text(a), Kind::Text(b)) => Kind::Text(Arc::from(format!("{a}{b}"))),
                    (Kind::Text(_), Kind::Other) | (Kind::Other, Kind::Text(_)) => Kind::Other,
                    (Kind::Items(a), Kind::Items(b)) => Kind::Items(a).join(Kind::Items(b)),
                    _ => Kind::Unknown,
                },
            },
            Operator::Mod => match left {
                Kind::Text(_) => Kind::Other,
                _ => Kind::Unknown,
            },
            _ => Kind::Unknown,
        }
    }
}

pub(super) fn restricted(query: &Arc<Query>) -> Arc<Query> {
    match &query.operation {
        Operation::Restrict(_) | Operation::Opaque if !query.class => query.clone(),
        _ => Arc::new(Query {
            operation: Operation::Restrict(query.clone()),
            certain: query.certain,
            class: false,
        }),
    }
}
