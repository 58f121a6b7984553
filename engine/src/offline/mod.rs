//! What can be known of a connector without a cluster: how its converters, transforms and predicates treat records, and whether
//! its configuration is right.

mod cases;
mod chain;
mod check;
mod difference;
mod run;
mod runner;
mod sample;
mod shown;
mod worker;

pub use cases::{CaseFile, CaseReport, ConfigSource, Verdict};
pub use chain::Chain;
pub use check::{Check, UnknownConnectorKey, check};
pub use run::{Change, Outcome, Run, Step};
pub use runner::Runner;
pub use sample::{Sample, SampleError};
