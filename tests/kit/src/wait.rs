//! Waiting for a condition instead of for a time.

use std::fmt::Debug;
use std::time::{Duration, Instant};

/// Asks again and again until the answer is `Ok`; returns it.
///
/// # Panics
/// After `deadline`, saying `what` was waited for and the last answer.
pub fn wait_for<T, E: Debug>(
    what: &str,
    deadline: Duration,
    mut ask: impl FnMut() -> Result<T, E>,
) -> T {
    let end = Instant::now() + deadline;
    loop {
        match ask() {
            Ok(answer) => return answer,
            Err(last) if Instant::now() >= end => {
                panic!("waited {deadline:?} for {what}; last answer: {last:?}")
            }
            Err(_) => std::thread::sleep(Duration::from_millis(10)),
        }
    }
}
