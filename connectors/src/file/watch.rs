//! Waiting until a file may have changed.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::inotify::{Inotify, Listener, Subscription};

/// Tells when to look at a file again: at once where the kernel reports changes, once a second where it does not.
///
/// The directory is watched for the name to appear or go, the file itself for data; a busy neighbour in the same
/// directory wakes nobody. What happens between two calls of [`changed`](Self::changed) is not missed.
pub(super) struct Watch {
    /// `None` where inotify cannot be had: the directory is missing, or what the user may have of it is used up.
    kernel: Option<Kernel>,
    /// Changes may come from where inotify does not see them.
    blind: bool,
}

/// What the kernel reports.
struct Kernel {
    inotify: Arc<Inotify>,
    listener: Arc<Listener>,
    _directory: Subscription,
    /// The files watched, the newest last: more than one while a rotated file is read to its end.
    files: Vec<Subscription>,
}

impl Watch {
    /// Watches the directory of `path`. Look at the file after this call, never before.
    pub(super) fn new(path: &Path) -> Self {
        let directory = directory_of(path);
        let kernel = Kernel::new(path, &directory).ok();
        Watch {
            blind: kernel.is_none() || is_blind(path, &directory),
            kernel,
        }
    }

    /// Watches the file that `path` names now. Read it after this call, never before.
    pub(super) fn follow(&mut self, path: &Path) {
        let Some(kernel) = &mut self.kernel else {
            return;
        };
        match kernel.inotify.subscribe(path, None, &kernel.listener) {
            Ok(file) => {
                kernel.files.retain(|other| !other.same_watch(&file));
                kernel.files.push(file);
            }
            Err(_) => self.blind = true,
        }
    }

    /// Stops watching all files but the one followed last.
    pub(super) fn forget_older(&mut self) {
        if let Some(kernel) = &mut self.kernel {
            let older = kernel.files.len().saturating_sub(1);
            kernel.files.drain(..older);
        }
    }

    /// Whether changes may go unseen, so that the file is looked at once a second.
    pub(super) fn is_blind(&self) -> bool {
        self.blind
    }

    /// Waits until the file may have changed. Cancel safe.
    pub(super) async fn changed(&mut self) {
        match &self.kernel {
            None => tokio::time::sleep(POLL_INTERVAL).await,
            Some(kernel) if self.blind => {
                let _ = tokio::time::timeout(POLL_INTERVAL, kernel.listener.changed()).await;
            }
            Some(kernel) => kernel.listener.changed().await,
        }
    }
}

impl Kernel {
    fn new(path: &Path, directory: &Path) -> io::Result<Self> {
        let inotify = Inotify::shared()?;
        let listener = Arc::<Listener>::default();
        let name = path.file_name().unwrap_or_default();
        Ok(Kernel {
            _directory: inotify.subscribe(directory, Some(name), &listener)?,
            inotify,
            listener,
            files: Vec::new(),
        })
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
