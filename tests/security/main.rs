//! Every TLS mode and SASL mechanism against a real Kafka that is set up for it, the REST server behind TLS against
//! OpenSSL, and the main job over SASL_SSL: one broker with a listener for each.

mod broker;
mod https;
mod registry;
mod rest;
mod run;
mod sasl;
mod stores;
mod tls;

use std::collections::BTreeMap;

use windlass_client::config::ClientConfig;
use windlass_client::{ClientError, Cluster, Env, Topics};

use broker::SecureBroker;
use stores::Stores;

#[test]
fn every_mode_against_a_real_broker() {
    let directory = tempfile::tempdir().expect("directory");
    let stores = Stores::make(&directory.path().join("stores"));
    let broker = SecureBroker::start(&directory.path().join("broker"), &stores);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let mut wrong = runtime.block_on(tls::cases(&broker, &stores));
    wrong.extend(runtime.block_on(tls::reload(&broker, &stores)));
    wrong.extend(runtime.block_on(sasl::cases(&broker, &stores)));
    wrong.extend(runtime.block_on(sasl::stays(&broker)));
    wrong.extend(runtime.block_on(sasl::tokens(&broker, &stores)));
    wrong.extend(runtime.block_on(registry::cases(&stores)));
    wrong.extend(rest::cases(&broker, &stores));
    wrong.extend(run::file_to_file(&broker, &stores));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What a client of these settings is told.
#[derive(Clone, Copy, Debug)]
enum Expect {
    Connected,
    /// An error that holds this, and that is not tried again.
    Refused(&'static str),
    /// An error that holds this, and that may pass.
    Interrupted(&'static str),
}

/// One client: a name for messages, its address and its settings.
struct Case {
    name: &'static str,
    servers: String,
    settings: Vec<(&'static str, String)>,
    expect: Expect,
}

impl Case {
    async fn check(self) -> Option<String> {
        let seen = connect(&self.servers, &self.settings, Env::default()).await;
        let right = match (&seen, self.expect) {
            (Ok(()), Expect::Connected) => true,
            (Err(error), Expect::Refused(text)) => {
                !error.is_retriable() && error.to_string().contains(text)
            }
            (Err(error), Expect::Interrupted(text)) => {
                error.is_retriable() && error.to_string().contains(text)
            }
            _ => false,
        };
        let seen = seen.map_err(|error| error.to_string());
        (!right).then(|| format!("{}: expected {:?}, found {seen:?}", self.name, self.expect))
    }
}

/// All of them at once; answers those that went otherwise than expected.
async fn check(cases: Vec<Case>) -> Vec<String> {
    let running: Vec<_> = cases
        .into_iter()
        .map(|case| tokio::spawn(case.check()))
        .collect();
    let mut wrong = Vec::new();
    for case in running {
        wrong.extend(case.await.expect("a case does not panic"));
    }
    wrong
}

fn config(servers: &str, settings: &[(&str, String)]) -> Result<ClientConfig, ClientError> {
    let settings = settings.iter();
    let mut properties: BTreeMap<String, String> = settings
        .map(|(key, value)| ((*key).to_owned(), value.clone()))
        .collect();
    properties.insert("bootstrap.servers".to_owned(), servers.to_owned());
    Ok(ClientConfig::parse(&properties)?.config)
}

async fn connect(servers: &str, settings: &[(&str, String)], env: Env) -> Result<(), ClientError> {
    let cluster = Cluster::new(&config(servers, settings)?, env);
    cluster.refresh(Topics::None).await.map(drop)
}
