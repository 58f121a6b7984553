//! Clusters of workers survive what a hundred seeds break. `WINDLASS_SIMULATION_SEEDS=0..5000` runs others.

use std::process::{Command, Output};

#[test]
fn clusters_survive_the_faults_of_all_seeds() {
    let seeds = std::env::var("WINDLASS_SIMULATION_SEEDS");
    let output = simulate(seeds.as_deref().unwrap_or("0..100"));
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
}

#[test]
fn a_seed_does_the_same_each_time() {
    let [one, other] = [0, 1].map(|_| simulate("3"));
    assert!(!one.stdout.is_empty());
    assert_eq!(
        String::from_utf8_lossy(&one.stdout),
        String::from_utf8_lossy(&other.stdout)
    );
}

fn simulate(seeds: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_windlass-simulation"))
        .arg(seeds)
        .output()
        .expect("the simulation can be started")
}
