//! What the black-box tests share: workers (ours and Java's), a real Kafka, HTTP, and waiting for a condition.

mod cluster;
mod http;
mod kafka;
mod lines;
mod mixed;
mod process;
mod proxy;
mod told;
mod wait;
mod worker;

pub use cluster::Cluster;
pub use http::{Answer, Rest};
pub use kafka::{Kafka, PrivateBroker};
pub use lines::{Delivery, append_lines, check_lines};
pub use mixed::MixedGroup;
pub use process::{Exit, Process, Usage};
pub use proxy::Proxy;
pub use told::{Kind, Seqnos, Told, told};
pub use wait::wait_for;
pub use worker::{Launch, Worker};
