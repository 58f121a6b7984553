//! One run: a broker, three workers, a user, and what breaks.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use turmoil::Sim;

use crate::faults::{Faults, LATENCY};
use crate::journal::Journal;
use crate::operator::{Operator, WORKERS};
use crate::stage::{Phase, Stage};
use crate::worker::Workers;
use crate::{broker, worker};

/// Runs a cluster through the faults of a seed; answers what was wrong.
pub(crate) fn run(seed: u64, prints: bool) -> turmoil::Result<Vec<String>> {
    let mut rng = fastrand::Rng::with_seed(seed);
    let protocol = PROTOCOLS[rng.usize(..PROTOCOLS.len())];
    let journal = Arc::new(Journal::new(prints));
    let (workers, stage) = (Arc::new(Workers::default()), Arc::new(Stage::default()));
    journal.note(format!("seed {seed}, protocol {protocol}"));
    let mut sim = turmoil::Builder::new()
        .rng_seed(rng.u64(..))
        .epoch(UNIX_EPOCH + EPOCH)
        .simulation_duration(LIMIT)
        .tick_duration(TICK)
        .min_message_latency(LATENCY)
        .max_message_latency(LATENCY * 2)
        .tcp_capacity(4096)
        .build();

    let directory = tempfile::tempdir()?;
    let path = directory.path().to_owned();
    let (seed, noting) = (rng.u64(..), Arc::clone(&journal));
    sim.host(broker::NAME, move || {
        broker::run(path.clone(), seed, Arc::clone(&noting))
    });
    let hosts: Vec<_> = (1..=WORKERS).map(|n| format!("worker{n}")).collect();
    for host in &hosts {
        let (name, seed) = (host.clone(), rng.u64(..));
        let (journal, workers) = (Arc::clone(&journal), Arc::clone(&workers));
        sim.host(host.as_str(), move || {
            let (journal, workers) = (Arc::clone(&journal), Arc::clone(&workers));
            worker::run(name.clone(), seed, protocol, journal, workers)
        });
    }
    let operator = Operator::new(
        Arc::clone(&journal),
        Arc::clone(&workers),
        Arc::clone(&stage),
        rng.fork(),
    );
    sim.client("operator", async move {
        operator.work().await;
        Ok(())
    });
    let faults = Faults::new(rng.fork(), Arc::clone(&journal), workers, hosts);
    play(&mut sim, faults, &journal, &stage)?;
    Ok(journal.failures())
}

fn play(
    sim: &mut Sim<'_>,
    mut faults: Faults,
    journal: &Journal,
    stage: &Stage,
) -> turmoil::Result {
    let mut end = None;
    while !sim.step()? {
        let now = sim.elapsed();
        journal.tick(now);
        if !stage.is_in(Phase::Faults) {
            continue;
        }
        if now < *end.get_or_insert(now + FAULTS) {
            faults.step(sim, now);
        } else {
            faults.end(sim);
            stage.enter(Phase::Healed);
        }
    }
    Ok(())
}

const PROTOCOLS: [&str; 3] = ["sessioned", "compatible", "eager"];
/// How fine time is.
const TICK: Duration = Duration::from_millis(10);
/// How long things break.
const FAULTS: Duration = Duration::from_secs(30);
/// After this a run has failed that has not come to its end.
const LIMIT: Duration = Duration::from_secs(900);
/// The day that records are dated.
const EPOCH: Duration = Duration::from_secs(1_767_225_600);
