//! What the operating system says of this process.

use std::fs;

use rustix::time::{ClockId, clock_gettime};
use windlass_api::wall_clock_millis;

use super::text::{Family, Text};

/// The processor time of this thread in nanoseconds.
pub(crate) fn thread_cpu_nanos() -> u64 {
    nanos(ClockId::ThreadCPUTime)
}

/// Writes what is known of the process; what `/proc` does not tell is left out.
#[expect(clippy::cast_precision_loss, reason = "metrics are floats")]
pub(crate) fn write(text: &mut Text) {
    text.single(CPU, nanos(ClockId::ProcessCPUTime) as f64 / 1e9);
    if let Some((virtual_bytes, resident)) = memory() {
        text.single(RESIDENT, resident);
        text.single(VIRTUAL, virtual_bytes);
    }
    if let Ok(open) = fs::read_dir("/proc/self/fd") {
        // One of them is that of the listing.
        text.single(OPEN_FDS, open.count().saturating_sub(1) as f64);
    }
    if let Some(limit) = max_fds() {
        text.single(MAX_FDS, limit);
    }
    if let Some((threads, start)) = stat() {
        text.single(THREADS, threads);
        text.single(START, start);
    }
}

fn nanos(clock: ClockId) -> u64 {
    let time = clock_gettime(clock);
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    seconds * 1_000_000_000 + u64::try_from(time.tv_nsec).unwrap_or_default()
}

/// Virtual and resident bytes.
fn memory() -> Option<(f64, f64)> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let kib = |key: &str| -> Option<f64> {
        let line = status.lines().find_map(|line| line.strip_prefix(key))?;
        line.split_whitespace().next()?.parse().ok()
    };
    Some((kib("VmSize:")? * 1024.0, kib("VmRSS:")? * 1024.0))
}

fn max_fds() -> Option<f64> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Threads, and the start in seconds since the epoch.
fn stat() -> Option<(f64, f64)> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The name of the program, in parentheses, may hold anything.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let threads: f64 = fields.get(17)?.parse().ok()?;
    let start_ticks: f64 = fields.get(19)?.parse().ok()?;
    let uptime = fs::read_to_string("/proc/uptime").ok()?;
    let uptime: f64 = uptime.split_whitespace().next()?.parse().ok()?;
    #[expect(clippy::cast_precision_loss, reason = "milliseconds fit")]
    let now = wall_clock_millis() as f64 / 1e3;
    Some((threads, now - uptime + start_ticks / TICKS_PER_SECOND))
}

/// `USER_HZ`, which Linux keeps at 100 for `/proc` whatever the kernel's own.
const TICKS_PER_SECOND: f64 = 100.0;

const CPU: Family = Family::counter(
    "process_cpu_seconds_total",
    "User and system time of the process.",
);
const RESIDENT: Family = Family::gauge("process_resident_memory_bytes", "Resident memory.");
const VIRTUAL: Family = Family::gauge("process_virtual_memory_bytes", "Virtual memory.");
const OPEN_FDS: Family = Family::gauge("process_open_fds", "Open file descriptors.");
const MAX_FDS: Family = Family::gauge("process_max_fds", "Most open file descriptors allowed.");
const THREADS: Family = Family::gauge("process_threads", "Threads.");
const START: Family = Family::gauge(
    "process_start_time_seconds",
    "Start of the process, since the epoch.",
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_process_is_known() {
        let mut text = Text::default();
        write(&mut text);
        let text = text.finish();
        let figure = |name: &str| -> f64 {
            let line = text.lines().find_map(|l| l.strip_prefix(name));
            let line = line.unwrap_or_else(|| panic!("no {name} in {text}"));
            line.trim().parse().unwrap()
        };
        assert!(figure("process_resident_memory_bytes ") > 1e6);
        assert!(figure("process_open_fds ") >= 3.0);
        assert!(figure("process_threads ") >= 1.0);
        let started = figure("process_start_time_seconds ");
        #[expect(clippy::cast_precision_loss, reason = "milliseconds fit")]
        let now = wall_clock_millis() as f64 / 1e3;
        assert!((0.0..3600.0).contains(&(now - started)), "{started} {now}");
    }
}
