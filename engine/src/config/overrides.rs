//! Which client settings a connector may override (KIP-458).

use windlass_api::{ConfigData, ConfigValue, ConnectError, Result};

/// The worker's `connector.client.config.override.policy`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OverridePolicy {
    /// Any setting.
    All,
    /// No setting.
    None,
    /// Settings of the security protocol and of SASL credentials.
    Principal,
    /// The settings listed in `connector.client.config.override.allowlist`.
    Allowlist(Vec<String>),
}

impl OverridePolicy {
    /// The policy of that class or short name.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](windlass_api::ErrorKind::Config) for a class that is not bundled.
    pub fn parse(name: &str, allowlist: &[String]) -> Result<Self> {
        let simple = name
            .strip_prefix("org.apache.kafka.connect.connector.policy.")
            .unwrap_or(name);
        let simple = simple
            .strip_suffix("ConnectorClientConfigOverridePolicy")
            .unwrap_or(simple);
        match simple {
            "All" => Ok(OverridePolicy::All),
            "None" => Ok(OverridePolicy::None),
            "Principal" => Ok(OverridePolicy::Principal),
            "Allowlist" => Ok(OverridePolicy::Allowlist(allowlist.to_vec())),
            _ => Err(ConnectError::config(format!(
                "Failed to find any class that implements ConnectorClientConfigOverridePolicy and which name matches \
                 {name}, available classes are: All, Allowlist, None, Principal"
            ))),
        }
    }

    /// The answer about one overridden setting.
    pub(crate) fn check(&self, name: &str, value: ConfigData) -> ConfigValue {
        let (policy, allowed) = match self {
            OverridePolicy::All => ("All", true),
            OverridePolicy::None => ("None", false),
            OverridePolicy::Principal => ("Principal", PRINCIPAL.contains(&name)),
            OverridePolicy::Allowlist(list) => {
                ("Allowlist", list.iter().any(|allowed| allowed == name))
            }
        };
        let mut answer = ConfigValue::new(name);
        answer.value = value;
        if !allowed {
            answer.errors.push(format!(
                "The '{policy}' policy does not allow '{name}' to be overridden in the connector configuration."
            ));
        }
        answer
    }
}

/// What the policy Principal allows.
const PRINCIPAL: [&str; 3] = ["sasl.jaas.config", "sasl.mechanism", "security.protocol"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_go_by_the_name_of_the_setting() {
        let allowlist = ["linger.ms".to_owned()];
        for (policy, allowed, refused) in [
            ("All", Some("linger.ms"), None),
            (
                "NoneConnectorClientConfigOverridePolicy",
                None,
                Some("linger.ms"),
            ),
            ("Principal", Some("sasl.jaas.config"), Some("linger.ms")),
            (
                "org.apache.kafka.connect.connector.policy.AllowlistConnectorClientConfigOverridePolicy",
                Some("linger.ms"),
                Some("producer.override.linger.ms"),
            ),
        ] {
            let parsed = OverridePolicy::parse(policy, &allowlist).unwrap();
            for (name, fine) in [(allowed, true), (refused, false)] {
                let Some(name) = name else { continue };
                let answer = parsed.check(name, ConfigData::Null);
                assert_eq!(
                    answer.errors.is_empty(),
                    fine,
                    "{policy} {name}: {:?}",
                    answer.errors
                );
            }
        }
        let refused = OverridePolicy::Allowlist(Vec::new()).check("acks", ConfigData::Null);
        assert_eq!(
            refused.errors,
            [
                "The 'Allowlist' policy does not allow 'acks' to be overridden in the connector configuration."
            ]
        );
        assert!(OverridePolicy::parse("Mine", &[]).is_err());
    }
}
