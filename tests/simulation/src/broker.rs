//! The host that is Kafka.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use turmoil::net::TcpListener;
use windlass_broker::{Broker, BrokerConfig, Storage};

use crate::journal::Journal;

/// Its name.
pub(crate) const NAME: &str = "broker";
const PORT: u16 = 9092;

/// `bootstrap.servers`
pub(crate) fn servers() -> String {
    format!("{NAME}:{PORT}")
}

/// Runs a broker on a directory, as the last one there left it.
pub(crate) async fn run(directory: PathBuf, seed: u64, journal: Arc<Journal>) -> turmoil::Result {
    let broker = Broker::open(BrokerConfig {
        listen: SocketAddr::from((Ipv4Addr::UNSPECIFIED, PORT)),
        advertised: Some((NAME.to_owned(), PORT)),
        storage: Storage::Directory(directory),
        default_partitions: 2,
        group_min_session_timeout: Duration::from_secs(1),
        rng: fastrand::Rng::with_seed(seed),
        ..BrokerConfig::default()
    })?;
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, PORT)).await?;
    journal.note("the broker is there");
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(broker.serve(stream));
    }
}
