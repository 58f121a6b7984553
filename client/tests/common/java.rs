//! Java's console consumer as a member of the same group.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use super::kafka;

/// A running Java consumer.
pub(crate) struct JavaConsumer {
    child: Child,
    /// The values it has printed.
    pub(crate) lines: Arc<Mutex<Vec<String>>>,
    reader: Option<JoinHandle<()>>,
}

impl JavaConsumer {
    pub(crate) fn start(topic: &str, group: &str, assignors: &str) -> Self {
        let mut command = java("org.apache.kafka.tools.consumer.ConsoleConsumer");
        command.args([
            "--bootstrap-server",
            &kafka(),
            "--topic",
            topic,
            "--group",
            group,
        ]);
        for property in [
            &format!("partition.assignment.strategy={assignors}"),
            "auto.offset.reset=earliest",
        ] {
            command.args(["--command-property", property]);
        }
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = Arc::new(Mutex::new(Vec::new()));
        let (out, sink) = (child.stdout.take().unwrap(), Arc::clone(&lines));
        let reader = std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                sink.lock().unwrap().push(line);
            }
        });
        Self {
            child,
            lines,
            reader: Some(reader),
        }
    }

    /// Lets it leave its group, as Ctrl-C does, and gives all it printed.
    pub(crate) fn stop(mut self) -> Vec<String> {
        let pid = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &pid])
                .status()
                .unwrap()
                .success()
        );
        self.child.wait().unwrap();
        self.reader.take().unwrap().join().unwrap();
        std::mem::take(&mut *self.lines.lock().unwrap())
    }
}

impl Drop for JavaConsumer {
    fn drop(&mut self) {
        // Gone already unless the test failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `java` with Apache Kafka's classes.
pub(crate) fn java(class: &str) -> Command {
    let libs = std::env::var("WINDLASS_TEST_KAFKA_LIBS")
        .expect("WINDLASS_TEST_KAFKA_LIBS must name the directory with Apache Kafka's jars; the project's check script fetches them");
    let mut command = Command::new("java");
    command.args(["-Xmx128M", "-cp", &format!("{libs}/*"), class]);
    command
}
