//! Passwords: argon2id, and a desk that keeps hashing from drowning the server.
//!
//! The surprising rule: a password is brought to Unicode's NFC before hashing, and nothing else is
//! done to it: no trimming, no case folding, no forbidden characters. An "é" arrives as one code
//! point from one keyboard and as two from another; without NFC the same password would fail there
//! (RFC 8265 §4.2 asks for it too). NFC never makes two different-looking texts equal, so nothing
//! is lost, and what Unicode has once assigned keeps its NFC for ever.

use std::sync::Arc;

use argon2::password_hash::{self, Ident, PasswordHash, PasswordHasher, SaltString};
use argon2::{ARGON2ID_IDENT, Algorithm, Argon2, Params, PasswordVerifier, Version};
use rand::RngCore;
use thiserror::Error;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task;
use unicode_normalization::UnicodeNormalization;

use super::secrets::Secret;

/// The fewest code points of a password.
pub const MIN_CHARACTERS: usize = 8;
/// The most code points of a password.
pub const MAX_CHARACTERS: usize = 128;

/// KiB of memory for one hash (OWASP's recommendation, as are the passes).
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const ALGORITHM: Ident<'static> = ARGON2ID_IDENT;
const VERSION: Version = Version::V0x13;

/// How many hashes run at once if nothing else is said: 2 × 19 MiB, two cores.
const DEFAULT_AT_ONCE: usize = 2;
/// How many more may wait: about a second's worth.
const DEFAULT_WAITING: usize = 32;

/// Why a password was not hashed or not compared.
#[derive(Debug, Error)]
pub enum PasswordError {
    /// Fewer than [`MIN_CHARACTERS`].
    #[error("a password has at least {MIN_CHARACTERS} characters")]
    TooShort,
    /// More than [`MAX_CHARACTERS`].
    #[error("a password has at most {MAX_CHARACTERS} characters")]
    TooLong,
    /// So many are waiting already that waiting makes no sense; answer 503 with `Retry-After`.
    #[error("too many sign-ins at once")]
    Busy,
    /// The stored hash is not one, or the hash function failed: a fault of ours, not the caller's.
    #[error("the password hash could not be computed: {0}")]
    Hash(password_hash::Error),
    /// The thread that hashed is gone: a panic or the end of the program.
    #[error("hashing was interrupted")]
    Interrupted(#[from] task::JoinError),
}

impl From<password_hash::Error> for PasswordError {
    fn from(error: password_hash::Error) -> Self {
        Self::Hash(error)
    }
}

/// What comparing a password brought to light.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The right one.
    Right,
    /// The right one, but hashed the way of an older release: hash it again and store that.
    RightButOutdated,
    /// The wrong one, or there is no such account.
    Wrong,
}

/// Whether a new password has the right length: 8 to 128 code points in NFC, of any kind.
pub fn check_length(password: &str) -> Result<(), PasswordError> {
    match password.nfc().take(MAX_CHARACTERS + 1).count() {
        ..MIN_CHARACTERS => Err(PasswordError::TooShort),
        MIN_CHARACTERS..=MAX_CHARACTERS => Ok(()),
        _ => Err(PasswordError::TooLong),
    }
}

/// The PHC string of a new password, about 100 characters. Takes tens of milliseconds and 19 MiB:
/// in async code go through the [`PasswordDesk`].
pub fn hash(password: &str) -> Result<String, PasswordError> {
    check_length(password)?;
    let mut salt = [0; 16];
    rand::rng().fill_bytes(&mut salt);
    let salt = SaltString::encode_b64(&salt)?;
    Ok(argon2()?
        .hash_password(&normalized(password), &salt)?
        .to_string())
}

/// Compares `password` with a stored PHC string. `None` is for an unknown account: it takes the
/// same time and is always [`Verdict::Wrong`], so that time does not tell who has an account.
pub fn verify(stored: Option<&str>, password: &str) -> Result<Verdict, PasswordError> {
    let password = normalized(password);
    let Some(stored) = stored else {
        let salt = SaltString::encode_b64(&[0; 16])?;
        argon2()?.hash_password(&password, &salt)?;
        return Ok(Verdict::Wrong);
    };
    let stored = PasswordHash::new(stored)?;
    match argon2()?.verify_password(&password, &stored) {
        Ok(()) if is_current(&stored) => Ok(Verdict::Right),
        Ok(()) => Ok(Verdict::RightButOutdated),
        Err(password_hash::Error::Password) => Ok(Verdict::Wrong),
        Err(error) => Err(error.into()),
    }
}

fn argon2() -> Result<Argon2<'static>, password_hash::Error> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None)?;
    Ok(Argon2::new(Algorithm::Argon2id, VERSION, params))
}

fn is_current(stored: &PasswordHash<'_>) -> bool {
    let same_costs = Params::try_from(stored).is_ok_and(|params| {
        (params.m_cost(), params.t_cost(), params.p_cost()) == (MEMORY_KIB, PASSES, LANES)
    });
    same_costs && stored.algorithm == ALGORITHM && stored.version == Some(VERSION.into())
}

fn normalized(password: &str) -> Vec<u8> {
    password.nfc().collect::<String>().into_bytes()
}

/// Hashes and compares passwords beside the async threads, a few at once, with a short queue.
///
/// A caller that goes away frees its place in the queue, but a hash that has begun runs to its end
/// and keeps its place until then: dropped requests cannot make more run than allowed.
#[derive(Debug, Clone)]
pub struct PasswordDesk {
    /// One for each that runs or waits.
    admitted: Arc<Semaphore>,
    /// One for each that runs.
    running: Arc<Semaphore>,
}

impl PasswordDesk {
    /// Lets `at_once` hashes run (19 MiB each) and `waiting` more wait. At least one runs.
    pub fn new(at_once: usize, waiting: usize) -> Self {
        let at_once = at_once.clamp(1, Semaphore::MAX_PERMITS);
        let admitted = at_once.saturating_add(waiting).min(Semaphore::MAX_PERMITS);
        Self {
            admitted: Arc::new(Semaphore::new(admitted)),
            running: Arc::new(Semaphore::new(at_once)),
        }
    }

    /// [`hash`], when it is our turn. The length is checked before waiting.
    pub async fn hash(&self, password: Secret) -> Result<String, PasswordError> {
        check_length(password.expose())?;
        self.run(move || hash(password.expose())).await
    }

    /// [`verify`], when it is our turn.
    pub async fn verify(
        &self,
        stored: Option<String>,
        password: Secret,
    ) -> Result<Verdict, PasswordError> {
        self.run(move || verify(stored.as_deref(), password.expose()))
            .await
    }

    /// Takes every place that is free, until the answer is dropped: whoever comes meanwhile is told
    /// to come back. Lets tests fill the desk without racing against the hashes.
    pub fn fill(&self) -> Option<OwnedSemaphorePermit> {
        let free = u32::try_from(self.admitted.available_permits()).ok()?;
        Arc::clone(&self.admitted).try_acquire_many_owned(free).ok()
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let admitted = Arc::clone(&self.admitted)
            .try_acquire_owned()
            .map_err(|_| PasswordError::Busy)?;
        let running = Arc::clone(&self.running)
            .acquire_owned()
            .await
            .map_err(|_| PasswordError::Busy)?;
        task::spawn_blocking(move || {
            // Both places are given back when the work ends, not when the caller stops waiting.
            let _places = (admitted, running);
            work()
        })
        .await?
    }
}

impl Default for PasswordDesk {
    fn default() -> Self {
        Self::new(DEFAULT_AT_ONCE, DEFAULT_WAITING)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn a_password_is_right_or_wrong() {
        let stored = hash(" Correct horse\u{0}\u{1F40E} ").unwrap();
        assert!(
            stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{stored}"
        );
        let verdict = |password| verify(Some(&stored), password).unwrap();
        assert_eq!(verdict(" Correct horse\u{0}\u{1F40E} "), Verdict::Right);
        assert_eq!(verdict("Correct horse\u{0}\u{1F40E}"), Verdict::Wrong);
        assert_eq!(verdict(""), Verdict::Wrong);
        assert_ne!(hash("password").unwrap(), hash("password").unwrap());
    }

    #[test]
    fn the_same_letters_are_the_same_password() {
        let stored = hash("caf\u{e9}s noirs").unwrap();
        assert_eq!(
            verify(Some(&stored), "cafe\u{301}s noirs").unwrap(),
            Verdict::Right
        );
        assert_eq!(
            verify(Some(&stored), "cafes noirs").unwrap(),
            Verdict::Wrong
        );
    }

    #[test]
    fn older_hashes_are_right_but_outdated() {
        let salt = SaltString::encode_b64(&[7; 16]).unwrap();
        for (algorithm, version, memory, passes) in [
            (Algorithm::Argon2id, Version::V0x13, 8, 2),
            (Algorithm::Argon2id, Version::V0x13, MEMORY_KIB, 1),
            (Algorithm::Argon2id, Version::V0x10, MEMORY_KIB, 2),
            (Algorithm::Argon2i, Version::V0x13, MEMORY_KIB, 2),
        ] {
            let params = Params::new(memory, passes, 1, None).unwrap();
            let argon2 = Argon2::new(algorithm, version, params);
            let stored = argon2
                .hash_password(b"password", &salt)
                .unwrap()
                .to_string();
            assert_eq!(
                verify(Some(&stored), "password").unwrap(),
                Verdict::RightButOutdated
            );
            assert_eq!(verify(Some(&stored), "Password").unwrap(), Verdict::Wrong);
        }
    }

    #[test]
    fn an_unknown_account_is_wrong_and_a_damaged_hash_an_error() {
        assert_eq!(verify(None, "password").unwrap(), Verdict::Wrong);
        for stored in [
            "",
            "password",
            "$2b$12$abcdefghijklmnopqrstuv",
            "$argon2id$v=19$m=1$",
        ] {
            assert!(matches!(
                verify(Some(stored), "password"),
                Err(PasswordError::Hash(_))
            ));
        }
    }

    #[test]
    fn an_unknown_account_costs_as_much_as_a_wrong_password() {
        let stored = hash("password").unwrap();
        let cost = |stored: Option<&str>| {
            let began = std::time::Instant::now();
            assert_eq!(verify(stored, "Password").unwrap(), Verdict::Wrong);
            began.elapsed()
        };
        // The fastest of several, in turns, because others work on this machine too.
        let costs: Vec<_> = (0..5).map(|_| (cost(Some(&stored)), cost(None))).collect();
        let known = costs.iter().map(|(known, _)| *known).min().unwrap();
        let unknown = costs.iter().map(|(_, unknown)| *unknown).min().unwrap();
        // Without a hash it would be a thousandth.
        assert!(
            unknown * 4 > known && known * 4 > unknown,
            "{known:?}, and {unknown:?} for nobody"
        );
    }

    #[test]
    fn lengths_are_counted_in_code_points() {
        assert!(matches!(
            check_length("1234567"),
            Err(PasswordError::TooShort)
        ));
        assert!(matches!(
            check_length(&"e\u{301}".repeat(7)),
            Err(PasswordError::TooShort)
        ));
        assert!(check_length("12345678").is_ok());
        assert!(check_length(&"\u{1F40E}".repeat(128)).is_ok());
        assert!(matches!(
            check_length(&"x".repeat(129)),
            Err(PasswordError::TooLong)
        ));
        assert!(matches!(hash("short"), Err(PasswordError::TooShort)));
    }

    #[tokio::test]
    async fn the_desk_hashes_and_verifies() {
        let desk = PasswordDesk::default();
        let secret = |text: &str| Secret::from(text.to_owned());
        let stored = desk.hash(secret("password")).await.unwrap();
        let verdict = desk.verify(Some(stored), secret("password")).await.unwrap();
        assert_eq!(verdict, Verdict::Right);
        assert_eq!(
            desk.verify(None, secret("password")).await.unwrap(),
            Verdict::Wrong
        );
        assert!(matches!(
            desk.hash(secret("short")).await,
            Err(PasswordError::TooShort)
        ));
    }

    #[tokio::test]
    async fn one_runs_one_waits_and_the_third_is_told_to_come_back() {
        let desk = PasswordDesk::new(1, 1);
        let (release, released) = mpsc::channel::<()>();
        let run = |work: Box<dyn FnOnce() + Send>| {
            let desk = desk.clone();
            tokio::spawn(async move {
                desk.run(move || {
                    work();
                    Ok(())
                })
                .await
            })
        };
        let first = run(Box::new(move || released.recv().unwrap()));
        while desk.running.available_permits() > 0 {
            task::yield_now().await;
        }
        let second = run(Box::new(|| ()));
        while desk.admitted.available_permits() > 0 {
            task::yield_now().await;
        }
        assert!(matches!(
            desk.run(|| Ok(())).await,
            Err(PasswordError::Busy)
        ));
        // Who waits and goes away makes room …
        second.abort();
        assert!(second.await.unwrap_err().is_cancelled());
        assert_eq!(desk.admitted.available_permits(), 1);
        // … but what runs keeps its place although nobody waits for it any more.
        first.abort();
        assert!(first.await.unwrap_err().is_cancelled());
        assert_eq!(desk.running.available_permits(), 0);
        release.send(()).unwrap();
        desk.run(|| Ok(())).await.unwrap();
        assert_eq!(desk.admitted.available_permits(), 2);
    }
}
