//! The `sasl.*` keys.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use windlass_http::Url;
use windlass_secret::jaas::{self, LoginModule};
use windlass_tls::TlsSettings;

use super::unsecured::Claims;
use super::{Hash, allowed_urls};
use crate::config::{ConfigError, Secret, Security};

/// All that SASL needs to know.
#[derive(Debug)]
pub struct SaslSettings {
    pub(super) login: Login,
}

/// A mechanism and who the client is in it.
#[derive(Debug)]
pub(super) enum Login {
    Plain {
        user: String,
        password: Secret,
    },
    Scram {
        hash: Hash,
        user: String,
        password: Secret,
        by_token: bool,
    },
    OauthBearer {
        source: TokenSource,
        extensions: BTreeMap<String, String>,
    },
}

/// Where tokens come from.
#[derive(Debug)]
pub(super) enum TokenSource {
    /// `sasl.oauthbearer.token.endpoint.url` with a `file:` URL: a file that somebody else renews.
    File(PathBuf),
    /// The same with an HTTP URL: OAuth's client credentials (RFC 6749, 4.4).
    Endpoint(Box<Endpoint>),
    /// `unsecuredLoginStringClaim_sub` and its kind: a token that nobody signed, for development.
    Unsecured(Claims),
}

/// An authorization server.
#[derive(Debug)]
pub(super) struct Endpoint {
    pub(super) url: Url,
    pub(super) client_id: String,
    pub(super) client_secret: Secret,
    pub(super) scope: Option<String>,
    /// `sasl.oauthbearer.header.urlencode`
    pub(super) urlencode: bool,
    /// The `ssl.*` options of the login module, which is where Java looks.
    pub(super) tls: TlsSettings,
    pub(super) connect_timeout: Duration,
    pub(super) read_timeout: Duration,
    pub(super) backoff: Duration,
    pub(super) backoff_max: Duration,
}

impl Login {
    pub(super) fn mechanism(&self) -> &'static str {
        match self {
            Self::Plain { .. } => "PLAIN",
            Self::Scram {
                hash: Hash::Sha256, ..
            } => "SCRAM-SHA-256",
            Self::Scram {
                hash: Hash::Sha512, ..
            } => "SCRAM-SHA-512",
            Self::OauthBearer { .. } => "OAUTHBEARER",
        }
    }
}

impl SaslSettings {
    /// Reads the keys.
    ///
    /// # Errors
    /// A mechanism that is not spoken here, a JAAS text that is none, or credentials that are missing.
    pub fn read(security: &Security) -> Result<Self, ConfigError> {
        let mechanism = security.text("sasl.mechanism").map_or("GSSAPI", str::trim);
        let login = match mechanism {
            "PLAIN" => {
                let (user, password) = credentials(&module(security)?)?;
                Login::Plain { user, password }
            }
            "SCRAM-SHA-256" => scram(Hash::Sha256, &module(security)?)?,
            "SCRAM-SHA-512" => scram(Hash::Sha512, &module(security)?)?,
            "OAUTHBEARER" => oauth(security, &module(security)?)?,
            other => {
                return Err(ConfigError::Unsupported {
                    key: "sasl.mechanism".to_owned(),
                    value: other.to_owned(),
                    reason: "expected PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER (GSSAPI, Kerberos, is Kafka's default and needs a C library)".to_owned(),
                });
            }
        };
        Ok(Self { login })
    }
}

fn module(security: &Security) -> Result<LoginModule, ConfigError> {
    let Some(text) = security.text("sasl.jaas.config") else {
        return Err(ConfigError::Missing {
            key: "sasl.jaas.config".to_owned(),
        });
    };
    jaas::parse_line(text)
        .map_err(|error| wrong("sasl.jaas.config", "[hidden]", &error.to_string()))
}

fn credentials(module: &LoginModule) -> Result<(String, Secret), ConfigError> {
    let needed = |name: &str| {
        option(module, name).ok_or_else(|| {
            let what = format!("expected the option {name} of the login module");
            wrong("sasl.jaas.config", "[hidden]", &what)
        })
    };
    Ok((
        needed("username")?.to_owned(),
        Secret::new(needed("password")?),
    ))
}

fn scram(hash: Hash, module: &LoginModule) -> Result<Login, ConfigError> {
    let (user, password) = credentials(module)?;
    Ok(Login::Scram {
        hash,
        user,
        password,
        by_token: option(module, "tokenauth").is_some_and(is_true),
    })
}

fn oauth(security: &Security, module: &LoginModule) -> Result<Login, ConfigError> {
    let extensions = module
        .options
        .iter()
        .filter_map(|(name, value)| {
            let name = name.strip_prefix("extension_")?;
            Some((name.to_owned(), value.reveal().to_owned()))
        })
        .collect();
    let source = match security.text(ENDPOINT_KEY).map(str::trim) {
        Some(url) => endpoint(security, module, url)?,
        None => {
            TokenSource::Unsecured(Claims::read(module).ok_or_else(|| ConfigError::Missing {
                key: ENDPOINT_KEY.to_owned(),
            })?)
        }
    };
    Ok(Login::OauthBearer { source, extensions })
}

fn endpoint(
    security: &Security,
    module: &LoginModule,
    text: &str,
) -> Result<TokenSource, ConfigError> {
    allowed_urls::check(ENDPOINT_KEY, text)?;
    if let Some(path) = text.strip_prefix("file:") {
        // file:/a, file:///a and file://localhost/a are one file.
        let path = path.strip_prefix("//").unwrap_or(path);
        let path = path.strip_prefix("localhost").unwrap_or(path);
        return Ok(TokenSource::File(PathBuf::from(path)));
    }
    let url = Url::parse(text).map_err(|error| wrong(ENDPOINT_KEY, text, &error.to_string()))?;
    // The keys of 4.1, and before them the options.
    let either = |key: &str, name: &str| security.text(key).or_else(|| option(module, name));
    let needed = |key: &str, option: &str| {
        either(key, option).ok_or_else(|| ConfigError::Missing {
            key: key.to_owned(),
        })
    };
    let millis = |key: &str, default: u64| match security.text(key).map(str::trim) {
        None => Ok(Duration::from_millis(default)),
        Some(text) => text
            .parse()
            .map(Duration::from_millis)
            .map_err(|_| wrong(key, text, "expected a number of milliseconds")),
    };
    let tls = TlsSettings::read("", |key| option(module, key))
        .map_err(|error| wrong("sasl.jaas.config", "[hidden]", &error.to_string()))?;
    Ok(TokenSource::Endpoint(Box::new(Endpoint {
        url,
        client_id: needed("sasl.oauthbearer.client.credentials.client.id", "clientId")?.to_owned(),
        client_secret: Secret::new(needed(
            "sasl.oauthbearer.client.credentials.client.secret",
            "clientSecret",
        )?),
        scope: either("sasl.oauthbearer.scope", "scope").map(str::to_owned),
        urlencode: security
            .text("sasl.oauthbearer.header.urlencode")
            .is_some_and(is_true),
        tls,
        connect_timeout: millis("sasl.login.connect.timeout.ms", 10_000)?,
        read_timeout: millis("sasl.login.read.timeout.ms", 10_000)?,
        backoff: millis("sasl.login.retry.backoff.ms", 100)?,
        backoff_max: millis("sasl.login.retry.backoff.max.ms", 10_000)?,
    })))
}

/// An option of the login module.
pub(super) fn option<'a>(module: &'a LoginModule, name: &str) -> Option<&'a str> {
    module.options.get(name).map(Secret::reveal)
}

fn is_true(text: &str) -> bool {
    text.trim().eq_ignore_ascii_case("true")
}

fn wrong(key: &str, value: &str, reason: &str) -> ConfigError {
    ConfigError::Invalid {
        key: key.to_owned(),
        value: value.to_owned(),
        reason: reason.to_owned(),
    }
}

const ENDPOINT_KEY: &str = "sasl.oauthbearer.token.endpoint.url";

#[cfg(test)]
mod tests {
    use crate::config::{ClientConfig, Properties};

    fn error(pairs: &[(&str, &str)]) -> String {
        let mut properties = Properties::from([
            ("bootstrap.servers".to_owned(), "a:1".to_owned()),
            ("security.protocol".to_owned(), "SASL_PLAINTEXT".to_owned()),
        ]);
        for (key, value) in pairs {
            properties.insert((*key).to_owned(), (*value).to_owned());
        }
        ClientConfig::parse(&properties).unwrap_err().to_string()
    }

    #[test]
    fn what_cannot_be_is_refused_before_anything_connects() {
        assert!(error(&[]).starts_with("sasl.mechanism=GSSAPI is not supported"));
        assert!(error(&[("sasl.mechanism", "PLAIN")]).contains("\"sasl.jaas.config\""));
        let told = error(&[
            ("sasl.mechanism", "SCRAM-SHA-512"),
            (
                "sasl.jaas.config",
                "X required username=\"a\" passwort=\"swordfish\";",
            ),
        ]);
        assert!(
            told.contains("the option password") && !told.contains("swordfish"),
            "{told}"
        );
        let told = error(&[
            ("sasl.mechanism", "OAUTHBEARER"),
            ("sasl.jaas.config", "X required;"),
            (
                "sasl.oauthbearer.token.endpoint.url",
                "http://127.0.0.1:1/not-allowed",
            ),
        ]);
        assert!(told.contains("allowed.urls"), "{told}");
    }
}
