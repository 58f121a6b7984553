//! Why the program ends early, and with which exit code.

use std::process::ExitCode;

use windlass_secret::mask::masked;

/// An error that ends the program: one line on standard error, and the exit code of Java's launcher.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    code: u8,
    message: String,
}

impl Failure {
    /// The command line is wrong, or the herder ended by itself.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Failure {
            code: 1,
            message: message.into(),
        }
    }

    /// The worker's configuration is wrong, or what it needs to start is not there.
    pub(crate) fn config(message: impl Into<String>) -> Self {
        Failure {
            code: 2,
            message: message.into(),
        }
    }

    /// The worker did not start, or a connector named on the command line was not created.
    pub(crate) fn start(message: impl Into<String>) -> Self {
        Failure {
            code: 3,
            message: message.into(),
        }
    }

    /// Tells the user.
    pub(crate) fn report(&self) -> ExitCode {
        eprintln!("windlass: {}", masked(&self.message));
        ExitCode::from(self.code)
    }
}
