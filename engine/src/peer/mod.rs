//! What workers of a cluster ask each other over HTTP, and how they know each other's requests.

mod client;
mod signature;

pub use self::client::{PeerAnswer, PeerClient, PeerError};
pub use self::signature::{AUTHORIZATION, SIGNATURE_ALGORITHM};

pub(crate) use self::signature::{Refused, check, new_key, sign};
