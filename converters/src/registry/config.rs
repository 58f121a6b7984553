//! The configuration keys that all converters with a registry share.

use std::sync::Arc;
use std::time::Duration;

use windlass_api::{
    ConfigDef, ConfigKey, ConnectError, Importance, Kind, ParsedConfig, Password, Props, Result,
    Validator,
};
use windlass_tls::{ClientTls, TlsSettings};

use super::auth::Credentials;
use super::{RegistryUrl, SubjectNameStrategy};

/// How to reach a registry, and how to use it.
#[derive(Clone, Debug)]
pub struct RegistryConfig {
    /// `schema.registry.url`, in the order in which they are tried.
    /// There is at least one.
    pub(super) urls: Vec<RegistryUrl>,
    pub(super) credentials: Credentials,
    /// `schema.registry.ssl.*`, where there is an `https` URL.
    pub(super) tls: Option<Arc<ClientTls>>,
    /// `request.header.*`
    pub(super) headers: Vec<(String, Password)>,
    /// `http.connect.timeout.ms`
    pub connect_timeout: Duration,
    /// `http.read.timeout.ms`
    pub read_timeout: Duration,
    /// `max.retries`: how often a request is repeated after the first time.
    pub retries: u32,
    /// `retries.wait.ms`: the longest wait before the first repetition.
    pub retry_wait: Duration,
    /// `retries.max.wait.ms`: the longest wait before any.
    pub retry_max_wait: Duration,
    /// `auto.register.schemas`
    pub auto_register: bool,
    /// `normalize.schemas`
    pub normalize: bool,
    /// `use.schema.id`: the id of the schema to write by.
    pub use_schema_id: Option<i32>,
    /// `id.compatibility.strict`
    pub id_strict: bool,
    /// `use.latest.version`: whether to write by the latest version of the subject.
    pub use_latest: bool,
    /// `latest.compatibility.strict`: whether that must be compatible with the schema of the value.
    pub latest_strict: bool,
    /// `latest.cache.ttl.sec`: how long the latest version is believed to be the latest; `None` for ever.
    pub latest_ttl: Option<Duration>,
    /// `key.subject.name.strategy`
    pub key_subject: SubjectNameStrategy,
    /// `value.subject.name.strategy`
    pub value_subject: SubjectNameStrategy,
    /// `max.schemas.per.subject`: how many schemas are kept in memory.
    pub cache_capacity: usize,
}

impl RegistryConfig {
    /// Whether a schema that the registry prescribes must be able to read what the schema of the value writes.
    pub fn checks_compatibility(&self) -> bool {
        if self.use_schema_id.is_some() {
            self.id_strict
        } else {
            self.latest_strict
        }
    }

    /// Takes the shared keys out of a configuration parsed by a definition with [`define`] applied; `props` is what was
    /// parsed, for the keys that no definition can list.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](windlass_api::ErrorKind::Config) when a value is wrong.
    pub fn new(config: &ParsedConfig, props: &Props) -> Result<Self> {
        let millis = |key| Ok::<_, ConnectError>(Duration::from_millis(non_negative(config, key)?));
        let strategy = |key| SubjectNameStrategy::from_class(key, config.get(key)?);
        let urls = urls(config)?;
        Ok(RegistryConfig {
            tls: tls(&urls, props)?,
            urls,
            credentials: credentials(config)?,
            headers: headers(props),
            connect_timeout: millis("http.connect.timeout.ms")?,
            read_timeout: millis("http.read.timeout.ms")?,
            retries: non_negative(config, "max.retries")?,
            retry_wait: millis("retries.wait.ms")?,
            retry_max_wait: millis("retries.max.wait.ms")?,
            auto_register: config.get("auto.register.schemas")?,
            normalize: config.get("normalize.schemas")?,
            use_schema_id: Some(config.get::<i32>("use.schema.id")?).filter(|id| *id >= 0),
            id_strict: config.get("id.compatibility.strict")?,
            use_latest: config.get("use.latest.version")?,
            latest_strict: config.get("latest.compatibility.strict")?,
            latest_ttl: u64::try_from(config.get::<i32>("latest.cache.ttl.sec")?)
                .ok()
                .map(Duration::from_secs),
            key_subject: strategy("key.subject.name.strategy")?,
            value_subject: strategy("value.subject.name.strategy")?,
            cache_capacity: non_negative::<u32>(config, "max.schemas.per.subject")? as usize,
        })
    }
}

/// How many converted schemas a converter keeps, of a configuration with [`cached_schemas_key`].
pub(crate) fn cached_schemas(config: &ParsedConfig) -> Result<usize> {
    Ok(usize::try_from(config.get::<i32>(CACHED_SCHEMAS)?).unwrap_or(0))
}

/// `schemas.cache.config`
pub(crate) fn cached_schemas_key() -> ConfigKey {
    ConfigKey::new(CACHED_SCHEMAS, Kind::Int)
        .default_value(1000)
        .importance(Importance::Low)
        .documentation("How many converted schemas are kept.")
}

/// Adds the shared keys to the definition of a converter.
pub fn define(def: ConfigDef) -> ConfigDef {
    let def = define_access(def);
    let key = |name, kind| ConfigKey::new(name, kind);
    def.define(
        key("auto.register.schemas", Kind::Boolean)
            .default_value(true)
            .importance(Importance::Medium)
            .documentation("Whether a schema that the registry does not have is registered."),
    )
    .define(
        key("normalize.schemas", Kind::Boolean)
            .default_value(false)
            .importance(Importance::Medium)
            .documentation("Whether the registry ignores differences between schemas that mean nothing."),
    )
    .define(
        key("use.schema.id", Kind::Int)
            .default_value(-1)
            .documentation("The id of the schema to write by; needs auto.register.schemas=false."),
    )
    .define(
        key("id.compatibility.strict", Kind::Boolean)
            .default_value(true)
            .documentation("Whether the schema of use.schema.id must be able to read what the schema of the value writes."),
    )
    .define(
        key("use.latest.version", Kind::Boolean)
            .default_value(false)
            .documentation(
                "Whether to write by the latest version of the subject; needs auto.register.schemas=false.",
            ),
    )
    .define(
        key("latest.compatibility.strict", Kind::Boolean)
            .default_value(true)
            .documentation("Whether the latest version must be able to read what the schema of the value writes."),
    )
    .define(
        key("latest.cache.ttl.sec", Kind::Int)
            .default_value(-1)
            .documentation("After how many seconds the latest version is asked for again; -1 for never."),
    )
    .define(
        key("max.schemas.per.subject", Kind::Int)
            .default_value(1000)
            .documentation("How many schemas are kept in memory."),
    )
    .define(
        key("key.subject.name.strategy", Kind::String)
            .default_value(TOPIC_NAME_STRATEGY)
            .importance(Importance::Medium)
            .documentation("The class that says under which subject the schemas of keys are kept."),
    )
    .define(
        key("value.subject.name.strategy", Kind::String)
            .default_value(TOPIC_NAME_STRATEGY)
            .importance(Importance::Medium)
            .documentation("The class that says under which subject the schemas of values are kept."),
    )
}

fn define_access(def: ConfigDef) -> ConfigDef {
    let key = |name, kind| ConfigKey::new(name, kind);
    let number = |name, default: i32, text: &str| {
        key(name, Kind::Int)
            .default_value(default)
            .documentation(text)
    };
    let secret = |name, text: &str| {
        key(name, Kind::Password)
            .default_value("")
            .importance(Importance::Medium)
            .documentation(text)
    };
    def.define(
        key("schema.registry.url", Kind::List)
            .importance(Importance::High)
            .documentation(
                "The URLs of the schema registry; the next is tried when one cannot be reached.",
            ),
    )
    .define(
        key("basic.auth.credentials.source", Kind::String)
            .default_value("URL")
            .validator(Validator::one_of(&["URL", "USER_INFO"]))
            .importance(Importance::Medium)
            .documentation("Where user and password are: in the URL, or in basic.auth.user.info."),
    )
    .define(secret("basic.auth.user.info", "user:password"))
    .define(secret(
        "schema.registry.basic.auth.user.info",
        "The old name of basic.auth.user.info.",
    ))
    .define(
        key("bearer.auth.credentials.source", Kind::String)
            .default_value("STATIC_TOKEN")
            .validator(Validator::one_of(&["STATIC_TOKEN"]))
            .importance(Importance::Medium)
            .documentation("Where the bearer token is: in bearer.auth.token."),
    )
    .define(secret(
        "bearer.auth.token",
        "The bearer token; when set, it is what is sent.",
    ))
    .define(number(
        "http.connect.timeout.ms",
        60_000,
        "How long connecting to the registry may take.",
    ))
    .define(number(
        "http.read.timeout.ms",
        60_000,
        "How long an answer of the registry may take.",
    ))
    .define(number(
        "max.retries",
        3,
        "How often a request that failed is repeated.",
    ))
    .define(number(
        "retries.wait.ms",
        1000,
        "The longest wait before the first repetition.",
    ))
    .define(number(
        "retries.max.wait.ms",
        20_000,
        "The longest wait before any repetition.",
    ))
}

fn urls(config: &ParsedConfig) -> Result<Vec<RegistryUrl>> {
    let texts: &[String] = config.get("schema.registry.url")?;
    let urls: Vec<_> = texts
        .iter()
        .map(|text| RegistryUrl::parse(text))
        .collect::<Result<_, _>>()?;
    if urls.is_empty() {
        return Err(ConnectError::config(
            "schema.registry.url: expected at least one URL, found none",
        ));
    }
    Ok(urls)
}

/// Confluent's clients take their keys with this prefix, so that they are not those of a Kafka client beside.
fn tls(urls: &[RegistryUrl], props: &Props) -> Result<Option<Arc<ClientTls>>> {
    if !urls.iter().any(RegistryUrl::is_secure) {
        return Ok(None);
    }
    let settings = TlsSettings::read("schema.registry.", |key| props.get(key)?.as_deref())
        .map_err(|error| ConnectError::config(error.to_string()))?;
    Ok(Some(Arc::new(ClientTls::new(settings))))
}

fn credentials(config: &ParsedConfig) -> Result<Credentials> {
    let secret = |key| {
        Ok::<_, ConnectError>(Some(config.get::<Password>(key)?).filter(|p| !p.reveal().is_empty()))
    };
    if let Some(token) = secret("bearer.auth.token")? {
        return Ok(Credentials::Bearer(token));
    }
    if config.get::<&str>("basic.auth.credentials.source")? != "USER_INFO" {
        return Ok(Credentials::OfUrl);
    }
    let user_info = match secret("basic.auth.user.info")? {
        Some(user_info) => Some(user_info),
        None => secret("schema.registry.basic.auth.user.info")?,
    };
    user_info.map(Credentials::UserInfo).ok_or_else(|| {
        ConnectError::config(
            "basic.auth.user.info: expected user:password for basic.auth.credentials.source=USER_INFO, found none",
        )
    })
}

fn headers(props: &Props) -> Vec<(String, Password)> {
    props
        .iter()
        .filter_map(|(key, value)| {
            let name = key.strip_prefix("request.header.")?;
            Some((name.to_owned(), Password::new(value.as_deref()?)))
        })
        .collect()
}

fn non_negative<T: TryFrom<i32>>(config: &ParsedConfig, key: &str) -> Result<T> {
    let value: i32 = config.get(key)?;
    T::try_from(value)
        .map_err(|_| ConnectError::config(format!("{key}: expected at least 0, found {value}")))
}

const CACHED_SCHEMAS: &str = "schemas.cache.config";
const TOPIC_NAME_STRATEGY: &str = "io.confluent.kafka.serializers.subject.TopicNameStrategy";
