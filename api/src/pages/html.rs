//! The frame of a page, escaping, and times.

/// A whole page. `title` is text, `body` is HTML.
pub(super) fn page(title: &str, body: &str) -> String {
    let title = escape(title);
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{title} · Runledger</title><style>{STYLE}</style><body>{body}</body></html>"
    )
}

const STYLE: &str = ":root{color-scheme:light dark}\
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:90rem;padding:0 1rem}\
table{border-collapse:collapse;width:100%}\
th,td{text-align:left;vertical-align:top;padding:.4rem .8rem .4rem 0;border-bottom:1px solid #8884}\
th{font-weight:600}code,pre{font-size:90%}pre{padding:1rem;background:#8882;overflow:auto}a{color:LinkText}";

/// Text for an element or a quoted attribute.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// A moment as `2026-03-01 12:34:56`, UTC; nothing for 0, which means that no time was sent.
pub(super) fn time(ms: i64) -> String {
    const DAY: i64 = 86_400;
    let seconds = ms.div_euclid(1_000);
    // Beyond these the years have more than four digits.
    if ms == 0 || !(-62_135_596_800..=253_402_300_799).contains(&seconds) {
        return String::new();
    }
    let (days, second) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
}

/// The date of a day counted from 1970-01-01. Years are counted from March, so that the leap day is a year's last.
fn civil(days: i64) -> (i64, i64, i64) {
    // Days from 0000-03-01 to 1970-01-01, and the days of 400 years.
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_become_markup() {
        assert_eq!(escape("<a href=\"x\" b='y'>&"), "&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;");
    }

    #[test]
    fn times_are_dates_in_utc() {
        for (ms, expected) in [
            (1, "1970-01-01 00:00:00"),
            (951_782_400_000, "2000-02-29 00:00:00"),
            (1_795_450_755_508, "2026-11-23 16:19:15"),
            (-1, "1969-12-31 23:59:59"),
            (0, ""),
            (i64::MAX, ""),
        ] {
            assert_eq!(time(ms), expected, "{ms}");
        }
    }
}
