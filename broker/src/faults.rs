//! Faults on demand: what a test tells the broker to do wrong.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::ApiKey;

use crate::apis::{Request, Response};

/// What happens to a request instead of an honest answer.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Fault {
    /// It is not handled; every place of its answer that can carry an error carries this one.
    Error(ResponseError),
    /// It is not handled; this is answered, which must be of the request's API.
    Answer(Box<Response>),
    /// It waits this long, then is handled and answered. Later requests of the connection wait behind it.
    Delay(Duration),
    /// It is handled at once, but its answer waits this long.
    DelayAnswer(Duration),
    /// The connection is closed and the request never handled.
    DropBeforeHandling,
    /// It is handled, then the connection is closed: the answer is lost.
    DropAfterHandling,
    /// It is handled, the first so many bytes of the answer's frame are sent, then the connection is closed.
    Truncate(usize),
    /// It is never handled and never answered; the connection stays open.
    Silence,
}

/// A request as a hook sees it, before it is handled.
#[derive(Debug)]
#[non_exhaustive]
pub struct RequestView<'a> {
    /// The version it came in.
    pub version: i16,
    /// What the client calls itself; empty when it does not.
    pub client_id: &'a str,
    /// What it asks for.
    pub request: &'a Request,
}

/// The control hook: faults waiting for requests. A clone controls the same broker.
#[derive(Clone, Default)]
pub struct Faults {
    inner: Arc<Mutex<Inner>>,
}

impl Faults {
    /// The next `times` requests of this API meet this fault, after those queued before it.
    pub fn on(&self, key: ApiKey, fault: Fault, times: usize) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if times > 0 {
            inner
                .queued
                .entry(key as i16)
                .or_default()
                .push_back((fault, times));
        }
    }

    /// Every request is shown to `hook`, which may answer with a fault; `None` lets queued faults and then the
    /// handler have it. Replaces the hook before it.
    pub fn hook(&self, hook: impl FnMut(&RequestView<'_>) -> Option<Fault> + Send + 'static) {
        self.inner
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .hook = Some(Box::new(hook));
    }

    /// Forgets the hook and all queued faults.
    pub fn clear(&self) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.hook = None;
        inner.queued.clear();
    }

    /// How many requests of this API have come since the broker started, those that met a fault included.
    pub fn seen(&self, key: ApiKey) -> u64 {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.seen.get(&(key as i16)).copied().unwrap_or(0)
    }

    /// Counts the request and tells which fault it meets.
    pub(crate) fn meet(&self, view: &RequestView<'_>) -> Option<Fault> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let key = view.request.key() as i16;
        *inner.seen.entry(key).or_default() += 1;
        if let Some(fault) = inner.hook.as_mut().and_then(|hook| hook(view)) {
            return Some(fault);
        }
        let queue = inner.queued.get_mut(&key)?;
        let (fault, left) = queue.front_mut()?;
        let fault = fault.clone();
        *left -= 1;
        if *left == 0 {
            queue.pop_front();
        }
        Some(fault)
    }
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Faults").finish_non_exhaustive()
    }
}

type Hook = Box<dyn FnMut(&RequestView<'_>) -> Option<Fault> + Send>;

#[derive(Default)]
struct Inner {
    /// By API key; each fault with the number of requests it is still for, which is never zero.
    queued: BTreeMap<i16, VecDeque<(Fault, usize)>>,
    hook: Option<Hook>,
    seen: BTreeMap<i16, u64>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use kafka_protocol::messages::ApiVersionsRequest;

    fn view(request: &Request) -> RequestView<'_> {
        RequestView {
            version: 0,
            client_id: "",
            request,
        }
    }

    #[test]
    fn queued_faults_come_in_order_and_end() {
        let faults = Faults::default();
        let request = Request::ApiVersions(ApiVersionsRequest::default());
        faults.on(ApiKey::ApiVersions, Fault::Silence, 2);
        faults.on(ApiKey::ApiVersions, Fault::DropBeforeHandling, 1);
        let met: Vec<_> = (0..4).map(|_| faults.meet(&view(&request))).collect();
        assert!(matches!(
            met[..],
            [
                Some(Fault::Silence),
                Some(Fault::Silence),
                Some(Fault::DropBeforeHandling),
                None
            ]
        ));
        assert_eq!(faults.seen(ApiKey::ApiVersions), 4);
    }

    #[test]
    fn the_hook_goes_first_and_leaves_the_queue() {
        let faults = Faults::default();
        let request = Request::ApiVersions(ApiVersionsRequest::default());
        faults.on(ApiKey::ApiVersions, Fault::Silence, 1);
        let mut first = true;
        faults.hook(move |_| std::mem::take(&mut first).then_some(Fault::Truncate(3)));
        assert!(matches!(
            faults.meet(&view(&request)),
            Some(Fault::Truncate(3))
        ));
        assert!(matches!(faults.meet(&view(&request)), Some(Fault::Silence)));
    }
}
