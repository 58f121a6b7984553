//! Between a converter, which may not wait, and a registry.

use std::sync::Arc;

use tokio::time::Instant;
use windlass_api::{ConnectError, ErrorKind, Result};

use super::{
    Bounded, NewSchema, RegistryClient, RegistryConfig, RegistryError, SchemaFormat, StoredSchema,
    SubjectVersion,
};

/// Answers a converter from memory; what is missing fails with [`ErrorKind::NeedsPreparation`] and is got by
/// [`prepare`](Self::prepare).
///
/// What the registry refuses is the failure of the conversion that asked, not of `prepare`: the record is bad, and the
/// runtime's tolerance decides about it. The same question is asked anew by the next record.
#[derive(Debug)]
pub struct Resolver {
    client: RegistryClient,
    format: SchemaFormat,
    is_key: bool,
    schemas: Bounded<i32, Arc<StoredSchema>>,
    places: Bounded<i32, Vec<(String, i32)>>,
    written: Bounded<Arc<Question>, Written>,
    /// What the next preparation asks.
    wanted: Option<Arc<Question>>,
    /// What became of the question last asked, for the conversion that asked it.
    answered: Option<(Arc<Question>, Result<()>)>,
}

/// Under which id a message is written.
#[derive(Clone, Debug)]
pub struct Written {
    /// The id.
    pub id: i32,
    /// The schema to write by; `None` for the one that was handed in.
    pub schema: Option<Arc<StoredSchema>>,
    /// When it must be asked for again.
    pub expires: Option<Instant>,
}

#[derive(Debug, PartialEq, Eq, Hash)]
enum Question {
    Schema(i32),
    Places(i32),
    Written { subject: String, schema: NewSchema },
}

impl Resolver {
    /// A resolver of schemas of one language.
    pub fn new(config: RegistryConfig, format: SchemaFormat, is_key: bool) -> Self {
        Self::with_client(RegistryClient::new(config), format, is_key)
    }

    /// A resolver that asks through this client.
    pub fn with_client(client: RegistryClient, format: SchemaFormat, is_key: bool) -> Self {
        let capacity = client.config().cache_capacity;
        Resolver {
            client,
            format,
            is_key,
            schemas: Bounded::new(capacity),
            places: Bounded::new(capacity),
            written: Bounded::new(capacity),
            wanted: None,
            answered: None,
        }
    }

    /// The configuration.
    pub fn config(&self) -> &RegistryConfig {
        self.client.config()
    }

    /// The subject of messages of a topic; `record` is the full name of their record, if they have one.
    ///
    /// # Errors
    /// [`ErrorKind::Data`] when the strategy takes that name and there is none.
    pub fn subject(&self, topic: &str, record: Option<&str>) -> Result<String> {
        let config = self.client.config();
        let strategy = if self.is_key {
            config.key_subject
        } else {
            config.value_subject
        };
        strategy.subject(topic, self.is_key, record)
    }

    /// The schema of an id.
    ///
    /// # Errors
    /// [`ErrorKind::NeedsPreparation`] when the registry must be asked; [`ErrorKind::Data`] when it has none, or one of
    /// another language.
    pub fn schema(&mut self, id: i32) -> Result<Arc<StoredSchema>> {
        match self.schemas.get(&id) {
            Some(schema) => Ok(Arc::clone(schema)),
            None => Err(self.ask(Question::Schema(id))),
        }
    }

    /// The version of an id's schema under a subject; `None` when it does not stand there.
    ///
    /// # Errors
    /// [`ErrorKind::NeedsPreparation`] when the registry must be asked.
    pub fn version(&mut self, subject: &str, id: i32) -> Result<Option<i32>> {
        let Some(places) = self.places.get(&id) else {
            return Err(self.ask(Question::Places(id)));
        };
        let of_subject = places.iter().filter(|(s, _)| s == subject);
        Ok(of_subject.map(|(_, version)| *version).max())
    }

    /// The id under which values of a schema are written, as `auto.register.schemas`, `use.schema.id` and
    /// `use.latest.version` say, in this order. Where the answer brings its own schema, values are written by that; the
    /// caller checks whether it fits, if [`RegistryConfig::id_strict`] or [`RegistryConfig::latest_strict`] asks for it.
    ///
    /// # Errors
    /// [`ErrorKind::NeedsPreparation`] when the registry must be asked; what it refuses.
    pub fn written(&mut self, subject: &str, schema: &NewSchema) -> Result<Written> {
        let question = Question::Written {
            subject: subject.to_owned(),
            schema: schema.clone(),
        };
        // Just got counts even where it is already too old for the next record.
        let is_new = matches!(&self.answered, Some((asked, Ok(()))) if **asked == question);
        match self.written.get(&question) {
            Some(written) if is_new || written.expires.is_none_or(|at| at > Instant::now()) => {
                let written = written.clone();
                self.answered = None;
                Ok(written)
            }
            _ => Err(self.ask(question)),
        }
    }

    /// Asks the registry what the last conversion wanted to know.
    pub async fn prepare(&mut self) {
        let Some(question) = self.wanted.take() else {
            return;
        };
        let outcome = self.answer(&question).await.map_err(ConnectError::from);
        self.answered = Some((question, outcome));
    }

    /// The failure of this question, if it was just asked, else the request to ask it.
    fn ask(&mut self, question: Question) -> ConnectError {
        match self.answered.take() {
            Some((asked, Err(error))) if *asked == question => error,
            _ => {
                self.wanted = Some(Arc::new(question));
                ConnectError::new(
                    ErrorKind::NeedsPreparation,
                    "the schema registry must be asked",
                )
            }
        }
    }

    async fn answer(&mut self, question: &Arc<Question>) -> Result<(), RegistryError> {
        match &**question {
            Question::Schema(id) => {
                let schema = self.client.schema(*id).await?;
                let schema = self.of_format(schema)?;
                self.schemas.insert(*id, schema);
            }
            Question::Places(id) => {
                let places = match self.client.places(*id).await {
                    // A registry that is too old to say, or where the schema was deleted.
                    Err(RegistryError::Refused { status: 404, .. }) => Vec::new(),
                    places => places?,
                };
                self.places.insert(*id, places);
            }
            Question::Written { subject, schema } => {
                let written = self.find(subject, schema).await?;
                self.written.insert(Arc::clone(question), written);
            }
        }
        Ok(())
    }

    async fn find(&mut self, subject: &str, schema: &NewSchema) -> Result<Written, RegistryError> {
        let config = self.client.config();
        if config.auto_register {
            return Ok(Written::own(self.client.register(subject, schema).await?));
        }
        if let Some(id) = config.use_schema_id {
            let schema = self.client.schema(id).await?;
            let schema = Some(self.of_format(schema)?);
            return Ok(Written {
                id,
                schema,
                expires: None,
            });
        }
        if config.use_latest {
            let ttl = config.latest_ttl;
            let latest = self.client.version(subject, None).await?;
            let schema = Some(self.with_references(latest).await?);
            return Ok(Written {
                id: schema.as_ref().map_or(0, |s| s.id),
                schema,
                expires: ttl.map(|ttl| Instant::now() + ttl),
            });
        }
        let found = self.client.lookup(subject, schema).await?;
        Ok(Written::own(found.id))
    }

    async fn with_references(
        &mut self,
        found: SubjectVersion,
    ) -> Result<Arc<StoredSchema>, RegistryError> {
        let references = self.client.resolve(found.schema.references).await?;
        self.of_format(StoredSchema {
            id: found.id,
            version: Some(found.version),
            format: found.schema.format,
            text: found.schema.text,
            references,
        })
    }

    fn of_format(&self, schema: StoredSchema) -> Result<Arc<StoredSchema>, RegistryError> {
        if schema.format == self.format {
            return Ok(Arc::new(schema));
        }
        Err(RegistryError::Protocol {
            request: format!("getting the schema of id {}", schema.id),
            url: self.client.url().clone(),
            reason: format!(
                "expected a schema of type {}, found {}",
                self.format, schema.format
            ),
        })
    }
}

impl Written {
    fn own(id: i32) -> Self {
        Written {
            id,
            schema: None,
            expires: None,
        }
    }
}
