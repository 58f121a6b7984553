//! The golden vectors of `tests/golden`: what Java's classes answered, read into Connect data.
//!
//! A runner reads the [`cases`] of a file, runs each, and tells the [`Report`], which knows the exceptions. Everything
//! here panics on a malformed vector: it is for tests only.
//!
//! ```no_run
//! let mut report = windlass_golden::Report::new();
//! for case in windlass_golden::cases("data/logical.jsonl") {
//!     let outcome = windlass_golden::expect_value(&case["out"], None, Ok(windlass_api::Value::Null));
//!     report.check(&case, outcome);
//! }
//! report.finish();
//! ```

mod applied;
mod bytes;
mod case;
mod error;
mod record;
mod report;
mod schema;
mod value;

pub use crate::bytes::{bytes, expect_bytes};
pub use applied::{each_record, expect_applied};
pub use case::{Case, cases, folder, props};
pub use error::{error_kind, expect_error, is_error};
pub use record::{headers, sink_record, source_record};
pub use report::{Outcome, Report};
pub use schema::{expect_schema, schema};
pub use value::{expect_tagged, expect_value, tagged, value};
