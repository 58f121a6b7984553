//! OAUTHBEARER (RFC 7628): a token that somebody else gave.

use std::collections::BTreeMap;

use super::Step;

/// A conversation after its first message.
#[derive(Debug, Default)]
pub struct OauthBearer {
    /// What the broker found wrong, once it has said so.
    refusal: Option<String>,
}

impl OauthBearer {
    /// Answers the broker's message.
    ///
    /// # Errors
    /// The broker refused the token.
    pub fn step(&mut self, message: &[u8]) -> Result<Step, String> {
        match &self.refusal {
            Some(refusal) => Err(format!("the broker refused the token: {refusal}")),
            None if message.is_empty() => Ok(Step::Done),
            None => {
                // The refusal is acknowledged, and only then does the broker end the exchange.
                self.refusal = Some(String::from_utf8_lossy(message).into_owned());
                Ok(Step::Send(vec![SEPARATOR]))
            }
        }
    }
}

/// The first message, with SASL extensions (KIP-342).
pub(super) fn first_message(token: &str, extensions: &BTreeMap<String, String>) -> Vec<u8> {
    let mut message = format!("n,,\u{1}auth=Bearer {token}");
    for (name, value) in extensions {
        message.push_str(&format!("\u{1}{name}={value}"));
    }
    message.push_str("\u{1}\u{1}");
    message.into_bytes()
}

const SEPARATOR: u8 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_acknowledged_and_told() {
        let mut exchange = OauthBearer::default();
        let refusal = br#"{"status":"invalid_token"}"#;
        assert_eq!(exchange.step(refusal).unwrap(), Step::Send(vec![1]));
        assert!(exchange.step(b"").unwrap_err().contains("invalid_token"));
        assert_eq!(OauthBearer::default().step(b"").unwrap(), Step::Done);
    }
}
