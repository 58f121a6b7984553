//! What the HTTP layer does with requests that no well-behaved client sends, as Java's does.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::json;
use windlass_testkit::{Answer, Kafka, Launch, Worker};

fn worker(directory: &tempfile::TempDir) -> Worker {
    let kafka = Kafka::shared();
    Launch::windlass(
        env!("CARGO_BIN_EXE_windlass"),
        directory.path(),
        kafka.address(),
    )
    .ready()
}

fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    let (_, value) = answer
        .headers
        .iter()
        .find(|(n, _)| n.eq_ignore_ascii_case(name))?;
    Some(value)
}

#[test]
fn ambiguous_and_oversized_requests_are_refused_as_pages() {
    let directory = tempfile::tempdir().expect("directory");
    let worker = worker(&directory);
    let long = "x".repeat(9 * 1024);
    let cases = [
        ("/connectors//a".to_owned(), 400),
        ("/connectors/a%2Fb".to_owned(), 400),
        ("/connectors/a%25b".to_owned(), 400),
        ("/connectors/a%00".to_owned(), 400),
        ("/connectors/a%zz".to_owned(), 400),
        (format!("/connectors/{long}"), 414),
    ];
    for (path, status) in cases {
        let page = worker.rest.get(&path).expect("an answer");
        assert_eq!(page.status, status, "{path}");
        assert_eq!(
            header(&page, "content-type"),
            Some("text/html;charset=iso-8859-1"),
            "{path}"
        );
        let bare = worker
            .rest
            .request("PUT", &path, &[], b"")
            .expect("an answer");
        assert_eq!((bare.status, bare.body.as_str()), (status, ""), "{path}");
        assert_eq!(header(&bare, "content-type"), None, "{path}");
    }
    let headers = [("X-Long", long.as_str())];
    let page = worker
        .rest
        .request("GET", "/", &headers, b"")
        .expect("an answer");
    assert_eq!(page.status, 431);
    worker.stop();
}

#[test]
fn made_up_methods_are_not_allowed_and_parameters_are_dropped() {
    let directory = tempfile::tempdir().expect("directory");
    let worker = worker(&directory);
    for method in ["TRACE", "BREW"] {
        let answer = worker
            .rest
            .request(method, "/connectors", &[], b"")
            .expect("an answer");
        assert_eq!(answer.status, 405, "{method}");
        assert_eq!(answer.json()["message"], "HTTP 405 Method Not Allowed");
        assert_eq!(
            (header(&answer, "content-type"), header(&answer, "allow")),
            (None, None)
        );
    }
    for path in ["/connectors;v=1", "/connectors;v=1/", "/connectors?x=%zz"] {
        assert_eq!(
            worker.rest.get(path).expect("an answer").status,
            200,
            "{path}"
        );
    }
    worker.stop();
}

#[test]
fn names_beyond_ascii_are_addressed_and_answered() {
    let directory = tempfile::tempdir().expect("directory");
    let worker = worker(&directory);
    let config = json!({"connector.class": "FileStreamSource", "topic": "rest_surface", "file": "/dev/null"});
    let body = json!({"name": "é😀", "config": config, "initial_state": "STOPPED"});
    let created = worker
        .rest
        .send("POST", "/connectors", &body)
        .expect("an answer");
    assert_eq!(created.status, 201, "{}", created.body);
    assert!(
        header(&created, "location").is_some_and(|l| l.ends_with("/connectors/%C3%A9%F0%9F%98%80"))
    );
    assert!(created.body.contains("é\\uD83D\\uDE00"), "{}", created.body);
    let found = worker
        .rest
        .get("/connectors/%C3%A9%F0%9F%98%80/config")
        .expect("an answer");
    assert_eq!((found.status, &found.json()["name"]), (200, &json!("é😀")));
    let deleted = worker
        .rest
        .request("DELETE", "/connectors/%C3%A9%F0%9F%98%80", &[], b"");
    assert_eq!(deleted.expect("an answer").status, 204);
    worker.stop();
}

#[test]
fn http_1_0_and_several_requests_on_one_connection_are_answered() {
    let directory = tempfile::tempdir().expect("directory");
    let worker = worker(&directory);
    let ask = |request: &str| {
        let mut stream = TcpStream::connect(worker.rest.address()).expect("a connection");
        stream.write_all(request.as_bytes()).expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer
    };
    let old = ask("GET / HTTP/1.0\r\n\r\n");
    assert!(
        old.starts_with("HTTP/1.0 200 OK") && old.contains("kafka_cluster_id"),
        "{old}"
    );
    let two = "GET /connectors HTTP/1.1\r\nHost: h\r\n\r\nGET /nope HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    let both = ask(two);
    assert!(
        both.contains("200 OK") && both.contains("404 Not Found"),
        "{both}"
    );
    let upgrade = ask("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    assert!(!upgrade.contains("200"), "HTTP/2 is not spoken: {upgrade}");
    worker.stop();
}
