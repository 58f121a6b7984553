//! Time zones by the names that Java reads and writes.

use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};
use windlass_api::calendar::Civil;

use super::scanner::starts_with_ignore_case;

/// A time zone with its names.
#[derive(Clone, Debug)]
pub(super) struct Zone {
    names: &'static Names,
    rules: TimeZone,
}

/// How far a zone is ahead of UTC, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Offset {
    /// In winter.
    pub(super) standard: i64,
    /// What daylight saving adds.
    pub(super) savings: i64,
}

/// The name of a zone found in a text.
pub(super) struct Found {
    pub(super) zone: Zone,
    /// The length of the name in bytes.
    pub(super) length: usize,
    /// What the name says daylight saving adds, in milliseconds; `None` when the zone's rules decide.
    pub(super) savings: Option<i64>,
}

/// A zone of the table.
#[derive(Debug)]
struct Names {
    id: &'static str,
    /// Standard long and short, daylight long and short.
    names: [&'static str; 4],
    /// What daylight saving adds today, in milliseconds.
    savings: i64,
}

impl Offset {
    /// How far local time is ahead of UTC.
    pub(super) fn total(self) -> i64 {
        self.standard + self.savings
    }
}

impl Zone {
    /// Coordinated universal time.
    pub(super) fn utc() -> Zone {
        Zone {
            names: &UTC,
            rules: TimeZone::UTC,
        }
    }

    /// The offset at an instant.
    pub(super) fn at(&self, millis: i64) -> Offset {
        if self.names.id == UTC.id {
            return Offset::default();
        }
        let clamped = millis.clamp(RULES_BEGIN, Timestamp::MAX.as_millisecond());
        match Timestamp::from_millisecond(clamped) {
            Ok(instant) => self.offset(instant),
            Err(_) => Offset::default(),
        }
    }

    /// The offset at a local time. Where a clock is put forward, that before; where it is put back, that after.
    pub(super) fn at_local(&self, millis: i64) -> Offset {
        let Some(local) = local(millis) else {
            return self.at(millis);
        };
        let offset = match self.rules.to_ambiguous_timestamp(local).offset() {
            AmbiguousOffset::Unambiguous { offset } => offset,
            AmbiguousOffset::Gap { before, .. } => before,
            AmbiguousOffset::Fold { after, .. } => after,
        };
        self.at(millis - i64::from(offset.seconds()) * 1000)
    }

    /// The name, as written.
    pub(super) fn name(&self, daylight: bool, long: bool) -> &'static str {
        self.names.names[usize::from(daylight) * 2 + usize::from(!long)]
    }

    /// The zone whose name a text begins with, whatever its case: this one, or the first of the table.
    pub(super) fn find(&self, text: &str) -> Option<Found> {
        let candidates = std::iter::once(self.names).chain(TABLE.iter());
        let (names, at) = candidates
            .filter_map(|names| {
                let known = |name: &&str| starts_with_ignore_case(text, name).is_some();
                Some((names, names.names.iter().position(known)?))
            })
            .next()?;
        let name = names.names[at];
        let is_daylight = at >= 2;
        // A name that winter and summer share leaves it to the zone's rules.
        let is_shared = !is_daylight && name.eq_ignore_ascii_case(names.names[at + 2]);
        let savings = match is_daylight {
            true => Some(names.savings).filter(|&savings| savings != 0),
            false => Some(0).filter(|_| !is_shared),
        };
        let rules = match names.id == UTC.id {
            true => TimeZone::UTC,
            false => TimeZone::get(names.id).unwrap_or(TimeZone::UTC),
        };
        Some(Found {
            zone: Zone { names, rules },
            length: starts_with_ignore_case(text, name)?,
            savings,
        })
    }

    fn offset(&self, instant: Timestamp) -> Offset {
        let info = self.rules.to_offset_info(instant);
        let total = i64::from(info.offset().seconds()) * 1000;
        // The zones whose legal standard time is that of summer have it the other way round in Java.
        let daylight = match self.names.id {
            "Europe/Dublin" | "Africa/El_Aaiun" => total != 0,
            _ => info.dst().is_dst(),
        };
        let savings = match (daylight, self.names.savings) {
            (false, _) => 0,
            (true, 0) => 3_600_000,
            (true, savings) => savings,
        };
        Offset {
            standard: total - savings,
            savings,
        }
    }
}

/// The date and time of local milliseconds since the epoch, in the calendar that zones are described in.
fn local(millis: i64) -> Option<DateTime> {
    let epoch = Date::constant(1970, 1, 1);
    let days = i32::try_from(millis.div_euclid(86_400_000)).ok()?;
    let date = epoch
        .checked_add(jiff::Span::new().try_days(days).ok()?)
        .ok()?;
    let of_day = Civil::of(millis).millis;
    let part = |unit: i64, limit: i64| i8::try_from(of_day / unit % limit).unwrap_or_default();
    let time = Time::new(part(3_600_000, 24), part(60_000, 60), part(1000, 60), 0).ok()?;
    Some(DateTime::from_parts(date, time))
}

/// 1 January 1900: before it Java's zones have the offset they had then.
const RULES_BEGIN: i64 = -2_208_988_800_000;

static UTC: Names = Names {
    id: "Etc/UTC",
    names: [
        "Coordinated Universal Time",
        "UTC",
        "Coordinated Universal Time",
        "UTC",
    ],
    savings: 0,
};

/// The zones whose names differ from those of all before them, in the order in which Java looks through them. From the
/// names of the Unicode CLDR, as Java has them for `en_US`.
static TABLE: LazyLock<Vec<Names>> = LazyLock::new(|| {
    let row = |line: &'static str| {
        let mut columns = line.split('\t');
        let mut next = || columns.next().unwrap_or_default();
        Names {
            id: next(),
            names: [next(), next(), next(), next()],
            savings: next().parse().unwrap_or(0) * 60_000,
        }
    };
    include_str!("zone_names.tsv").lines().map(row).collect()
});
