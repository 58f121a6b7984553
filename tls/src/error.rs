//! What can go wrong with TLS, sorted by whom it concerns.

/// Any failure of this crate.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TlsError {
    /// Keys that contradict each other or have no such value, in Kafka's words where it has any.
    #[error("{0}")]
    Config(String),

    /// A file could not be read.
    #[error("{key}: cannot read {path}: {cause}")]
    File {
        /// The configuration key that names the file.
        key: String,
        /// The file.
        path: String,
        /// What the operating system said.
        cause: String,
    },

    /// A store or a PEM text is not what its type says.
    #[error("{place}: {what}")]
    Store {
        /// The configuration key, and the file if there is one.
        place: String,
        /// What was expected and what was found.
        what: String,
    },

    /// The password does not open the store.
    #[error("{place}: the store cannot be opened: {key} is wrong, or the file was changed")]
    StorePassword {
        /// The configuration key and the file of the store.
        place: String,
        /// The configuration key of the password.
        key: String,
    },

    /// The password does not open the private key.
    #[error("{place}: the private key cannot be decrypted: {key} is {fault}")]
    KeyPassword {
        /// The configuration key, and the file if there is one.
        place: String,
        /// The configuration key of the password.
        key: String,
        /// `wrong` or `missing`.
        fault: &'static str,
    },

    /// The processor lacks instructions that the cryptography is written in.
    #[error(
        "TLS needs a processor with {needed}; this one lacks {missing} (a virtual machine may hide them: choose a newer CPU model)"
    )]
    Cpu {
        /// All that is needed.
        needed: String,
        /// What is not there.
        missing: String,
    },

    /// The two sides did not come to trust each other.
    #[error("TLS handshake with {peer} failed: {what}")]
    Handshake {
        /// The other side.
        peer: String,
        /// Which of the reasons.
        what: String,
    },
}
