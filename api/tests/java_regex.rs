//! Patterns against what `java.util.regex` of Java 17 made of them.
//!
//! Each line of `java_regex.jsonl` is a pattern, a text, and whether Java matched the whole text, found a part, found nothing or
//! refused the pattern. There is no `\b` beside letters beyond ASCII, which Java reads otherwise before 19.

use windlass_api::JavaRegex;

#[test]
fn matches_as_java() {
    let mut passed = 0;
    let mut failed = Vec::new();
    for line in include_str!("java_regex.jsonl").lines() {
        let [pattern, text, expected]: [String; 3] = serde_json::from_str(line).unwrap();
        let found = match JavaRegex::new(&pattern) {
            Err(_) => "refused",
            Ok(regex) if regex.matches(&text).unwrap() => "whole",
            Ok(regex) if regex.find(&text).unwrap() => "part",
            Ok(_) => "nothing",
        };
        if found == expected {
            passed += 1;
        } else {
            failed.push(format!("{line}: {found}"));
        }
    }
    println!("{passed} passed, {} failed", failed.len());
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert_eq!(passed, 700);
}
