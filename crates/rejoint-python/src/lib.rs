//! Python source and notebooks: parse with exact ranges, scopes, imports, edits. The only crate that names the parser.
