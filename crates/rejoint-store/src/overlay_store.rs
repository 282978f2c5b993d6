//! A store that is only read, with a folder beside it for what is written.

use std::io::Read;

use crate::object_store::{Entry, Meta, ObjectStore, Side, Written, same_content};
use crate::{Error, Result, StorePath};

/// Two stores as one: `below` is never changed, new objects go `above`.
///
/// For rehearsals: everything that reads finds old and new objects, and the lab's store stays as it is. Deleting an object of the
/// store below is denied.
pub struct OverlayStore {
    below: Box<dyn ObjectStore>,
    above: Box<dyn ObjectStore>,
}

impl OverlayStore {
    /// `above` should be empty, or left from an earlier rehearsal on the same store.
    pub fn new(below: Box<dyn ObjectStore>, above: Box<dyn ObjectStore>) -> Self {
        Self { below, above }
    }
}

impl ObjectStore for OverlayStore {
    fn name(&self) -> &str {
        self.below.name()
    }

    fn describe(&self) -> String {
        format!("{}, read only, with new objects in {}", self.below.describe(), self.above.describe())
    }

    fn reachable(&self) -> Result<()> {
        self.below.reachable()?;
        self.above.reachable()
    }

    fn head(&self, path: &StorePath) -> Result<Option<Meta>> {
        match self.above.head(path)? {
            Some(meta) => Ok(Some(meta)),
            None => self.below.head(path),
        }
    }

    fn read(&self, path: &StorePath) -> Result<Box<dyn Read + Send>> {
        match self.above.read(path) {
            Err(Error::NotFound { .. }) => self.below.read(path),
            other => other,
        }
    }

    fn write_new(&self, path: &StorePath, content: &mut dyn Read) -> Result<Written> {
        if self.below.head(path)?.is_none() {
            return self.above.write_new(path, content);
        }
        let mut existing = self.below.read(path)?;
        let error = |source| Error::Content { store: self.name().to_owned(), path: path.to_string(), source };
        match same_content(&mut existing, content) {
            Ok(true) => Ok(Written::IdenticalExisted),
            Ok(false) => Err(Error::Conflict { store: self.name().to_owned(), path: path.to_string() }),
            Err(Side::Content(source)) => Err(error(source)),
            Err(Side::Existing(source)) => Err(Error::from_io(self.name(), path.as_str(), source)),
        }
    }

    fn delete(&self, path: &StorePath) -> Result<()> {
        if self.below.head(path)?.is_some() {
            let denied = std::io::ErrorKind::PermissionDenied.into();
            return Err(Error::from_io(self.name(), path.as_str(), denied));
        }
        self.above.delete(path)
    }

    fn list<'a>(&'a self, folder: Option<&StorePath>) -> Box<dyn Iterator<Item = Result<Entry>> + Send + 'a> {
        Box::new(self.below.list(folder).chain(self.above.list(folder)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemoryStore;

    fn path(text: &str) -> StorePath {
        StorePath::new(text).unwrap()
    }

    #[test]
    fn the_store_below_stays_as_it_is() {
        let below = MemoryStore::new("s");
        below.write_new(&path("a/old"), &mut &b"old"[..]).unwrap();
        let store = OverlayStore::new(Box::new(below), Box::new(MemoryStore::new("s")));
        assert!(matches!(store.write_new(&path("a/old"), &mut &b"old"[..]), Ok(Written::IdenticalExisted)));
        assert!(matches!(store.write_new(&path("a/old"), &mut &b"new"[..]), Err(Error::Conflict { .. })));
        assert!(matches!(store.write_new(&path("a/new"), &mut &b"new"[..]), Ok(Written::Created)));
        assert!(matches!(store.delete(&path("a/old")), Err(Error::Denied { .. })));
        let listed: Vec<String> = store.list(Some(&path("a"))).map(|e| e.unwrap().path.to_string()).collect();
        assert_eq!(listed, ["a/old", "a/new"]);
        assert!(store.delete(&path("a/new")).is_ok());
        assert!(store.head(&path("a/new")).unwrap().is_none());
        assert!(store.below.head(&path("a/old")).unwrap().is_some());
    }
}
