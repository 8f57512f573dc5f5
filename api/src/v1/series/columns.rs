//! Series in a binary form: a head in JSON, then columns of doubles that a page can use as they lie in memory.
//!
//! Four bytes with the length of the head; the head, padded with spaces so that what follows begins at a multiple of eight bytes;
//! the columns of each series in the order of the head. All numbers are little-endian.

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, header};
use serde::Serialize;
use serde_json::Number;

use super::SeriesOut;
use crate::ApiError;

const CONTENT_TYPE: &str = "application/octet-stream";

#[derive(Serialize)]
struct Head<'a> {
    series: Vec<SeriesHead<'a>>,
}

#[derive(Serialize)]
struct SeriesHead<'a> {
    run_id: &'a str,
    metric: &'a str,
    points: usize,
    /// Doubles in each column.
    length: usize,
    columns: &'static [&'static str],
    nans: &'a [Number],
    infs: &'a [(Number, i8)],
}

/// Whether the client asks for this form.
pub(super) fn wanted(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT).and_then(|accepted| accepted.to_str().ok()).unwrap_or_default();
    accepted.split(',').any(|offer| offer.split(';').next().is_some_and(|kind| kind.trim() == CONTENT_TYPE))
}

pub(super) fn write(series: &[SeriesOut]) -> Result<Response, ApiError> {
    let head = Head { series: series.iter().map(SeriesHead::of).collect() };
    let mut bytes = vec![0; 4];
    serde_json::to_writer(&mut bytes, &head).map_err(ApiError::internal)?;
    bytes.resize(bytes.len().next_multiple_of(8), b' ');
    let length = u32::try_from(bytes.len() - 4).map_err(ApiError::internal)?;
    for (place, byte) in bytes.iter_mut().zip(length.to_le_bytes()) {
        *place = byte;
    }
    for each in series {
        bytes.extend(each.x.iter().flat_map(|x| double(x).to_le_bytes()));
        for column in [&each.min, &each.max, &each.last, &each.smooth] {
            bytes.extend(column.iter().flat_map(|value| value.to_le_bytes()));
        }
    }
    Ok(([(header::CONTENT_TYPE, CONTENT_TYPE)], bytes).into_response())
}

impl<'a> SeriesHead<'a> {
    fn of(series: &'a SeriesOut) -> Self {
        const COLUMNS: &[&str] = &["x", "min", "max", "last", "smooth"];
        let columns = if series.smooth.is_empty() { &COLUMNS[..4] } else { COLUMNS };
        let SeriesOut { run_id, metric, points, x, nans, infs, .. } = series;
        Self { run_id, metric, points: *points, length: x.len(), columns, nans, infs }
    }
}

/// As exact as a page's numbers are: a step beyond 2^53 is rounded there anyway.
fn double(x: &Number) -> f64 {
    x.as_f64().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;
    use serde_json::{Value, json};

    fn series(smooth: Vec<f64>) -> SeriesOut {
        let (run_id, metric) = ("4f".to_owned(), "loss".to_owned());
        let (min, max, last) = (vec![0.5, 1.5], vec![1.0, 2.0], vec![0.75, 1.75]);
        SeriesOut {
            run_id,
            metric,
            points: 9,
            x: vec![3.into(), 7.into()],
            min,
            max,
            last,
            smooth,
            nans: vec![5.into()],
            infs: vec![(6.into(), -1)],
        }
    }

    async fn written() -> Vec<u8> {
        let response = write(&[series(Vec::new()), series(vec![0.8, 1.2])]).unwrap();
        response.into_body().collect().await.unwrap().to_bytes().to_vec()
    }

    /// What the page reads is tested with a file of these bytes. With `RUNLEDGER_WRITE_FIXTURES` it is written anew.
    #[tokio::test]
    async fn the_page_is_tested_with_what_is_written() {
        let (path, bytes) = (concat!(env!("CARGO_MANIFEST_DIR"), "/../ui/src/api/series-columns.bin"), written().await);
        if std::env::var_os("RUNLEDGER_WRITE_FIXTURES").is_some() {
            std::fs::write(path, &bytes).unwrap();
        }
        assert_eq!(std::fs::read(path).unwrap(), bytes);
    }

    #[tokio::test]
    async fn the_columns_follow_the_head() {
        let bytes = written().await;
        let length = usize::try_from(u32::from_le_bytes(bytes[..4].try_into().unwrap())).unwrap();
        let (head, columns) = bytes[4..].split_at(length);
        assert_eq!((length + 4) % 8, 0);
        let head: Value = serde_json::from_slice(head).unwrap();
        assert_eq!(
            head["series"][0],
            json!({"run_id": "4f", "metric": "loss", "points": 9, "length": 2, "columns": ["x", "min", "max", "last"],
                "nans": [5], "infs": [[6, -1]]})
        );
        assert_eq!(head["series"][1]["columns"][4], "smooth");
        let doubles: Vec<f64> = columns.chunks(8).map(|bytes| f64::from_le_bytes(bytes.try_into().unwrap())).collect();
        assert_eq!(doubles.len(), 2 * 4 + 2 * 5);
        assert_eq!(doubles[..4], [3.0, 7.0, 0.5, 1.5]);
        assert_eq!(doubles[16..], [0.8, 1.2]);
    }

    #[test]
    fn it_is_only_for_those_who_ask() {
        let asked = |accept: &'static str| wanted(&HeaderMap::from_iter([(header::ACCEPT, accept.parse().unwrap())]));
        assert!(asked("application/octet-stream") && asked("application/octet-stream;q=1, application/json"));
        assert!(!asked("*/*") && !asked("application/json") && !wanted(&HeaderMap::new()));
    }
}
