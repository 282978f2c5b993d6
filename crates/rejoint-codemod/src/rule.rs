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

/// Where a rule looks. Each function sees every node of its kind, the outermost first.
#[derive(Clone, Copy)]
pub(crate) enum Check {
    Call(fn(&mut Context<'_>, &Expr, &ExprCall)),
    Expr(fn(&mut Context<'_>, &Expr)),
    Stmt(fn(&mut Context<'_>, &Stmt)),
    Text(fn(&mut Context<'_>, &ExprStringLiteral)),
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
