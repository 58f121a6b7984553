//! `ProtobufConverter`: Connect data as Protobuf's bytes, with a `.proto` file in a schema registry.
//!
//! Records do not pass through message objects: bytes are read and written by plans, made once of schema and message.

mod converter;
mod decode;
mod decode_plan;
mod descriptors;
mod encode;
mod encode_plan;
mod field;
mod indexes;
mod known;
mod logical;
mod names;
mod options;
mod printer;
mod scalar;
mod to_text;
mod wire;

pub use self::converter::ProtobufConverter;
pub use self::decode::Decoder;
pub use self::descriptors::ProtoFile;
pub use self::encode::Encoder;
pub use self::options::Options;
pub use self::to_text::{ProtoText, to_proto};
