//! Evidence as a JSON file: *before* is taken hours before *after*, by another process. Format: `docs/formats/certificate.md`.
//!
//! These types are the format. Changing what they mean needs a new version.

use crate::error::Result;
use crate::evidence::{DecodedColumn, Evidence, ObjectEvidence, ObjectGroup, TableEvidence, UndecodableCell};
use crate::file_access::{read_json, write_json};
use crate::identity::CellPlace;
use crate::objects::{ObjectProblem, Objects, ProblemKind};
use rejoint_model::{Content, ExternalKind, Server, TableName, TableView, ViewColumn};
use rejoint_value::{ColumnDigest, TableDigest};
use serde::{Deserialize, Serialize};
use std::path::Path;

const FORMAT: &str = "rejoint evidence";
const VERSION: u64 = 1;

/// Writes evidence to a file. A crash leaves the old file or the new one.
///
/// # Errors
/// [`crate::Error::File`].
pub fn write(path: &Path, evidence: &Evidence) -> Result<()> {
    write_json(path, &EvidenceFile::from(evidence))
}

/// Reads evidence from a file.
///
/// # Errors
/// [`crate::Error::File`], [`crate::Error::Damaged`], [`crate::Error::Newer`].
pub fn read(path: &Path) -> Result<Evidence> {
    read_json::<EvidenceFile>(path, FORMAT, VERSION).map(Evidence::from)
}

#[derive(Debug, Serialize, Deserialize)]
struct EvidenceFile {
    format: String,
    version: u64,
    created: String,
    plan: Option<String>,
    server: ServerPart,
    tables: Vec<TablePart>,
    objects: Option<ObjectsPart>,
}

impl From<&Evidence> for EvidenceFile {
    fn from(evidence: &Evidence) -> Self {
        EvidenceFile {
            format: FORMAT.into(),
            version: VERSION,
            created: evidence.created.clone(),
            plan: evidence.plan.clone(),
            server: (&evidence.server).into(),
            tables: evidence.tables.iter().map(TablePart::from).collect(),
            objects: evidence.objects.as_ref().map(ObjectsPart::from),
        }
    }
}

impl From<EvidenceFile> for Evidence {
    fn from(file: EvidenceFile) -> Self {
        Evidence {
            server: file.server.into(),
            created: file.created,
            plan: file.plan,
            tables: file.tables.into_iter().map(TableEvidence::from).collect(),
            objects: file.objects.map(ObjectEvidence::from),
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ServerPart {
    product: String,
    version: (u16, u16, u16),
    version_text: String,
    identity: String,
}

impl From<&Server> for ServerPart {
    fn from(server: &Server) -> Self {
        let Server { product, version, version_text, identity } = server.clone();
        ServerPart { product, version, version_text, identity }
    }
}

impl From<ServerPart> for Server {
    fn from(part: ServerPart) -> Self {
        let ServerPart { product, version, version_text, identity } = part;
        Server { product, version, version_text, identity }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct NamePart {
    schema: String,
    table: String,
}

impl From<&TableName> for NamePart {
    fn from(name: &TableName) -> Self {
        NamePart { schema: name.schema.clone(), table: name.table.clone() }
    }
}

impl From<NamePart> for TableName {
    fn from(part: NamePart) -> Self {
        TableName::new(part.schema, part.table)
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct TablePart {
    view: ViewPart,
    rows: u64,
    digest: String,
    columns: Vec<ColumnPart>,
    #[serde(default)]
    decoded: Vec<DecodedPart>,
}

#[derive(Debug, Serialize, Deserialize)]
struct ColumnPart {
    name: String,
    digest: String,
    nulls: u64,
}

#[derive(Debug, Serialize, Deserialize)]
struct DecodedPart {
    name: String,
    digest: String,
    decoded: u64,
    undecodable: u64,
    #[serde(default)]
    examples: Vec<ExamplePart>,
}

#[derive(Debug, Serialize, Deserialize)]
struct ExamplePart {
    key: String,
    reason: String,
}

impl From<&TableEvidence> for TablePart {
    fn from(table: &TableEvidence) -> Self {
        let column =
            |c: &ColumnDigest| ColumnPart { name: c.name.clone(), digest: c.digest.clone(), nulls: c.nulls };
        let example = |e: &UndecodableCell| ExamplePart { key: e.key.clone(), reason: e.reason.clone() };
        let decoded = |c: &DecodedColumn| DecodedPart {
            name: c.name.clone(),
            digest: c.digest.clone(),
            decoded: c.decoded,
            undecodable: c.undecodable,
            examples: c.examples.iter().map(example).collect(),
        };
        TablePart {
            view: (&table.view).into(),
            rows: table.digest.rows,
            digest: table.digest.digest.clone(),
            columns: table.digest.columns.iter().map(column).collect(),
            decoded: table.decoded.iter().map(decoded).collect(),
        }
    }
}

impl From<TablePart> for TableEvidence {
    fn from(part: TablePart) -> Self {
        let column = |c: ColumnPart| ColumnDigest { name: c.name, digest: c.digest, nulls: c.nulls };
        let example = |e: ExamplePart| UndecodableCell { key: e.key, reason: e.reason };
        let decoded = |c: DecodedPart| DecodedColumn {
            name: c.name,
            digest: c.digest,
            decoded: c.decoded,
            undecodable: c.undecodable,
            examples: c.examples.into_iter().map(example).collect(),
        };
        TableEvidence {
            view: part.view.into(),
            digest: TableDigest {
                rows: part.rows,
                digest: part.digest,
                columns: part.columns.into_iter().map(column).collect(),
            },
            decoded: part.decoded.into_iter().map(decoded).collect(),
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct ViewPart {
    table: NamePart,
    key: Vec<String>,
    columns: Vec<ViewColumnPart>,
}

#[derive(Debug, Serialize, Deserialize)]
struct ViewColumnPart {
    name: String,
    column: String,
    #[serde(flatten)]
    content: ContentPart,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "content", rename_all = "snake_case")]
enum ContentPart {
    Plain,
    Blob,
    LegacyPointer { kind: KindPart, store: String, tracking: String, nulled: Vec<String> },
    JsonPointer { kind: KindPart, store: String },
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum KindPart {
    Blob,
    Attach,
    Filepath,
}

impl From<ExternalKind> for KindPart {
    fn from(kind: ExternalKind) -> Self {
        match kind {
            ExternalKind::Blob => KindPart::Blob,
            ExternalKind::Attach => KindPart::Attach,
            ExternalKind::Filepath => KindPart::Filepath,
        }
    }
}

impl From<KindPart> for ExternalKind {
    fn from(part: KindPart) -> Self {
        match part {
            KindPart::Blob => ExternalKind::Blob,
            KindPart::Attach => ExternalKind::Attach,
            KindPart::Filepath => ExternalKind::Filepath,
        }
    }
}

impl From<&TableView> for ViewPart {
    fn from(view: &TableView) -> Self {
        let content = |content: &Content| match content.clone() {
            Content::Plain => ContentPart::Plain,
            Content::Blob => ContentPart::Blob,
            Content::LegacyPointer { kind, store, tracking, nulled } => {
                ContentPart::LegacyPointer { kind: kind.into(), store, tracking, nulled }
            }
            Content::JsonPointer { kind, store } => ContentPart::JsonPointer { kind: kind.into(), store },
        };
        let column = |c: &ViewColumn| ViewColumnPart {
            name: c.name.clone(),
            column: c.column.clone(),
            content: content(&c.content),
        };
        ViewPart {
            table: (&view.table).into(),
            key: view.key.clone(),
            columns: view.columns.iter().map(column).collect(),
        }
    }
}

impl From<ViewPart> for TableView {
    fn from(part: ViewPart) -> Self {
        let content = |content: ContentPart| match content {
            ContentPart::Plain => Content::Plain,
            ContentPart::Blob => Content::Blob,
            ContentPart::LegacyPointer { kind, store, tracking, nulled } => {
                Content::LegacyPointer { kind: kind.into(), store, tracking, nulled }
            }
            ContentPart::JsonPointer { kind, store } => Content::JsonPointer { kind: kind.into(), store },
        };
        let column =
            |c: ViewColumnPart| ViewColumn { name: c.name, column: c.column, content: content(c.content) };
        TableView {
            table: part.table.into(),
            key: part.key,
            columns: part.columns.into_iter().map(column).collect(),
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ObjectsPart {
    mode: Objects,
    groups: Vec<GroupPart>,
    problems: Vec<ProblemPart>,
}

#[derive(Debug, Serialize, Deserialize)]
struct GroupPart {
    store: String,
    kind: KindPart,
    objects: u64,
    bytes: u64,
    digest: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ProblemPart {
    store: String,
    path: String,
    kind: ProblemKind,
    object: String,
    detail: String,
    table: NamePart,
    column: String,
    key: String,
}

impl From<&ObjectProblem> for ProblemPart {
    fn from(problem: &ObjectProblem) -> Self {
        ProblemPart {
            store: problem.store.clone(),
            path: problem.path.clone(),
            kind: problem.kind,
            object: problem.object.clone(),
            detail: problem.detail.clone(),
            table: (&problem.first.table).into(),
            column: problem.first.column.clone(),
            key: problem.first.key.clone(),
        }
    }
}

impl From<ProblemPart> for ObjectProblem {
    fn from(part: ProblemPart) -> Self {
        let ProblemPart { store, path, kind, object, detail, table, column, key } = part;
        let first = CellPlace { table: table.into(), column, key };
        ObjectProblem { store, path, kind, object, detail, first }
    }
}

impl From<&ObjectEvidence> for ObjectsPart {
    fn from(objects: &ObjectEvidence) -> Self {
        let group = |g: &ObjectGroup| GroupPart {
            store: g.store.clone(),
            kind: g.kind.into(),
            objects: g.objects,
            bytes: g.bytes,
            digest: g.digest.clone(),
        };
        ObjectsPart {
            mode: objects.mode,
            groups: objects.groups.iter().map(group).collect(),
            problems: objects.problems.iter().map(ProblemPart::from).collect(),
        }
    }
}

impl From<ObjectsPart> for ObjectEvidence {
    fn from(part: ObjectsPart) -> Self {
        let group = |g: GroupPart| ObjectGroup {
            store: g.store,
            kind: g.kind.into(),
            objects: g.objects,
            bytes: g.bytes,
            digest: g.digest,
        };
        ObjectEvidence {
            mode: part.mode,
            groups: part.groups.into_iter().map(group).collect(),
            problems: part.problems.into_iter().map(ObjectProblem::from).collect(),
        }
    }
}
