//! The fields of a moment, with weeks as in the United States: they begin on Sunday, and 1 January is in the first.

use windlass_api::calendar::{Civil, MILLIS_PER_DAY, days_of};

/// The fields of a moment of local time.
pub(super) struct Fields {
    /// Days since the epoch.
    days: i64,
    /// 0 and below are years before Christ: 0 is 1 BC.
    year: i64,
    /// From 1.
    pub(super) month: u32,
    /// From 1.
    pub(super) day: u32,
    /// Sunday is 0.
    pub(super) weekday: usize,
    /// From 0 to 23.
    pub(super) hour: i64,
    pub(super) minute: i64,
    pub(super) second: i64,
    pub(super) milli: i64,
}

impl Fields {
    /// The fields of local milliseconds since the epoch.
    pub(super) fn of(millis: i64) -> Fields {
        let civil = Civil::of(millis);
        Fields {
            days: millis.div_euclid(MILLIS_PER_DAY),
            year: civil.year,
            month: civil.month,
            day: civil.day,
            weekday: civil.weekday,
            hour: civil.millis / 3_600_000,
            minute: civil.millis / 60_000 % 60,
            second: civil.millis / 1000 % 60,
            milli: civil.millis % 1000,
        }
    }

    pub(super) fn is_after_christ(&self) -> bool {
        self.year > 0
    }

    pub(super) fn year_of_era(&self) -> i64 {
        if self.year > 0 {
            self.year
        } else {
            1 - self.year
        }
    }

    pub(super) fn day_of_year(&self) -> i64 {
        self.days - self.new_year(0) + 1
    }

    /// How often the day of the week was in the month so far.
    pub(super) fn weekday_in_month(&self) -> i64 {
        (self.days - self.first_of_month()) / 7 + 1
    }

    pub(super) fn week_of_month(&self) -> i64 {
        (self.days - sunday_before(self.first_of_month())) / 7 + 1
    }

    pub(super) fn week_of_year(&self) -> i64 {
        if self.is_in_next_week_year() {
            return 1;
        }
        (self.days - sunday_before(self.new_year(0))) / 7 + 1
    }

    /// The year that the week belongs to.
    pub(super) fn week_year(&self) -> i64 {
        if self.year > 0 {
            return self.year + i64::from(self.is_in_next_week_year());
        }
        // Before Christ, Java asks for the first Sunday of the next year's number without its sign.
        let new_year = days_of(-self.year, 1, 1);
        let days_before_sunday = match (sunday_before(new_year + 6) - new_year) % 7 {
            0 => 7,
            days => days,
        };
        let days_left = self.new_year(1) - self.days;
        self.year + i64::from(days_left <= 7 - days_before_sunday)
    }

    fn is_in_next_week_year(&self) -> bool {
        self.days >= sunday_before(self.new_year(1))
    }

    fn new_year(&self, years_later: i64) -> i64 {
        days_of(self.year + years_later, 1, 1)
    }

    fn first_of_month(&self) -> i64 {
        days_of(self.year, i64::from(self.month), 1)
    }
}

/// The moment some years earlier.
pub(super) fn years_before(millis: i64, years: i64) -> i64 {
    let civil = Civil::of(millis);
    let last_of_february = civil.month == 2 && civil.day == 29;
    let day = if last_of_february && years % 4 != 0 {
        28
    } else {
        civil.day
    };
    let days = days_of(civil.year - years, i64::from(civil.month), i64::from(day));
    days * MILLIS_PER_DAY + civil.millis
}

/// The Sunday on or before a day.
fn sunday_before(days: i64) -> i64 {
    // The epoch was a Thursday.
    days - (days + 4).rem_euclid(7)
}
