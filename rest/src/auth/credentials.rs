//! The `Authorization` header of basic authentication.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use windlass_secret::Secret;

/// A name and a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// Not empty.
    pub user: String,
    /// May hold colons.
    pub password: Secret,
}

impl Credentials {
    /// Reads the value of the header; `None` when it is not of the basic scheme, or broken.
    pub fn parse(header: &[u8]) -> Option<Self> {
        let header = std::str::from_utf8(header).ok()?;
        let (scheme, encoded) = header.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let bytes = STANDARD.decode(encoded).ok()?;
        // As in Java what is no UTF-8 becomes U+FFFD, which is nobody's password.
        let text = String::from_utf8_lossy(&bytes);
        let (user, password) = text.split_once(':')?;
        (!user.is_empty()).then(|| Credentials {
            user: user.to_owned(),
            password: Secret::new(password),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(header: &str) -> Option<(String, String)> {
        let credentials = Credentials::parse(header.as_bytes())?;
        Some((credentials.user, credentials.password.reveal().to_owned()))
    }

    #[test]
    fn names_end_at_the_first_colon() {
        let found = |user: &str, password: &str| Some((user.to_owned(), password.to_owned()));
        assert_eq!(parse("Basic YWRtaW46cGE6c3M="), found("admin", "pa:ss"));
        assert_eq!(parse("bAsIc ZW1wdHk6"), found("empty", ""));
        for broken in [
            "",
            "Basic",
            "Basic ",
            "Bearer abc",
            "Basic OnBhc3M=",
            "Basic bm9jb2xvbg==",
            "Basic !!!",
            " Basic YTpi",
        ] {
            assert_eq!(parse(broken), None, "{broken}");
        }
    }
}
