//! The JSON that 2.x keeps in a column behind a store.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Error, Result, StorePath, v2};

/// Pointer of `<hash@s>`, `<blob@s>`, `<attach@s>`. Fields are in the order 2.x writes them.
///
/// 2.x reads `path`, `hash` and `store` and ignores the rest. `path` may be any path in the store, so the object of a 0.x
/// blob can stay where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Value")]
pub struct HashPointer {
    /// Content hash: MD5 in base32, see [`v2::content_hash`].
    pub hash: String,
    /// Path below the store's location.
    pub path: String,
    /// Schema, for information.
    pub schema: Option<String>,
    /// Store; `None` means the default store. Write the name: 2.x's garbage collector does not match `null` with it.
    pub store: Option<String>,
    /// Bytes of the object, for information.
    pub size: Option<u64>,
}

/// Pointer of `<filepath@s>`. Fields are in the order 2.x writes them; `hash` is optional and last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Value")]
pub struct FilepathPointer {
    /// Path below the store's location.
    pub path: String,
    /// Store; `None` means the default store for filepaths.
    pub store: Option<String>,
    /// Bytes of the file; `None` for a folder. 2.x needs the key.
    pub size: Option<u64>,
    /// Whether it is a folder.
    pub is_dir: bool,
    /// When the pointer was made, ISO 8601 in UTC with microseconds and `+00:00`.
    pub timestamp: Option<String>,
    /// Content hash like [`HashPointer::hash`]; 2.x writes none, and its `verify()` checks it if it is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
}

impl HashPointer {
    /// A pointer to content of this MD5 and size at `path`: for a blob of 0.x, its UUID and its old path.
    pub fn new(md5: &[u8; 16], path: &StorePath, schema: &str, store: &str, size: u64) -> Self {
        Self {
            hash: v2::content_hash(md5),
            path: path.to_string(),
            schema: Some(schema.to_owned()),
            store: Some(store.to_owned()),
            size: Some(size),
        }
    }

    /// The JSON text as 2.x's `json.dumps` writes it. Servers with a JSON type re-order and re-space it.
    pub fn to_json(&self) -> String {
        python_json(self)
    }

    /// Reads a pointer as 2.x does: `hash` and `path` are needed, the rest may be missing, other keys are ignored.
    ///
    /// # Errors
    /// [`Error::InvalidPointer`].
    pub fn parse(json: &str) -> Result<Self> {
        parse_object(json).and_then(Self::try_from)
    }

    /// The MD5 in `hash`.
    ///
    /// # Errors
    /// [`Error::InvalidHash`].
    pub fn md5(&self) -> Result<[u8; 16]> {
        v2::parse_content_hash(&self.hash)
    }
}

impl FilepathPointer {
    /// A pointer to a file. `contents_md5` is 0.x's `contents_hash`, kept where 2.x's `verify()` finds it; `timestamp` as in
    /// [`FilepathPointer::timestamp`].
    pub fn new(
        path: &StorePath,
        store: &str,
        size: u64,
        timestamp: impl Into<String>,
        contents_md5: Option<&[u8; 16]>,
    ) -> Self {
        Self {
            path: path.to_string(),
            store: Some(store.to_owned()),
            size: Some(size),
            is_dir: false,
            timestamp: Some(timestamp.into()),
            hash: contents_md5.map(v2::content_hash),
        }
    }

    /// The JSON text as 2.x's `json.dumps` writes it.
    pub fn to_json(&self) -> String {
        python_json(self)
    }

    /// Reads a pointer as 2.x does: `path` and `size` (which may be `null`) are needed.
    ///
    /// # Errors
    /// [`Error::InvalidPointer`].
    pub fn parse(json: &str) -> Result<Self> {
        parse_object(json).and_then(Self::try_from)
    }
}

impl TryFrom<Value> for HashPointer {
    type Error = Error;

    fn try_from(value: Value) -> Result<Self> {
        let object = Fields::of(&value)?;
        Ok(Self {
            hash: object.needed_text("hash")?,
            path: object.needed_text("path")?,
            schema: object.text("schema")?,
            store: object.text("store")?,
            size: object.size()?,
        })
    }
}

impl TryFrom<Value> for FilepathPointer {
    type Error = Error;

    fn try_from(value: Value) -> Result<Self> {
        let object = Fields::of(&value)?;
        if !object.0.contains_key("size") {
            return Err(invalid("the key \"size\" is missing"));
        }
        Ok(Self {
            path: object.needed_text("path")?,
            store: object.text("store")?,
            size: object.size()?,
            is_dir: match object.0.get("is_dir") {
                None | Some(Value::Null) => false,
                Some(Value::Bool(is_dir)) => *is_dir,
                Some(_) => return Err(invalid("\"is_dir\" is not true or false")),
            },
            timestamp: object.text("timestamp")?,
            hash: object.text("hash")?,
        })
    }
}

fn invalid(reason: impl Into<String>) -> Error {
    Error::InvalidPointer { reason: reason.into() }
}

fn parse_object(json: &str) -> Result<Value> {
    serde_json::from_str(json).map_err(|error| invalid(error.to_string()))
}

struct Fields<'a>(&'a Map<String, Value>);

impl<'a> Fields<'a> {
    fn of(value: &'a Value) -> Result<Self> {
        value.as_object().map(Self).ok_or_else(|| invalid("it is not a JSON object"))
    }

    fn text(&self, key: &str) -> Result<Option<String>> {
        match self.0.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(invalid(format!("{key:?} is not text"))),
        }
    }

    fn needed_text(&self, key: &str) -> Result<String> {
        self.text(key)?.ok_or_else(|| invalid(format!("the key {key:?} is missing")))
    }

    fn size(&self) -> Result<Option<u64>> {
        match self.0.get("size") {
            None | Some(Value::Null) => Ok(None),
            Some(size) => size.as_u64().map(Some).ok_or_else(|| invalid("\"size\" is not a number of bytes")),
        }
    }
}

/// Formats like Python's `json.dumps`: `", "` and `": "`, everything outside ASCII as `\uXXXX`.
fn python_json(pointer: &impl Serialize) -> String {
    // A struct of text, numbers and flags always serialises.
    let Ok(Value::Object(object)) = serde_json::to_value(pointer) else { return String::new() };
    let mut out = String::from("{");
    for (index, (key, value)) in object.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        push_ascii(&mut out, &Value::from(key.as_str()).to_string());
        out.push_str(": ");
        push_ascii(&mut out, &value.to_string());
    }
    out.push('}');
    out
}

fn push_ascii(out: &mut String, json: &str) {
    for c in json.chars() {
        // Python escapes DEL no more than serde_json does, so only non-ASCII differs.
        if c.is_ascii() {
            out.push(c);
        } else {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pointer() -> HashPointer {
        HashPointer {
            hash: "ntbkwkogoaeivvblrks3iudwiy".into(),
            path: "lab/6c/c2/6cc2".into(),
            schema: Some("lab".into()),
            store: Some("main".into()),
            size: Some(53),
        }
    }

    #[test]
    fn pointers_are_written_as_2x_writes_them() {
        insta::assert_snapshot!(pointer().to_json(), @r#"{"hash": "ntbkwkogoaeivvblrks3iudwiy", "path": "lab/6c/c2/6cc2", "schema": "lab", "store": "main", "size": 53}"#);
        let mut file = FilepathPointer {
            path: "sübj/\"a\"\u{1}/🐭.bin".into(),
            store: None,
            size: None,
            is_dir: true,
            timestamp: Some("2026-01-01T00:00:00.000001+00:00".into()),
            hash: None,
        };
        insta::assert_snapshot!(file.to_json(), @r#"{"path": "s\u00fcbj/\"a\"\u0001/\ud83d\udc2d.bin", "store": null, "size": null, "is_dir": true, "timestamp": "2026-01-01T00:00:00.000001+00:00"}"#);
        file.hash = Some("x".into());
        assert!(file.to_json().ends_with(r#", "hash": "x"}"#));
        assert_eq!(FilepathPointer::parse(&file.to_json()).unwrap(), file);
    }

    #[test]
    fn pointers_are_read_in_any_order_with_unknown_keys() {
        let text = r#"{"extra": [1], "size": 53, "store": "main", "path": "lab/6c/c2/6cc2", "hash": "ntbkwkogoaeivvblrks3iudwiy", "schema": "lab"}"#;
        assert_eq!(HashPointer::parse(text).unwrap(), pointer());
        assert_eq!(serde_json::from_str::<HashPointer>(text).unwrap(), pointer());
        assert_eq!(HashPointer::parse(r#"{"hash": "h", "path": "p"}"#).unwrap().store, None);
        assert_eq!(hex_of(&pointer()), "6cc2ab29c670088ad42b8aa5b4507646");
    }

    #[test]
    fn rows_of_0_14_become_pointers_without_reading_the_object() {
        let md5 = pointer().md5().unwrap();
        let path = StorePath::new("lab/6c/c2/6cc2").unwrap();
        assert_eq!(HashPointer::new(&md5, &path, "lab", "main", 53), pointer());
        let file = FilepathPointer::new(&path, "main", 53, "2026-01-01T00:00:00.000000+00:00", Some(&md5));
        insta::assert_snapshot!(file.to_json(), @r#"{"path": "lab/6c/c2/6cc2", "store": "main", "size": 53, "is_dir": false, "timestamp": "2026-01-01T00:00:00.000000+00:00", "hash": "ntbkwkogoaeivvblrks3iudwiy"}"#);
    }

    fn hex_of(pointer: &HashPointer) -> String {
        v2::hex(&pointer.md5().unwrap())
    }

    #[test]
    fn what_2x_cannot_read_is_refused() {
        for text in [
            "",
            "[]",
            "null",
            r#"{"hash": "h"}"#,
            r#"{"path": "p", "size": 1}"#,
            r#"{"hash": 1, "path": "p"}"#,
        ] {
            assert!(HashPointer::parse(text).is_err(), "{text}");
        }
        assert!(FilepathPointer::parse(r#"{"path": "p"}"#).is_err());
        assert!(FilepathPointer::parse(r#"{"path": "p", "size": -1}"#).is_err());
        assert!(FilepathPointer::parse(r#"{"path": "p", "size": null}"#).is_ok());
    }

    proptest::proptest! {
        #[test]
        fn any_pointer_round_trips(hash in ".*", path in ".*", store in proptest::option::of(".*"), size in proptest::option::of(0u64..)) {
            let pointer = HashPointer { hash, path, schema: None, store, size };
            let text = pointer.to_json();
            proptest::prop_assert!(text.is_ascii());
            proptest::prop_assert_eq!(HashPointer::parse(&text).unwrap(), pointer);
        }
    }
}
