//! What secures a worker, through the binary, on a real Kafka: secrets that show nowhere, users, and clients that are slow
//! on purpose.

mod providers;
mod secrets;
mod slow_clients;
mod users;

use std::path::Path;

/// Writes a file, and says where it is.
fn write(directory: &Path, name: &str, text: &str) -> String {
    let path = directory.join(name);
    std::fs::write(&path, text).expect("a file");
    path.to_str().expect("a UTF-8 path").to_owned()
}

/// The binary under test.
const WINDLASS: &str = env!("CARGO_BIN_EXE_windlass");
