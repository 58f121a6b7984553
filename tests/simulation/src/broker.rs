//! The host that is Kafka.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use turmoil::net::TcpListener;
use windlass_broker::{Broker, BrokerConfig, Fault, Storage};

use crate::journal::Journal;

/// Its name.
pub(crate) const NAME: &str = "broker";
const PORT: u16 = 9092;

/// `bootstrap.servers`
pub(crate) fn servers() -> String {
    format!("{NAME}:{PORT}")
}

/// Runs a broker on a directory, as the last one there left it. While it is flaky, some requests end their connection,
/// before or after they did their work, and some answers are late.
pub(crate) async fn run(
    directory: PathBuf,
    seed: u64,
    flaky: Arc<AtomicBool>,
    journal: Arc<Journal>,
) -> turmoil::Result {
    let broker = Broker::open(BrokerConfig {
        listen: SocketAddr::from((Ipv4Addr::UNSPECIFIED, PORT)),
        advertised: Some((NAME.to_owned(), PORT)),
        storage: Storage::Directory(directory),
        default_partitions: 2,
        group_min_session_timeout: Duration::from_secs(1),
        rng: fastrand::Rng::with_seed(seed),
        ..BrokerConfig::default()
    })?;
    let mut rng = fastrand::Rng::with_seed(seed.wrapping_add(1));
    broker.faults().hook(move |_| {
        let meets = flaky.load(Ordering::Relaxed) && rng.u32(..ONE_IN) == 0;
        meets.then(|| match rng.u32(..4) {
            0 => Fault::DropBeforeHandling,
            1 => Fault::DropAfterHandling,
            2 => Fault::Truncate(rng.usize(..12)),
            _ => Fault::DelayAnswer(Duration::from_millis(rng.u64(..3000))),
        })
    });
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, PORT)).await?;
    journal.note("the broker is there");
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(broker.serve(stream));
    }
}

/// While it is flaky one request in so many meets a fault.
const ONE_IN: u32 = 10;
