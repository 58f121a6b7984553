//! The smallest HTTP client that can drive a Connect worker.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

/// The REST interface of a worker.
#[derive(Clone, Debug)]
pub struct Rest {
    address: SocketAddr,
    secure: bool,
}

/// What a worker answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers in order, names as sent.
    pub headers: Vec<(String, String)>,
    /// The body as text.
    pub body: String,
}

impl Answer {
    /// The body as JSON; null when it is not JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }
}

impl Rest {
    /// The interface that listens at this address.
    pub fn new(address: SocketAddr) -> Self {
        Rest {
            address,
            secure: false,
        }
    }

    /// The same behind TLS, spoken by OpenSSL's client; certificates are not verified.
    pub fn secure(address: SocketAddr) -> Self {
        Rest {
            address,
            secure: true,
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `GET path`
    ///
    /// # Errors
    /// When the connection fails or the answer is not HTTP.
    pub fn get(&self, path: &str) -> io::Result<Answer> {
        self.request("GET", path, &[], b"")
    }

    /// A request with a JSON body.
    ///
    /// # Errors
    /// When the connection fails or the answer is not HTTP.
    pub fn send(&self, method: &str, path: &str, body: &Value) -> io::Result<Answer> {
        let text = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let json: &[(&str, &str)] = &[("Content-Type", "application/json")];
        self.request(
            method,
            path,
            if text.is_empty() { &[] } else { json },
            text.as_bytes(),
        )
    }

    /// Any request. `Host` and `Content-Length` are added, the connection is closed after the answer.
    ///
    /// # Errors
    /// When the connection fails or the answer is not HTTP.
    pub fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> io::Result<Answer> {
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {}\r\n",
            self.address,
            body.len()
        );
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        let request = [head.as_bytes(), body].concat();
        let answer = if self.secure {
            self.through_openssl(&request)?
        } else {
            let mut stream = TcpStream::connect_timeout(&self.address, Duration::from_secs(5))?;
            stream.set_read_timeout(Some(Duration::from_secs(100)))?;
            stream.write_all(&request)?;
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer)?;
            answer
        };
        parse(&answer).ok_or_else(|| {
            io::Error::other(format!(
                "not an HTTP answer: {:?}",
                String::from_utf8_lossy(&answer)
            ))
        })
    }

    fn through_openssl(&self, request: &[u8]) -> io::Result<Vec<u8>> {
        let mut client = Command::new("openssl")
            .args(["s_client", "-quiet", "-connect", &self.address.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut input = client.stdin.take().expect("standard input");
        // It may end before it has read all: the server refused it, and there is no answer then.
        let written = input.write_all(request).and_then(|()| input.flush());
        let output = client.wait_with_output()?;
        drop(input);
        if output.stdout.is_empty() {
            written?;
        }
        Ok(output.stdout)
    }
}

fn parse(answer: &[u8]) -> Option<Answer> {
    let end = answer.windows(4).position(|w| w == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&answer[..end]).ok()?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        .collect();
    let chunked = headers.iter().any(|(name, value)| {
        name.eq_ignore_ascii_case("transfer-encoding") && value.eq_ignore_ascii_case("chunked")
    });
    let body = &answer[end + 4..];
    let body = if chunked {
        unchunk(body)?
    } else {
        body.to_vec()
    };
    Some(Answer {
        status,
        headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    })
}

fn unchunk(mut body: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Vec::new();
    loop {
        let end = body.windows(2).position(|w| w == b"\r\n")?;
        let size =
            usize::from_str_radix(std::str::from_utf8(&body[..end]).ok()?.trim(), 16).ok()?;
        body = &body[end + 2..];
        if size == 0 {
            return Some(whole);
        }
        whole.extend_from_slice(body.get(..size)?);
        body = body.get(size + 2..)?;
    }
}
