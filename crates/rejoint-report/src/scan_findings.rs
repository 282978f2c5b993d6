//! What a scan found, in the order of how much it matters, ready to be shown.

use crate::quantities::grouped;
use rejoint_scan::ScanReport;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// Stands in the way.
    Stop,
    /// Somebody should look at it.
    Look,
    /// To know.
    Note,
}

impl Level {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Level::Stop => "stops",
            Level::Look => "look at it",
            Level::Note => "note",
        }
    }
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ScanFinding {
    pub(crate) level: Level,
    pub(crate) title: &'static str,
    pub(crate) place: String,
    pub(crate) detail: String,
}

/// Everything a scan found that a person should know.
pub(crate) fn scan_findings(scan: &ScanReport) -> Vec<ScanFinding> {
    let mut found = Vec::new();
    let mut add = |level, title, place: String, detail: String| {
        found.push(ScanFinding { level, title, place, detail });
    };
    for table in &scan.not_understood {
        add(Level::Stop, "Table not understood", table.table.to_string(), table.reasons.join("; "));
    }
    for privilege in scan.missing_privileges() {
        let place = privilege.schema.clone().unwrap_or_else(|| "the whole server".to_owned());
        add(
            Level::Look,
            "Privilege missing",
            place,
            format!("{}: {}", privilege.privilege, privilege.reason),
        );
    }
    for missing in &scan.missing_references {
        let detail = format!(
            "{} rows refer to {} missing objects in store {}{}",
            grouped(missing.rows),
            grouped(missing.objects),
            missing.store,
            examples(&missing.examples)
        );
        add(Level::Look, "Objects missing", format!("{}.{}", missing.table, missing.column), detail);
    }
    for dangling in &scan.dangling_pointers {
        let detail = format!(
            "{} rows point to nothing in {}{}",
            grouped(dangling.rows),
            dangling.tracking,
            examples(&dangling.examples)
        );
        add(Level::Look, "Pointers that dangle", format!("{}.{}", dangling.table, dangling.column), detail);
    }
    for damage in &scan.damage {
        let keys: Vec<String> = damage.examples.iter().map(|example| example.key.clone()).collect();
        let detail = format!("{} cells: {}{}", grouped(damage.count), damage.cause, examples(&keys));
        add(Level::Look, "Damaged values", format!("{}.{}", damage.table, damage.column), detail);
    }
    for tracking in &scan.tracking {
        let Some(objects) = &tracking.objects else { continue };
        let bad = objects.size_mismatches
            + objects.content_mismatches
            + objects.unreadable
            + objects.not_understood;
        if bad > 0 {
            let detail = format!(
                "{} of another size, {} of another content, {} unreadable, {} not understood",
                grouped(objects.size_mismatches),
                grouped(objects.content_mismatches),
                grouped(objects.unreadable),
                grouped(objects.not_understood)
            );
            add(Level::Look, "Objects damaged", tracking.table.to_string(), detail);
        }
    }
    for collision in &scan.collation.collisions {
        let place = format!("{}.{}", collision.table, collision.column);
        let detail = format!(
            "{} groups of values are equal under {} only{}",
            grouped(collision.count),
            collision.collation,
            examples(&collision.examples)
        );
        add(Level::Look, "Values that differ only in case", place, detail);
    }
    for caveat in &scan.caveats {
        let level = if caveat.versions_differ { Level::Look } else { Level::Note };
        let place = format!("{}.{}", caveat.table, caveat.column);
        let detail = format!("{} cells: {}", grouped(caveat.count), caveat.title);
        add(level, "Values that Python reads differently", place, detail);
    }
    for unseen in &scan.not_seen {
        add(Level::Note, "Not looked at", unseen.what.clone(), unseen.why.clone());
    }
    for store in scan.stores.iter().filter(|store| store.reachable != Some(true)) {
        add(Level::Note, "Store not reached", store.name.clone(), store.description.clone());
    }
    found.sort_by_key(|finding| finding.level);
    found
}

fn examples(keys: &[String]) -> String {
    if keys.is_empty() {
        return String::new();
    }
    let some: Vec<&str> = keys.iter().take(3).map(String::as_str).collect();
    format!(", for example {}", some.join("; "))
}
