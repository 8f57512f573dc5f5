//! Times as our own grammar writes them: `now-7d` for a moment, `10m` for a length of time.

/// The units, in milliseconds.
const UNITS: &[(&str, f64)] =
    &[("ms", 1.0), ("s", 1_000.0), ("m", 60_000.0), ("h", 3_600_000.0), ("d", 86_400_000.0), ("w", 604_800_000.0)];

/// Reads `now` or `now-7d`, in milliseconds since the epoch. `now` is what the word means.
pub(super) fn moment(text: &str, now: i64) -> Option<i64> {
    let past = text.get(..3).filter(|word| word.eq_ignore_ascii_case("now")).and_then(|_| text.get(3..))?;
    if past.is_empty() {
        return Some(now);
    }
    Some(now.saturating_sub(duration(past.strip_prefix('-')?)?))
}

/// Reads a number with a unit such as `10m` or `1.5h`, in milliseconds.
pub(super) fn duration(text: &str) -> Option<i64> {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, unit) = text.split_at(digits);
    let (_, scale) = UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit))?;
    let milliseconds = number.parse::<f64>().ok()? * scale;
    #[expect(clippy::cast_possible_truncation, reason = "saturates, which is what a far bound needs")]
    Some(milliseconds.round() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_from_now() {
        for (text, expected) in [
            ("now", Some(1_000_000_000)),
            ("NOW-7d", Some(1_000_000_000 - 604_800_000)),
            ("now-1.5h", Some(1_000_000_000 - 5_400_000)),
            // So far away is as good as never.
            ("now-99999999999999w", Some(1_000_000_000 - i64::MAX)),
            ("now-7", None),
            ("now+7d", None),
            ("nowhere", None),
            ("7d", None),
            ("é", None),
        ] {
            assert_eq!(moment(text, 1_000_000_000), expected, "{text}");
        }
    }

    #[test]
    fn lengths_of_time_have_a_unit() {
        for (text, expected) in [
            ("10m", Some(600_000)),
            ("250ms", Some(250)),
            ("1.5s", Some(1_500)),
            ("2W", Some(1_209_600_000)),
            ("10", None),
            ("m", None),
            ("1.2.3m", None),
            ("5 m", None),
            ("-5m", None),
        ] {
            assert_eq!(duration(text), expected, "{text}");
        }
    }
}
