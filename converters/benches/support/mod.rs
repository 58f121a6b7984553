//! What the benches of converters share.

use windlass_api::{Schema, Struct, Value, timestamp};

/// Eight fields, about 750 bytes in an envelope.
pub(crate) fn order() -> Struct {
    let schema = Schema::structure()
        .name("com.acme.Order")
        .version(1)
        .field("id", Schema::INT64)
        .field("customer", Schema::STRING)
        .field("email", Schema::OPTIONAL_STRING)
        .field("quantity", Schema::INT32)
        .field("price", Schema::FLOAT64)
        .field("paid", Schema::BOOLEAN)
        .field("placed", timestamp::schema())
        .field("note", Schema::OPTIONAL_STRING)
        .build()
        .unwrap();
    let mut order = Struct::new(schema).unwrap();
    order.put("id", 1_234_567_890_123i64).unwrap();
    order
        .put("customer", "Jane Doe-Smith of Springfield")
        .unwrap();
    order.put("email", "jane.doe@example.com").unwrap();
    order.put("quantity", 42).unwrap();
    order.put("price", 1234.56).unwrap();
    order.put("paid", true).unwrap();
    order.put("placed", Value::Date(1_600_000_000_123)).unwrap();
    order.put("note", "leave it at the door, please").unwrap();
    order
}
