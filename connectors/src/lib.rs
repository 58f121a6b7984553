//! The bundled connectors.
