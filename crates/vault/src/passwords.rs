//! Passwords of local accounts: argon2id (RFC 9106) with 46 MiB, one pass, one lane, as OWASP ASVS 5.0 appendix C allows.

use crate::Failure;
use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use domain::{FieldProblem, Problem, key_input::SecretInput};
use std::{
    io,
    sync::{
        LazyLock,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};
use tokio::runtime::{Builder, Runtime};

/// The fewest characters of a password.
const SHORTEST: usize = 12;
/// The most bytes of a password; longer ones are refused, never cut.
const LONGEST: usize = 1_024;
const MEMORY_KIB: u32 = 47_104;
/// Hashes that run at once: two bound the memory to 92 MiB, and half of the processors are left to everybody else.
static AT_ONCE: LazyLock<usize> = LazyLock::new(|| (thread::available_parallelism().map_or(1, usize::from) / 2).clamp(1, 2));
/// Callers that may wait for a hash. Beyond it they are told to come back.
const WAITING: usize = 32;

/// What they are told.
const BUSY: Problem = Problem::Unavailable { retry_after: 2 };
/// How long a caller waits for a hash at most. Half the time within which every request is answered.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// How much a hash gives way to whatever else wants a processor (`nice(1)`): a flood of sign-ins would otherwise keep every processor
/// from the requests of others. Under load a hash still gets a quarter of one; at 19 it would get next to nothing.
const NICE: i32 = 5;

/// The threads that hash, apart from the pool that everything else blocks in.
static HASHING: LazyLock<io::Result<Runtime>> = LazyLock::new(|| {
    let threads = Builder::new_current_thread().max_blocking_threads(*AT_ONCE).thread_name("passwords").on_thread_start(give_way).build();
    threads.inspect_err(|error| tracing::error!(%error, "there are no threads to hash passwords with"))
});
static QUEUED: AtomicUsize = AtomicUsize::new(0);
/// What an unknown account's password is compared with, so that it takes as long as a known one's.
static NOBODY: LazyLock<Option<String>> = LazyLock::new(|| {
    let mut random = [0; 32];
    getrandom::fill(&mut random).ok()?;
    hash_now(&random).ok()
});

fn hasher() -> Result<Argon2<'static>, argon2::Error> {
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(MEMORY_KIB, 1, 1, None)?))
}

fn hash_now(password: &[u8]) -> Result<String, Failure> {
    let argon2 = hasher().map_err(|error| Failure::because(Problem::Internal, error.to_string()))?;
    let hash: PasswordHash = argon2.hash_password(password).map_err(|error| Failure::because(Problem::Internal, error.to_string()))?;
    Ok(hash.to_string())
}

/// A place in the queue; given back when dropped.
struct Place;

impl Place {
    fn take() -> Result<Self, Problem> {
        if QUEUED.fetch_add(1, Ordering::Relaxed) >= *AT_ONCE + WAITING {
            QUEUED.fetch_sub(1, Ordering::Relaxed);
            return Err(BUSY);
        }
        Ok(Self)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        QUEUED.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Refuses as [`verify`] would when too many wait, before anything else is done for the caller.
///
/// # Errors
/// `Unavailable`.
pub(crate) fn room() -> Result<(), Problem> {
    Place::take().map(drop)
}

/// On Linux it is the calling thread that this makes give way. Refused, it changes nothing but who waits.
fn give_way() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, NICE) {
        tracing::warn!(%error, "hashing passwords does not give way to other work");
    }
}

async fn hashing<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
    let place = Place::take()?;
    let threads = HASHING.as_ref().map_err(|error| Failure::because(Problem::Internal, error.to_string()))?;
    let done = threads.spawn_blocking(move || {
        let result = work();
        // Held until the hash is done, even when the caller has gone away.
        drop(place);
        result
    });
    let done = tokio::time::timeout(LONGEST_WAIT, done).await.map_err(|_| BUSY)?;
    done.map_err(|error| Failure::because(Problem::Internal, error))
}

/// Checks a new password and hashes it into a PHC string.
///
/// # Errors
/// `Invalid` on field `password` when it is too short, too long or easy to guess; `Unavailable` when too many wait.
pub(crate) async fn hash(password: &SecretInput, account: &str) -> Result<String, Failure> {
    check(password.verbatim(), account)?;
    let password = password.clone();
    hashing(move || hash_now(password.verbatim().as_bytes())).await?
}

fn check(password: &str, account: &str) -> Result<(), FieldProblem> {
    let refuse = |code, message| Err(FieldProblem::new("password", code, message));
    if password.chars().count() < SHORTEST {
        return refuse("too_short", "Use at least 12 characters.");
    }
    if password.len() > LONGEST {
        return refuse("too_long", "Use at most 1,024 bytes.");
    }
    // The estimate is quadratic in the length; what is long and weak shows in its first 100 characters.
    let head: String = password.chars().take(100).collect();
    if zxcvbn::zxcvbn(&head, &[account, "keyward"]).score() < zxcvbn::Score::Three {
        return refuse("too_weak", "This password is easy to guess. Use several unrelated words or a password manager.");
    }
    Ok(())
}

/// Compares a password with a stored hash; without one it takes the same time and says no.
///
/// # Errors
/// `Unavailable` when too many wait, `Internal` when the stored hash cannot be read.
pub(crate) async fn verify(password: &SecretInput, stored: Option<String>) -> Result<bool, Failure> {
    if password.verbatim().len() > LONGEST {
        return Ok(false);
    }
    let password = password.clone();
    hashing(move || {
        let known = stored.is_some();
        let Some(stored) = stored.or_else(|| NOBODY.clone()) else { return Ok(false) };
        let hash = PasswordHash::new(&stored).map_err(|error| Failure::because(Problem::Internal, error.to_string()))?;
        let fits = Argon2::default().verify_password(password.verbatim().as_bytes(), &hash).is_ok();
        Ok(known && fits)
    })
    .await?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guessable_passwords_are_refused() {
        for password in ["short", "password1234", "aaaaaaaaaaaaaaaa", "qwertyuiop12", "ann@example.com", "123456789012"] {
            assert!(check(password, "ann@example.com").is_err(), "{password}");
        }
        assert!(check(&"x".repeat(1_025), "a").is_err());
        assert!(check("correct horse battery staple", "ann@example.com").is_ok());
    }

    #[tokio::test]
    async fn a_hash_fits_its_password_only_and_nobody_waits_for_one_for_long() {
        let right = SecretInput::new("correct horse battery staple".into());
        let stored = hash(&right, "ann@example.com").await.expect("a good password is hashed");
        assert!(stored.starts_with("$argon2id$v=19$m=47104,t=1,p=1$"), "{stored}");
        assert!(verify(&right, Some(stored.clone())).await.expect("hashing works"));
        assert!(!verify(&SecretInput::new("correct horse battery stapl".into()), Some(stored)).await.expect("hashing works"));
        assert!(!verify(&right, None).await.expect("hashing works"));
        who_waits_too_long_is_told_to_come_back().await;
    }

    /// Not a test of its own: whoever hashes beside it would wait too long as well.
    async fn who_waits_too_long_is_told_to_come_back() {
        let (release, held) = std::sync::mpsc::channel::<()>();
        let waited = std::time::Instant::now();
        let told = hashing(move || held.recv()).await.err().map(Failure::into_problem);
        assert_eq!(told, Some(BUSY));
        assert!(waited.elapsed() < LONGEST_WAIT * 3 / 2, "{:?}", waited.elapsed());
        drop(release);
    }
}
