//! FileStreamSource and FileStreamSink: lines of a text file into a topic, and values of a topic into a text file.
//!
//! Classes, keys, offsets and text are those of `connect-file` 4.3.1, so that configurations and stored offsets are
//! exchanged with it freely. Where they are better than Java's:
//!
//! - The source sees appended lines at once through inotify, instead of up to a second later, and does not wake up while
//!   nothing happens. On file systems that other machines write to (NFS, SMB, 9p, FUSE) and where inotify is exhausted
//!   it looks once a second.
//! - A file that was **truncated** (`copytruncate`) is read again from its start, also when it has grown beyond the old
//!   position before anybody looked, which the bytes before that position tell; Java waits until it has grown beyond the
//!   old position. Lines written and truncated away between two looks are gone.
//! - A file that was **rotated** (renamed or deleted, and made anew) is read to its end, also what its writer still
//!   appends; once the new file holds data the old one is closed and the new one is read from its start. An unterminated last
//!   line of the old file is then delivered as a line. Java stays with the old file for ever.
//! - A stored position beyond the end of the file starts it from its beginning; Java 17 hangs in an endless loop.
//! - The sink reports a failed write, and takes back the half it had written; Java's `PrintStream` swallows the error and
//!   loses the lines.

mod config;
mod followed;
mod inotify;
mod lines;
mod position;
mod sink_connector;
mod sink_task;
mod source_connector;
mod source_task;
mod stream;
mod tail;
mod watch;

use std::sync::Arc;

use windlass_api::{ConnectorPlugin, NewConnector};

pub use sink_connector::FileStreamSinkConnector;
pub use sink_task::FileStreamSinkTask;
pub use source_connector::FileStreamSourceConnector;
pub use source_task::FileStreamSourceTask;

/// `org.apache.kafka.connect.file.FileStreamSourceConnector`
pub fn source_plugin() -> ConnectorPlugin {
    ConnectorPlugin {
        class: "org.apache.kafka.connect.file.FileStreamSourceConnector",
        version: VERSION,
        new: NewConnector::Source(Arc::new(|| Box::new(FileStreamSourceConnector::default()))),
    }
}

/// `org.apache.kafka.connect.file.FileStreamSinkConnector`
pub fn sink_plugin() -> ConnectorPlugin {
    ConnectorPlugin {
        class: "org.apache.kafka.connect.file.FileStreamSinkConnector",
        version: VERSION,
        new: NewConnector::Sink(Arc::new(|| Box::new(FileStreamSinkConnector::default()))),
    }
}

/// The version of `connect-file` whose behaviour these connectors have; REST shows it.
const VERSION: &str = "4.3.1";
