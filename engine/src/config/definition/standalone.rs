//! Keys of a standalone worker (`StandaloneConfig`).

use windlass_api::{ConfigDef, ConfigKey, Importance, Kind};

/// All keys that a standalone worker takes.
pub(crate) fn keys() -> ConfigDef {
    super::rest::keys(super::tls::keys(super::worker::keys())).define(
        ConfigKey::new("offset.storage.file.filename", Kind::String)
            .importance(Importance::High)
            .documentation("The file that keeps the offsets of source connectors."),
    )
}
