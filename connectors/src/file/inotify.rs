//! One inotify instance for all files that the tasks of a runtime follow.
//!
//! A user has 128 instances by default, and nearly two hundred thousand watches: with an instance for each task, all but the
//! first hundred tasks of a worker would have to look at their files once a second.

use std::collections::BTreeMap;
use std::ffi::{CStr, OsStr, OsString};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
use rustix::io::Errno;
use tokio::io::unix::AsyncFd;
use tokio::runtime::{self, Handle};
use tokio::sync::Notify;

/// What a runtime watches. A task of its own reads the events for as long as the runtime runs.
pub(super) struct Inotify {
    fd: AsyncFd<OwnedFd>,
    /// Who listens, by what the kernel calls a watch.
    watches: Mutex<BTreeMap<i32, Listeners>>,
}

/// Who wants to know of a file itself (no name), or of a name in a directory.
type Listeners = BTreeMap<Option<OsString>, Vec<Arc<Listener>>>;

/// Somebody who waits for a file to change.
#[derive(Debug, Default)]
pub(super) struct Listener {
    changed: Notify,
    waits: AtomicBool,
}

/// A part of what an instance watches, which is not watched any more once this is dropped.
pub(super) struct Subscription {
    inotify: Arc<Inotify>,
    watch: i32,
    name: Option<OsString>,
    listener: Arc<Listener>,
}

impl Inotify {
    /// The instance of this runtime.
    ///
    /// # Errors
    /// When the user has no instance left.
    pub(super) fn shared() -> io::Result<Arc<Self>> {
        let runtime = Handle::try_current().map_err(io::Error::other)?.id();
        let mut instances = INSTANCES.lock().unwrap_or_else(PoisonError::into_inner);
        instances.retain(|(_, instance)| instance.strong_count() > 0);
        let mut known = instances.iter().filter(|(of, _)| *of == runtime);
        if let Some(inotify) = known.find_map(|(_, instance)| instance.upgrade()) {
            return Ok(inotify);
        }
        let fd = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
        #[expect(
            deprecated,
            reason = "its successor is unsafe; the descriptor is owned and never replaced"
        )]
        let fd = AsyncFd::new(fd)?;
        let inotify = Arc::new(Inotify {
            fd,
            watches: Mutex::default(),
        });
        tokio::spawn(Arc::clone(&inotify).run());
        instances.push((runtime, Arc::downgrade(&inotify)));
        Ok(inotify)
    }

    /// Tells the listener of what happens to a path from now on: to the file itself, or to a name in a directory.
    ///
    /// # Errors
    /// When the path is not there, or the user has no watch left.
    pub(super) fn subscribe(
        self: &Arc<Self>,
        path: &Path,
        name: Option<&OsStr>,
        listener: &Arc<Listener>,
    ) -> io::Result<Subscription> {
        let flags = match name {
            None => FILE,
            Some(_) => DIRECTORY,
        };
        let name = name.map(OsStr::to_owned);
        let mut watches = self.watches();
        let watch = inotify::add_watch(self.fd.get_ref(), path, flags | WatchFlags::MASK_ADD)?;
        let listeners = watches.entry(watch).or_default();
        let listeners = listeners.entry(name.clone()).or_default();
        listeners.push(Arc::clone(listener));
        Ok(Subscription {
            inotify: Arc::clone(self),
            watch,
            name,
            listener: Arc::clone(listener),
        })
    }

    async fn run(self: Arc<Self>) {
        while let Ok(mut ready) = self.fd.readable().await {
            match self.tell() {
                Ok(heard) => {
                    ready.clear_ready();
                    if !heard {
                        // Who reads a file that grows all the time does not wait for events: they may pile up, where the
                        // kernel makes one of equal ones.
                        tokio::time::sleep(UNHEARD).await;
                    }
                }
                Err(_) => {
                    self.tell_all();
                    tokio::time::sleep(FAILED).await;
                }
            }
        }
    }

    /// Takes all events and tells who listens; whether anybody waited for one of them.
    fn tell(&self) -> io::Result<bool> {
        let mut buffer = [MaybeUninit::uninit(); EVENTS_BYTES];
        let mut events = inotify::Reader::new(self.fd.get_ref(), &mut buffer);
        let mut heard = false;
        loop {
            let event = match events.next() {
                Ok(event) => event,
                Err(Errno::INTR) => continue,
                Err(Errno::AGAIN) => return Ok(heard),
                Err(error) => return Err(error.into()),
            };
            if event.events().contains(ReadFlags::QUEUE_OVERFLOW) {
                heard = true;
                self.tell_all();
            } else if event.events().contains(ReadFlags::IGNORED) {
                self.watches().remove(&event.wd());
            } else {
                heard |= self.tell_of(event.wd(), event.file_name());
            }
        }
    }

    fn tell_of(&self, watch: i32, name: Option<&CStr>) -> bool {
        let name = name.map(|name| OsStr::from_bytes(name.to_bytes()).to_owned());
        let watches = self.watches();
        let listeners = watches.get(&watch).and_then(|all| all.get(&name));
        let mut heard = false;
        for listener in listeners.into_iter().flatten() {
            heard |= listener.tell();
        }
        heard
    }

    fn tell_all(&self) {
        for listener in self.watches().values().flat_map(BTreeMap::values).flatten() {
            listener.tell();
        }
    }

    fn watches(&self) -> MutexGuard<'_, BTreeMap<i32, Listeners>> {
        self.watches.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listener {
    /// Waits for what was not waited for yet. Cancel safe.
    pub(super) async fn changed(&self) {
        let _waits = Waits::begin(&self.waits);
        self.changed.notified().await;
    }

    fn tell(&self) -> bool {
        self.changed.notify_one();
        self.waits.load(Ordering::Relaxed)
    }
}

/// Marks somebody as waiting until it is dropped.
struct Waits<'a>(&'a AtomicBool);

impl<'a> Waits<'a> {
    fn begin(flag: &'a AtomicBool) -> Self {
        flag.store(true, Ordering::Relaxed);
        Waits(flag)
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

impl Subscription {
    /// Whether both are of the same file.
    pub(super) fn same_watch(&self, other: &Subscription) -> bool {
        self.watch == other.watch
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut watches = self.inotify.watches();
        let Some(listeners) = watches.get_mut(&self.watch) else {
            return;
        };
        if let Some(named) = listeners.get_mut(&self.name) {
            if let Some(at) = named.iter().position(|l| Arc::ptr_eq(l, &self.listener)) {
                named.swap_remove(at);
            }
            if named.is_empty() {
                listeners.remove(&self.name);
            }
        }
        if listeners.is_empty() {
            watches.remove(&self.watch);
            // The kernel has removed it already where the file is gone.
            let _ = inotify::remove_watch(self.inotify.fd.get_ref(), self.watch);
        }
    }
}

static INSTANCES: Mutex<Vec<(runtime::Id, Weak<Inotify>)>> = Mutex::new(Vec::new());

const FILE: WatchFlags = WatchFlags::MODIFY
    .union(WatchFlags::ATTRIB)
    .union(WatchFlags::MOVE_SELF)
    .union(WatchFlags::DELETE_SELF);
const DIRECTORY: WatchFlags = WatchFlags::CREATE
    .union(WatchFlags::MOVED_TO)
    .union(WatchFlags::ONLYDIR);

const EVENTS_BYTES: usize = 4096;
/// How long events of which nobody waited for any are left to come.
const UNHEARD: Duration = Duration::from_millis(5);
const FAILED: Duration = Duration::from_secs(1);
