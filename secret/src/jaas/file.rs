//! JAAS configuration files.

use std::collections::BTreeMap;

use super::tokens::{Token, Tokens};
use super::{ControlFlag, JaasError, LoginModule};
use crate::Secret;

/// Reads a file: `Name { class flag key="value" ...; ... }; ...`, as Java's `ConfigFile` does. `${name}` in a value is
/// replaced by what `property` has under that name; a name it does not know makes Java leave the option out.
///
/// # Errors
/// When the file is not of that form, or has two entries of one name.
pub fn parse_file(
    text: &str,
    property: impl Fn(&str) -> Option<String>,
) -> Result<BTreeMap<String, Vec<LoginModule>>, JaasError> {
    let mut reader = Reader {
        tokens: Tokens::new(text, true),
        property,
    };
    let mut entries = BTreeMap::new();
    while let Some(first) = reader.tokens.next() {
        let Some(name) = first.clone().text() else {
            return Err(reader.wrong("the name of an entry", Some(&first)));
        };
        let modules = reader.entry()?;
        if entries.insert(name.clone(), modules).is_some() {
            return Err(JaasError::Twice {
                line: reader.tokens.line(),
                name,
            });
        }
    }
    Ok(entries)
}

struct Reader<'t, P> {
    tokens: Tokens<'t>,
    property: P,
}

impl<P: Fn(&str) -> Option<String>> Reader<'_, P> {
    /// From the opening brace to the semicolon behind the closing one.
    fn entry(&mut self) -> Result<Vec<LoginModule>, JaasError> {
        self.symbol('{', "{")?;
        let mut modules = Vec::new();
        loop {
            let token = self.tokens.next();
            if token == Some(Token::Symbol('}')) {
                break;
            }
            let class = self.text(token, "the class of a login module or }")?;
            modules.push(self.module(class)?);
        }
        self.symbol(';', ";")?;
        Ok(modules)
    }

    fn module(&mut self, class: String) -> Result<LoginModule, JaasError> {
        let token = self.tokens.next();
        let flag = token.clone().and_then(Token::text);
        let flag = flag
            .as_deref()
            .and_then(ControlFlag::parse)
            .ok_or_else(|| {
                self.wrong(
                    "required, requisite, sufficient or optional",
                    token.as_ref(),
                )
            })?;
        let mut options = BTreeMap::new();
        loop {
            let token = self.tokens.next();
            if token == Some(Token::Symbol(';')) {
                return Ok(LoginModule {
                    class,
                    flag,
                    options,
                });
            }
            let key = self.text(token, "an option or ;")?;
            self.symbol('=', "=")?;
            let token = self.tokens.next();
            let value = self.text(token, "the value of an option, quoted unless it is a word")?;
            if let Some(value) = expand(&value, &self.property) {
                options.insert(key, Secret::new(value));
            }
        }
    }

    fn symbol(&mut self, symbol: char, expected: &'static str) -> Result<(), JaasError> {
        match self.tokens.next() {
            Some(Token::Symbol(found)) if found == symbol => Ok(()),
            found => Err(self.wrong(expected, found.as_ref())),
        }
    }

    fn text(&self, token: Option<Token>, expected: &'static str) -> Result<String, JaasError> {
        match token {
            Some(Token::Word(text) | Token::Quoted(text)) => Ok(text),
            found => Err(self.wrong(expected, found.as_ref())),
        }
    }

    fn wrong(&self, expected: &'static str, found: Option<&Token>) -> JaasError {
        let found = match found {
            None => "the end of the file",
            Some(Token::Word(_)) => "a word",
            Some(Token::Quoted(_)) => "quoted text",
            Some(Token::SingleQuoted(_)) => "text in single quotes",
            Some(Token::Number) => "a number that is not quoted",
            Some(Token::Symbol('{' | '}')) => "a brace",
            Some(Token::Symbol(';')) => "a semicolon",
            Some(Token::Symbol('=')) => "an equals sign",
            Some(Token::Symbol(_)) => "another character",
        };
        JaasError::File {
            line: self.tokens.line(),
            expected,
            found,
        }
    }
}

/// `${/}` is the separator of paths. `None` when a property is not known.
fn expand(value: &str, property: &impl Fn(&str) -> Option<String>) -> Option<String> {
    let mut expanded = String::new();
    let mut rest = value;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, after)) = after.split_once('}') else {
            break;
        };
        expanded.push_str(before);
        match name {
            "/" => expanded.push('/'),
            _ => expanded.push_str(&property(name)?),
        }
        rest = after;
    }
    expanded.push_str(rest);
    Some(expanded)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Result<BTreeMap<String, Vec<LoginModule>>, JaasError> {
        parse_file(text, |name| (name == "home").then(|| "/h".to_owned()))
    }

    #[test]
    fn several_entries() {
        let text = "// who may come in\nKafkaConnect {\n  org.acme.Login required\n    file=\"${home}${/}users\" gone=\"${none}\";\n  \
                    b.C optional debug=true;\n};\n\"Kafka Client\" { };";
        let entries = parse(text).unwrap();
        let modules = &entries["KafkaConnect"];
        assert_eq!(modules.len(), 2);
        assert_eq!(modules[0].class, "org.acme.Login");
        assert_eq!(modules[0].options.len(), 1);
        assert_eq!(modules[0].options["file"].reveal(), "/h/users");
        assert_eq!(modules[1].flag, ControlFlag::Optional);
        assert_eq!(entries["Kafka Client"], []);
    }

    #[test]
    fn files_that_are_none() {
        for (text, expected) in [
            ("A", "line 1: expected {, found the end of the file"),
            (
                "A {\n b hunter2;};",
                "line 2: expected required, requisite, sufficient or optional, found a word",
            ),
            (
                "A { b required k=1; };",
                "line 1: expected the value of an option, quoted unless it is a word, found a number that is not quoted",
            ),
            (
                "A { b required file=/etc/users;\n};",
                "line 2: expected the value of an option, quoted unless it is a word, found a brace",
            ),
            (
                "A { b required }",
                "line 1: expected an option or ;, found a brace",
            ),
            ("A { }\n\n", "line 3: expected ;, found the end of the file"),
            ("A { };\nA { };", "line 2: more than one entry named A"),
            ("{", "line 1: expected the name of an entry, found a brace"),
        ] {
            assert_eq!(parse(text).unwrap_err().to_string(), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text: String) {
            let _ = parse(&text);
        }
    }
}
