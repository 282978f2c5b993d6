//! `rejoint verify`.

use super::Context;
use crate::args::VerifyArgs;
use crate::bar::Bar;
use crate::failure::{Failure, Kind};
use crate::{output, session};
use rejoint_model::{TableName, TableView};
use rejoint_run::RunStores;
use rejoint_verify::{
    Certificate, CheckInput, FingerprintFile, LocateOptions, Objects, Observer, Outcome, Verdict,
    certificate_file, check,
};
use std::collections::BTreeSet;
use std::num::NonZeroUsize;

struct Watch<'b>(&'b mut Bar);

impl Observer for Watch<'_> {
    fn begin_table(&mut self, view: &TableView) -> rejoint_verify::Result<()> {
        self.0.show(&view.table.to_string(), 0, 0);
        Ok(())
    }

    fn progress(&mut self, table: &TableName, rows: u64) -> rejoint_verify::Result<()> {
        self.0.show(&table.to_string(), rows, 0);
        Ok(())
    }
}

/// A store that is away is no loss of its objects: it is said before anything is read.
fn reachable(certificate: &Certificate, stores: &RunStores) -> Result<(), Failure> {
    let evidence = certificate.objects_after.iter().chain(&certificate.objects_before);
    let used: BTreeSet<&str> = evidence.flat_map(|o| &o.groups).map(|g| g.store.as_str()).collect();
    for name in used {
        let unusable = |why: String| {
            Failure::new(Kind::Environment, format!("store `{name}`: {why}"))
                .hint("Mount the store, say where its objects are with --store NAME=FOLDER, or leave objects out with --skip-objects.")
        };
        let spec = stores.specs.get(name).ok_or_else(|| unusable("it is not in the settings".into()))?;
        let open = rejoint_store::open(spec).map_err(|e| unusable(e.to_string()))?;
        open.reachable().map_err(|e| unusable(e.to_string()))?;
    }
    Ok(())
}

pub(crate) fn run(context: &Context, args: &VerifyArgs) -> Result<u8, Failure> {
    let certificate = certificate_file::read(&args.certificate)?;
    let settings = session::settings(&context.connection)?;
    let mut connection = session::connect(&context.connection, &settings)?;
    let stores = session::stores(&settings);
    if !args.skip_objects {
        reachable(&certificate, &stores)?;
    }
    let beside = args.certificate.with_extension("").with_extension("fingerprints");
    let path = args.fingerprints.clone().or_else(|| Some(beside).filter(|p| p.exists()));
    let fingerprints = path.as_deref().map(FingerprintFile::open).transpose()?;
    let now = connection.clock()?.0;
    let input = CheckInput {
        subfolding: stores.specs.iter().map(|(n, s)| (n.clone(), s.subfolding.clone())).collect(),
        stores: &stores.open,
        objects: match (args.skip_objects, args.objects_by_size) {
            (true, _) => Objects::Skip,
            (_, true) => Objects::SizeOnly,
            _ => Objects::Read,
        },
        threads: std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
        fingerprints: fingerprints.as_ref(),
        locate: LocateOptions { max: args.most, ..LocateOptions::default() },
        created: now,
    };
    let mut bar = Bar::new(context.quiet);
    let report = check(&certificate, &mut connection, &input, &mut Watch(&mut bar))?;
    bar.clear();
    let mut findings: Vec<String> = Vec::new();
    for table in &report.tables {
        let verdict = &table.verdict;
        if let Some(reason) = &table.unreadable {
            findings.push(format!("{}: {reason}", verdict.table));
        }
        let mut columns = verdict.columns.clone();
        columns.extend(verdict.unmatched_columns.iter().map(|c| format!("{c} (only on one side)")));
        columns.extend(verdict.decoded.iter().map(|c| format!("{c} (decoded)")));
        let rows = match (verdict.rows_before, verdict.rows_after) {
            (Some(a), Some(b)) if a != b => format!(", {a} rows certified, {b} now"),
            _ => String::new(),
        };
        findings.push(format!("{}: columns {}{rows}", verdict.table, columns.join(", ")));
        if let Some(located) = &table.located {
            findings.extend(located.differences.iter().map(|d| format!("  {d}")));
            let more = located.total.saturating_sub(located.differences.len() as u64);
            if more > 0 {
                findings.push(format!("  and {more} more"));
            }
        } else if table.unreadable.is_none() {
            findings.push("  (no fingerprints of this state: rows cannot be named)".to_owned());
        }
    }
    for group in
        report.comparison.objects.iter().filter(|g| !matches!(g.outcome, Outcome::Equal | Outcome::Allowed))
    {
        findings.push(format!(
            "store {}: {} objects differ ({} certified, {} now)",
            group.store,
            group.kind.word(),
            group.before,
            group.after
        ));
    }
    for problem in &report.comparison.new_problems {
        findings.push(format!(
            "store {}: {}: {} ({}.{}, row {})",
            problem.store,
            problem.path,
            problem.detail,
            problem.first.table,
            problem.first.column,
            problem.first.key
        ));
    }
    let equal = report.verdict == Verdict::Equal;
    if context.json {
        output::json(&serde_json::json!({
            "verdict": report.verdict, "tables": certificate.tables.len(), "findings": findings,
        }));
    } else if equal {
        output::line(format!("Everything is as certified: {} tables.", certificate.tables.len()));
    } else {
        output::line(match report.verdict {
            Verdict::Incomplete => "Nothing is known to differ, but not everything could be compared.",
            _ => "Not everything is as certified:",
        });
        for finding in &findings {
            output::line(finding);
        }
    }
    Ok(u8::from(!equal))
}
