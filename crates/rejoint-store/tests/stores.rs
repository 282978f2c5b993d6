//! Both stores behave alike; what only a folder has: links, rights, mounts.
#![allow(clippy::unwrap_used, reason = "clippy allows it in test functions only, not in their helpers")]

use std::collections::BTreeSet;
use std::fs;

use rejoint_settings::{Generation, Protocol, StoreSpec};
use rejoint_store::{
    Error, FileStore, MemoryStore, ObjectStore, OverlayStore, StorePath, Written, conformance, open,
};

fn path(text: &str) -> StorePath {
    StorePath::new(text).unwrap()
}

fn names(store: &dyn ObjectStore, folder: Option<&str>) -> BTreeSet<String> {
    store.list(folder.map(path).as_ref()).filter_map(|entry| Some(entry.ok()?.path.to_string())).collect()
}

#[test]
fn memory_store_conforms() {
    for check in conformance::CHECKS {
        (check.run)(&MemoryStore::new("memory")).map_err(|why| format!("{}: {why}", check.name)).unwrap();
    }
}

#[test]
fn file_store_conforms() {
    for check in conformance::CHECKS {
        let folder = tempfile::tempdir().unwrap();
        let store = FileStore::new("files", folder.path());
        (check.run)(&store).map_err(|why| format!("{}: {why}", check.name)).unwrap();
    }
}

#[test]
fn an_overlay_conforms() {
    for check in conformance::CHECKS {
        let (below, above) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let store = OverlayStore::new(
            Box::new(FileStore::new("files", below.path())),
            Box::new(FileStore::new("files", above.path())),
        );
        (check.run)(&store).map_err(|why| format!("{}: {why}", check.name)).unwrap();
        assert_eq!(
            fs::read_dir(below.path()).unwrap().count(),
            0,
            "{}: the store below was changed",
            check.name
        );
    }
}

#[test]
fn a_store_that_is_gone_is_unreachable_and_never_empty() {
    let folder = tempfile::tempdir().unwrap();
    let store = FileStore::new("raw", folder.path().join("mount"));
    let object = path("lab/x");
    let is_unreachable = |error: Option<Error>| matches!(error, Some(Error::Unreachable { .. }));
    assert!(is_unreachable(store.reachable().err()));
    assert!(is_unreachable(store.head(&object).err()));
    assert!(is_unreachable(store.read(&object).err()));
    assert!(is_unreachable(store.delete(&object).err()));
    assert!(is_unreachable(store.write_new(&object, &mut b"x".as_slice()).err()));
    assert!(is_unreachable(store.list(None).next().unwrap().err()));
    assert!(is_unreachable(store.list(Some(&path("lab"))).next().unwrap().err()));
    assert!(!folder.path().join("mount").exists(), "the location was created");

    let spec = StoreSpec::file("raw", store.location().to_string_lossy(), Generation::Legacy);
    let error = open(&spec).err().unwrap().to_string().replace(&*folder.path().to_string_lossy(), "");
    insta::assert_snapshot!(error, @r#"store "raw" cannot be reached at "/mount"; check that it is mounted, or give its place with --store NAME=FOLDER"#);
}

#[test]
fn an_empty_location_is_the_working_directory() {
    let store = FileStore::new("here", "");
    store.reachable().unwrap();
    assert!(store.head(&path("Cargo.toml")).unwrap().is_some());
}

#[test]
fn other_protocols_are_refused_with_a_way_out() {
    let mut spec = StoreSpec::file("raw", "proj", Generation::Legacy);
    spec.protocol = Protocol::S3;
    insta::assert_snapshot!(open(&spec).err().unwrap(), @r#"store "raw" uses the protocol "s3", which rejoint does not support; copy or mount its objects and give the folder with --store NAME=FOLDER"#);
}

#[cfg(target_os = "linux")]
#[test]
fn missing_rights_are_denied() {
    // Nobody may create files in sysfs, not even root.
    let store = FileStore::new("sys", "/sys/kernel");
    let result = store.write_new(&path("x"), &mut b"x".as_slice());
    assert!(matches!(result, Err(Error::Denied { .. })), "{result:?}");
}

#[cfg(unix)]
#[test]
fn links_are_followed_and_circles_are_not() {
    use std::os::unix::fs::symlink;
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = FileStore::new("files", folder.path());
    store.write_new(&path("lab/a"), &mut b"a".as_slice()).unwrap();
    fs::write(other.path().join("outside"), b"outside").unwrap();
    symlink(other.path(), folder.path().join("lab/disk2")).unwrap();
    symlink(other.path().join("outside"), folder.path().join("lab/link")).unwrap();
    symlink("..", folder.path().join("lab/circle")).unwrap();
    symlink("nowhere", folder.path().join("lab/dangling")).unwrap();

    assert_eq!(store.head(&path("lab/disk2/outside")).unwrap().unwrap().size, 7);
    assert_eq!(store.head(&path("lab/dangling")).unwrap(), None);
    let found = names(&store, Some("lab"));
    assert_eq!(
        found.iter().map(String::as_str).collect::<Vec<_>>(),
        ["lab/a", "lab/disk2/outside", "lab/link"]
    );
    let errors: Vec<_> = store.list(Some(&path("lab"))).filter_map(Result::err).collect();
    assert!(matches!(errors.as_slice(), [Error::Io { path, .. }] if path == "lab/circle"), "{errors:?}");

    assert_eq!(store.write_new(&path("lab/disk2/new"), &mut b"n".as_slice()).unwrap(), Written::Created);
    assert!(other.path().join("new").exists());
    let blocked = store.write_new(&path("lab/dangling"), &mut b"n".as_slice());
    assert!(matches!(blocked, Err(Error::Conflict { .. })), "{blocked:?}");
    store.delete(&path("lab/link")).unwrap();
    assert!(other.path().join("outside").exists());
}

#[cfg(unix)]
#[test]
fn pipes_and_undecodable_names_do_not_stop_a_listing() {
    use std::os::unix::ffi::OsStrExt;
    let folder = tempfile::tempdir().unwrap();
    let store = FileStore::new("files", folder.path());
    store.write_new(&path("a"), &mut b"a".as_slice()).unwrap();
    fs::write(folder.path().join(std::ffi::OsStr::from_bytes(b"b\xff")), b"b").unwrap();
    let made = std::process::Command::new("mkfifo").arg(folder.path().join("pipe")).status().unwrap();
    assert!(made.success());
    assert_eq!(names(&store, None).len(), 1);
    assert_eq!(store.list(None).filter(Result::is_err).count(), 1);
    assert!(matches!(store.read(&path("pipe")).map(drop), Err(Error::NotFound { .. })));
}

#[cfg(unix)]
#[test]
fn new_objects_have_the_permissions_of_any_new_file() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let store = FileStore::new("files", folder.path());
    store.write_new(&path("a/b"), &mut b"x".as_slice()).unwrap();
    fs::write(folder.path().join("plain"), b"x").unwrap();
    let mode = |name: &str| fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
    assert_eq!(mode("a/b"), mode("plain"));
}

#[test]
fn memory_store_has_the_faults_of_real_ones() {
    let store = MemoryStore::new("m");
    store.set_capacity(3);
    store.write_new(&path("a"), &mut b"abc".as_slice()).unwrap();
    assert!(matches!(store.write_new(&path("b"), &mut b"d".as_slice()), Err(Error::NoSpace { .. })));
    store.deny(&path("a"));
    assert!(matches!(store.head(&path("a")), Err(Error::Denied { .. })));
    store.set_reachable(false);
    assert!(matches!(store.head(&path("b")), Err(Error::Unreachable { .. })));
    store.set_reachable(true);
    assert_eq!(store.head(&path("b")).unwrap(), None);
}
