//! What happens to the text of a statement between the library and the server.

/// `text.format(database=schema)`, which 0.14 applies to the whole `CREATE TABLE`. `None` where Python raises, or for
/// format fields beyond `{database}`.
pub(crate) fn python_format(text: &str, schema: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(rest.get(..at)?);
        rest = rest.get(at..)?;
        if let Some(after) = rest.strip_prefix("{{") {
            out.push('{');
            rest = after;
        } else if let Some(after) = rest.strip_prefix("}}") {
            out.push('}');
            rest = after;
        } else {
            rest = rest.strip_prefix("{database}")?;
            out.push_str(schema);
        }
    }
    out.push_str(rest);
    Some(out)
}

/// `text % ()`, which the driver applies to every statement. `None` where Python raises.
pub(crate) fn driver_format(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        out.push_str(rest.get(..at)?);
        rest = rest.get(at..)?.strip_prefix("%%")?;
        out.push('%');
    }
    out.push_str(rest);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_doubled_marks_survive() {
        assert_eq!(python_format("a {{x}} {database}", "db").as_deref(), Some("a {x} db"));
        for bad in ["{old}", "{}", "a }", "{", "{{{x}}}"] {
            assert_eq!(python_format(bad, "db"), None, "{bad}");
        }
        assert_eq!(driver_format("50%% x").as_deref(), Some("50% x"));
        for bad in ["50%", "50% x", "%s"] {
            assert_eq!(driver_format(bad), None, "{bad}");
        }
    }
}
