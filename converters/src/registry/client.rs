//! The REST protocol.

use std::sync::Arc;
use std::time::Duration;

use hyper::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use tracing::warn;

use super::error::is_retriable_status;
use super::http::{self, Answer};
use super::net::{self, Dialer};
use super::url::percent_encode;
use super::{
    NewSchema, RegistryConfig, RegistryError, RegistryUrl, SchemaFormat, SchemaReference,
    StoredReference, StoredSchema, SubjectVersion,
};

/// A client of one registry, which may have several URLs.
///
/// A request goes to the URL that answered last; when that cannot be reached the next is tried, and after all of them
/// the round is repeated with growing waits.
#[derive(Debug)]
pub struct RegistryClient {
    config: RegistryConfig,
    dialer: Arc<dyn Dialer>,
    /// Which URL answered last.
    current: usize,
    /// Spreads the retries of many tasks over time; decides nothing else.
    rng: fastrand::Rng,
}

impl RegistryClient {
    /// A client that connects through the dialer of the process.
    pub fn new(config: RegistryConfig) -> Self {
        Self::with_dialer(config, net::dialer())
    }

    /// A client that connects through this dialer.
    pub fn with_dialer(config: RegistryConfig, dialer: Arc<dyn Dialer>) -> Self {
        RegistryClient {
            config,
            dialer,
            current: 0,
            rng: fastrand::Rng::with_seed(0),
        }
    }

    /// The configuration.
    pub fn config(&self) -> &RegistryConfig {
        &self.config
    }

    /// The URL that answered last.
    pub fn url(&self) -> &RegistryUrl {
        &self.config.urls[self.current]
    }

    /// Registers a schema under a subject, unless it is there, and gives its id.
    ///
    /// # Errors
    /// When the registry refuses it (not compatible with the versions before) or cannot be asked.
    pub async fn register(&mut self, subject: &str, schema: &NewSchema) -> Result<i32> {
        let what = format!("registering a schema under subject \"{subject}\"");
        let path = format!(
            "/subjects/{}/versions?normalize={}",
            percent_encode(subject),
            self.config.normalize
        );
        let answer: IdAnswer = self.post(&what, &path, schema).await?;
        Ok(answer.id)
    }

    /// Finds a schema under a subject.
    ///
    /// # Errors
    /// When it is not there, or the registry cannot be asked.
    pub async fn lookup(&mut self, subject: &str, schema: &NewSchema) -> Result<SubjectVersion> {
        let what = format!("looking up a schema under subject \"{subject}\"");
        let path = format!(
            "/subjects/{}?normalize={}&deleted=false",
            percent_encode(subject),
            self.config.normalize
        );
        let answer: VersionAnswer = self.post(&what, &path, schema).await?;
        Ok(answer.into())
    }

    /// The schema of an id, with all it uses.
    ///
    /// # Errors
    /// When there is none, or the registry cannot be asked.
    pub async fn schema(&mut self, id: i32) -> Result<StoredSchema> {
        let what = format!("getting the schema of id {id}");
        let path = format!("/schemas/ids/{id}?fetchMaxId=false");
        let answer: SchemaAnswer = self.get(&what, &path).await?;
        let references = self.resolve(answer.references.unwrap_or_default()).await?;
        Ok(StoredSchema {
            id,
            version: None,
            format: answer.format,
            text: answer.schema,
            references,
        })
    }

    /// Where the schema of an id stands, as subjects and versions.
    ///
    /// # Errors
    /// When there is no such id, or the registry cannot be asked.
    pub async fn places(&mut self, id: i32) -> Result<Vec<(String, i32)>> {
        let what = format!("getting the subjects and versions of id {id}");
        let path = format!("/schemas/ids/{id}/versions");
        let places: Vec<PlaceAnswer> = self.get(&what, &path).await?;
        Ok(places.into_iter().map(|p| (p.subject, p.version)).collect())
    }

    /// A version of a subject; `None` for the latest.
    ///
    /// # Errors
    /// When there is none, or the registry cannot be asked.
    pub async fn version(&mut self, subject: &str, version: Option<i32>) -> Result<SubjectVersion> {
        let version = version.map_or_else(|| "latest".to_owned(), |v| v.to_string());
        let what = format!("getting version {version} of subject \"{subject}\"");
        let path = format!("/subjects/{}/versions/{version}", percent_encode(subject));
        let answer: VersionAnswer = self.get(&what, &path).await?;
        Ok(answer.into())
    }

    /// The versions of a subject.
    ///
    /// # Errors
    /// When there is no such subject, or the registry cannot be asked.
    pub async fn versions(&mut self, subject: &str) -> Result<Vec<i32>> {
        let what = format!("getting the versions of subject \"{subject}\"");
        let path = format!("/subjects/{}/versions", percent_encode(subject));
        self.get(&what, &path).await
    }

    /// Whether a schema could be registered under a subject after its latest version.
    ///
    /// # Errors
    /// When the registry cannot be asked.
    pub async fn is_compatible(&mut self, subject: &str, schema: &NewSchema) -> Result<bool> {
        let what = format!("checking a schema against subject \"{subject}\"");
        let path = format!(
            "/compatibility/subjects/{}/versions/latest",
            percent_encode(subject)
        );
        let answer: CompatibilityAnswer = self.post(&what, &path, schema).await?;
        Ok(answer.is_compatible)
    }

    /// The schemas that references lead to, each once and after those that it needs itself.
    ///
    /// # Errors
    /// When one is missing, they lead too deep, or the registry cannot be asked.
    pub async fn resolve(
        &mut self,
        references: Vec<SchemaReference>,
    ) -> Result<Vec<StoredReference>> {
        let mut found: Vec<StoredReference> = Vec::new();
        // A reference is seen twice: first to ask for what it needs itself, then to take its place after that.
        let mut open: Vec<Visit> = references.into_iter().rev().map(Visit::Enter).collect();
        let mut asked = 0;
        while let Some(visit) = open.pop() {
            let reference = match visit {
                Visit::Leave(reference) => {
                    found.push(reference);
                    continue;
                }
                Visit::Enter(reference) => reference,
            };
            let is_known = |name: &str| {
                let waiting = open.iter().any(|visit| match visit {
                    Visit::Leave(reference) => reference.name == name,
                    Visit::Enter(_) => false,
                });
                waiting || found.iter().any(|r| r.name == name)
            };
            if is_known(&reference.name) {
                continue;
            }
            asked += 1;
            if asked > MAX_REFERENCES {
                return Err(RegistryError::Protocol {
                    request: format!("resolving reference \"{}\"", reference.name),
                    url: self.url().clone(),
                    reason: format!("expected at most {MAX_REFERENCES} schemas in all"),
                });
            }
            let stored = self
                .version(&reference.subject, Some(reference.version))
                .await?;
            open.push(Visit::Leave(StoredReference {
                name: reference.name,
                subject: reference.subject,
                version: reference.version,
                text: stored.schema.text,
            }));
            open.extend(stored.schema.references.into_iter().rev().map(Visit::Enter));
        }
        Ok(found)
    }

    async fn get<T: DeserializeOwned>(&mut self, what: &str, path: &str) -> Result<T> {
        self.request(what, Method::GET, path, None).await
    }

    async fn post<T: DeserializeOwned>(
        &mut self,
        what: &str,
        path: &str,
        schema: &NewSchema,
    ) -> Result<T> {
        let body = body(schema).to_string().into_bytes();
        self.request(what, Method::POST, path, Some(body)).await
    }

    /// Sends a request until it is answered, or has been repeated as often as is allowed.
    async fn request<T: DeserializeOwned>(
        &mut self,
        what: &str,
        method: Method,
        path: &str,
        body: Option<Vec<u8>>,
    ) -> Result<T> {
        let mut wait = self.config.retry_wait;
        for _ in 0..self.config.retries {
            match self.round(what, &method, path, body.as_deref()).await {
                Err(error) if error.is_retriable() => {
                    let pause = self.jittered(wait);
                    warn!(%error, retry_in_ms = pause.as_millis(), "the schema registry failed");
                    tokio::time::sleep(pause).await;
                    wait = (wait * 2).min(self.config.retry_max_wait);
                }
                done => return done.and_then(|(url, answer)| parse(what, &url, &answer)),
            }
        }
        let (url, answer) = self.round(what, &method, path, body.as_deref()).await?;
        parse(what, &url, &answer)
    }

    /// Sends a request to each URL in turn until one answers well, or refuses for good.
    async fn round(
        &mut self,
        what: &str,
        method: &Method,
        path: &str,
        body: Option<&[u8]>,
    ) -> Result<(RegistryUrl, Answer)> {
        let count = self.config.urls.len();
        let mut last =
            RegistryError::Config("schema.registry.url: expected at least one".to_owned());
        for turn in 0..count {
            let at = (self.current + turn) % count;
            let url = &self.config.urls[at];
            let body = body.map(<[u8]>::to_vec);
            let exchange =
                http::exchange(&*self.dialer, &self.config, url, method.clone(), path, body);
            last = match exchange.await {
                Ok(answer) if answer.status < 300 => {
                    let url = url.clone();
                    self.current = at;
                    return Ok((url, answer));
                }
                Ok(answer) => {
                    let refused = refused(what, url, &answer);
                    if !is_retriable_status(answer.status) {
                        self.current = at;
                        return Err(refused);
                    }
                    refused
                }
                Err(reason) => RegistryError::Unreachable {
                    request: what.to_owned(),
                    url: url.clone(),
                    reason,
                },
            };
        }
        Err(last)
    }

    /// Between half of it and all of it.
    fn jittered(&mut self, wait: Duration) -> Duration {
        wait.mul_f64(0.5 + self.rng.f64() / 2.0)
    }
}

type Result<T, E = RegistryError> = std::result::Result<T, E>;

enum Visit {
    Enter(SchemaReference),
    Leave(StoredReference),
}

#[derive(Deserialize)]
struct IdAnswer {
    id: i32,
}

#[derive(Deserialize)]
struct SchemaAnswer {
    schema: String,
    #[serde(rename = "schemaType", default)]
    format: SchemaFormat,
    references: Option<Vec<SchemaReference>>,
}

#[derive(Deserialize)]
struct VersionAnswer {
    subject: String,
    version: i32,
    id: i32,
    #[serde(flatten)]
    schema: SchemaAnswer,
}

#[derive(Deserialize)]
struct PlaceAnswer {
    subject: String,
    version: i32,
}

#[derive(Deserialize)]
struct CompatibilityAnswer {
    is_compatible: bool,
}

#[derive(Deserialize)]
struct ErrorAnswer {
    error_code: Option<i32>,
    message: Option<String>,
}

impl From<VersionAnswer> for SubjectVersion {
    fn from(answer: VersionAnswer) -> Self {
        SubjectVersion {
            subject: answer.subject,
            version: answer.version,
            id: answer.id,
            schema: NewSchema {
                format: answer.schema.format,
                text: answer.schema.schema,
                references: answer.schema.references.unwrap_or_default(),
            },
        }
    }
}

fn body(schema: &NewSchema) -> serde_json::Value {
    let mut body = json!({ "schema": schema.text });
    if schema.format != SchemaFormat::Avro {
        body["schemaType"] = json!(schema.format.name());
    }
    if !schema.references.is_empty() {
        body["references"] = json!(schema.references);
    }
    body
}

fn parse<T: DeserializeOwned>(what: &str, url: &RegistryUrl, answer: &Answer) -> Result<T> {
    serde_json::from_slice(&answer.body).map_err(|error| RegistryError::Protocol {
        request: what.to_owned(),
        url: url.clone(),
        reason: error.to_string(),
    })
}

fn refused(what: &str, url: &RegistryUrl, answer: &Answer) -> RegistryError {
    let error: Option<ErrorAnswer> = serde_json::from_slice(&answer.body).ok();
    let (code, message) = error.map_or((None, None), |e| (e.error_code, e.message));
    RegistryError::Refused {
        request: what.to_owned(),
        url: url.clone(),
        status: answer.status,
        code: code.unwrap_or(i32::from(answer.status)),
        message: message.unwrap_or_else(|| excerpt(&answer.body)),
    }
}

fn excerpt(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(MAX_EXCERPT)]);
    text.trim().to_owned()
}

const MAX_REFERENCES: usize = 1000;
const MAX_EXCERPT: usize = 200;
