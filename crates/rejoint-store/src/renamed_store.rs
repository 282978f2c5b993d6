//! A store seen under other names of schemas.

use std::io::Read;

use crate::object_store::{Entry, Meta, ObjectStore, Written};
use crate::{Error, Result, StorePath};

/// A store whose folders of schemas have another prefix: `scratch_lab/ab/cd/…` is `lab/ab/cd/…` below. Read only.
///
/// For rehearsals on a copy of schemas: the paths of 0.x begin with the schema's name, and the objects are those of the original.
pub struct RenamedStore {
    below: Box<dyn ObjectStore>,
    prefix: String,
    schemas: Vec<String>,
}

impl RenamedStore {
    /// Paths that begin with `prefix` and one of `schemas` lose the prefix; all others stay.
    pub fn new(below: Box<dyn ObjectStore>, prefix: impl Into<String>, schemas: Vec<String>) -> Self {
        Self { below, prefix: prefix.into(), schemas }
    }

    fn renamed(&self, path: &StorePath) -> Result<StorePath> {
        let own = path.as_str().strip_prefix(&self.prefix).filter(|rest| {
            let first = rest.split('/').next().unwrap_or_default();
            self.schemas.iter().any(|s| s == first)
        });
        own.map_or_else(|| Ok(path.clone()), StorePath::new)
    }

    fn denied(&self, path: &StorePath) -> Error {
        Error::from_io(self.name(), path.as_str(), std::io::ErrorKind::PermissionDenied.into())
    }
}

impl ObjectStore for RenamedStore {
    fn name(&self) -> &str {
        self.below.name()
    }

    fn describe(&self) -> String {
        format!("{}, without the prefix {}", self.below.describe(), self.prefix)
    }

    fn reachable(&self) -> Result<()> {
        self.below.reachable()
    }

    fn head(&self, path: &StorePath) -> Result<Option<Meta>> {
        self.below.head(&self.renamed(path)?)
    }

    fn read(&self, path: &StorePath) -> Result<Box<dyn Read + Send>> {
        self.below.read(&self.renamed(path)?)
    }

    fn write_new(&self, path: &StorePath, _content: &mut dyn Read) -> Result<Written> {
        Err(self.denied(path))
    }

    fn delete(&self, path: &StorePath) -> Result<()> {
        Err(self.denied(path))
    }

    fn list<'a>(&'a self, folder: Option<&StorePath>) -> Box<dyn Iterator<Item = Result<Entry>> + Send + 'a> {
        match folder.map(|f| self.renamed(f)).transpose() {
            Ok(folder) => {
                let entries: Vec<Result<Entry>> = self.below.list(folder.as_ref()).collect();
                Box::new(entries.into_iter())
            }
            Err(error) => Box::new(std::iter::once(Err(error))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemoryStore;

    #[test]
    fn only_folders_of_the_copied_schemas_are_renamed() {
        let below = MemoryStore::new("s");
        let path = |text: &str| StorePath::new(text).unwrap();
        below.write_new(&path("lab/a"), &mut &b"1"[..]).unwrap();
        below.write_new(&path("x_other/a"), &mut &b"22"[..]).unwrap();
        let store = RenamedStore::new(Box::new(below), "x_", vec!["lab".into()]);
        assert_eq!(store.head(&path("x_lab/a")).unwrap(), Some(Meta { size: 1 }));
        assert_eq!(store.head(&path("x_other/a")).unwrap(), Some(Meta { size: 2 }));
        assert_eq!(store.head(&path("x_lab/b")).unwrap(), None);
        assert!(matches!(store.write_new(&path("x_lab/c"), &mut &b""[..]), Err(Error::Denied { .. })));
        assert!(matches!(store.delete(&path("x_lab/a")), Err(Error::Denied { .. })));
    }
}
