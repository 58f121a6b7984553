//! The login line of `sasl.jaas.config`.

use std::collections::BTreeMap;

use super::tokens::{Token, Tokens};
use super::{ControlFlag, JaasError, LoginModule};
use crate::Secret;

/// Reads a login line: `class flag key="value" ...;`, as Kafka's `JaasConfig` does.
///
/// # Errors
/// With Kafka's text, when something is missing, or there is more than one login module.
pub fn parse_line(text: &str) -> Result<LoginModule, JaasError> {
    let mut tokens = Tokens::new(text, false);
    let mut modules = Vec::new();
    while let Some(first) = tokens.next() {
        modules.push(module(first, &mut tokens)?);
    }
    match modules.len() {
        0 => Err(line("Login module not specified in JAAS config")),
        1 => Ok(modules.remove(0)),
        n => Err(line(format!(
            "JAAS config property contains {n} login modules, should be 1 module"
        ))),
    }
}

fn module(first: Token, tokens: &mut Tokens<'_>) -> Result<LoginModule, JaasError> {
    let class = first
        .text()
        .ok_or_else(|| line("Login module not specified in JAAS config"))?;
    let flag = tokens
        .next()
        .ok_or_else(|| line("Login module control flag not specified in JAAS config"))?;
    let flag = flag
        .text()
        .ok_or_else(|| line("Login module control flag is not available in the JAAS config"))?;
    // The flag itself stays out of the text: a line that was cut wrongly may have a password there.
    let flag = ControlFlag::parse(&flag)
        .ok_or_else(|| line("Invalid login module control flag in JAAS config"))?;
    let mut options = BTreeMap::new();
    loop {
        match tokens.next() {
            None => return Err(line("JAAS config entry not terminated by semi-colon")),
            Some(Token::Symbol(';')) => break,
            Some(key) => {
                let key = key.text().unwrap_or_else(|| "null".to_owned());
                let value = match tokens.next() {
                    Some(Token::Symbol('=')) => tokens.next().and_then(Token::text),
                    _ => None,
                };
                let Some(value) = value else {
                    return Err(line(format!(
                        "Value not specified for key '{}' in JAAS config",
                        shown(&key)
                    )));
                };
                options.insert(key, Secret::new(value));
            }
        }
    }
    Ok(LoginModule {
        class,
        flag,
        options,
    })
}

fn line(text: impl Into<String>) -> JaasError {
    JaasError::Line(text.into())
}

/// A key as far as it is one: in a line with a quote too many, values stand where keys should.
fn shown(key: &str) -> &str {
    if KEYS.contains(&key) {
        key
    } else {
        Secret::HIDDEN
    }
}

/// The keys of Kafka's login modules.
const KEYS: [&str; 14] = [
    "username",
    "password",
    "tokenauth",
    "clientId",
    "clientSecret",
    "scope",
    "useKeyTab",
    "storeKey",
    "keyTab",
    "principal",
    "useTicketCache",
    "serviceName",
    "debug",
    "null",
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_line_as_users_write_it() {
        let module = parse_line(
            "org.apache.kafka.common.security.plain.PlainLoginModule Required\n  username=\"a b\" password='x\\'y' n=1a2\u{20}//\n;",
        );
        // As in Java a value that begins with a digit must be quoted.
        assert_eq!(
            module.unwrap_err().to_string(),
            "Value not specified for key '[hidden]' in JAAS config"
        );
        let module =
            parse_line("x.PlainLoginModule Required username=\"a b\" password='x\\'y';").unwrap();
        assert_eq!(
            (module.class.as_str(), module.flag),
            ("x.PlainLoginModule", ControlFlag::Required)
        );
        assert_eq!(module.options["username"].reveal(), "a b");
        assert_eq!(module.options["password"].reveal(), "x'y");
    }

    #[test]
    fn lines_that_lack_something() {
        for (text, expected) in [
            ("", "Login module not specified in JAAS config"),
            (
                "a",
                "Login module control flag not specified in JAAS config",
            ),
            (
                "a ;",
                "Login module control flag is not available in the JAAS config",
            ),
            (
                "a hunter2;",
                "Invalid login module control flag in JAAS config",
            ),
            (
                "a required",
                "JAAS config entry not terminated by semi-colon",
            ),
            (
                "a required password=5;",
                "Value not specified for key 'password' in JAAS config",
            ),
            (
                "a required hunter2;",
                "Value not specified for key '[hidden]' in JAAS config",
            ),
            (
                "a required; b required;",
                "JAAS config property contains 2 login modules, should be 1 module",
            ),
        ] {
            assert_eq!(
                parse_line(text).unwrap_err().to_string(),
                expected,
                "{text}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text: String) {
            let _ = parse_line(&text);
        }

        #[test]
        fn what_is_quoted_comes_back(value in "[^\r\n]*") {
            let escaped = value.replace('\\', "\\\\").replace('"', "\\\"");
            let module = parse_line(&format!("a required k=\"{escaped}\";")).unwrap();
            prop_assert_eq!(module.options["k"].reveal(), value);
        }
    }
}
