//! Validation answers against those that a Java worker gave over REST.

use std::sync::Arc;

use serde_json::Value as Json;
use windlass_api::Props;
use windlass_engine::config::{ConnectorValidation, StandaloneConfig, plugin_keys};
use windlass_engine::plugins::{Plugins, VersionRange};

/// Scenarios that hold validation answers or plugin lists.
const SCENARIOS: [&str; 8] = [
    "validate-errors",
    "validate-transforms",
    "plugins-standalone",
    "create-standalone",
    "override-policy-all",
    "override-policy-none",
    "override-policy-principal",
    "plugins-distributed",
];

#[tokio::test]
async fn answers_as_java() {
    let mut passed = 0;
    let mut failed = Vec::new();
    for name in SCENARIOS {
        let path = windlass_golden::folder().join(format!("rest/{name}.json"));
        let scenario: Json = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let worker = Worker::new(&scenario["worker_config"]);
        for step in scenario["steps"].as_array().unwrap() {
            let Some(found) = worker.answer(step).await else {
                continue;
            };
            let id = step["id"].as_str().unwrap();
            match matches(&step["expect"]["body"], &found, "") {
                Ok(()) => passed += 1,
                Err(difference) => failed.push(format!("{name}/{id}: {difference}")),
            }
        }
    }
    println!("{passed} passed, {} failed", failed.len());
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(passed > 60, "only {passed} answers were compared");
}

struct Worker {
    plugins: Arc<Plugins>,
    validation: ConnectorValidation,
}

impl Worker {
    /// A worker as the recorded ones, with the scenario's own settings.
    fn new(settings: &Json) -> Self {
        let json = "org.apache.kafka.connect.json.JsonConverter";
        let mut props = Props::new();
        for (key, value) in [
            ("bootstrap.servers", "127.0.0.1:9092"),
            ("key.converter", json),
            ("value.converter", json),
            ("offset.storage.file.filename", "offsets"),
        ] {
            props.insert(key.to_owned(), Some(value.to_owned()));
        }
        props.extend(windlass_golden::props(settings));
        let plugins = Arc::new(Plugins::new(windlass_connectors::plugins()));
        let config = StandaloneConfig::new(props, &plugins).unwrap();
        let validation = ConnectorValidation::new(Arc::clone(&plugins), Arc::new(config.worker));
        Worker {
            plugins,
            validation,
        }
    }

    /// What this worker answers to a step; `None` for steps that are about other things, and for MirrorMaker's classes.
    async fn answer(&self, step: &Json) -> Option<Json> {
        let request = &step["request"];
        let path = request["path"].as_str()?;
        if request.to_string().contains("Mirror") {
            return None;
        }
        if path.ends_with("/config/validate") && step["expect"]["status"] == 200 {
            let infos = self
                .validation
                .validate(&windlass_golden::props(&request["body"]))
                .await
                .unwrap();
            return Some(serde_json::to_value(infos).unwrap());
        }
        let message = step["expect"]["body"]["message"]
            .as_str()
            .unwrap_or_default();
        if path == "/connectors" && message.starts_with("Connector configuration is invalid") {
            let mut config = request["body"]["config"].clone();
            config["name"] = request["body"]["name"].as_str().unwrap_or_default().into();
            let coerced: Props = config
                .as_object()?
                .iter()
                .map(|(key, value)| {
                    let text = value
                        .as_str()
                        .map_or_else(|| value.to_string(), str::to_owned);
                    (key.clone(), (!value.is_null()).then_some(text))
                })
                .collect();
            let message = self
                .validation
                .validate(&coerced)
                .await
                .unwrap()
                .error_message()
                .unwrap();
            return Some(serde_json::json!({"error_code": 400, "message": message}));
        }
        let plugin = path
            .strip_prefix("/connector-plugins/")
            .and_then(|rest| rest.strip_suffix("/config"));
        if let Some(plugin) = plugin
            && step["expect"]["status"] == 200
        {
            let keys = plugin_keys(&self.plugins, plugin, &VersionRange::default()).unwrap();
            return Some(serde_json::to_value(keys).unwrap());
        }
        None
    }
}

/// Compares as `tests/golden/rest/README.md` says: objects without regard to order, arrays in order, matchers by their names.
fn matches(expected: &Json, found: &Json, at: &str) -> Result<(), String> {
    let differ = || Err(format!("{at}: expected {expected}, found {found}"));
    match (expected, found) {
        (Json::Object(expected), _) if expected.contains_key("$any") => {
            if expected["$any"] == "string" && found.is_string() {
                Ok(())
            } else {
                differ()
            }
        }
        (Json::Object(expected), Json::String(text)) if expected.contains_key("$regex") => {
            let pattern = format!("(?s)^(?:{})$", expected["$regex"].as_str().unwrap());
            if fancy_regex::Regex::new(&pattern)
                .unwrap()
                .is_match(text)
                .unwrap()
            {
                Ok(())
            } else {
                differ()
            }
        }
        (Json::Object(expected), Json::Object(found)) => {
            let unexpected = found.keys().find(|key| !expected.contains_key(*key));
            if let Some(key) = unexpected {
                return Err(format!("{at}/{key}: not expected"));
            }
            expected
                .iter()
                .try_for_each(|(key, value)| match found.get(key) {
                    Some(found) => matches(value, found, &format!("{at}/{key}")),
                    None => Err(format!("{at}/{key}: expected {value}, found nothing")),
                })
        }
        (Json::Array(expected), Json::Array(found)) => {
            let found: Vec<&Json> = found.iter().filter(|item| !is_beyond_java(item)).collect();
            let each = expected.iter().zip(&found).enumerate();
            each.into_iter()
                .try_for_each(|(i, (e, f))| matches(e, f, &format!("{at}/{i}")))?;
            if expected.len() == found.len() {
                Ok(())
            } else {
                differ()
            }
        }
        _ if expected == found => Ok(()),
        _ => differ(),
    }
}

/// Classes that Windlass proposes and Apache Kafka does not come with.
fn is_beyond_java(item: &Json) -> bool {
    let class = item.as_str().unwrap_or_default();
    class.starts_with("io.confluent.connect.") || class.starts_with("io.windlass.")
}
