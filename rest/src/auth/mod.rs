//! Who may use the REST API.
//!
//! Nobody is asked unless the worker is configured so: by Java's basic auth extension, whose users stand in a file in the
//! clear, or by a file of our own with hashed passwords and roles.

mod credentials;
mod extension;
mod jvm;
mod password_hash;
mod users;

use hyper::header::AUTHORIZATION;
use hyper::{HeaderMap, Method, StatusCode};
use windlass_engine::config::RestConfig;

pub use self::credentials::Credentials;
pub use self::password_hash::hash_password;

use self::extension::PasswordFiles;
use self::users::{Role, Users};
use crate::answer::Answer;
use crate::problem::Problem;
use crate::route::Resource;
use crate::{Error, Result};

/// Lets requests in, or not.
#[derive(Debug)]
pub(crate) enum Gate {
    /// All of them.
    Open,
    /// Those of the users of Java's extension.
    Extension(PasswordFiles),
    /// Those of our own users.
    Users(Users),
}

impl Gate {
    /// As the worker is configured. Files are read once, as by Java.
    ///
    /// # Errors
    /// For an extension that is not bundled, or users that cannot be read.
    pub(crate) fn new(config: &RestConfig) -> Result<Self> {
        let mut extension = None;
        for class in &config.extension_classes {
            if class != EXTENSION {
                return Err(Error::Config(format!(
                    "rest.extension.classes: {class} is not bundled; expected {EXTENSION} or nothing"
                )));
            }
            extension = Some(PasswordFiles::from_jaas()?);
        }
        match (extension, &config.users_file) {
            (Some(_), Some(_)) => Err(Error::Config(
                "rest.extension.classes and rest.users.file both say who may use the REST API: set one of them".to_owned(),
            )),
            (Some(files), None) => Ok(Gate::Extension(files)),
            (None, Some(file)) => Ok(Gate::Users(Users::read(file)?)),
            (None, None) => Ok(Gate::Open),
        }
    }

    /// Whether anybody is kept out.
    pub(crate) fn protects(&self) -> bool {
        match self {
            Gate::Open => false,
            Gate::Extension(files) => files.protect(),
            Gate::Users(_) => true,
        }
    }

    /// The answer to a request that is not let in. What workers ask of each other is signed instead.
    pub(crate) async fn refusal(
        &self,
        method: &Method,
        resource: &Resource,
        headers: &HeaderMap,
    ) -> Option<Answer> {
        if is_internal(method, resource) {
            return None;
        }
        match self {
            Gate::Open => None,
            Gate::Extension(files) => {
                (!files.admit(read(headers).as_ref())).then(|| unauthorized(method))
            }
            Gate::Users(users) => {
                let credentials = read(headers);
                let role = match credentials {
                    Some(credentials) => users.role(credentials).await,
                    None => None,
                };
                match role {
                    None => Some(unauthorized(method)),
                    Some(Role::ReadOnly) if changes(method, resource) => {
                        Some(Problem::forbidden("The user may only read").into())
                    }
                    Some(_) => None,
                }
            }
        }
    }
}

fn read(headers: &HeaderMap) -> Option<Credentials> {
    Credentials::parse(headers.get(AUTHORIZATION)?.as_bytes())
}

fn is_internal(method: &Method, resource: &Resource) -> bool {
    matches!(
        (method, resource),
        (&Method::POST, Resource::Tasks(_)) | (&Method::PUT, Resource::Fence(_))
    )
}

/// Validating changes nothing, though its method says so.
fn changes(method: &Method, resource: &Resource) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
        && !matches!(resource, Resource::PluginValidate(_))
}

/// Java's text; its framework takes the content type from what the resource would have answered.
fn unauthorized(method: &Method) -> Answer {
    let mut answer = Answer::text("User cannot access the resource.".to_owned());
    answer.status = StatusCode::UNAUTHORIZED;
    if *method != Method::OPTIONS {
        answer.content_type = Some(crate::answer::JSON);
    }
    answer
}

const EXTENSION: &str =
    "org.apache.kafka.connect.rest.basic.auth.extension.BasicAuthSecurityRestExtension";
