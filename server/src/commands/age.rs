//! Ages as `mlflow gc --older-than` takes them: `30d`, `1d2h3m4s`, each number with or without a fraction.

use crate::Failure;

const UNITS: [(char, f64); 4] = [('d', 86_400_000.0), ('h', 3_600_000.0), ('m', 60_000.0), ('s', 1_000.0)];

/// The age in milliseconds.
#[expect(clippy::cast_possible_truncation, reason = "a float becomes the nearest integer that there is")]
pub(super) fn milliseconds(text: &str) -> Result<i64, Failure> {
    let refused = || {
        format!(
            "Could not parse any time information from '{text}'. Examples of valid strings: '8h', '2d8h5m20s', '2m4s'"
        )
    };
    let (mut rest, mut sum) = (text, 0.0);
    for (unit, length) in UNITS {
        if let Some((number, after)) = rest.split_once(unit) {
            let digits = |c: char| c.is_ascii_digit() || c == '.';
            let number: f64 = number.parse().ok().filter(|_| number.chars().all(digits)).ok_or_else(refused)?;
            sum += number * length;
            rest = after;
        }
    }
    if text.is_empty() || !rest.is_empty() { Err(refused().into()) } else { Ok(sum as i64) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_sums_of_days_hours_minutes_and_seconds() {
        for (text, expected) in
            [("8h", 28_800_000), ("2d8h5m20s", 201_920_000), ("2m4s", 124_000), ("0.5d", 43_200_000), ("0s", 0)]
        {
            assert_eq!(milliseconds(text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_age_is_refused() {
        for text in ["", "8", "h", "4s2m", "1w", "-1d", "1e3s", "1d x", "d"] {
            assert!(milliseconds(text).unwrap_err().to_string().contains("Could not parse"), "{text}");
        }
    }
}
