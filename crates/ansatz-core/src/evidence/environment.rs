//! On what a run was made, and when.

use serde::{Deserialize, Serialize};
use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

/// The machine and the build. Nothing in it identifies the user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    /// The processor's model, as the system names it; the architecture where it does not.
    pub cpu: String,
    /// Processors that this process may use.
    pub cores: usize,
    /// Operating system, with the kernel's version where it is known.
    pub os: String,
    /// The compiler.
    pub rustc: String,
    /// Target and optimisation, as in "x86_64-unknown-linux-gnu, release, opt-level 3".
    pub build: String,
}

impl Environment {
    /// The machine and build that this process runs on.
    pub fn here() -> Self {
        let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        Self {
            cpu: cpu_model().unwrap_or_else(|| std::env::consts::ARCH.to_owned()),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            os: format!("{} {}", std::env::consts::OS, kernel.trim()).trim().to_owned(),
            rustc: env!("ANSATZ_RUSTC").to_owned(),
            build: concat!(
                env!("ANSATZ_TARGET"),
                ", ",
                env!("ANSATZ_PROFILE"),
                ", opt-level ",
                env!("ANSATZ_OPT_LEVEL")
            )
            .to_owned(),
        }
    }
}

/// The first "model name" of the Linux processor list.
fn cpu_model() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// The present moment in UTC, as in "2026-01-31T12:00:00Z".
pub fn utc_now() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    utc(seconds)
}

/// Seconds since 1970 as a date of the Gregorian calendar: counting years from March puts the leap day last, so that
/// days of the year map to months by a linear formula (H. Hinnant 2013, "chrono-compatible low-level date
/// algorithms").
fn utc(seconds: u64) -> String {
    // Days since 1 March of the year 0: 1970-01-01 is day 719,468.
    let days = seconds / 86_400 + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year_of_era = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = 400 * era + year_of_era + u64::from(month <= 2);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day_of_month:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_known_moments() {
        assert_eq!(utc(0), "1970-01-01T00:00:00Z");
        assert_eq!(utc(951_782_399), "2000-02-28T23:59:59Z");
        assert_eq!(utc(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(utc(1_000_000_000), "2001-09-09T01:46:40Z");
        assert_eq!(utc(4_107_542_400), "2100-03-01T00:00:00Z");
        // Day by day through four centuries against the calendar's own rule.
        let (mut year, mut month, mut day) = (1970u64, 1u64, 1u64);
        for n in 0..146_097 {
            assert_eq!(utc(n * 86_400), format!("{year}-{month:02}-{day:02}T00:00:00Z"));
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let length = match month {
                2 => 28 + u64::from(leap),
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
            day += 1;
            if day > length {
                (month, day) = (month + 1, 1);
            }
            if month > 12 {
                (year, month) = (year + 1, 1);
            }
        }
    }

    #[test]
    fn the_environment_names_machine_and_compiler() {
        let here = Environment::here();
        assert!(here.cores >= 1 && !here.cpu.is_empty() && here.os.starts_with(std::env::consts::OS));
        assert!(here.rustc.starts_with("rustc 1."), "{}", here.rustc);
    }
}
