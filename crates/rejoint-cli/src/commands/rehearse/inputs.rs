//! What a rehearsal reads: dump files, settings, stores, answers.

use crate::args::{ConnectionArgs, RehearseArgs};
use crate::failure::Failure;
use crate::session;
use rejoint_plan::Plan;
use rejoint_run::RunStores;
use rejoint_settings::{Generation, Settings, StoreSpec};
use rejoint_store::{FileStore, ObjectStore, OverlayStore};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Opens the dumps, decompressed; a name of `-` is standard input.
pub(crate) fn dumps(paths: &[PathBuf]) -> Result<Vec<Box<dyn Read>>, Failure> {
    paths
        .iter()
        .map(|path| -> Result<Box<dyn Read>, Failure> {
            let unreadable =
                |e: std::io::Error| Failure::input(format!("cannot read {}: {e}", path.display()));
            let input: Box<dyn Read> = if path.as_os_str() == "-" {
                Box::new(std::io::stdin())
            } else {
                Box::new(File::open(path).map_err(unreadable)?)
            };
            let (_, plain) = rejoint_dump::decompress(input).map_err(unreadable)?;
            Ok(plain)
        })
        .collect()
}

/// Bytes of the files, as they are; `None` when one is not a file.
pub(super) fn bytes_of(paths: &[PathBuf]) -> Option<u64> {
    paths.iter().map(|p| std::fs::metadata(p).ok().filter(|m| m.is_file()).map(|m| m.len())).sum()
}

/// The lab's settings: those named, else those beside the dump or the code, else the usual places. Every folder in `--stores` is
/// the store of its name.
pub(super) fn settings(connection: &ConnectionArgs, args: &RehearseArgs) -> Result<Settings, Failure> {
    let mut connection = connection.clone();
    if connection.config.is_none() {
        let beside = args.sources.iter().filter_map(|d| d.parent());
        let folders = beside.chain(args.code.iter().map(PathBuf::as_path));
        let names = ["dj_local_conf.json", "datajoint.json"];
        connection.config =
            folders.flat_map(|f| names.iter().map(move |n| f.join(n))).find(|file| file.is_file());
    }
    let given = store_folders(args.stores.as_deref())?;
    for (name, folder) in &given {
        // what was named itself wins
        if !connection.stores.iter().any(|s| s.split_once('=').is_some_and(|(n, _)| n == name)) {
            connection.stores.push(format!("{name}={}", folder.display()));
        }
    }
    let mut settings = session::settings(&connection)?;
    for (name, folder) in given {
        // a store that no settings name has the folders of 0.14
        settings
            .stores
            .entry(name.clone())
            .or_insert_with(|| StoreSpec::file(name, folder.display().to_string(), Generation::Legacy));
    }
    Ok(settings)
}

fn store_folders(folder: Option<&Path>) -> Result<BTreeMap<String, PathBuf>, Failure> {
    let Some(folder) = folder else { return Ok(BTreeMap::new()) };
    let unreadable = |e: std::io::Error| Failure::input(format!("cannot read {}: {e}", folder.display()));
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if let (true, Some(name)) = (path.is_dir(), path.file_name().and_then(|n| n.to_str())) {
            found.insert(name.to_owned(), path.clone());
        }
    }
    if found.is_empty() {
        return Err(Failure::input(format!("{} holds no folders", folder.display()))
            .hint("--stores wants a folder that holds one folder for each store, named like the store."));
    }
    Ok(found)
}

/// The stores of the settings, read only as `seen` shows them; what is written goes below `scratch`.
pub(super) fn stores(
    settings: &Settings,
    scratch: &Path,
    seen: impl Fn(Box<dyn ObjectStore>) -> Box<dyn ObjectStore>,
) -> Result<RunStores, Failure> {
    let mut stores = session::stores(settings);
    for (name, below) in std::mem::take(&mut stores.open) {
        let folder = scratch.join(&name);
        std::fs::create_dir_all(&folder).map_err(|e| super::cannot("make", &folder, &e))?;
        let above = Box::new(FileStore::new(&name, folder));
        stores.open.insert(name, Box::new(OverlayStore::new(seen(below), above)));
    }
    Ok(stores)
}

/// Stores that are not at hand, as if they were folders with 0.14's own rules: enough to plan by.
pub(super) fn pretend(stores: &mut RunStores, missing: &BTreeSet<String>) {
    for name in missing {
        stores
            .specs
            .entry(name.clone())
            .or_insert_with(|| StoreSpec::file(name, "(not at hand)", Generation::Legacy));
    }
}

/// Answers that let the rehearsal go on where nobody has decided: the first option, which keeps most.
pub(super) fn provisional(plan: &Plan) -> BTreeMap<String, String> {
    plan.open_decisions().iter().filter_map(|d| Some((d.id.clone(), d.options.first()?.clone()))).collect()
}

/// Stores that the pipeline uses and that are not at hand.
pub(super) fn missing_stores(catalog: &rejoint_model::Catalog, stores: &RunStores) -> BTreeSet<String> {
    catalog
        .tables()
        .filter_map(|t| t.name.table.strip_prefix("~external_").map(str::to_owned))
        .filter(|name| !stores.open.contains_key(name))
        .collect()
}
