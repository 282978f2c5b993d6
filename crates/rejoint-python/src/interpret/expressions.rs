//! Expressions, from the inside out.

use std::sync::Arc;

use ruff_python_ast::{self as ast, Expr};
use ruff_text_size::Ranged;

use super::Interpreter;
use super::scopes::ScopeKind;
use crate::kinds::Kind;

impl<'a> Interpreter<'a> {
    pub(super) fn eval(&mut self, expr: &'a Expr) -> Kind {
        let kind = self.eval_inner(expr);
        if kind.is_recorded() && !expr.is_literal_expr() {
            let range = expr.range();
            self.facts.kinds.insert((range.start().to_u32(), range.end().to_u32()), kind.clone());
        } else if !expr.is_literal_expr() {
            // A loop body is walked twice; the second, joined answer replaces the first.
            let range = expr.range();
            self.facts.kinds.remove(&(range.start().to_u32(), range.end().to_u32()));
        }
        kind
    }

    pub(super) fn eval_all(&mut self, exprs: impl IntoIterator<Item = &'a Expr>) {
        for expr in exprs {
            self.eval_item(expr);
        }
    }

    /// A literal that is not assigned needs no kind of its own; most expressions are such.
    pub(super) fn eval_item(&mut self, expr: &'a Expr) -> Kind {
        if expr.is_literal_expr() { Kind::Other } else { self.eval(expr) }
    }

    pub(super) fn known(&self, expr: &Expr) -> Kind {
        if let Expr::StringLiteral(text) = expr {
            return Kind::Text(Arc::from(text.value.to_str()));
        }
        let range = expr.range();
        self.facts
            .kinds
            .get(&(range.start().to_u32(), range.end().to_u32()))
            .cloned()
            .unwrap_or(Kind::Unknown)
    }

    pub(super) fn eval_inner(&mut self, expr: &'a Expr) -> Kind {
        match expr {
            Expr::Name(name) => self.resolve_evidence(self.lookup(&name.id)),
            Expr::Attribute(attribute) => {
                let object = self.eval(&attribute.value);
                let kind = self.attribute(&object, attribute.attr.as_str());
                self.resolve_evidence(kind)
            }
            Expr::Call(call) => self.call(call),
            Expr::BinOp(operation) => {
                let left = self.eval(&operation.left);
                let right = self.eval(&operation.right);
                self.operation(operation.op, left, right)
            }
            Expr::BoolOp(operation) => {
                let mut kind: Option<Kind> = None;
                for value in &operation.values {
                    let next = self.eval(value);
                    kind = Some(match kind {
                        Some(kind) => kind.join(next),
                        None => next,
                    });
                }
                kind.unwrap_or(Kind::Unknown)
            }
            Expr::Named(named) => {
                let kind = self.eval(&named.value);
                self.assign(&named.target, kind.clone(), Some(&named.value));
                kind
            }
            Expr::UnaryOp(unary) => {
                let kind = self.eval(&unary.operand);
                match (unary.op, kind) {
                    // `-table` and `~table` are the complement.
                    (ast::UnaryOp::USub | ast::UnaryOp::Invert, Kind::Query(_)) => Kind::Other,
                    (ast::UnaryOp::Not, _) => Kind::Other,
                    _ => Kind::Unknown,
                }
            }
            Expr::Lambda(lambda) => {
                let parent = self.current;
                let scope = self.push(ScopeKind::Inline, parent);
                if let Some(parameters) = &lambda.parameters {
                    for parameter in parameters.iter_non_variadic_params() {
                        if let Some(default) = parameter.default() {
                            self.eval(default);
                        }
                    }
                    self.current = scope;
                    for parameter in parameters.iter() {
                        self.bind(&parameter.name().id, Kind::Unknown);
                    }
                }
                self.current = scope;
                self.eval(&lambda.body);
                self.current = parent;
                Kind::Unknown
            }
            Expr::If(branch) => {
                self.eval(&branch.test);
                let left = self.eval(&branch.body);
                let right = self.eval(&branch.orelse);
                left.join(right)
            }
            Expr::Dict(dict) => {
                let mut items = Vec::new();
                for item in &dict.items {
                    if let Some(key) = &item.key {
                        self.eval_item(key);
                    }
                    items.push(self.eval_item(&item.value));
                }
                items_kind(items)
            }
            Expr::List(ast::ExprList { elts, .. })
            | Expr::Tuple(ast::ExprTuple { elts, .. })
            | Expr::Set(ast::ExprSet { elts, .. }) => {
                let items = elts.iter().map(|item| self.eval_item(item)).collect();
                items_kind(items)
            }
            Expr::ListComp(ast::ExprListComp { elt, generators, .. })
            | Expr::SetComp(ast::ExprSetComp { elt, generators, .. })
            | Expr::Generator(ast::ExprGenerator { elt, generators, .. }) => {
                let parent = self.comprehension(generators);
                let item = self.eval(elt);
                self.current = parent;
                items_kind(vec![item])
            }
            Expr::DictComp(comprehension) => {
                let parent = self.comprehension(&comprehension.generators);
                if let Some(key) = &comprehension.key {
                    self.eval(key);
                }
                let item = self.eval(&comprehension.value);
                self.current = parent;
                items_kind(vec![item])
            }
            Expr::Await(inner) => {
                self.eval(&inner.value);
                Kind::Unknown
            }
            Expr::Yield(inner) => {
                if let Some(value) = &inner.value {
                    self.eval(value);
                }
                Kind::Unknown
            }
            Expr::YieldFrom(inner) => {
                self.eval(&inner.value);
                Kind::Unknown
            }
            Expr::Compare(compare) => {
                self.eval(&compare.left);
                self.eval_all(compare.comparators.iter());
                Kind::Other
            }
            Expr::FString(text) => {
                for element in text.value.elements() {
                    self.interpolated(element);
                }
                Kind::Other
            }
            Expr::TString(_) => Kind::Other,
            Expr::StringLiteral(text) => Kind::Text(Arc::from(text.value.to_str())),
            Expr::NoneLiteral(_) => Kind::Nothing,
            Expr::BytesLiteral(_)
            | Expr::NumberLiteral(_)
            | Expr::BooleanLiteral(_)
            | Expr::EllipsisLiteral(_) => Kind::Other,
            Expr::Subscript(subscript) => {
                let object = self.eval(&subscript.value);
                self.eval_item(&subscript.slice);
                match object {
                    Kind::Items(item) => (*item).clone(),
                    Kind::Fetched(_) => Kind::Other,
                    _ => Kind::Unknown,
                }
            }
            Expr::Starred(starred) => {
                self.eval(&starred.value);
                Kind::Unknown
            }
            Expr::Slice(slice) => {
                for part in [&slice.lower, &slice.upper, &slice.step].into_iter().flatten() {
                    self.eval(part);
                }
                Kind::Other
            }
            Expr::IpyEscapeCommand(_) => Kind::Unknown,
        }
    }

    pub(super) fn interpolated(&mut self, element: &'a ast::InterpolatedStringElement) {
        if let ast::InterpolatedStringElement::Interpolation(inner) = element {
            self.eval(&inner.expression);
            if let Some(spec) = &inner.format_spec {
                for element in &spec.elements {
                    self.interpolated(element);
                }
            }
        }
    }

    pub(super) fn comprehension(&mut self, generators: &'a [ast::Comprehension]) -> usize {
        let parent = self.current;
        let scope = self.push(ScopeKind::Inline, parent);
        for (index, generator) in generators.iter().enumerate() {
            // The first iterable is evaluated outside.
            self.current = if index == 0 { parent } else { scope };
            let iterated = self.eval(&generator.iter);
            let item = self.item_of(&iterated);
            self.current = scope;
            self.assign(&generator.target, item, None);
            self.eval_all(generator.ifs.iter());
        }
        self.current = scope;
        parent
    }

    pub(super) fn item_of(&self, kind: &Kind) -> Kind {
        match kind {
            Kind::Items(item) => (**item).clone(),
            Kind::Query(query) if query.certain => Kind::Other,
            Kind::Fetched(_) | Kind::Other => Kind::Other,
            _ => Kind::Unknown,
        }
    }
}

fn items_kind(items: Vec<Kind>) -> Kind {
    let mut joined: Option<Kind> = None;
    for item in items {
        joined = Some(match joined {
            None => item,
            Some(kind) => kind.join(item),
        });
    }
    match joined {
        Some(kind @ (Kind::Query(_) | Kind::Schema | Kind::VirtualModule)) => Kind::Items(Arc::new(kind)),
        _ => Kind::Other,
    }
}
