//! Chains of transforms and predicates: every class, alone and with others.

use crate::{JSON, Keys, PLAIN};

/// Name and properties.
pub(crate) fn all() -> Vec<(&'static str, Keys)> {
    CHAINS
        .iter()
        .map(|(name, chain)| {
            let converters = [("key.converter", PLAIN), ("value.converter", JSON)];
            let keys = converters.iter().chain(*chain);
            let keys = keys.map(|(key, value)| ((*key).to_owned(), class(key, value)));
            let mut keys: Keys = keys.collect();
            let aliases = |prefix: &str| {
                let mut aliases: Vec<&str> = chain
                    .iter()
                    .filter(|(key, _)| key.ends_with(".type"))
                    .filter_map(|(key, _)| key.strip_prefix(prefix)?.strip_suffix(".type"))
                    .filter(|alias| !alias.contains('.'))
                    .collect();
                aliases.dedup();
                aliases.join(",")
            };
            keys.push(("transforms".to_owned(), aliases("transforms.")));
            keys.push(("predicates".to_owned(), aliases("predicates.")));
            (*name, keys)
        })
        .collect()
}

/// The classes of a `type` are written without their package.
fn class(key: &str, value: &str) -> String {
    let package = "org.apache.kafka.connect.transforms";
    match key {
        key if key.starts_with("predicates.") && key.ends_with(".type") => {
            format!("{package}.predicates.{value}")
        }
        // The target of TimestampConverter ends with `.type`, too.
        key if key.ends_with(".type") && !key.ends_with("target.type") => {
            format!("{package}.{value}")
        }
        _ => value.to_owned(),
    }
}

type Chain = &'static [(&'static str, &'static str)];

const CHAINS: &[(&str, Chain)] = &[
    ("nothing", &[]),
    (
        "cast-fields",
        &[
            ("transforms.a.type", "Cast$Value"),
            (
                "transforms.a.spec",
                "id:string,price:int32,quantity:float64,active:string,at:string",
            ),
        ],
    ),
    (
        "cast-whole",
        &[
            ("transforms.a.type", "ExtractField$Value"),
            ("transforms.a.field", "price"),
            ("transforms.b.type", "Cast$Value"),
            ("transforms.b.spec", "int8"),
        ],
    ),
    (
        "flatten",
        &[
            ("transforms.a.type", "Flatten$Value"),
            ("transforms.a.delimiter", "_"),
            ("transforms.b.type", "ReplaceField$Value"),
            ("transforms.b.exclude", "tags"),
        ],
    ),
    (
        "extract",
        &[
            ("transforms.a.type", "ExtractField$Value"),
            ("transforms.a.field", "at"),
        ],
    ),
    (
        "extract-nested",
        &[
            ("transforms.a.type", "ExtractField$Value"),
            ("transforms.a.field", "address.city"),
            ("transforms.a.field.syntax.version", "V2"),
        ],
    ),
    (
        "insert",
        &[
            ("transforms.a.type", "InsertField$Value"),
            ("transforms.a.topic.field", "topic!"),
            ("transforms.a.partition.field", "partition"),
            ("transforms.a.offset.field", "offset?"),
            ("transforms.a.timestamp.field", "ts"),
            ("transforms.a.static.field", "source"),
            ("transforms.a.static.value", "shop"),
        ],
    ),
    (
        "rename",
        &[
            ("transforms.a.type", "ReplaceField$Value"),
            ("transforms.a.exclude", "note,tags"),
            ("transforms.a.renames", "id:key,price:cost"),
        ],
    ),
    (
        "include",
        &[
            ("transforms.a.type", "ReplaceField$Value"),
            ("transforms.a.include", "id,name,at"),
        ],
    ),
    (
        "mask",
        &[
            ("transforms.a.type", "MaskField$Value"),
            ("transforms.a.fields", "name,price,quantity,active,at,tags"),
        ],
    ),
    (
        "mask-replacement",
        &[
            ("transforms.a.type", "MaskField$Value"),
            ("transforms.a.fields", "quantity,price"),
            ("transforms.a.replacement", "42"),
        ],
    ),
    (
        "hoist",
        &[
            ("transforms.a.type", "HoistField$Value"),
            ("transforms.a.field", "order"),
        ],
    ),
    (
        "schema-metadata",
        &[
            ("transforms.a.type", "SetSchemaMetadata$Value"),
            ("transforms.a.schema.name", "other.Order"),
            ("transforms.a.schema.version", "7"),
            ("transforms.a.predicate", "gone"),
            ("transforms.a.negate", "true"),
            ("predicates.gone.type", "RecordIsTombstone"),
        ],
    ),
    (
        "timestamp-text",
        &[
            ("transforms.a.type", "TimestampConverter$Value"),
            ("transforms.a.field", "at"),
            ("transforms.a.target.type", "string"),
            ("transforms.a.format", "EEE, d MMM yyyy HH:mm:ss.SSS Z"),
        ],
    ),
    (
        "timestamp-unix",
        &[
            ("transforms.a.type", "TimestampConverter$Value"),
            ("transforms.a.field", "at"),
            ("transforms.a.target.type", "unix"),
            ("transforms.a.unix.precision", "seconds"),
        ],
    ),
    (
        "timestamp-date",
        &[
            ("transforms.a.type", "TimestampConverter$Value"),
            ("transforms.a.field", "at"),
            ("transforms.a.target.type", "Date"),
        ],
    ),
    (
        "timestamp-time",
        &[
            ("transforms.a.type", "TimestampConverter$Value"),
            ("transforms.a.field", "at"),
            ("transforms.a.target.type", "Time"),
            ("transforms.b.type", "ExtractField$Value"),
            ("transforms.b.field", "at"),
        ],
    ),
    (
        "regex-router",
        &[
            ("transforms.a.type", "RegexRouter"),
            ("transforms.a.regex", "(\\\\w+)-(\\\\d+)"),
            ("transforms.a.replacement", "$1.routed"),
            ("transforms.b.type", "InsertField$Value"),
            ("transforms.b.topic.field", "topic"),
        ],
    ),
    (
        "timestamp-router",
        &[
            ("transforms.a.type", "TimestampRouter"),
            ("transforms.a.topic.format", "day-${timestamp}"),
            ("transforms.a.timestamp.format", "yyyy-MM-dd"),
            ("transforms.b.type", "InsertField$Value"),
            ("transforms.b.topic.field", "topic"),
        ],
    ),
    (
        "filter-tombstones",
        &[
            ("transforms.a.type", "Filter"),
            ("transforms.a.predicate", "gone"),
            ("predicates.gone.type", "RecordIsTombstone"),
        ],
    ),
    (
        "filter-topics",
        &[
            ("transforms.a.type", "Filter"),
            ("transforms.a.predicate", "chains"),
            ("transforms.a.negate", "true"),
            ("predicates.chains.type", "TopicNameMatches"),
            ("predicates.chains.pattern", "chains-.*"),
        ],
    ),
    (
        "has-header",
        &[
            ("transforms.a.type", "InsertField$Value"),
            ("transforms.a.static.field", "even"),
            ("transforms.a.static.value", "yes"),
            ("transforms.a.predicate", "even"),
            ("predicates.even.type", "HasHeaderKey"),
            ("predicates.even.name", "number"),
        ],
    ),
    (
        "insert-header",
        &[
            ("transforms.a.type", "InsertHeader"),
            ("transforms.a.header", "made"),
            ("transforms.a.value.literal", "1"),
            ("transforms.a.predicate", "even"),
            ("transforms.b.type", "InsertField$Value"),
            ("transforms.b.static.field", "made"),
            ("transforms.b.static.value", "yes"),
            ("transforms.b.predicate", "made"),
            ("predicates.even.type", "HasHeaderKey"),
            ("predicates.even.name", "number"),
            ("predicates.made.type", "HasHeaderKey"),
            ("predicates.made.name", "made"),
        ],
    ),
    (
        "drop-headers",
        &[
            ("transforms.a.type", "DropHeaders"),
            ("transforms.a.headers", "number"),
            ("transforms.b.type", "Filter"),
            ("transforms.b.predicate", "even"),
            ("predicates.even.type", "HasHeaderKey"),
            ("predicates.even.name", "number"),
        ],
    ),
    (
        "header-from",
        &[
            ("transforms.a.type", "HeaderFrom$Value"),
            ("transforms.a.fields", "name,price"),
            ("transforms.a.headers", "name,cost"),
            ("transforms.a.operation", "move"),
            ("transforms.b.type", "InsertField$Value"),
            ("transforms.b.static.field", "moved"),
            ("transforms.b.static.value", "yes"),
            ("transforms.b.predicate", "moved"),
            ("predicates.moved.type", "HasHeaderKey"),
            ("predicates.moved.name", "cost"),
        ],
    ),
    (
        "value-to-key",
        &[
            ("transforms.a.type", "ValueToKey"),
            ("transforms.a.fields", "id,name"),
            ("transforms.b.type", "ExtractField$Key"),
            ("transforms.b.field", "id"),
            ("transforms.c.type", "Cast$Key"),
            ("transforms.c.spec", "int8"),
        ],
    ),
    (
        "long",
        &[
            ("transforms.a.type", "Flatten$Value"),
            ("transforms.a.delimiter", "."),
            ("transforms.b.type", "ReplaceField$Value"),
            ("transforms.b.renames", "address.city:city"),
            ("transforms.c.type", "Cast$Value"),
            ("transforms.c.spec", "price:string,id:int32"),
            ("transforms.d.type", "MaskField$Value"),
            ("transforms.d.fields", "name"),
            ("transforms.e.type", "HoistField$Value"),
            ("transforms.e.field", "row"),
            ("transforms.f.type", "InsertField$Value"),
            ("transforms.f.timestamp.field", "ts"),
        ],
    ),
    (
        "schemaless",
        &[
            ("value.converter.schemas.enable", "false"),
            ("transforms.a.type", "ExtractField$Value"),
            ("transforms.a.field", "payload"),
            ("transforms.b.type", "ReplaceField$Value"),
            ("transforms.b.include", "price"),
            ("transforms.c.type", "Cast$Value"),
            ("transforms.c.spec", "price:string"),
        ],
    ),
    (
        "schemaless-time",
        &[
            ("value.converter.schemas.enable", "false"),
            ("transforms.a.type", "ExtractField$Value"),
            ("transforms.a.field", "payload.at"),
            ("transforms.a.field.syntax.version", "V2"),
            ("transforms.b.type", "TimestampConverter$Value"),
            ("transforms.b.target.type", "string"),
            ("transforms.b.format", "yyyy-MM-dd"),
        ],
    ),
];
