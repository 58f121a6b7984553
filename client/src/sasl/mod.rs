//! SASL: how a client says to a broker who it is.
//!
//! A mechanism is a conversation without I/O: the connection carries the messages (KIP-152).

mod allowed_urls;
mod oauth;
mod plain;
mod scram;
mod settings;
mod token;
mod unsecured;

use std::sync::{Mutex, PoisonError};

use crate::cluster::Env;
use crate::config::{ConfigError, Security};

pub use allowed_urls::allow_urls;
pub use oauth::OauthBearer;
pub use scram::{Hash, Scram};
pub use settings::SaslSettings;

use settings::Login;
use token::Tokens;

/// One conversation, after its first message.
#[derive(Debug)]
pub(crate) enum Exchange {
    Plain,
    Scram(Scram),
    OauthBearer(OauthBearer),
}

/// What follows an answer of the broker.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// Another message.
    Send(Vec<u8>),
    /// Both sides are content.
    Done,
}

/// Why there is no first message.
#[derive(Debug)]
pub(crate) enum SaslError {
    /// It will not be otherwise next time.
    Final(String),
    /// A token could not be had just now.
    Passing(String),
}

impl Exchange {
    /// The answer to what the broker said.
    pub(crate) fn step(&mut self, answer: &[u8]) -> Result<Step, String> {
        match self {
            Self::Plain => Ok(Step::Done),
            Self::Scram(scram) => scram.step(answer),
            Self::OauthBearer(oauth) => oauth.step(answer),
        }
    }
}

/// How the clients of one cluster say who they are; they share their tokens.
#[derive(Debug)]
pub(crate) struct Sasl {
    settings: Result<SaslSettings, ConfigError>,
    tokens: Tokens,
    rng: Mutex<fastrand::Rng>,
}

impl Sasl {
    pub(crate) fn new(security: &Security, env: &Env) -> Self {
        Self {
            settings: SaslSettings::read(security),
            tokens: Tokens::new(env.clone()),
            rng: Mutex::new(fastrand::Rng::with_seed(env.seed)),
        }
    }

    /// `sasl.mechanism`
    pub(crate) fn mechanism(&self) -> &'static str {
        self.settings
            .as_ref()
            .map_or("", |settings| settings.login.mechanism())
    }

    /// A conversation with a broker and its first message.
    pub(crate) async fn begin(&self) -> Result<(Exchange, Vec<u8>), SaslError> {
        let settings = self
            .settings
            .as_ref()
            .map_err(|error| SaslError::Final(error.to_string()))?;
        match &settings.login {
            Login::Plain { user, password } => {
                Ok((Exchange::Plain, plain::message(user, password.reveal())))
            }
            Login::Scram {
                hash,
                user,
                password,
                by_token,
            } => {
                let mut nonce = [0; NONCE_LEN];
                // A guessable nonce would let an exchange be replayed: this one chance is not of the seeded generator.
                getrandom::fill(&mut nonce)
                    .map_err(|error| SaslError::Final(format!("no random numbers: {error}")))?;
                let (scram, first) =
                    Scram::begin(*hash, user, password.reveal(), *by_token, &nonce);
                Ok((Exchange::Scram(scram), first))
            }
            Login::OauthBearer { source, extensions } => {
                let token = self.tokens.token(source).await?;
                let first = oauth::first_message(token.reveal(), extensions);
                Ok((Exchange::OauthBearer(OauthBearer::default()), first))
            }
        }
    }

    /// From 0 to 1.
    pub(crate) fn chance(&self) -> f64 {
        self.rng
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .f64()
    }
}

const NONCE_LEN: usize = 24;
