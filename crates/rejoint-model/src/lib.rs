//! Vocabulary of a pipeline: names, tiers, types, tables, keys, lineage, stores.
