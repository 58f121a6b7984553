//! Logical types: names that give a plain schema a richer meaning.

use crate::{SchemaDef, decimal};

/// The logical types of Connect itself, told by the schema's name whatever its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Logical {
    /// [`Value::Decimal`](crate::Value::Decimal) over bytes.
    Decimal,
    /// [`Value::Date`](crate::Value::Date) over `int32`: days since the epoch.
    Date,
    /// [`Value::Date`](crate::Value::Date) over `int32`: milliseconds of a day.
    Time,
    /// [`Value::Date`](crate::Value::Date) over `int64`: milliseconds since the epoch.
    Timestamp,
}

impl Logical {
    /// The logical type that the name of a schema says.
    pub fn of(schema: &SchemaDef) -> Option<Logical> {
        match schema.name.as_ref()?.as_str() {
            decimal::NAME => Some(Logical::Decimal),
            date::NAME => Some(Logical::Date),
            time::NAME => Some(Logical::Time),
            timestamp::NAME => Some(Logical::Timestamp),
            _ => None,
        }
    }
}

/// The logical type Date: a day, without a time, in UTC.
pub mod date {
    use super::check_name;
    use crate::calendar::MILLIS_PER_DAY;
    use crate::{ConnectError, Result, Schema, SchemaDef};

    /// The schema name of the logical type.
    pub const NAME: &str = "org.apache.kafka.connect.data.Date";

    /// The schema.
    pub fn schema() -> Schema {
        super::schema(crate::Type::Int32, NAME)
    }

    /// Days since the epoch, of a value in milliseconds.
    ///
    /// # Errors
    /// When the schema is not that of a Date, or the value has a time of day.
    pub fn from_logical(schema: &SchemaDef, millis: i64) -> Result<i32> {
        check_name(schema, NAME, "Date")?;
        if millis % MILLIS_PER_DAY != 0 {
            return Err(ConnectError::data(
                "Kafka Connect Date type should not have any time fields set to non-zero values.",
            ));
        }
        Ok((millis / MILLIS_PER_DAY) as i32)
    }

    /// The value in milliseconds, of days since the epoch.
    ///
    /// # Errors
    /// When the schema is not that of a Date.
    pub fn to_logical(schema: &SchemaDef, days: i32) -> Result<i64> {
        check_name(schema, NAME, "Date")?;
        Ok(i64::from(days) * MILLIS_PER_DAY)
    }
}

/// The logical type Time: a time of day, without a day, in UTC.
pub mod time {
    use super::check_name;
    use crate::calendar::MILLIS_PER_DAY;
    use crate::{ConnectError, Result, Schema, SchemaDef};

    /// The schema name of the logical type.
    pub const NAME: &str = "org.apache.kafka.connect.data.Time";

    /// The schema.
    pub fn schema() -> Schema {
        super::schema(crate::Type::Int32, NAME)
    }

    /// Milliseconds since midnight, of a value in milliseconds since the epoch.
    ///
    /// # Errors
    /// When the schema is not that of a Time, or the value is beyond the first day.
    pub fn from_logical(schema: &SchemaDef, millis: i64) -> Result<i32> {
        check_name(schema, NAME, "Time")?;
        // The end of the day counts, as in Java.
        if !(0..=MILLIS_PER_DAY).contains(&millis) {
            return Err(ConnectError::data(
                "Kafka Connect Time type should not have any date fields set to non-zero values.",
            ));
        }
        Ok(millis as i32)
    }

    /// The value in milliseconds since the epoch, of milliseconds since midnight.
    ///
    /// # Errors
    /// When the schema is not that of a Time, or the number is beyond a day.
    pub fn to_logical(schema: &SchemaDef, millis: i32) -> Result<i64> {
        check_name(schema, NAME, "Time")?;
        if !(0..=MILLIS_PER_DAY).contains(&i64::from(millis)) {
            return Err(ConnectError::data(
                "Time values must use number of milliseconds greater than 0 and less than 86400000",
            ));
        }
        Ok(i64::from(millis))
    }
}

/// The logical type Timestamp: milliseconds since the epoch.
pub mod timestamp {
    use super::check_name;
    use crate::{Result, Schema, SchemaDef};

    /// The schema name of the logical type.
    pub const NAME: &str = "org.apache.kafka.connect.data.Timestamp";

    /// The schema.
    pub fn schema() -> Schema {
        super::schema(crate::Type::Int64, NAME)
    }

    /// The same number.
    ///
    /// # Errors
    /// When the schema is not that of a Timestamp.
    pub fn from_logical(schema: &SchemaDef, millis: i64) -> Result<i64> {
        check_name(schema, NAME, "Timestamp")?;
        Ok(millis)
    }

    /// The same number.
    ///
    /// # Errors
    /// When the schema is not that of a Timestamp.
    pub fn to_logical(schema: &SchemaDef, millis: i64) -> Result<i64> {
        from_logical(schema, millis)
    }
}

fn schema(kind: crate::Type, name: &'static str) -> crate::Schema {
    let mut def = SchemaDef::new(kind, false);
    def.name = Some(crate::Text::from_static(name));
    def.version = Some(1);
    def.into()
}

fn check_name(schema: &SchemaDef, name: &str, what: &str) -> crate::Result<()> {
    if schema.name.as_ref().is_some_and(|n| *n == name) {
        return Ok(());
    }
    let message = format!("Requested conversion of {what} object but the schema does not match.");
    Err(crate::ConnectError::data(message))
}
