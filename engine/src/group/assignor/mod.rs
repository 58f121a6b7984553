//! Who runs what: the leader's decision, as plain functions of what the members said.

mod balance;
mod eager;
mod incremental;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use self::eager::assign_eagerly;
pub use self::incremental::{IncrementalAssignor, Plan, Round};

use super::Work;

/// What each member has or gets, by member id.
pub type ByMember = BTreeMap<Arc<str>, Work>;
