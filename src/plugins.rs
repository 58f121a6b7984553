//! `windlass plugins`

use std::io::{self, Write};

use windlass_engine::plugins::Plugins;

/// Prints what the worker knows, one class a line.
pub(crate) fn print() {
    let mut out = io::stdout().lock();
    for plugin in all().list(false) {
        if writeln!(
            out,
            "{:<18} {:<8} {}",
            plugin.kind.as_str(),
            plugin.version,
            plugin.class
        )
        .is_err()
        {
            // The reader has seen enough.
            return;
        }
    }
}

/// Every plugin of this program.
pub(crate) fn all() -> Plugins {
    Plugins::new(windlass_connectors::plugins()).with_unlisted(windlass_connectors::test_plugins())
}
