//! `JsonSchemaConverter`: Connect data as JSON, with a JSON Schema in a schema registry.

mod all_of;
mod converter;
mod data;
mod documents;
mod entries;
mod from_text;
mod names;
mod object;
mod options;
mod parts;
mod to_text;
pub(crate) mod union;

pub use self::converter::JsonSchemaConverter;
pub use self::data::{read_json, write_json};
pub use self::from_text::from_json_schema;
pub use self::options::Options;
pub use self::to_text::to_json_schema;
