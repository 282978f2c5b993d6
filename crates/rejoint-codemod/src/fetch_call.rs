//! Reads a call of `fetch`: what is asked for, and what must be carried over.

use std::ops::Range;

use rejoint_python::ast::{Expr, ExprCall, Keyword};
use rejoint_python::{Kind, Operation, range_of};

use crate::context::{Context, constant, is_false, is_true, method};
use crate::rule::Level;

/// One attribute that is asked for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Wanted {
    /// `'KEY'` or `dj.key`.
    Key,
    /// A name, as it is spelled in the code.
    Name { name: String, spelled: String },
}

/// A call of `fetch` on a query.
#[derive(Debug, Clone)]
pub(crate) struct FetchCall {
    /// Safe when the receiver is certainly a query.
    pub(crate) level: Level,
    /// The receiver with its parentheses.
    pub(crate) receiver: Range<usize>,
    /// From the name `fetch` to the end of the call.
    pub(crate) tail: Range<usize>,
    /// The call.
    pub(crate) call: Range<usize>,
    /// The attributes, when all are constant.
    pub(crate) wanted: Option<Vec<Wanted>>,
    /// `as_dict`, when it is a constant.
    pub(crate) as_dict: Option<bool>,
    /// `format`, when it is a constant.
    pub(crate) format: Option<String>,
    /// `order_by=`, `limit=`, `offset=`, `squeeze=` as they are spelled.
    pub(crate) carried: Vec<String>,
    /// Attributes named in `order_by`; `None` when it is not constant.
    pub(crate) ordered_by: Option<Vec<String>>,
    /// Whether every carried value is a constant.
    pub(crate) constant_values: bool,
    /// `download_path=`.
    pub(crate) has_download_path: bool,
    /// Something that cannot be read: `*args`, `**kwargs`, a value that is not constant, an unknown keyword.
    pub(crate) dynamic: bool,
    /// The class defines `fetch` itself.
    pub(crate) overridden: bool,
}

/// Reads a call, if it is a call of `fetch` on something that is a query for certain or by its looks.
pub(crate) fn fetch_call(cx: &Context<'_>, call: &ExprCall) -> Option<FetchCall> {
    let attribute = method(call)?;
    if attribute.attr.as_str() != "fetch" {
        return None;
    }
    let level = match cx.query(&attribute.value) {
        Some(query) if matches!(query.operation, Operation::Universal(_)) => return None,
        Some(query) => cx.level_for(&query),
        None => unknown_receiver(cx, &attribute.value, call)?,
    };
    let overridden = cx
        .query(&attribute.value)
        .and_then(|query| query.table())
        .is_some_and(|id| cx.project.defines(id, "fetch"));
    let start = range_of(call).start;
    let dot = cx.source.slice(start..range_of(&attribute.attr).start).rfind('.').map(|at| start + at)?;
    let mut found = FetchCall {
        level,
        receiver: start..dot,
        tail: range_of(&attribute.attr).start..range_of(call).end,
        call: range_of(call),
        wanted: Some(Vec::new()),
        as_dict: Some(false),
        format: None,
        carried: Vec::new(),
        ordered_by: Some(Vec::new()),
        constant_values: true,
        has_download_path: false,
        dynamic: false,
        overridden,
    };
    for arg in &call.arguments.args {
        let wanted = match constant(arg) {
            Some("KEY") => Some(Wanted::Key),
            Some(name) => Some(Wanted::Name { name: name.to_owned(), spelled: cx.text(arg).to_owned() }),
            None => match cx.kind(arg) {
                Kind::DataJoint(path) if matches!(&*path, "key" | "fetch.key") => Some(Wanted::Key),
                _ => None,
            },
        };
        match (wanted, &mut found.wanted) {
            (Some(wanted), Some(list)) => list.push(wanted),
            _ => {
                found.wanted = None;
                found.dynamic = true;
            }
        }
    }
    let mut explicit_as_dict = None;
    for keyword in &call.arguments.keywords {
        let Some(name) = &keyword.arg else {
            found.dynamic = true;
            continue;
        };
        match name.as_str() {
            "as_dict" => {
                explicit_as_dict = if is_true(&keyword.value) {
                    Some(true)
                } else if is_false(&keyword.value) || matches!(keyword.value, Expr::NoneLiteral(_)) {
                    Some(false)
                } else {
                    found.dynamic = true;
                    None
                };
                if matches!(keyword.value, Expr::NoneLiteral(_)) {
                    explicit_as_dict = None;
                }
            }
            "format" => match (&keyword.value, constant(&keyword.value)) {
                (_, Some(text)) => found.format = Some(text.to_owned()),
                (Expr::NoneLiteral(_), _) => {}
                _ => found.dynamic = true,
            },
            "order_by" | "limit" | "offset" | "squeeze" => {
                found.constant_values &= is_constant(&keyword.value);
                if name.as_str() == "order_by" {
                    found.ordered_by = order_names(keyword);
                }
                found.carried.push(cx.text(keyword).to_owned());
            }
            "download_path" => found.has_download_path = true,
            _ => found.dynamic = true,
        }
    }
    found.as_dict = explicit_as_dict;
    Some(found)
}

/// A receiver of unknown kind: the arguments of `fetch` may give it away.
fn unknown_receiver(cx: &Context<'_>, receiver: &Expr, call: &ExprCall) -> Option<Level> {
    if !matches!(cx.kind(receiver), Kind::Unknown | Kind::External(_)) {
        return None;
    }
    let keywords = call.arguments.keywords.iter().filter_map(|keyword| keyword.arg.as_ref());
    let telling =
        keywords.into_iter().any(|name| matches!(name.as_str(), "as_dict" | "order_by" | "squeeze"))
            || call.arguments.args.iter().any(|arg| constant(arg) == Some("KEY"));
    if telling {
        // Another library could have such a method; in a file that uses DataJoint it is DataJoint's.
        let level = if cx.project.uses_datajoint(cx.index) { Level::Safe } else { Level::Suggested };
        return Some(level);
    }
    let plausible = call.arguments.args.iter().all(|arg| constant(arg).is_some_and(is_attribute_name))
        && call.arguments.keywords.is_empty();
    (plausible && cx.project.uses_datajoint(cx.index)).then_some(Level::Suggested)
}

/// Whether a text could be the name of an attribute.
pub(crate) fn is_attribute_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

pub(crate) fn is_constant(expr: &Expr) -> bool {
    match expr {
        Expr::List(list) => list.elts.iter().all(is_constant),
        Expr::Tuple(tuple) => tuple.elts.iter().all(is_constant),
        other => other.is_literal_expr(),
    }
}

fn order_names(keyword: &Keyword) -> Option<Vec<String>> {
    let texts: Vec<&str> = match &keyword.value {
        Expr::NoneLiteral(_) => Vec::new(),
        Expr::StringLiteral(text) => vec![text.value.to_str()],
        Expr::List(list) => list.elts.iter().map(constant).collect::<Option<_>>()?,
        Expr::Tuple(tuple) => tuple.elts.iter().map(constant).collect::<Option<_>>()?,
        _ => return None,
    };
    let mut names = Vec::new();
    for text in texts {
        for part in text.split(',') {
            let name = part.split_whitespace().next().unwrap_or("");
            if name == "KEY" {
                continue;
            }
            // Anything but a name, possibly with a direction, is SQL.
            if !is_attribute_name(name) {
                return None;
            }
            names.push(name.to_owned());
        }
    }
    Some(names)
}

impl FetchCall {
    /// Whether a rule may rewrite this call at all. Downloads, overrides and run-time arguments have rules of
    /// their own.
    pub(crate) fn is_plain(&self) -> bool {
        !self.dynamic && !self.overridden && !self.has_download_path
    }

    /// The attributes, when there is no key among them.
    pub(crate) fn names(&self) -> Option<Vec<(&str, &str)>> {
        self.wanted
            .as_ref()?
            .iter()
            .map(|wanted| match wanted {
                Wanted::Name { name, spelled } => Some((name.as_str(), spelled.as_str())),
                Wanted::Key => None,
            })
            .collect()
    }

    /// Whether a key is asked for.
    pub(crate) fn has_key(&self) -> bool {
        self.wanted.as_ref().is_some_and(|wanted| wanted.contains(&Wanted::Key))
    }

    /// `(order_by=..., limit=...)` with the brackets.
    pub(crate) fn carried_call(&self) -> String {
        format!("({})", self.carried.join(", "))
    }

    /// `proj(...)` for the attributes, with those that are only needed for the order.
    pub(crate) fn projection(&self, quote: char) -> Option<String> {
        let ordered = self.ordered_by.as_ref()?;
        let mut spelled: Vec<String> = Vec::new();
        let mut known: Vec<&str> = Vec::new();
        for wanted in self.wanted.as_ref()? {
            if let Wanted::Name { name, spelled: text } = wanted
                && !known.contains(&name.as_str())
            {
                known.push(name);
                spelled.push(text.clone());
            }
        }
        for name in ordered {
            if !known.contains(&name.as_str()) {
                known.push(name);
                spelled.push(format!("{quote}{name}{quote}"));
            }
        }
        Some(format!("proj({})", spelled.join(", ")))
    }
}
