//! What a caller can see while a table is read.

use crate::error::Result;
use crate::identity::ObjectRef;
use rejoint_model::{TableName, TableView};
use rejoint_value::{Fingerprint, TableDigest};

/// Sees tables, rows and objects as they are read. Every method does nothing by default; an error stops the work.
pub trait Observer {
    /// A table begins.
    ///
    /// # Errors
    /// Whatever should stop the work.
    fn begin_table(&mut self, _view: &TableView) -> Result<()> {
        Ok(())
    }

    /// One row: its key's canonical bytes and a fingerprint per cell, key columns first, all in the order of names.
    ///
    /// # Errors
    /// Whatever should stop the work.
    fn row(&mut self, _key: &[u8], _fingerprints: &[Fingerprint]) -> Result<()> {
        Ok(())
    }

    /// An object that a row refers to; once per table for each place and identity.
    ///
    /// # Errors
    /// Whatever should stop the work.
    fn object(&mut self, _object: ObjectRef) -> Result<()> {
        Ok(())
    }

    /// Called now and then with the rows of this table read so far. [`crate::Error::Stopped`] stops the work.
    ///
    /// # Errors
    /// Whatever should stop the work.
    fn progress(&mut self, _table: &TableName, _rows: u64) -> Result<()> {
        Ok(())
    }

    /// A table ends.
    ///
    /// # Errors
    /// Whatever should stop the work.
    fn end_table(&mut self, _view: &TableView, _digest: &TableDigest) -> Result<()> {
        Ok(())
    }
}

/// Sees nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Quiet;

impl Observer for Quiet {}
