//! Keys and certificates of this run, made by OpenSSL and keytool.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A directory of stores.
pub(crate) struct Stores {
    directory: PathBuf,
}

/// Of every store, and of the private key where it is the same.
pub(crate) const PASSWORD: &str = "changeit";
/// Of the private key in `client-own.jks` and `client-encrypted.key`.
pub(crate) const KEY_PASSWORD: &str = "other-secret";

impl Stores {
    /// Makes `ca.pem`, `other-ca.pem`; for each of server, common-name, expired, wrong-host and client a `.key` and a
    /// `.pem`; and stores of the client and the CA in every format.
    pub(crate) fn make(directory: &Path) -> Self {
        fs::create_dir_all(directory).expect("directory");
        let stores = Stores {
            directory: directory.to_owned(),
        };
        fs::write(stores.path("ca.cnf"), CA_CONFIG).expect("configuration");
        fs::write(stores.path("index.txt"), "").expect("index");
        for ca in ["ca", "other-ca"] {
            stores.openssl(&format!(
                "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout {ca}.key -out {ca}.pem -subj /CN={ca} -days 30"
            ));
        }
        let until = "20490101000000Z";
        stores.leaf(
            "server",
            "localhost",
            "subjectAltName=DNS:localhost,IP:127.0.0.1",
            until,
        );
        stores.leaf(
            "common-name",
            "localhost",
            "basicConstraints=CA:FALSE",
            until,
        );
        stores.leaf(
            "expired",
            "localhost",
            "subjectAltName=DNS:localhost",
            "20200201000000Z",
        );
        stores.leaf("wrong-host", "x", "subjectAltName=DNS:kafka.example", until);
        stores.leaf("client", "client", "basicConstraints=CA:FALSE", until);
        stores.convert();
        stores
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// The path as the value of a key.
    pub(crate) fn at(&self, name: &str) -> String {
        self.path(name).to_str().expect("UTF-8").to_owned()
    }

    pub(crate) fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect(name)
    }

    fn leaf(&self, name: &str, subject: &str, extension: &str, until: &str) {
        fs::write(self.path(&format!("{name}.ext")), extension).expect("extensions");
        self.openssl(&format!(
            "req -newkey rsa:2048 -nodes -keyout {name}.key -out {name}.csr -subj /CN={subject}"
        ));
        self.openssl(&format!(
            "ca -batch -config ca.cnf -rand_serial -notext -cert ca.pem -keyfile ca.key -in {name}.csr -out {name}.pem \
             -startdate 20200101000000Z -enddate {until} -extfile {name}.ext"
        ));
        let both = self.text(&format!("{name}.key")) + &self.text(&format!("{name}.pem"));
        fs::write(self.path(&format!("{name}-both.pem")), both).expect("PEM");
        self.openssl(&format!(
            "pkcs12 -export -in {name}-both.pem -name own -out {name}.p12 -passout pass:{PASSWORD}"
        ));
    }

    fn convert(&self) {
        self.openssl(&format!(
            "pkcs8 -topk8 -in client.key -out client-encrypted.key -passout pass:{KEY_PASSWORD}"
        ));
        self.openssl(&format!(
            "pkcs12 -export -legacy -in client-both.pem -name own -out client-legacy.p12 -passout pass:{PASSWORD}"
        ));
        for (kind, file) in [("JKS", "ca.jks"), ("PKCS12", "ca.p12")] {
            self.keytool(&format!(
                "-importcert -noprompt -alias ca -file ca.pem -keystore {file} -storetype {kind} -storepass {PASSWORD}"
            ));
        }
        self.keytool(&format!(
            "-importkeystore -srckeystore client.p12 -srcstoretype PKCS12 -srcstorepass {PASSWORD} -alias own \
             -destkeystore client-own.jks -deststoretype JKS -deststorepass {PASSWORD} -destkeypass {KEY_PASSWORD}"
        ));
    }

    fn openssl(&self, arguments: &str) {
        self.tool("openssl", arguments);
    }

    fn keytool(&self, arguments: &str) {
        self.tool("keytool", arguments);
    }

    fn tool(&self, program: &str, arguments: &str) {
        let output = Command::new(program)
            .args(arguments.split_whitespace())
            .current_dir(&self.directory)
            .output()
            .expect(program);
        assert!(
            output.status.success(),
            "{program} {arguments}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

const CA_CONFIG: &str = "[ca]
default_ca=own
[own]
database=index.txt
new_certs_dir=.
default_md=sha256
rand_serial=yes
policy=policy
unique_subject=no
email_in_dn=no
[policy]
commonName=supplied
";
