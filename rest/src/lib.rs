//! The Connect REST API.
