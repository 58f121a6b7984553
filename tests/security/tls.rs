//! TLS to the broker.

use windlass_client::{Cluster, Env, Topics};

use crate::broker::SecureBroker;
use crate::stores::{KEY_PASSWORD, PASSWORD, Stores};
use crate::{Case, Expect, check, config};

pub(crate) async fn cases(broker: &SecureBroker, stores: &Stores) -> Vec<String> {
    let mut cases = servers(broker, stores);
    cases.extend(clients(broker, stores));
    check(cases).await
}

/// A truststore that changes is read again for the next connection.
pub(crate) async fn reload(broker: &SecureBroker, stores: &Stores) -> Vec<String> {
    let file = stores.at("changing.pem");
    let put = |name: &str| std::fs::copy(stores.path(name), &file).expect("a copy");
    put("other-ca.pem");
    let settings = with_protocol(&[
        ("ssl.truststore.type", "PEM"),
        ("ssl.truststore.location", &file),
    ]);
    let config = config(&broker.at("TLS"), &settings).expect("settings");
    let cluster = Cluster::new(&config, Env::default());
    let before = cluster.refresh(Topics::None).await;
    put("ca.pem");
    let after = cluster.refresh(Topics::None).await;
    match (before, after) {
        (Err(_), Ok(_)) => Vec::new(),
        (before, after) => vec![format!(
            "reload: expected to be refused and then connected, found {before:?} and {after:?}"
        )],
    }
}

/// How the client comes to trust the broker, or not.
fn servers(broker: &SecureBroker, stores: &Stores) -> Vec<Case> {
    let case = |name, listener: &str, expect, settings: &[(&'static str, &str)]| Case {
        name,
        servers: match listener {
            "" => broker.plain(),
            listener => broker.at(listener),
        },
        settings: with_protocol(settings),
        expect,
    };
    let ca = stores.at("ca.pem");
    let pem = [
        ("ssl.truststore.type", "PEM"),
        ("ssl.truststore.location", &ca),
    ];
    let with = |extra: &[(&'static str, &'static str)]| [&pem[..], extra].concat();
    let (inline, other) = (stores.text("ca.pem"), stores.at("other-ca.pem"));
    let one_line = inline.replace('\n', " ");
    let (jks, p12) = (stores.at("ca.jks"), stores.at("ca.p12"));
    use Expect::{Connected, Interrupted, Refused};
    vec![
        case("PEM file", "TLS", Connected, &pem),
        case(
            "PEM inline",
            "TLS",
            Connected,
            &[
                ("ssl.truststore.type", "PEM"),
                ("ssl.truststore.certificates", &inline),
            ],
        ),
        case(
            "PEM on one line",
            "TLS",
            Connected,
            &[
                ("ssl.truststore.type", "PEM"),
                ("ssl.truststore.certificates", &one_line),
            ],
        ),
        case(
            "JKS",
            "TLS",
            Connected,
            &[
                ("ssl.truststore.location", &jks),
                ("ssl.truststore.password", PASSWORD),
            ],
        ),
        case(
            "JKS without a password",
            "TLS",
            Connected,
            &[("ssl.truststore.location", &jks)],
        ),
        case(
            "PKCS12",
            "TLS",
            Connected,
            &[
                ("ssl.truststore.type", "PKCS12"),
                ("ssl.truststore.location", &p12),
                ("ssl.truststore.password", PASSWORD),
            ],
        ),
        case(
            "PKCS12 called JKS",
            "TLS",
            Connected,
            &[
                ("ssl.truststore.location", &p12),
                ("ssl.truststore.password", PASSWORD),
            ],
        ),
        case(
            "TLS 1.2",
            "TLS",
            Connected,
            &with(&[("ssl.enabled.protocols", "TLSv1.2")]),
        ),
        case(
            "TLS 1.3",
            "TLS",
            Connected,
            &with(&[("ssl.enabled.protocols", "TLSv1.3")]),
        ),
        case(
            "cipher suite",
            "TLS",
            Connected,
            &with(&[("ssl.cipher.suites", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384")]),
        ),
        case("roots of the system", "TLS", Refused("unknown CA"), &[]),
        case(
            "another CA",
            "TLS",
            Refused("unknown CA"),
            &[
                ("ssl.truststore.type", "PEM"),
                ("ssl.truststore.location", &other),
            ],
        ),
        case(
            "wrong password of a JKS",
            "TLS",
            Refused("ssl.truststore.password is wrong"),
            &[
                ("ssl.truststore.location", &jks),
                ("ssl.truststore.password", "guessed"),
            ],
        ),
        case(
            "wrong password of a PKCS12",
            "TLS",
            Refused("ssl.truststore.password is wrong"),
            &[
                ("ssl.truststore.location", &p12),
                ("ssl.truststore.password", "guessed"),
            ],
        ),
        case(
            "PEM called JKS",
            "TLS",
            Refused("set the type of the store to PEM"),
            &[("ssl.truststore.location", &ca)],
        ),
        case(
            "no such file",
            "TLS",
            Refused("ssl.truststore.location: cannot read /no/such.jks: No such file"),
            &[("ssl.truststore.location", "/no/such.jks")],
        ),
        case(
            "expired",
            "EXPIRED",
            Refused("the certificate of localhost expired"),
            &pem,
        ),
        case(
            "wrong host",
            "WRONGHOST",
            Refused("wrong host: the certificate of localhost is for"),
            &pem,
        ),
        case(
            "wrong host, not looked at",
            "WRONGHOST",
            Connected,
            &with(&[("ssl.endpoint.identification.algorithm", "")]),
        ),
        case(
            "a plain port",
            "",
            Interrupted("is this a port without TLS?"),
            &pem,
        ),
    ]
}

/// How the broker comes to trust the client, or not. Its certificate has a common name only.
fn clients(broker: &SecureBroker, stores: &Stores) -> Vec<Case> {
    let ca = stores.at("ca.pem");
    let case = |name, expect, settings: &[(&'static str, &str)]| Case {
        name,
        servers: broker.at("MUTUAL"),
        settings: with_protocol(
            &[
                &[
                    ("ssl.truststore.type", "PEM"),
                    ("ssl.truststore.location", &*ca),
                ],
                settings,
            ]
            .concat(),
        ),
        expect,
    };
    let (key, encrypted, chain) = (
        stores.text("client.key"),
        stores.text("client-encrypted.key"),
        stores.text("client.pem"),
    );
    let (both, p12, legacy, jks, old) = (
        stores.at("client-both.pem"),
        stores.at("client.p12"),
        stores.at("client-legacy.p12"),
        stores.at("client-own.jks"),
        stores.at("expired.p12"),
    );
    let pem = ("ssl.keystore.type", "PEM");
    let store_password = ("ssl.keystore.password", PASSWORD);
    use Expect::{Connected, Refused};
    vec![
        case("no certificate", Refused("demands"), &[]),
        case(
            "PEM key inline",
            Connected,
            &[
                pem,
                ("ssl.keystore.key", &key),
                ("ssl.keystore.certificate.chain", &chain),
            ],
        ),
        case(
            "PEM key file",
            Connected,
            &[pem, ("ssl.keystore.location", &both)],
        ),
        case(
            "PEM key encrypted",
            Connected,
            &[
                pem,
                ("ssl.keystore.key", &encrypted),
                ("ssl.keystore.certificate.chain", &chain),
                ("ssl.key.password", KEY_PASSWORD),
            ],
        ),
        case(
            "PEM key, wrong password",
            Refused("ssl.key.password is wrong"),
            &[
                pem,
                ("ssl.keystore.key", &encrypted),
                ("ssl.keystore.certificate.chain", &chain),
                ("ssl.key.password", "guessed"),
            ],
        ),
        case(
            "PEM key, no password",
            Refused("ssl.key.password is missing"),
            &[
                pem,
                ("ssl.keystore.key", &encrypted),
                ("ssl.keystore.certificate.chain", &chain),
            ],
        ),
        case(
            "PKCS12 key",
            Connected,
            &[
                ("ssl.keystore.type", "PKCS12"),
                ("ssl.keystore.location", &p12),
                store_password,
            ],
        ),
        case(
            "PKCS12 key, old ciphers",
            Connected,
            &[
                ("ssl.keystore.type", "PKCS12"),
                ("ssl.keystore.location", &legacy),
                store_password,
            ],
        ),
        case(
            "JKS key with its own password",
            Connected,
            &[
                ("ssl.keystore.location", &jks),
                store_password,
                ("ssl.key.password", KEY_PASSWORD),
            ],
        ),
        case(
            "JKS key, wrong password",
            Refused("ssl.key.password is wrong"),
            &[
                ("ssl.keystore.location", &jks),
                store_password,
                ("ssl.key.password", "guessed"),
            ],
        ),
        case(
            "keystore, wrong password",
            Refused("ssl.keystore.password is wrong"),
            &[
                ("ssl.keystore.location", &jks),
                ("ssl.keystore.password", "guessed"),
            ],
        ),
        case(
            "an expired certificate of ours",
            Refused("our certificate"),
            &[("ssl.keystore.location", &old), store_password],
        ),
        case(
            "TLS 1.2, no certificate",
            Refused("demand"),
            &[("ssl.enabled.protocols", "TLSv1.2")],
        ),
    ]
}

fn with_protocol(settings: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    let settings = settings
        .iter()
        .map(|(key, value)| (*key, (*value).to_owned()));
    settings
        .chain([("security.protocol", "SSL".to_owned())])
        .collect()
}
