//! Cell values, canonical bytes and digests.
