//! Against the answers of Java 17's `SimpleDateFormat` (locale en_US, UTC), recorded line by line: what a pattern makes of
//! an instant, what instant it reads from a text, and what it writes after that, in the zone that the text named.

use proptest::prelude::*;
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

proptest! {
    #[test]
    fn any_text_is_read_or_refused(
        pattern in "[GyYMLdDwWFEuaHkKhmsSzZX'. -]{0,12}",
        text in "[-0-9 E+:A-Zéٱ٤.]{0,16}|\\PC{0,12}",
        millis in any::<i64>(),
    ) {
        if let Ok(mut format) = DateFormat::new(&pattern) {
            let mut written = String::new();
            format.format(millis, &mut written);
            let _ = format.parse(&written);
            if let Ok(read) = format.parse(&text) {
                format.format(read, &mut written);
            }
        }
    }

    #[test]
    fn what_is_written_reads_back(millis in -62_135_596_800_000..253_402_300_800_000i64) {
        let mut format = DateFormat::new("G yyyy-MM-dd'T'HH:mm:ss.SSSZ").unwrap();
        let mut written = String::new();
        format.format(millis, &mut written);
        prop_assert_eq!(format.parse(&written).unwrap(), millis, "{}", written);
    }

    #[test]
    fn the_text_stays_the_same_for_a_period(
        pattern in "[GyYMLdDwWFEuaHkKhmsSzZX]{1,4}",
        millis in -1i64 << 44..1 << 44,
        later in 0..86_400_000i64,
    ) {
        let Ok(format) = DateFormat::new(&pattern) else { return Ok(()); };
        let begin = millis.div_euclid(format.period()) * format.period();
        let (mut first, mut second) = (String::new(), String::new());
        format.format(begin, &mut first);
        format.format(begin + later % format.period(), &mut second);
        prop_assert_eq!(first, second);
    }
}
