//! Configuration definitions and their validation, as Kafka's `ConfigDef`.
//!
//! A component describes its keys once; the runtime validates what a user wrote, shows the answers over REST and hands
//! over typed values. Messages are Kafka's, word for word: tools read them.
//!
//! ```
//! use windlass_api::{ConfigDef, ConfigKey, Importance, Kind, Props, Validator};
//!
//! let def = ConfigDef::new()
//!     .define(
//!         ConfigKey::new("topic", Kind::String)
//!             .importance(Importance::High)
//!             .validator(Validator::non_empty_string())
//!             .documentation("Where the lines go."),
//!     )
//!     .define(ConfigKey::new("batch.size", Kind::Int).default_value(2000).documentation("Lines per batch."));
//!
//! let props = Props::from_iter([("topic".to_string(), Some("lines".to_string()))]);
//! let config = def.parse(&props)?;
//! assert_eq!(config.get::<&str>("topic")?, "lines");
//! assert_eq!(config.get::<i32>("batch.size")?, 2000);
//!
//! let answers = def.validate(&Props::new());
//! assert_eq!(answers[0].errors, ["Missing required configuration \"topic\" which has no default value."]);
//! # Ok::<(), windlass_api::ConnectError>(())
//! ```

mod classes;
mod data;
mod definition;
mod key;
mod kind;
mod lists;
mod parse;
mod parsed;
mod recommender;
mod validate;
mod validator;

pub use classes::{AnyClass, ClassNames};
pub use data::ConfigData;
pub use definition::ConfigDef;
pub use key::ConfigKey;
pub use kind::{Importance, Kind, Width};
pub use parse::parse_type;
pub use parsed::{FromConfig, ParsedConfig};
pub use recommender::Recommender;
pub use validate::ConfigValue;
pub use validator::Validator;
pub use windlass_secret::Secret as Password;

use std::fmt::Display;

use crate::ConnectError;

/// The error of a value that its key does not take, in Kafka's words.
pub fn invalid_value(name: &str, value: impl Display, message: impl Display) -> ConnectError {
    ConnectError::config(format!(
        "Invalid value {value} for configuration {name}: {message}"
    ))
}

/// The error of a key that must be set and is not, in Kafka's words.
pub(crate) fn missing_required(name: &str) -> String {
    format!("Missing required configuration \"{name}\" which has no default value.")
}
