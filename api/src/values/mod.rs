//! Conversions between types, and between values and text: Java's `Values`.
//!
//! Header converters and connectors that take "any reasonable" value use these. Numbers are cut to the smaller type as
//! Java casts them: they wrap, and fractions are dropped.

mod convert;
mod infer;
mod parse;
mod temporal;
mod text;

pub use convert::{
    convert, to_boolean, to_date, to_decimal, to_float32, to_float64, to_int8, to_int16, to_int32,
    to_int64, to_list, to_map, to_struct, to_time, to_timestamp,
};
pub use infer::infer_schema;
pub use parse::parse_string;
pub use text::to_text;
