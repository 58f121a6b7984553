//! One connection: requests are read, handled and answered one after the other, as Kafka does.

use std::sync::Arc;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::{ApiKey, RequestHeader, ResponseHeader};
use kafka_protocol::protocol::{Decodable, Encodable};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::watch;
use tokio::time::sleep;

use crate::apis::{self, Request, Response};
use crate::error::{Error, Result};
use crate::faults::{Fault, RequestView};
use crate::handlers::Call;
use crate::node::Node;

/// Serves one connection until its peer closes it, breaks the protocol, or the broker ends.
pub(crate) async fn serve<S>(
    stream: S,
    host: String,
    node: Arc<Node>,
    mut ending: watch::Receiver<bool>,
) where
    S: AsyncRead + AsyncWrite + Send + Unpin,
{
    let mut connection = Connection {
        stream,
        host,
        node,
        received: BytesMut::new(),
        answers: BytesMut::new(),
    };
    tokio::select! {
        // Dropping the future of a request under way loses its answer, which every client must cope with.
        () = ended(&mut ending) => {}
        ended = connection.run() => if let Err(error) = ended {
            match error {
                Error::Answer { .. } => tracing::error!(peer = connection.host, %error, "connection closed"),
                error => tracing::debug!(peer = connection.host, %error, "connection closed"),
            }
        },
    }
}

/// Returns when the broker ends, or is dropped.
pub(crate) async fn ended(ending: &mut watch::Receiver<bool>) {
    let _ = ending.wait_for(|ending| *ending).await;
}

struct Connection<S> {
    stream: S,
    /// Where the peer is, as groups describe it.
    host: String,
    node: Arc<Node>,
    /// Bytes read and not yet taken as frames.
    received: BytesMut,
    /// Answers not yet written.
    answers: BytesMut,
}

/// What happens to the connection after a request.
enum Next {
    Continue,
    Close,
}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Connection<S> {
    async fn run(&mut self) -> Result<()> {
        while let Some(frame) = self.next_frame().await? {
            let next = self.answer(frame).await?;
            // While more requests are here already their answers share one write.
            if matches!(next, Next::Close) || !self.has_frame() {
                self.flush().await?;
            }
            if matches!(next, Next::Close) {
                break;
            }
        }
        Ok(())
    }

    /// The next request, without its length; `None` when the peer closed between two requests.
    async fn next_frame(&mut self) -> Result<Option<Bytes>> {
        loop {
            let mut wanted = LENGTH;
            if let Some(length) = self.peek_length()? {
                if self.received.len() >= LENGTH + length {
                    self.received.advance(LENGTH);
                    return Ok(Some(self.received.split_to(length).freeze()));
                }
                wanted = LENGTH + length - self.received.len();
            }
            // A peer that announces much and sends little costs little: the buffer grows with what has come.
            self.received.reserve(wanted.clamp(MIN_READ, MAX_READ));
            if self.stream.read_buf(&mut self.received).await? == 0 {
                return match self.received.is_empty() {
                    true => Ok(None),
                    false => Err(Error::Connection(std::io::ErrorKind::UnexpectedEof.into())),
                };
            }
        }
    }

    fn peek_length(&self) -> Result<Option<usize>> {
        let Some(bytes) = self.received.first_chunk::<LENGTH>() else {
            return Ok(None);
        };
        let found = i32::from_be_bytes(*bytes);
        let limit = self.node.config.max_request_bytes;
        match usize::try_from(found) {
            Ok(length) if length <= limit => Ok(Some(length)),
            _ => Err(Error::FrameSize { found, limit }),
        }
    }

    fn has_frame(&self) -> bool {
        matches!(self.peek_length(), Ok(Some(length)) if self.received.len() >= LENGTH + length)
    }

    async fn flush(&mut self) -> Result<()> {
        self.stream.write_all_buf(&mut self.answers).await?;
        self.stream.flush().await?;
        if self.answers.capacity() > KEPT_BUFFER {
            self.answers = BytesMut::new();
        }
        if self.received.is_empty() && self.received.capacity() > KEPT_BUFFER {
            self.received = BytesMut::new();
        }
        Ok(())
    }

    async fn answer(&mut self, frame: Bytes) -> Result<Next> {
        let (header, request) = decode(frame)?;
        let client_id = header.client_id.as_deref().unwrap_or("");
        let version = header.request_api_version;
        let Decoded::Request(request) = request else {
            // A client newer than this broker: told in version 0, which every client reads.
            let refusal =
                Request::ApiVersions(Default::default()).refuse(ResponseError::UnsupportedVersion);
            return self
                .put(&refusal, header.correlation_id, 0)
                .map(|()| Next::Continue);
        };
        let fault = self.node.faults.meet(&RequestView {
            version,
            client_id,
            request: &request,
        });
        let silent = !request.expects_answer();
        let node = self.node.clone();
        let call = Call {
            node: &node,
            version,
            client_id,
            client_host: &self.host,
        };
        let mut next = Next::Continue;
        let mut cut = usize::MAX;
        let response = match fault {
            None => request.handle(&call).await,
            Some(Fault::Error(error)) => request.refuse(error),
            Some(Fault::Answer(response)) => *response,
            Some(Fault::Delay(delay)) => {
                sleep(delay).await;
                request.handle(&call).await
            }
            Some(Fault::DelayAnswer(delay)) => {
                let response = request.handle(&call).await;
                sleep(delay).await;
                response
            }
            Some(Fault::DropBeforeHandling) => return Ok(Next::Close),
            Some(Fault::DropAfterHandling) => {
                request.handle(&call).await;
                return Ok(Next::Close);
            }
            Some(Fault::Truncate(bytes)) => {
                (cut, next) = (bytes, Next::Close);
                request.handle(&call).await
            }
            Some(Fault::Silence) => return Ok(Next::Continue),
        };
        if silent {
            return Ok(next);
        }
        let start = self.answers.len();
        self.put(&response, header.correlation_id, version)?;
        self.answers.truncate(start.saturating_add(cut));
        Ok(next)
    }

    fn put(&mut self, response: &Response, correlation_id: i32, version: i16) -> Result<()> {
        let failed = |found: String| Error::Answer { version, found };
        let start = self.answers.len();
        self.answers.put_i32(0);
        ResponseHeader::default()
            .with_correlation_id(correlation_id)
            .encode(&mut self.answers, response.header_version(version))
            .map_err(|error| failed(error.to_string()))?;
        response
            .encode(version, &mut self.answers)
            .map_err(failed)?;
        let length = self.answers.len() - start - LENGTH;
        let length =
            i32::try_from(length).map_err(|_| failed(format!("answer of {length} bytes")))?;
        self.answers[start..start + LENGTH].copy_from_slice(&length.to_be_bytes());
        Ok(())
    }
}

enum Decoded {
    Request(Box<Request>),
    /// An ApiVersions request of a version not served.
    ApiVersionsTooNew,
}

fn decode(mut frame: Bytes) -> Result<(RequestHeader, Decoded)> {
    let Some(start) = frame.first_chunk::<8>() else {
        let found = format!(
            "expected a header of at least 8 bytes, found {}",
            frame.len()
        );
        return Err(Error::BadRequest {
            api_key: -1,
            version: -1,
            found,
        });
    };
    let api_key = i16::from_be_bytes([start[0], start[1]]);
    let version = i16::from_be_bytes([start[2], start[3]]);
    let correlation_id = i32::from_be_bytes([start[4], start[5], start[6], start[7]]);
    let bad = |found: String| Error::BadRequest {
        api_key,
        version,
        found,
    };
    let served = ApiKey::try_from(api_key)
        .ok()
        .and_then(|key| Some((key, apis::versions(key)?)));
    let Some((key, versions)) = served else {
        return Err(bad("this API is not served".to_owned()));
    };
    if !(versions.min..=versions.max).contains(&version) {
        if key == ApiKey::ApiVersions {
            let header = RequestHeader::default().with_correlation_id(correlation_id);
            return Ok((header, Decoded::ApiVersionsTooNew));
        }
        return Err(bad(format!("expected version {versions}")));
    }
    let header = RequestHeader::decode(&mut frame, key.request_header_version(version));
    let header = header.map_err(|error| bad(error.to_string()))?;
    let request = Request::decode(key, version, frame).map_err(bad)?;
    Ok((header, Decoded::Request(Box::new(request))))
}

/// Bytes of a frame's length.
const LENGTH: usize = 4;
/// Space for one read, at least and at most.
const MIN_READ: usize = 4 * 1024;
const MAX_READ: usize = 1024 * 1024;
/// Buffers larger than this are given back once they are empty, so that an idle connection is small.
const KEPT_BUFFER: usize = 64 * 1024;
