//! Reading the objects that rows refer to.

use crate::error::{Error, Result};
use crate::evidence::{ObjectEvidence, ObjectGroup};
use crate::identity::{CellPlace, ObjectRef};
use rejoint_model::ExternalKind;
use rejoint_store::{Digest, ObjectStore, StorePath, digest, rewrap_attachment, v2};
use rejoint_value::{SetDigest, sha256_hex};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, HashSet};
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use xxhash_rust::xxh3::xxh3_128;

/// Stores that are open, by name.
pub type Stores = BTreeMap<String, Box<dyn ObjectStore>>;

/// How closely to look at objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Objects {
    /// Not at all. Nothing is proven about them.
    Skip,
    /// Only whether they exist with the recorded size. Damage that keeps the size is not seen.
    SizeOnly,
    /// Read every byte.
    Read,
}

/// What is wrong with an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemKind {
    /// There is no such object.
    Missing,
    /// It has not the recorded size.
    SizeMismatch,
    /// Its content has not the recorded MD5.
    ContentMismatch,
    /// It could not be read, or its store is not there. Nothing is known about it.
    Unreachable,
    /// It is a folder of 2.x, or its recorded path cannot be one. It was not looked at.
    NotSupported,
}

/// Something wrong with an object, and the first row that refers to it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectProblem {
    /// Store.
    pub store: String,
    /// Path in the store.
    pub path: String,
    /// What is wrong.
    pub kind: ProblemKind,
    /// The object, as 32 hexadecimal digits of the SHA-256 of its identity: the same before and after, unlike its path.
    pub object: String,
    /// In words, with numbers.
    pub detail: String,
    /// A row that refers to it.
    pub first: CellPlace,
}

/// How far [`digest_objects`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ObjectProgress {
    /// Objects done.
    pub n_objects: u64,
    /// Bytes read.
    pub n_bytes: u64,
    /// Problems found.
    pub n_problems: u64,
}

/// Looks at every object once, on `threads` threads, and checks it against what the database records.
///
/// The result does not depend on the order of `objects`, nor on where they lie. `progress` runs on the calling thread and can
/// stop the work.
///
/// # Errors
/// [`Error::Stopped`]; [`Error::Thread`] if there are no threads. Whatever is wrong with objects and stores is in the
/// evidence, not an error.
pub fn digest_objects(
    objects: &[ObjectRef],
    stores: &Stores,
    mode: Objects,
    threads: NonZeroUsize,
    progress: &mut dyn FnMut(ObjectProgress) -> ControlFlow<()>,
) -> Result<ObjectEvidence> {
    let mut groups = Groups::default();
    let mut done = ObjectProgress::default();
    let mut problems = Vec::new();
    let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    let (sender, receiver) = mpsc::sync_channel::<(usize, Looked)>(256);
    thread::scope(|scope| -> Result<()> {
        let mut started = Ok(());
        let mut n_workers = 0_usize;
        for _ in 0..threads.get().min(objects.len().max(1)) {
            let sender = sender.clone();
            let (next, stop) = (&next, &stop);
            let work = move || {
                while !stop.load(Ordering::Relaxed) {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(object) = objects.get(index) else { break };
                    if sender.send((index, look(object, stores, mode))).is_err() {
                        break;
                    }
                }
            };
            match thread::Builder::new().name("rejoint-objects".into()).spawn_scoped(scope, work) {
                Ok(_) => n_workers += 1,
                Err(error) => started = Err(Error::Thread { what: error.to_string() }),
            }
        }
        // A system out of threads gives fewer workers.
        if n_workers == 0 {
            return started;
        }
        drop(sender);
        for (index, looked) in receiver {
            let Some(object) = objects.get(index) else { continue };
            done.n_objects += 1;
            done.n_bytes = done.n_bytes.saturating_add(looked.bytes);
            done.n_problems += looked.problems.len() as u64;
            groups.add(object, &looked);
            problems.extend(looked.problems);
            if progress(done).is_break() {
                stop.store(true, Ordering::Relaxed);
                return Err(Error::Stopped);
            }
        }
        Ok(())
    })?;
    if done.n_objects != objects.len() as u64 {
        return Err(Error::Thread { what: "a reader of objects".into() });
    }
    problems.sort();
    Ok(ObjectEvidence { mode, groups: groups.finish(), problems })
}

/// What was found of one object.
struct Looked {
    /// Its state, hashed with the identity into the group's digest. `None`: there was nothing to see.
    state: Option<Vec<u8>>,
    bytes: u64,
    problems: Vec<ObjectProblem>,
}

#[derive(Default)]
struct Groups {
    sums: BTreeMap<(String, ExternalKind), (SetDigest, u64)>,
    seen: HashSet<u128>,
}

impl Groups {
    fn add(&mut self, object: &ObjectRef, looked: &Looked) {
        let identity = &object.identity;
        let group = self.sums.entry((identity.store().to_owned(), identity.kind())).or_default();
        let Some(state) = &looked.state else { return };
        let mut hash = Sha256::new();
        hash.update(identity.bytes());
        hash.update(state);
        let digest: [u8; 32] = hash.finalize().into();
        // The same object at two places counts once: a migration may join or part them.
        if self.seen.insert(xxh3_128(&digest)) {
            group.0.add(&digest);
            group.1 = group.1.saturating_add(looked.bytes);
        }
    }

    fn finish(self) -> Vec<ObjectGroup> {
        let group = |((store, kind), (sum, bytes)): ((String, ExternalKind), (SetDigest, u64))| ObjectGroup {
            store,
            kind,
            objects: sum.count(),
            bytes,
            digest: sum.hex(),
        };
        self.sums.into_iter().map(group).collect()
    }
}

fn look(object: &ObjectRef, stores: &Stores, mode: Objects) -> Looked {
    let store_name = object.identity.store();
    let first_path = object.paths.first().cloned().unwrap_or_default();
    let problem = |kind, path: &str, detail: String| ObjectProblem {
        store: store_name.to_owned(),
        path: path.to_owned(),
        kind,
        object: short_identity(object),
        detail,
        first: object.first.clone(),
    };
    let only = |problem| Looked { state: None, bytes: 0, problems: vec![problem] };
    if mode == Objects::Skip {
        return Looked { state: Some(Vec::new()), bytes: 0, problems: Vec::new() };
    }
    if object.is_folder {
        return only(problem(ProblemKind::NotSupported, &first_path, "folders are not read".into()));
    }
    let Some(store) = stores.get(store_name) else {
        let detail = "the store is not configured".to_owned();
        return only(problem(ProblemKind::Unreachable, &first_path, detail));
    };
    let name = object.legacy_attachment_name.as_deref();
    let mut tried = Vec::new();
    for path in &object.paths {
        let found = match StorePath::new(path.as_str()) {
            Ok(path) => see(store.as_ref(), &path, name, mode),
            Err(error) => return only(problem(ProblemKind::NotSupported, path, error.to_string())),
        };
        match found {
            Ok(Some(seen)) => {
                let mut problems = Vec::new();
                if object.size.is_some_and(|size| size != seen.stored_size) {
                    let recorded = object.size.unwrap_or_default();
                    let detail = format!("{} bytes, recorded are {recorded}", seen.stored_size);
                    problems.push(problem(ProblemKind::SizeMismatch, path, detail));
                }
                if let (Some(found), Some(recorded)) = (&seen.digest, object.identity.md5())
                    && found.md5 != recorded
                {
                    let detail = format!("MD5 {}, recorded is {}", v2::hex(&found.md5), v2::hex(&recorded));
                    problems.push(problem(ProblemKind::ContentMismatch, path, detail));
                }
                let prefix = name.map_or(0, |name| name.len() as u64 + 1);
                let size = seen.stored_size.saturating_add(prefix);
                let state = match &seen.digest {
                    Some(digest) => digest.sha256.to_vec(),
                    None => size.to_le_bytes().to_vec(),
                };
                return Looked { state: Some(state), bytes: size, problems };
            }
            Ok(None) => tried.push(path.as_str()),
            Err(error) => return only(problem(ProblemKind::Unreachable, path, with_causes(&error))),
        }
    }
    let detail = match tried.as_slice() {
        [_, others @ ..] if !others.is_empty() => format!("nor is it at {}", others.join(", ")),
        _ => "there is no such object".to_owned(),
    };
    only(problem(ProblemKind::Missing, &first_path, detail))
}

struct Seen {
    /// Bytes of the object in the store.
    stored_size: u64,
    /// Of the logical content.
    digest: Option<Digest>,
}

fn see(
    store: &dyn ObjectStore,
    path: &StorePath,
    legacy_name: Option<&str>,
    mode: Objects,
) -> rejoint_store::Result<Option<Seen>> {
    if mode != Objects::Read {
        return Ok(store.head(path)?.map(|meta| Seen { stored_size: meta.size, digest: None }));
    }
    let found = match legacy_name {
        None => digest(store, path).map(|digest| Seen { stored_size: digest.size, digest: Some(digest) }),
        Some(name) => digest_attachment(store, path, name),
    };
    match found {
        Ok(seen) => Ok(Some(seen)),
        Err(rejoint_store::Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn digest_attachment(store: &dyn ObjectStore, path: &StorePath, name: &str) -> rejoint_store::Result<Seen> {
    let mut content = rewrap_attachment(store.read(path)?, name)?;
    let digest = rejoint_store::digest_reader(&mut content).map_err(|source| rejoint_store::Error::Io {
        store: store.name().to_owned(),
        path: path.to_string(),
        source,
    })?;
    let stored_size = digest.size.saturating_sub(name.len() as u64 + 1);
    Ok(Seen { stored_size, digest: Some(digest) })
}

fn short_identity(object: &ObjectRef) -> String {
    sha256_hex(&object.identity.bytes()).chars().take(32).collect()
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text.push_str(": ");
        text.push_str(&next.to_string());
        cause = next.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::ObjectIdentity;
    use rejoint_model::TableName;
    use rejoint_store::{MemoryStore, legacy_attachment_hash};

    fn place(key: &str) -> CellPlace {
        CellPlace { table: TableName::new("lab", "t"), column: "c".into(), key: key.into() }
    }

    fn blob(content: &[u8], path: &str) -> ObjectRef {
        let md5 = rejoint_store::digest_reader(&mut &*content).unwrap().md5;
        let size = Some(content.len() as u64);
        let identity = ObjectIdentity::Blob { store: "raw".into(), md5, size };
        ObjectRef {
            identity,
            paths: vec![path.into()],
            size,
            legacy_attachment_name: None,
            is_folder: false,
            first: place(path),
        }
    }

    fn stores(content: &[(&str, &[u8])]) -> Stores {
        let store = MemoryStore::new("raw");
        for (path, content) in content {
            store.tamper(&StorePath::new(*path).unwrap(), *content);
        }
        BTreeMap::from([("raw".to_owned(), Box::new(store) as Box<dyn ObjectStore>)])
    }

    fn run(objects: &[ObjectRef], stores: &Stores, mode: Objects) -> ObjectEvidence {
        let threads = NonZeroUsize::new(3).unwrap();
        digest_objects(objects, stores, mode, threads, &mut |_| ControlFlow::Continue(())).unwrap()
    }

    fn problems(evidence: &ObjectEvidence) -> Vec<(&str, ProblemKind)> {
        evidence.problems.iter().map(|p| (p.path.as_str(), p.kind)).collect()
    }

    #[test]
    fn two_exchanged_files_are_both_found_and_change_the_digest() {
        let objects = [blob(b"one!", "a"), blob(b"two!", "b")];
        let good = run(&objects, &stores(&[("a", b"one!"), ("b", b"two!")]), Objects::Read);
        assert_eq!(good.problems, []);
        assert_eq!((good.groups[0].objects, good.groups[0].bytes), (2, 8));
        let exchanged = stores(&[("a", b"two!"), ("b", b"one!")]);
        let bad = run(&objects, &exchanged, Objects::Read);
        assert_eq!(
            problems(&bad),
            [("a", ProblemKind::ContentMismatch), ("b", ProblemKind::ContentMismatch)]
        );
        assert_ne!(good.groups[0].digest, bad.groups[0].digest);
        assert_eq!(run(&objects, &exchanged, Objects::SizeOnly).problems, [], "sizes alone cannot see it");
    }

    #[test]
    fn missing_truncated_and_unreachable_objects_are_named_with_their_row() {
        let mut other = blob(b"x", "x");
        other.identity = ObjectIdentity::Blob { store: "gone".into(), md5: [0; 16], size: None };
        let objects = [blob(b"one!", "a"), blob(b"two!", "b"), other, blob(b"z", "../z")];
        let found = run(&objects, &stores(&[("b", b"two")]), Objects::Read);
        let text: Vec<String> = found
            .problems
            .iter()
            .map(|p| format!("{} {} {:?} ({}) {}", p.store, p.path, p.kind, p.detail, p.first.key))
            .collect();
        insta::assert_snapshot!(text.join("\n"), @r#"
        gone x Unreachable (the store is not configured) x
        raw ../z NotSupported ("../z" cannot name an object in a store: it leads out of the store with ..) ../z
        raw a Missing (there is no such object) a
        raw b SizeMismatch (3 bytes, recorded are 4) b
        raw b ContentMismatch (MD5 b8a9f715dbb64fd5c56e7783c6820a61, recorded is 9f5b6d9a034d175868bf593885b7dc4e) b
        "#);
    }

    #[test]
    fn an_attachment_is_the_same_object_before_and_after() {
        let (name, content) = ("my file.tar.gz", b"hello attach".as_slice());
        let md5 = legacy_attachment_hash(content, name).unwrap();
        let identity = ObjectIdentity::Attach { store: "raw".into(), md5 };
        let legacy = ObjectRef {
            identity: identity.clone(),
            paths: vec!["old.my file.tar.gz".into()],
            size: Some(12),
            legacy_attachment_name: Some(name.into()),
            is_folder: false,
            first: place("1"),
        };
        let current = ObjectRef {
            paths: vec!["new".into()],
            size: Some(27),
            legacy_attachment_name: None,
            ..legacy.clone()
        };
        let stores = stores(&[("old.my file.tar.gz", content), ("new", b"my file.tar.gz\0hello attach")]);
        for mode in [Objects::Read, Objects::SizeOnly, Objects::Skip] {
            let (before, after) = (
                run(std::slice::from_ref(&legacy), &stores, mode),
                run(std::slice::from_ref(&current), &stores, mode),
            );
            assert_eq!(before, after, "{mode:?}");
            assert_eq!(before.problems, []);
        }
    }

    #[test]
    fn the_same_object_at_two_places_counts_once_and_a_second_place_is_tried() {
        let mut moved = blob(b"one!", "nowhere");
        moved.paths.push("c".into());
        let all = stores(&[("a", b"one!"), ("b", b"one!"), ("c", b"one!")]);
        let once = run(&[blob(b"one!", "a")], &all, Objects::Read);
        assert_eq!(run(&[blob(b"one!", "a"), blob(b"one!", "b"), moved], &all, Objects::Read), once);
    }

    #[test]
    fn the_caller_can_stop() {
        let objects: Vec<ObjectRef> = (0..2000).map(|n| blob(b"x", &n.to_string())).collect();
        let threads = NonZeroUsize::new(2).unwrap();
        let result =
            digest_objects(&objects, &stores(&[]), Objects::Read, threads, &mut |_| ControlFlow::Break(()));
        assert!(matches!(result, Err(Error::Stopped)));
    }
}
