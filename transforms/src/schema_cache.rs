//! What was worked out for a schema, found again by the schema.

pub(crate) use crate::recent::SchemaCache;
