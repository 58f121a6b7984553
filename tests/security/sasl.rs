//! SASL to the broker.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use windlass_client::net::{Dialer, Pending, SocketOptions, Stream, TcpDialer};
use windlass_client::{Cluster, Env, Topics};

use crate::broker::SecureBroker;
use crate::stores::Stores;
use crate::{Case, Expect, check, config, connect, https};

type Settings = Vec<(&'static str, String)>;

pub(crate) async fn cases(broker: &SecureBroker, stores: &Stores) -> Vec<String> {
    use Expect::{Connected, Refused};
    let plain = |mechanism: &str, password: &str| login("SASL_PLAINTEXT", mechanism, password);
    let secure = |mechanism: &str, password: &str| {
        let trust = [
            ("ssl.truststore.type", "PEM".to_owned()),
            ("ssl.truststore.location", stores.at("ca.pem")),
        ];
        [login("SASL_SSL", mechanism, password), trust.to_vec()].concat()
    };
    let case = |name, listener: &str, settings, expect| Case {
        name,
        servers: broker.at(listener),
        settings,
        expect,
    };
    let mut unsigned = plain("OAUTHBEARER", "");
    unsigned[2].1 = format!("{OAUTH} unsecuredLoginStringClaim_sub=\"alice\";");
    let mut not_enabled = secure("OAUTHBEARER", "");
    not_enabled[2].1 = unsigned[2].1.clone();
    check(vec![
        case(
            "PLAIN",
            "SASLPLAIN",
            plain("PLAIN", "plain-secret"),
            Connected,
        ),
        case(
            "PLAIN, wrong password",
            "SASLPLAIN",
            plain("PLAIN", "guessed"),
            Refused("Authentication failed: Invalid username or password"),
        ),
        case(
            "SCRAM-SHA-256",
            "SASLPLAIN",
            plain("SCRAM-SHA-256", "scram-secret"),
            Connected,
        ),
        case(
            "SCRAM-SHA-256, wrong password",
            "SASLPLAIN",
            plain("SCRAM-SHA-256", "guessed"),
            Refused("invalid credentials"),
        ),
        case(
            "SCRAM-SHA-512",
            "SASLPLAIN",
            plain("SCRAM-SHA-512", "scram-secret"),
            Connected,
        ),
        case(
            "SCRAM-SHA-512, wrong password",
            "SASLPLAIN",
            plain("SCRAM-SHA-512", "guessed"),
            Refused("invalid credentials"),
        ),
        case("OAUTHBEARER, unsigned", "SASLPLAIN", unsigned, Connected),
        case(
            "PLAIN over TLS",
            "SASLTLS",
            secure("PLAIN", "plain-secret"),
            Connected,
        ),
        case(
            "SCRAM-SHA-512 over TLS",
            "SASLTLS",
            secure("SCRAM-SHA-512", "scram-secret"),
            Connected,
        ),
        case(
            "SCRAM over TLS, wrong password",
            "SASLTLS",
            secure("SCRAM-SHA-512", "guessed"),
            Refused("invalid credentials"),
        ),
        case(
            "a mechanism that is not enabled",
            "SASLTLS",
            not_enabled,
            Refused("not enabled in the broker: it offers PLAIN, SCRAM-SHA-512"),
        ),
        case(
            "GSSAPI",
            "SASLTLS",
            secure("GSSAPI", ""),
            Refused("sasl.mechanism=GSSAPI is not supported"),
        ),
    ])
    .await
}

/// A client outlives the broker's memory of it on the connection it has (KIP-368).
pub(crate) async fn stays(broker: &SecureBroker) -> Vec<String> {
    let dialer = Arc::new(Counting::default());
    let env = Env {
        dialer: Arc::clone(&dialer) as Arc<dyn Dialer>,
        ..Env::default()
    };
    let settings = login("SASL_PLAINTEXT", "PLAIN", "plain-secret");
    let config = config(&broker.at("SASLPLAIN"), &settings).expect("settings");
    let cluster = Cluster::new(&config, env);
    let mut wrong = Vec::new();
    // Three times as long as the broker remembers.
    let until = tokio::time::Instant::now() + Duration::from_millis(4500);
    while tokio::time::Instant::now() < until {
        if let Err(error) = cluster.refresh(Topics::None).await {
            wrong.push(format!("re-authentication: {error}"));
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let dialled = dialer.0.load(Ordering::Relaxed);
    // One to the bootstrap address, and perhaps one to the broker by its id.
    if dialled > 2 {
        wrong.push(format!(
            "re-authentication: expected to keep its connections, found {dialled}"
        ));
    }
    wrong
}

/// A token of an https endpoint, and one of a file.
pub(crate) async fn tokens(broker: &SecureBroker, stores: &Stores) -> Vec<String> {
    let token = unsigned_token();
    let file = stores.path("token");
    std::fs::write(&file, format!("{token}\n")).expect("a file");
    let endpoint = endpoint(stores, &token).await;
    let urls = [
        format!("https://localhost:{}/token", endpoint.port()),
        format!("file://{}", file.display()),
        format!("https://localhost:{}/refused", endpoint.port()),
    ];
    windlass_client::sasl::allow_urls(urls.iter().cloned());
    let mut wrong = Vec::new();
    for (at, url) in urls.iter().enumerate() {
        let jaas = format!(
            "{OAUTH} clientId=\"windlass\" clientSecret=\"s=cret\" scope=\"kafka\" ssl.truststore.type=\"PEM\" ssl.truststore.location=\"{}\";",
            stores.at("ca.pem")
        );
        let mut settings = login("SASL_PLAINTEXT", "OAUTHBEARER", "");
        settings[2].1 = jaas;
        settings.push(("sasl.oauthbearer.token.endpoint.url", url.clone()));
        let seen = connect(&broker.at("SASLPLAIN"), &settings, Env::default()).await;
        let right = match &seen {
            Ok(()) => at < 2,
            Err(error) => at == 2 && error.to_string().contains("answered 401"),
        };
        if !right {
            wrong.push(format!("token of {url}: {seen:?}"));
        }
    }
    wrong
}

fn login(protocol: &str, mechanism: &str, password: &str) -> Settings {
    vec![
        ("security.protocol", protocol.to_owned()),
        ("sasl.mechanism", mechanism.to_owned()),
        (
            "sasl.jaas.config",
            format!("x.ScramLoginModule required username=\"alice\" password=\"{password}\";"),
        ),
    ]
}

/// As an authorization server would give it, but signed by nobody: the broker is set up for development.
fn unsigned_token() -> String {
    use base64::Engine;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD as encoding;
    let claims = r#"{"sub":"alice","iat":1700000000,"exp":4000000000}"#;
    format!(
        "{}.{}.",
        encoding.encode(r#"{"alg":"none"}"#),
        encoding.encode(claims)
    )
}

/// Gives the token to who asks as OAuth prescribes.
async fn endpoint(stores: &Stores, token: &str) -> SocketAddr {
    let token = token.to_owned();
    https::serve(stores, BODY, move |request| {
        // windlass:s=cret
        let asked = request.starts_with("post /token ")
            && request.contains("authorization: basic d2luzgxhc3m6cz1jcmv0");
        if asked {
            let body = format!("{{\"access_token\":\"{token}\",\"token_type\":\"Bearer\"}}");
            ("200 OK", body)
        } else {
            (
                "401 Unauthorized",
                "{\"error\":\"invalid_client\"}".to_owned(),
            )
        }
    })
    .await
}

/// Counts connections.
#[derive(Debug, Default)]
struct Counting(AtomicUsize);

impl Dialer for Counting {
    fn dial<'a>(
        &'a self,
        host: &'a str,
        address: SocketAddr,
        options: SocketOptions,
    ) -> Pending<'a, io::Result<Box<dyn Stream>>> {
        self.0.fetch_add(1, Ordering::Relaxed);
        TcpDialer.dial(host, address, options)
    }
}

const OAUTH: &str = "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required";
const BODY: &str = "grant_type=client_credentials&scope=kafka";
