//! One HTTP/1.1 request over one stream, with TLS where the URL says so.
//!
//! For what is asked rarely: other workers, a schema registry, a token endpoint. The caller opens the stream and keeps the
//! clock, so that both can be simulated; there are no redirects, no cookies and no pool.

mod exchange;
mod url;

pub use exchange::{Answer, HttpError, Outgoing, exchange};
pub use url::{Url, UrlError};
