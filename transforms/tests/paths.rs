//! Fields inside fields (`field.syntax.version=V2`) in the transforms whose Java classes know top-level fields only.

use windlass_api::{
    ErrorKind, MapValue, Props, Record, RecordMut, Result, Schema, SourceOffset, SourcePartition,
    SourceRecord, Struct, Type, Value, Verdict, timestamp,
};
use windlass_transforms::transforms;

/// `{"id": 7, "at": {"t": .., "by": "me"}}`
fn map(t: impl Into<Value>) -> Record {
    let at = MapValue::from_iter([("t", t.into()), ("by", "me".into())]);
    let mut record = Record::new("orders");
    record.value = MapValue::from_iter([("id", 7.into()), ("at", Value::Map(at))]).into();
    record
}

/// The same with a schema; `at` is optional and has a default.
fn structure(kind: &Schema, t: impl Into<Value>) -> Record {
    let plain = || {
        Schema::structure()
            .name("At")
            .field("t", kind.clone())
            .field("by", Schema::OPTIONAL_STRING)
            .optional()
    };
    let default = Struct::from_values(plain().build().unwrap(), vec![Value::Int64(0), Value::Null]);
    let at = match kind.kind {
        Type::Int64 if kind.name.is_none() => {
            plain().default_value(default.unwrap()).build().unwrap()
        }
        _ => plain().build().unwrap(),
    };
    let schema = Schema::structure().name("Order").field("id", Schema::INT32);
    let schema = schema.field("at", at.clone()).build().unwrap();
    let at = Struct::from_values(at, vec![t.into(), "me".into()]).unwrap();
    let mut record = Record::new("orders");
    record.value = Struct::from_values(schema.clone(), vec![7.into(), at.into()])
        .unwrap()
        .into();
    record.value_schema = Some(schema);
    record
}

fn apply(record: Record, class: &str, config: &[(&str, &str)]) -> Result<Record> {
    let class = format!("org.apache.kafka.connect.transforms.{class}$Value");
    let found = transforms().iter().find(|t| t.class == class);
    let mut transform = (found.unwrap().new)();
    let entries = config.iter().chain([&("field.syntax.version", "V2")]);
    let props: Props = entries
        .map(|(name, value)| ((*name).to_owned(), Some((*value).to_owned())))
        .collect();
    transform.configure(&props)?;
    let mut record = SourceRecord {
        record,
        source_partition: SourcePartition::default(),
        source_offset: SourceOffset::None,
    };
    let verdict = transform.apply(&mut RecordMut::Source(&mut record))?;
    assert_eq!(verdict, Verdict::Keep);
    Ok(record.record)
}

/// The inner structure of a result, whose outer fields must be what they were.
fn at(record: &Record) -> Struct {
    let outer = record.value.as_struct().unwrap();
    assert_eq!(outer.schema(), record.value_schema.as_ref().unwrap());
    assert_eq!(outer.get("id").unwrap(), &Value::Int32(7));
    outer.validate().unwrap();
    outer.structure("at").unwrap().unwrap().clone()
}

#[test]
fn cast() {
    let config = &[("spec", "at.t:string,id:int32")];
    let cast = apply(map(5i64), "Cast", config).unwrap();
    assert_eq!(cast, map("5"));

    let cast = apply(structure(&Schema::INT64, 5i64), "Cast", config).unwrap();
    let inner = at(&cast);
    assert_eq!(inner.values(), ["5".into(), "me".into()]);
    assert_eq!(
        (inner.schema().name.as_deref(), inner.schema().optional),
        (Some("At"), true)
    );
    let default = inner.schema().default.as_ref().unwrap();
    assert_eq!(
        default.as_struct().unwrap().values(),
        ["0".into(), Value::Null]
    );
}

#[test]
fn an_inner_structure_that_is_null_or_missing_is_left_alone() {
    let config = &[("spec", "at.t:string,none.t:string")];
    let mut record = map(5i64);
    record.value = MapValue::from_iter([("at", Value::Null)]).into();
    assert_eq!(apply(record.clone(), "Cast", config).unwrap(), record);
    record.value = MapValue::from_iter([("at", 5)]).into();
    let error = apply(record, "Cast", config).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Data);

    let mut record = structure(&Schema::STRING, "x");
    let schema = record.value_schema.clone().unwrap();
    record.value = Struct::from_values(schema, vec![7.into(), Value::Null])
        .unwrap()
        .into();
    let cast = apply(record, "Cast", config).unwrap();
    assert_eq!(
        cast.value.as_struct().unwrap().values(),
        [7.into(), Value::Null]
    );
}

#[test]
fn a_field_cannot_be_cast_whole_and_in_part() {
    let error = apply(map(5i64), "Cast", &[("spec", "at:string,at.t:string")]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
}

#[test]
fn convert_timestamps() {
    let config = &[
        ("field", "at.t"),
        ("target.type", "string"),
        ("format", "yyyy-MM-dd"),
    ];
    let text = apply(map(86_400_000i64), "TimestampConverter", config).unwrap();
    assert_eq!(text, map("1970-01-02"));
    let record = structure(&timestamp::schema(), Value::Date(86_400_000));
    let text = apply(record, "TimestampConverter", config).unwrap();
    let inner = at(&text);
    assert_eq!(inner.values(), ["1970-01-02".into(), "me".into()]);
    assert_eq!(inner.schema().field("t").unwrap().schema, Schema::STRING);
}

#[test]
fn insert_fields() {
    let config = &[
        ("topic.field", "at.from!"),
        ("static.field", "tag"),
        ("static.value", "v"),
    ];
    let record = apply(map(1), "InsertField", config).unwrap();
    let value = record.value.as_map().unwrap();
    let inner = value.get_str("at").unwrap().as_map().unwrap();
    assert_eq!(inner.get_str("from"), Some(&"orders".into()));
    assert_eq!(value.get_str("tag"), Some(&"v".into()));

    let record = apply(structure(&Schema::STRING, "x"), "InsertField", config).unwrap();
    let inner = at(&record);
    assert_eq!(inner.values(), ["x".into(), "me".into(), "orders".into()]);
    assert_eq!(inner.schema().field("from").unwrap().schema, Schema::STRING);
    let outer = record.value.as_struct().unwrap();
    assert_eq!(outer.get("tag").unwrap(), &"v".into());

    let missing = &[("topic.field", "none.from")];
    let error = apply(structure(&Schema::STRING, "x"), "InsertField", missing).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Data);
}
