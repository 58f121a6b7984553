//! The hosts that are workers.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use turmoil::net::TcpListener;
use windlass_api::Props;
use windlass_engine::config::DistributedConfig;
use windlass_engine::herder::Herder;
use windlass_engine::plugins::Plugins;
use windlass_engine::worker::{DistributedOptions, start_distributed};

use crate::journal::Journal;
use crate::{broker, net, peers, sink, source};

/// The handles of the workers that run, by host.
#[derive(Debug, Default)]
pub(crate) struct Workers(Mutex<BTreeMap<String, Herder>>);

impl Workers {
    pub(crate) fn all(&self) -> BTreeMap<String, Herder> {
        self.lock().clone()
    }

    /// A worker is gone.
    pub(crate) fn forget(&self, host: &str) {
        self.lock().remove(host);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Herder>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The URL of a worker's REST.
pub(crate) fn url(host: &str) -> String {
    format!("http://{host}:{PORT}/")
}

/// Runs a worker for ever; one that could not start or ended is started again, as an init system would.
pub(crate) async fn run(
    host: String,
    seed: u64,
    protocol: &'static str,
    journal: Arc<Journal>,
    workers: Arc<Workers>,
) -> turmoil::Result {
    let plugins = [
        source::plugin(&host, &journal),
        sink::plugin(&host, &journal),
    ];
    let plugins = Arc::new(Plugins::new(plugins));
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, PORT)).await?;
    let mut rng = fastrand::Rng::with_seed(seed);
    loop {
        let config = DistributedConfig::new(props(&host, protocol), &plugins)
            .map_err(|error| error.message().to_owned())?;
        let options = DistributedOptions {
            config,
            plugins: Arc::clone(&plugins),
            worker_id: format!("{host}:{PORT}"),
            url: url(&host),
            log_level: Arc::new(|_, _| {}),
            data: Handle::current(),
            env: net::env(rng.u64(..)),
        };
        match start_distributed(options).await {
            Ok(herder) => {
                journal.note(format!("{host} is there"));
                workers.lock().insert(host.clone(), herder.clone());
                tokio::select! {
                    biased;
                    () = herder.ended() => {}
                    () = peers::serve(&listener, &herder) => {}
                }
                workers.forget(&host);
                journal.note(format!("{host} ended by itself"));
            }
            Err(error) => journal.note(format!("{host} did not start: {error}")),
        }
        tokio::time::sleep(RESTART).await;
    }
}

fn props(host: &str, protocol: &str) -> Props {
    let mut props: Vec<(&str, String)> = vec![
        ("bootstrap.servers", broker::servers()),
        ("listeners", format!("http://{host}:{PORT}")),
        ("connect.protocol", protocol.to_owned()),
    ];
    props.extend(SETTINGS.map(|(key, value)| (key, value.to_owned())));
    let prop = |(key, value): (&str, String)| (key.to_owned(), Some(value));
    props.into_iter().map(prop).collect()
}

/// Times are shorter than the defaults, in proportion, so that a minute is long.
const SETTINGS: [(&str, &str); 23] = [
    ("group.id", "simulation"),
    ("key.converter", STRINGS),
    ("value.converter", STRINGS),
    ("config.storage.topic", "configs"),
    ("config.storage.replication.factor", "1"),
    ("offset.storage.topic", "offsets"),
    ("offset.storage.replication.factor", "1"),
    ("offset.storage.partitions", "2"),
    ("status.storage.topic", "statuses"),
    ("status.storage.replication.factor", "1"),
    ("status.storage.partitions", "1"),
    ("session.timeout.ms", "6000"),
    ("heartbeat.interval.ms", "2000"),
    ("rebalance.timeout.ms", "10000"),
    ("scheduled.rebalance.max.delay.ms", "3000"),
    ("offset.flush.interval.ms", "2000"),
    ("offset.flush.timeout.ms", "2000"),
    ("task.shutdown.graceful.timeout.ms", "3000"),
    ("request.timeout.ms", "5000"),
    ("producer.request.timeout.ms", "5000"),
    ("consumer.request.timeout.ms", "5000"),
    ("consumer.session.timeout.ms", "6000"),
    ("consumer.heartbeat.interval.ms", "2000"),
];
const STRINGS: &str = "org.apache.kafka.connect.storage.StringConverter";
const PORT: u16 = 8083;
const RESTART: Duration = Duration::from_secs(1);
