//! Random numbers that are the same each time, as no library promises for its own.

use std::f64::consts::TAU;

/// `SplitMix64`, by Sebastiano Vigna: fast, and good enough for noise.
#[derive(Debug)]
pub(super) struct Noise(u64);

impl Noise {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// From 0 to below 1.
    pub(super) fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^= bits >> 31;
        // The upper 32 bits are random enough here, and fit a double.
        f64::from(u32::try_from(bits >> 32).unwrap_or_default()) / f64::from(u32::MAX).next_up()
    }

    /// With mean 0 and variance 1.
    pub(super) fn normal(&mut self) -> f64 {
        // The logarithm of 0 is not finite.
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (TAU * self.uniform()).cos()
    }

    /// One of the choices, of which there has to be one.
    pub(super) fn choose<T: Copy, const N: usize>(&mut self, choices: [T; N]) -> T {
        let mut left = self.uniform() * f64::from(u32::try_from(N).unwrap_or(u32::MAX));
        let mut chosen = choices[0];
        for choice in choices {
            if left >= 0.0 {
                chosen = choice;
            }
            left -= 1.0;
        }
        chosen
    }
}
