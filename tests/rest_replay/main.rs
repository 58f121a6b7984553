//! What a real Java worker answered over REST, asked again of ours.
//!
//! The scenarios are `tests/golden/rest/*.json`, their format is told in the README beside them. What is not run, or
//! answered otherwise on purpose, is listed in `exceptions.txt` with the reason; a step listed there that passes is a
//! failure, so that the list stays true. Classes that ours has beyond Java's are listed in `additions.txt`, and are taken out of
//! the answers before these are compared.

mod additions;
mod exceptions;
mod expectation;
mod matcher;
mod replay;
mod variables;

use std::collections::BTreeSet;
use std::path::PathBuf;

use exceptions::Exceptions;

macro_rules! scenarios {
    ($($test:ident $name:literal),* $(,)?) => {
        $(
            #[test]
            fn $test() {
                replay::run($name);
            }
        )*

        const SCENARIOS: &[&str] = &[$($name),*];
    };
}

scenarios! {
    admin_disabled "admin-disabled",
    admin_listener "admin-listener-standalone",
    basic_auth "basic-auth-standalone",
    basic_auth_distributed "basic-auth-distributed",
    concurrent_create "concurrent-create-standalone",
    cors_any "cors-any",
    cors_off "cors-off",
    create "create-standalone",
    http_surface "http-surface-standalone",
    internal_endpoints "internal-endpoints-standalone",
    lifecycle_source "lifecycle-source-standalone",
    loggers "loggers-standalone",
    offsets_sink "offsets-sink-standalone",
    offsets_source "offsets-source-standalone",
    override_policy_all "override-policy-all",
    override_policy_none "override-policy-none",
    override_policy_principal "override-policy-principal",
    plugins "plugins-standalone",
    response_headers "response-headers",
    task_failure_sink "task-failure-sink-standalone",
    task_failure_source "task-failure-source-standalone",
    admin_listener_distributed "admin-listener-distributed",
    concurrent_create_distributed "concurrent-create-distributed",
    create_distributed "create-distributed",
    https "https-standalone",
    https_distributed "https-distributed",
    http_surface_distributed "http-surface-distributed",
    internal_endpoints_distributed "internal-endpoints-distributed",
    lifecycle_source_distributed "lifecycle-source-distributed",
    loggers_distributed "loggers-distributed",
    offsets_sink_distributed "offsets-sink-distributed",
    offsets_source_distributed "offsets-source-distributed",
    plugins_distributed "plugins-distributed",
    task_failure_sink_distributed "task-failure-sink-distributed",
    task_failure_source_distributed "task-failure-source-distributed",
    two_workers "two-workers",
    topic_reset_off "topic-reset-off",
    topic_tracking_off "topic-tracking-off",
    validate_errors "validate-errors",
    validate_transforms "validate-transforms",
}

#[test]
fn every_scenario_is_run_or_excepted() {
    let files = std::fs::read_dir(golden()).expect("the golden folder");
    let names: BTreeSet<String> = files
        .filter_map(|entry| {
            entry
                .ok()?
                .file_name()
                .to_str()?
                .strip_suffix(".json")
                .map(str::to_owned)
        })
        .collect();
    let exceptions = Exceptions::read();
    for name in &names {
        let run = SCENARIOS.contains(&name.as_str());
        assert!(
            run != exceptions.excludes(name),
            "{name} must be run or excepted, and not both"
        );
    }
    let unknown: Vec<_> = exceptions
        .scenarios()
        .filter(|name| !names.contains(*name))
        .collect();
    assert!(
        unknown.is_empty(),
        "exceptions of scenarios that do not exist: {unknown:?}"
    );
}

/// Where the scenarios are.
fn golden() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/rest")
}
