//! Frames: a size as i32, a header, a body.
//!
//! Reading: [`FrameDecoder`] cuts frames from a buffer that grows as bytes arrive; [`response_body`] and
//! [`RequestHead::parse`] take the header off. Writing: a [`Frame`] is a list of chunks, so that record batches go to the socket from where they
//! lie; an [`Outbox`] queues frames for vectored writes.

mod decoder;
mod head;
mod outbox;
mod writer;

pub use decoder::{DEFAULT_MAX_FRAME, FrameDecoder};
pub use head::{RequestHead, correlation_id, response_body};
pub use outbox::{Frame, Outbox};
pub use writer::FrameWriter;
