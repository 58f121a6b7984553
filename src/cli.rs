//! The command line.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Parser, Subcommand};

use crate::{distributed, hash_password, logging, offline, plugins, quickstart, standalone};

/// Runs the program; returns its exit code.
pub(crate) fn run(arguments: Vec<OsString>) -> ExitCode {
    let Cli { log, command } = match Cli::try_parse_from(as_subcommand(arguments)) {
        Ok(cli) => cli,
        Err(error) => return explain(&error),
    };
    let default_level = match command {
        Command::Quickstart { .. }
        | Command::HashPassword
        | Command::Plugins
        | Command::Transform { .. }
        | Command::Test { .. }
        | Command::Validate { .. } => "warn",
        _ => "info",
    };
    let done = logging::start(log.as_deref(), default_level).and_then(|loggers| match command {
        Command::Standalone { worker, connectors } => {
            standalone::run(&worker, &connectors, loggers)
        }
        Command::Distributed {
            worker,
            dry_run: true,
        } => distributed::dry_run(&worker),
        Command::Distributed { worker, .. } => distributed::run(&worker, loggers),
        Command::Quickstart { file, directory } => {
            quickstart::run(file.as_deref(), &directory, loggers)
        }
        Command::Plugins => {
            plugins::print();
            Ok(())
        }
        Command::Transform {
            connector,
            worker,
            json,
        } => offline::transform::run(&connector, worker.as_deref(), json),
        Command::Test { cases } => offline::test::run(&cases),
        Command::HashPassword => hash_password::run(),
        Command::Validate { connector, worker } => {
            offline::validate::run(&connector, worker.as_deref())
        }
    });
    done.map_or_else(|failure| failure.report(), |()| ExitCode::SUCCESS)
}

/// Kafka Connect in one static binary.
#[derive(Debug, Parser)]
#[command(name = "windlass", version = VERSION, arg_required_else_help = true)]
struct Cli {
    /// What to log: a level, or a list such as `info,windlass_client=debug`; RUST_LOG is read when not given
    #[arg(long, global = true, value_name = "FILTER")]
    log: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run connectors in one process, as connect-standalone.sh does
    Standalone {
        /// The worker's properties
        worker: PathBuf,
        /// Connectors to create: properties or JSON files
        connectors: Vec<PathBuf>,
    },
    /// Run one worker of a cluster, as connect-distributed.sh does
    Distributed {
        /// The worker's properties
        worker: PathBuf,
        /// Print how the files in `connectors.directory` differ from the cluster's connectors, and exit
        #[arg(long)]
        dry_run: bool,
    },
    /// See records flow, with nothing installed: a file, through a topic of an embedded broker, into another file
    Quickstart {
        /// The file to read; one that grows by itself when not given
        file: Option<PathBuf>,
        /// Where the broker's data, offsets and output are kept
        #[arg(long, default_value = "windlass-quickstart", value_name = "DIR")]
        directory: PathBuf,
    },
    /// Hash a password, read from standard input, for the file that rest.users.file names
    HashPassword,
    /// List the connectors, converters, transforms and predicates
    Plugins,
    /// Run records from standard input through a connector's converters, transforms and predicates, without a cluster
    Transform {
        /// The connector: a properties or JSON file
        connector: PathBuf,
        /// The worker's properties, for the converters that the connector does not set; JsonConverter when not given
        #[arg(long, value_name = "FILE")]
        worker: Option<PathBuf>,
        /// Write one JSON object for each record
        #[arg(long)]
        json: bool,
    },
    /// Check that records come out of a connector's transforms as expected; exits with 1 when one does not
    Test {
        /// The cases: a JSON file
        cases: PathBuf,
    },
    /// Check a connector's configuration; exits with 1 when it has errors
    Validate {
        /// The connector: a properties or JSON file
        connector: PathBuf,
        /// The worker's properties, for what the connector leaves to it
        #[arg(long, value_name = "FILE")]
        worker: Option<PathBuf>,
    },
}

/// A link named like a script of Kafka stands for its subcommand.
fn as_subcommand(mut arguments: Vec<OsString>) -> Vec<OsString> {
    let name = arguments
        .first()
        .and_then(|program| Path::new(program).file_name())
        .and_then(OsStr::to_str);
    let subcommand = match name.map(|name| name.strip_suffix(".sh").unwrap_or(name)) {
        Some("connect-standalone") => "standalone",
        Some("connect-distributed") => "distributed",
        _ => return arguments,
    };
    arguments.insert(1, OsString::from(subcommand));
    arguments
}

/// Java's launcher exits with 1 where clap would say 2.
fn explain(error: &clap::Error) -> ExitCode {
    // Nothing is left to be done for a reader who closed the pipe.
    let _ = error.print();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => ExitCode::SUCCESS,
        _ => ExitCode::from(1),
    }
}

const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (Kafka Connect 4.3.1)");

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Command {
        let arguments = line.split(' ').map(OsString::from).collect();
        Cli::try_parse_from(as_subcommand(arguments))
            .expect(line)
            .command
    }

    #[test]
    fn links_named_as_kafkas_scripts_stand_for_subcommands() {
        for program in [
            "windlass standalone",
            "/opt/connect-standalone",
            "bin/connect-standalone.sh",
        ] {
            let Command::Standalone { worker, connectors } = parse(&format!("{program} w c d"))
            else {
                panic!("{program} is not standalone");
            };
            assert_eq!((worker, connectors.len()), (PathBuf::from("w"), 2));
        }
        assert!(matches!(
            parse("connect-distributed.sh w"),
            Command::Distributed { .. }
        ));
    }
}
