//! A server that answers one kind of request over TLS.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use windlass_tls::{ServerTls, TlsSettings};

use crate::stores::{PASSWORD, Stores};

/// Answers requests that end with `end` by what `answer` makes of them, in lower case: a status and a body.
pub(crate) async fn serve(
    stores: &Stores,
    end: &'static str,
    answer: impl Fn(&str) -> (&'static str, String) + Send + 'static,
) -> SocketAddr {
    let keystore = stores.at("server.p12");
    let settings = TlsSettings::read("", |key| match key {
        "ssl.keystore.location" => Some(&*keystore),
        "ssl.keystore.password" => Some(PASSWORD),
        _ => None,
    });
    let tls = ServerTls::new(settings.expect("settings")).expect("a keystore");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = tls.accept(stream).await else {
                continue;
            };
            let mut request = Vec::new();
            while !request.ends_with(end.as_bytes()) {
                if stream.read_buf(&mut request).await.unwrap_or(0) == 0 {
                    break;
                }
            }
            let (status, body) = answer(&String::from_utf8_lossy(&request).to_lowercase());
            let head = format!(
                "HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n",
                body.len()
            );
            let _ = stream.write_all((head + &body).as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    address
}
