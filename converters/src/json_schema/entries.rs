//! Maps that are arrays of objects, one for each entry.

use windlass_api::{MapValue, Schema, Value};

use super::names::{KEY, VALUE};
use crate::json::error::{self, ReadResult};
use crate::json::read::Reader;
use crate::json::scanner::Kind;

impl Reader<'_> {
    /// Reads a map off an array of objects that have a key and a value.
    pub(crate) fn entries(&mut self, schema: &Schema) -> ReadResult<Value> {
        let mut map = MapValue::new();
        self.scanner.enter()?;
        let mut first = true;
        while self.scanner.next_element(first)? {
            first = false;
            let kind = self.scanner.peek()?;
            if kind != Kind::Object {
                return Err(error::data(format!(
                    "Found invalid map entry instead of object: {}",
                    kind.name()
                )));
            }
            let (key, value) = self.entry(schema)?;
            map.insert(key, value);
        }
        Ok(Value::Map(map))
    }

    fn entry(&mut self, schema: &Schema) -> ReadResult<(Value, Value)> {
        let (mut key, mut value) = (Value::Null, Value::Null);
        let mut length = 0;
        self.scanner.enter()?;
        while let Some(name) = self.scanner.next_key(length == 0)? {
            length += 1;
            match name.as_str() {
                KEY => key = self.value(schema.key_schema.as_ref())?,
                VALUE => value = self.value(schema.value_schema.as_ref())?,
                _ => self.scanner.skip()?,
            }
        }
        if length != 2 {
            return Err(error::data(format!(
                "Found invalid map entry, expected length 2 but found :{length}"
            )));
        }
        Ok((key, value))
    }
}
