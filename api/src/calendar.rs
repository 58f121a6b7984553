//! Dates as Java's `GregorianCalendar` has them in UTC: Julian before 15 October 1582, Gregorian from then on.

use std::fmt;

/// The fields of a point in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Civil {
    /// 0 and below are years before Christ: 0 is 1 BC.
    pub year: i64,
    /// From 1.
    pub month: u32,
    /// From 1.
    pub day: u32,
    /// Milliseconds since midnight.
    pub millis: i64,
    /// Sunday is 0.
    pub weekday: usize,
}

impl Civil {
    /// The fields of milliseconds since the epoch.
    pub fn of(epoch_millis: i64) -> Civil {
        let days = epoch_millis.div_euclid(MILLIS_PER_DAY);
        let millis = epoch_millis.rem_euclid(MILLIS_PER_DAY);
        let weekday = (days + 4).rem_euclid(7) as usize;
        let (year, month, day) = if days >= GREGORIAN_START {
            gregorian(days)
        } else {
            julian(days)
        };
        Civil {
            year,
            month,
            day,
            millis,
            weekday,
        }
    }

    /// The year of its era, as Java prints it.
    pub fn year_of_era(&self) -> i64 {
        if self.year > 0 {
            self.year
        } else {
            1 - self.year
        }
    }

    /// `HH:mm:ss`
    pub(crate) fn clock(&self) -> Clock {
        Clock(self.millis / 1000)
    }
}

/// A time of day in seconds, shown as `HH:mm:ss`.
pub(crate) struct Clock(i64);

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:02}:{:02}:{:02}",
            self.0 / 3600,
            self.0 / 60 % 60,
            self.0 % 60
        )
    }
}

/// Days since the epoch of a date whose month and day may lie out of range and then count on, as a lenient calendar.
pub fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let months = year * 12 + month - 1;
    let (year, month) = (months.div_euclid(12), months.rem_euclid(12) + 1);
    let days = days_of_gregorian(year, month) + day - 1;
    if days >= GREGORIAN_START {
        days
    } else {
        days_of_julian(year, month) + day - 1
    }
}

/// The text of `java.util.Date.toString` in UTC: `Thu Jan 01 00:00:00 UTC 1970`.
pub(crate) struct DateText(pub(crate) i64);

impl fmt::Display for DateText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let civil = Civil::of(self.0);
        let (weekday, month) = (WEEKDAYS[civil.weekday], MONTHS[civil.month as usize - 1]);
        write!(
            f,
            "{weekday} {month} {:02} {} UTC {}",
            civil.day,
            civil.clock(),
            civil.year_of_era()
        )
    }
}

/// Year, month and day; the year counts from March so that the leap day comes last.
fn gregorian(days: i64) -> (i64, u32, u32) {
    let days = days + DAYS_TO_MARCH_0;
    let era = days.div_euclid(DAYS_PER_ERA);
    let day_of_era = days.rem_euclid(DAYS_PER_ERA);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    from_march(era * 400 + year_of_era, day_of_year)
}

fn julian(days: i64) -> (i64, u32, u32) {
    let days = days + DAYS_TO_MARCH_0 + 2;
    let cycle = days.div_euclid(1461);
    let day_of_cycle = days.rem_euclid(1461);
    let year_of_cycle = (day_of_cycle - day_of_cycle / 1460) / 365;
    from_march(
        cycle * 4 + year_of_cycle,
        day_of_cycle - 365 * year_of_cycle,
    )
}

fn from_march(year: i64, day_of_year: i64) -> (i64, u32, u32) {
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    (year + i64::from(month <= 2), month as u32, day as u32)
}

/// Days since the epoch of the first of a month, from 1 to 12, in the Gregorian calendar whatever the year.
pub fn days_of_gregorian(year: i64, month: i64) -> i64 {
    let (year, day_of_year) = to_march(year, month);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    era * DAYS_PER_ERA + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year
        - DAYS_TO_MARCH_0
}

/// As [`days_of_gregorian`], in the Julian calendar.
pub fn days_of_julian(year: i64, month: i64) -> i64 {
    let (year, day_of_year) = to_march(year, month);
    year * 365 + year.div_euclid(4) + day_of_year - DAYS_TO_MARCH_0 - 2
}

fn to_march(year: i64, month: i64) -> (i64, i64) {
    let year = year - i64::from(month <= 2);
    (year, (153 * ((month + 9) % 12) + 2) / 5)
}

/// A day in milliseconds.
pub const MILLIS_PER_DAY: i64 = 86_400_000;
/// 15 October 1582, the first day of the Gregorian calendar, in days since the epoch.
pub const GREGORIAN_START: i64 = -141_427;
/// From 1 March of year 0 (Gregorian) to the epoch.
const DAYS_TO_MARCH_0: i64 = 719_468;
const DAYS_PER_ERA: i64 = 146_097;
const WEEKDAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_calendars_read_back() {
        for days in (-1_500_000..3_000_000)
            .step_by(13)
            .chain(GREGORIAN_START - 800..GREGORIAN_START + 800)
        {
            let civil = Civil::of(days * MILLIS_PER_DAY);
            let back = days_of(civil.year, i64::from(civil.month), i64::from(civil.day));
            assert_eq!(back, days, "{civil:?}");
        }
    }

    #[test]
    fn known_dates() {
        assert_eq!(DateText(0).to_string(), "Thu Jan 01 00:00:00 UTC 1970");
        assert_eq!(
            DateText(-62_135_596_800_000).to_string(),
            "Mon Jan 03 00:00:00 UTC 1"
        );
        assert_eq!(
            DateText(GREGORIAN_START * MILLIS_PER_DAY - 1).to_string(),
            "Thu Oct 04 23:59:59 UTC 1582"
        );
        assert_eq!(days_of(2020, 13, 45), 18_672);
        assert_eq!(days_of(0, 0, 0), -719_562);
    }

    #[test]
    fn extremes_do_not_overflow() {
        for millis in [i64::MIN, i64::MAX] {
            assert!(!DateText(millis).to_string().is_empty());
        }
    }
}
