//! What a rule is.

use rejoint_python::ast::{Expr, ExprCall, ExprStringLiteral, Stmt};

use crate::context::Context;

/// How far a rewrite may be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Same behaviour under 2.x as before under 0.x; done without asking.
    Safe,
    /// Right in most code; done on request, otherwise reported.
    Suggested,
    /// No rewrite: a person must decide.
    Finding,
}

/// Code before and after a rule; without `after` the rule only reports.
#[derive(Debug, Clone, Copy)]
pub struct Example {
    /// 0.x code.
    pub before: &'static str,
    /// The same after the rule.
    pub after: Option<&'static str>,
}

/// Looks at a call.
pub(crate) type OnCall = fn(&mut Context<'_>, &Expr, &ExprCall);
/// Looks at an expression.
pub(crate) type OnExpr = fn(&mut Context<'_>, &Expr);
/// Looks at a statement.
pub(crate) type OnStmt = fn(&mut Context<'_>, &Stmt);
/// Looks at a string constant.
pub(crate) type OnText = fn(&mut Context<'_>, &ExprStringLiteral);

/// Where a rule looks: the function sees every such node, the outermost first. As narrow as can be, so that most
/// rules are not asked about most nodes.
#[derive(Clone, Copy)]
pub(crate) enum Check {
    /// Calls `x.name(...)` with one of these names.
    Method(&'static [&'static str], OnCall),
    /// Calls of something of the package.
    PackageCall(OnCall),
    /// Attributes `x.name` with one of these names.
    Attribute(&'static [&'static str], OnExpr),
    /// Attributes that are something of the package.
    PackageMember(OnExpr),
    /// Expressions of these forms.
    Expr(&'static [ExprForm], OnExpr),
    /// Statements with the text of a table definition.
    Definition(OnStmt),
    /// Statements of these forms.
    Stmt(&'static [StmtForm], OnStmt),
    /// String constants.
    Text(OnText),
}

/// Forms of expressions that rules look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum ExprForm {
    Attribute,
    Call,
    Compare,
    Dict,
    /// A binary operator.
    Operator,
    Subscript,
}

/// Forms of statements that rules look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum StmtForm {
    Assign,
    Class,
    Expr,
    For,
    /// Both forms.
    Import,
    Return,
}

impl ExprForm {
    /// The form of an expression, when a rule may look at it.
    pub(crate) fn of(expr: &Expr) -> Option<ExprForm> {
        Some(match expr {
            Expr::Attribute(_) => ExprForm::Attribute,
            Expr::Call(_) => ExprForm::Call,
            Expr::Compare(_) => ExprForm::Compare,
            Expr::Dict(_) => ExprForm::Dict,
            Expr::BinOp(_) => ExprForm::Operator,
            Expr::Subscript(_) => ExprForm::Subscript,
            _ => return None,
        })
    }
}

impl StmtForm {
    /// The form of a statement, when a rule may look at it.
    pub(crate) fn of(stmt: &Stmt) -> Option<StmtForm> {
        Some(match stmt {
            Stmt::Assign(_) => StmtForm::Assign,
            Stmt::ClassDef(_) => StmtForm::Class,
            Stmt::Expr(_) => StmtForm::Expr,
            Stmt::For(_) => StmtForm::For,
            Stmt::Import(_) | Stmt::ImportFrom(_) => StmtForm::Import,
            Stmt::Return(_) => StmtForm::Return,
            _ => return None,
        })
    }
}

/// One rule.
pub struct Rule {
    /// Stable code, `RJ` and four digits; the first two are the topic.
    pub code: &'static str,
    /// Short name in kebab case.
    pub name: &'static str,
    /// The most that it does.
    pub level: Level,
    /// One sentence: what changes.
    pub summary: &'static str,
    /// Why, and how the two versions differ.
    pub explanation: &'static str,
    /// Before and after; each is a test. The names are those of the pipeline in the tests.
    pub examples: &'static [Example],
    pub(crate) check: Check,
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rule").field("code", &self.code).field("name", &self.name).finish_non_exhaustive()
    }
}

impl Rule {
    /// Whether code that is already on 2.0 can still meet this: 2.3 refuses double quotes in an `enum` and
    /// core types in capitals, which 2.0 took, and joins `dj.U().aggr` with the computations of its group.
    pub fn applies_since_2_0(&self) -> bool {
        matches!(self.code, "RJ0102" | "RJ0103" | "RJ0412" | "RJ0901")
    }
}
