//! The embedded broker behind streams in memory: no sockets, and time that may stand still.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};

use windlass_broker::{Broker, BrokerConfig};
use windlass_client::config::{ProducerConfig, Properties};
use windlass_client::dns::Resolve;
use windlass_client::net::{Dialer, Pending, SocketOptions, Stream};
use windlass_client::{Cluster, Env, Producer};

/// A broker that can go away and come back.
#[derive(Debug, Clone)]
pub(crate) struct Embedded {
    broker: Arc<Mutex<Option<Broker>>>,
    /// Addresses nobody listens at.
    dead: Vec<IpAddr>,
    /// Every address that was dialled.
    pub(crate) dialled: Arc<Mutex<Vec<SocketAddr>>>,
}

impl Embedded {
    pub(crate) fn start(config: BrokerConfig) -> Self {
        let listen = SocketAddr::from(([127, 0, 0, 1], 9092));
        let broker = Broker::open(BrokerConfig {
            listen,
            rng: fastrand::Rng::with_seed(1),
            ..config
        })
        .unwrap();
        Self {
            broker: Arc::new(Mutex::new(Some(broker))),
            dead: Vec::new(),
            dialled: Arc::default(),
        }
    }

    /// As seen through a name that also has addresses nobody listens at.
    pub(crate) fn with_dead_addresses(mut self, dead: &[&str]) -> Self {
        self.dead = dead
            .iter()
            .map(|address| address.parse().unwrap())
            .collect();
        self
    }

    pub(crate) fn faults(&self) -> windlass_broker::Faults {
        self.broker.lock().unwrap().as_ref().unwrap().faults()
    }

    /// Nobody can connect any more, and who is connected is cut off.
    pub(crate) async fn stop(&self) -> Broker {
        let broker = self.broker.lock().unwrap().take();
        broker.unwrap()
    }

    pub(crate) fn put_back(&self, broker: Broker) {
        *self.broker.lock().unwrap() = Some(broker);
    }

    pub(crate) fn env(&self) -> Env {
        Env {
            dialer: Arc::new(self.clone()),
            resolver: Arc::new(self.clone()),
            seed: 7,
        }
    }

    pub(crate) fn producer(&self, settings: &[(&str, &str)]) -> Producer {
        let mut properties =
            Properties::from([("bootstrap.servers".to_owned(), "kafka.test:9092".to_owned())]);
        properties.extend(
            settings
                .iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned())),
        );
        let config = ProducerConfig::parse(&properties).unwrap().config;
        Producer::new(Cluster::new(&config.client, self.env()), config)
    }

    pub(crate) fn cluster(&self) -> Cluster {
        let config = windlass_client::config::ClientConfig::for_servers("kafka.test:9092").unwrap();
        Cluster::new(&config, self.env())
    }
}

impl Dialer for Embedded {
    fn dial<'a>(
        &'a self,
        _host: &'a str,
        address: SocketAddr,
        _options: SocketOptions,
    ) -> Pending<'a, io::Result<Box<dyn Stream>>> {
        Box::pin(async move {
            self.dialled.lock().unwrap().push(address);
            let broker = self.broker.lock().unwrap();
            let Some(broker) = broker
                .as_ref()
                .filter(|_| !self.dead.contains(&address.ip()))
            else {
                return Err(io::ErrorKind::ConnectionRefused.into());
            };
            let (near, far) = tokio::io::duplex(64 * 1024);
            tokio::spawn(broker.serve(far));
            Ok(Box::new(near) as Box<dyn Stream>)
        })
    }
}

impl Resolve for Embedded {
    fn resolve<'a>(&'a self, _host: &'a str) -> Pending<'a, io::Result<Vec<IpAddr>>> {
        let mut found = self.dead.clone();
        found.push(IpAddr::from([127, 0, 0, 1]));
        Box::pin(async move { Ok(found) })
    }
}
