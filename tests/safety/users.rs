//! Users of the REST API.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use windlass_testkit::{Answer, Kafka, Launch, Rest, wait_for};

use crate::{WINDLASS, write};

#[test]
fn users_with_hashed_passwords_do_what_their_role_admits() {
    let kafka = Kafka::shared();
    let directory = tempfile::tempdir().expect("a directory");
    let users = format!(
        "ann=admin {ANN}\nbob=read-only {BOB}\ncid=admin {}\n",
        hash("c3")
    );
    let users = write(directory.path(), "users", &users);
    let worker = Launch::windlass(WINDLASS, directory.path(), kafka.address())
        .with("rest.users.file", &users)
        .ready();
    let rest = &worker.rest;
    let status = |user: &str, method: &str, path: &str| ask(rest, user, method, path).status;
    assert_eq!(status("", "GET", "/connectors"), 401);
    assert_eq!(status("ann:a:2", "GET", "/connectors"), 401);
    assert_eq!(status("eve:a:1", "GET", "/connectors"), 401);
    assert_eq!(status("bob:b2", "GET", "/connectors"), 200);
    assert_eq!(status("bob:b2", "PUT", "/connectors/c/config"), 403);
    assert_eq!(status("bob:b2", "DELETE", "/connectors/c"), 403);
    assert_eq!(status("cid:c3", "GET", "/connectors"), 200);
    let validate = "/connector-plugins/FileStreamSource/config/validate";
    assert_eq!(status("bob:b2", "PUT", validate), 200);
    assert_eq!(status("ann:a:1", "PUT", "/connectors/c/config"), 201);
    assert_eq!(status("ann:a:1", "DELETE", "/connectors/c"), 204);
    assert_eq!(
        ask(rest, "", "GET", "/").body,
        "User cannot access the resource."
    );
    worker.stop();
}

#[test]
fn what_cannot_protect_is_refused_and_what_does_not_is_warned_of() {
    let directory = tempfile::tempdir().expect("a directory");
    let kafka = Kafka::shared();
    let start = |key: &str, value: &str| {
        let launch = Launch::windlass(WINDLASS, directory.path(), kafka.address()).with(key, value);
        let exit = launch.start().process.wait(Duration::from_secs(30));
        assert_eq!(exit.status.code(), Some(2), "{}", exit.output);
        exit.output
    };
    assert!(start("rest.extension.classes", "org.acme.Mine").contains("org.acme.Mine"));
    let basic = "org.apache.kafka.connect.rest.basic.auth.extension.BasicAuthSecurityRestExtension";
    assert!(start("rest.extension.classes", basic).contains("java.security.auth.login.config"));
    assert!(start("rest.users.file", "/no/such/file").contains("/no/such/file"));

    // Its ports are open before it looks for Kafka, which is not there.
    let worker = Launch::windlass(WINDLASS, directory.path(), "127.0.0.1:1")
        .with("listeners", "http://0.0.0.0:0")
        .start();
    wait_for("the warning", Duration::from_secs(30), || {
        let output = worker.process.output();
        if output.contains("ANYBODY WHO REACHES THIS LISTENER") {
            Ok(())
        } else {
            Err(output)
        }
    });
}

fn ask(rest: &Rest, user: &str, method: &str, path: &str) -> Answer {
    let credentials = format!("Basic {}", STANDARD.encode(user));
    let mut headers = vec![("Content-Type", "application/json")];
    if !user.is_empty() {
        headers.push(("Authorization", &credentials));
    }
    let config = json!({
        "connector.class": "FileStreamSource", "name": "c", "topic": "users", "file": "/no/such/file",
    });
    let body = if method == "PUT" {
        config.to_string()
    } else {
        String::new()
    };
    rest.request(method, path, &headers, body.as_bytes())
        .expect("an answer")
}

/// What the command prints.
fn hash(password: &str) -> String {
    let mut command = Command::new(WINDLASS)
        .arg("hash-password")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the command");
    let mut input = command.stdin.take().expect("standard input");
    writeln!(input, "{password}").expect("written");
    drop(input);
    let output = command.wait_with_output().expect("its end");
    assert!(output.status.success());
    String::from_utf8(output.stdout)
        .expect("UTF-8")
        .trim()
        .to_owned()
}

/// Of `a:1`, made by another program, with fewer rounds than the command's: an unoptimized build takes long for these.
const ANN: &str = "$pbkdf2-sha256$i=1000,l=32$c2FsdA$XMeDAmFW8lHa6FNMFMtd55h5w3kiZbZEMvKnwEzxLFY";
/// Of `b2`.
const BOB: &str = "$pbkdf2-sha256$i=1000,l=32$c2FsdA$tkBV3ehsz9b/VAJvnc8jxqOIJmambSqQcyZYEgq5FeE";
