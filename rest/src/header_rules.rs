//! `response.http.headers.config`: headers added to every answer (KIP-577).

use hyper::HeaderMap;
use hyper::header::{HeaderName, HeaderValue};

use crate::{Error, Result};

/// Rules in the order given.
#[derive(Clone, Debug, Default)]
pub(crate) struct HeaderRules(Vec<(bool, HeaderName, HeaderValue)>);

impl HeaderRules {
    /// Reads rules of the form `action name:value`.
    pub(crate) fn parse(rules: &[String]) -> Result<Self> {
        rules
            .iter()
            .map(|rule| parse_rule(rule.trim()))
            .collect::<Result<_>>()
            .map(HeaderRules)
    }

    /// Adds the headers to an answer.
    pub(crate) fn apply(&self, headers: &mut HeaderMap) {
        for (replace, name, value) in &self.0 {
            if *replace {
                headers.insert(name.clone(), value.clone());
            } else {
                headers.append(name.clone(), value.clone());
            }
        }
    }
}

fn parse_rule(rule: &str) -> Result<(bool, HeaderName, HeaderValue)> {
    let invalid = |expected: &str| {
        Error::Config(format!(
            "response.http.headers.config: expected {expected}, found {rule:?}"
        ))
    };
    let (head, value) = rule
        .split_once(':')
        .ok_or_else(|| invalid("\"action name: value\""))?;
    let (action, name) = head
        .trim()
        .split_once(char::is_whitespace)
        .ok_or_else(|| invalid("\"action name: value\""))?;
    let value = value.trim();
    let (replace, is_date) = match action {
        action if action.eq_ignore_ascii_case("set") => (true, false),
        action if action.eq_ignore_ascii_case("add") => (false, false),
        action if action.eq_ignore_ascii_case("setDate") => (true, true),
        action if action.eq_ignore_ascii_case("addDate") => (false, true),
        _ => return Err(invalid("one of the actions set, add, setDate, addDate")),
    };
    let value = if is_date {
        let millis: i64 = value
            .parse()
            .map_err(|_| invalid("milliseconds since the epoch"))?;
        http_date(millis.div_euclid(1000))
    } else {
        value.to_owned()
    };
    let name =
        HeaderName::from_bytes(name.trim().as_bytes()).map_err(|_| invalid("a header name"))?;
    let value = HeaderValue::from_str(&value).map_err(|_| invalid("a header value"))?;
    Ok((replace, name, value))
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`
fn http_date(seconds: i64) -> String {
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Days since 1 March 0000, when leap days come last in a year (the civil calendar's usual trick).
    let z = days + 719_468;
    let (era, of_era) = (z.div_euclid(146_097), z.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12;
    let year = era * 400 + year_of_era + i64::from(month < 2);
    let weekday = WEEKDAYS[(days + 4).rem_euclid(7) as usize];
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let month = MONTHS[month as usize];
    format!("{weekday}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} GMT")
}

const WEEKDAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_add_or_replace() {
        let rules = [
            "set X-A: 1",
            "add X-B: 2, 3",
            "ADD X-B: 4",
            "setDate Expires: 784111777000",
        ];
        let rules = HeaderRules::parse(&rules.map(str::to_owned));
        let mut headers = HeaderMap::new();
        headers.insert("x-a", HeaderValue::from_static("0"));
        rules.expect("good rules").apply(&mut headers);
        let all = |name| {
            headers
                .get_all(name)
                .iter()
                .map(|v| v.to_str().expect("text"))
                .collect::<Vec<_>>()
        };
        assert_eq!(all("x-a"), ["1"]);
        assert_eq!(all("x-b"), ["2, 3", "4"]);
        assert_eq!(all("expires"), ["Sun, 06 Nov 1994 08:49:37 GMT"]);
    }

    #[test]
    fn what_is_no_rule_is_refused() {
        for config in [
            "X-A: 1",
            "put X-A: 1",
            "set X-A",
            "set X A: 1",
            "setDate X-A: today",
        ] {
            HeaderRules::parse(&[config.to_owned()]).expect_err(config);
        }
    }

    #[test]
    fn dates_of_leap_years() {
        assert_eq!(http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
        assert_eq!(http_date(951_782_400), "Tue, 29 Feb 2000 00:00:00 GMT");
        assert_eq!(http_date(1_795_248_065), "Sat, 21 Nov 2026 08:01:05 GMT");
    }
}
