//! Addressing, hashes and pointers compared with what DataJoint 0.14.10 and 2.3.5 computed (`fixtures/generate_*.py`).
#![allow(clippy::unwrap_used, reason = "clippy allows it in test functions only, not in their helpers")]

use rejoint_store::{
    Error, FilepathPointer, HashPointer, MemoryStore, ObjectStore, StorePath, digest, digest_reader,
    join_posix, legacy, legacy_attachment_hash, normalize_s3_location, v2,
};
use serde_json::Value;

fn fixture(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn legacy_fixture() -> Value {
    fixture(include_str!("fixtures/legacy.json"))
}

fn v2_fixture() -> Value {
    fixture(include_str!("fixtures/v2.json"))
}

fn bytes16(hex: &Value) -> [u8; 16] {
    data_encoding::HEXLOWER.decode(text(hex).as_bytes()).unwrap().try_into().unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn folds(value: &Value) -> Vec<usize> {
    serde_json::from_value(value.clone()).unwrap()
}

#[test]
fn s3_locations_give_the_keys_of_0_14() {
    let fixture = legacy_fixture();
    let cases = fixture["s3_locations"].as_array().unwrap();
    assert!(cases.len() > 400);
    let mut n_failing_in_0_14 = 0;
    for case in cases {
        let location = text(&case[0]);
        let Some(key) = case[1].as_str() else {
            n_failing_in_0_14 += 1;
            continue;
        };
        assert_eq!(join_posix([normalize_s3_location(location).as_str(), "@"]), key, "{location:?}");
    }
    assert!(n_failing_in_0_14 < cases.len() / 10);
}

#[test]
fn hashes_and_object_paths_are_those_of_0_14() {
    let fixture = legacy_fixture();
    for case in fixture["objects"].as_array().unwrap() {
        let (name, content, folds) = (text(&case["name"]), text(&case["content"]), folds(&case["folds"]));
        let blob = digest_reader(&mut content.as_bytes()).unwrap().md5;
        let attach = legacy_attachment_hash(content.as_bytes(), name).unwrap();
        assert_eq!((blob, attach), (bytes16(&case["blob_hash"]), bytes16(&case["attach_hash"])));
        let full = |path: StorePath| format!("/store1/{path}");
        assert_eq!(full(legacy::blob_path("facts_ext0", &blob, &folds).unwrap()), text(&case["blob_path"]));
        assert_eq!(
            full(legacy::attachment_path("facts_ext0", &attach, &folds, name).unwrap()),
            text(&case["attach_path"])
        );
        let folders: Vec<&str> =
            case["folders"].as_array().unwrap().iter().map(text).filter(|piece| !piece.is_empty()).collect();
        assert_eq!(legacy::subfold(&v2::hex(&blob), &folds), folders);
    }
    for case in fixture["filepaths"].as_array().unwrap() {
        let path = text(&case["path"]);
        assert_eq!(digest_reader(&mut path.as_bytes()).unwrap().md5, bytes16(&case["hash"]));
        assert_eq!(format!("/store1/{}", legacy::filepath_path(path).unwrap()), text(&case["full"]));
    }
}

#[test]
fn hashes_and_paths_are_those_of_2_3() {
    let fixture = v2_fixture();
    for case in fixture["hashes"].as_array().unwrap() {
        let content = data_encoding::HEXLOWER.decode(text(&case[0]).as_bytes()).unwrap();
        let md5 = digest_reader(&mut content.as_slice()).unwrap().md5;
        assert_eq!(v2::content_hash(&md5), text(&case[1]));
    }
    for case in fixture["hash_paths"].as_array().unwrap() {
        let md5 = v2::parse_content_hash(text(&case["hash"])).unwrap();
        let path = v2::hash_path(&md5, "schéma", &folds(&case["folds"]), text(&case["prefix"])).unwrap();
        assert_eq!(path.as_str(), text(&case["path"]));
    }
    for case in fixture["object_paths"].as_array().unwrap() {
        let path = StorePath::new(text(&case["path"])).unwrap();
        let token = text(&case["token"]);
        let found = v2::parse_object_path(&path, text(&case["prefix"]), token.len()).unwrap();
        assert_eq!(
            (found.schema.as_str(), found.table.as_str(), found.field.as_str(), found.token.as_str()),
            ("facts_obj2", "__t__p", "my_field", token)
        );
        assert_eq!(found.extension, ".gz");
        let key: Vec<(String, String)> = serde_json::from_value(case["key"].clone()).unwrap();
        assert_eq!(found.key, key, "{path}");
    }
}

#[test]
fn pointers_are_byte_for_byte_those_of_2_3() {
    let fixture = v2_fixture();
    for case in fixture["hash_pointers"].as_array().unwrap() {
        assert_eq!(HashPointer::parse(text(case)).unwrap().to_json(), text(case));
    }
    for case in fixture["filepath_pointers"].as_array().unwrap() {
        assert_eq!(FilepathPointer::parse(text(case)).unwrap().to_json(), text(case));
    }
}

#[test]
fn a_pointer_is_good_here_exactly_if_2_3_reads_it() {
    let store = MemoryStore::new("main");
    store.write_new(&StorePath::new("lab/6c/c2/x").unwrap(), &mut b"raw".as_slice()).unwrap();
    let read = |json: &str| -> Result<[u8; 16], Error> {
        let pointer = HashPointer::parse(json)?;
        let found = digest(&store, &StorePath::new(pointer.path.as_str())?)?;
        if found.md5 == pointer.md5()? {
            Ok(found.md5)
        } else {
            Err(Error::InvalidHash { text: pointer.hash, expected: "others" })
        }
    };
    let fixture = v2_fixture();
    let reads = fixture["reads"].as_array().unwrap();
    assert_eq!(reads.len(), 7);
    for case in reads {
        let is_read_by_2_3 = text(&case[1]) == "726177";
        assert_eq!(read(text(&case[0])).is_ok(), is_read_by_2_3, "{case}");
    }
}
