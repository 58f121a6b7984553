//! From JSON to Connect data.

use windlass_api::{
    Logical, MapValue, Schema, Struct, Type, Value, date, decimal, time, timestamp,
};

use super::base64;
use super::dialect::Dialect;
use super::error::{self, ReadResult};
use super::scanner::{Kind, Scanner};
use crate::json_schema::union;

/// Reads values off a scanner, straight into what schemas demand.
///
/// Where a number, truth or text of another kind stands than the schema says, Java's answer is zero, false or null
/// and no error; so is this one's.
pub(crate) struct Reader<'a> {
    pub(crate) scanner: Scanner<'a>,
    dialect: Dialect,
    replace_null: bool,
    /// Nulls that stand for text or bytes of another kind where the schema is required: an error once in a struct.
    refused_nulls: usize,
}

impl<'a> Reader<'a> {
    /// A reader of what a scanner reads; `replace_null` puts the schema's default for null.
    pub(crate) fn new(dialect: Dialect, scanner: Scanner<'a>, replace_null: bool) -> Self {
        Reader {
            scanner,
            dialect,
            replace_null,
            refused_nulls: 0,
        }
    }

    /// Reads a value of any kind: integers become `int64`, other numbers `float64`, objects maps.
    pub(crate) fn any(&mut self) -> ReadResult<Value> {
        let kind = self.scanner.peek()?;
        self.any_of(kind)
    }

    /// Reads a value for a schema; without one, a value of any kind.
    pub(crate) fn value(&mut self, schema: Option<&Schema>) -> ReadResult<Value> {
        match schema {
            Some(schema) => self.typed(schema),
            None => self.any(),
        }
    }

    /// Reads a value for a schema.
    pub(crate) fn typed(&mut self, schema: &Schema) -> ReadResult<Value> {
        let kind = self.scanner.peek()?;
        if kind == Kind::Null {
            self.scanner.null()?;
            return self.absent(schema);
        }
        if schema.name.is_some()
            && let Some(logical) = Logical::of(schema)
        {
            return self.logical(schema, logical, kind);
        }
        match schema.kind {
            Type::Int8 => Ok(Value::Int8(self.integer(kind)? as i8)),
            Type::Int16 => Ok(Value::Int16(self.integer(kind)? as i16)),
            Type::Int32 => Ok(Value::Int32(self.integer(kind)? as i32)),
            Type::Int64 => Ok(Value::Int64(self.integer(kind)?)),
            Type::Float32 if kind == Kind::Number => {
                Ok(Value::Float32(self.scanner.number()?.to_f32()))
            }
            Type::Float32 => self.other(Value::Float32(0.0), kind),
            Type::Float64 if kind == Kind::Number => {
                Ok(Value::Float64(self.scanner.number()?.to_f64()))
            }
            Type::Float64 => self.other(Value::Float64(0.0), kind),
            Type::Boolean if kind == Kind::Boolean => Ok(Value::Boolean(self.scanner.boolean()?)),
            Type::Boolean => self.other(Value::Boolean(false), kind),
            Type::String if kind == Kind::String => Ok(Value::String(self.scanner.string()?)),
            Type::Bytes if kind == Kind::String => {
                let text = self.scanner.string()?;
                let bytes =
                    base64::decode(&text).ok_or_else(|| error::data("Invalid bytes field"))?;
                Ok(Value::from(bytes))
            }
            Type::Bytes if self.dialect == Dialect::JsonSchema => {
                Err(error::data("Invalid bytes field"))
            }
            Type::String if self.dialect == Dialect::JsonSchema => self.other(Value::Null, kind),
            Type::String | Type::Bytes => {
                self.refused_nulls += usize::from(!schema.optional);
                self.other(Value::Null, kind)
            }
            Type::Array => self.array(schema.value_schema.as_ref(), kind),
            Type::Map => self.map(schema, kind),
            Type::Struct if self.dialect == Dialect::JsonSchema && union::is_union(schema) => {
                self.union(schema, kind)
            }
            Type::Struct => self.structure(schema, kind),
        }
    }

    /// The value of a null.
    pub(crate) fn absent(&self, schema: &Schema) -> ReadResult<Value> {
        match &schema.default {
            Some(default) if self.replace_null => Ok(default.clone()),
            _ if schema.optional => Ok(Value::Null),
            _ => Err(error::data(format!(
                "Invalid null value for required {} field",
                schema.kind
            ))),
        }
    }

    /// The value of a field that is not there.
    fn missing(&self, schema: &Schema) -> ReadResult<Value> {
        match self.dialect {
            Dialect::Envelope => self.absent(schema),
            Dialect::JsonSchema => Ok(schema.default.clone().unwrap_or(Value::Null)),
        }
    }

    fn any_of(&mut self, kind: Kind) -> ReadResult<Value> {
        Ok(match kind {
            Kind::Null => {
                self.scanner.null()?;
                Value::Null
            }
            Kind::Missing => Value::Null,
            Kind::Boolean => Value::Boolean(self.scanner.boolean()?),
            Kind::Number => {
                let number = self.scanner.number()?;
                if number.is_integral() {
                    Value::Int64(number.to_i64())
                } else {
                    Value::Float64(number.to_f64())
                }
            }
            Kind::String => Value::String(self.scanner.string()?),
            Kind::Array => self.array(None, kind)?,
            Kind::Object => self.object(None)?,
        })
    }

    /// An integer, or zero for what is no number.
    fn integer(&mut self, kind: Kind) -> ReadResult<i64> {
        if kind == Kind::Number {
            return Ok(self.scanner.number()?.to_i64());
        }
        self.skip(kind)?;
        Ok(0)
    }

    /// Reads over a value of the wrong kind.
    fn other(&mut self, instead: Value, kind: Kind) -> ReadResult<Value> {
        self.skip(kind)?;
        Ok(instead)
    }

    fn skip(&mut self, kind: Kind) -> ReadResult<()> {
        if kind == Kind::Missing {
            Ok(())
        } else {
            self.scanner.skip()
        }
    }

    fn logical(&mut self, schema: &Schema, logical: Logical, kind: Kind) -> ReadResult<Value> {
        if logical == Logical::Decimal {
            return self.decimal(schema, kind);
        }
        let number = if kind == Kind::Number {
            Some(self.scanner.number()?)
        } else {
            None
        };
        let millis = match (logical, number) {
            (Logical::Timestamp, Some(number)) if number.is_integral() => {
                timestamp::to_logical(schema, number.to_i64())
            }
            (Logical::Timestamp, _) => return Err(wrong_kind("Timestamp", "integral", kind)),
            (_, number) => match (logical, number.and_then(|n| n.as_int())) {
                (Logical::Date, Some(days)) => date::to_logical(schema, days),
                (Logical::Date, None) => return Err(wrong_kind("Date", "integer", kind)),
                (_, Some(millis)) => time::to_logical(schema, millis),
                (_, None) => return Err(wrong_kind("Time", "integer", kind)),
            },
        };
        Ok(Value::Date(millis?))
    }

    fn decimal(&mut self, schema: &Schema, kind: Kind) -> ReadResult<Value> {
        match kind {
            Kind::Number => Ok(self.scanner.number()?.to_decimal().into()),
            Kind::String => {
                let text = self.scanner.string()?;
                let invalid =
                    || windlass_api::ConnectError::data("Invalid bytes for Decimal field");
                let bytes = base64::decode(&text).ok_or_else(invalid)?.into();
                Ok(decimal::to_logical(schema, &bytes)
                    .map_err(|e| invalid().caused_by(e))?
                    .into())
            }
            _ => Err(wrong_kind("Decimal", "numeric or bytes", kind)),
        }
    }

    /// The elements of an array; an object has its values for elements, anything else none.
    fn array(&mut self, element: Option<&Schema>, kind: Kind) -> ReadResult<Value> {
        let mut elements = Vec::new();
        match kind {
            Kind::Array => {
                self.scanner.enter()?;
                while self.scanner.next_element(elements.is_empty())? {
                    elements.push(self.value(element)?);
                }
            }
            Kind::Object => {
                let Value::Map(map) = self.object(element)? else {
                    return Ok(Value::Array(elements));
                };
                elements.extend(map.into_iter().map(|(_, value)| value));
            }
            _ => self.skip(kind)?,
        }
        Ok(Value::Array(elements))
    }

    fn map(&mut self, schema: &Schema, kind: Kind) -> ReadResult<Value> {
        let string_keys = self.dialect.has_string_keys(schema);
        match (string_keys, kind) {
            (true, Kind::Object) => self.object(schema.value_schema.as_ref()),
            (false, Kind::Array) if self.dialect == Dialect::JsonSchema => self.entries(schema),
            (false, Kind::Array) => self.pairs(schema),
            (true, _) => Err(error::data(format!(
                "Maps with string fields should be encoded as JSON objects, but found {}",
                kind.name()
            ))),
            (false, _) => Err(error::data(format!(
                "Maps with non-string fields should be encoded as JSON array of {}, but found {}",
                self.dialect.entry_name(),
                kind.name()
            ))),
        }
    }

    /// The entries of an object; of a key that occurs twice the last value counts.
    fn object(&mut self, value_schema: Option<&Schema>) -> ReadResult<Value> {
        let mut map = MapValue::new();
        self.scanner.enter()?;
        let mut first = true;
        while let Some(key) = self.scanner.next_key(first)? {
            let value = self.value(value_schema)?;
            map.insert(key, value);
            first = false;
        }
        Ok(Value::Map(map))
    }

    fn pairs(&mut self, schema: &Schema) -> ReadResult<Value> {
        let mut map = MapValue::new();
        self.scanner.enter()?;
        let mut first = true;
        while self.scanner.next_element(first)? {
            first = false;
            let kind = self.scanner.peek()?;
            if kind != Kind::Array {
                let kind = kind.name();
                return Err(error::data(format!(
                    "Found invalid map entry instead of array tuple: {kind}"
                )));
            }
            self.scanner.enter()?;
            let mut pair = [Value::Null, Value::Null];
            let mut length = 0;
            while self.scanner.next_element(length == 0)? {
                match length {
                    0 => pair[0] = self.value(schema.key_schema.as_ref())?,
                    1 => pair[1] = self.value(schema.value_schema.as_ref())?,
                    _ => self.scanner.skip()?,
                }
                length += 1;
            }
            if length != 2 {
                return Err(error::data(format!(
                    "Found invalid map entry, expected length 2 but found :{length}"
                )));
            }
            let [key, value] = pair;
            map.insert(key, value);
        }
        Ok(Value::Map(map))
    }

    /// The fields of a struct, most likely in the order of the schema; others are read over.
    fn structure(&mut self, schema: &Schema, kind: Kind) -> ReadResult<Value> {
        if kind != Kind::Object {
            let kind = kind.name();
            return Err(error::data(format!(
                "Structs should be encoded as JSON objects, but found {kind}"
            )));
        }
        self.scanner.enter()?;
        let fields = &schema.fields;
        let refused_before = self.refused_nulls;
        let mut values = Vec::with_capacity(fields.len());
        // Fields passed over, in order of the schema, because later ones came first or they are not there.
        let mut absent = Vec::new();
        let (mut first, mut next) = (true, 0);
        loop {
            let expected = fields.get(next).map(|field| &field.name.as_bytes()[..]);
            let index = match self.scanner.next_key_or(first, expected)? {
                None => break,
                Some(None) => Some(next),
                Some(Some(name)) => schema.field(&name).map(|field| field.index),
            };
            first = false;
            let Some(index) = index else {
                self.scanner.skip()?;
                continue;
            };
            let value = self.typed(&fields[index].schema)?;
            if index < values.len() {
                values[index] = value;
                if let Ok(at) = absent.binary_search(&index) {
                    absent.remove(at);
                }
            } else {
                absent.extend(values.len()..index);
                values.resize(index, Value::Null);
                values.push(value);
            }
            next = index + 1;
        }
        absent.extend(values.len()..fields.len());
        values.resize(fields.len(), Value::Null);
        for index in absent {
            values[index] = self.missing(&fields[index].schema)?;
        }
        let structure = Struct::from_values(schema.clone(), values)?;
        if self.refused_nulls != refused_before {
            structure.validate()?;
            self.refused_nulls = refused_before;
        }
        Ok(Value::Struct(structure))
    }
}

impl Kind {
    /// Jackson's name of the kind.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Null => "NULL",
            Kind::Boolean => "BOOLEAN",
            Kind::Number => "NUMBER",
            Kind::String => "STRING",
            Kind::Array => "ARRAY",
            Kind::Object => "OBJECT",
            Kind::Missing => "MISSING",
        }
    }
}

fn wrong_kind(logical: &str, expected: &str, found: Kind) -> Box<windlass_api::ConnectError> {
    let found = found.name();
    error::data(format!(
        "Invalid type for {logical}, underlying representation should be {expected} but was {found}"
    ))
}
