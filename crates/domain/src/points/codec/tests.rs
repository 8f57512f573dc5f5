//! Round trips, exact to the bit, and hostile bytes.

use proptest::prelude::*;

use super::*;
use crate::points::Point;

/// Values that a careless codec would change.
const SPECIAL: [u64; 10] = [
    0x0000_0000_0000_0000, // 0.0
    0x8000_0000_0000_0000, // -0.0
    0x7ff0_0000_0000_0000, // infinity
    0xfff0_0000_0000_0000, // -infinity
    0x7ff8_0000_0000_0000, // the usual NaN
    0xfff8_0000_0000_0000, // the same with a sign
    0x7ff0_0000_0000_0001, // a signalling NaN
    0x7fff_dead_beef_0001, // a NaN with a payload
    0x0000_0000_0000_0001, // the smallest subnormal number
    0x7fef_ffff_ffff_ffff, // the greatest finite number
];

fn value() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<u64>().prop_map(f64::from_bits),
        any::<u32>().prop_map(|bits| f64::from(f32::from_bits(bits))),
        prop::sample::select(SPECIAL.to_vec()).prop_map(f64::from_bits),
        (0u32..10_000).prop_map(|n| f64::from(n) / 10_000.0),
    ]
}

/// Series as training jobs log them: steps by a stride, times with jitter, values of one kind with the odd exception.
fn realistic() -> impl Strategy<Value = Columns> {
    let point = (0i64..20, any::<f32>(), 0u32..200, prop::sample::select(SPECIAL.to_vec()));
    (prop::collection::vec(point, 1..600), 0i64..1000, 1i64..50, 0u8..4, any::<bool>(), 1usize..5).prop_map(
        |(draws, first_step, stride, kind, exceptions, keys)| {
            let mut timestamp = 1_700_000_000_000;
            let series: Columns = (0i64..)
                .zip(&draws)
                .map(|(i, &(jitter, float, decimal, special))| {
                    timestamp += 90 + jitter;
                    let value = match kind {
                        _ if exceptions && decimal == 0 => f64::from_bits(special),
                        0 => f64::from(float),
                        1 => f64::from(decimal) / 100.0,
                        2 => 1.0 / (1.0 + f64::from(decimal)),
                        _ => 0.25,
                    };
                    Point { step: first_step + i * stride, timestamp, value }
                })
                .collect();
            let mut batch = Columns::default();
            (0..keys).for_each(|_| batch.append(&series));
            batch
        },
    )
}

fn assert_round_trip(columns: &Columns) -> Vec<u8> {
    let bytes = columns.encode();
    assert_eq!(Columns::decode(&bytes).as_ref(), Ok(columns));
    bytes
}

fn series(points: usize, value: impl Fn(i16) -> f64) -> Columns {
    let point = |i| {
        let step = i64::from(i);
        Point { step, timestamp: 1_700_000_000_000 + 97 * step + step * step % 13, value: value(i) }
    };
    (0i16..).take(points).map(point).collect()
}

/// Encodings that use every coding of every column.
fn one_of_each_coding() -> Vec<Vec<u8>> {
    let irregular = |points| series(points, |i| (0.1 * f64::from(i)).sin());
    let mut repeated = irregular(70);
    repeated.append(&irregular(70));
    vec![
        Columns::default().encode(),
        series(1, |_| 0.1).encode(),
        series(5, |i| 0.1 * f64::from(i)).encode(),
        series(5, |i| 0.5 * f64::from(i)).encode(),
        irregular(300).encode(),
        series(300, |i| f64::from((0.1 * f32::from(i)).sin())).encode(),
        series(300, |i| f64::from(i % 100) / 100.0).encode(),
        series(300, |i| if i == 7 { f64::NAN } else { f64::from(i % 101) / 7.0 }).encode(),
        repeated.encode(),
    ]
}

#[test]
fn every_special_value_survives_in_short_and_long_columns() {
    for bits in SPECIAL {
        assert_round_trip(&series(1, |_| f64::from_bits(bits)));
        for points in [2, 63, 64, 65, 300, 5000] {
            assert_round_trip(&series(points, |i| if i % 50 == 1 { f64::from_bits(bits) } else { f64::from(i) / 8.0 }));
            assert_round_trip(&series(
                points,
                |i| if i % 50 == 1 { f64::from_bits(bits) } else { f64::from(i) / 10.0 },
            ));
            assert_round_trip(&series(points, |i| {
                if i % 50 == 1 { f64::from_bits(bits) } else { 1.0 / (f64::from(i) + 3.0) }
            }));
        }
    }
    assert_round_trip(&series(3000, |i| f64::from_bits(SPECIAL[usize::from(i.unsigned_abs() % 97 % 10)])));
}

#[test]
fn extreme_steps_and_times_survive() {
    let extremes = [i64::MIN, i64::MAX, 0, -1, i64::MAX, i64::MIN, i64::MIN, i64::MAX - 1];
    for points in [1, 2, 3, 8, 200] {
        let columns: Columns = (0..points)
            .map(|i| Point { step: extremes[i % 8], timestamp: extremes[(i * i + 3) % 8], value: 0.5 })
            .collect();
        assert_round_trip(&columns);
    }
}

#[test]
fn a_regular_series_costs_a_few_bytes() {
    let regular: Columns =
        (0..10_000).map(|i| Point { step: i, timestamp: 1_700_000_000_000 + 1000 * i, value: 0.5 }).collect();
    let len = assert_round_trip(&regular).len();
    assert!(len < 50, "{len}");

    let mut repeated = Columns::default();
    (0..20).for_each(|_| repeated.append(&series(10, |_| 0.5)));
    let len = assert_round_trip(&repeated).len();
    assert!(len < 60, "{len}");
}

#[test]
fn a_truncated_encoding_is_an_error() {
    for encoding in one_of_each_coding() {
        for len in 0..encoding.len() {
            assert!(Columns::decode(&encoding[..len]).is_err(), "{len} of {}", encoding.len());
        }
        // The same where the checksum does not give it away.
        let body = &encoding[..encoding.len() - 4];
        for len in 1..body.len() {
            assert!(Columns::decode(&seal(body[..len].to_vec())).is_err(), "{len} of {}", body.len());
        }
    }
}

#[test]
fn errors_say_what_is_wrong() {
    let text = |bytes: Vec<u8>| Columns::decode(&bytes).unwrap_err().to_string();
    let sealed = |body: &[u8]| text(seal(body.to_vec()));
    assert_eq!(text(vec![]), "encoded points end within the version");
    assert_eq!(text(vec![1, 0, 0]), "encoded points end within the checksum");
    assert_eq!(text(vec![2, 0]), "encoded points have format version 2, but this build reads only version 1");
    assert_eq!(
        text(vec![1, 0, 1, 2, 3, 4]),
        "encoded points are damaged: the checksum of their bytes is 58c223be, not 04030201",
    );
    assert_eq!(sealed(&[1, 0, 7, 7]), "2 bytes follow the last column of encoded points");
    assert_eq!(
        sealed(&[1, 0x81, 0x80, 0x80, 0x08]),
        "16777217 points declared in one encoding, above the limit of 16777216",
    );
    assert_eq!(sealed(&[1, 1, 9]), "the steps have the coding 9, which this build does not know");
    assert_eq!(sealed(&[1, 1, 0, 0, 1, 1, 1]), "the timestamps have the coding 1, which this build does not know");
    assert_eq!(sealed(&[1, 1, 1, 2]), "malformed steps: the period is not within the column");
    assert_eq!(sealed(&[1, 3, 0, 0, 2, 2, 1]), "malformed steps: a run is longer than the column");
    assert_eq!(sealed(&[1, 1, 0, 0, 0, 0, 1]), "encoded points end within the values");
    assert_eq!(sealed(&[1, 1, 2, 3, 1, 2, 3]), "packed steps cannot be unpacked");
}

#[test]
fn a_packed_column_of_another_length_is_an_error() {
    let mut body = vec![VERSION];
    wire::put_varint(&mut body, 99);
    body.push(2);
    wire::put_block(&mut body, &packed::pack(&[1i64; 100], pco::ChunkConfig::default()).unwrap());
    let error = Columns::decode(&seal(body.clone())).unwrap_err();
    assert_eq!(error.to_string(), "malformed steps: the packed numbers are not as many as the points");
    body[1] = 101;
    let error = Columns::decode(&seal(body)).unwrap_err();
    assert_eq!(error.to_string(), "malformed steps: the packed numbers are not as many as the points");
}

#[test]
fn a_flipped_bit_never_passes_for_other_points() {
    for encoding in one_of_each_coding() {
        for at in 0..encoding.len() {
            for bit in 0..8 {
                let mut damaged = encoding.clone();
                damaged[at] ^= 1 << bit;
                assert!(Columns::decode(&damaged).is_err(), "byte {at}, bit {bit}");
            }
        }
    }
}

/// Damage that carries a right checksum, as only an attacker's bytes do.
#[test]
fn changed_bytes_under_a_right_checksum_do_not_panic() {
    for encoding in one_of_each_coding() {
        let body = &encoding[..encoding.len() - 4];
        for at in 1..body.len() {
            for value in (0..8).map(|bit| body[at] ^ (1 << bit)).chain([0x00, 0x7f, 0x80, 0xff]) {
                let mut damaged = body.to_vec();
                damaged[at] = value;
                if let Ok(columns) = Columns::decode(&seal(damaged)) {
                    assert!(columns.len() <= MAX_POINTS);
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn arbitrary_points_survive(
        points in prop::collection::vec((any::<i64>(), any::<i64>(), value()), 0..300),
    ) {
        let columns: Columns =
            points.into_iter().map(|(step, timestamp, value)| Point { step, timestamp, value }).collect();
        assert_round_trip(&columns);
    }

    #[test]
    fn short_steps_survive(steps in prop::collection::vec(-2i8..2, 1..300)) {
        let columns: Columns =
            steps.iter().map(|&step| Point { step: step.into(), timestamp: (step / 2).into(), value: step.into() }).collect();
        assert_round_trip(&columns);
    }

    #[test]
    fn realistic_series_survive(columns in realistic()) {
        assert_round_trip(&columns);
    }

    #[test]
    fn arbitrary_bytes_do_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Columns::decode(&bytes).is_err());
        let mut body = vec![VERSION];
        body.extend_from_slice(&bytes);
        let _any = Columns::decode(&seal(body));
    }

    #[test]
    fn damaged_encodings_under_a_right_checksum_do_not_panic(
        columns in realistic(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut body = columns.encode();
        body.truncate(body.len() - 4);
        for (at, byte) in damage {
            let at = 1 + at.index(body.len() - 1);
            body[at] = byte;
        }
        let _any = Columns::decode(&seal(body));
    }
}
