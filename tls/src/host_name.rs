//! Whether a certificate is for a host.

use rustls::CertificateError;
use rustls::client::verify_server_name;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::server::ParsedCertificate;

/// Checks the names of a certificate as Java does: alternative names, or the common name where there is no alternative
/// name for a DNS name. keytool writes no alternative names unless it is told to.
///
/// # Errors
/// [`CertificateError::NotValidForNameContext`] with the names that it is for.
pub(crate) fn check(
    certificate: &CertificateDer<'_>,
    host: &ServerName<'_>,
) -> Result<(), rustls::Error> {
    let by_alternatives = ParsedCertificate::try_from(certificate)
        .and_then(|parsed| verify_server_name(&parsed, host));
    match by_alternatives {
        Ok(()) => Ok(()),
        Err(error) => by_common_name(certificate, host).map_err(|names| match names {
            Some(presented) => CertificateError::NotValidForNameContext {
                expected: host.to_owned(),
                presented,
            }
            .into(),
            None => error,
        }),
    }
}

/// `Err(None)` where the common name does not count; otherwise the common names.
fn by_common_name(
    certificate: &CertificateDer<'_>,
    host: &ServerName<'_>,
) -> Result<(), Option<Vec<String>>> {
    let (_, parsed) = x509_parser::parse_x509_certificate(certificate).map_err(|_| None)?;
    let alternatives = parsed.subject_alternative_name().map_err(|_| None)?;
    let has_dns = alternatives.is_some_and(|names| {
        let mut names = names.value.general_names.iter();
        names.any(|name| matches!(name, x509_parser::extensions::GeneralName::DNSName(_)))
    });
    let ServerName::DnsName(host) = host else {
        return Err(None);
    };
    if has_dns {
        return Err(None);
    }
    let names: Vec<String> = parsed
        .subject()
        .iter_common_name()
        .filter_map(|name| name.as_str().ok().map(str::to_owned))
        .collect();
    // A subject has one name that counts, the most specific.
    match names.last() {
        Some(name) if matches(name, host.as_ref()) => Ok(()),
        _ => Err(Some(
            names.iter().map(|name| format!("CN={name}")).collect(),
        )),
    }
}

/// A star may stand for the whole first label.
fn matches(pattern: &str, host: &str) -> bool {
    let host = host.trim_end_matches('.');
    if pattern.eq_ignore_ascii_case(host) {
        return true;
    }
    match (pattern.strip_prefix("*."), host.split_once('.')) {
        (Some(rest), Some((label, domain))) => {
            !label.is_empty() && rest.contains('.') && rest.eq_ignore_ascii_case(domain)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_one_label() {
        assert!(matches("Kafka.example", "kafka.example"));
        assert!(matches("*.kafka.example", "a.kafka.example"));
        for (pattern, host) in [
            ("*.kafka.example", "a.b.kafka.example"),
            ("*.kafka.example", "kafka.example"),
            ("*.example", "kafka.example"),
            ("*", "kafka"),
        ] {
            assert!(!matches(pattern, host), "{pattern} {host}");
        }
    }
}
