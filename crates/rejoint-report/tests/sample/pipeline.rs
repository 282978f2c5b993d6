//! A made-up pipeline of any size: the same numbers give the same tables.

use rejoint_model::catalog::{Catalog, Column, ForeignKey, Index, IndexPart, Schema, Server, Table};
use rejoint_model::names::TableName;
use std::collections::BTreeMap;

/// Small deterministic random numbers (xorshift).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    /// A number below `n`.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n.max(1) as u64) as usize
    }
}

const WORDS: [&str; 24] = [
    "session",
    "subject",
    "scan",
    "probe",
    "trial",
    "unit",
    "field",
    "motion_correction",
    "fluorescence",
    "trace",
    "activity",
    "stimulus",
    "eye",
    "tracking",
    "behavior",
    "lick",
    "video",
    "pose_estimation",
    "ephys",
    "recording",
    "cluster",
    "quality",
    "spike",
    "rate",
];

fn table(schema: &str, name: &str, parents: &[(TableName, Vec<String>)], dice: &mut Dice) -> Table {
    let column = |name: &str| Column {
        name: name.to_owned(),
        sql_type: "int".to_owned(),
        data_type: "int".to_owned(),
        nullable: false,
        default: None,
        extra: String::new(),
        generation: String::new(),
        collation: None,
        comment: String::new(),
    };
    let (mut columns, mut key, mut foreign_keys): (Vec<Column>, Vec<String>, Vec<ForeignKey>) =
        Default::default();
    for (number, (parent, parent_key)) in parents.iter().enumerate() {
        let renamed = dice.below(8) == 0;
        let secondary = number > 0 && dice.below(3) > 0;
        let names: Vec<String> =
            parent_key.iter().map(|k| if renamed { format!("{k}_{number}") } else { k.clone() }).collect();
        for name in &names {
            if !columns.iter().any(|c| c.name == *name) {
                columns.push(column(name));
                if !secondary {
                    key.push(name.clone());
                }
            }
        }
        foreign_keys.push(ForeignKey {
            name: format!("{name}_ibfk_{number}"),
            columns: names,
            parent: parent.clone(),
            parent_columns: parent_key.clone(),
            on_update: "CASCADE".to_owned(),
            on_delete: "RESTRICT".to_owned(),
        });
    }
    if parents.is_empty() || dice.below(2) == 0 {
        let own = format!("{}_id", name.trim_start_matches(['#', '_']));
        columns.push(column(&own));
        key.push(own);
    }
    columns.push(column("value"));
    let parts = key.iter().map(|k| IndexPart { column: Some(k.clone()), expression: None }).collect();
    Table {
        name: TableName::new(schema, name),
        engine: "InnoDB".to_owned(),
        collation: "utf8mb4_bin".to_owned(),
        comment: String::new(),
        rows_estimate: 0,
        data_bytes: 0,
        index_bytes: 0,
        columns,
        indexes: vec![Index { name: "PRIMARY".to_owned(), unique: true, parts }],
        foreign_keys,
        triggers: Vec::new(),
        partitioned: false,
    }
}

/// A made-up pipeline.
pub(crate) fn catalog(tables: usize, schemas: usize) -> Catalog {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let server = Server {
        product: "MySQL".to_owned(),
        version: (9, 7, 0),
        version_text: "9.7.0".to_owned(),
        identity: String::new(),
    };
    let mut found = Catalog { server, schemas: BTreeMap::new() };
    let mut made: Vec<(TableName, Vec<String>, usize)> = Vec::new();
    for number in 0..tables {
        let at = number * schemas / tables.max(1);
        let schema = format!("lab_{}_{at}", WORDS.get(at % WORDS.len()).copied().unwrap_or("x"));
        let word = WORDS.get(dice.below(WORDS.len())).copied().unwrap_or("x");
        let local: Vec<usize> = (0..made.len()).filter(|i| made.get(*i).is_some_and(|m| m.2 == at)).collect();
        let mut parents: Vec<usize> = Vec::new();
        let mut name =
            format!("{}{word}{number}", ["", "#", "_", "__", "__"].get(dice.below(5)).copied().unwrap_or(""));
        if !name.starts_with('#') {
            for _ in 0..=dice.below(3) {
                let pick = if dice.below(5) > 0 && !local.is_empty() {
                    local.get(local.len() - 1 - dice.below(local.len().min(9))).copied()
                } else {
                    (!made.is_empty()).then(|| dice.below(made.len()))
                };
                parents.extend(pick.filter(|p| !parents.contains(p)));
            }
            let master = parents.first().and_then(|p| made.get(*p));
            if let Some(master) = master.filter(|m| {
                dice.below(4) == 0 && m.2 == at && !m.0.table.trim_start_matches('_').contains("__")
            }) {
                name = format!("{}__part{number}", master.0.table);
                parents.truncate(1);
            }
        }
        let parents: Vec<(TableName, Vec<String>)> =
            parents.iter().filter_map(|p| made.get(*p)).map(|m| (m.0.clone(), m.1.clone())).collect();
        let table = table(&schema, &name, &parents, &mut dice);
        made.push((table.name.clone(), table.primary_key().iter().map(|k| (*k).to_owned()).collect(), at));
        let entry = found.schemas.entry(schema.clone()).or_insert_with(|| Schema {
            name: schema,
            charset: String::new(),
            collation: String::new(),
            tables: BTreeMap::new(),
            views: Vec::new(),
        });
        entry.tables.insert(name, table);
    }
    found
}
