//! A broker with a listener for each way to be secure.

use std::fs;
use std::net::TcpListener;
use std::path::Path;

use windlass_testkit::PrivateBroker;

use crate::stores::{PASSWORD, Stores};

/// The running broker and the ports of its listeners.
pub(crate) struct SecureBroker {
    broker: PrivateBroker,
    ports: Vec<(&'static str, u16)>,
}

impl SecureBroker {
    pub(crate) fn start(directory: &Path, stores: &Stores) -> Self {
        fs::create_dir_all(directory).expect("directory");
        let ports: Vec<_> = LISTENERS
            .iter()
            .map(|(name, ..)| (*name, free_port()))
            .collect();
        fs::write(
            directory.join("extra.properties"),
            properties(&ports, stores),
        )
        .expect("file");
        fs::write(
            directory.join("format.arguments"),
            "--add-scram\nSCRAM-SHA-256=[name=alice,password=scram-secret]\n--add-scram\nSCRAM-SHA-512=[name=alice,password=scram-secret]\n",
        )
        .expect("file");
        SecureBroker {
            broker: PrivateBroker::start(directory),
            ports,
        }
    }

    /// The listener without any security.
    pub(crate) fn plain(&self) -> String {
        self.broker.address()
    }

    /// `localhost` and the port of a listener.
    pub(crate) fn at(&self, listener: &str) -> String {
        let port = self.ports.iter().find(|(name, _)| *name == listener);
        format!("localhost:{}", port.expect("a listener").1)
    }
}

/// Name, protocol, and certificate.
const LISTENERS: &[(&str, &str, &str)] = &[
    ("TLS", "SSL", "server"),
    ("MUTUAL", "SSL", "common-name"),
    ("EXPIRED", "SSL", "expired"),
    ("WRONGHOST", "SSL", "wrong-host"),
    ("SASLPLAIN", "SASL_PLAINTEXT", ""),
    ("SASLTLS", "SASL_SSL", "server"),
];

fn properties(ports: &[(&str, u16)], stores: &Stores) -> String {
    let urls: Vec<_> = ports
        .iter()
        .map(|(name, port)| format!("{name}://localhost:{port}"))
        .collect();
    let map: Vec<_> = LISTENERS
        .iter()
        .map(|(name, protocol, _)| format!("{name}:{protocol}"))
        .collect();
    let (urls, map) = (urls.join(","), map.join(","));
    let mut lines = vec![
        format!(
            "listeners=PLAINTEXT://127.0.0.1:@PORT@,CONTROLLER://127.0.0.1:@CONTROLLER@,{urls}"
        ),
        format!("advertised.listeners=PLAINTEXT://127.0.0.1:@PORT@,{urls}"),
        format!(
            "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,{map}"
        ),
        "listener.name.mutual.ssl.client.auth=required".to_owned(),
        "listener.name.mutual.ssl.truststore.type=PEM".to_owned(),
        format!("listener.name.mutual.ssl.truststore.location={}", stores.at("ca.pem")),
        // Authentication holds for a second and a half only: whoever stays must say again who he is.
        "listener.name.saslplain.plain.connections.max.reauth.ms=1500".to_owned(),
        "listener.name.saslplain.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER".to_owned(),
        "listener.name.sasltls.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-512".to_owned(),
    ];
    for (name, _, certificate) in LISTENERS.iter().filter(|listener| !listener.2.is_empty()) {
        let prefix = format!("listener.name.{}.ssl", name.to_lowercase());
        let file = stores.at(&format!("{certificate}.p12"));
        lines.push(format!("{prefix}.keystore.type=PKCS12"));
        lines.push(format!("{prefix}.keystore.location={file}"));
        lines.push(format!("{prefix}.keystore.password={PASSWORD}"));
    }
    let common = "org.apache.kafka.common.security";
    for name in ["saslplain", "sasltls"] {
        let prefix = format!("listener.name.{name}");
        lines.push(format!(
            "{prefix}.plain.sasl.jaas.config={common}.plain.PlainLoginModule required user_alice=\"plain-secret\";"
        ));
        for mechanism in ["scram-sha-256", "scram-sha-512"] {
            lines.push(format!(
                "{prefix}.{mechanism}.sasl.jaas.config={common}.scram.ScramLoginModule required;"
            ));
        }
        lines.push(format!(
            "{prefix}.oauthbearer.sasl.jaas.config={common}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub=\"broker\";"
        ));
    }
    lines.join("\n") + "\n"
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}
