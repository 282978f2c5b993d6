//! Does the configured subfolding find the objects? The database does not hold it, and a wrong one looks like a total loss.

use crate::report_file::SubfoldingReport;
use rejoint_store::{ObjectStore, Result, TrackingRow};

/// Tried in this order when the configured one does not find everything.
const CANDIDATES: [&[usize]; 12] =
    [&[2, 2], &[], &[2], &[3], &[1], &[4], &[1, 1], &[3, 3], &[2, 2, 2], &[1, 2], &[2, 4], &[4, 4]];

fn found(store: &dyn ObjectStore, schema: &str, rows: &[TrackingRow], folds: &[usize]) -> Result<u64> {
    let mut n = 0;
    for row in rows {
        for path in row.paths(schema, folds).unwrap_or_default() {
            if store.head(&path)?.is_some() {
                n += 1;
                break;
            }
        }
    }
    Ok(n)
}

/// Looks for the objects of some rows (blobs and attachments; filepaths have no folders) where each subfolding says.
///
/// # Errors
/// The store cannot be reached.
pub(crate) fn subfolding(
    store: &dyn ObjectStore,
    schema: &str,
    rows: &[TrackingRow],
    configured: &[usize],
) -> Result<SubfoldingReport> {
    let mut report = SubfoldingReport {
        configured: configured.to_vec(),
        tried: rows.len() as u64,
        found: found(store, schema, rows, configured)?,
        fits: None,
        found_by_fit: 0,
    };
    report.found_by_fit = report.found;
    for candidate in CANDIDATES {
        if report.found_by_fit == report.tried {
            break;
        }
        let n = found(store, schema, rows, candidate)?;
        if n > report.found_by_fit {
            report.found_by_fit = n;
            report.fits = Some(candidate.to_vec());
        }
    }
    Ok(report)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rejoint_store::MemoryStore;

    #[test]
    fn the_subfolding_that_finds_more_is_named() {
        let store = MemoryStore::new("raw");
        let rows: Vec<TrackingRow> =
            (0..5u8).map(|n| TrackingRow { hash: [n; 16], ..TrackingRow::default() }).collect();
        for row in rows.iter().take(4) {
            for path in row.paths("lab", &[3]).unwrap() {
                store.write_new(&path, &mut &b"x"[..]).unwrap();
            }
        }
        let report = subfolding(&store, "lab", &rows, &[2, 2]).unwrap();
        assert_eq!((report.found, report.fits, report.found_by_fit), (0, Some(vec![3]), 4));
        let report = subfolding(&store, "lab", &rows, &[3]).unwrap();
        assert_eq!((report.found, report.fits), (4, None));
    }
}
