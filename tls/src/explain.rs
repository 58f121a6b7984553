//! What a failed handshake means, for people.

use rustls::{AlertDescription, CertificateError, Error, InvalidMessage};

/// Says what went wrong between this side and `peer`, if it was TLS that failed: `None` for what the network did.
pub fn explain(error: &std::io::Error, peer: &str) -> Option<String> {
    let error = error.get_ref()?.downcast_ref::<Error>()?;
    Some(match error {
        Error::InvalidCertificate(reason) => certificate(reason, peer),
        Error::AlertReceived(alert) => alert_text(*alert),
        Error::InvalidMessage(InvalidMessage::InvalidContentType) => {
            "the other side does not speak TLS: is this a plain port?".to_owned()
        }
        Error::NoCertificatesPresented => "the other side sent no certificate".to_owned(),
        Error::PeerIncompatible(reason) => {
            format!("no common protocol version or cipher suite: {reason:?}")
        }
        other => other.to_string(),
    })
}

fn certificate(reason: &CertificateError, peer: &str) -> String {
    match reason {
        CertificateError::ExpiredContext { time, not_after } => format!(
            "the certificate of {peer} expired {} ago",
            span(time.as_secs().saturating_sub(not_after.as_secs()))
        ),
        CertificateError::Expired => format!("the certificate of {peer} has expired"),
        CertificateError::NotValidYetContext { time, not_before } => format!(
            "the certificate of {peer} is not valid yet: it will be in {}",
            span(not_before.as_secs().saturating_sub(time.as_secs()))
        ),
        CertificateError::NotValidYet => format!("the certificate of {peer} is not valid yet"),
        CertificateError::UnknownIssuer => format!(
            "unknown CA: the certificate of {peer} leads to no certificate of the truststore"
        ),
        CertificateError::NotValidForNameContext { presented, .. } => {
            let names = if presented.is_empty() {
                "no host".to_owned()
            } else {
                presented.join(", ")
            };
            format!("wrong host: the certificate of {peer} is for {names}")
        }
        CertificateError::NotValidForName => {
            format!("wrong host: the certificate is not for {peer}")
        }
        CertificateError::Other(other) => {
            format!("the certificate of {peer} cannot be used: {other}")
        }
        other => format!("the certificate of {peer} is refused: {other}"),
    }
}

/// An alert says why the other side gave up.
fn alert_text(alert: AlertDescription) -> String {
    let hint = match alert {
        AlertDescription::CertificateRequired => {
            "the other side demands a certificate: set ssl.keystore.*"
        }
        AlertDescription::UnknownCA => "the other side does not know the CA of our certificate",
        AlertDescription::CertificateExpired => "our certificate has expired",
        AlertDescription::BadCertificate
        | AlertDescription::CertificateUnknown
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::AccessDenied => {
            "the other side refuses our certificate, or demands one"
        }
        AlertDescription::ProtocolVersion => "the other side speaks none of ssl.enabled.protocols",
        AlertDescription::HandshakeFailure | AlertDescription::InsufficientSecurity => {
            "the other side accepts nothing of what was offered: cipher suites, keys, or no certificate"
        }
        _ => return format!("the other side sent the alert {alert:?}"),
    };
    format!("{hint} (alert {alert:?})")
}

fn span(seconds: u64) -> String {
    let (count, unit) = match seconds {
        0..120 => (seconds, "seconds"),
        120..7_200 => (seconds / 60, "minutes"),
        7_200..172_800 => (seconds / 3_600, "hours"),
        _ => (seconds / 86_400, "days"),
    };
    format!("{count} {unit}")
}
