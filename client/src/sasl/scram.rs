//! SCRAM (RFC 5802) with SHA-256 and SHA-512: the password is proven and not sent, and the broker proves that it knows it.
//!
//! As in Kafka, names and passwords are taken as UTF-8 without SASLprep: brokers store what they were told that way.

use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256, Sha512};

use super::Step;

/// The hash of a SCRAM mechanism.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hash {
    /// SCRAM-SHA-256
    Sha256,
    /// SCRAM-SHA-512
    Sha512,
}

/// A conversation after its first message.
pub struct Scram {
    hash: Hash,
    password: String,
    state: State,
}

enum State {
    /// The first message without its header, and the nonce in it.
    First {
        bare: String,
        nonce: String,
    },
    /// What the broker must prove.
    Final {
        server_signature: Vec<u8>,
    },
    Done,
}

impl Scram {
    /// Begins with a nonce of unguessable bytes; `by_token` says that the password is a delegation token (KIP-48).
    pub fn begin(
        hash: Hash,
        user: &str,
        password: &str,
        by_token: bool,
        nonce: &[u8],
    ) -> (Self, Vec<u8>) {
        let nonce = BASE64_STANDARD.encode(nonce).replace('=', "");
        let user = user.replace('=', "=3D").replace(',', "=2C");
        let extension = if by_token { ",tokenauth=true" } else { "" };
        let bare = format!("n={user},r={nonce}{extension}");
        let first = format!("n,,{bare}").into_bytes();
        let scram = Self {
            hash,
            password: password.to_owned(),
            state: State::First { bare, nonce },
        };
        (scram, first)
    }

    /// Answers the broker's message.
    ///
    /// # Errors
    /// The broker refused, broke the protocol, or does not know the password.
    pub fn step(&mut self, message: &[u8]) -> Result<Step, String> {
        let message = std::str::from_utf8(message)
            .map_err(|_| "expected a SCRAM message, found bytes that are no UTF-8".to_owned())?;
        match std::mem::replace(&mut self.state, State::Done) {
            State::First { bare, nonce } => self.prove(&bare, &nonce, message),
            State::Final { server_signature } => verify(&server_signature, message),
            State::Done => Err("expected no further SCRAM message".to_owned()),
        }
    }

    fn prove(&mut self, bare: &str, nonce: &str, message: &str) -> Result<Step, String> {
        let challenge = Challenge::parse(message)?;
        if !challenge.nonce.starts_with(nonce) || challenge.nonce.len() == nonce.len() {
            return Err("the broker's SCRAM nonce does not continue ours".to_owned());
        }
        if !(MIN_ITERATIONS..=MAX_ITERATIONS).contains(&challenge.iterations) {
            return Err(format!(
                "expected from {MIN_ITERATIONS} to {MAX_ITERATIONS} SCRAM iterations, found {}",
                challenge.iterations
            ));
        }
        let salted = self.hash.salted(&self.password, &challenge);
        let client_key = self.hash.mac(&salted, b"Client Key");
        let stored_key = self.hash.digest(&client_key);
        // biws: the header "n,,", no channel binding.
        let without_proof = format!("c=biws,r={}", challenge.nonce);
        let signed = format!("{bare},{message},{without_proof}");
        let signature = self.hash.mac(&stored_key, signed.as_bytes());
        let proof: Vec<u8> = client_key
            .iter()
            .zip(&signature)
            .map(|(key, mask)| key ^ mask)
            .collect();
        let server_key = self.hash.mac(&salted, b"Server Key");
        self.state = State::Final {
            server_signature: self.hash.mac(&server_key, signed.as_bytes()),
        };
        let message = format!("{without_proof},p={}", BASE64_STANDARD.encode(proof));
        Ok(Step::Send(message.into_bytes()))
    }
}

impl fmt::Debug for Scram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scram").finish_non_exhaustive()
    }
}

/// The broker's first message.
struct Challenge<'a> {
    nonce: &'a str,
    salt: Vec<u8>,
    iterations: u32,
}

impl<'a> Challenge<'a> {
    fn parse(message: &'a str) -> Result<Self, String> {
        let mut parts = message.split(',');
        let mut part = |name: &str| {
            parts
                .next()
                .and_then(|part| part.strip_prefix(name))
                .ok_or_else(|| format!("expected \"{name}\" in the broker's first SCRAM message"))
        };
        let nonce = part("r=")?;
        let salt = BASE64_STANDARD
            .decode(part("s=")?)
            .map_err(|_| "the broker's SCRAM salt is no base64".to_owned())?;
        let iterations = part("i=")?
            .parse()
            .map_err(|_| "the broker's SCRAM iterations are no number".to_owned())?;
        Ok(Self {
            nonce,
            salt,
            iterations,
        })
    }
}

fn verify(expected: &[u8], message: &str) -> Result<Step, String> {
    if let Some(error) = message.strip_prefix("e=") {
        return Err(format!("the broker refused: {error}"));
    }
    let proof = message
        .strip_prefix("v=")
        .and_then(|rest| rest.split(',').next())
        .and_then(|text| BASE64_STANDARD.decode(text).ok());
    match proof {
        Some(found) if found == expected => Ok(Step::Done),
        Some(_) => {
            Err("the broker does not know the password: its SCRAM signature is wrong".to_owned())
        }
        None => Err("expected \"v=\" in the broker's last SCRAM message".to_owned()),
    }
}

impl Hash {
    fn salted(self, password: &str, challenge: &Challenge<'_>) -> Vec<u8> {
        let (password, salt) = (password.as_bytes(), challenge.salt.as_slice());
        match self {
            Self::Sha256 => {
                pbkdf2::pbkdf2_hmac_array::<Sha256, 32>(password, salt, challenge.iterations)
                    .to_vec()
            }
            Self::Sha512 => {
                pbkdf2::pbkdf2_hmac_array::<Sha512, 64>(password, salt, challenge.iterations)
                    .to_vec()
            }
        }
    }

    fn mac(self, key: &[u8], text: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => {
                let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any length is a key");
                mac.update(text);
                mac.finalize().into_bytes().to_vec()
            }
            Self::Sha512 => {
                let mut mac = Hmac::<Sha512>::new_from_slice(key).expect("any length is a key");
                mac.update(text);
                mac.finalize().into_bytes().to_vec()
            }
        }
    }

    fn digest(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(bytes).to_vec(),
            Self::Sha512 => Sha512::digest(bytes).to_vec(),
        }
    }
}

/// RFC 7677; Kafka's clients refuse less.
const MIN_ITERATIONS: u32 = 4096;
/// Kafka's tools write at most 16384; a hostile broker must not keep a thread busy.
const MAX_ITERATIONS: u32 = 100_000;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The example of RFC 7677.
    #[test]
    fn speaks_as_the_rfc_does() {
        let (mut scram, first) = Scram::begin(Hash::Sha256, "user", "pencil", false, b"");
        assert_eq!(first, b"n,,n=user,r=");
        scram.state = State::First {
            bare: "n=user,r=rOprNGfwEbeRWgbNEkqO".to_owned(),
            nonce: "rOprNGfwEbeRWgbNEkqO".to_owned(),
        };
        let challenge = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
        let proof = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
        assert_eq!(
            scram.step(challenge.as_bytes()).unwrap(),
            Step::Send(proof.as_bytes().to_vec())
        );
        let verdict = b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";
        assert_eq!(scram.step(verdict).unwrap(), Step::Done);
    }

    #[test]
    fn a_broker_that_cheats_is_found_out() {
        let step = |challenge: &str| {
            let (mut scram, first) = Scram::begin(Hash::Sha512, "a,b=c", "secret", false, b"nonce");
            assert_eq!(first, b"n,,n=a=2Cb=3Dc,r=bm9uY2U");
            let first = scram.step(challenge.as_bytes());
            first.and_then(|_| scram.step(b"v=AAAA"))
        };
        for (challenge, expected) in [
            ("r=other,s=AAAA,i=4096", "nonce"),
            ("r=bm9uY2U,s=AAAA,i=4096", "nonce"),
            ("r=bm9uY2U1,s=AAAA,i=4095", "iterations"),
            ("r=bm9uY2U1,s=AAAA,i=100001", "iterations"),
            ("r=bm9uY2U1,s=?,i=4096", "salt"),
            ("r=bm9uY2U1,s=AAAA,i=4096", "signature is wrong"),
        ] {
            let error = step(challenge).unwrap_err();
            assert!(error.contains(expected), "{challenge}: {error}");
        }
    }

    proptest! {
        #[test]
        fn any_message_is_taken_or_refused(message: Vec<u8>) {
            let (mut scram, _) = Scram::begin(Hash::Sha256, "a", "b", true, b"n");
            scram.step(&message).err();
            scram.step(&message).err();
        }
    }
}
