//! What source and sink connectors share.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::{ConnectError, ErrorKind, Result, SinkConnector, SourceConnector};

/// A configuration: string keys and values in the order given. A `None` value is a JSON null.
pub type Props = IndexMap<String, Option<String>>;

/// What the runtime offers a connector. Refused after the connector was stopped.
pub trait ConnectorContext: Send + Sync {
    /// Asks the runtime to call `task_configs` again.
    fn request_task_reconfiguration(&self);

    /// Fails the connector.
    fn raise_error(&self, error: ConnectError);
}

/// A connector class that the worker knows.
#[derive(Clone)]
pub struct ConnectorPlugin {
    /// The full Java class name, as in `connector.class`.
    pub class: &'static str,
    /// The version shown by REST.
    pub version: &'static str,
    /// Makes a connector.
    pub new: NewConnector,
}

/// Makes a connector of one kind or the other.
#[derive(Clone)]
pub enum NewConnector {
    /// A source.
    Source(Arc<dyn Fn() -> Box<dyn SourceConnector> + Send + Sync>),
    /// A sink.
    Sink(Arc<dyn Fn() -> Box<dyn SinkConnector> + Send + Sync>),
}

/// Deals elements out to groups, as a connector deals tables out to tasks: runs of neighbours whose lengths differ by
/// one at most, the longer ones first; the last may be empty.
///
/// # Errors
/// [`ErrorKind::Internal`](crate::ErrorKind::Internal) for no groups.
pub fn group_partitions<T>(elements: &[T], groups: usize) -> Result<Vec<&[T]>> {
    if groups == 0 {
        let message = "expected at least one group, found 0";
        return Err(ConnectError::new(ErrorKind::Internal, message));
    }
    let (length, longer) = (elements.len() / groups, elements.len() % groups);
    let mut rest = elements;
    let dealt = (0..groups).map(|group| {
        let (dealt, left) = rest.split_at(length + usize::from(group < longer));
        rest = left;
        dealt
    });
    Ok(dealt.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_as_even_as_can_be() {
        assert_eq!(
            group_partitions(&[1, 2, 3, 4, 5], 2).unwrap(),
            [&[1, 2, 3][..], &[4, 5]]
        );
        assert_eq!(group_partitions(&[1, 2], 3).unwrap(), [&[1][..], &[2], &[]]);
        assert_eq!(group_partitions::<u8>(&[], 1).unwrap(), [&[][..]]);
        assert!(group_partitions(&[1], 0).is_err());
    }
}
