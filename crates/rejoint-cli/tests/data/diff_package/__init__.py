"""A small pipeline: one module per schema, parts, foreign keys across schemas."""
