//! `windlass hash-password`

use std::io::BufRead;

use windlass_rest::hash_password;
use windlass_secret::Secret;

use crate::failure::Failure;

/// Reads a password, the first line of standard input, and prints its hash.
pub(crate) fn run() -> Result<(), Failure> {
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    read.map_err(|error| Failure::usage(format!("cannot read the password: {error}")))?;
    let password = line.trim_end_matches(['\n', '\r']);
    if password.is_empty() {
        return Err(Failure::usage(
            "expected a password on standard input, found none",
        ));
    }
    let hash = hash_password(&Secret::new(password));
    println!(
        "{}",
        hash.map_err(|error| Failure::usage(error.to_string()))?
    );
    Ok(())
}
