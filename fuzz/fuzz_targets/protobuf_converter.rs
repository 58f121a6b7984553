//! Any text as a `.proto` file, and any bytes as a message of it and of one of every type.
#![no_main]

use std::sync::LazyLock;

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use windlass_converters::protobuf::{Decoder, Encoder, Options, ProtoFile, to_proto};

fuzz_target!(|data: &[u8]| {
    let Some((flags, rest)) = data.split_first() else {
        return;
    };
    // The schema ends with the first zero; without one all is a message of the known schema.
    let (text, message) = match rest.iter().position(|b| *b == 0) {
        Some(at) if flags & 128 != 0 => (Some(&rest[..at]), &rest[at + 1..]),
        _ => (None, rest),
    };
    let options = Options {
        generalized_sum_types: flags & 1 != 0,
        enhanced_schemas: flags & 2 != 0,
        int_for_enums: flags & 4 != 0,
        optional_for_nullables: flags & 8 != 0,
        wrapper_for_nullables: flags & 16 != 0,
        generate_struct_for_nulls: flags & 32 != 0,
        flatten_unions: flags & 64 != 0,
        ..Options::default()
    };
    let file = match text {
        Some(text) => ProtoFile::compile(&String::from_utf8_lossy(text), &[]),
        None => Ok(KNOWN.clone()),
    };
    let Ok(message_type) = file.and_then(|file| file.message_at(&[0])) else {
        return;
    };
    let Ok(decoder) = Decoder::new(&message_type, None, &options) else {
        return;
    };
    let Ok(value) = decoder.read(&Bytes::copy_from_slice(message)) else {
        return;
    };
    let Ok(proto) = to_proto(decoder.schema(), &options) else {
        return;
    };
    let _ = ProtoFile::compile(&proto.text, &[]);
    if let Ok(encoder) = Encoder::new(decoder.schema(), &message_type, &options) {
        let mut out = Vec::new();
        if encoder.push(&mut out, &value).is_ok() {
            decoder.read(&out.into()).unwrap();
        }
    }
});

static KNOWN: LazyLock<ProtoFile> = LazyLock::new(|| ProtoFile::compile(SCHEMA, &[]).unwrap());

const SCHEMA: &str = r#"syntax = "proto3";
import "confluent/type/decimal.proto";
import "google/type/date.proto";
import "google/type/timeofday.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";
message All {
  int32 a = 1; sint64 b = 2; fixed32 c = 3; uint64 d = 4; float e = 5; double f = 6; bool g = 7; string h = 8; bytes i = 9;
  optional int64 j = 10; repeated int32 k = 11; repeated string l = 12; map<string, Inner> m = 13; Inner n = 14;
  oneof o { int32 p = 15; Inner q = 16; google.protobuf.StringValue r = 17; E s = 18; }
  confluent.type.Decimal t = 19; google.type.Date u = 20; google.type.TimeOfDay v = 21; google.protobuf.Timestamp w = 22;
  E x = 23; repeated E y = 24; repeated google.protobuf.Timestamp z = 25;
}
message Inner { int32 x = 1; repeated double y = 2; }
enum E { ZERO = 0; ONE = 1; }
"#;
