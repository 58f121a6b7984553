//! Names of eras, months, days and halves of days in English.

/// Of an era, as written.
pub(super) const ERAS: [&str; 2] = ["BC", "AD"];

/// Of an era in full, which is only read.
pub(super) const FULL_ERAS: [&str; 2] = ["Before Christ", "Anno Domini"];

/// Of halves of a day.
pub(super) const HALVES: [&str; 2] = ["AM", "PM"];

/// Of months.
pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Of days, from Sunday.
pub(super) const WEEKDAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];

/// The short form of a name of a month or day.
pub(super) fn short(name: &'static str) -> &'static str {
    &name[..3]
}
