//! Random numbers that can be had again.

use std::sync::atomic::{AtomicU64, Ordering};

/// SplitMix64; the seed is printed.
pub struct Random(AtomicU64);

impl Random {
    #[allow(clippy::disallowed_methods, clippy::print_stdout, reason = "a test's own setting, and how to have the same run again")]
    pub fn new(test: &str) -> Self {
        let given = std::env::var("SOAK_SEED").ok().map(|text| text.parse().expect("SOAK_SEED is a number"));
        let seed = given.unwrap_or_else(|| u64::from(std::process::id()));
        println!("{test}: SOAK_SEED={seed}");
        Self(AtomicU64::new(seed))
    }
    pub fn below(&self, most: u64) -> u64 {
        let mut z = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed).wrapping_add(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % most
    }
}
