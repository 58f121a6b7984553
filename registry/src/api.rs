//! The paths of the protocol.

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Method, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use windlass_converters::registry::{NewSchema, SchemaFormat, SchemaReference, percent_decode};

use crate::answer;
use crate::compatibility::Level;
use crate::problem::{Problem, Result};
use crate::record::{ConfigValue, DeleteSubjectValue, Key, SchemaValue};
use crate::serialized;
use crate::state::{Asked, Registration, State};
use crate::store::{Change, Store};

/// A request.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// The path with its query.
    pub(crate) target: String,
    pub(crate) body: Bytes,
}

type Answer = Result<Response<Full<Bytes>>>;

/// Answers a request.
pub(crate) async fn handle(store: &Store, request: &Request) -> Response<Full<Bytes>> {
    let (path, query) = request
        .target
        .split_once('?')
        .unwrap_or((&request.target, ""));
    let segments: Vec<String> = path
        .split('/')
        .filter(|segment| !segment.is_empty())
        .map(percent_decode)
        .collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let call = Call {
        store,
        query,
        body: &request.body,
    };
    let answered = match request.method {
        Method::GET => call.get(&segments),
        Method::POST => call.post(&segments).await,
        Method::PUT => call.put(&segments).await,
        Method::DELETE => call.delete(&segments).await,
        _ => Err(Problem::wrong_method()),
    };
    answered.unwrap_or_else(|problem| answer::problem(&problem))
}

struct Call<'r> {
    store: &'r Store,
    query: &'r str,
    body: &'r [u8],
}

impl Call<'_> {
    fn get(&self, path: &[&str]) -> Answer {
        let deleted = self.flag("deleted");
        let state = self.store.state();
        match path {
            [] => answer::json(&json!({})),
            ["subjects"] => answer::json(&state.subjects(deleted)),
            ["subjects", subject, "versions"] => answer::json(&state.versions(subject, deleted)?),
            ["subjects", subject, "versions", version] => {
                let (number, id, schema) = state.version(subject, asked(version)?, deleted)?;
                answer::json(&version_body(subject, number, id, &schema))
            }
            ["subjects", subject, "versions", version, "schema"] => {
                let (_, _, schema) = state.version(subject, asked(version)?, deleted)?;
                raw(&schema)
            }
            ["subjects", subject, "versions", version, "referencedby"] => {
                let (number, ..) = state.version(subject, asked(version)?, deleted)?;
                answer::json(&state.users(subject, number))
            }
            ["schemas", "types"] => answer::json(&["JSON", "PROTOBUF", "AVRO"]),
            ["schemas", "ids", id] => {
                let schema = state.schema(number(id)?)?;
                let mut body = schema_body(&schema);
                if self.asks("format", "serialized")
                    && let Some(text) = serialized::descriptor(&state, &schema)
                {
                    body["schema"] = json!(text);
                }
                if self.flag("fetchMaxId") {
                    body["maxId"] = json!(state.max_id());
                }
                answer::json(&body)
            }
            ["schemas", "ids", id, "schema"] => raw(&*state.schema(number(id)?)?),
            ["schemas", "ids", id, "versions"] => {
                let places = state.places(number(id)?, deleted)?.into_iter();
                let places = places.map(|(s, v)| json!({ "subject": s, "version": v }));
                answer::json(&places.collect::<Value>())
            }
            ["schemas", "ids", id, "subjects"] => {
                let places = state.places(number(id)?, deleted)?;
                answer::json(
                    &places
                        .iter()
                        .map(|(subject, _)| subject)
                        .collect::<Vec<_>>(),
                )
            }
            ["config"] => level_body(state.level(None).unwrap_or_default()),
            ["config", subject] => match state.level(Some(subject)) {
                Some(level) => level_body(level),
                None if self.flag("defaultToGlobal") => level_body(state.effective_level(subject)),
                None => Err(Problem::no_level(subject)),
            },
            ["mode"] | ["mode", _] => answer::json(&json!({ "mode": "READWRITE" })),
            _ => Err(Problem::no_path()),
        }
    }

    async fn post(&self, path: &[&str]) -> Answer {
        match path {
            ["subjects", subject, "versions"] => self.register(subject).await,
            ["subjects", subject] => {
                let state = self.store.state();
                let schema = state.normalized(self.schema()?)?;
                let (number, id) = state.find(subject, &schema, self.flag("deleted"))?;
                answer::json(&version_body(subject, number, id, &schema))
            }
            ["compatibility", "subjects", subject, "versions"] => self.check(subject, None),
            ["compatibility", "subjects", subject, "versions", version] => {
                self.check(subject, Some(asked(version)?))
            }
            _ => Err(Problem::no_path()),
        }
    }

    async fn put(&self, path: &[&str]) -> Answer {
        let subject = match path {
            ["config"] => None,
            ["config", subject] => Some(*subject),
            _ => return Err(Problem::no_path()),
        };
        let body: LevelBody = serde_json::from_slice(self.body).map_err(Problem::unprocessable)?;
        let level = Level::from_name(&body.compatibility).ok_or_else(Problem::invalid_level)?;
        let value = ConfigValue {
            compatibility_level: level,
        };
        let change = Change::put(&Key::config(subject), &value)?;
        self.store.change(|_| Ok(((), vec![change]))).await?;
        answer::json(&json!({ "compatibility": level }))
    }

    async fn delete(&self, path: &[&str]) -> Answer {
        match path {
            ["subjects", subject] => self.delete_subject(subject).await,
            ["subjects", subject, "versions", version] => {
                self.delete_version(subject, asked(version)?).await
            }
            ["config", subject] => {
                let decide = |state: &State| {
                    let level = state.level(Some(subject));
                    let level = level.ok_or_else(|| Problem::no_level(subject))?;
                    Ok((level, vec![Change::delete(&Key::config(Some(subject)))?]))
                };
                level_body(self.store.change(decide).await?)
            }
            _ => Err(Problem::no_path()),
        }
    }

    async fn register(&self, subject: &str) -> Answer {
        let schema = self.schema()?;
        let decide = |state: &State| {
            let schema = state.normalized(schema)?;
            Ok(match state.register(subject, &schema)? {
                Registration::Known(id) => (id, Vec::new()),
                Registration::New(value) => {
                    let key = Key::schema(subject, value.version);
                    (value.id, vec![Change::put(&key, &value)?])
                }
            })
        };
        let id = self.store.change(decide).await?;
        answer::json(&json!({ "id": id }))
    }

    fn check(&self, subject: &str, against: Option<Asked>) -> Answer {
        let state = self.store.state();
        let schema = state.normalized(self.schema()?)?;
        let against = match against {
            // Nothing stands there yet: anything may.
            Some(Asked::Latest) if state.versions(subject, false).is_err() => None,
            Some(asked) => Some(state.version(subject, asked, false)?.0),
            None => None,
        };
        let reasons = state.incompatibilities(subject, &schema, against)?;
        let mut body = json!({ "is_compatible": reasons.is_empty() });
        if self.flag("verbose") {
            body["messages"] = json!(reasons);
        }
        answer::json(&body)
    }

    async fn delete_subject(&self, subject: &str) -> Answer {
        let permanent = self.flag("permanent");
        let decide = |state: &State| {
            let live = state.versions(subject, false);
            if !permanent {
                let versions = live.map_err(|problem| match state.versions(subject, true) {
                    Ok(_) => Problem::subject_deleted(subject),
                    Err(_) => problem,
                })?;
                check_unused(state, subject, &versions)?;
                let last = versions.last().copied().unwrap_or_default();
                let value = DeleteSubjectValue {
                    subject: subject.to_owned(),
                    version: last,
                };
                let change = Change::put(&Key::delete_subject(subject), &value)?;
                return Ok((versions, vec![change]));
            }
            let versions = state.versions(subject, true)?;
            if live.is_ok() {
                return Err(Problem::subject_not_deleted(subject));
            }
            let keys = versions
                .iter()
                .map(|version| Key::schema(subject, *version));
            let changes = keys
                .map(|key| Change::delete(&key))
                .collect::<Result<_>>()?;
            Ok((versions, changes))
        };
        answer::json(&self.store.change(decide).await?)
    }

    async fn delete_version(&self, subject: &str, asked: Asked) -> Answer {
        let permanent = self.flag("permanent");
        let decide = |state: &State| {
            let (version, id, schema) = state.version(subject, asked, permanent)?;
            check_unused(state, subject, &[version])?;
            let key = Key::schema(subject, version);
            let change = if permanent {
                Change::delete(&key)?
            } else {
                let value = SchemaValue {
                    subject: subject.to_owned(),
                    version,
                    id,
                    schema_type: schema.format,
                    references: schema.references.clone(),
                    schema: schema.text.clone(),
                    deleted: true,
                };
                Change::put(&key, &value)?
            };
            Ok((version, vec![change]))
        };
        answer::json(&self.store.change(decide).await?)
    }

    fn schema(&self) -> Result<NewSchema> {
        let body: SchemaBody = serde_json::from_slice(self.body).map_err(Problem::unprocessable)?;
        Ok(NewSchema {
            format: body.schema_type.unwrap_or_default(),
            text: body.schema,
            references: body.references.unwrap_or_default(),
        })
    }

    /// Whether a parameter of the query is the word true.
    fn flag(&self, name: &str) -> bool {
        self.asks(name, "true")
    }

    fn asks(&self, name: &str, wanted: &str) -> bool {
        self.query.split('&').any(|pair| {
            pair.split_once('=')
                .is_some_and(|(key, value)| key == name && value.eq_ignore_ascii_case(wanted))
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SchemaBody {
    schema: String,
    schema_type: Option<SchemaFormat>,
    references: Option<Vec<SchemaReference>>,
}

#[derive(Deserialize)]
struct LevelBody {
    compatibility: String,
}

fn check_unused(state: &State, subject: &str, versions: &[i32]) -> Result<()> {
    match versions
        .iter()
        .find(|version| !state.users(subject, **version).is_empty())
    {
        Some(version) => Err(Problem::referenced(subject, *version)),
        None => Ok(()),
    }
}

fn schema_body(schema: &NewSchema) -> Value {
    let mut body = json!({ "schema": schema.text });
    if schema.format != SchemaFormat::Avro {
        body["schemaType"] = json!(schema.format);
    }
    if !schema.references.is_empty() {
        body["references"] = json!(schema.references);
    }
    body
}

fn version_body(subject: &str, version: i32, id: i32, schema: &NewSchema) -> Value {
    let mut body = json!({ "subject": subject, "version": version, "id": id });
    if let (Value::Object(body), Value::Object(schema)) = (&mut body, schema_body(schema)) {
        body.extend(schema);
    }
    body
}

fn level_body(level: Level) -> Answer {
    answer::json(&json!({ "compatibilityLevel": level }))
}

/// The schema itself: JSON as it is, a `.proto` file as text.
fn raw(schema: &NewSchema) -> Answer {
    match serde_json::from_str::<Value>(&schema.text) {
        Ok(json) => answer::json(&json),
        Err(_) => answer::json(&schema.text),
    }
}

fn number(id: &str) -> Result<i32> {
    id.parse().map_err(|_| Problem::no_path())
}

fn asked(version: &str) -> Result<Asked> {
    if version == "latest" || version == "-1" {
        return Ok(Asked::Latest);
    }
    match version.parse() {
        Ok(number @ 1..) => Ok(Asked::Number(number)),
        _ => Err(Problem::invalid_version(version)),
    }
}
