//! Reports calls into connectors that do not return.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::status::TaskId;

/// Looks at the calls of all tasks of a worker, from a thread that no connector can block.
///
/// It reports; giving a task up is for whoever stops it.
#[derive(Debug)]
pub(crate) struct Watchdog {
    base: Instant,
    clocks: Mutex<BTreeMap<TaskId, Arc<CallClock>>>,
}

/// What call into its connector a task is in.
#[derive(Debug)]
pub(crate) struct CallClock {
    base: Instant,
    /// Milliseconds after `base` at which the call began, plus one; 0 outside of calls.
    since: AtomicU64,
    call: AtomicU64,
}

/// A call that a task waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub(crate) enum Call {
    Start,
    Commit,
    CommitRecord,
    Put,
    PreCommit,
    Open,
    Close,
    Stop,
}

const CALLS: [&str; 8] = [
    "start",
    "commit",
    "commit_record",
    "put",
    "pre_commit",
    "open",
    "close",
    "stop",
];

/// Ends the call when it is dropped.
pub(crate) struct InCall<'a>(&'a CallClock);

/// Takes a task's clock off the watchdog when it is dropped.
pub(crate) struct Watched {
    watchdog: Arc<Watchdog>,
    id: TaskId,
    clock: Arc<CallClock>,
}

impl Watchdog {
    /// Starts a watchdog on the runtime of the caller; it ends with its last handle.
    pub(crate) fn spawn() -> Arc<Self> {
        let watchdog = Arc::new(Watchdog {
            base: Instant::now(),
            clocks: Mutex::default(),
        });
        let weak = Arc::downgrade(&watchdog);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(PERIOD).await;
                let Some(watchdog) = weak.upgrade() else {
                    return;
                };
                watchdog.report();
            }
        });
        watchdog
    }

    /// Begins to watch a task.
    pub(crate) fn watch(self: &Arc<Self>, id: &TaskId) -> Watched {
        let clock = Arc::new(CallClock {
            base: self.base,
            since: AtomicU64::new(0),
            call: AtomicU64::new(0),
        });
        self.lock().insert(id.clone(), Arc::clone(&clock));
        Watched {
            watchdog: Arc::clone(self),
            id: id.clone(),
            clock,
        }
    }

    /// The calls that hang, with how long they have.
    pub(crate) fn hanging(&self) -> Vec<(TaskId, &'static str, Duration)> {
        let clocks = self.lock();
        let current = clocks.iter().filter_map(|(id, clock)| {
            let (call, lasted) = clock.current()?;
            (lasted >= HANGING).then(|| (id.clone(), call, lasted))
        });
        current.collect()
    }

    fn report(&self) {
        for (TaskId { connector, task }, call, lasted) in self.hanging() {
            let seconds = lasted.as_secs();
            tracing::warn!(%connector, task, "{call} has not returned for {seconds} s");
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<TaskId, Arc<CallClock>>> {
        self.clocks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CallClock {
    /// A call begins; it ends with the guard.
    pub(crate) fn enter(&self, call: Call) -> InCall<'_> {
        let since = u64::try_from(self.base.elapsed().as_millis()).unwrap_or(u64::MAX - 1);
        self.call.store(call as u64, Ordering::Relaxed);
        self.since.store(since + 1, Ordering::Release);
        InCall(self)
    }

    fn current(&self) -> Option<(&'static str, Duration)> {
        let since = self.since.load(Ordering::Acquire).checked_sub(1)?;
        let call = CALLS.get(usize::try_from(self.call.load(Ordering::Relaxed)).ok()?)?;
        Some((
            call,
            self.base
                .elapsed()
                .saturating_sub(Duration::from_millis(since)),
        ))
    }
}

impl Drop for InCall<'_> {
    fn drop(&mut self) {
        self.0.since.store(0, Ordering::Release);
    }
}

impl Deref for Watched {
    type Target = CallClock;

    fn deref(&self) -> &CallClock {
        &self.clock
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let mut clocks = self.watchdog.lock();
        // A run that was given up must not end the watch over its successor.
        if clocks
            .get(&self.id)
            .is_some_and(|clock| Arc::ptr_eq(clock, &self.clock))
        {
            clocks.remove(&self.id);
        }
    }
}

/// How often the watchdog looks.
const PERIOD: Duration = Duration::from_secs(10);

/// A call that lasts this long is reported.
const HANGING: Duration = Duration::from_secs(20);

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn tells_which_call_hangs_and_for_how_long() {
        let watchdog = Watchdog::spawn();
        let id = TaskId {
            connector: Arc::from("c"),
            task: 0,
        };
        let watched = watchdog.watch(&id);
        assert_eq!(watched.current(), None);
        let call = watched.enter(Call::Stop);
        tokio::time::sleep(Duration::from_secs(30)).await;
        assert_eq!(watched.current(), Some(("stop", Duration::from_secs(30))));
        assert_eq!(watchdog.hanging().len(), 1);
        drop(call);
        assert_eq!(watched.current(), None);
        let successor = watchdog.watch(&id);
        drop(watched);
        assert_eq!(watchdog.lock().len(), 1);
        drop(successor);
        assert!(watchdog.lock().is_empty());
    }
}
