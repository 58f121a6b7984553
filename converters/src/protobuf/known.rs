//! Files that every reader of a schema has, so that registries do not keep them.

/// The text of a well-known file that is not Protobuf's own.
pub(super) fn source(name: &str) -> Option<&'static str> {
    FILES
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, text)| *text)
}

/// Where the message of a type stands that fields refer to.
pub(super) fn file_of(type_name: &str) -> Option<&'static str> {
    Some(match type_name {
        "confluent.type.Decimal" => "confluent/type/decimal.proto",
        "google.type.Date" => "google/type/date.proto",
        "google.type.TimeOfDay" => "google/type/timeofday.proto",
        "google.protobuf.Timestamp" => "google/protobuf/timestamp.proto",
        name if super::scalar::Scalar::of_wrapper(name).is_some() => WRAPPERS_FILE,
        _ => return None,
    })
}

/// The file of the wrapper messages.
pub(super) const WRAPPERS_FILE: &str = "google/protobuf/wrappers.proto";
/// The file of the options that keep what only Connect knows.
pub(super) const META_FILE: &str = "confluent/meta.proto";

/// What stands in the registry for values that are no structs: the file of the wrapper messages.
pub(super) const WRAPPERS: &str = r#"syntax = "proto3";
package google.protobuf;

option java_package = "com.google.protobuf";
option java_outer_classname = "WrappersProto";
option java_multiple_files = true;

message DoubleValue {
  double value = 1;
}
message FloatValue {
  float value = 1;
}
message Int64Value {
  int64 value = 1;
}
message UInt64Value {
  uint64 value = 1;
}
message Int32Value {
  int32 value = 1;
}
message UInt32Value {
  uint32 value = 1;
}
message BoolValue {
  bool value = 1;
}
message StringValue {
  string value = 1;
}
message BytesValue {
  bytes value = 1;
}
"#;

macro_rules! files {
    ($($name:literal)*) => {
        &[$(($name, include_str!(concat!("known/", $name))),)*]
    };
}

const FILES: &[(&str, &str)] = files! {
    "confluent/meta.proto"
    "confluent/type/decimal.proto"
    "google/type/calendar_period.proto"
    "google/type/color.proto"
    "google/type/date.proto"
    "google/type/datetime.proto"
    "google/type/dayofweek.proto"
    "google/type/decimal.proto"
    "google/type/expr.proto"
    "google/type/fraction.proto"
    "google/type/interval.proto"
    "google/type/latlng.proto"
    "google/type/localized_text.proto"
    "google/type/money.proto"
    "google/type/month.proto"
    "google/type/phone_number.proto"
    "google/type/postal_address.proto"
    "google/type/quaternion.proto"
    "google/type/timeofday.proto"
};
