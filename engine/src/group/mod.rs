//! How Connect workers divide connectors and tasks among themselves: what they say to each other in their group, byte
//! for byte as Java does, and what the leader decides. Nothing here does I/O.

pub(crate) mod assignment;
pub mod assignor;
mod bytes;
pub(crate) mod metadata;
mod work;

pub use self::assignment::Assignment;
pub use self::bytes::ProtocolError;
pub use self::metadata::WorkerState;
pub use self::work::Work;

/// A subprotocol of the group, and `connect.protocol`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// Everything stops before every rebalance; called `default` in the group.
    Eager,
    /// Work moves in two rounds (KIP-415).
    Compatible,
    /// As compatible, with signed requests between workers (KIP-507).
    Sessioned,
}

impl Protocol {
    /// The protocol of a name in the group, in any case.
    pub fn from_name(name: &str) -> Option<Self> {
        let all = [Protocol::Eager, Protocol::Compatible, Protocol::Sessioned];
        all.into_iter()
            .find(|protocol| protocol.name().eq_ignore_ascii_case(name))
    }

    /// Its name in the group.
    pub const fn name(self) -> &'static str {
        match self {
            Protocol::Eager => "default",
            Protocol::Compatible => "compatible",
            Protocol::Sessioned => "sessioned",
        }
    }

    /// The version that its messages begin with.
    pub const fn version(self) -> i16 {
        match self {
            Protocol::Eager => 0,
            Protocol::Compatible => 1,
            Protocol::Sessioned => 2,
        }
    }

    /// What a worker that prefers this protocol offers, best first.
    pub fn offered(self) -> impl Iterator<Item = Protocol> {
        [Protocol::Sessioned, Protocol::Compatible, Protocol::Eager]
            .into_iter()
            .filter(move |protocol| *protocol <= self)
    }

    /// Whether work moves without stopping what stays.
    pub const fn is_incremental(self) -> bool {
        !matches!(self, Protocol::Eager)
    }
}
