//! Any record through any transform or predicate with any configuration: a record, an error, or dropped.
#![no_main]

use libfuzzer_sys::arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use windlass_api::{
    ConfigDef, Decimal, Header, Kind, MapValue, Props, Record, RecordMut, Schema, SchemaBuilder,
    SinkRecord, SourceOffset, SourcePartition, SourceRecord, Struct, TimestampType, Type, Value,
    date, decimal, time, timestamp,
};
use windlass_transforms::predicates::predicates;
use windlass_transforms::transforms;

fuzz_target!(|data: &[u8]| {
    // Running out of input ends a case, wherever that is.
    let _ = run(&mut Unstructured::new(data));
});

fn run(u: &mut Unstructured<'_>) -> Result<()> {
    if u.ratio(1, 8)? {
        let mut predicate = (u.choose(predicates())?.new)();
        if predicate.configure(&props(u, &predicate.config())?).is_ok() {
            while !u.is_empty() {
                with_record(u, |record| drop(predicate.test(record)))?;
            }
        }
        return Ok(());
    }
    let mut transform = (u.choose(transforms())?.new)();
    if transform.configure(&props(u, &transform.config())?).is_ok() {
        // Later records find what was worked out for the schemas of earlier ones.
        while !u.is_empty() {
            with_record(u, |record| drop(transform.apply(record)))?;
        }
    }
    Ok(())
}

/// Mostly values that mean something, for names that records have.
fn props(u: &mut Unstructured<'_>, def: &ConfigDef) -> Result<Props> {
    let mut props = Props::new();
    let own = def.keys().map(|key| (key.name.clone(), Some(key.kind)));
    for (name, kind) in own.chain([("field.syntax.version".to_owned(), None)]) {
        let value = match (u.int_in_range(0..=7)?, kind) {
            (0 | 1, _) => continue,
            (2, _) => None,
            (3, _) => Some(text(u)?),
            (_, None) => Some("V2".to_owned()),
            (_, Some(Kind::Boolean)) => Some(u.arbitrary::<bool>()?.to_string()),
            (_, Some(Kind::Int)) => Some(u.arbitrary::<i32>()?.to_string()),
            (_, Some(Kind::List)) => {
                let mut items = vec![item(u)?];
                while u.arbitrary()? {
                    items.push(item(u)?);
                }
                Some(items.join(","))
            }
            (_, Some(_)) => Some((*u.choose(WORDS)?).to_owned()),
        };
        props.insert(name, value);
    }
    Ok(props)
}

/// An item of a list: a path, or a path with a type or a new name.
fn item(u: &mut Unstructured<'_>) -> Result<String> {
    let mut item = (*u.choose(NAMES)?).to_owned();
    while more(u, 3)? {
        item.push('.');
        item.push_str(u.choose(NAMES)?);
    }
    if u.arbitrary()? {
        item.push(':');
        item.push_str(u.choose(WORDS)?);
    }
    Ok(item)
}

fn with_record(u: &mut Unstructured<'_>, use_it: impl FnOnce(&mut RecordMut<'_>)) -> Result<()> {
    let mut record = Record::new(*u.choose(NAMES)?);
    record.partition = u.arbitrary()?;
    record.timestamp = u.arbitrary()?;
    (record.key_schema, record.key) = content(u)?;
    (record.value_schema, record.value) = content(u)?;
    while more(u, 4)? {
        let (schema, value) = content(u)?;
        let key = (*u.choose(NAMES)?).into();
        record.headers.add(Header { key, schema, value });
    }
    if u.arbitrary()? {
        use_it(&mut RecordMut::Source(&mut SourceRecord {
            record,
            source_partition: SourcePartition::default(),
            source_offset: SourceOffset::None,
        }));
    } else {
        use_it(&mut RecordMut::Sink(&mut SinkRecord {
            original_topic: record.topic.clone(),
            original_partition: 0,
            kafka_offset: u.arbitrary()?,
            timestamp_type: TimestampType::CreateTime,
            record,
        }));
    }
    Ok(())
}

/// A schema and a value, which fits it most of the time, or no schema.
fn content(u: &mut Unstructured<'_>) -> Result<(Option<Schema>, Value)> {
    if u.ratio(1, 3)? {
        return Ok((None, value(u, 4)?));
    }
    let schema = schema(u, 4)?;
    let value = match u.ratio(1, 8)? {
        true => value(u, 4)?,
        false => value_of(u, &schema)?,
    };
    Ok((Some(schema), value))
}

fn schema(u: &mut Unstructured<'_>, depth: usize) -> Result<Schema> {
    let kind = u.int_in_range(0..=if depth == 0 { 12 } else { 18 })?;
    let mut builder = match kind {
        0..=8 => Schema::builder(Type::PRIMITIVES[kind]),
        9 => return Ok(date::schema()),
        10 => return Ok(time::schema()),
        11 => return Ok(timestamp::schema()),
        12 => return Ok(decimal::schema(u.int_in_range(-3..=9)?)),
        13 => Schema::array(schema(u, depth - 1)?),
        14 => Schema::map(schema(u, depth - 1)?, schema(u, depth - 1)?),
        _ => fields(u, depth - 1)?,
    };
    if u.arbitrary()? {
        builder = builder.optional();
    }
    if u.ratio(1, 8)? {
        builder = builder.name(*u.choose(NAMES)?);
    }
    let plain = builder.draft();
    if u.ratio(1, 4)? {
        builder = builder.default_value(value_of(u, &plain)?);
    }
    Ok(builder.build().unwrap_or(plain))
}

fn fields(u: &mut Unstructured<'_>, depth: usize) -> Result<SchemaBuilder> {
    let mut builder = Schema::structure();
    for name in NAMES {
        if u.ratio(1, 3)? {
            builder = builder.field(*name, schema(u, depth)?);
        }
    }
    Ok(builder)
}

/// A value of a schema, or null.
fn value_of(u: &mut Unstructured<'_>, schema: &Schema) -> Result<Value> {
    if u.ratio(1, 6)? {
        return Ok(Value::Null);
    }
    if schema.name.as_ref().is_some_and(|name| name.starts_with("org.apache")) {
        return match schema.kind {
            Type::Bytes => Ok(decimal(u)?.into()),
            _ => Ok(Value::Date(u.arbitrary()?)),
        };
    }
    Ok(match (schema.kind, &schema.key_schema, &schema.value_schema) {
        (Type::Struct, ..) => {
            let fields = schema.fields.iter().map(|field| value_of(u, &field.schema));
            let values = fields.collect::<Result<_>>()?;
            Struct::from_values(schema.clone(), values).unwrap().into()
        }
        (Type::Array, _, Some(element)) => {
            let mut elements = Vec::new();
            while more(u, 2)? {
                elements.push(value_of(u, element)?);
            }
            elements.into()
        }
        (Type::Map, Some(key), Some(value)) => {
            let mut map = MapValue::new();
            while more(u, 2)? {
                map.insert(value_of(u, key)?, value_of(u, value)?);
            }
            map.into()
        }
        (kind, ..) => primitive(u, kind)?,
    })
}

/// Schemaless data.
fn value(u: &mut Unstructured<'_>, depth: usize) -> Result<Value> {
    let kind = u.int_in_range(0..=if depth == 0 { 12 } else { 18 })?;
    Ok(match kind {
        0..=8 => primitive(u, Type::PRIMITIVES[kind])?,
        9 => Value::Null,
        10 => Value::Date(u.arbitrary()?),
        11 => decimal(u)?.into(),
        12 => Value::BigInteger(Box::new(decimal(u)?.unscaled)),
        13 => {
            let mut elements = Vec::new();
            while more(u, 2)? {
                elements.push(value(u, depth - 1)?);
            }
            elements.into()
        }
        14 => {
            let schema = schema(u, depth - 1)?;
            value_of(u, &schema)?
        }
        _ => {
            let mut map = MapValue::new();
            for name in NAMES {
                if u.ratio(1, 3)? {
                    map.insert(*name, value(u, depth - 1)?);
                }
            }
            if u.ratio(1, 8)? {
                map.insert(value(u, 0)?, value(u, depth - 1)?);
            }
            map.into()
        }
    })
}

fn primitive(u: &mut Unstructured<'_>, kind: Type) -> Result<Value> {
    Ok(match kind {
        Type::Int8 => u.arbitrary::<i8>()?.into(),
        Type::Int16 => u.arbitrary::<i16>()?.into(),
        Type::Int32 => u.arbitrary::<i32>()?.into(),
        Type::Int64 => u.arbitrary::<i64>()?.into(),
        Type::Float32 => u.arbitrary::<f32>()?.into(),
        Type::Float64 => u.arbitrary::<f64>()?.into(),
        Type::Boolean => u.arbitrary::<bool>()?.into(),
        Type::Bytes => text(u)?.into_bytes().into(),
        _ => text(u)?.into(),
    })
}

fn decimal(u: &mut Unstructured<'_>) -> Result<Decimal> {
    Ok(Decimal {
        unscaled: u.arbitrary::<i128>()?.into(),
        scale: u.arbitrary()?,
    })
}

/// Whether there is one more, once in so many times. An input that is used up would go on saying yes.
fn more(u: &mut Unstructured<'_>, of: u8) -> Result<bool> {
    Ok(!u.is_empty() && u.ratio(1, of)?)
}

/// A short text: patterns may take long to try.
fn text(u: &mut Unstructured<'_>) -> Result<String> {
    if u.arbitrary()? {
        return Ok((*u.choose(WORDS)?).to_owned());
    }
    Ok(u.arbitrary::<&str>()?.chars().take(32).collect())
}

const NAMES: &[&str] = &["a", "b", "c", "d.e", "`", "f"];

const WORDS: &[&str] = &[
    "a", "b", "c.f", "`d.e`", "", "a!", "b?", "int8", "int64", "float32", "boolean", "string", "unix", "Date", "Time",
    "Timestamp", "seconds", "nanoseconds", "move", "copy", "yyyy-MM-dd HH:mm:ss.SSSXXX", "EEE, d MMM yy z", "(a)|b",
    "$1-$2", "${topic}-${timestamp}", "12", "1.5e3", "true", "null", "2020-01-02", "[1,2]", "9223372036854775807",
];
