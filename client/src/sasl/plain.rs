//! PLAIN (RFC 4616): the password as it is, so only over TLS.

/// The one message of the exchange.
pub(super) fn message(user: &str, password: &str) -> Vec<u8> {
    format!("\0{user}\0{password}").into_bytes()
}
