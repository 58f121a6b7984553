//! Why a plugin is not to be had.

/// A plugin that is not to be had; the messages are Java's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PluginError {
    /// No class of the kind has that name.
    #[error(
        "Failed to find any class that implements {interface} and which name matches {name}, available {plural} are: {available}"
    )]
    NotFound {
        /// The Java interface.
        interface: &'static str,
        /// What the list of classes is called.
        plural: &'static str,
        /// The name asked for.
        name: String,
        /// The classes there are.
        available: String,
    },
    /// Several classes have that short name.
    #[error(
        "More than one connector matches alias {name}. Please use full package and class name instead. Classes found: {found}"
    )]
    Ambiguous {
        /// The name asked for.
        name: String,
        /// The classes.
        found: String,
    },
    /// No class has that name at all.
    #[error("Unknown plugin {0}.")]
    Unknown(String),
    /// The class exists, but not in a version asked for.
    #[error(
        "Plugin {class} not found that matches the version range {range}, available versions: [{available}]"
    )]
    Version {
        /// The class.
        class: String,
        /// The versions asked for.
        range: String,
        /// The versions there are.
        available: String,
    },
    /// A version requirement that is not well formed.
    #[error("{0}")]
    VersionSpec(String),
}
