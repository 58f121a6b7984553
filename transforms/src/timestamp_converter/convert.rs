//! A time in another form.

use std::str::FromStr;
use std::sync::LazyLock;

use windlass_api::calendar::MILLIS_PER_DAY;
use windlass_api::{
    ConnectError, ErrorKind, Logical, Result, Schema, SchemaDef, Type, Value, date, time, timestamp,
};

use crate::date_format::DateFormat;

/// How times are converted.
#[derive(Debug, Default)]
pub(super) struct Conversion {
    pub(super) to: Form,
    pub(super) format: Option<DateFormat>,
    pub(super) precision: Precision,
    /// Kept from text to text, which so takes no more memory than it needs.
    pub(super) text: String,
}

/// The form of a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Form {
    Text,
    Unix,
    Date,
    Time,
    #[default]
    Timestamp,
}

/// The unit of times that are numbers.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum Precision {
    Seconds,
    #[default]
    Milliseconds,
    Microseconds,
    Nanoseconds,
}

impl Conversion {
    /// Converts a time of a known form; null stays null.
    ///
    /// # Errors
    /// [`ErrorKind::Data`] when the value is not of that form, and [`ErrorKind::Internal`] for text without a format.
    pub(super) fn convert(&mut self, from: Form, value: Value) -> Result<Value> {
        let millis = match (from, value) {
            (_, Value::Null) => return Ok(Value::Null),
            (Form::Text, Value::String(text)) => self.parse(&text)?,
            (Form::Unix, Value::Int64(unix)) => self.precision.to_millis(unix),
            (Form::Date | Form::Time | Form::Timestamp, Value::Date(millis)) => millis,
            (from, other) => {
                let class = other.java_class();
                return Err(ConnectError::data(format!(
                    "Expected a timestamp of the form {from:?}, but found class {class}"
                )));
            }
        };
        Ok(match self.to {
            Form::Text => self.format(millis)?,
            Form::Unix => Value::Int64(self.precision.of_millis(millis)),
            Form::Date => Value::Date(millis.wrapping_sub(millis.rem_euclid(MILLIS_PER_DAY))),
            Form::Time => Value::Date(millis.rem_euclid(MILLIS_PER_DAY)),
            Form::Timestamp => Value::Date(millis),
        })
    }

    /// Converts a time whose form shows in its type; null stays null.
    ///
    /// # Errors
    /// [`ErrorKind::Data`] when it is of no such type, else those of [`convert`](Self::convert).
    pub(super) fn convert_untold(&mut self, value: Value) -> Result<Value> {
        let from = match &value {
            Value::Null | Value::Date(_) => Form::Timestamp,
            Value::Int64(_) => Form::Unix,
            Value::String(_) => Form::Text,
            other => {
                let class = other.java_class();
                return Err(ConnectError::data(format!(
                    "TimestampConverter does not support class {class} objects as timestamps"
                )));
            }
        };
        self.convert(from, value)
    }

    fn parse(&mut self, text: &str) -> Result<i64> {
        let format = self.format.as_mut().ok_or_else(no_format)?;
        format.parse(text).map_err(|error| {
            ConnectError::data(format!(
                "Could not parse timestamp: value ({text}) does not match pattern"
            ))
            .caused_by(error)
        })
    }

    fn format(&mut self, millis: i64) -> Result<Value> {
        let format = self.format.as_ref().ok_or_else(no_format)?;
        self.text.clear();
        format.format(millis, &mut self.text);
        Ok(Value::String(self.text.as_str().into()))
    }
}

impl Form {
    /// The form that `target.type` names.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] when there is none.
    pub(super) fn named(name: &str) -> Result<Form> {
        Ok(match name {
            "string" => Form::Text,
            "unix" => Form::Unix,
            "Date" => Form::Date,
            "Time" => Form::Time,
            "Timestamp" => Form::Timestamp,
            _ => {
                return Err(ConnectError::config(format!(
                    "no such timestamp type: {name}"
                )));
            }
        })
    }

    /// The form of the times of a schema.
    ///
    /// # Errors
    /// What is wrong when it has none.
    pub(super) fn of(schema: &SchemaDef) -> Result<Form, String> {
        match (Logical::of(schema), schema.kind) {
            (Some(Logical::Timestamp), _) => Ok(Form::Timestamp),
            (Some(Logical::Date), _) => Ok(Form::Date),
            (Some(Logical::Time), _) => Ok(Form::Time),
            (_, Type::String) => Ok(Form::Text),
            (_, Type::Int64) => Ok(Form::Unix),
            (_, kind) => Err(format!(
                "Schema {kind} does not correspond to a known timestamp type format"
            )),
        }
    }

    /// The schema of times of this form.
    pub(super) fn schema(self, optional: bool) -> Schema {
        match (self, optional) {
            (Form::Text, false) => Schema::STRING,
            (Form::Text, true) => Schema::OPTIONAL_STRING,
            (Form::Unix, false) => Schema::INT64,
            (Form::Unix, true) => Schema::OPTIONAL_INT64,
            (form, optional) => {
                LOGICAL[form as usize - Form::Date as usize][usize::from(optional)].clone()
            }
        }
    }
}

impl Precision {
    fn to_millis(self, unix: i64) -> i64 {
        match self {
            Precision::Seconds => unix.saturating_mul(1000),
            Precision::Milliseconds => unix,
            Precision::Microseconds => unix / 1000,
            Precision::Nanoseconds => unix / 1_000_000,
        }
    }

    fn of_millis(self, millis: i64) -> i64 {
        match self {
            Precision::Seconds => millis / 1000,
            Precision::Milliseconds => millis,
            Precision::Microseconds => millis.saturating_mul(1000),
            Precision::Nanoseconds => millis.saturating_mul(1_000_000),
        }
    }
}

impl FromStr for Precision {
    type Err = ConnectError;

    fn from_str(name: &str) -> Result<Self> {
        Ok(match name {
            "seconds" => Precision::Seconds,
            "milliseconds" => Precision::Milliseconds,
            "microseconds" => Precision::Microseconds,
            "nanoseconds" => Precision::Nanoseconds,
            _ => return Err(ConnectError::config(format!("no such precision: {name}"))),
        })
    }
}

fn no_format() -> ConnectError {
    ConnectError::new(
        ErrorKind::Internal,
        "a timestamp is text, but no format is configured",
    )
}

/// Date, Time and Timestamp, required and optional: made once, so that they are found by pointer.
static LOGICAL: LazyLock<[[Schema; 2]; 3]> = LazyLock::new(|| {
    [date::schema(), time::schema(), timestamp::schema()].map(|required| {
        let mut optional = SchemaDef::clone(&required);
        optional.optional = true;
        [required, optional.into()]
    })
});
