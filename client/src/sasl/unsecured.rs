//! Tokens that nobody signed, as Java's `OAuthBearerUnsecuredLoginCallbackHandler` makes them.
//!
//! A broker takes them only if it is set up for development.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use windlass_secret::jaas::LoginModule;

use super::settings::option;

/// What such a token claims.
#[derive(Debug)]
pub(super) struct Claims {
    given: Map<String, Value>,
    lifetime_seconds: u64,
}

impl Claims {
    /// `unsecuredLoginStringClaim_*`, `unsecuredLoginNumberClaim_*`, `unsecuredLoginListClaim_*` and
    /// `unsecuredLoginLifetimeSeconds`; `None` where there is not even a subject.
    pub(super) fn read(module: &LoginModule) -> Option<Self> {
        let mut given = Map::new();
        for (name, value) in &module.options {
            let text = value.reveal();
            if let Some(name) = name.strip_prefix("unsecuredLoginStringClaim_") {
                given.insert(name.to_owned(), json!(text));
            } else if let Some(name) = name.strip_prefix("unsecuredLoginNumberClaim_") {
                let number: serde_json::Number = text.trim().parse().ok()?;
                given.insert(name.to_owned(), Value::Number(number));
            } else if let Some(name) = name.strip_prefix("unsecuredLoginListClaim_") {
                // The first character says what separates the others.
                let separator = text.chars().next()?;
                let items: Vec<_> = text[separator.len_utf8()..].split(separator).collect();
                given.insert(name.to_owned(), json!(items));
            }
        }
        given.get("sub")?;
        let lifetime = option(module, "unsecuredLoginLifetimeSeconds");
        Some(Self {
            given,
            lifetime_seconds: lifetime.map_or(Some(3600), |text| text.trim().parse().ok())?,
        })
    }

    /// A token of these claims, issued `now` (seconds since 1970).
    pub(super) fn token(&self, now: u64) -> String {
        let mut claims = self.given.clone();
        let expiry = now.saturating_add(self.lifetime_seconds);
        claims.entry("iat").or_insert(json!(now));
        claims.entry("exp").or_insert(json!(expiry));
        let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        format!(
            "{}.{}.",
            part(&json!({"alg": "none"})),
            part(&Value::Object(claims))
        )
    }
}
