//! The catalog of dumps without their rows: nothing is stored.

use crate::error::Error;
use crate::import::ImportOptions;
use rejoint_db::{default_collation, table_of};
use rejoint_dump::{DumpReader, Event, QualifiedName};
use rejoint_model::{Catalog, Schema, Server, TableName, View};
use std::collections::BTreeMap;
use std::io::Read;

/// Reads the definitions of dumps. Rows are read over.
///
/// # Errors
/// The dump is cut off or damaged, does not name a schema, or holds a definition that is not understood.
pub fn definitions(dumps: Vec<Box<dyn Read + '_>>, options: &ImportOptions) -> Result<Catalog, Error> {
    let server = Server {
        product: "MySQL".to_owned(),
        version: (0, 0, 0),
        version_text: String::new(),
        identity: String::new(),
    };
    let mut catalog = Catalog { server, schemas: BTreeMap::new() };
    for dump in dumps {
        let mut reader = DumpReader::new(dump);
        while let Some(event) = reader.next_event()? {
            match event {
                Event::Header(header) => {
                    catalog.server.product = header.server_product().to_owned();
                    catalog.server.version_text = header.server_version;
                }
                Event::Table(table) => {
                    let name = named(&table.name, options)?;
                    let text =
                        String::from_utf8_lossy(&table.create).trim_end().trim_end_matches(';').to_owned();
                    let found = table_of(&name, &text, catalog.server.is_mariadb())?;
                    schema(&mut catalog, &name.schema).tables.insert(name.table, found);
                }
                Event::View(view) => {
                    let name = named(&view.name, options)?;
                    let view = View { name: name.table, definition: view.select };
                    schema(&mut catalog, &name.schema).views.push(view);
                }
                _ => {}
            }
        }
    }
    Ok(catalog)
}

/// The table's full name, with the schema that was given where the dump tells none.
pub(crate) fn named(name: &QualifiedName, options: &ImportOptions) -> Result<TableName, Error> {
    let schema = name.database.as_ref().or(options.schema.as_ref()).ok_or_else(|| Error::Refused {
        what: format!("the dump does not say which schema {name} is of"),
        way_out: "name it with --schema NAME, or dump with --databases NAME".into(),
    })?;
    Ok(TableName::new(schema, &name.name))
}

fn schema<'c>(catalog: &'c mut Catalog, name: &str) -> &'c mut Schema {
    let mariadb = catalog.server.is_mariadb();
    catalog.schemas.entry(name.to_owned()).or_insert_with(|| Schema {
        name: name.to_owned(),
        charset: "utf8mb4".to_owned(),
        collation: default_collation("utf8mb4", mariadb),
        tables: BTreeMap::new(),
        views: Vec::new(),
    })
}
