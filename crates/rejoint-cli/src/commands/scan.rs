//! `rejoint scan`.

use super::Context;
use crate::args::{ObjectsArg, ScanArgs};
use crate::bar::Bar;
use crate::failure::{Failure, Kind};
use crate::{output, session};
use rejoint_scan::report_file::{Client, Outcome, ScanReport, Step};
use rejoint_scan::{Depth, ObjectCheck, ScanOptions, scan};

pub(super) struct Watch<'b> {
    bar: &'b mut Bar,
    name: String,
    done: u64,
    total: u64,
}

impl<'b> Watch<'b> {
    pub(super) fn new(bar: &'b mut Bar) -> Self {
        Watch { bar, name: String::new(), done: 0, total: 0 }
    }
}

impl rejoint_scan::Progress for Watch<'_> {
    fn phase(&mut self, name: &str, total: Option<u64>) {
        name.clone_into(&mut self.name);
        (self.done, self.total) = (0, total.unwrap_or(0));
        self.bar.show(name, 0, self.total);
    }

    fn advance(&mut self, steps: u64) {
        self.done += steps;
        self.bar.show(&self.name, self.done, self.total);
    }
}

pub(crate) fn run(context: &Context, args: &ScanArgs) -> Result<u8, Failure> {
    let settings = session::settings(&context.connection)?;
    let mut connection = session::connect(&context.connection, &settings)?;
    let schemas = session::schemas(&args.schemas, &mut connection)?;
    let mut options = if args.full { ScanOptions::full() } else { ScanOptions::default() };
    options.check_objects = match args.objects {
        ObjectsArg::None => ObjectCheck::None,
        ObjectsArg::Size => ObjectCheck::Size,
        ObjectsArg::Hash => ObjectCheck::Hash,
    };
    let mut bar = Bar::new(context.quiet);
    let mut watch = Watch::new(&mut bar);
    let report = scan(&mut connection, &schemas, &settings, &options, &mut watch).map_err(|e| {
        Failure::new(Kind::Environment, e.to_string())
            .hint("Check the connection and run the scan again; it changes nothing.")
    })?;
    bar.clear();
    if let Some(path) = &args.out {
        let text =
            serde_json::to_string_pretty(&report).map_err(|e| Failure::new(Kind::Bug, e.to_string()))?;
        std::fs::write(path, text)
            .map_err(|e| Failure::new(Kind::Environment, format!("cannot write {}: {e}", path.display())))?;
    }
    if context.json {
        output::json(&report);
    } else {
        print(&report, args.all_tables);
    }
    Ok(u8::from(report.has_findings()))
}

fn print(report: &ScanReport, all_tables: bool) {
    let user: Vec<_> = report.tables.iter().filter(|t| !t.name.table.starts_with('~')).collect();
    let rows: u64 = user.iter().map(|t| t.rows).sum();
    let bytes: u64 = user.iter().map(|t| t.data_bytes + t.index_bytes).sum();
    let exact = if user.iter().all(|t| t.rows_exact) { "" } else { "about " };
    output::line(format!(
        "{} {}: {} schemas, {} tables, {exact}{} rows, {} MB",
        report.server.product,
        report.server.version,
        report.schemas.len(),
        user.len(),
        output::count(rows),
        output::count(bytes / 1_000_000)
    ));
    if report.depth == Depth::Quick {
        output::line("A quick scan looks at samples of large tables; --full looks at every row.");
    }
    findings(report);
    what_is_there(report);
    decisions(report);
    surroundings(report);
    access(report, all_tables);
    output::heading("Next");
    if report.has_findings() {
        output::line(
            "  Look at what is listed above; `rejoint plan upgrade` asks for every decision it needs.",
        );
    } else {
        output::line("  rejoint plan upgrade with the same schemas");
    }
}

fn findings(report: &ScanReport) {
    let mut lines: Vec<String> = Vec::new();
    for table in &report.not_understood {
        lines.push(format!("refused  {}: {}", table.table, table.reasons.join("; ")));
    }
    for store in report.stores.iter().filter(|s| s.reachable != Some(true)) {
        let state = if store.configured { "cannot be reached" } else { "is not in the settings" };
        lines.push(format!("store    {} {state}: {}", store.name, store.description));
    }
    for missing in &report.missing_references {
        lines.push(format!(
            "missing  {}.{}: {} objects in {} rows, e.g. {}",
            missing.table,
            missing.column,
            missing.objects,
            missing.rows,
            missing.examples.first().map_or("", String::as_str)
        ));
    }
    for dangling in &report.dangling_pointers {
        lines.push(format!(
            "dangling {}.{}: {} rows without a row in {}",
            dangling.table, dangling.column, dangling.rows, dangling.tracking
        ));
    }
    for tracking in &report.tracking {
        if let Some(objects) = &tracking.objects {
            let bad = objects.size_mismatches + objects.content_mismatches + objects.unreadable;
            if bad > 0 {
                let example = objects.examples.iter().find(|e| e.finding != "missing");
                let shown = example.map(|e| format!(", e.g. {}: {}", e.path, e.detail)).unwrap_or_default();
                lines.push(format!(
                    "objects  {}: {bad} with a wrong size or content, or not readable{shown}",
                    tracking.table
                ));
            }
        }
        if let Some(folding) = tracking.subfolding.as_ref().filter(|f| f.fits.is_some()) {
            lines.push(format!(
                "store    {}: subfolding {:?} finds {} of {} objects, {:?} finds {}",
                tracking.store,
                folding.configured,
                folding.found,
                folding.tried,
                folding.fits.as_deref().unwrap_or_default(),
                folding.found_by_fit
            ));
        }
    }
    for damage in &report.damage {
        let example = damage.examples.first().map(|e| e.key.as_str()).unwrap_or_default();
        lines.push(format!(
            "damage   {}.{}: {} ({} cells, Python reads: {}), e.g. {example}",
            damage.table, damage.column, damage.cause, damage.count, damage.python
        ));
    }
    output::heading("Findings");
    if lines.is_empty() {
        output::line("  none");
    }
    for line in lines {
        output::line(format!("  {line}"));
    }
    let caveats: Vec<_> = report.caveats.iter().filter(|c| c.versions_differ).collect();
    if !caveats.is_empty() {
        output::heading("Good blobs that 0.14 and 2.x read differently");
        for caveat in caveats {
            output::line(format!(
                "  {}.{}: {} ({} cells; 0.14 {}, 2.x {})",
                caveat.table, caveat.column, caveat.title, caveat.count, caveat.old, caveat.new
            ));
        }
    }
}

fn what_is_there(report: &ScanReport) {
    output::heading("What is there");
    let rows: Vec<Vec<String>> = report
        .features
        .iter()
        .filter(|f| f.count > 0)
        .map(|f| {
            vec![
                f.title.clone(),
                output::count(f.count),
                f.examples.iter().take(2).cloned().collect::<Vec<_>>().join(", "),
            ]
        })
        .collect();
    output::table(&["feature", "count", "for example"], &rows);
    let adapters: Vec<Vec<String>> = report
        .adapters
        .iter()
        .map(|a| {
            let evidence =
                a.evidence.iter().map(|(what, n)| format!("{what} ({n})")).collect::<Vec<_>>().join(", ");
            vec![
                format!("{}.{}", a.table, a.column),
                format!("<{}>", a.adapter),
                a.store.clone().unwrap_or_default(),
                a.base.clone().unwrap_or_else(|| "?".into()),
                evidence,
            ]
        })
        .collect();
    if !adapters.is_empty() {
        output::heading("Adapters");
        output::table(&["column", "adapter", "store", "base", "seen"], &adapters);
    }
    let tracking: Vec<Vec<String>> = report
        .tracking
        .iter()
        .map(|t| {
            let shown = |n: Option<u64>| n.map_or_else(|| "?".to_owned(), output::count);
            let missing = t.objects.as_ref().map_or_else(|| "?".to_owned(), |o| output::count(o.missing));
            vec![t.table.to_string(), shown(t.rows), shown(t.bytes), shown(t.unreferenced), missing]
        })
        .collect();
    if !tracking.is_empty() {
        output::heading("Stores");
        output::table(&["tracking table", "rows", "bytes", "unreferenced", "missing"], &tracking);
        for store in &report.stores {
            if let Some(orphans) = store.orphans.as_ref().filter(|o| o.count > 0) {
                output::line(format!(
                    "  {}: {} objects that nothing tracks, {} bytes",
                    store.name,
                    output::count(orphans.count),
                    output::count(orphans.bytes)
                ));
            }
        }
    }
    let jobs: Vec<Vec<String>> = report
        .jobs
        .iter()
        .flat_map(|j| {
            j.counts.iter().map(move |c| {
                vec![format!("{}.{}", j.schema, c.table), c.status.clone(), output::count(c.count)]
            })
        })
        .collect();
    if !jobs.is_empty() {
        output::heading("Jobs");
        output::table(&["table", "status", "rows"], &jobs);
    }
    let collation = &report.collation;
    if !collation.mixed_keys.is_empty() || !collation.collisions.is_empty() || !collation.long_keys.is_empty()
    {
        output::heading("Collations");
        for key in &collation.mixed_keys {
            output::line(format!(
                "  {} {}: {} {} refers to {} {}",
                key.table, key.name, key.child.0, key.child.1, key.parent.0, key.parent.1
            ));
        }
        for collision in &collation.collisions {
            output::line(format!(
                "  {}.{} ({}): {} values equal but for case, e.g. {}",
                collision.table,
                collision.column,
                collision.collation,
                collision.count,
                collision.examples.join(", ")
            ));
        }
        for key in &collation.long_keys {
            output::line(format!(
                "  {} {}: {} bytes in utf8mb4, more than the server's 3072",
                key.table, key.index, key.bytes
            ));
        }
    }
}

fn decisions(report: &ScanReport) {
    if report.decisions.is_empty() {
        return;
    }
    output::heading("Decisions");
    let (needed, optional): (Vec<_>, Vec<_>) = report.decisions.iter().partition(|d| d.default.is_none());
    for decision in needed.iter().chain(&optional) {
        let default = match &decision.default {
            Some(default) => format!("default {default}"),
            None => "needs an answer".to_owned(),
        };
        output::line(format!("  {} [{default}]", decision.id));
        output::line(format!("    {}", decision.question));
        for evidence in &decision.evidence {
            output::line(format!("    {evidence}"));
        }
        for option in &decision.options {
            output::line(format!("      {}: {}", option.answer, option.effect));
        }
    }
}

fn surroundings(report: &ScanReport) {
    if !report.sessions.is_empty() {
        output::heading("Connected now");
        let rows: Vec<Vec<String>> = report
            .sessions
            .iter()
            .map(|s| {
                let transaction = match s.in_transaction {
                    Some(true) => "open transaction",
                    Some(false) => "",
                    None => "?",
                };
                vec![
                    s.id.to_string(),
                    s.user.clone(),
                    s.host.clone(),
                    s.client.clone(),
                    s.command.clone(),
                    transaction.to_owned(),
                ]
            })
            .collect();
        output::table(&["session", "user", "host", "client", "state", "transaction"], &rows);
    }
    let lacking: Vec<_> = report.missing_privileges().collect();
    if !lacking.is_empty() {
        output::heading("Privileges that apply needs and this account lacks");
        for privilege in lacking {
            let place = privilege.schema.as_ref().map_or_else(|| "*.*".to_owned(), |s| format!("{s}.*"));
            output::line(format!("  {} on {place}: {}", privilege.privilege, privilege.reason));
        }
    }
    if !report.not_seen.is_empty() {
        output::heading("Not looked at");
        for gap in &report.not_seen {
            output::line(format!("  {}: {}", gap.what, gap.why));
        }
    }
}

fn access(report: &ScanReport, all: bool) {
    output::heading("Which client reads what");
    output::line(
        "  yes: reads; wrong: values come back as raw bytes; columns: some columns fail; no: the table cannot be opened",
    );
    let columns = [
        (Step::Now, Client::V0_14),
        (Step::Now, Client::V2_3),
        (Step::AfterExpand, Client::V0_14),
        (Step::AfterContractCodecs, Client::V0_14),
        (Step::AfterContractCodecs, Client::V0_14WithBlobAdapter),
        (Step::AfterContractCodecs, Client::V2_3),
    ];
    let word = |outcome: Outcome| match outcome {
        Outcome::Reads => "yes",
        Outcome::WrongValues => "wrong",
        Outcome::ColumnsFail => "columns",
        Outcome::CannotOpen => "no",
    };
    let mut same = 0;
    let mut rows: Vec<Vec<String>> = Vec::new();
    for table in &report.client_access {
        let found: Vec<Option<Outcome>> = columns
            .iter()
            .map(|(step, client)| {
                table.access.iter().find(|a| a.step == *step && a.client == *client).map(|a| a.outcome)
            })
            .collect();
        if !all && found.iter().all(|o| *o == Some(Outcome::Reads)) {
            same += 1;
            continue;
        }
        let mut row = vec![table.table.to_string()];
        row.extend(found.into_iter().map(|o| o.map_or("-", word).to_owned()));
        rows.push(row);
    }
    output::table(
        &[
            "table",
            "0.14 now",
            "2.x now",
            "0.14 expanded",
            "0.14 contracted",
            "0.14 + blob adapter",
            "2.x contracted",
        ],
        &rows,
    );
    if same > 0 {
        output::line(format!("  {same} more tables are read by every client at every step."));
    }
}
