//! The behaviours every [`ObjectStore`] must have, each as a function to be called on an empty store.
//!
//! ```
//! use rejoint_store::{MemoryStore, conformance};
//! for check in conformance::CHECKS {
//!     (check.run)(&MemoryStore::new("s")).map_err(|why| format!("{}: {why}", check.name)).unwrap();
//! }
//! ```

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::num::NonZeroUsize;
use std::ops::ControlFlow;

use crate::{Error, ObjectStore, StorePath, VerifyingReader, Written, digest, digest_many};

/// Why a store does not conform.
pub type Outcome = std::result::Result<(), String>;

/// One behaviour.
#[derive(Clone, Copy)]
pub struct Check {
    /// What is expected, as a name for a test.
    pub name: &'static str,
    /// Tries it on an empty store.
    pub run: fn(&dyn ObjectStore) -> Outcome,
}

/// All behaviours.
pub const CHECKS: &[Check] = &[
    Check { name: "an_empty_store_is_reachable_and_lists_nothing", run: empty_store },
    Check { name: "what_is_written_is_read_back", run: round_trip },
    Check { name: "names_are_kept_exactly", run: exact_names },
    Check { name: "the_same_content_again_is_no_error", run: identical },
    Check { name: "other_content_under_the_name_is_a_conflict", run: conflict },
    Check { name: "a_failing_reader_leaves_nothing", run: failing_reader },
    Check { name: "missing_objects_are_none_or_not_found", run: missing },
    Check { name: "deleting_twice_is_no_error", run: delete_twice },
    Check { name: "a_listing_has_whole_folders_only", run: listing },
    Check { name: "writers_of_one_name_do_not_mix", run: concurrent_writers },
    Check { name: "hashes_are_those_of_the_content", run: hashes },
];

fn path(text: &str) -> std::result::Result<StorePath, String> {
    StorePath::new(text).map_err(|error| error.to_string())
}

fn ok<T>(result: crate::Result<T>) -> std::result::Result<T, String> {
    result.map_err(|error| format!("{error} ({error:?})"))
}

fn ensure(condition: bool, message: impl Into<String>) -> Outcome {
    if condition { Ok(()) } else { Err(message.into()) }
}

fn content(store: &dyn ObjectStore, path: &StorePath) -> std::result::Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    ok(store.read(path))?.read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    Ok(bytes)
}

fn listed(
    store: &dyn ObjectStore,
    folder: Option<&str>,
) -> std::result::Result<BTreeMap<String, u64>, String> {
    let folder = folder.map(path).transpose()?;
    store
        .list(folder.as_ref())
        .map(|entry| ok(entry).map(|entry| (entry.path.to_string(), entry.size)))
        .collect()
}

/// Bytes that are no text and longer than every buffer in use.
fn large() -> Vec<u8> {
    (0..3_000_001_u32).map(|i| u8::try_from(i.wrapping_mul(2_654_435_761) >> 24).unwrap_or(0)).collect()
}

fn empty_store(store: &dyn ObjectStore) -> Outcome {
    ok(store.reachable())?;
    ensure(listed(store, None)?.is_empty(), "an empty store lists something")?;
    ensure(listed(store, Some("no/such"))?.is_empty(), "a missing folder lists something")
}

fn round_trip(store: &dyn ObjectStore) -> Outcome {
    for (name, bytes) in [("empty", Vec::new()), ("a/b/c/small", b"\0\xff\n".to_vec()), ("large", large())] {
        let at = path(name)?;
        let written = ok(store.write_new(&at, &mut bytes.as_slice()))?;
        ensure(written == Written::Created, format!("{name}: {written:?}"))?;
        let meta = ok(store.head(&at))?;
        ensure(meta.map(|meta| meta.size) == u64::try_from(bytes.len()).ok(), format!("{name}: {meta:?}"))?;
        ensure(content(store, &at)? == bytes, format!("{name}: other content"))?;
    }
    Ok(())
}

/// Names that people and DataJoint give.
const NAMES: &[&str] = &[
    "a b/c  d",
    "100%/%2e%2e/%00",
    "é/e\u{301}",
    "日本語/🐭",
    "..a/b..",
    "-rf/--/~",
    "q'u\"o`te/$x;y|z&",
    "new\nline/\ttab",
    "star*/que?[s]{t}",
    "back\\slash/C:x",
    "#lab/__t__p/d=2020-01-02",
    ".hidden",
    "trailing ",
    "6f/2e/6f2e00d347c84d6ecfb88c7f1f7b61bc...a b.tar.gz",
];

fn exact_names(store: &dyn ObjectStore) -> Outcome {
    for name in NAMES {
        ok(store.write_new(&path(name)?, &mut name.as_bytes()))?;
    }
    for name in NAMES {
        ensure(content(store, &path(name)?)? == name.as_bytes(), format!("{name:?}: other content"))?;
    }
    let names: Vec<String> = listed(store, None)?.into_keys().collect();
    let mut expected: Vec<&str> = NAMES.to_vec();
    expected.sort_unstable();
    ensure(names == expected, format!("listed {names:?}"))
}

fn identical(store: &dyn ObjectStore) -> Outcome {
    let at = path("x/large")?;
    ok(store.write_new(&at, &mut large().as_slice()))?;
    let again = ok(store.write_new(&at, &mut large().as_slice()))?;
    ensure(again == Written::IdenticalExisted, format!("{again:?}"))?;
    ensure(listed(store, None)?.len() == 1, "something else was left in the store")
}

fn conflict(store: &dyn ObjectStore) -> Outcome {
    let at = path("x/y")?;
    let bytes = large();
    ok(store.write_new(&at, &mut bytes.as_slice()))?;
    let mut changed = bytes.clone();
    if let Some(last) = changed.last_mut() {
        *last ^= 1;
    }
    let shorter = bytes.get(..bytes.len() - 1).unwrap_or_default();
    let longer = [bytes.as_slice(), b"\0"].concat();
    for other in [changed.as_slice(), shorter, &longer, b""] {
        let result = store.write_new(&at, &mut &*other);
        ensure(matches!(result, Err(Error::Conflict { .. })), format!("{result:?}"))?;
    }
    ensure(content(store, &at)? == bytes, "the object was changed")?;
    ensure(listed(store, None)?.len() == 1, "something else was left in the store")
}

struct Failing;

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::other("cable cut"))
    }
}

fn failing_reader(store: &dyn ObjectStore) -> Outcome {
    let at = path("x/y")?;
    let bytes = large();
    let result = store.write_new(&at, &mut bytes.as_slice().chain(Failing));
    ensure(matches!(result, Err(Error::Content { .. })), format!("{result:?}"))?;
    let result = store.write_new(&at, &mut VerifyingReader::new(bytes.as_slice(), [7; 16]));
    ensure(matches!(result, Err(Error::Content { .. })), format!("wrong hash: {result:?}"))?;
    ensure(ok(store.head(&at))?.is_none(), "the object appeared")?;
    ensure(listed(store, None)?.is_empty(), "something was left in the store")
}

fn missing(store: &dyn ObjectStore) -> Outcome {
    ok(store.write_new(&path("a/b")?, &mut b"x".as_slice()))?;
    let long = format!("a/{}", "n".repeat(300));
    for name in ["c", "a", "a/c", "a/b/c", long.as_str()] {
        let at = path(name)?;
        ensure(ok(store.head(&at))?.is_none(), format!("{name:?} has a head"))?;
        let is_not_found = matches!(store.read(&at).map(drop), Err(Error::NotFound { .. }));
        ensure(is_not_found, format!("{name:?} can be read, or fails otherwise"))?;
    }
    Ok(())
}

fn delete_twice(store: &dyn ObjectStore) -> Outcome {
    let at = path("a/b")?;
    ok(store.write_new(&at, &mut b"x".as_slice()))?;
    ok(store.delete(&at))?;
    ok(store.delete(&at))?;
    ensure(ok(store.head(&at))?.is_none() && listed(store, None)?.is_empty(), "it is still there")?;
    let again = ok(store.write_new(&at, &mut b"other".as_slice()))?;
    ensure(again == Written::Created, format!("{again:?}"))
}

fn listing(store: &dyn ObjectStore) -> Outcome {
    for name in ["lab/a", "lab/sub/deep/b", "lab2/c", "labc", "d"] {
        ok(store.write_new(&path(name)?, &mut name.as_bytes()))?;
    }
    let all = listed(store, None)?;
    ensure(all.len() == 5 && all.get("lab/sub/deep/b") == Some(&14), format!("{all:?}"))?;
    let lab: Vec<String> = listed(store, Some("lab"))?.into_keys().collect();
    ensure(lab == ["lab/a", "lab/sub/deep/b"], format!("{lab:?}"))
}

fn concurrent_writers(store: &dyn ObjectStore) -> Outcome {
    let at = path("x/contested")?;
    let results: Vec<crate::Result<Written>> = std::thread::scope(|scope| {
        let write = |byte: u8| {
            let at = &at;
            scope.spawn(move || store.write_new(at, &mut vec![byte; 2_000_000].as_slice()))
        };
        let writers: Vec<_> = [1, 2, 1, 2].map(write).into_iter().collect();
        writers.into_iter().filter_map(|writer| writer.join().ok()).collect()
    });
    let n_created = results.iter().filter(|result| matches!(result, Ok(Written::Created))).count();
    let n_conflicts = results.iter().filter(|result| matches!(result, Err(Error::Conflict { .. }))).count();
    ensure((n_created, n_conflicts, results.len()) == (1, 2, 4), format!("{results:?}"))?;
    let bytes = content(store, &at)?;
    let first = bytes.first().copied().unwrap_or(0);
    ensure(bytes.len() == 2_000_000 && bytes.iter().all(|byte| *byte == first), "mixed content")?;
    ensure(listed(store, None)?.len() == 1, "something else was left in the store")
}

fn hashes(store: &dyn ObjectStore) -> Outcome {
    let at = path("raw")?;
    ok(store.write_new(&at, &mut b"raw".as_slice()))?;
    let found = ok(digest(store, &at))?;
    let hash = crate::v2::content_hash(&found.md5);
    ensure(hash == "xxiwnlz2mp3342ln2f5cdctp7m" && found.size == 3, format!("{hash} {found:?}"))?;

    for i in 0..50 {
        ok(store.write_new(&path(&format!("many/{i}"))?, &mut format!("{i}").as_bytes()))?;
    }
    let mut paths: Vec<StorePath> = (0..50).map(|i| path(&format!("many/{i}"))).collect::<Result<_, _>>()?;
    paths.push(path("many/missing")?);
    let threads = NonZeroUsize::new(3).ok_or("no threads")?;
    let mut n_seen = 0;
    let progress = digest_many(store, paths, threads, |progress, _, _| {
        n_seen += 1;
        if progress.n_objects == n_seen { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    ensure((progress.n_objects, progress.n_failed, progress.n_bytes) == (51, 1, 90), format!("{progress:?}"))
}
