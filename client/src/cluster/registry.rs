//! The clusters a worker talks to.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::{Cluster, Env, Shared};
use crate::config::ClientConfig;

/// Hands out one shared [`Cluster`] for all equal configurations (`client.id` aside), as long as anybody uses it.
#[derive(Debug, Clone, Default)]
pub struct Clusters {
    env: Env,
    open: Arc<Mutex<BTreeMap<ClientConfig, Weak<Shared>>>>,
}

impl Clusters {
    /// None yet; all of them will live in `env`.
    pub fn new(env: Env) -> Self {
        Self {
            env,
            open: Arc::default(),
        }
    }

    /// A generator of chance for whatever has this name; the same with the same seed of the world.
    pub fn rng(&self, name: &str) -> fastrand::Rng {
        // FNV-1a: a name's hash that does not change between builds.
        let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        fastrand::Rng::with_seed(self.env.seed ^ hash)
    }

    /// What goes on with each cluster that is in use. Configurations that differ in what is not shown are added up.
    pub fn activity(&self) -> Vec<Activity> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let mut by_servers = BTreeMap::new();
        for shared in open.values().filter_map(Weak::upgrade) {
            let servers = shared.config.bootstrap_servers.iter();
            let servers: Vec<_> = servers
                .map(|(host, port)| format!("{host}:{port}"))
                .collect();
            let (connections, requests) = shared.pool.activity();
            let sum: &mut (usize, usize) = by_servers.entry(servers.join(",")).or_default();
            (sum.0, sum.1) = (sum.0 + connections, sum.1 + requests);
        }
        let all = by_servers.into_iter();
        all.map(|(servers, (connections, requests))| Activity {
            servers,
            connections,
            requests,
        })
        .collect()
    }

    /// The cluster of `config`, under the `client.id` of `config`.
    pub fn cluster(&self, config: &ClientConfig) -> Cluster {
        let key = ClientConfig {
            client_id: String::new(),
            ..config.clone()
        };
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(shared) = open.get(&key).and_then(Weak::upgrade) {
            return Cluster {
                shared,
                client_id: config.client_id.as_str().into(),
            };
        }
        open.retain(|_, shared| shared.strong_count() > 0);
        let cluster = Cluster::new(config, self.env.clone());
        open.insert(key, Arc::downgrade(&cluster.shared));
        cluster
    }
}

/// What goes on between this process and one cluster, under one configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activity {
    /// The `bootstrap.servers`.
    pub servers: String,
    /// Open connections.
    pub connections: usize,
    /// Requests that wait for their answers.
    pub requests: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_configurations_share_and_keep_their_client_ids() {
        let clusters = Clusters::default();
        let config = ClientConfig::for_servers("localhost:9092").unwrap();
        let named = ClientConfig {
            client_id: "connector-producer-a-0".to_owned(),
            ..config.clone()
        };
        let (one, two) = (clusters.cluster(&config), clusters.cluster(&named));
        assert!(Arc::ptr_eq(&one.shared, &two.shared));
        assert_eq!(
            (one.client_id(), two.client_id()),
            ("", "connector-producer-a-0")
        );
        let other = ClientConfig::for_servers("localhost:9093").unwrap();
        assert!(!Arc::ptr_eq(&one.shared, &clusters.cluster(&other).shared));
        drop((one, two));
        clusters.cluster(&other);
        assert_eq!(
            clusters.open.lock().unwrap().len(),
            1,
            "what nobody uses is forgotten"
        );
    }
}
