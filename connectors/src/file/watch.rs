//! Waiting until a file may have changed.

use std::ffi::{OsStr, OsString};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
use tokio::io::unix::AsyncFd;

/// Tells when to look at a file again: at once where the kernel reports changes, once a second where it does not.
///
/// The directory is watched for the name to appear or go, the file itself for data; a busy neighbour in the same
/// directory wakes nobody. What happens between two calls of [`changed`](Self::changed) is not missed.
pub(super) struct Watch {
    name: OsString,
    /// `None` where inotify cannot be had: the directory is missing, or the user's instances are used up.
    inotify: Option<Inotify>,
    /// Changes may come from where inotify does not see them.
    blind: bool,
}

struct Inotify {
    fd: AsyncFd<OwnedFd>,
    directory: i32,
    /// The files watched, the newest last: more than one while a rotated file is read to its end.
    files: Vec<i32>,
}

impl Watch {
    /// Watches the directory of `path`. Look at the file after this call, never before.
    pub(super) fn new(path: &Path) -> Self {
        let name = path.file_name().unwrap_or_default().to_owned();
        let directory = directory_of(path);
        let inotify = Inotify::new(&directory).ok();
        Watch {
            name,
            blind: inotify.is_none() || is_blind(path, &directory),
            inotify,
        }
    }

    /// Watches the file that `path` names now. Read it after this call, never before.
    pub(super) fn follow(&mut self, path: &Path) {
        let flags = WatchFlags::MODIFY
            | WatchFlags::ATTRIB
            | WatchFlags::MOVE_SELF
            | WatchFlags::DELETE_SELF;
        let Some(inotify) = &mut self.inotify else {
            return;
        };
        match inotify::add_watch(inotify.fd.get_ref(), path, flags) {
            Ok(file) => {
                inotify.files.retain(|other| *other != file);
                inotify.files.push(file);
            }
            Err(_) => self.blind = true,
        }
    }

    /// Stops watching all files but the one followed last.
    pub(super) fn forget_older(&mut self) {
        if let Some(inotify) = &mut self.inotify {
            let newest = inotify.files.pop();
            for file in inotify.files.drain(..) {
                // The kernel has removed it already where the file is gone.
                let _ = inotify::remove_watch(inotify.fd.get_ref(), file);
            }
            inotify.files.extend(newest);
        }
    }

    /// Whether changes may go unseen, so that the file is looked at once a second.
    pub(super) fn is_blind(&self) -> bool {
        self.blind
    }

    /// Waits until the file may have changed. Cancel safe.
    pub(super) async fn changed(&mut self) {
        let Some(inotify) = &self.inotify else {
            return tokio::time::sleep(POLL_INTERVAL).await;
        };
        let seen = inotify.event(&self.name);
        if self.blind {
            let _ = tokio::time::timeout(POLL_INTERVAL, seen).await;
        } else if seen.await.is_err() {
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }
}

impl Inotify {
    fn new(directory: &Path) -> io::Result<Self> {
        let fd = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
        let flags = WatchFlags::CREATE | WatchFlags::MOVED_TO | WatchFlags::ONLYDIR;
        let directory = inotify::add_watch(&fd, directory, flags)?;
        #[expect(
            deprecated,
            reason = "its successor is unsafe; the descriptor is owned and never replaced"
        )]
        let fd = AsyncFd::new(fd)?;
        Ok(Inotify {
            fd,
            directory,
            files: Vec::new(),
        })
    }

    /// Waits for an event that concerns the file, and takes all that have come with it.
    async fn event(&self, name: &OsStr) -> io::Result<()> {
        loop {
            let mut ready = self.fd.readable().await?;
            match ready.try_io(|fd| self.drain(fd.get_ref(), name)) {
                Ok(Ok(false)) | Err(_) => {}
                Ok(Ok(true)) => return Ok(()),
                Ok(Err(error)) => return Err(error),
            }
        }
    }

    fn drain(&self, fd: &OwnedFd, name: &OsStr) -> io::Result<bool> {
        let mut buffer = [MaybeUninit::uninit(); EVENTS_BYTES];
        let mut events = inotify::Reader::new(fd, &mut buffer);
        let mut concerned = false;
        loop {
            match events.next() {
                Ok(event) if event.events().contains(ReadFlags::IGNORED) => {}
                Ok(event) if event.wd() == self.directory => {
                    concerned |= event
                        .file_name()
                        .is_some_and(|n| n.to_bytes() == name.as_bytes());
                }
                Ok(_) => concerned = true,
                Err(rustix::io::Errno::INTR) => {}
                // Leaves the descriptor marked ready when something was found: the next call sees for itself.
                Err(rustix::io::Errno::AGAIN) if concerned => return Ok(true),
                Err(error) => return Err(error.into()),
            }
        }
    }
}

fn directory_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// Whether other machines write to the file system, or a symbolic link on the way may come to mean another file.
fn is_blind(path: &Path, directory: &Path) -> bool {
    let shared =
        rustix::fs::statfs(directory).map_or(true, |fs| SHARED.contains(&(fs.f_type as u32)));
    let real = path.canonicalize().or_else(|_| {
        Ok(directory
            .canonicalize()?
            .join(path.file_name().unwrap_or_default()))
    });
    let linked = match (real, std::path::absolute(path)) {
        (Ok(real), Ok(named)) => real != named,
        (Err::<_, io::Error>(_), _) | (_, Err(_)) => true,
    };
    shared || linked
}

/// Java's task looks as often.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

const EVENTS_BYTES: usize = 4096;

/// The `f_type` of NFS, SMB (three of them), FUSE, 9p, Ceph, AFS, Lustre and GFS2.
const SHARED: [u32; 10] = [
    0x6969,
    0x517b,
    0xff53_4d42,
    0xfe53_4d42,
    0x6573_5546,
    0x0102_1997,
    0x00c3_6400,
    0x5346_414f,
    0x0bd0_0bd0,
    0x0116_1970,
];
