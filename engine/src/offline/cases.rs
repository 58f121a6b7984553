//! Cases for a connector: what goes in, and what must come out.

use std::sync::Arc;

use serde_json::{Map, Value as Json};
use windlass_api::{ConnectError, Props, Result};

use super::difference::differences;
use super::runner::Runner;
use super::sample::{MEMBERS, Sample, SampleError, refuse_unknown};
use crate::plugins::Plugins;

/// A file of cases.
#[derive(Clone, Debug)]
pub struct CaseFile {
    /// The connector's configuration, or the file that holds it.
    pub connector: ConfigSource,
    /// The worker's configuration, or the file that holds it.
    pub worker: Option<ConfigSource>,
    cases: Vec<Case>,
}

/// A configuration in the file itself or in another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigSource {
    /// In the file itself.
    Here(Props),
    /// In this file, beside the file of cases.
    File(String),
}

#[derive(Clone, Debug)]
struct Case {
    name: String,
    record: Sample,
    expect: Json,
}

/// What came of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseReport {
    /// The name of the case.
    pub name: String,
    /// Whether it passed.
    pub verdict: Verdict,
}

/// Whether a case passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// What came out is what was expected.
    Passed,
    /// It differs so, one line each.
    Failed(Vec<String>),
}

impl CaseFile {
    /// Reads a file of cases.
    ///
    /// # Errors
    /// When it is no JSON, or does not say what it must.
    pub fn parse(text: &str) -> Result<Self, SampleError> {
        let json: Json =
            serde_json::from_str(text).map_err(|error| format!("not JSON: {error}"))?;
        let members = object(&json, "the file")?;
        refuse_unknown(members, &["connector", "worker", "cases"])?;
        let connector = members
            .get("connector")
            .ok_or_else(|| "\"connector\" is missing".to_owned())?;
        let cases = members
            .get("cases")
            .and_then(Json::as_array)
            .filter(|cases| !cases.is_empty())
            .ok_or_else(|| "\"cases\": expected an array with at least one case".to_owned())?;
        let cases = (1..).zip(cases).map(|(number, case)| {
            Case::parse(number, case).map_err(|error| format!("case {number}: {error}").into())
        });
        Ok(CaseFile {
            connector: ConfigSource::parse(connector, "connector")?,
            worker: match members.get("worker") {
                Some(worker) => Some(ConfigSource::parse(worker, "worker")?),
                None => None,
            },
            cases: cases.collect::<Result<_, SampleError>>()?,
        })
    }

    /// Runs the cases in their order, through one chain.
    ///
    /// # Errors
    /// Those that a task of the connector would fail with at its start.
    pub async fn run(
        &self,
        plugins: &Arc<Plugins>,
        connector: Props,
        worker: Option<&Props>,
    ) -> Result<Vec<CaseReport>, ConnectError> {
        let mut runner = Runner::new(plugins, connector, worker)?;
        let mut reports = Vec::new();
        for case in &self.cases {
            let run = runner.run(&case.record).await;
            let lines = differences(&case.expect, &run.outcome.to_json());
            reports.push(CaseReport {
                name: case.name.clone(),
                verdict: if lines.is_empty() {
                    Verdict::Passed
                } else {
                    Verdict::Failed(lines)
                },
            });
        }
        Ok(reports)
    }
}

impl ConfigSource {
    fn parse(json: &Json, name: &str) -> Result<Self, SampleError> {
        match json {
            Json::String(file) => Ok(ConfigSource::File(file.clone())),
            Json::Object(members) => {
                // As `POST /connectors` takes it, too.
                let members = match members.get("config") {
                    Some(Json::Object(config)) => config,
                    _ => members,
                };
                let mut props = Props::new();
                for (key, value) in members {
                    let value = match value {
                        Json::Null => None,
                        Json::String(text) => Some(text.clone()),
                        Json::Bool(_) | Json::Number(_) => Some(value.to_string()),
                        _ => return Err(format!("\"{name}.{key}\": expected text").into()),
                    };
                    props.insert(key.clone(), value);
                }
                Ok(ConfigSource::Here(props))
            }
            _ => Err(format!("\"{name}\": expected an object or the name of a file").into()),
        }
    }
}

impl Case {
    fn parse(number: usize, json: &Json) -> Result<Self, SampleError> {
        let members = object(json, "a case")?;
        refuse_unknown(members, &["name", "record", "expect"])?;
        let name = members.get("name").and_then(Json::as_str);
        let record = members
            .get("record")
            .ok_or_else(|| "\"record\" is missing".to_owned())?;
        let expect = members.get("expect").ok_or_else(|| {
            "\"expect\" is missing: a record, null for one that is dropped, or an object with error".to_owned()
        })?;
        match expect {
            Json::Null => {}
            Json::Object(members) if members.contains_key("error") => {
                refuse_unknown(members, &["error"])?;
                refuse_unknown(
                    object(&members["error"], "error")?,
                    &["stage", "class", "exception", "message"],
                )?;
            }
            expect => refuse_unknown(object(expect, "expect")?, &MEMBERS)?,
        }
        Ok(Case {
            name: name.map_or_else(|| format!("case {number}"), str::to_owned),
            record: Sample::from_json(record)?,
            expect: expect.clone(),
        })
    }
}

fn object<'j>(json: &'j Json, what: &str) -> Result<&'j Map<String, Json>, SampleError> {
    json.as_object()
        .ok_or_else(|| format!("{what}: expected an object").into())
}
