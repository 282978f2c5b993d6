//! What applying a plan needs.

/// A privilege that a step needs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant {
    /// `ALTER`, `TRIGGER`, …
    pub privilege: String,
    /// Schema it is needed on; `None` for a global one.
    pub schema: Option<String>,
    /// What needs it.
    pub reason: String,
}

/// Privileges that `apply` needs on each schema, with the reason.
pub fn needed_by_apply(schemas: &[String]) -> Vec<Grant> {
    const NEEDED: [(&str, &str); 9] = [
        ("SELECT", "read rows and definitions"),
        ("INSERT", "fill the lineage and job tables, the journal"),
        ("UPDATE", "fill the new pointer columns"),
        ("DELETE", "undo"),
        ("CREATE", "create the lineage and job tables, the journal"),
        ("DROP", "undo"),
        ("ALTER", "change comments and columns"),
        ("INDEX", "keep the index of a pointer"),
        ("REFERENCES", "undo puts foreign keys back"),
    ];
    let mut needed: Vec<Grant> = schemas
        .iter()
        .flat_map(|schema| {
            NEEDED.iter().chain(&[("TRIGGER", "carry over what old clients write")]).map(
                move |(privilege, reason)| Grant {
                    privilege: (*privilege).to_owned(),
                    schema: Some(schema.clone()),
                    reason: (*reason).to_owned(),
                },
            )
        })
        .collect();
    needed.push(Grant {
        privilege: "PROCESS".into(),
        schema: None,
        reason: "see the sessions of other users before the window".into(),
    });
    needed
}
