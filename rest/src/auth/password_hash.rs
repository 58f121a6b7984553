//! Hashed passwords: PBKDF2 with HMAC-SHA256, as PHC strings, `$pbkdf2-sha256$i=600000,l=32$SALT$HASH`.
//!
//! Unlike argon2 it needs no memory, of which a worker that is asked by many at once has none to spare.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use hmac::Hmac;
use pbkdf2::pbkdf2;
use sha2::Sha256;
use windlass_secret::Secret;

/// A password's hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PasswordHash {
    rounds: u32,
    salt: Vec<u8>,
    hash: [u8; BYTES],
}

/// Hashes a password for a file of users, with a salt of the system's randomness.
///
/// # Errors
/// When the system gives no random bytes.
pub fn hash_password(password: &Secret) -> Result<String, getrandom::Error> {
    let mut salt = [0; 16];
    getrandom::fill(&mut salt)?;
    Ok(PasswordHash::new(password, ROUNDS, &salt).to_string())
}

impl PasswordHash {
    pub(super) fn new(password: &Secret, rounds: u32, salt: &[u8]) -> Self {
        PasswordHash {
            rounds,
            salt: salt.to_owned(),
            hash: derive(password, rounds, salt),
        }
    }

    /// Reads a PHC string; `None` when it is none, or of another algorithm, or asks for more work than is sensible.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix("$pbkdf2-sha256$")?.split('$');
        let (parameters, salt, hash) = (parts.next()?, parts.next()?, parts.next()?);
        let mut rounds = None;
        for parameter in parameters.split(',') {
            match parameter.split_once('=')? {
                ("i", value) => rounds = value.parse().ok(),
                ("l", "32") => {}
                _ => return None,
            }
        }
        let rounds = rounds.filter(|rounds| (1..=MAX_ROUNDS).contains(rounds))?;
        let hash = STANDARD_NO_PAD.decode(hash).ok()?.try_into().ok()?;
        let salt = STANDARD_NO_PAD.decode(salt).ok()?;
        (parts.next().is_none() && !salt.is_empty()).then_some(PasswordHash { rounds, salt, hash })
    }

    /// Whether it is the hash of this password. Takes a tenth of a second.
    pub(super) fn is_of(&self, password: &Secret) -> bool {
        let given = derive(password, self.rounds, &self.salt);
        let differ = given
            .iter()
            .zip(&self.hash)
            .fold(0, |differ, (a, b)| differ | (a ^ b));
        std::hint::black_box(differ) == 0
    }
}

impl std::fmt::Display for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (salt, hash) = (
            STANDARD_NO_PAD.encode(&self.salt),
            STANDARD_NO_PAD.encode(self.hash),
        );
        write!(
            f,
            "$pbkdf2-sha256$i={},l={BYTES}${salt}${hash}",
            self.rounds
        )
    }
}

fn derive(password: &Secret, rounds: u32, salt: &[u8]) -> [u8; BYTES] {
    let mut hash = [0; BYTES];
    // HMAC takes keys of any length, and the output is not longer than it admits.
    let derived = pbkdf2::<Hmac<Sha256>>(password.reveal().as_bytes(), salt, rounds, &mut hash);
    debug_assert!(derived.is_ok());
    hash
}

const BYTES: usize = 32;
/// What OWASP recommends since 2023.
const ROUNDS: u32 = 600_000;
/// A request must not be answered for minutes.
const MAX_ROUNDS: u32 = 10_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_of_its_password_only() {
        let hash = PasswordHash::new(&Secret::new("p\u{e4}ss"), 10, b"salt");
        let read = PasswordHash::parse(&hash.to_string()).unwrap();
        assert_eq!(read, hash);
        assert!(read.is_of(&Secret::new("p\u{e4}ss")));
        assert!(!read.is_of(&Secret::new("pass")) && !read.is_of(&Secret::default()));
    }

    #[test]
    fn a_hash_of_another_program_is_understood() {
        // hashlib.pbkdf2_hmac("sha256", b"password", b"NaCl", 80000)
        let text = "$pbkdf2-sha256$i=80000$TmFDbA$oYSV485hZ1xN0Spqt/kZ8uxOTr8ZeDUes9L7hIOcpW4";
        assert!(
            PasswordHash::parse(text)
                .unwrap()
                .is_of(&Secret::new("password"))
        );
    }

    #[test]
    fn what_is_no_hash_is_refused() {
        for text in [
            "",
            "password",
            "$argon2id$v=19$m=1,t=1,p=1$AAAA$AAAA",
            "$pbkdf2-sha256$i=0$TmFDbA$TdzY9gtiCbqTDIPUehwm/nj/wkVQ0iRv9gcXMSRiCw8",
            "$pbkdf2-sha256$i=99999999$TmFDbA$TdzY9gtiCbqTDIPUehwm/nj/wkVQ0iRv9gcXMSRiCw8",
            "$pbkdf2-sha256$i=1$TmFDbA$AAAA",
            "$pbkdf2-sha256$TmFDbA$TdzY9gtiCbqTDIPUehwm/nj/wkVQ0iRv9gcXMSRiCw8",
            "$pbkdf2-sha256$i=1$$TdzY9gtiCbqTDIPUehwm/nj/wkVQ0iRv9gcXMSRiCw8",
        ] {
            assert_eq!(PasswordHash::parse(text), None, "{text}");
        }
    }
}
