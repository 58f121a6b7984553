//! The task that writes dead letters.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};
use windlass_api::{
    ConnectError, Converter, Encoded, ErrorKind, Header, Headers, Props, Record, Result, Schema,
    TopicPartition, Value,
};
use windlass_client::Producer;
use windlass_client::producer::{Ack, AppendError, BatchId};
use windlass_converters::JsonConverter;

use super::letter::{Body, Context, Letter};
use super::{Pending, Unwritten};
use crate::pipeline::{Converters, ErrorCounters, Stage};
use crate::status::TaskId;

/// Writes letters in the order they come.
pub(super) struct Writer {
    task: TaskId,
    topic: Arc<str>,
    producer: Producer,
    converters: Converters,
    pending: Arc<Pending>,
    counters: Arc<ErrorCounters>,
    sent: BTreeMap<BatchId, Vec<Sent>>,
}

/// A letter without an ack.
struct Sent {
    place: Option<TopicPartition>,
    errant: bool,
    done: oneshot::Sender<Result<(), Unwritten>>,
}

/// Bytes to be written.
struct Encoding {
    key: Option<Bytes>,
    value: Option<Bytes>,
    headers: Vec<(Bytes, Option<Bytes>)>,
    timestamp: Option<i64>,
}

type Letters = mpsc::UnboundedReceiver<(Letter, oneshot::Sender<Result<(), Unwritten>>)>;

impl Writer {
    pub(super) fn new(
        task: TaskId,
        topic: Arc<str>,
        producer: Producer,
        converters: Converters,
        pending: Arc<Pending>,
        counters: Arc<ErrorCounters>,
    ) -> Self {
        Writer {
            task,
            topic,
            producer,
            converters,
            pending,
            counters,
            sent: BTreeMap::new(),
        }
    }

    /// Writes until nobody holds the queue any more.
    pub(super) async fn run(mut self, mut letters: Letters) {
        loop {
            tokio::select! {
                biased;
                ack = self.producer.next_ack() => self.acked(ack),
                letter = letters.recv() => {
                    let Some((letter, done)) = letter else { break };
                    self.write(letter, done).await;
                    self.producer.send_ready(letters.is_empty());
                }
            }
        }
        self.producer.close(CLOSE_TIMEOUT).await;
        self.take_acks();
    }

    async fn write(&mut self, letter: Letter, done: oneshot::Sender<Result<(), Unwritten>>) {
        let Letter {
            body,
            context,
            place,
            errant,
        } = letter;
        let sent = Sent {
            place,
            errant,
            done,
        };
        let result = match self.encode(body).await {
            Ok(encoding) => self.append(&encoding, &context).await,
            Err(error) => Err(crate::trace::chain(&error)),
        };
        match result {
            Ok(batch) => self.sent.entry(batch).or_default().push(sent),
            Err(error) => self.failed(sent, &error),
        }
        self.take_acks();
    }

    async fn append(
        &mut self,
        encoding: &Encoding,
        context: &[Context],
    ) -> Result<BatchId, String> {
        let own = encoding
            .headers
            .iter()
            .map(|(key, value)| (&**key, value.as_deref()));
        let context = context
            .iter()
            .map(|(key, value)| (key.as_bytes(), value.as_deref().map(str::as_bytes)));
        let headers = own.chain(context);
        loop {
            let append = self.producer.try_append(
                &self.topic,
                None,
                encoding.timestamp,
                encoding.key.as_deref(),
                encoding.value.as_deref(),
                headers.clone(),
            );
            let waited = match append {
                Ok(append) => return Ok(append.batch),
                Err(AppendError::NeedsMetadata) => self.producer.ready(&self.topic).await,
                Err(AppendError::BufferFull) => self.producer.wait_for_room().await,
                Err(refused) => return Err(refused.to_string()),
            };
            waited.map_err(|error| error.to_string())?;
        }
    }

    async fn encode(&mut self, body: Body) -> Result<Encoding> {
        match body {
            Body::Raw {
                key,
                value,
                headers,
                timestamp,
            } => Ok(Encoding {
                key,
                value,
                headers,
                timestamp,
            }),
            Body::Sink(record) => self.convert(&record.record, Fallback::None).await,
            Body::Source(record) => self.convert(&record.record, Fallback::Json).await,
        }
    }

    async fn convert(&mut self, record: &Record, fallback: Fallback) -> Result<Encoding> {
        let topic = &*record.topic;
        let mut part = async |stage, schema: Option<&Schema>, value: &Value| {
            let converted = data(&mut self.converters, stage, topic, schema, value).await;
            converted.or_else(|error| fallback.convert(topic, schema, value, error))
        };
        let key = part(Stage::KeyConverter, record.key_schema.as_ref(), &record.key).await?;
        let value = part(
            Stage::ValueConverter,
            record.value_schema.as_ref(),
            &record.value,
        )
        .await?;
        let headers = headers(&mut self.converters, topic, &record.headers, fallback).await?;
        Ok(Encoding {
            key,
            value,
            headers,
            timestamp: record.timestamp.filter(|timestamp| *timestamp >= 0),
        })
    }

    fn take_acks(&mut self) {
        while let Some(ack) = self.producer.try_next_ack() {
            self.acked(ack);
        }
    }

    fn acked(&mut self, ack: Ack) {
        let letters = self.sent.remove(&ack.batch).unwrap_or_default();
        let error = ack.result.err().map(|error| error.to_string());
        for sent in letters {
            match &error {
                Some(error) => self.failed(sent, error),
                None => {
                    self.pending.end(sent.place.as_ref(), None);
                    // Who reported it need not wait for it.
                    let _ = sent.done.send(Ok(()));
                }
            }
        }
    }

    fn failed(&self, sent: Sent, error: &str) {
        let TaskId { connector, task } = &self.task;
        let topic = &*self.topic;
        tracing::error!(%connector, task, topic, error, "a record could not be written to the dead letter queue");
        self.counters.lost_letters.add(1);
        let error = Unwritten(Arc::from(error));
        let failure = sent.errant.then(|| error.clone());
        self.pending.end(sent.place.as_ref(), failure);
        let _ = sent.done.send(Err(error));
    }
}

/// What is written of a value that its converter refuses.
#[derive(Clone, Copy)]
enum Fallback {
    None,
    /// JSON without a schema; the value's text where that is not possible either.
    Json,
}

impl Fallback {
    fn convert(
        self,
        topic: &str,
        schema: Option<&Schema>,
        value: &Value,
        error: ConnectError,
    ) -> Result<Option<Bytes>> {
        let Fallback::Json = self else {
            return Err(error);
        };
        let mut json = JsonConverter::default();
        let plain = Props::from_iter([("schemas.enable".to_owned(), Some("false".to_owned()))]);
        json.configure(&plain, false)?;
        let mut out = Vec::new();
        match json.from_connect_data(topic, schema, value, &mut out) {
            Ok(Encoded::Null) => Ok(None),
            Ok(Encoded::Borrowed(bytes)) => Ok(Some(Bytes::copy_from_slice(bytes))),
            Ok(Encoded::Appended) => Ok(Some(out.into())),
            Err(_) => Ok(Some(value.to_string().into())),
        }
    }
}

/// A key or value as bytes.
async fn data(
    converters: &mut Converters,
    stage: Stage,
    topic: &str,
    schema: Option<&Schema>,
    value: &Value,
) -> Result<Option<Bytes>> {
    let mut out = Vec::new();
    loop {
        let converter = match stage {
            Stage::KeyConverter => &mut converters.key,
            _ => &mut converters.value,
        };
        out.clear();
        match converter.from_connect_data(topic, schema, value, &mut out) {
            Err(error) if error.kind() == ErrorKind::NeedsPreparation => {
                converter.prepare().await?;
            }
            Err(error) => return Err(error),
            Ok(encoded) => return Ok(owned(encoded, &mut out)),
        }
    }
}

async fn headers(
    converters: &mut Converters,
    topic: &str,
    headers: &Headers,
    fallback: Fallback,
) -> Result<Vec<(Bytes, Option<Bytes>)>> {
    let mut converted = Vec::new();
    let mut out = Vec::new();
    for Header { key, schema, value } in headers.iter() {
        let schema = schema.as_ref();
        let bytes = loop {
            out.clear();
            let header = &mut converters.header;
            match header.from_connect_header(topic, key, schema, value, &mut out) {
                Err(error) if error.kind() == ErrorKind::NeedsPreparation => {
                    header.prepare().await?;
                }
                Err(error) => break fallback.convert(topic, schema, value, error)?,
                Ok(encoded) => break owned(encoded, &mut out),
            }
        };
        converted.push((key.as_bytes().clone(), bytes));
    }
    Ok(converted)
}

fn owned(encoded: Encoded<'_>, out: &mut Vec<u8>) -> Option<Bytes> {
    match encoded {
        Encoded::Null => None,
        Encoded::Borrowed(bytes) => Some(Bytes::copy_from_slice(bytes)),
        Encoded::Appended => Some(std::mem::take(out).into()),
    }
}

/// As Java's producer takes for its own end.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(30);
