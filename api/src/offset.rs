//! Where in a source a record came from.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::Value;

/// String keys and primitive values, in the order the connector gave (the order is part of the stored bytes).
pub type OffsetMap = IndexMap<String, Value>;

/// A part of a source that is read in order, for example one file or one table.
///
/// A task makes one per part and clones it into every record: `None` stands for Java's null partition.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SourcePartition(Option<Arc<OffsetMap>>);

/// The position in a source partition from which reading goes on after a record.
///
/// Most connectors have one number: [`SourceOffset::position`] holds it without allocating.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum SourceOffset {
    /// Java's null offset.
    #[default]
    None,
    /// A map with one entry of a 64-bit number.
    Position {
        /// The name of the entry, for example `position`.
        field: &'static str,
        /// The number.
        position: i64,
    },
    /// Any other map.
    Map(Arc<OffsetMap>),
}

impl SourcePartition {
    /// A part of a source named by these entries.
    pub fn new(entries: OffsetMap) -> Self {
        SourcePartition(Some(Arc::new(entries)))
    }

    /// A part of a source named by one text, such as `filename: "/var/log/messages"`.
    pub fn named(field: &str, name: impl Into<Value>) -> Self {
        SourcePartition::new(OffsetMap::from([(field.to_owned(), name.into())]))
    }

    /// The entries, or `None` for Java's null partition.
    pub fn entries(&self) -> Option<&OffsetMap> {
        self.0.as_deref()
    }

    /// Whether both are the same object; what a task compares before it compares the entries.
    pub fn same(&self, other: &SourcePartition) -> bool {
        match (&self.0, &other.0) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            (None, None) => true,
            _ => false,
        }
    }
}

impl SourceOffset {
    /// The map with the one entry `field: position`.
    pub const fn position(field: &'static str, position: i64) -> Self {
        SourceOffset::Position { field, position }
    }

    /// The entries as a map, or `None` for Java's null offset.
    pub fn to_map(&self) -> Option<OffsetMap> {
        match self {
            SourceOffset::None => None,
            SourceOffset::Position { field, position } => Some(OffsetMap::from([(
                (*field).to_owned(),
                Value::Int64(*position),
            )])),
            SourceOffset::Map(entries) => Some((**entries).clone()),
        }
    }
}
