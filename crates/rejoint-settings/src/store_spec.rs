//! One store: protocol, place, layout.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use serde_json::Value;

use crate::keys;
use crate::layer::RawStore;
use crate::location::normalize_s3_location;
use crate::problem::{Problem, ProblemCode, Severity};
use crate::{Generation, Origin, Secret, Setting};

/// How a store is reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// A folder.
    File,
    /// S3 or compatible.
    S3,
    /// Google Cloud Storage (2.x).
    Gcs,
    /// Azure Blob Storage (2.x).
    Azure,
    /// A storage plug-in of 2.x, or a mistake: the text as written.
    Other(String),
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::File => "file",
            Self::S3 => "s3",
            Self::Gcs => "gcs",
            Self::Azure => "azure",
            Self::Other(text) => text,
        })
    }
}

/// One store as one generation understands it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StoreSpec {
    /// Its name; `""` only for the store `external` of 0.11.
    pub name: String,
    /// Whose rules the other fields follow: defaults differ.
    pub generation: Generation,
    /// Where the store as a whole is configured.
    pub origin: Origin,
    /// How it is reached.
    pub protocol: Protocol,
    /// Folder (`file`) or key prefix (others), exactly as written. See [`StoreSpec::key_prefix`].
    pub location: String,
    /// S3 endpoint, with or without scheme.
    pub endpoint: Option<String>,
    /// S3 or GCS bucket.
    pub bucket: Option<String>,
    /// Azure container.
    pub container: Option<String>,
    /// HTTPS for an S3 endpoint without scheme. Default: false in 0.x, true in 2.x.
    pub secure: bool,
    /// Lengths of the folder names cut from a hash. Default: `[2, 2]` in 0.x, none in 2.x.
    pub subfolding: Vec<usize>,
    /// 0.x: local folder of `filepath` attributes.
    pub stage: Option<String>,
    /// 2.x: folders of schema-addressed objects, e.g. `{subject}/{session}`.
    pub partition_pattern: Option<String>,
    /// 2.x: length of the random part of schema-addressed names, 4 to 16.
    pub token_length: usize,
    /// 2.x: first folder of hash-addressed objects, without outer `/`. Default `_hash`.
    pub hash_prefix: String,
    /// 2.x: first folder of schema-addressed objects, without outer `/`. Default `_schema`.
    pub schema_prefix: String,
    /// 2.x: the folder filepaths must lie in, if any.
    pub filepath_prefix: Option<String>,
    /// Every other attribute, hidden because it may be a key: `access_key`, `secret_key`, `token`, `account_key`,
    /// `connection_string`, those of plug-ins. Text as it is, other values as JSON.
    pub other: BTreeMap<String, Setting<Secret>>,
}

impl StoreSpec {
    /// A `file` store with the generation's defaults: for tests and for stores given by flag.
    pub fn file(name: impl Into<String>, location: impl Into<String>, generation: Generation) -> Self {
        Self {
            name: name.into(),
            generation,
            origin: Origin::Default,
            protocol: Protocol::File,
            location: location.into(),
            endpoint: None,
            bucket: None,
            container: None,
            secure: generation == Generation::V2,
            subfolding: default_subfolding(generation),
            stage: None,
            partition_pattern: None,
            token_length: 8,
            hash_prefix: "_hash".into(),
            schema_prefix: "_schema".into(),
            filepath_prefix: None,
            other: BTreeMap::new(),
        }
    }

    /// The prefix of all keys in a bucket, as this generation builds it: 0.x reads `location` as a Windows path
    /// ([`normalize_s3_location`]), 2.x takes it literally. For `file` it is `location` itself.
    pub fn key_prefix(&self) -> String {
        match (self.generation, &self.protocol) {
            (Generation::Legacy, Protocol::S3) => normalize_s3_location(&self.location),
            _ => self.location.clone(),
        }
    }

    /// What decides whether two stores are the same place.
    pub(crate) fn place(&self) -> (String, String, Option<&str>, Option<&str>) {
        let location = match self.protocol {
            Protocol::File => self.location.trim_end_matches('/').to_owned(),
            _ => self.key_prefix().trim_end_matches('/').to_owned(),
        };
        let endpoint = self
            .endpoint
            .as_deref()
            .map(|text| text.trim_start_matches("https://").trim_start_matches("http://"));
        (self.protocol.to_string(), location, endpoint, self.bucket.as_deref().or(self.container.as_deref()))
    }

    /// This store as 2.x would be told of it, with the same objects at the same place and 0.x's subfolding for new ones.
    pub(crate) fn into_v2(mut self) -> Self {
        if self.generation == Generation::Legacy {
            self.location = self.key_prefix();
            self.generation = Generation::V2;
        }
        self
    }
}

fn default_subfolding(generation: Generation) -> Vec<usize> {
    match generation {
        Generation::Legacy => vec![2, 2],
        Generation::V2 => Vec::new(),
    }
}

/// Attributes allowed by each generation besides those every protocol has.
fn allowed(generation: Generation, protocol: &Protocol) -> Option<Vec<&'static str>> {
    let mut names = vec!["protocol", "location", "subfolding", "stage"];
    names.extend(match protocol {
        Protocol::File => [].as_slice(),
        Protocol::S3 => &["endpoint", "bucket", "access_key", "secret_key", "secure", "proxy_server"],
        Protocol::Gcs => &["bucket", "token", "project"],
        Protocol::Azure => &["container", "account_name", "account_key", "connection_string"],
        Protocol::Other(_) => return None,
    });
    if generation == Generation::V2 {
        names.extend([
            "partition_pattern",
            "token_length",
            "hash_prefix",
            "schema_prefix",
            "filepath_prefix",
        ]);
    }
    Some(names)
}

fn required(generation: Generation, protocol: &Protocol) -> &'static [&'static str] {
    match (protocol, generation) {
        (Protocol::S3, Generation::Legacy) => &["location", "endpoint", "bucket", "access_key", "secret_key"],
        (Protocol::S3, Generation::V2) => &["location", "endpoint", "bucket"],
        (Protocol::Gcs, _) => &["location", "bucket"],
        (Protocol::Azure, _) => &["location", "container"],
        (Protocol::File, _) => &["location"],
        (Protocol::Other(_), _) => &[],
    }
}

/// Turns attributes as written into a spec; what is wrong with them is an error about this store.
pub(crate) fn interpret(
    name: &str,
    raw: &RawStore,
    generation: Generation,
    problems: &mut Vec<Problem>,
) -> StoreSpec {
    let origin = store_origin(raw);
    let mut reader = Reader { name, raw, origin: origin.clone(), problems };
    let protocol_text = reader.text("protocol").unwrap_or_default();
    let protocol = match (protocol_text.to_lowercase().as_str(), generation) {
        ("file", _) => Protocol::File,
        ("s3", _) => Protocol::S3,
        ("gcs", Generation::V2) => Protocol::Gcs,
        ("azure", Generation::V2) => Protocol::Azure,
        _ => Protocol::Other(protocol_text.clone()),
    };
    reader.check_protocol(&protocol, &protocol_text, generation);
    let mut spec = StoreSpec::file(name, reader.text("location").unwrap_or_default(), generation);
    spec.origin = origin;
    spec.endpoint = reader.text("endpoint");
    spec.bucket = reader.text("bucket");
    spec.container = reader.text("container");
    spec.secure = reader.flag("secure").unwrap_or(spec.secure);
    if let Some(folds) = reader.subfolding(generation) {
        spec.subfolding = folds;
    }
    spec.stage = reader.text("stage");
    if generation == Generation::V2 {
        spec.partition_pattern = reader.text("partition_pattern");
        spec.token_length = reader.token_length().unwrap_or(spec.token_length);
        let prefix = |text: String| text.trim_matches('/').to_owned();
        spec.hash_prefix = reader.text("hash_prefix").map_or(spec.hash_prefix, prefix);
        spec.schema_prefix = reader.text("schema_prefix").map_or(spec.schema_prefix, prefix);
        spec.filepath_prefix = reader.text("filepath_prefix").map(prefix).filter(|text| !text.is_empty());
        reader.check_prefixes(&spec);
    }
    let s3 = protocol == Protocol::S3;
    spec.protocol = protocol;
    for (attribute, setting) in raw {
        if !NAMED.contains(&attribute.as_str()) && !setting.value.is_null() {
            let text = setting.value.as_str().map_or_else(|| setting.value.to_string(), str::to_owned);
            spec.other.insert(attribute.clone(), Setting::new(Secret::new(text), setting.origin.clone()));
        }
    }
    if s3 {
        reader.check_s3(&spec);
    } else if spec.protocol == Protocol::File {
        reader.check_folder(&spec);
    }
    spec
}

/// Attributes that have a field of their own.
const NAMED: &[&str] = &[
    "protocol",
    "location",
    "endpoint",
    "bucket",
    "container",
    "secure",
    "subfolding",
    "stage",
    "partition_pattern",
    "token_length",
    "hash_prefix",
    "schema_prefix",
    "filepath_prefix",
];

fn store_origin(raw: &RawStore) -> Origin {
    let first = raw.get("protocol").or_else(|| raw.get("location")).or_else(|| raw.values().next());
    match first.map(|setting| &setting.origin) {
        Some(Origin::File { path, key }) => {
            Origin::file(path, key.rsplit_once('.').map_or(key.as_str(), |(store, _)| store))
        }
        Some(origin) => origin.clone(),
        None => Origin::Default,
    }
}

struct Reader<'a> {
    name: &'a str,
    raw: &'a RawStore,
    origin: Origin,
    problems: &'a mut Vec<Problem>,
}

impl Reader<'_> {
    fn problem(&mut self, severity: Severity, message: String, help: Option<&str>) {
        let mut problem =
            Problem::new(severity, ProblemCode::BadStore, self.origin.clone(), message).store(self.name);
        problem.help = help.map(str::to_owned);
        self.problems.push(problem);
    }

    fn value(&self, attribute: &str) -> Option<&Value> {
        self.raw.get(attribute).map(|setting| &setting.value).filter(|value| !value.is_null())
    }

    fn bad(&mut self, attribute: &str, expected: &str) {
        self.problem(Severity::Error, format!("store {:?}: {attribute} must be {expected}", self.name), None);
    }

    fn text(&mut self, attribute: &str) -> Option<String> {
        match self.value(attribute)? {
            Value::String(text) => Some(text.clone()),
            _ => {
                self.bad(attribute, "text");
                None
            }
        }
    }

    fn flag(&mut self, attribute: &str) -> Option<bool> {
        let flag = keys::flag(self.value(attribute)?, false);
        if flag.is_none() {
            self.bad(attribute, "true or false");
        }
        flag
    }

    fn subfolding(&mut self, generation: Generation) -> Option<Vec<usize>> {
        let setting = self.raw.get("subfolding")?;
        if setting.value.is_null() && generation == Generation::V2 {
            return None;
        }
        // 0.x with null: `subfold(name, None)` gives no folders, like [].
        if setting.value.is_null() {
            return Some(Vec::new());
        }
        let folds: Option<Vec<usize>> = setting.value.as_array().and_then(|items| {
            items
                .iter()
                .map(|item| item.as_u64().and_then(|length| usize::try_from(length).ok()).filter(|n| *n > 0))
                .collect()
        });
        if folds.is_none() {
            self.bad("subfolding", "a list of whole numbers from 1");
        }
        folds
    }

    fn token_length(&mut self) -> Option<usize> {
        match self.value("token_length")?.as_i64() {
            Some(length) => usize::try_from(length.clamp(4, 16)).ok(),
            None => {
                self.bad("token_length", "a whole number");
                None
            }
        }
    }

    fn check_protocol(&mut self, protocol: &Protocol, written: &str, generation: Generation) {
        let Some(allowed) = allowed(generation, protocol) else {
            let known = match generation {
                Generation::Legacy => "file, s3",
                Generation::V2 => "file, s3, gcs, azure, or that of an installed plug-in",
            };
            self.problem(
                Severity::Error,
                format!("store {:?} has the protocol {written:?}; {generation} knows {known}", self.name),
                None,
            );
            return;
        };
        if generation == Generation::Legacy && written.chars().any(char::is_uppercase) {
            // Accepted by get_store_spec, then compared exactly: 0.14 treats "File" as neither file nor s3.
            self.problem(
                Severity::Error,
                format!(
                    "store {:?}: 0.x accepts the protocol {written:?} and then fails to use it",
                    self.name
                ),
                Some("write it in lower case"),
            );
        }
        for attribute in required(generation, protocol) {
            if !self.raw.contains_key(*attribute) {
                self.problem(
                    Severity::Error,
                    format!("store {:?} has no {attribute:?}", self.name),
                    Some("add it; DataJoint refuses the store without it"),
                );
            }
        }
        let unknown: Vec<String> = self
            .raw
            .keys()
            .filter(|attribute| {
                let same_as = |name: &&str| match generation {
                    Generation::Legacy => name.eq_ignore_ascii_case(attribute),
                    Generation::V2 => *name == attribute.as_str(),
                };
                !allowed.iter().any(same_as)
            })
            .cloned()
            .collect();
        for attribute in unknown {
            let help = keys::suggest(&attribute, allowed.iter().copied())
                .map(|meant| format!("did you mean {meant:?}?"));
            self.problem(
                Severity::Error,
                format!("store {:?} has the attribute {attribute:?}, which {generation} refuses", self.name),
                help.as_deref(),
            );
        }
    }

    fn check_prefixes(&mut self, spec: &StoreSpec) {
        let prefixes = [
            ("hash_prefix", spec.hash_prefix.as_str()),
            ("schema_prefix", spec.schema_prefix.as_str()),
            ("filepath_prefix", spec.filepath_prefix.as_deref().unwrap_or_default()),
        ];
        for (index, (first, a)) in prefixes.iter().enumerate() {
            for (second, b) in prefixes.iter().skip(index + 1) {
                let nested = format!("{a}/").starts_with(&format!("{b}/"))
                    || format!("{b}/").starts_with(&format!("{a}/"));
                if !a.is_empty() && !b.is_empty() && nested {
                    self.problem(
                        Severity::Error,
                        format!("store {:?}: {first} {a:?} and {second} {b:?} overlap", self.name),
                        Some("2.x refuses the store; make them different folders"),
                    );
                }
            }
        }
    }

    fn check_s3(&mut self, spec: &StoreSpec) {
        let has = |key: &str| spec.other.get(key).is_some_and(|setting| !setting.value.is_empty());
        if spec.generation == Generation::V2 && has("access_key") != has("secret_key") {
            self.problem(
                Severity::Error,
                format!("store {:?} has only one of access_key and secret_key", self.name),
                Some("give both, or neither to use ambient credentials"),
            );
        }
        let prefix = normalize_s3_location(&spec.location);
        if prefix == spec.location || spec.location.is_empty() {
            return;
        }
        match spec.generation {
            Generation::Legacy => self.problem(
                Severity::Note,
                format!(
                    "store {:?}: 0.x reads the location {:?} as {prefix:?}; on Python 3.12 and newer a leading / may have been kept",
                    self.name, spec.location
                ),
                None,
            ),
            Generation::V2 => self.problem(
                Severity::Warning,
                format!(
                    "store {:?}: 2.x takes the location {:?} literally, 0.x would have read {prefix:?}",
                    self.name, spec.location
                ),
                Some("for objects written by 0.x write the second form"),
            ),
        }
    }

    fn check_folder(&mut self, spec: &StoreSpec) {
        let location = spec.location.as_str();
        if location.starts_with('~') {
            self.problem(
                Severity::Warning,
                format!("store {:?}: DataJoint does not expand ~ in {location:?}", self.name),
                Some("write the full path"),
            );
        }
    }
}
