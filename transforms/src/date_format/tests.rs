//! Against the answers of Java 17's `SimpleDateFormat` (locale en_US, UTC), recorded line by line: what a pattern makes of
//! an instant, what instant it reads from a text, and what it writes after that, in the zone that the text named.

use serde_json::Value as Json;

use super::DateFormat;

#[test]
fn dates_as_java() {
    let recorded = include_str!("../../tests/data/simple_date_format.jsonl");
    let path = std::env::var("DATE_VECTORS");
    let extra = path.map(|path| std::fs::read_to_string(path).unwrap());
    let mut failed = Vec::new();
    let mut count = 0;
    for line in recorded
        .lines()
        .chain(extra.iter().flat_map(|all| all.lines()))
    {
        let case: Json = serde_json::from_str(line).unwrap();
        if let Err(found) = check(&case) {
            failed.push(format!("{line}: found {found}"));
        }
        count += 1;
    }
    println!("{} passed, {} failed", count - failed.len(), failed.len());
    assert!(count > 500 && failed.is_empty(), "{}", failed.join("\n"));
}

fn check(case: &Json) -> Result<(), String> {
    let text = |key: &str| case[key].as_str().unwrap_or_default();
    let mut format = match DateFormat::new(text("pattern")) {
        Ok(format) if case["invalid"].is_null() => format,
        Err(_) if case["invalid"] == true => return Ok(()),
        other => return Err(format!("{other:?}")),
    };
    let same = |found: &str, expected: &str| match found == expected {
        true => Ok(()),
        false => Err(found.to_owned()),
    };
    let mut written = String::new();
    if case["parse"].is_null() {
        format.format(case["millis"].as_i64().unwrap(), &mut written);
        return same(&written, text("text"));
    }
    let found = format.parse(text("parse")).ok();
    if found != case["millis"].as_i64() {
        return Err(format!("{found:?}"));
    }
    if let Some(millis) = found {
        format.format(millis, &mut written);
        same(&written, text("then"))?;
    }
    Ok(())
}
