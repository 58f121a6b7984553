//! What a record costs in a transform or a predicate. `cargo bench -p windlass-transforms`
//!
//! The record is an order of eight fields, one of them a structure of three, with two headers. Making the record and
//! letting go of it are not counted.

use std::cell::RefCell;
use std::fmt;

use divan::{Bencher, black_box};
use windlass_api::{
    MapValue, Props, Record, RecordMut, Schema, SourceOffset, SourcePartition, SourceRecord,
    Struct, Value, timestamp,
};
use windlass_transforms::predicates::predicates;
use windlass_transforms::transforms;

fn main() {
    divan::main();
}

#[divan::bench(args = TRANSFORMS, sample_size = 64)]
fn with_schema(bencher: Bencher<'_, '_>, case: &Case) {
    apply(bencher, case, &record(true));
}

#[divan::bench(args = TRANSFORMS.iter().filter(|case| case.takes_schemaless()), sample_size = 64)]
fn schemaless(bencher: Bencher<'_, '_>, case: &Case) {
    apply(bencher, case, &record(false));
}

#[divan::bench(args = PREDICATES, sample_size = 64)]
fn predicate(bencher: Bencher<'_, '_>, case: &Case) {
    let class = predicates().iter().find(|p| p.class.ends_with(case.class));
    let mut predicate = (class.unwrap().new)();
    predicate.configure(&case.props()).unwrap();
    let mut record = record(true);
    bencher.bench_local(|| {
        predicate
            .test(black_box(&RecordMut::Source(&mut record)))
            .unwrap()
    });
}

fn apply(bencher: Bencher<'_, '_>, case: &Case, record: &SourceRecord) {
    let class = transforms().iter().find(|t| t.class.ends_with(case.class));
    let mut transform = (class.unwrap().new)();
    transform.configure(&case.props()).unwrap();
    let transform = RefCell::new(transform);
    bencher
        .with_inputs(|| record.clone())
        .bench_local_refs(|record| {
            let mut record = RecordMut::Source(black_box(record));
            transform.borrow_mut().apply(&mut record).unwrap()
        });
}

/// A class, by the end of its name, and its configuration.
struct Case {
    class: &'static str,
    config: &'static [(&'static str, &'static str)],
}

impl Case {
    fn takes_schemaless(&self) -> bool {
        !self.class.starts_with("SetSchemaMetadata")
    }

    fn props(&self) -> Props {
        let entries = self.config.iter();
        entries
            .map(|(name, value)| ((*name).to_owned(), Some((*value).to_owned())))
            .collect()
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            self.class
                .trim_start_matches('.')
                .trim_end_matches("$Value"),
        )?;
        let told = self
            .config
            .iter()
            .filter(|(name, _)| *name != "field.syntax.version");
        told.take(1)
            .try_for_each(|(_, value)| write!(f, " {value}"))
    }
}

const fn case(class: &'static str, config: &'static [(&'static str, &'static str)]) -> Case {
    Case { class, config }
}

const V2: (&str, &str) = ("field.syntax.version", "V2");

const TRANSFORMS: &[Case] = &[
    case("Cast$Value", &[("spec", "quantity:string,price:int64")]),
    case("Cast$Value", &[("spec", "address.number:int64"), V2]),
    case(".DropHeaders", &[("headers", "trace")]),
    case("ExtractField$Value", &[("field", "customer")]),
    case("ExtractField$Value", &[("field", "address.city"), V2]),
    case(".Filter", &[]),
    case("Flatten$Value", &[]),
    case(
        "HeaderFrom$Value",
        &[("fields", "id"), ("headers", "id"), ("operation", "move")],
    ),
    case(
        "HeaderFrom$Value",
        &[
            ("fields", "email"),
            ("headers", "id"),
            ("operation", "copy"),
        ],
    ),
    case("HoistField$Value", &[("field", "order")]),
    case(
        "InsertField$Value",
        &[("static.field", "source"), ("static.value", "shop")],
    ),
    case(
        "InsertField$Value",
        &[("topic.field", "topic"), ("timestamp.field", "at")],
    ),
    case(
        ".InsertHeader",
        &[("header", "source"), ("value.literal", "shop")],
    ),
    case("MaskField$Value", &[("fields", "email,note")]),
    case(
        "MaskField$Value",
        &[("fields", "address.street"), ("replacement", "***"), V2],
    ),
    case(
        ".RegexRouter",
        &[("regex", "(.*)-v1"), ("replacement", "$1")],
    ),
    case("ReplaceField$Value", &[("exclude", "note")]),
    case("ReplaceField$Value", &[("include", "id,customer,price")]),
    case(
        "ReplaceField$Value",
        &[("renames", "id:order_id,price:amount")],
    ),
    case(
        "SetSchemaMetadata$Value",
        &[("schema.name", "com.acme.Sale")],
    ),
    case(
        "TimestampConverter$Value",
        &[
            ("target.type", "string"),
            ("field", "placed"),
            ("format", "yyyy-MM-dd HH:mm:ss.SSS"),
        ],
    ),
    case(
        "TimestampConverter$Value",
        &[("target.type", "unix"), ("field", "placed")],
    ),
    case(".TimestampRouter", &[("timestamp.format", "yyyyMMdd")]),
    case(".ValueToKey", &[("fields", "id,customer")]),
];

const PREDICATES: &[Case] = &[
    case("HasHeaderKey", &[("name", "trace")]),
    case("RecordIsTombstone", &[]),
    case("TopicNameMatches", &[("pattern", "orders-.*")]),
];

fn record(with_schema: bool) -> SourceRecord {
    let order = order();
    let mut record = Record::new("orders-v1");
    record.timestamp = Some(1_600_000_000_123);
    record.headers.add_string("trace", "7f3a9c");
    record.headers.add_string("span", "01");
    if with_schema {
        record.value_schema = Some(order.schema().clone());
        record.value = order.into();
    } else {
        record.value = plain(&order);
    }
    SourceRecord {
        record,
        source_partition: SourcePartition::default(),
        source_offset: SourceOffset::None,
    }
}

fn order() -> Struct {
    let address = Schema::structure()
        .field("street", Schema::STRING)
        .field("number", Schema::INT32)
        .field("city", Schema::STRING)
        .build()
        .unwrap();
    let schema = Schema::structure()
        .name("com.acme.Order")
        .version(1)
        .field("id", Schema::INT64)
        .field("customer", Schema::STRING)
        .field("email", Schema::OPTIONAL_STRING)
        .field("quantity", Schema::INT32)
        .field("price", Schema::FLOAT64)
        .field("address", address)
        .field("placed", timestamp::schema())
        .field("note", Schema::OPTIONAL_STRING)
        .build()
        .unwrap();
    let address = vec!["Evergreen Terrace".into(), 742.into(), "Springfield".into()];
    let values = vec![
        1_234_567_890_123i64.into(),
        "Jane Doe-Smith of Springfield".into(),
        "jane.doe@example.com".into(),
        42.into(),
        1234.56.into(),
        Struct::from_values(schema.fields[5].schema.clone(), address)
            .unwrap()
            .into(),
        Value::Date(1_600_000_000_123),
        "leave it at the door, please".into(),
    ];
    Struct::from_values(schema, values).unwrap()
}

/// The same without a schema.
fn plain(structure: &Struct) -> Value {
    let entries = structure.iter().map(|(field, value)| match value {
        Value::Struct(inner) => (field.name.clone(), plain(inner)),
        Value::Date(millis) => (field.name.clone(), Value::Int64(*millis)),
        value => (field.name.clone(), value.clone()),
    });
    Value::Map(entries.collect::<MapValue>())
}
