//! System properties that scripts around Java give to its virtual machine.

/// A `-Dname=value` of `KAFKA_OPTS`, or of the variables that Java itself reads; the first of these that has it counts, and
/// in each the last one.
pub(super) fn system_property(name: &str) -> Option<String> {
    VARIABLES
        .iter()
        .filter_map(|variable| std::env::var(variable).ok())
        .find_map(|options| property(&options, name))
}

fn property(options: &str, name: &str) -> Option<String> {
    let mut found = None;
    for option in split(options) {
        let value = option
            .strip_prefix("-D")
            .and_then(|rest| rest.strip_prefix(name));
        if let Some(value) = value.and_then(|value| value.strip_prefix('=')) {
            found = Some(value.to_owned());
        }
    }
    found
}

/// At white space that is not quoted.
fn split(options: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut quote = None;
    for c in options.chars() {
        match (c, quote) {
            ('"' | '\'', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            (c, None) if c.is_whitespace() => parts.push(String::new()),
            (c, _) => parts.last_mut().unwrap_or(&mut String::new()).push(c),
        }
    }
    parts
}

const VARIABLES: [&str; 3] = ["KAFKA_OPTS", "JDK_JAVA_OPTIONS", "JAVA_TOOL_OPTIONS"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_one_counts() {
        let options = "-Xmx1g -Da.b=1  -Da.bc=2 -Da.b='x y' \"-Dq=/p q\"";
        assert_eq!(property(options, "a.b").as_deref(), Some("x y"));
        assert_eq!(property(options, "q").as_deref(), Some("/p q"));
        assert_eq!(property(options, "a"), None);
    }
}
