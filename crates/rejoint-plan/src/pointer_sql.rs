//! SQL that turns a row of a tracking table into a 2.x pointer.
//!
//! `e` is the row of `~external_<store>`. The same expression fills existing rows and stands in the triggers that carry
//! over what old clients write. It uses nothing but what MySQL 5.7 and MariaDB 10.3 have: no MD5 (gone from MySQL 9.6), no
//! session time zone, no SQL mode.
//!
//! Source of the formats: `hash_registry` and the built-in codecs of DataJoint 2.3.5.

use rejoint_db::text;
use rejoint_model::ExternalKind;

const ALPHABET: &str = "abcdefghijklmnopqrstuvwxyz234567";

/// The 26 characters of lower-case base32 without padding of 16 bytes, one expression each.
///
/// Looking up single characters by bytes is measured to be more than twice as fast as CONV with 32 REPLACEs, and still short
/// enough to be read in a plan.
fn base32_characters(bytes: &str) -> Vec<String> {
    let byte = |n: usize| format!("ORD(SUBSTR({bytes},{n},1))");
    (0..26)
        .map(|group| {
            let (first, offset) = (5 * group / 8 + 1, 5 * group % 8);
            let value = if offset <= 3 {
                format!("({}>>{})&31", byte(first), 3 - offset)
            } else if first == 16 {
                format!("({}<<{})&31", byte(first), offset - 3) // the last group is filled with zero bits
            } else {
                format!("(({}<<8|{})>>{})&31", byte(first), byte(first + 1), 11 - offset)
            };
            format!("SUBSTR(_ascii'{ALPHABET}',1+({value}),1)")
        })
        .collect()
}

/// Lower-case base32 without padding of 16 bytes: 26 characters.
pub fn base32(bytes: &str) -> String {
    format!("CONCAT({})", base32_characters(bytes).join(","))
}

/// `<fold1>/<fold2>/` cut from an expression of known length, as the stores' `subfolding` says; empty without folding.
fn folds(expression: &str, subfolding: &[usize]) -> Vec<String> {
    let mut parts = Vec::new();
    let mut start = 1;
    for n in subfolding {
        parts.push(format!("SUBSTR({expression},{start},{n})"));
        parts.push("'/'".to_owned());
        start += n;
    }
    parts
}

/// Path of a legacy blob: `<schema>/<folds of the hex hash>/<hex hash>`.
fn legacy_path(schema: &str, subfolding: &[usize]) -> String {
    let hex = "LOWER(HEX(e.`hash`))";
    let mut parts = vec![text(&format!("{schema}/"))];
    parts.extend(folds(hex, subfolding));
    parts.push(hex.to_owned());
    format!("CONCAT({})", parts.join(","))
}

/// Path of the new object of an attachment. Behind an adapter it lies outside the folders that garbage collection of 2.3.5 looks
/// through, because that does not count pointers of custom codecs as references.
pub fn attachment_path(schema: &str, hash_prefix: &str, subfolding: &[usize], adapted: bool) -> String {
    let characters = base32_characters("e.`hash`");
    let mut parts = vec![text(&format!("{}{schema}/", attachment_folder(hash_prefix, adapted)))];
    let mut start = 0;
    for n in subfolding {
        parts.extend(characters.iter().skip(start).take(*n).cloned());
        parts.push("'/'".to_owned());
        start += n;
    }
    parts.extend(characters);
    format!("CONCAT({})", parts.join(","))
}

/// The folder, with its slash, under which the new objects of attachments lie.
pub fn attachment_folder(hash_prefix: &str, adapted: bool) -> String {
    let prefix = hash_prefix.trim_matches('/');
    if adapted {
        "_rejoint/".to_owned()
    } else if prefix.is_empty() {
        String::new()
    } else {
        format!("{prefix}/")
    }
}

/// The JSON pointer of a tracking row.
pub fn pointer(
    kind: ExternalKind,
    schema: &str,
    store: &str,
    subfolding: &[usize],
    hash_prefix: &str,
    adapted: bool,
) -> String {
    let (schema_text, store_text) = (text(schema), text(store));
    match kind {
        ExternalKind::Blob => format!(
            "JSON_OBJECT('hash',{},'path',IF(e.`filepath` IS NULL,{},e.`filepath`),'schema',{schema_text},'store',{store_text},'size',e.`size`)",
            base32("IF(e.`filepath` IS NULL,e.`hash`,e.`contents_hash`)"),
            legacy_path(schema, subfolding),
        ),
        ExternalKind::Attach => format!(
            "JSON_OBJECT('hash',{},'path',{},'schema',{schema_text},'store',{store_text},'size',e.`size`+OCTET_LENGTH(CONVERT(e.`attachment_name` USING utf8mb4))+1)",
            base32("e.`hash`"),
            attachment_path(schema, hash_prefix, subfolding, adapted),
        ),
        ExternalKind::Filepath => {
            // seconds since 1970 do not depend on the session's time zone, which is each client's own in a trigger
            let stamp = "CONCAT(DATE_FORMAT(TIMESTAMPADD(SECOND,FLOOR(UNIX_TIMESTAMP(e.`timestamp`)),'1970-01-01 00:00:00'),'%Y-%m-%dT%H:%i:%s'),'+00:00')";
            let head = format!("'path',e.`filepath`,'store',{store_text},'size',e.`size`,'is_dir',false");
            format!(
                "IF(e.`contents_hash` IS NULL,JSON_OBJECT({head},'timestamp',{stamp}),JSON_OBJECT({head},'hash',{},'timestamp',{stamp}))",
                base32("e.`contents_hash`"),
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_is_short_enough_to_read() {
        insta::assert_snapshot!(legacy_path("lab`'s", &[2, 2]), @r##"CONCAT('lab`''s/',SUBSTR(LOWER(HEX(e.`hash`)),1,2),'/',SUBSTR(LOWER(HEX(e.`hash`)),3,2),'/',LOWER(HEX(e.`hash`)))"##);
        let blob = pointer(ExternalKind::Blob, "acq", "raw", &[2, 2], "_hash", false);
        assert!(blob.len() < 6_000, "{}", blob.len());
    }

    #[test]
    fn objects_behind_adapters_lie_where_no_garbage_collection_looks() {
        assert_eq!(attachment_folder("_hash", false), "_hash/");
        assert_eq!(attachment_folder("_hash", true), "_rejoint/");
    }
}
