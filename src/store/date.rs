//! From seconds to a date, in UTC.

use super::UnixSeconds;

/// Year, month (1 to 12) and day (1 to 31) of a moment, as in Howard Hinnant's `civil_from_days`.
pub fn civil_date(at: UnixSeconds) -> (i64, i64, i64) {
    let shifted = at.div_euclid(86_400) + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

/// The month of a moment as one number, such as 202611.
pub(super) fn month(at: UnixSeconds) -> i64 {
    let (year, month, _) = civil_date(at);
    year * 100 + month
}
