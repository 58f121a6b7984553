//! Where the worker keeps configurations, statuses and source offsets.

pub mod config;
pub(crate) mod config_record;
pub(crate) mod config_state;
pub(crate) mod config_topic;
pub(crate) mod internal_topic;
pub(crate) mod leader_writer;
pub mod offset_file;
pub(crate) mod offset_topic;
pub(crate) mod offsets;
pub mod status;
pub(crate) mod status_record;
mod transactional_offsets;

pub use self::internal_topic::TopicError;
