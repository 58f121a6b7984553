//! The one place where sockets are opened.
//!
//! Everything above speaks to a [`Stream`] that a [`Dialer`] opened: TCP in production, a simulated network or a pair of
//! buffers in tests. TLS is a dialer around another one.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpSocket, TcpStream};

/// A byte stream to a broker.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin + 'static {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin + 'static> Stream for T {}

/// A future that lives as long as what it borrows.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Opens streams. It is given one address at a time, and no time limit: the caller keeps the clock.
pub trait Dialer: fmt::Debug + Send + Sync + 'static {
    /// Connects to `address`; `host` is the name it came from, which TLS will check.
    fn dial<'a>(
        &'a self,
        host: &'a str,
        address: SocketAddr,
        options: SocketOptions,
    ) -> Pending<'a, io::Result<Box<dyn Stream>>>;
}

/// Sizes of the kernel's buffers; `None` leaves the operating system's own, which grow by themselves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SocketOptions {
    /// `send.buffer.bytes`
    pub send_buffer_bytes: Option<u32>,
    /// `receive.buffer.bytes`
    pub receive_buffer_bytes: Option<u32>,
}

/// Plain TCP, without Nagle's delay.
#[derive(Debug, Clone, Copy, Default)]
pub struct TcpDialer;

impl Dialer for TcpDialer {
    fn dial<'a>(
        &'a self,
        _host: &'a str,
        address: SocketAddr,
        options: SocketOptions,
    ) -> Pending<'a, io::Result<Box<dyn Stream>>> {
        Box::pin(async move {
            let socket = if address.is_ipv4() {
                TcpSocket::new_v4()?
            } else {
                TcpSocket::new_v6()?
            };
            if let Some(bytes) = options.send_buffer_bytes {
                socket.set_send_buffer_size(bytes)?;
            }
            if let Some(bytes) = options.receive_buffer_bytes {
                socket.set_recv_buffer_size(bytes)?;
            }
            let stream: TcpStream = socket.connect(address).await?;
            stream.set_nodelay(true)?;
            Ok(Box::new(stream) as Box<dyn Stream>)
        })
    }
}
