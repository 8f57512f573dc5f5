//! Request bodies built once and renewed by copying seven digits per point.
//!
//! Step, timestamp and value of every point hold the number of the request in fixed places, so that no two points of a
//! run are equal (a server that drops repeats gains nothing) and renewing a body of a thousand points takes
//! microseconds. Spacing follows what the Python client sends.

use std::fmt::Write as _;

use bytes::{Bytes, BytesMut};

/// Digits of the request number inside each patched figure.
const DIGITS: usize = 7;
const PLACE: &str = "0000000";

/// A body with the places where the request number goes.
#[derive(Debug)]
pub(crate) struct Template {
    body: Bytes,
    places: Vec<usize>,
    sent: u32,
    points: u64,
}

impl Template {
    /// A `runs/log-batch` body: `per_key` consecutive steps of `keys` metrics. `client` (0 to 999) sets the values of
    /// clients apart that write to the same run.
    pub(crate) fn batch(run_id: &str, client: usize, keys: usize, per_key: usize) -> Self {
        let mut text = format!(r#"{{"run_id": "{run_id}", "metrics": ["#);
        let mut places = Vec::with_capacity(keys * per_key * 3);
        for step in 0..per_key {
            for key in 0..keys {
                if step + key > 0 {
                    text.push_str(", ");
                }
                text.push('{');
                let noise = step * 7_919 + key * 104_729 + client * 31;
                point(&mut text, &mut places, &format!("m{key}"), (client, noise % 1_000_000), step);
                text.push('}');
            }
        }
        text.push_str("]}");
        Self::new(text, places, (keys * per_key) as u64)
    }

    /// A `runs/log-metric` body.
    pub(crate) fn metric(run_id: &str, client: usize) -> Self {
        let mut text = format!(r#"{{"run_id": "{run_id}", "#);
        let mut places = Vec::new();
        point(&mut text, &mut places, "loss", (client, 0), 0);
        text.push('}');
        Self::new(text, places, 1)
    }

    fn new(text: String, places: Vec<usize>, points: u64) -> Self {
        Self { body: Bytes::from(text), places, sent: 0, points }
    }

    /// Metric points in one body.
    pub(crate) fn points(&self) -> u64 {
        self.points
    }

    /// The next body. The previous one's memory is used again once its request is over.
    pub(crate) fn renew(&mut self) -> Bytes {
        let digits = digits(self.sent);
        self.sent += 1;
        let held = std::mem::take(&mut self.body);
        let mut body = held.try_into_mut().unwrap_or_else(|shared| BytesMut::from(&shared[..]));
        for &place in &self.places {
            body[place..place + DIGITS].copy_from_slice(&digits);
        }
        self.body = body.freeze();
        self.body.clone()
    }
}

/// Writes the fields of one point and remembers where its request number goes.
/// The value is made of the client, the request and noise.
fn point(text: &mut String, places: &mut Vec<usize>, key: &str, (client, noise): (usize, usize), step: usize) {
    let mut part = |before: &str, after: &str| {
        text.push_str(before);
        places.push(text.len());
        text.push_str(PLACE);
        text.push_str(after);
    };
    part(&format!(r#""key": "{key}", "value": 0.{client:03}"#), &format!("{noise:06}, "));
    part(r#""timestamp": 1790"#, &format!("{:02}, ", step % 100));
    part(r#""step": 1"#, &format!("{:02}", step % 100));
}

fn digits(number: u32) -> [u8; DIGITS] {
    let mut text = String::with_capacity(DIGITS);
    let mut out = [b'0'; DIGITS];
    if write!(text, "{:07}", number % 10_000_000).is_ok() {
        out.copy_from_slice(&text.as_bytes()[..DIGITS]);
    }
    out
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use serde_json::Value;

    use super::*;

    #[test]
    fn every_point_of_a_run_is_new() {
        let mut seen = HashSet::new();
        for client in 0..3 {
            let mut template = Template::batch("run", client, 10, 100);
            for _ in 0..4 {
                let body: Value = serde_json::from_slice(&template.renew()).unwrap();
                let metrics = body["metrics"].as_array().unwrap();
                assert_eq!(metrics.len(), 1000);
                for metric in metrics {
                    assert!(seen.insert(metric.to_string()), "repeated: {metric}");
                }
            }
        }
    }

    #[test]
    fn steps_follow_each_other() {
        let mut template = Template::metric("run", 7);
        let steps: Vec<i64> = (0..3)
            .map(|_| serde_json::from_slice::<Value>(&template.renew()).unwrap()["step"].as_i64().unwrap())
            .collect();
        assert_eq!(steps, [1_000_000_000, 1_000_000_100, 1_000_000_200]);
    }
}
