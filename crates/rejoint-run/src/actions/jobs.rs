//! Carrying `error` and `ignore` of `~jobs` into the job tables of 2.x.

use super::Probe;
use crate::error::{Context as _, RunError};
use crate::journal::cut_here;
use crate::runner::Run;
use rejoint_blob::{DecodeOptions, ElementType, Value as BlobValue};
use rejoint_db::{Value, ident, qualified};
use rejoint_model::TableName;
use rejoint_plan::JobTarget;

/// One row of `~jobs` that has a place in 2.x: which target, its hash, and the values of the target's key.
struct Job {
    target: usize,
    key_hash: String,
    key: Vec<(Value, bool)>,
}

/// A value of a job's key as SQL takes it, and whether it is bytes; `None` for what no key attribute can hold.
fn key_value(value: &BlobValue<'_>) -> Option<(Value, bool)> {
    Some(match value {
        BlobValue::Int(n) => match n.to_i64() {
            Some(n) => (Value::Int(n), false),
            None => (Value::UInt(u64::try_from(n.to_i128()?).ok()?), false),
        },
        BlobValue::Bool(b) => (Value::Int(i64::from(*b)), false),
        BlobValue::Float(x) => (Value::Double(*x), false),
        BlobValue::Str(s) | BlobValue::Decimal(s) => (Value::Bytes(s.as_bytes().to_vec()), false),
        BlobValue::Date(d) => (Value::Date(d.year(), d.month(), d.day(), 0, 0, 0, 0), false),
        BlobValue::DateTime(d, t) => (
            Value::Date(d.year(), d.month(), d.day(), t.hour(), t.minute(), t.second(), t.microsecond()),
            false,
        ),
        BlobValue::Time(t) => {
            (Value::Time(false, 0, t.hour(), t.minute(), t.second(), t.microsecond()), false)
        }
        BlobValue::Uuid(bytes) => {
            (Value::Bytes(bytes.iter().flat_map(|b| format!("{b:02x}").into_bytes()).collect()), true)
        }
        // NumPy scalars, and every number of 0.11 and 0.12.0 to 0.12.3
        BlobValue::Array(array) if array.shape.is_empty() => {
            let (bytes, imaginary) = array.element_bytes(0)?;
            if imaginary.is_some() {
                return None;
            }
            let value = match (array.element, bytes.len()) {
                (ElementType::Float64, 8) => Value::Double(f64::from_le_bytes(bytes.try_into().ok()?)),
                (ElementType::Float32, 4) => Value::Float(f32::from_le_bytes(bytes.try_into().ok()?)),
                (ElementType::UInt8 | ElementType::UInt16 | ElementType::UInt32 | ElementType::UInt64, n)
                    if n <= 8 =>
                {
                    Value::UInt(bytes.iter().rev().fold(0, |sum, b| sum << 8 | u64::from(*b)))
                }
                (ElementType::Int8 | ElementType::Int16 | ElementType::Int32 | ElementType::Int64, n)
                    if n <= 8 =>
                {
                    let fill: u8 = if bytes.last().is_some_and(|b| b & 0x80 != 0) { 0xff } else { 0 };
                    let mut whole = [fill; 8];
                    whole.iter_mut().zip(bytes).for_each(|(w, b)| *w = *b);
                    Value::Int(i64::from_le_bytes(whole))
                }
                _ => return None,
            };
            (value, false)
        }
        _ => return None,
    })
}

fn read(run: &mut Run<'_>, schema: &str, targets: &[JobTarget]) -> Result<Vec<Job>, RunError> {
    let table = TableName::new(schema, "~jobs");
    let sql = format!(
        "SELECT table_name, key_hash, `key` FROM {} WHERE status IN ('error', 'ignore')",
        qualified(&table)
    );
    let mut jobs = Vec::new();
    for row in run.connection.rows(&sql, &[]).context(format!("reading {table}"))? {
        let text = |i: usize| match row.as_ref(i) {
            Some(Value::Bytes(b)) => String::from_utf8_lossy(b).into_owned(),
            _ => String::new(),
        };
        let Some(target) = targets.iter().position(|t| t.table == text(0)) else { continue };
        let Some(Value::Bytes(blob)) = row.as_ref(2) else { continue };
        // what does not decode or lacks an attribute is listed in the plan's remarks
        let Ok(decoded) = rejoint_blob::decode(blob, &DecodeOptions::like_python()) else { continue };
        let BlobValue::Dict(items) = decoded.value else { continue };
        let find = |name: &str| {
            items
                .iter()
                .find(|(k, _)| matches!(k, BlobValue::Str(s) if s == name))
                .and_then(|(_, v)| key_value(v))
        };
        let wanted =
            targets.get(target).map(|t| t.key.iter().map(|(name, _)| find(name)).collect::<Option<Vec<_>>>());
        if let Some(Some(key)) = wanted {
            jobs.push(Job { target, key_hash: text(1), key });
        }
    }
    Ok(jobs)
}

fn mark(is_bytes: bool) -> &'static str {
    if is_bytes { "UNHEX(?)" } else { "?" }
}

pub(crate) fn probe(run: &mut Run<'_>, schema: &str, targets: &[JobTarget]) -> Result<Probe, RunError> {
    for target in targets {
        if !super::ddl::table_exists(run, &TableName::new(schema, &target.job_table))? {
            return Ok(Probe::NotStarted);
        }
    }
    if super::fence::open_swaps(run)? == 0 {
        return Ok(Probe::Done); // 2.x clients own the job tables now
    }
    for job in read(run, schema, targets)? {
        let Some(target) = targets.get(job.target) else { continue };
        let condition: Vec<String> = target
            .key
            .iter()
            .zip(&job.key)
            .map(|((name, _), (_, bytes))| format!("{} = {}", ident(name), mark(*bytes)))
            .collect();
        let sql = format!(
            "SELECT COUNT(*) FROM {} WHERE {} AND `status` = (SELECT j.status FROM {}.`~jobs` j WHERE j.table_name = ? AND j.key_hash = ?)",
            qualified(&TableName::new(schema, &target.job_table)),
            condition.join(" AND "),
            ident(schema)
        );
        let mut params: Vec<Value> = job.key.iter().map(|(v, _)| v.clone()).collect();
        params.extend([Value::from(target.table.as_str()), Value::from(job.key_hash.as_str())]);
        if run.connection.number(&sql, &params).context("looking for a job")? != Some(1) {
            return Ok(Probe::Half);
        }
    }
    Ok(Probe::Done)
}

pub(crate) fn act(run: &mut Run<'_>, schema: &str, targets: &[JobTarget]) -> Result<(), RunError> {
    let jobs = read(run, schema, targets)?;
    let total = jobs.len() as u64;
    for (i, job) in jobs.iter().enumerate() {
        let Some(target) = targets.get(job.target) else { continue };
        let names: Vec<String> = target.key.iter().map(|(name, _)| ident(name)).collect();
        let marks: Vec<&str> = job.key.iter().map(|(_, bytes)| mark(*bytes)).collect();
        // 2.x keeps local times of the server, `timestamp` is read in this session's UTC
        let at = "COALESCE(CONVERT_TZ(j.`timestamp`, '+00:00', @@global.time_zone), j.`timestamp`)";
        let sql = format!(
            "INSERT INTO {} ({}, `status`, `priority`, `created_time`, `scheduled_time`, `completed_time`, `error_message`, `error_stack`, `user`, `host`, `pid`, `connection_id`)\nSELECT {}, j.`status`, 5, {at}, {at}, IF(j.`status` = 'error', {at}, NULL), j.`error_message`, j.`error_stack`, j.`user`, j.`host`, LEAST(j.`pid`, 2147483647), j.`connection_id` FROM {}.`~jobs` j WHERE j.`table_name` = ? AND j.`key_hash` = ?\nON DUPLICATE KEY UPDATE `status` = VALUES(`status`), `error_message` = VALUES(`error_message`), `error_stack` = VALUES(`error_stack`), `completed_time` = VALUES(`completed_time`)",
            qualified(&TableName::new(schema, &target.job_table)),
            names.join(", "),
            marks.join(", "),
            ident(schema),
        );
        let mut params: Vec<Value> = job.key.iter().map(|(v, _)| v.clone()).collect();
        params.extend([Value::from(target.table.as_str()), Value::from(job.key_hash.as_str())]);
        run.patient(&sql, &params)?;
        cut_here(&mut run.connection)?;
        run.progress.tick("jobs", i as u64 + 1, total);
    }
    Ok(())
}
