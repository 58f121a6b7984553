//! From fields to an instant, as Java's lenient `GregorianCalendar`.

use windlass_api::calendar::{
    Civil, GREGORIAN_START, MILLIS_PER_DAY, days_of_gregorian, days_of_julian,
};

use super::zone::Zone;

/// A field of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    /// 0 before Christ, 1 after.
    Era,
    Year,
    WeekYear,
    /// From 0.
    Month,
    Day,
    DayOfYear,
    WeekOfYear,
    WeekOfMonth,
    WeekdayInMonth,
    /// Sunday is 1.
    Weekday,
    /// 0 before noon, 1 after.
    Half,
    /// Of a half.
    Hour,
    HourOfDay,
    Minute,
    Second,
    Milli,
    /// Milliseconds.
    ZoneOffset,
    /// Milliseconds.
    Savings,
}

/// Fields that were set, and in which order: of fields that contradict each other, those set last count.
#[derive(Clone, Debug, Default)]
pub(super) struct Builder {
    values: [i32; FIELDS],
    /// 0 while unset.
    stamps: [u32; FIELDS],
    last_stamp: u32,
}

/// The fields that decide on the day.
#[derive(Clone, Copy, PartialEq, Eq)]
enum DayBy {
    Day,
    WeekOfMonth,
    WeekdayInMonth,
    DayOfYear,
    WeekOfYear,
}

impl Builder {
    /// Sets a field.
    pub(super) fn set(&mut self, field: Field, value: i32) {
        self.last_stamp += 1;
        self.values[field as usize] = value;
        self.stamps[field as usize] = self.last_stamp;
    }

    /// Unsets a field.
    pub(super) fn clear(&mut self, field: Field) {
        self.values[field as usize] = 0;
        self.stamps[field as usize] = 0;
    }

    /// Adds to the year, of either kind.
    pub(super) fn add_years(&mut self, years: i32) {
        for field in [Field::Year, Field::WeekYear] {
            let year = &mut self.values[field as usize];
            *year = year.wrapping_add(years);
        }
    }

    /// The instant, in milliseconds since the epoch, in a zone unless an offset was set.
    pub(super) fn millis(&self, zone: &Zone) -> Option<i64> {
        if self.stamp(Field::WeekYear) <= self.stamp(Field::Year) {
            return Some(self.instant(zone));
        }
        self.week_date_resolved(zone)
            .map(|fields| fields.instant(zone))
    }

    /// With year, month and day in place of year, week and day of the week.
    fn week_date_resolved(&self, zone: &Zone) -> Option<Builder> {
        let mut week = self.is_set(Field::WeekOfYear).map_or(1, i64::from);
        let mut weekday = self.is_set(Field::Weekday).map_or(1, i64::from);
        if weekday >= 8 {
            weekday -= 1;
            week += weekday / 7;
            weekday = weekday % 7 + 1;
            weekday = if weekday == 7 { 1 } else { weekday + 1 };
        } else if weekday < 1 {
            let weeks = (7 - weekday) / 7;
            week -= weeks;
            weekday += weeks * 7;
            weekday = if weekday == 7 { 1 } else { weekday + 1 };
        }
        let local = self
            .instant(zone)
            .wrapping_add(self.offset(zone, self.local()));
        let era = i32::from(Civil::of(local).year > 0);

        let mut first = Builder::default();
        first.set(Field::Era, era);
        first.set(Field::Year, self.value(Field::WeekYear));
        first.set(Field::WeekOfYear, 1);
        first.set(Field::Weekday, 1);
        let days = first.days() + (weekday - 1) + 7 * i64::from((week - 1) as i32);
        let civil = Civil::of(days.wrapping_mul(MILLIS_PER_DAY));
        let mut resolved = self.clone();
        resolved.clear(Field::WeekYear);
        resolved.set(Field::Era, i32::from(civil.year > 0));
        resolved.set(Field::Year, civil.year_of_era() as i32);
        resolved.set(Field::Month, civil.month as i32 - 1);
        resolved.set(Field::Day, civil.day as i32);
        Some(resolved)
    }

    fn instant(&self, zone: &Zone) -> i64 {
        let local = self.local();
        local.wrapping_sub(self.offset(zone, local))
    }

    fn offset(&self, zone: &Zone, local: i64) -> i64 {
        let standard = self.is_set(Field::ZoneOffset);
        let savings = self.is_set(Field::Savings);
        if let (Some(standard), Some(savings)) = (standard, savings) {
            return i64::from(standard) + i64::from(savings);
        }
        let found = zone.at_local(local);
        standard.map_or(found.standard, i64::from) + savings.map_or(found.savings, i64::from)
    }

    /// Local milliseconds since the epoch.
    fn local(&self) -> i64 {
        let time = self.time_of_day();
        let days = self.days_after(time.div_euclid(MILLIS_PER_DAY));
        days.wrapping_mul(MILLIS_PER_DAY)
            .wrapping_add(time.rem_euclid(MILLIS_PER_DAY))
    }

    fn days(&self) -> i64 {
        self.days_after(0)
    }

    fn time_of_day(&self) -> i64 {
        let value = |field| i64::from(self.value(field));
        let half_day = match (self.stamp(Field::Hour), self.stamp(Field::Half)) {
            (0, _) | (_, 0) => 0,
            (hour, half) => hour.max(half),
        };
        let of_day = self.stamp(Field::HourOfDay);
        let hours = if of_day > 0 && of_day >= half_day {
            value(Field::HourOfDay)
        } else {
            value(Field::Hour) + 12 * value(Field::Half)
        };
        let seconds = (hours * 60 + value(Field::Minute)) * 60 + value(Field::Second);
        seconds * 1000 + value(Field::Milli)
    }

    /// Days since the epoch, moved by the days that the time of day is beyond its range.
    fn days_after(&self, extra: i64) -> i64 {
        let year = self.is_set(Field::Year).unwrap_or(1970);
        let year = match self.is_set(Field::Era) {
            Some(0) => 1i32.wrapping_sub(year),
            _ => year,
        };
        let by = self.day_by();
        let julian = || extra + self.days_in(days_of_julian, year, by);
        let gregorian = || extra + self.days_in(days_of_gregorian, year, by);
        if year < 1582 {
            return julian();
        }
        let of_year = matches!(by, DayBy::DayOfYear | DayBy::WeekOfYear);
        if year == 1582 && of_year {
            return julian();
        }
        match gregorian() {
            days if days >= GREGORIAN_START => days,
            _ => julian(),
        }
    }

    /// Days since the epoch in one calendar.
    fn days_in(&self, first_of_month: fn(i64, i64) -> i64, year: i32, by: DayBy) -> i64 {
        let value = |field| self.value(field);
        if matches!(by, DayBy::DayOfYear | DayBy::WeekOfYear) {
            let first = first_of_month(i64::from(year), 1);
            if by == DayBy::DayOfYear {
                return first + i64::from(value(Field::DayOfYear)) - 1;
            }
            let weekday = self.is_set(Field::Weekday).unwrap_or(1);
            let day = on_or_before(on_or_before(first, 1) + 6, weekday);
            return day + 7 * (i64::from(value(Field::WeekOfYear)) - 1);
        }
        let month = value(Field::Month);
        let year = year.wrapping_add(month.div_euclid(12));
        let month = month.rem_euclid(12);
        let first = first_of_month(i64::from(year), i64::from(month) + 1);
        let weekday = self.is_set(Field::Weekday).unwrap_or(1);
        match by {
            DayBy::WeekOfMonth => {
                let day = on_or_before(on_or_before(first, 1) + 6, weekday);
                day + i64::from(value(Field::WeekOfMonth).wrapping_sub(1).wrapping_mul(7))
            }
            DayBy::WeekdayInMonth => match self.is_set(Field::WeekdayInMonth).unwrap_or(1) {
                count @ 0.. => on_or_before(first + i64::from(count.wrapping_mul(7)) - 1, weekday),
                count => {
                    let length = month_length(year, month);
                    let last = length.wrapping_add(count.wrapping_add(1).wrapping_mul(7));
                    on_or_before(first + i64::from(last) - 1, weekday)
                }
            },
            _ => first + self.is_set(Field::Day).map_or(0, |day| i64::from(day) - 1),
        }
    }

    /// Which fields decide on the day: the complete combination that was completed last, else what there is.
    fn day_by(&self) -> DayBy {
        let weekday = self.stamp(Field::Weekday);
        let with_weekday = |field| match (self.stamp(field), weekday) {
            (0, _) | (_, 0) => 0,
            (stamp, weekday) => stamp.max(weekday),
        };
        let mut day = self.stamp(Field::Day);
        let mut of_month = with_weekday(Field::WeekOfMonth);
        let mut in_month = with_weekday(Field::WeekdayInMonth);
        let of_year = self.stamp(Field::DayOfYear);
        let mut week = with_weekday(Field::WeekOfYear);
        let mut best = day.max(of_month).max(in_month).max(of_year).max(week);
        if best == 0 {
            of_month = self.stamp(Field::WeekOfMonth);
            in_month = self.stamp(Field::WeekdayInMonth).max(weekday);
            week = self.stamp(Field::WeekOfYear);
            best = of_month.max(in_month).max(week);
            if best == 0 {
                day = self.stamp(Field::Month);
                best = day;
            }
        }
        let week_of_year = self.stamp(Field::WeekOfYear);
        if best == day {
            DayBy::Day
        } else if (best == of_month && self.stamp(Field::WeekOfMonth) >= week_of_year)
            || (best == in_month && self.stamp(Field::WeekdayInMonth) >= week_of_year)
        {
            let equal = of_month == in_month;
            let later = self.stamp(Field::WeekOfMonth) >= self.stamp(Field::WeekdayInMonth);
            match equal && later || !equal && best == of_month {
                true => DayBy::WeekOfMonth,
                false => DayBy::WeekdayInMonth,
            }
        } else if best == of_year {
            DayBy::DayOfYear
        } else {
            DayBy::WeekOfYear
        }
    }

    fn value(&self, field: Field) -> i32 {
        self.values[field as usize]
    }

    fn stamp(&self, field: Field) -> u32 {
        self.stamps[field as usize]
    }

    fn is_set(&self, field: Field) -> Option<i32> {
        (self.stamp(field) > 0).then(|| self.value(field))
    }
}

/// The last day of that weekday, of which Sunday is 1, on or before a day since the epoch.
fn on_or_before(days: i64, weekday: i32) -> i64 {
    // The epoch was a Thursday, the fifth day.
    days - (days + 5 - i64::from(weekday)).rem_euclid(7)
}

/// Days of a month that counts from 0.
fn month_length(year: i32, month: i32) -> i32 {
    let is_leap = match year {
        1583.. => year % 4 == 0 && (year % 100 != 0 || year % 400 == 0),
        _ => year % 4 == 0,
    };
    match month {
        1 => 28 + i32::from(is_leap),
        3 | 5 | 8 | 10 => 30,
        _ => 31,
    }
}

const FIELDS: usize = Field::Savings as usize + 1;
