//! The REST server behind TLS, and workers that forward to each other over it.

use std::process::{Command, Stdio};
use std::time::Duration;

use windlass_testkit::{Launch, Rest, wait_for};

use crate::broker::SecureBroker;
use crate::stores::{PASSWORD, Stores};

/// Two workers that demand certificates of each other and of everybody else.
pub(crate) fn cases(broker: &SecureBroker, stores: &Stores) -> Vec<String> {
    let directories = [(); 2].map(|()| tempfile::tempdir().expect("directory"));
    let [one, two] = [0, 1].map(|at| {
        let launch = Launch::windlass_distributed(
            env!("CARGO_BIN_EXE_windlass"),
            directories[at].path(),
            &broker.plain(),
            "tls-workers",
        );
        let port = free_port();
        launch
            .with("listeners", &format!("https://localhost:{port}"))
            .with(
                "listeners.https.ssl.keystore.location",
                &stores.at("server.p12"),
            )
            .with("listeners.https.ssl.keystore.password", PASSWORD)
            .with(
                "listeners.https.ssl.truststore.location",
                &stores.at("ca.jks"),
            )
            .with("listeners.https.ssl.client.auth", "required")
            .at(port)
            .start()
    });
    let mut wrong = Vec::new();
    let known = [
        "--cert",
        &stores.at("client-both.pem"),
        "--cacert",
        &stores.at("ca.pem"),
    ];
    for worker in [&one, &two] {
        wait_for("the worker to be healthy", Duration::from_secs(60), || {
            let (answer, told) = curl(&worker.rest, &known);
            answer
                .contains("\"status\":\"healthy\"")
                .then_some(())
                .ok_or(told)
        });
    }
    // One of the two is not the leader, and forwards: with the certificate of its server.
    for (at, worker) in [&one, &two].into_iter().enumerate() {
        let body = format!(
            "{{\"name\":\"tls-{at}\",\"config\":{{\"connector.class\":\"FileStreamSource\",\"topic\":\"tls\",\"file\":\"/dev/null\"}}}}"
        );
        let post = ["-H", "Content-Type: application/json", "-d", &body];
        let (answer, told) = curl_at(&worker.rest, "/connectors", &[&known[..], &post].concat());
        if !answer.contains(&format!("\"name\":\"tls-{at}\"")) {
            wrong.push(format!("forwarding over TLS: {answer} {told}"));
        }
    }
    let (answer, told) = curl(&one.rest, &["--cacert", &stores.at("ca.pem")]);
    if !answer.is_empty() || !told.contains("certificate required") {
        wrong.push(format!("no certificate: {answer} {told}"));
    }
    let (answer, told) = curl(&one.rest, &known[..2]);
    if !answer.is_empty() || !told.contains("unable to get local issuer certificate") {
        wrong.push(format!("a CA that curl does not know: {answer} {told}"));
    }
    let told = openssl(&one.rest, stores);
    if !told.contains("Verify return code: 0 (ok)") || !told.contains("TLSv1.2") {
        wrong.push(format!("OpenSSL's client: {told}"));
    }
    let told = java(&one.rest, stores);
    if !told.contains("200 TLS") || !told.contains("healthy") {
        wrong.push(format!("Java's client: {told}"));
    }
    one.stop();
    two.stop();
    wrong
}

fn curl(rest: &Rest, arguments: &[&str]) -> (String, String) {
    curl_at(rest, "/health", arguments)
}

/// Standard output and standard error of curl.
fn curl_at(rest: &Rest, path: &str, arguments: &[&str]) -> (String, String) {
    let output = Command::new("curl")
        .args(["-sS", "--max-time", "60"])
        .args(arguments)
        .arg(format!("https://localhost:{}{path}", rest.address().port()))
        .output()
        .expect("curl");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

fn openssl(rest: &Rest, stores: &Stores) -> String {
    let output = Command::new("openssl")
        .args(["s_client", "-tls1_2", "-connect"])
        .arg(format!("localhost:{}", rest.address().port()))
        .args([
            "-verify_hostname",
            "localhost",
            "-CAfile",
            &stores.at("ca.pem"),
        ])
        .args([
            "-cert",
            &stores.at("client.pem"),
            "-key",
            &stores.at("client.key"),
        ])
        .stdin(Stdio::null())
        .output()
        .expect("openssl");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn java(rest: &Rest, stores: &Stores) -> String {
    let source = stores.path("Fetch.java");
    std::fs::write(&source, FETCH).expect("a source file");
    let option = |name: &str, value: &str| format!("-Djavax.net.ssl.{name}={value}");
    let output = Command::new("java")
        .arg(option("trustStore", &stores.at("ca.jks")))
        .arg(option("keyStore", &stores.at("client.p12")))
        .arg(option("keyStorePassword", PASSWORD))
        .arg(source)
        .arg(format!(
            "https://localhost:{}/health",
            rest.address().port()
        ))
        .output()
        .expect("java");
    [output.stdout, output.stderr]
        .map(|text| String::from_utf8_lossy(&text).into_owned())
        .concat()
}

const FETCH: &str = "
class Fetch {
    public static void main(String[] url) throws Exception {
        var answer = (javax.net.ssl.HttpsURLConnection) new java.net.URL(url[0]).openConnection();
        var body = new String(answer.getInputStream().readAllBytes());
        System.out.println(answer.getResponseCode() + \" \" + answer.getCipherSuite() + \" \" + body);
    }
}
";

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}
