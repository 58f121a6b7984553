//! A TCP proxy that cuts connections and holds bytes back.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// Listens on a port of its own and passes everything on to one address. It ends with the process.
#[derive(Clone, Debug)]
pub struct Proxy {
    port: u16,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug, Default)]
struct Shared {
    target: String,
    delay: Duration,
    cut: bool,
    open: Vec<TcpStream>,
}

impl Proxy {
    /// Listens, and refuses everything until it knows where to.
    ///
    /// # Panics
    /// When there is no free port.
    pub fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let proxy = Proxy {
            port,
            shared: Arc::default(),
        };
        let accepting = proxy.clone();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                // A client that is refused sees its connection closed.
                let _ = accepting.accept(client);
            }
        });
        proxy
    }

    /// `host:port`
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Passes connections on to this address from now on.
    pub fn forward_to(&self, address: &str) {
        address.clone_into(&mut self.lock().target);
    }

    /// Cuts all connections, in the middle of whatever they carry, and refuses new ones.
    pub fn cut(&self) {
        let mut shared = self.lock();
        shared.cut = true;
        for stream in shared.open.drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Holds each piece back for so long.
    pub fn delay(&self, delay: Duration) {
        self.lock().delay = delay;
    }

    /// Passes everything on at once again.
    pub fn heal(&self) {
        let mut shared = self.lock();
        shared.cut = false;
        shared.delay = Duration::ZERO;
    }

    fn accept(&self, client: TcpStream) -> io::Result<()> {
        let target = {
            let shared = self.lock();
            if shared.cut {
                return client.shutdown(Shutdown::Both);
            }
            shared.target.clone()
        };
        let server = TcpStream::connect(target)?;
        for (from, to) in [(&client, &server), (&server, &client)] {
            let (from, to) = (from.try_clone()?, to.try_clone()?);
            let proxy = self.clone();
            thread::spawn(move || proxy.pump(from, to));
        }
        self.lock().open.extend([client, server]);
        Ok(())
    }

    fn pump(&self, mut from: TcpStream, mut to: TcpStream) {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(length @ 1..) = from.read(&mut buffer) {
            let delay = self.lock().delay;
            if !delay.is_zero() {
                thread::sleep(delay);
            }
            if to.write_all(&buffer[..length]).is_err() {
                break;
            }
        }
        let _ = from.shutdown(Shutdown::Both);
        let _ = to.shutdown(Shutdown::Both);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
