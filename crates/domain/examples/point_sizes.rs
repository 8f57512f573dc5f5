//! Prints what stored points cost: bytes a point, and nanoseconds a point to encode and decode them.
//!
//! `cargo run --release -p runledger-domain --example point_sizes`
#![expect(clippy::print_stdout, reason = "the table is the purpose of this program")]

use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use runledger_domain::points::{BatchBuilder, Columns, Point};

fn main() {
    println!("{:<34} {:>6} {:>9} {:>10} {:>10}", "series", "points", "bytes/pt", "encode ns", "decode ns");
    let mut random = StdRng::seed_from_u64(7);
    for n in [1, 10, 100, 1000, 10_000] {
        report("random f64, jittered times", &series(n, &mut random, |_, random| random.random()));
        report("noisy f32 loss, jittered times", &series(n, &mut random, loss));
        report(
            "accuracy of 4 digits, jittered",
            &series(n, &mut random, |_, random| f64::from(random.random_range(0..10_000)) / 1e4),
        );
        report("constant, jittered times", &series(n, &mut random, |_, _| 0.001));
        report("constant, regular times", &regular(n));
        if n >= 100 {
            report("batch: 10 keys logged together", &together(n / 10, &mut random));
            report("batch: 10 keys, each its own times", &apart(n / 10, &mut random));
        }
    }
}

/// Steps by one, a point every 100 ms with up to 10 ms of jitter.
fn series(n: u32, random: &mut StdRng, mut value: impl FnMut(u32, &mut StdRng) -> f64) -> Columns {
    let mut timestamp = 1_700_000_000_000;
    let point = |i| {
        timestamp += random.random_range(90..110);
        Point { step: i64::from(i), timestamp, value: value(i, random) }
    };
    (0..n).map(point).collect()
}

fn regular(n: u32) -> Columns {
    (0..i64::from(n)).map(|i| Point { step: i, timestamp: 1_700_000_000_000 + 100 * i, value: 0.001 }).collect()
}

/// A decaying loss with 5 % of noise, in single precision.
fn loss(i: u32, random: &mut StdRng) -> f64 {
    let step = f32::from(u16::try_from(i).unwrap_or(u16::MAX));
    f64::from((2.3 * (-step / 3000.0).exp() + 0.1) * random.random_range(0.975..1.025))
}

/// Ten metrics logged by one call a step.
fn together(steps: u32, random: &mut StdRng) -> Columns {
    let mut batch = BatchBuilder::default();
    for point in series(steps, random, loss).iter() {
        for key in 0..10 {
            batch.push(&format!("metric {key}"), Point { value: loss(key * 100, random), ..point });
        }
    }
    batch.finish().into_parts().2
}

/// Ten metrics that do not share their times.
fn apart(steps: u32, random: &mut StdRng) -> Columns {
    let mut batch = BatchBuilder::default();
    for key in 0..10 {
        for point in series(steps, random, loss).iter() {
            batch.push(&format!("metric {key}"), point);
        }
    }
    batch.finish().into_parts().2
}

fn report(name: &str, columns: &Columns) {
    let encoded = columns.encode();
    let points = float(columns.len());
    let bytes = float(encoded.len()) / points;
    let encode = time(|| columns.encode().len()).as_secs_f64() * 1e9 / points;
    let decode = time(|| Columns::decode(&encoded).map_or(0, |columns| columns.len())).as_secs_f64() * 1e9 / points;
    println!("{name:<34} {points:>6} {bytes:>9.2} {encode:>10.1} {decode:>10.1}");
}

fn float(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}

/// The mean time of a call over about 50 ms.
fn time(call: impl Fn() -> usize) -> Duration {
    let start = Instant::now();
    let mut calls = 0;
    while start.elapsed() < Duration::from_millis(50) {
        std::hint::black_box(call());
        calls += 1;
    }
    start.elapsed() / calls
}
