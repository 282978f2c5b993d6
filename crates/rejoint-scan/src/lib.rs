//! Read-only inventory of a pipeline: one file per check.
