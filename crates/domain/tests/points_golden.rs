//! Encoded points of every released format version, which every later release reads.
//!
//! `golden/points/v<version>-<what>.hex` holds the stored bytes and `<what>.csv` the points: step, timestamp and the bits
//! of the value. These files are never changed; a new version or coding adds some. To make one, name the case in the
//! list with its points in a `.csv` file: the test fails and shows the bytes that this build writes.

#![expect(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test fail as the test does")]

use std::path::PathBuf;

use runledger_domain::points::{Columns, Point};

const GOLDEN: [&str; 9] = [
    "v1-empty",
    "v1-one",
    "v1-runs-constant",
    "v1-doubles-special",
    "v1-floats",
    "v1-repetition",
    "v1-packed-ints-doubles",
    "v1-packed-doubles-nan",
    "v1-packed-floats",
];

#[test]
fn stored_points_of_every_version_are_read() {
    for name in GOLDEN {
        let expected = expected_points(name);
        let hex = std::fs::read_to_string(path(name, "hex"))
            .unwrap_or_else(|error| panic!("{name}.hex: {error}; this build writes {}", to_hex(&expected.encode())));
        let decoded = Columns::decode(&from_hex(hex.trim())).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(decoded == expected, "{name} decodes to {decoded:?}");
        assert_eq!(Columns::decode(&expected.encode()).as_ref(), Ok(&expected), "{name}, written anew");
    }
}

#[test]
fn every_file_is_listed() {
    for file in std::fs::read_dir(folder()).unwrap() {
        let file = file.unwrap().path();
        let stem = file.file_stem().unwrap().to_str().unwrap();
        assert!(GOLDEN.contains(&stem), "{} is not in the list", file.display());
    }
}

fn path(name: &str, extension: &str) -> PathBuf {
    folder().join(format!("{name}.{extension}"))
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/points")
}

/// Reads lines such as `0,1700000000000,3fb999999999999a` after a head line.
fn expected_points(name: &str) -> Columns {
    let text = std::fs::read_to_string(path(name, "csv")).unwrap_or_else(|error| panic!("{name}.csv: {error}"));
    text.lines()
        .skip(1)
        .map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            Point {
                step: fields[0].parse().unwrap(),
                timestamp: fields[1].parse().unwrap(),
                value: f64::from_bits(u64::from_str_radix(fields[2], 16).unwrap()),
            }
        })
        .collect()
}

fn to_hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 0xf])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

fn from_hex(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}
