//! One file per API: `handle` does what is asked, `refuse` is the answer that reports one error everywhere.

use std::sync::Arc;

use crate::node::Node;

pub(crate) mod api_versions;

/// What a handler knows beside the request itself.
pub(crate) struct Call<'a> {
    pub(crate) node: &'a Arc<Node>,
    /// The version the request came in and the answer goes out in.
    pub(crate) version: i16,
    /// What the client calls itself; empty when it does not.
    pub(crate) client_id: &'a str,
    /// Where the client is, as groups describe it: `/127.0.0.1`.
    pub(crate) client_host: &'a str,
}
