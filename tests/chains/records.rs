//! The records that both workers read.

use serde_json::{Value, json};

use crate::kafka::{Produced, produce as write};

/// Writes records to a topic of their own.
pub(crate) fn produce(address: &str, topic: &str, records: &[Produced]) -> i64 {
    write(address, topic, records)
}

/// Orders with their schema, and tombstones among them.
pub(crate) fn orders() -> Vec<Produced> {
    let orders = [
        order(1, Some("anvil"), 19.99, 3, Some("Wien"), &["a", "b"]),
        order(-2, None, -0.5, 0, None, &[]),
        order(
            9_007_199_254_740_993,
            Some("\u{e4}\u{1f980} \"q\""),
            1e10,
            i32::MAX,
            Some(""),
            &["x"],
        ),
        order(4, Some("paint"), 0.001, -7, Some("Graz"), &["red", "green"]),
    ];
    let mut records: Vec<Produced> = (0..)
        .zip(orders)
        .map(|(n, order)| Produced {
            key: Some(format!("key-{n}").into_bytes()),
            value: Some(order.to_string().into_bytes()),
            timestamp: 1_600_000_000_123 + n * 86_400_000,
            headers: if n % 2 == 0 {
                vec![
                    ("kind", Some(b"even".to_vec())),
                    ("number", Some(n.to_string().into_bytes())),
                ]
            } else {
                vec![]
            },
        })
        .collect();
    records.insert(
        2,
        Produced {
            key: Some(b"gone".to_vec()),
            value: None,
            timestamp: 1_600_000_000_000,
            headers: vec![("kind", None)],
        },
    );
    records
}

fn order(
    id: i64,
    name: Option<&str>,
    price: f64,
    quantity: i32,
    city: Option<&str>,
    tags: &[&str],
) -> Value {
    let field = |name: &str, kind: &str, optional: bool| json!({"field": name, "type": kind, "optional": optional});
    json!({
        "schema": {
            "type": "struct", "name": "shop.Order", "version": 1, "optional": false,
            "fields": [
                field("id", "int64", false),
                field("name", "string", true),
                field("price", "double", false),
                field("quantity", "int32", false),
                field("active", "boolean", false),
                {"field": "at", "type": "int64", "optional": false, "name": "org.apache.kafka.connect.data.Timestamp", "version": 1},
                {"field": "address", "type": "struct", "optional": true, "fields": [
                    field("city", "string", true),
                    field("zip", "int32", false),
                ]},
                {"field": "tags", "type": "array", "optional": false, "items": {"type": "string", "optional": false}},
                {"field": "note", "type": "string", "optional": true, "default": "none"},
            ],
        },
        "payload": {
            "id": id, "name": name, "price": price, "quantity": quantity, "active": id > 0,
            "at": 1_600_000_000_123i64 + id.rem_euclid(1000) * 3_600_000,
            "address": city.map(|city| json!({"city": city, "zip": 1010})),
            "tags": tags,
            "note": null,
        },
    })
}

/// Records of which some stage refuses some.
pub(crate) fn broken() -> Vec<Produced> {
    let record = |key: &[u8], value: &str, header: &str| Produced {
        key: Some(key.to_vec()),
        value: Some(value.as_bytes().to_vec()),
        timestamp: 1_600_000_000_123,
        headers: vec![("h", Some(header.as_bytes().to_vec())), ("empty", None)],
    };
    vec![
        record(&7i64.to_be_bytes(), r#"{"id":1,"text":"7"}"#, "1"),
        record(b"short", r#"{"id":2,"text":"8"}"#, "2"),
        record(&8i64.to_be_bytes(), r#"{"id":"#, "3"),
        record(&9i64.to_be_bytes(), r#"{"id":4,"text":"nine"}"#, "{"),
        record(&9i64.to_be_bytes(), r#"[1,2]"#, "5"),
    ]
}
