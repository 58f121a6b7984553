//! Requests that were written and wait for their answers, in the order they were written.

use std::collections::VecDeque;

use bytes::Bytes;
use tokio::time::Instant;
use windlass_wire::ApiKey;
use windlass_wire::frame::correlation_id;

use super::Reply;
use crate::error::ClientError;

/// The queue of unanswered requests of one connection.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    queue: VecDeque<Waiter>,
}

#[derive(Debug)]
pub(super) struct Waiter {
    pub(super) correlation: i32,
    pub(super) api: ApiKey,
    pub(super) since: Instant,
    pub(super) deadline: Instant,
    pub(super) reply: Reply,
}

impl Waiting {
    pub(super) fn push(&mut self, waiter: Waiter) {
        self.queue.push_back(waiter);
    }

    pub(super) fn len(&self) -> usize {
        self.queue.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Hands `frame` to the oldest waiter.
    ///
    /// # Errors
    /// An answer that nobody asked for, or one out of order: the stream cannot be trusted any more.
    pub(super) fn answer(&mut self, frame: Bytes) -> Result<(), String> {
        let found = correlation_id(&frame).map_err(|cause| cause.to_string())?;
        let Some(waiter) = self.queue.pop_front() else {
            return Err(format!("answer with correlation id {found} to no request"));
        };
        if waiter.correlation != found {
            let expected = waiter.correlation;
            self.queue.push_front(waiter);
            return Err(format!(
                "expected the answer with correlation id {expected}, found {found}"
            ));
        }
        waiter.reply.give(Ok(frame));
        Ok(())
    }

    /// The moment the first of the waiting requests is overdue. Deadlines are not in queue order: a JoinGroup may take
    /// minutes, the Heartbeat behind it seconds.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.queue.iter().map(|waiter| waiter.deadline).min()
    }

    /// The first request that is overdue at `now`.
    pub(super) fn overdue(&self, now: Instant) -> Option<&Waiter> {
        self.queue.iter().find(|waiter| waiter.deadline <= now)
    }

    /// Fails everything with one cause.
    pub(super) fn fail(&mut self, cause: &ClientError) {
        for waiter in self.queue.drain(..) {
            waiter.reply.give(Err(cause.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::sync::oneshot;

    fn waiter(
        correlation: i32,
        timeout: Duration,
    ) -> (Waiter, oneshot::Receiver<super::super::Answer>) {
        let (reply, answer) = oneshot::channel();
        let since = Instant::now();
        let waiter = Waiter {
            correlation,
            api: ApiKey::Metadata,
            since,
            deadline: since + timeout,
            reply: Reply::Once(reply),
        };
        (waiter, answer)
    }

    fn frame(correlation: i32) -> Bytes {
        Bytes::copy_from_slice(&correlation.to_be_bytes())
    }

    #[tokio::test]
    async fn answers_go_to_requests_in_order() {
        let mut waiting = Waiting::default();
        let (one, first) = waiter(1, Duration::from_secs(60));
        let (two, second) = waiter(2, Duration::from_secs(1));
        waiting.push(one);
        waiting.push(two);
        assert_eq!(
            waiting
                .overdue(Instant::now() + Duration::from_secs(2))
                .unwrap()
                .correlation,
            2
        );
        waiting.answer(frame(1)).unwrap();
        waiting.answer(frame(2)).unwrap();
        assert_eq!(first.await.unwrap().unwrap(), frame(1));
        assert_eq!(second.await.unwrap().unwrap(), frame(2));
        assert!(waiting.is_empty());
    }

    #[tokio::test]
    async fn a_strange_answer_ends_the_connection_and_every_request_hears_why() {
        let mut waiting = Waiting::default();
        let (one, first) = waiter(1, Duration::from_secs(60));
        waiting.push(one);
        assert!(waiting.answer(Bytes::from_static(b"abc")).is_err());
        let cause = waiting.answer(frame(9)).unwrap_err();
        waiting.fail(&ClientError::Protocol {
            peer: "broker 1".into(),
            what: cause,
        });
        let error = first.await.unwrap().unwrap_err().to_string();
        assert_eq!(
            error,
            "broker 1: expected the answer with correlation id 1, found 9"
        );
        assert!(waiting.answer(frame(1)).is_err(), "nobody asked");
    }
}
