//! `dj.AttributeAdapter` classes.

use rejoint_python::ast::{Expr, Stmt, StmtClassDef, StmtFunctionDef};
use rejoint_python::{Kind, range_of};

use crate::context::{Context, constant};
use crate::rule::{Check, Example, Level, Rule, StmtForm};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0802",
    name: "adapter",
    level: Level::Safe,
    summary: "A `dj.AttributeAdapter` with one instance becomes a `dj.Codec` of that name.",
    explanation: "0.x found an adapter by the name of the variable that holds it; 2.x finds a codec by its `name`, in the whole process. \
                  `attribute_type` is what `get_dtype` returns, `put` is `encode`, `get` is `decode`. Two instances, arguments of the constructor, \
                  or `filepath` as the type are reported.",
    examples: &[
        Example {
            before: "class Edges(dj.AttributeAdapter):\n    attribute_type = 'longblob'\n\n    def put(self, graph):\n        return list(graph)\n\n    def get(self, value):\n        return set(value)\n\n\nedges = Edges()\n",
            after: Some(
                "class Edges(dj.Codec):\n    name = 'edges'\n\n    def get_dtype(self, is_store):\n        return '<blob>'\n\n    def encode(self, graph, *, key=None, context=None, store_name=None):\n        return list(graph)\n\n    def decode(self, value, *, key=None, context=None):\n        return set(value)\n\n\nedges = Edges()\n",
            ),
        },
        Example {
            before: "class Edges(dj.AttributeAdapter):\n    attribute_type = 'longblob'\n",
            after: None,
        },
    ],
    check: Check::Stmt(&[StmtForm::Class], check),
};

fn check(cx: &mut Context<'_>, stmt: &Stmt) {
    let Stmt::ClassDef(class) = stmt else { return };
    let Some(arguments) = &class.arguments else { return };
    let base = arguments.args.iter().find(|base| {
        matches!(cx.kind(base), Kind::DataJoint(path) if matches!(&*path, "AttributeAdapter" | "attribute_adapter.AttributeAdapter"))
    });
    let Some(base) = base else { return };
    let at = range_of(base).start;
    let choices = [
        "a dj.Codec subclass with `name`, get_dtype, encode (put) and decode (get); imported before the schema is activated",
    ];
    match read(cx, class) {
        Ok(adapter) => rewrite(cx, class, base, &adapter),
        Err(reason) => {
            cx.finding(at, format!("AttributeAdapter is gone in 2.x; not rewritten: {reason}"), &choices)
        }
    }
}

struct Adapter<'a> {
    name: String,
    type_stmt: &'a Stmt,
    codec: String,
    put: &'a StmtFunctionDef,
    get: &'a StmtFunctionDef,
}

fn read<'a>(cx: &Context<'_>, class: &'a StmtClassDef) -> Result<Adapter<'a>, String> {
    let mut names = Vec::new();
    for stmt in cx.source.suite() {
        if let Stmt::Assign(assign) = stmt
            && let Expr::Call(call) = &*assign.value
            && let Expr::Name(function) = &*call.func
            && function.id == class.name.id
        {
            if !call.arguments.is_empty() {
                return Err("its constructor takes arguments".to_owned());
            }
            for target in &assign.targets {
                if let Expr::Name(name) = target {
                    names.push(name.id.to_string());
                }
            }
        }
    }
    let [name] = names.as_slice() else {
        return Err(format!("{} instances at the level of the module, not one", names.len()));
    };
    let mut type_stmt = None;
    let (mut put, mut get) = (None, None);
    for stmt in &class.body {
        match stmt {
            Stmt::Assign(assign) if matches!(assign.targets.as_slice(), [Expr::Name(name)] if name.id.as_str() == "attribute_type") =>
            {
                let text = constant(&assign.value).ok_or("attribute_type is not a constant")?;
                type_stmt = Some((stmt, text));
            }
            Stmt::FunctionDef(function) => match function.name.as_str() {
                "put" => put = Some(function),
                "get" => get = Some(function),
                "__init__" => return Err("it has a constructor".to_owned()),
                _ => {}
            },
            _ => {}
        }
    }
    let (Some((type_stmt, text)), Some(put), Some(get)) = (type_stmt, put, get) else {
        return Err("attribute_type, put or get is not in its body".to_owned());
    };
    if put.parameters.len() != 2 || get.parameters.len() != 2 {
        return Err("put or get takes other arguments than one value".to_owned());
    }
    let body = cx.source.slice(range_of(class));
    if body.contains("self.put(") || body.contains("self.get(") {
        return Err("it calls its own put or get".to_owned());
    }
    let lower = text.trim().to_lowercase();
    let codec = match lower.as_str() {
        "longblob" | "blob" | "mediumblob" | "tinyblob" => "<blob>".to_owned(),
        text if text.starts_with("filepath") => {
            return Err("filepath gives an ObjectRef in 2.x, not a path".to_owned());
        }
        text if text.starts_with("blob@") || text.starts_with("attach") => format!("<{text}>"),
        text if text.starts_with('<') => return Err("it wraps another adapter".to_owned()),
        _ => text.trim().to_owned(),
    };
    Ok(Adapter { name: name.clone(), type_stmt, codec, put, get })
}

fn rewrite(cx: &mut Context<'_>, class: &StmtClassDef, base: &Expr, adapter: &Adapter<'_>) {
    let mut edits = Vec::new();
    match base {
        Expr::Attribute(attribute) => edits.push(cx.replace(range_of(&attribute.attr), "Codec")),
        _ => {
            cx.finding(
                range_of(base).start,
                "AttributeAdapter is imported by name",
                &["import Codec from datajoint, and use it as the base"],
            );
            return;
        }
    }
    let range = range_of(adapter.type_stmt);
    let indent = cx.source.indent_at(range.start).to_owned();
    let text = format!(
        "name = '{}'\n\n{indent}def get_dtype(self, is_store):\n{indent}    return '{}'",
        adapter.name,
        adapter.codec.replace('\'', "\\'")
    );
    edits.push(cx.replace(range, text));
    for (function, name, extra) in [
        (adapter.put, "encode", ", *, key=None, context=None, store_name=None"),
        (adapter.get, "decode", ", *, key=None, context=None"),
    ] {
        edits.push(cx.replace(range_of(&function.name), name));
        if let Some(last) = function.parameters.args.last() {
            edits.push(cx.close(range_of(last).end, extra));
        }
    }
    cx.change(Level::Safe, range_of(&class.name).start, "an adapter is a codec in 2.x", edits);
}
