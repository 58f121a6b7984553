//! Who we are to a registry.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use windlass_api::Password;

use super::RegistryUrl;

/// What goes into the `Authorization` header.
#[derive(Clone, Debug, Default)]
pub(super) enum Credentials {
    /// The user and password of each URL, if it has them.
    #[default]
    OfUrl,
    /// `user:password`
    UserInfo(Password),
    /// A token.
    Bearer(Password),
}

impl Credentials {
    /// The header's value, if there is to be one.
    pub(super) fn header(&self, url: &RegistryUrl) -> Option<Password> {
        match self {
            Credentials::OfUrl => url.user_info().map(basic),
            Credentials::UserInfo(user_info) => Some(basic(user_info.reveal())),
            Credentials::Bearer(token) => Some(Password::new(format!("Bearer {}", token.reveal()))),
        }
    }
}

fn basic(user_info: &str) -> Password {
    Password::new(format!("Basic {}", STANDARD.encode(user_info)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers() {
        let url = RegistryUrl::parse("http://user:pass@host:1").unwrap();
        let of = |credentials: Credentials| credentials.header(&url).unwrap().reveal().to_owned();
        assert_eq!(of(Credentials::OfUrl), "Basic dXNlcjpwYXNz");
        assert_eq!(
            of(Credentials::UserInfo(Password::new("a:b"))),
            "Basic YTpi"
        );
        assert_eq!(of(Credentials::Bearer(Password::new("t"))), "Bearer t");
        let shown = format!("{:?}", Credentials::Bearer(Password::new("secret")));
        assert!(!shown.contains("secret"), "{shown}");
    }
}
