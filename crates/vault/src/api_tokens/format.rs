//! The text of an API token: `kw_u_{handle}_{secret}_{checksum}`.
//!
//! - `handle`: 12 characters; finds the row, proves nothing.
//! - `secret`: 43 characters, 256 random bits; the database keeps its SHA-256, which is enough for that much randomness.
//! - `checksum`: CRC-32 (ISO 3309, as in zlib and gzip) of everything before its underscore, as a number in base 62, most
//!   significant character first, padded with `0` to 6 characters. It tells a typo from a token without asking anybody, and
//!   lets secret scanners be sure of a find.
//!
//! All three are written in the alphabet `0-9A-Za-z`, in which `0` is 0 and `z` is 61.

use crate::Failure;
use domain::Problem;
use sha2::{Digest, Sha256};
use std::fmt;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Every token of a person begins so.
const PREFIX: &str = "kw_u_";
const HANDLE: usize = 12;
/// 62^43 is more than 2^256.
const SECRET: usize = 43;
const CHECKSUM: usize = 6;
const LENGTH: usize = PREFIX.len() + HANDLE + 1 + SECRET + 1 + CHECKSUM;

/// A token in the clear, on its way to the one who asked for it. Wiped when dropped; its `Debug` says nothing.
#[derive(Clone)]
pub struct PlainToken(Zeroizing<String>);

impl fmt::Debug for PlainToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlainToken(..)")
    }
}

impl PlainToken {
    /// Draws a new one.
    ///
    /// # Errors
    /// `Internal` when there is no randomness.
    pub(super) fn generate() -> Result<Self, Failure> {
        let mut text = Zeroizing::new(String::with_capacity(LENGTH));
        text.push_str(PREFIX);
        random(&mut text, HANDLE)?;
        text.push('_');
        random(&mut text, SECRET)?;
        let sum = checksum(&text);
        text.push('_');
        text.push_str(&sum);
        Ok(Self(text))
    }
    /// Reads a token. Asks nobody: `None` is what has not the form of one, a wrong checksum included.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.len() != LENGTH || !text.is_ascii() {
            return None;
        }
        let (body, sum) = text.rsplit_once('_')?;
        let (handle, secret) = body.strip_prefix(PREFIX)?.split_once('_')?;
        let plain = |part: &str, length: usize| part.len() == length && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
        (plain(handle, HANDLE) && plain(secret, SECRET) && sum == checksum(body)).then(|| Self(Zeroizing::new(text.to_owned())))
    }
    /// What finds the row.
    pub(super) fn handle(&self) -> &str {
        &self.0[PREFIX.len()..PREFIX.len() + HANDLE]
    }
    fn secret(&self) -> &str {
        &self.0[PREFIX.len() + HANDLE + 1..LENGTH - CHECKSUM - 1]
    }
    /// What the database keeps.
    pub(super) fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.secret().as_bytes()).into()
    }
    /// Whether the stored hash is this one's, in a time that does not depend on where they differ.
    pub(super) fn fits(&self, stored: &[u8; 32]) -> bool {
        self.hash().ct_eq(stored).into()
    }
    /// The text, for the one who asked for the token. Nothing else may hold it.
    #[must_use]
    pub fn for_owner(&self) -> &str {
        &self.0
    }
}

/// The part of a token that is no secret.
pub(super) fn prefix(handle: &str) -> String {
    format!("{PREFIX}{handle}")
}

/// Appends random characters; bytes that would favour some of them are drawn again.
fn random(text: &mut String, count: usize) -> Result<(), Failure> {
    let mut left = count;
    let mut bytes = Zeroizing::new([0_u8; 64]);
    while left > 0 {
        getrandom::fill(&mut *bytes).map_err(|error| Failure::because(Problem::Internal, error.to_string()))?;
        for byte in bytes.iter().filter(|byte| **byte < 248).take(left) {
            text.push(char::from(ALPHABET[usize::from(byte % 62)]));
            left -= 1;
        }
    }
    Ok(())
}

fn checksum(body: &str) -> String {
    let mut rest = crc32(body.as_bytes());
    let mut text = [b'0'; CHECKSUM];
    for place in text.iter_mut().rev() {
        *place = ALPHABET[(rest % 62) as usize];
        rest /= 62;
    }
    text.iter().map(|byte| char::from(*byte)).collect()
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32| if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
    !bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_crc_of_zlib_in_base_62() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(checksum("123456789"), "3jZRME");
        assert_eq!(checksum(""), "000000");
    }

    #[test]
    fn a_new_token_is_read_back_and_no_two_are_alike() {
        let (one, other) = (PlainToken::generate().expect("randomness"), PlainToken::generate().expect("randomness"));
        let text = one.for_owner();
        assert_eq!(text.len(), LENGTH);
        let read = PlainToken::parse(text).expect("what was just made");
        assert_eq!(read.handle(), one.handle());
        assert!(read.fits(&one.hash()) && !read.fits(&other.hash()));
        assert_eq!(format!("{one:?}"), "PlainToken(..)");
    }

    #[test]
    fn one_changed_character_anywhere_is_noticed_without_asking_anybody() {
        let token = PlainToken::generate().expect("randomness");
        let text = token.for_owner();
        for at in 0..LENGTH {
            let mut bytes = text.as_bytes().to_vec();
            bytes[at] = if bytes[at] == b'x' { b'y' } else { b'x' };
            assert!(PlainToken::parse(std::str::from_utf8(&bytes).expect("ASCII")).is_none(), "{at}");
        }
        for other in ["", "kw_u_", &text[1..], &format!("{text}0"), &text.replace("kw_u_", "kw_s_"), &"\u{e9}".repeat(LENGTH / 2)] {
            assert!(PlainToken::parse(other).is_none(), "{other}");
        }
    }

    /// The slope of a line through the times by the count of equal leading characters, in standard errors of that slope.
    fn slope(times: &[(f64, f64)]) -> f64 {
        let n = times.len() as f64;
        let mean = |of: fn(&(f64, f64)) -> f64| times.iter().map(of).sum::<f64>() / n;
        let (x, y) = (mean(|(x, _)| *x), mean(|(_, y)| *y));
        let (spread, both) = times.iter().fold((0.0, 0.0), |(spread, both), (a, b)| (spread + (a - x).powi(2), both + (a - x) * (b - y)));
        let slope = both / spread;
        let rest: f64 = times.iter().map(|(a, b)| (b - y - slope * (a - x)).powi(2)).sum();
        slope / (rest / (n - 2.0) / spread).sqrt()
    }

    /// Seen red with a loop over characters that ends at the first difference.
    #[test]
    fn the_time_of_a_comparison_does_not_tell_how_much_of_a_guess_is_right() {
        const PROBES: usize = 200_000;
        let measured = || {
            let token = PlainToken::generate().expect("randomness");
            let guesses: Vec<_> = (0..32)
                .map(|equal| {
                    let other = PlainToken::generate().expect("randomness");
                    let body = format!("{PREFIX}{}_{}{}", token.handle(), &token.secret()[..equal], &other.secret()[equal..]);
                    PlainToken::parse(&format!("{body}_{}", checksum(&body))).expect("the form of a token")
                })
                .collect();
            let stored = token.hash();
            // All guesses are compared in one place of memory, in an order by chance: where a guess lies and which came before have times of
            // their own, and those would be taken for a slope.
            let mut order = vec![0_u8; PROBES];
            getrandom::fill(&mut order).expect("randomness");
            let mut guess = PlainToken(Zeroizing::new(String::with_capacity(LENGTH)));
            let mut times: Vec<_> = order
                .into_iter()
                .map(|drawn| {
                    let equal = usize::from(drawn % 32);
                    guess.0.clear();
                    guess.0.push_str(&guesses[equal].0);
                    let begun = std::time::Instant::now();
                    assert!(!std::hint::black_box(&guess).fits(std::hint::black_box(&stored)));
                    (equal as f64, begun.elapsed().as_nanos() as f64)
                })
                .collect();
            // What was interrupted says nothing about the comparison.
            times.sort_by(|(_, one), (_, other)| one.total_cmp(other));
            times.truncate(PROBES * 9 / 10);
            slope(&times)
        };
        // The border of 95 %, which a constant time is outside of once in twenty times. Each try has other guesses in other places.
        assert!(std::iter::repeat_with(measured).take(5).any(|slope| slope.abs() < 1.96), "the time grows with what is right");
    }
}
