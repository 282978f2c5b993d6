//! A store that is a folder.

use std::fs::{self, File, ReadDir};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crate::hashing::BUFFER_BYTES;
use crate::object_store::{Entry, Meta, ObjectStore, Side, Written, read_full, same_content};
use crate::{Error, Result, StorePath};

/// First part of the names of unfinished objects; what is left of one after a crash may be deleted.
pub(crate) const UNFINISHED_PREFIX: &str = ".rejoint-";

/// A folder as store, with names exactly as they are.
///
/// *Symbolic links* are followed, for reading and writing, also out of the location, as DataJoint does: labs link
/// folders to other disks. A listing goes through linked folders, but not around in circles. Deleting removes a link, not
/// what it points to. Names given to this type cannot leave the location ([`StorePath`]).
///
/// *Writing*: a temporary file `.rejoint-…` in the same folder, flushed to disk, then given its name by an operation that
/// fails if the name exists (`renameat2`, else a hard link); then the folder is flushed. On file systems with neither, the
/// name is checked just before a plain rename: there, two writers at the same moment could replace each other's object.
/// New objects get the permissions of any new file (0666 less the umask). The location itself is never created.
#[derive(Debug, Clone)]
pub struct FileStore {
    name: String,
    location: PathBuf,
}

impl FileStore {
    /// The folder `location` as store `name`. Nothing is touched yet. An empty location is the working directory, as in
    /// both generations of DataJoint.
    pub fn new(name: impl Into<String>, location: impl Into<PathBuf>) -> Self {
        let mut location = location.into();
        if location.as_os_str().is_empty() {
            location.push(".");
        }
        Self { name: name.into(), location }
    }

    /// The folder.
    pub fn location(&self) -> &Path {
        &self.location
    }

    fn full_path(&self, path: &StorePath) -> PathBuf {
        self.location.join(path.as_str())
    }

    /// An error of the operating system about `path`; a missing object in a missing store is a missing store.
    fn error(&self, path: &StorePath, source: io::Error) -> Error {
        match Error::from_io(&self.name, path.as_str(), source) {
            error @ Error::NotFound { .. } => self.check_location().err().unwrap_or(error),
            error => error,
        }
    }

    fn check_location(&self) -> Result<()> {
        let unreachable = |source| Error::Unreachable {
            store: self.name.clone(),
            location: self.location.display().to_string(),
            source,
        };
        match fs::metadata(&self.location) {
            Ok(meta) if meta.is_dir() => Ok(()),
            Ok(_) => Err(unreachable(Some(io::ErrorKind::NotADirectory.into()))),
            Err(source) => Err(unreachable(Some(source))),
        }
    }

    fn compare_existing(&self, path: &StorePath, content: &mut dyn Read) -> Result<Written> {
        let conflict = || Error::Conflict { store: self.name.clone(), path: path.to_string() };
        // A folder or a dangling link under the name is no object, and is in the way.
        let mut existing = match self.read(path) {
            Err(Error::NotFound { .. }) => return Err(conflict()),
            other => other?,
        };
        match same_content(&mut existing, content) {
            Ok(true) => Ok(Written::IdenticalExisted),
            Ok(false) => Err(conflict()),
            Err(Side::Content(source)) => Err(self.content_error(path, source)),
            Err(Side::Existing(source)) => Err(self.error(path, source)),
        }
    }

    fn content_error(&self, path: &StorePath, source: io::Error) -> Error {
        Error::Content { store: self.name.clone(), path: path.to_string(), source }
    }

    fn exists(&self, path: &StorePath) -> Result<bool> {
        match fs::symlink_metadata(self.full_path(path)) {
            Ok(_) => Ok(true),
            Err(source) if is_absent(&source) => Ok(false),
            Err(source) => Err(self.error(path, source)),
        }
    }

    /// Copies `content` to an unfinished file beside its final place and flushes it.
    fn write_unfinished(
        &self,
        path: &StorePath,
        folder: &Path,
        content: &mut dyn Read,
    ) -> Result<tempfile::NamedTempFile> {
        let io_error = |source| self.error(path, source);
        let mut builder = tempfile::Builder::new();
        builder.prefix(UNFINISHED_PREFIX).suffix(".tmp");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(fs::Permissions::from_mode(0o666));
        }
        let mut file = builder.tempfile_in(folder).map_err(io_error)?;
        let mut buffer = vec![0; BUFFER_BYTES];
        loop {
            let n = read_full(content, &mut buffer).map_err(|source| self.content_error(path, source))?;
            file.write_all(buffer.get(..n).unwrap_or_default()).map_err(io_error)?;
            if n < buffer.len() {
                break;
            }
        }
        file.as_file().sync_all().map_err(io_error)?;
        Ok(file)
    }
}

/// True for errors that say there is nothing of this name.
fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::InvalidFilename
    )
}

/// Flushes a folder's entries. Some network file systems cannot, and say so in their own ways.
fn sync_folder(folder: &Path) -> io::Result<()> {
    match File::open(folder).and_then(|file| file.sync_all()) {
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => {
            Ok(())
        }
        #[cfg(not(unix))]
        Err(_) => Ok(()),
        other => other,
    }
}

/// Creates `folder` and its parents below `root`, and flushes the folders that got a new entry.
fn create_folders(root: &Path, folder: &Path) -> io::Result<()> {
    let missing: Vec<&Path> =
        folder.ancestors().take_while(|ancestor| *ancestor != root && !ancestor.is_dir()).collect();
    for ancestor in missing.into_iter().rev() {
        match fs::create_dir(ancestor) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && ancestor.is_dir() => {}
            other => other?,
        }
        if let Some(parent) = ancestor.parent() {
            sync_folder(if parent.as_os_str().is_empty() { Path::new(".") } else { parent })?;
        }
    }
    Ok(())
}

impl ObjectStore for FileStore {
    fn name(&self) -> &str {
        &self.name
    }

    fn describe(&self) -> String {
        format!("folder {}", self.location.display())
    }

    fn reachable(&self) -> Result<()> {
        self.check_location()?;
        match fs::read_dir(&self.location) {
            Ok(_) => Ok(()),
            Err(source) => Err(Error::from_io(&self.name, "", source)),
        }
    }

    fn head(&self, path: &StorePath) -> Result<Option<Meta>> {
        match fs::metadata(self.full_path(path)) {
            Ok(meta) if meta.is_file() => Ok(Some(Meta { size: meta.len() })),
            Ok(_) => Ok(None),
            Err(source) if is_absent(&source) => self.check_location().map(|()| None),
            Err(source) => Err(self.error(path, source)),
        }
    }

    fn read(&self, path: &StorePath) -> Result<Box<dyn Read + Send>> {
        // Asked first because opening a named pipe would wait for a writer.
        if self.head(path)?.is_none() {
            return Err(Error::NotFound { store: self.name.clone(), path: path.to_string() });
        }
        match File::open(self.full_path(path)) {
            Ok(file) => Ok(Box::new(file)),
            Err(source) => Err(self.error(path, source)),
        }
    }

    fn write_new(&self, path: &StorePath, content: &mut dyn Read) -> Result<Written> {
        self.check_location()?;
        if self.exists(path)? {
            return self.compare_existing(path, content);
        }
        let full_path = self.full_path(path);
        let folder = full_path.parent().unwrap_or(&self.location);
        create_folders(&self.location, folder).map_err(|source| self.error(path, source))?;
        let unfinished = self.write_unfinished(path, folder, content)?;

        let persisted = match unfinished.persist_noclobber(&full_path) {
            Ok(_) => Ok(()),
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {
                // Someone else wrote it meanwhile.
                let mut ours = File::open(error.file.path()).map_err(|source| self.error(path, source))?;
                return self.compare_existing(path, &mut ours);
            }
            Err(error) if cannot_link(&error.error) && !self.exists(path)? => {
                error.file.persist(&full_path).map(drop).map_err(|error| error.error)
            }
            Err(error) => Err(error.error),
        };
        persisted.and_then(|()| sync_folder(folder)).map_err(|source| self.error(path, source))?;
        Ok(Written::Created)
    }

    fn delete(&self, path: &StorePath) -> Result<()> {
        match fs::remove_file(self.full_path(path)) {
            Ok(()) => Ok(()),
            Err(source) if is_absent(&source) => self.check_location(),
            Err(source) => Err(self.error(path, source)),
        }
    }

    fn list<'a>(&'a self, folder: Option<&StorePath>) -> Box<dyn Iterator<Item = Result<Entry>> + Send + 'a> {
        Box::new(Listing::new(self, folder))
    }
}

/// File systems without hard links: FAT, some network shares.
fn cannot_link(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::Unsupported | io::ErrorKind::InvalidInput | io::ErrorKind::PermissionDenied
    )
}

/// A folder on the way down.
struct Level {
    entries: ReadDir,
    /// Path in the store with a trailing `/`, or empty.
    prefix: String,
    /// The folder after following links.
    canonical: PathBuf,
}

/// Walks depth first: memory and open folders grow with the depth only.
struct Listing<'a> {
    store: &'a FileStore,
    levels: Vec<Level>,
    first_error: Option<Error>,
}

impl<'a> Listing<'a> {
    fn new(store: &'a FileStore, folder: Option<&StorePath>) -> Self {
        let mut listing = Self { store, levels: Vec::new(), first_error: None };
        let prefix = folder.map(|folder| format!("{folder}/")).unwrap_or_default();
        let path = match folder {
            Some(folder) => store.full_path(folder),
            None => store.location.clone(),
        };
        match listing.enter(&path, prefix.clone()) {
            Ok(()) => {}
            Err(source) if is_absent(&source) => listing.first_error = store.check_location().err(),
            Err(source) => listing.first_error = Some(Error::from_io(&store.name, &prefix, source)),
        }
        listing
    }

    fn enter(&mut self, path: &Path, prefix: String) -> io::Result<()> {
        let canonical = path.canonicalize()?;
        if self.levels.iter().any(|level| level.canonical.starts_with(&canonical)) {
            return Err(io::Error::other("a link leads back to a folder it is in"));
        }
        self.levels.push(Level { entries: fs::read_dir(path)?, prefix, canonical });
        Ok(())
    }

    fn entry(&mut self, entry: &fs::DirEntry, prefix: &str) -> Option<Result<Entry>> {
        let name = entry.file_name();
        let shown = format!("{prefix}{}", name.to_string_lossy());
        let error = |source| Some(Err(Error::from_io(&self.store.name, &shown, source)));
        let Some(name) = name.to_str() else {
            return error(io::Error::new(io::ErrorKind::InvalidData, "the name is not UTF-8"));
        };
        let path = format!("{prefix}{name}");
        // Follows links; a link to nowhere is not an object.
        let meta = match fs::metadata(entry.path()) {
            Ok(meta) => meta,
            Err(source) if is_absent(&source) => return None,
            Err(source) => return error(source),
        };
        if meta.is_dir() {
            return match self.enter(&entry.path(), format!("{path}/")) {
                Err(source) if !is_absent(&source) => {
                    Some(Err(Error::from_io(&self.store.name, &path, source)))
                }
                _ => None,
            };
        }
        if !meta.is_file() {
            return None;
        }
        Some(StorePath::new(path).map(|path| Entry { path, size: meta.len() }))
    }
}

impl Iterator for Listing<'_> {
    type Item = Result<Entry>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(error) = self.first_error.take() {
            return Some(Err(error));
        }
        loop {
            let level = self.levels.last_mut()?;
            let prefix = level.prefix.clone();
            match level.entries.next() {
                None => {
                    self.levels.pop();
                }
                Some(Ok(entry)) => {
                    if let Some(item) = self.entry(&entry, &prefix) {
                        return Some(item);
                    }
                }
                Some(Err(source)) => {
                    // The operating system gives no more of this folder.
                    self.levels.pop();
                    return Some(Err(Error::from_io(&self.store.name, &prefix, source)));
                }
            }
        }
    }
}
