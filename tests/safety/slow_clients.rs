//! Clients that open connections and send slowly, or nothing.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::json;
use windlass_testkit::{Kafka, Launch, append_lines, wait_for};

use crate::WINDLASS;

#[test]
fn thousands_of_slow_clients_hold_nobody_up() {
    let kafka = Kafka::shared();
    let directory = tempfile::tempdir().expect("a directory");
    let worker = Launch::windlass(WINDLASS, directory.path(), kafka.address()).ready();
    let path = |name: &str| directory.path().join(name);
    let topic = format!("slow-{:08x}", fastrand::u32(..));
    let file = |name: &str| path(name).to_str().expect("UTF-8").to_owned();
    append_lines(&path("in"), 0, 10);
    worker.create(
        "source",
        &json!({"connector.class": "FileStreamSource", "file": file("in"), "topic": topic}),
    );
    worker.create(
        "sink",
        &json!({"connector.class": "FileStreamSink", "file": file("out"), "topics": topic}),
    );

    // Silent ones, some in the middle of a head, some in the middle of a body, some that never read.
    let beginnings: [&[u8]; 4] = [
        b"",
        b"GET /connectors HTTP/1.1\r\nHost: x\r\nX-Slow: ",
        b"PUT /connectors/x/config HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{",
        b"GET /connector-plugins HTTP/1.1\r\nHost: x\r\n\r\n",
    ];
    let count = std::env::var("WINDLASS_TEST_SLOW_CLIENTS")
        .ok()
        .and_then(|n| n.parse().ok());
    let count: usize = count.unwrap_or(2000);
    let mut clients = Vec::new();
    let mut slowest = Duration::ZERO;
    for number in 0..count {
        let mut client = TcpStream::connect(worker.rest.address()).expect("a connection");
        // The server may have closed it already, for another.
        let _ = client.write_all(beginnings[number % beginnings.len()]);
        clients.push(client);
        if number % 100 == 99 {
            let begun = Instant::now();
            let answer = worker
                .rest
                .get("/connectors/source/status")
                .expect("an answer");
            assert_eq!(
                answer.json()["tasks"][0]["state"],
                "RUNNING",
                "{}",
                answer.body
            );
            slowest = slowest.max(begun.elapsed());
        }
    }
    append_lines(&path("in"), 10, 5010);
    wait_for("the lines", Duration::from_secs(60), || {
        let lines = std::fs::read_to_string(path("out")).map_or(0, |text| text.lines().count());
        if lines == 5010 { Ok(()) } else { Err(lines) }
    });
    let rss = worker.process.usage().expect("its usage").rss_bytes / (1 << 20);
    println!("{count} slow clients: slowest answer {slowest:?}, {rss} MiB");
    assert!(slowest < Duration::from_secs(5), "{slowest:?}");

    // The first of them had to go, the last is still served.
    let first = &mut clients[0];
    first
        .set_read_timeout(Some(Duration::from_secs(20)))
        .expect("a timeout");
    let gone = first.read(&mut [0; 16]);
    assert!(
        matches!(gone, Ok(0))
            || gone.is_err_and(|e| e.kind() == std::io::ErrorKind::ConnectionReset)
    );
    worker.stop();
}
