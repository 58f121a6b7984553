//! The scalar types of Protobuf.

use prost_reflect::Kind;
use windlass_api::Type;

/// A type of values that are not messages or enums.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scalar {
    Int32,
    Int64,
    Uint32,
    Uint64,
    Sint32,
    Sint64,
    Fixed32,
    Fixed64,
    Sfixed32,
    Sfixed64,
    Float,
    Double,
    Bool,
    String,
    Bytes,
}

impl Scalar {
    /// The scalar of a field's kind; `None` for messages and enums.
    pub(super) fn of(kind: &Kind) -> Option<Scalar> {
        Some(match kind {
            Kind::Int32 => Scalar::Int32,
            Kind::Int64 => Scalar::Int64,
            Kind::Uint32 => Scalar::Uint32,
            Kind::Uint64 => Scalar::Uint64,
            Kind::Sint32 => Scalar::Sint32,
            Kind::Sint64 => Scalar::Sint64,
            Kind::Fixed32 => Scalar::Fixed32,
            Kind::Fixed64 => Scalar::Fixed64,
            Kind::Sfixed32 => Scalar::Sfixed32,
            Kind::Sfixed64 => Scalar::Sfixed64,
            Kind::Float => Scalar::Float,
            Kind::Double => Scalar::Double,
            Kind::Bool => Scalar::Bool,
            Kind::String => Scalar::String,
            Kind::Bytes => Scalar::Bytes,
            Kind::Message(_) | Kind::Enum(_) => return None,
        })
    }

    /// The scalar inside a wrapper message of this full name.
    pub(super) fn of_wrapper(name: &str) -> Option<Scalar> {
        Some(match name.strip_prefix("google.protobuf.")? {
            "DoubleValue" => Scalar::Double,
            "FloatValue" => Scalar::Float,
            "Int64Value" => Scalar::Int64,
            "UInt64Value" => Scalar::Uint64,
            "Int32Value" => Scalar::Int32,
            "UInt32Value" => Scalar::Uint32,
            "BoolValue" => Scalar::Bool,
            "StringValue" => Scalar::String,
            "BytesValue" => Scalar::Bytes,
            _ => return None,
        })
    }

    /// The full name of the wrapper message of a Connect type.
    pub(super) fn wrapper_of(kind: Type) -> Option<&'static str> {
        Some(match kind {
            Type::Int8 | Type::Int16 | Type::Int32 => "google.protobuf.Int32Value",
            Type::Int64 => "google.protobuf.Int64Value",
            Type::Float32 => "google.protobuf.FloatValue",
            Type::Float64 => "google.protobuf.DoubleValue",
            Type::Boolean => "google.protobuf.BoolValue",
            Type::String => "google.protobuf.StringValue",
            Type::Bytes => "google.protobuf.BytesValue",
            Type::Array | Type::Map | Type::Struct => return None,
        })
    }

    /// The type that values have in Connect.
    pub(super) fn connect_type(self) -> Type {
        match self {
            Scalar::Int32 | Scalar::Sint32 | Scalar::Sfixed32 => Type::Int32,
            Scalar::Float => Type::Float32,
            Scalar::Double => Type::Float64,
            Scalar::Bool => Type::Boolean,
            Scalar::String => Type::String,
            Scalar::Bytes => Type::Bytes,
            _ => Type::Int64,
        }
    }

    /// The keyword.
    pub(super) fn name(self) -> &'static str {
        match self {
            Scalar::Int32 => "int32",
            Scalar::Int64 => "int64",
            Scalar::Uint32 => "uint32",
            Scalar::Uint64 => "uint64",
            Scalar::Sint32 => "sint32",
            Scalar::Sint64 => "sint64",
            Scalar::Fixed32 => "fixed32",
            Scalar::Fixed64 => "fixed64",
            Scalar::Sfixed32 => "sfixed32",
            Scalar::Sfixed64 => "sfixed64",
            Scalar::Float => "float",
            Scalar::Double => "double",
            Scalar::Bool => "bool",
            Scalar::String => "string",
            Scalar::Bytes => "bytes",
        }
    }

    /// How its values stand on the wire.
    pub(super) fn wire_type(self) -> u32 {
        match self {
            Scalar::Fixed64 | Scalar::Sfixed64 | Scalar::Double => super::wire::FIXED64,
            Scalar::Fixed32 | Scalar::Sfixed32 | Scalar::Float => super::wire::FIXED32,
            Scalar::String | Scalar::Bytes => super::wire::BYTES,
            _ => super::wire::VARINT,
        }
    }

    /// Whether several can stand one after the other under one tag.
    pub(super) fn is_packable(self) -> bool {
        self.wire_type() != super::wire::BYTES
    }
}
