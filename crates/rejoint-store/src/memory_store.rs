//! A store in memory, for tests of what uses stores.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::object_store::{Entry, Meta, ObjectStore, Written};
use crate::{Error, Result, StorePath};

#[derive(Debug, Default)]
struct State {
    objects: BTreeMap<String, Vec<u8>>,
    /// Bytes all objects may have together.
    capacity: Option<usize>,
    is_unreachable: bool,
    denied: Option<String>,
}

/// Objects in memory, with the faults a real store can have.
#[derive(Debug)]
pub struct MemoryStore {
    name: String,
    state: Mutex<State>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), state: Mutex::default() }
    }

    /// From now on, writes that would take the store above `bytes` fail with [`Error::NoSpace`].
    pub fn set_capacity(&self, bytes: usize) {
        self.state().capacity = Some(bytes);
    }

    /// Takes the store away, or gives it back.
    pub fn set_reachable(&self, is_reachable: bool) {
        self.state().is_unreachable = !is_reachable;
    }

    /// From now on, access to this path fails with [`Error::Denied`].
    pub fn deny(&self, path: &StorePath) {
        self.state().denied = Some(path.to_string());
    }

    /// Replaces or damages an object behind everyone's back.
    pub fn tamper(&self, path: &StorePath, content: impl Into<Vec<u8>>) {
        self.state().objects.insert(path.to_string(), content.into());
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reach(&self, path: &str) -> Result<MutexGuard<'_, State>> {
        let state = self.state();
        if state.is_unreachable {
            return Err(Error::Unreachable {
                store: self.name.clone(),
                location: self.describe(),
                source: None,
            });
        }
        if state.denied.as_deref() == Some(path) {
            return Err(Error::from_io(&self.name, path, io::ErrorKind::PermissionDenied.into()));
        }
        Ok(state)
    }
}

impl ObjectStore for MemoryStore {
    fn name(&self) -> &str {
        &self.name
    }

    fn describe(&self) -> String {
        "memory".to_owned()
    }

    fn reachable(&self) -> Result<()> {
        self.reach("").map(drop)
    }

    fn head(&self, path: &StorePath) -> Result<Option<Meta>> {
        let state = self.reach(path.as_str())?;
        Ok(state
            .objects
            .get(path.as_str())
            .map(|content| Meta { size: u64::try_from(content.len()).unwrap_or(u64::MAX) }))
    }

    fn read(&self, path: &StorePath) -> Result<Box<dyn Read + Send>> {
        match self.reach(path.as_str())?.objects.get(path.as_str()) {
            Some(content) => Ok(Box::new(Cursor::new(content.clone()))),
            None => Err(Error::NotFound { store: self.name.clone(), path: path.to_string() }),
        }
    }

    fn write_new(&self, path: &StorePath, content: &mut dyn Read) -> Result<Written> {
        drop(self.reach(path.as_str())?);
        let mut bytes = Vec::new();
        content.read_to_end(&mut bytes).map_err(|source| Error::Content {
            store: self.name.clone(),
            path: path.to_string(),
            source,
        })?;
        let mut state = self.reach(path.as_str())?;
        match state.objects.get(path.as_str()) {
            Some(existing) if *existing == bytes => return Ok(Written::IdenticalExisted),
            Some(_) => {
                return Err(Error::Conflict { store: self.name.clone(), path: path.to_string() });
            }
            None => {}
        }
        let used: usize = state.objects.values().map(Vec::len).sum();
        if state.capacity.is_some_and(|capacity| used.saturating_add(bytes.len()) > capacity) {
            return Err(Error::from_io(&self.name, path.as_str(), io::ErrorKind::StorageFull.into()));
        }
        state.objects.insert(path.to_string(), bytes);
        Ok(Written::Created)
    }

    fn delete(&self, path: &StorePath) -> Result<()> {
        self.reach(path.as_str())?.objects.remove(path.as_str());
        Ok(())
    }

    fn list<'a>(&'a self, folder: Option<&StorePath>) -> Box<dyn Iterator<Item = Result<Entry>> + Send + 'a> {
        let state = match self.reach("") {
            Ok(state) => state,
            Err(error) => return Box::new(std::iter::once(Err(error))),
        };
        let prefix = folder.map(|folder| format!("{folder}/")).unwrap_or_default();
        let entries: Vec<Result<Entry>> = state
            .objects
            .iter()
            .filter(|(path, _)| path.starts_with(&prefix))
            .map(|(path, content)| {
                let size = u64::try_from(content.len()).unwrap_or(u64::MAX);
                StorePath::new(path.as_str()).map(|path| Entry { path, size })
            })
            .collect();
        Box::new(entries.into_iter())
    }
}
