//! Compares, certifies, checks certificates: the only crate that may say 'equal'.
