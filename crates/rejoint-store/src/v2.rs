//! Where 2.x keeps objects.
//!
//! Source: `datajoint/hash_registry.py` and `storage.py` of 2.3.5.

use data_encoding::{BASE32_NOPAD, HEXLOWER};

use crate::{Error, Result, StorePath};

/// Characters of a content hash.
const HASH_CHARS: usize = 26;

/// An MD5 as 2.x writes it: RFC 4648 base32, lower case, no padding; 26 characters.
///
/// The hash of a blob or attachment in 2.x is the MD5 that 0.x has as UUID, so this converts one to the other. Not so for
/// filepaths, whose UUID is the hash of their name.
pub fn content_hash(md5: &[u8; 16]) -> String {
    BASE32_NOPAD.encode(md5).to_lowercase()
}

/// The MD5 in a content hash.
///
/// # Errors
/// [`Error::InvalidHash`]. Upper case is refused: 2.x compares the text.
pub fn parse_content_hash(text: &str) -> Result<[u8; 16]> {
    let error =
        || Error::InvalidHash { text: text.to_owned(), expected: "26 characters of lower-case base32" };
    if text.chars().any(|c| c.is_ascii_uppercase()) {
        return Err(error());
    }
    let bytes = BASE32_NOPAD.decode(text.to_ascii_uppercase().as_bytes()).map_err(|_| error())?;
    bytes.try_into().map_err(|_| error())
}

/// True if `name` has the form of a content hash, which is all that 2.x's garbage collector looks at.
pub fn is_content_hash(name: &str) -> bool {
    name.len() == HASH_CHARS && name.bytes().all(|b| b.is_ascii_lowercase() || (b'2'..=b'7').contains(&b))
}

/// A hash-addressed object: `<hash_prefix>/<schema>[/<folds>]/<hash>`.
///
/// # Errors
/// [`Error::InvalidPath`] if the schema name or prefix cannot be folders.
pub fn hash_path(md5: &[u8; 16], schema: &str, subfolding: &[usize], hash_prefix: &str) -> Result<StorePath> {
    let hash = content_hash(md5);
    let mut parts = Vec::new();
    let prefix = hash_prefix.trim_matches('/');
    if !prefix.is_empty() {
        parts.push(prefix.to_owned());
    }
    parts.push(schema.to_owned());
    let mut chars = hash.chars();
    for length in subfolding {
        let fold: String = chars.by_ref().take(*length).collect();
        // 2.x would write an empty part ("a//b"); file systems ignore it, buckets do not.
        parts.push(fold);
    }
    parts.push(hash);
    StorePath::new(parts.join("/"))
}

/// Hex text of 16 bytes, as 0.x names files.
pub fn hex(md5: &[u8; 16]) -> String {
    HEXLOWER.encode(md5)
}

/// The parts of a schema-addressed path (`<object@>`, `<npy@>`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectPath {
    /// Key attributes before the schema (partition) and after the table, in order, values decoded if they were
    /// percent-encoded. Long values are cut by 2.x and cannot be restored.
    pub key: Vec<(String, String)>,
    /// Schema.
    pub schema: String,
    /// SQL name of the table; for staged inserts the Python class name.
    pub table: String,
    /// Attribute.
    pub field: String,
    /// Random part of the name.
    pub token: String,
    /// Extension with its dot, or empty.
    pub extension: String,
}

/// Takes a schema-addressed path apart; `None` if it is not one.
///
/// The path does not say where the partition ends, so parts with `=` before the first part without are the partition. The
/// token may contain `_` and `-`: of the possible cuts the one that leaves a token of `token_length` characters is taken.
pub fn parse_object_path(path: &StorePath, schema_prefix: &str, token_length: usize) -> Option<ObjectPath> {
    let prefix = schema_prefix.trim_matches('/');
    let path = if prefix.is_empty() {
        path.as_str()
    } else {
        path.as_str().strip_prefix(prefix)?.strip_prefix('/')?
    };
    let parts: Vec<&str> = path.split('/').collect();
    let (name, folders) = parts.split_last()?;
    let pair = |part: &&str| {
        let (attribute, value) = part.split_once('=')?;
        Some((attribute.to_owned(), percent_decode(value)))
    };
    let n_partition = folders.iter().take_while(|part| part.contains('=')).count();
    let (partition, rest) = folders.split_at_checked(n_partition)?;
    let (schema, rest) = rest.split_first()?;
    let (table, rest) = rest.split_first()?;
    let key = partition.iter().chain(rest).map(pair).collect::<Option<Vec<_>>>()?;

    // Tokens are made of A-Za-z0-9-_, so the first dot after the field starts the extension.
    let (stem, extension) = match name.find('.') {
        Some(dot) => name.split_at_checked(dot)?,
        None => (*name, ""),
    };
    let cut = stem.len().checked_sub(token_length.clamp(4, 16))?;
    let (field, token) = stem.split_at_checked(cut)?;
    let field = field.strip_suffix('_').filter(|field| !field.is_empty())?;
    if !token.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') {
        return None;
    }
    Some(ObjectPath {
        key,
        schema: (*schema).to_owned(),
        table: (*table).to_owned(),
        field: field.to_owned(),
        token: token.to_owned(),
        extension: extension.to_owned(),
    })
}

/// Undoes 2.x's percent-encoding. Values without unsafe characters are not encoded, so a text that was `%2F` itself
/// comes out as `/`: for display only.
fn percent_decode(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let mut ahead = bytes.clone();
        let digit =
            |b: Option<u8>| b.and_then(|b| char::from(b).to_digit(16)).and_then(|d| u8::try_from(d).ok());
        match (byte, digit(ahead.next()), digit(ahead.next())) {
            (b'%', Some(high), Some(low)) => {
                out.push(high << 4 | low);
                bytes = ahead;
            }
            _ => out.push(byte),
        }
    }
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_hashes_are_those_of_2_3() {
        let md5 = HEXLOWER.decode(b"6cc2ab29c670088ad42b8aa5b4507646").unwrap().try_into().unwrap();
        assert_eq!(content_hash(&md5), "ntbkwkogoaeivvblrks3iudwiy");
        assert_eq!(parse_content_hash("ntbkwkogoaeivvblrks3iudwiy").unwrap(), md5);
        for text in [
            "",
            "ntbk",
            "NTBKWKOGOAEIVVBLRKS3IUDWIY",
            "ntbkwkogoaeivvblrks3iudwi1",
            "ntbkwkogoaeivvblrks3iudwiyaa",
        ] {
            assert!(parse_content_hash(text).is_err(), "{text}");
        }
        let path =
            |folds: &[usize], prefix: &str| hash_path(&md5, "facts_obj2", folds, prefix).unwrap().to_string();
        assert_eq!(path(&[], "_hash"), "_hash/facts_obj2/ntbkwkogoaeivvblrks3iudwiy");
        assert_eq!(path(&[2, 2], "/h/x/"), "h/x/facts_obj2/nt/bk/ntbkwkogoaeivvblrks3iudwiy");
        assert_eq!(path(&[], ""), "facts_obj2/ntbkwkogoaeivvblrks3iudwiy");
    }

    #[test]
    fn schema_addressed_paths_are_taken_apart() {
        let parse =
            |path: &str, prefix: &str, n: usize| parse_object_path(&StorePath::new(path).unwrap(), prefix, n);
        let pairs = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
        };
        let found =
            parse("_schema/facts_obj2/t/a=1/d=2020-01-02/s=a%2Fb%3Ac%20d/o_x4P9BeSx.gz", "_schema", 8)
                .unwrap();
        assert_eq!(found.key, pairs(&[("a", "1"), ("d", "2020-01-02"), ("s", "a/b:c d")]));
        assert_eq!((found.schema.as_str(), found.table.as_str()), ("facts_obj2", "t"));
        assert_eq!(
            (found.field.as_str(), found.token.as_str(), found.extension.as_str()),
            ("o", "x4P9BeSx", ".gz")
        );

        let found = parse("d=2020-01-02/a=1/facts_obj2/t/s=x/o2_kGt9E8_hpFCdYwen", "", 16).unwrap();
        assert_eq!((found.field.as_str(), found.token.as_str()), ("o2", "kGt9E8_hpFCdYwen"));
        assert_eq!(found.key, pairs(&[("d", "2020-01-02"), ("a", "1"), ("s", "x")]));
        for (path, prefix) in [("_hash/s/abc", "_schema"), ("_schema/s/t/k=1/short", "_schema"), ("x", "")] {
            assert_eq!(parse(path, prefix, 8), None, "{path}");
        }
    }

    proptest::proptest! {
        #[test]
        fn content_hash_round_trips(md5 in proptest::array::uniform16(0u8..)) {
            let text = content_hash(&md5);
            proptest::prop_assert!(is_content_hash(&text));
            proptest::prop_assert_eq!(parse_content_hash(&text).unwrap(), md5);
        }
    }
}
