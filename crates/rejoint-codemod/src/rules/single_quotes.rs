use rejoint_python::ast::{Expr, Operator};
use rejoint_python::{parts_of, range_of};

use crate::context::{Context, method};
use crate::rule::{Check, Example, ExprForm, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0409",
    name: "single-quotes",
    level: Level::Safe,
    summary: "Double-quoted text in restrictions and SQL expressions gets single quotes (only with the option `single_quotes`).",
    explanation: "MySQL takes both; PostgreSQL takes double quotes for names. Text built at run time is reported.",
    examples: &[
        Example { before: "x = Mouse & 'sex = \"M\"'\n", after: Some("x = Mouse & \"sex = 'M'\"\n") },
        Example { before: "x = Mouse & f'sex = \"{sex}\"'\n", after: None },
        Example {
            before: "x = Mouse.proj(m='if(sex=\"M\", 1, 0)')\n",
            after: Some("x = Mouse.proj(m=\"if(sex='M', 1, 0)\")\n"),
        },
    ],
    check: Check::Expr(&[ExprForm::Operator, ExprForm::Call], check),
};

fn check(cx: &mut Context<'_>, expr: &Expr) {
    if !cx.options.single_quotes {
        return;
    }
    match expr {
        Expr::BinOp(operation)
            if matches!(operation.op, Operator::BitAnd | Operator::Sub)
                && cx.query(&operation.left).is_some() =>
        {
            condition(cx, &operation.right);
        }
        Expr::Call(call) => {
            let Some(attribute) = method(call) else { return };
            if matches!(attribute.attr.as_str(), "proj" | "aggr" | "restrict")
                && cx.query(&attribute.value).is_some()
            {
                let values: Vec<&Expr> =
                    call.arguments.keywords.iter().map(|keyword| &keyword.value).collect();
                for value in values {
                    condition(cx, value);
                }
            }
        }
        _ => {}
    }
}

fn condition(cx: &mut Context<'_>, expr: &Expr) {
    match expr {
        Expr::List(list) => list.elts.iter().for_each(|item| condition(cx, item)),
        Expr::Tuple(list) => list.elts.iter().for_each(|item| condition(cx, item)),
        Expr::StringLiteral(text) => {
            let value = text.value.to_str();
            if !value.contains('"') {
                return;
            }
            let range = range_of(expr);
            let single = parts_of(cx.source, expr).len() == 1;
            match single_quoted(value).filter(|_| single && !value.contains(['\\', '\n'])) {
                Some(sql) if !sql.contains('"') => {
                    let edit = cx.replace(range.clone(), format!("\"{sql}\""));
                    cx.change(Level::Safe, range.start, "SQL text with single quotes", vec![edit]);
                }
                _ => cx.finding(range.start, "SQL text with double quotes", &["write it with single quotes"]),
            }
        }
        Expr::FString(_) if cx.text(expr).contains('"') && cx.text(expr).starts_with("f'") => {
            cx.finding(
                range_of(expr).start,
                "SQL text with double quotes, made at run time",
                &["T & {'name': x}", "x.replace(\"'\", \"''\") inside single quotes"],
            );
        }
        _ => {}
    }
}

/// SQL with its double-quoted text in single quotes. `None` when the quotes do not balance.
fn single_quoted(sql: &str) -> Option<String> {
    let mut out = String::with_capacity(sql.len());
    let mut inside: Option<char> = None;
    let mut characters = sql.chars().peekable();
    while let Some(character) = characters.next() {
        match (inside, character) {
            (None, '"') => {
                inside = Some('"');
                out.push('\'');
            }
            (Some('"'), '"') if characters.peek() == Some(&'"') => {
                characters.next();
                out.push('"');
            }
            (Some('"'), '"') => {
                inside = None;
                out.push('\'');
            }
            (Some('"'), '\'') => out.push_str("''"),
            (None, '\'' | '`') => {
                inside = Some(character);
                out.push(character);
            }
            (Some(open), close) if open == close => {
                inside = None;
                out.push(close);
            }
            (_, other) => out.push(other),
        }
    }
    inside.is_none().then_some(out)
}
