//! JAAS texts: the login line of `sasl.jaas.config`, and configuration files with several named entries.
//!
//! Both are read with the rules of Java's `StreamTokenizer`, which users know without knowing it: a value that begins with
//! a digit must be quoted, and a lone slash begins a comment.

mod file;
mod line;
mod tokens;

use std::collections::BTreeMap;

pub use file::parse_file;
pub use line::parse_line;

use crate::Secret;

/// One login module with its options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginModule {
    /// The class name.
    pub class: String,
    /// Whether others may stand in for it.
    pub flag: ControlFlag,
    /// Any of them may hold a secret.
    pub options: BTreeMap<String, Secret>,
}

/// What the success or failure of a login module means for the login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ControlFlag {
    /// Must succeed; the others are asked nevertheless.
    Required,
    /// Must succeed, or the login ends.
    Requisite,
    /// When it succeeds, the login ends.
    Sufficient,
    /// Need not succeed.
    Optional,
}

/// A JAAS text that cannot be read. Never shows a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JaasError {
    /// A login line that lacks something; the texts are Kafka's.
    #[error("{0}")]
    Line(String),
    /// A file that is not of the form.
    #[error("line {line}: expected {expected}, found {found}")]
    File {
        /// From 1.
        line: usize,
        /// What should stand there.
        expected: &'static str,
        /// What kind of thing stands there.
        found: &'static str,
    },
    /// A file with two entries of one name.
    #[error("line {line}: more than one entry named {name}")]
    Twice {
        /// From 1.
        line: usize,
        /// The name.
        name: String,
    },
}

impl ControlFlag {
    fn parse(text: &str) -> Option<Self> {
        [
            ("required", ControlFlag::Required),
            ("requisite", ControlFlag::Requisite),
            ("sufficient", ControlFlag::Sufficient),
            ("optional", ControlFlag::Optional),
        ]
        .into_iter()
        .find_map(|(name, flag)| name.eq_ignore_ascii_case(text).then_some(flag))
    }
}
