//! Not polling while the connector's limits forbid it.

use std::future::pending;

use tokio::time::Instant;

use super::SourceLoop;
use crate::task::{Control, Hold};

impl SourceLoop {
    /// Waits until the limits allow a poll. Acks and flushes go on. False when something else is to be looked at first.
    pub(super) async fn hold_back(&mut self) -> bool {
        let begun = Instant::now();
        let mut control = self.parts.control.clone();
        loop {
            let in_flight = self.delivery.producer.buffered_bytes() as u64;
            let Some(hold) = self.parts.pace.hold(in_flight) else {
                break;
            };
            let until = async {
                match hold {
                    Hold::Until(at) => tokio::time::sleep_until(at).await,
                    Hold::Bytes => pending().await,
                }
            };
            self.delivery.producer.send_ready(true);
            tokio::select! {
                biased;
                _ = control.changed() => break,
                () = self.delivery.drive(&mut self.parts) => {}
                () = until => {}
            }
            if self.delivery.has_failed() {
                break;
            }
            self.pay_calls().await;
        }
        let held = begun.elapsed();
        if !held.is_zero() {
            self.parts.metrics.held_back(held);
        }
        !self.delivery.has_failed() && *self.parts.control.borrow() == Control::Run
    }
}
