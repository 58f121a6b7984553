//! A transform that fails as its configuration says.

use std::collections::BTreeMap;
use std::sync::Mutex;

use windlass_api::{
    ConfigDef, ConfigKey, ConnectError, Kind, Props, RecordMut, Result, Transform, Verdict,
};

pub const TRANSFORM_CLASS: &str = "test.Failing$Value";

pub fn new() -> Box<dyn Transform> {
    Box::new(Failing::default())
}

/// How often transforms with that `id` have failed.
pub fn failures(id: &str) -> usize {
    FAILURES
        .lock()
        .unwrap()
        .get(id)
        .copied()
        .unwrap_or_default()
}

static FAILURES: Mutex<BTreeMap<String, usize>> = Mutex::new(BTreeMap::new());

/// Fails on the values that `values` lists: `times` times each with a retriable error, for ever when it is -1, or with a
/// DataException when it is 0. Others pass with a `!` behind them.
#[derive(Default)]
struct Failing {
    values: Vec<String>,
    times: i32,
    id: String,
    tries: BTreeMap<String, i32>,
}

impl Transform for Failing {
    fn config(&self) -> ConfigDef {
        ConfigDef::new()
            .define(ConfigKey::new("values", Kind::List))
            .define(ConfigKey::new("times", Kind::Int).default_value(0))
            .define(ConfigKey::new("id", Kind::String).default_value(""))
    }

    fn configure(&mut self, props: &Props) -> Result<()> {
        let parsed = self.config().parse(props)?;
        self.values = parsed.get("values")?;
        self.times = parsed.get("times")?;
        self.id = parsed.get("id")?;
        Ok(())
    }

    fn apply(&mut self, record: &mut RecordMut<'_>) -> Result<Verdict> {
        let text = record.value.to_string();
        // Whatever follows, the record has changed: a second try must begin with the first state.
        record.value = format!("{text}!").into();
        if !self.values.contains(&text) {
            return Ok(Verdict::Keep);
        }
        if self.times == 0 {
            return Err(ConnectError::data(format!("{text} is bad")));
        }
        let tries = self.tries.entry(text.clone()).or_default();
        *tries += 1;
        if self.times < 0 || *tries <= self.times {
            *FAILURES.lock().unwrap().entry(self.id.clone()).or_default() += 1;
            return Err(ConnectError::retriable(format!("{text} is bad for now")));
        }
        Ok(Verdict::Keep)
    }
}
