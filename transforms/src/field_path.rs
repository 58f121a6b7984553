//! Paths to fields (KIP-821).

use std::fmt;

use windlass_api::{
    ConnectError, ErrorKind, Field, MapValue, Result, Schema, SchemaDef, Struct, Text, Type, Value,
};

use crate::nulls::Nulls;

/// How the name of a field is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum FieldSyntax {
    /// As it stands: a field of the outermost structure.
    #[default]
    V1,
    /// A path whose steps are joined by dots. A step that begins with a backtick ends at the next backtick that a dot or
    /// the end follows, and may hold dots; a backslash before such a backtick makes it part of the name.
    V2,
}

/// The names that lead to a field; none by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FieldPath {
    steps: Vec<Text>,
}

/// The path to a field of one schema, by index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FieldIndices {
    outer: Vec<usize>,
    last: usize,
}

/// A field of one schema, and how to get at it.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// Where it is.
    pub(crate) indices: FieldIndices,
    /// Its schema.
    pub(crate) schema: Schema,
    /// The schema of a copy of it: optional also when a structure on the way is, for null there is null here.
    pub(crate) copied: Schema,
}

impl FieldPath {
    /// Reads a path.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] when a backtick is not closed.
    pub(crate) fn new(path: &str, syntax: FieldSyntax) -> Result<Self> {
        let steps = match syntax {
            FieldSyntax::V1 => vec![path.into()],
            FieldSyntax::V2 => steps(path)?,
        };
        Ok(FieldPath { steps })
    }

    /// The names, the outermost first. The empty path of V2 has none.
    pub(crate) fn steps(&self) -> &[Text] {
        &self.steps
    }

    /// The field in a schema; `None` when there is no such field.
    ///
    /// # Errors
    /// [`ErrorKind::Data`] when the schema, or that of a field before the last, is not of a struct; and for the empty
    /// path, [`ErrorKind::Internal`].
    pub(crate) fn field_in<'s>(&self, schema: &'s Schema) -> Result<Option<&'s Field>> {
        let (last, outer) = self.split()?;
        let mut current = schema;
        for step in outer {
            match field(current, step)? {
                Some(field) => current = &field.schema,
                None => return Ok(None),
            }
        }
        field(current, last)
    }

    /// The indices of the path in a schema; `None` when there is no such field.
    ///
    /// # Errors
    /// As [`field_in`](Self::field_in).
    pub(crate) fn indices_in(&self, schema: &Schema) -> Result<Option<FieldIndices>> {
        let (last, outer_steps) = self.split()?;
        let (mut current, mut outer) = (schema, Vec::new());
        for step in outer_steps {
            match field(current, step)? {
                Some(field) => {
                    outer.push(field.index);
                    current = &field.schema;
                }
                None => return Ok(None),
            }
        }
        let last = field(current, last)?.map(|f| f.index);
        Ok(last.map(|last| FieldIndices { outer, last }))
    }

    /// The field in a schema, and how to get at it; `None` when there is no such field.
    ///
    /// # Errors
    /// As [`field_in`](Self::field_in).
    pub(crate) fn place_in(&self, schema: &Schema) -> Result<Option<Place>> {
        let (Some(field), Some(indices)) = (self.field_in(schema)?, self.indices_in(schema)?)
        else {
            return Ok(None);
        };
        let (mut current, mut in_optional) = (schema, false);
        for &index in &indices.outer {
            current = &current.fields[index].schema;
            in_optional |= current.optional;
        }
        let mut copied = field.schema.clone();
        if in_optional && !copied.optional {
            let mut def = SchemaDef::clone(&copied);
            def.optional = true;
            copied = def.into();
        }
        Ok(Some(Place {
            schema: field.schema.clone(),
            indices,
            copied,
        }))
    }

    /// The value in schemaless data; `None` when there is no such entry, or null on the way to it.
    ///
    /// # Errors
    /// [`ErrorKind::Data`] when a value on the way is no map, and for the empty path, [`ErrorKind::Internal`].
    pub(crate) fn value_in<'v>(&self, map: &'v MapValue) -> Result<Option<&'v Value>> {
        let (last, outer) = self.split()?;
        let mut current = map;
        for step in outer {
            match current.get_str(step) {
                None | Some(Value::Null) => return Ok(None),
                Some(value) => current = crate::require::map(value, NESTED)?,
            }
        }
        Ok(current.get_str(last))
    }

    /// Takes the value out of schemaless data; null when there is no such entry, or null on the way to it.
    ///
    /// # Errors
    /// As [`value_in`](Self::value_in).
    pub(crate) fn remove_from(&self, map: &mut MapValue) -> Result<Value> {
        let (last, outer) = self.split()?;
        let mut current = map;
        for step in outer {
            match current.get_str_mut(step) {
                None | Some(Value::Null) => return Ok(Value::Null),
                Some(value) => current = crate::require::map_mut(value, NESTED)?,
            }
        }
        let value = current.remove(&Value::String(last.clone()));
        Ok(value.unwrap_or_default())
    }

    /// Whether one of the two leads to a part of what the other leads to.
    pub(crate) fn overlaps(&self, other: &FieldPath) -> bool {
        self.steps.iter().zip(&other.steps).all(|(a, b)| a == b)
    }

    /// The last step and those before it.
    ///
    /// # Errors
    /// [`ErrorKind::Internal`] for the empty path.
    pub(crate) fn split(&self) -> Result<(&Text, &[Text])> {
        self.steps.split_last().ok_or_else(|| {
            // Java looks up step -1.
            ConnectError::new(ErrorKind::Internal, "the path of a field is empty")
        })
    }
}

impl FieldIndices {
    /// The value in a struct of the schema that the indices are for; null when a struct on the way is null.
    ///
    /// # Errors
    /// [`ErrorKind::Data`] when a value on the way is no struct.
    pub(crate) fn value<'v>(&self, structure: &'v Struct, nulls: Nulls) -> Result<&'v Value> {
        let mut current = structure;
        for &index in &self.outer {
            match current.value(index) {
                Value::Null => return Ok(&Value::Null),
                value => current = crate::require::structure(value, NESTED)?,
            }
        }
        Ok(nulls.value(current, self.last))
    }

    /// As [`value`](Self::value), out of a struct where nobody needs it any more.
    ///
    /// # Errors
    /// [`ErrorKind::Data`] when a value on the way is no struct.
    pub(crate) fn take(&self, structure: &mut Struct, nulls: Nulls) -> Result<Value> {
        let mut current = structure;
        for (depth, &index) in self.outer.iter().enumerate() {
            if current.values().get(index).is_none_or(Value::is_null) {
                let rest = FieldIndices {
                    outer: self.outer[depth..].to_vec(),
                    last: self.last,
                };
                return Ok(rest.value(current, nulls)?.clone());
            }
            current = crate::require::struct_mut(&mut current.values_mut()[index], NESTED)?;
        }
        match current.values_mut().get_mut(self.last) {
            None | Some(Value::Null) => Ok(nulls.value(current, self.last).clone()),
            Some(value) => Ok(std::mem::take(value)),
        }
    }
}

impl Place {
    /// A copy of the value, of the schema [`copied`](Self::copied).
    ///
    /// # Errors
    /// [`ErrorKind::Data`] when a value on the way is no struct.
    pub(crate) fn copy(&self, structure: &Struct, nulls: Nulls) -> Result<Value> {
        self.relabel(self.indices.value(structure, nulls)?.clone())
    }

    /// As [`copy`](Self::copy), out of a struct where nobody needs it any more.
    ///
    /// # Errors
    /// [`ErrorKind::Data`] when a value on the way is no struct.
    pub(crate) fn take(&self, structure: &mut Struct, nulls: Nulls) -> Result<Value> {
        self.relabel(self.indices.take(structure, nulls)?)
    }

    fn relabel(&self, value: Value) -> Result<Value> {
        match value {
            Value::Struct(inner) if !self.schema.same(&self.copied) => {
                Ok(Struct::from_values(self.copied.clone(), inner.into_values())?.into())
            }
            value => Ok(value),
        }
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, step) in self.steps.iter().enumerate() {
            write!(f, "{}{step}", if i > 0 { "." } else { "" })?;
        }
        Ok(())
    }
}

fn field<'s>(schema: &'s Schema, name: &str) -> Result<Option<&'s Field>> {
    if schema.kind != Type::Struct {
        let kind = schema.kind;
        return Err(ConnectError::data(format!(
            "Cannot look up fields on non-struct type: field {name}, type {kind}"
        )));
    }
    Ok(schema.field(name))
}

fn steps(path: &str) -> Result<Vec<Text>> {
    let mut steps = Vec::new();
    let mut at = 0;
    while at < path.len() {
        if let Some(quoted) = path[at..].strip_prefix('`') {
            let (step, length) = quoted_step(quoted).ok_or_else(|| not_closed(path, at))?;
            steps.push(step.into());
            at += 1 + length;
        } else {
            let end = path[at..].find('.').map_or(path.len(), |dot| at + dot);
            steps.push(path[at..end].into());
            at = end + 1;
        }
    }
    if path.ends_with('.') {
        steps.push(Text::EMPTY);
    }
    Ok(steps)
}

/// The step that begins behind a backtick, and how much of the text it takes with the closing backtick and the dot;
/// `None` when it is not closed.
fn quoted_step(text: &str) -> Option<(String, usize)> {
    let mut step = String::new();
    let (mut taken, mut at) = (0, 0);
    loop {
        at += text[at..].find('`')?;
        let escaped = text[..at].ends_with('\\');
        let is_last = at + 1 == text.len();
        if is_last && !escaped {
            step.push_str(&text[taken..at]);
            return Some((step, at + 1));
        }
        if is_last {
            return None;
        }
        if text[at + 1..].starts_with('.') {
            if !escaped {
                step.push_str(&text[taken..at]);
                return Some((step, at + 2));
            }
            step.push_str(&text[taken..at - 1]);
            step.push('`');
            taken = at + 1;
        }
        at += 1;
    }
}

fn not_closed(path: &str, backtick: usize) -> ConnectError {
    ConnectError::config(format!(
        "Incomplete backtick pair in path: [{path}], consider adding a backslash before backtick at position \
         {backtick} to escape it"
    ))
}

/// The purpose of access to fields inside fields, as errors say it.
pub(crate) const NESTED: &str = "nested field access";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn v2(path: &str) -> Vec<String> {
        let path = FieldPath::new(path, FieldSyntax::V2).unwrap();
        path.steps.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn steps_of_v2() {
        for (path, steps) in [
            ("", &[][..]),
            ("foo", &["foo"]),
            ("foo.bar.baz", &["foo", "bar", "baz"]),
            (".", &["", ""]),
            ("a.", &["a", ""]),
            (".a", &["", "a"]),
            ("`foo.bar`.baz", &["foo.bar", "baz"]),
            ("foo.`bar.baz`", &["foo", "bar.baz"]),
            ("foo.bar`.baz", &["foo", "bar`", "baz"]),
            ("`foo`bar`.baz", &["foo`bar", "baz"]),
            (r"`foo\`.bar`.baz", &["foo`.bar", "baz"]),
            (r"`foo\`bar`", &[r"foo\`bar"]),
            ("``", &[""]),
            ("`a`.", &["a", ""]),
        ] {
            assert_eq!(v2(path), steps, "{path}");
        }
        assert_eq!(
            FieldPath::new("a.`b", FieldSyntax::V1).unwrap().steps(),
            ["a.`b"]
        );
    }

    #[test]
    fn a_backtick_must_be_closed() {
        for path in ["`", "`foo", r"`foo\`", "a.`b.c", r"`a\`.b"] {
            let error = FieldPath::new(path, FieldSyntax::V2).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config, "{path}");
        }
    }

    #[test]
    fn indices_lead_to_the_value() {
        let inner = Schema::structure()
            .field("x", Schema::INT32)
            .field("y", Schema::INT32);
        let inner = inner.optional().build().unwrap();
        let schema = Schema::structure()
            .field("n", Schema::INT8)
            .field("inner", inner.clone());
        let schema = schema.build().unwrap();
        let path = FieldPath::new("inner.y", FieldSyntax::V2).unwrap();
        let indices = path.indices_in(&schema).unwrap().unwrap();
        assert_eq!(path.field_in(&schema).unwrap().unwrap().name, "y");

        let nested = Struct::from_values(inner, vec![1.into(), 2.into()]).unwrap();
        let full = Struct::from_values(schema.clone(), vec![1i8.into(), nested.into()]).unwrap();
        assert_eq!(indices.value(&full, Nulls::Stay).unwrap(), &Value::Int32(2));
        let empty = Struct::new(schema.clone()).unwrap();
        assert_eq!(indices.value(&empty, Nulls::Stay).unwrap(), &Value::Null);

        let missing = FieldPath::new("inner.z", FieldSyntax::V2).unwrap();
        assert_eq!(missing.indices_in(&schema).unwrap(), None);
        let through = FieldPath::new("n.z", FieldSyntax::V2).unwrap();
        assert_eq!(
            through.indices_in(&schema).unwrap_err().kind(),
            ErrorKind::Data
        );
        let nothing = FieldPath::new("", FieldSyntax::V2).unwrap();
        assert_eq!(
            nothing.field_in(&schema).unwrap_err().kind(),
            ErrorKind::Internal
        );
    }

    proptest! {
        #[test]
        fn any_path_is_read_or_refused(path in "[`.\\\\aé]{0,12}") {
            let _ = FieldPath::new(&path, FieldSyntax::V2);
        }

        #[test]
        fn plain_names_read_back(names in prop::collection::vec("[a-z ]{0,4}", 1..5)) {
            prop_assume!(names.len() > 1 || !names[0].is_empty());
            prop_assert_eq!(v2(&names.join(".")), names);
        }
    }
}
