//! Sealing: what lies in the database but must not be readable there, such as signing keys.
//!
//! The surprising rule: without `RELAIS_SECRET` values are stored as they are, and they stay
//! readable after the secret is set. The first byte of each value says how it is kept. The other
//! way round is an error that says so: a sealed value needs the secret that sealed it.
//!
//! Sealing is for backups and stolen disks. It does not protect from somebody who can write to the
//! database, who could as well store a plain key of their own.

use std::fmt;

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use rand::RngCore;
use sha2::{Digest, Sha256};
use thiserror::Error;

/// The fewest characters `RELAIS_SECRET` may have.
pub const SECRET_MIN_CHARACTERS: usize = 32;

/// First byte of a value that is stored as it is.
const PLAIN: u8 = 0;
/// First byte of a value sealed with XChaCha20-Poly1305: then 24 bytes of nonce, then the
/// ciphertext, which is 16 bytes longer than the value.
const SEALED: u8 = 1;
const NONCE_BYTES: usize = 24;
/// Separates this use of the secret from every other one.
const KEY_LABEL: &[u8] = b"relais sealing key v1\0";

/// Why a value cannot be sealed or opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SealingError {
    /// The setting is too short to make a key of.
    #[error("RELAIS_SECRET needs at least {SECRET_MIN_CHARACTERS} characters")]
    SecretTooShort,
    /// The value is sealed and there is no secret to open it with.
    #[error("the database holds values sealed with RELAIS_SECRET, but the setting is missing")]
    SecretMissing,
    /// The value is sealed with another secret, for another purpose, or damaged.
    #[error("RELAIS_SECRET is not the one that sealed this value, or the value is damaged")]
    SecretWrong,
    /// The value starts with a byte no release of this program has written.
    #[error("a stored value is empty or of an unknown format; was it written by a newer release?")]
    UnknownFormat,
    /// The value is longer than the cipher allows (256 GiB).
    #[error("the value is too long to seal")]
    TooLong,
}

/// Seals and opens values. Cheap to clone.
#[derive(Clone)]
pub struct Sealer(Option<XChaCha20Poly1305>);

impl Sealer {
    /// Seals with a key made from the setting `RELAIS_SECRET`; refuses a short one.
    pub fn from_secret(secret: &str) -> Result<Self, SealingError> {
        if secret.chars().count() < SECRET_MIN_CHARACTERS {
            return Err(SealingError::SecretTooShort);
        }
        // One hash and no slow derivation: the setting is meant to be random, not a password.
        let key = Sha256::new()
            .chain_update(KEY_LABEL)
            .chain_update(secret)
            .finalize();
        Ok(Self(Some(XChaCha20Poly1305::new(&key))))
    }

    /// Stores values as they are, and opens only such values.
    pub fn none() -> Self {
        Self(None)
    }

    /// Whether new values are sealed. If not, the server warns at start.
    pub fn seals(&self) -> bool {
        self.0.is_some()
    }

    /// The bytes to store for `value`. `purpose` names the place (`signing_keys/<kid>`): the same
    /// must be given to open it, so that a sealed value cannot be moved to another row or column.
    pub fn seal(&self, purpose: &str, value: &[u8]) -> Result<Vec<u8>, SealingError> {
        let Some(cipher) = &self.0 else {
            return Ok([&[PLAIN], value].concat());
        };
        // 192 random bits do not repeat, which is why it is XChaCha and needs no counter.
        let mut nonce = [0; NONCE_BYTES];
        rand::rng().fill_bytes(&mut nonce);
        let payload = Payload {
            msg: value,
            aad: purpose.as_bytes(),
        };
        let ciphertext = cipher
            .encrypt(XNonce::from_slice(&nonce), payload)
            .map_err(|_| SealingError::TooLong)?;
        Ok([&[SEALED], nonce.as_slice(), &ciphertext].concat())
    }

    /// The value behind stored bytes. The errors say what the operator has to do.
    pub fn open(&self, purpose: &str, stored: &[u8]) -> Result<Vec<u8>, SealingError> {
        match stored.split_first() {
            Some((&PLAIN, value)) => Ok(value.to_vec()),
            Some((&SEALED, sealed)) => {
                let cipher = self.0.as_ref().ok_or(SealingError::SecretMissing)?;
                let (nonce, ciphertext) = sealed
                    .split_at_checked(NONCE_BYTES)
                    .ok_or(SealingError::SecretWrong)?;
                let payload = Payload {
                    msg: ciphertext,
                    aad: purpose.as_bytes(),
                };
                cipher
                    .decrypt(XNonce::from_slice(nonce), payload)
                    .map_err(|_| SealingError::SecretWrong)
            }
            _ => Err(SealingError::UnknownFormat),
        }
    }

    /// Whether a stored value is plain although there is a secret by now. Such values are opened,
    /// sealed and stored again at the next start.
    pub fn should_reseal(&self, stored: &[u8]) -> bool {
        self.seals() && stored.first() == Some(&PLAIN)
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if self.seals() {
            "Sealer(***)"
        } else {
            "Sealer(none)"
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "a secret of some forty-two characters, ok?";

    fn sealer() -> Sealer {
        Sealer::from_secret(SECRET).unwrap()
    }

    #[test]
    fn a_sealed_value_opens_again_and_never_looks_the_same() {
        let first = sealer().seal("signing_keys/a", b"private").unwrap();
        let second = sealer().seal("signing_keys/a", b"private").unwrap();
        assert_ne!(first, second);
        assert_eq!(first.len(), 1 + 24 + 7 + 16);
        assert!(!first.windows(7).any(|window| window == b"private"));
        assert_eq!(sealer().open("signing_keys/a", &first).unwrap(), b"private");
        assert!(!sealer().should_reseal(&first));
    }

    #[test]
    fn a_plain_value_stays_readable_after_the_secret_is_set() {
        let stored = Sealer::none().seal("p", b"value").unwrap();
        assert_eq!(stored, b"\0value");
        assert_eq!(Sealer::none().open("p", &stored).unwrap(), b"value");
        assert_eq!(sealer().open("p", &stored).unwrap(), b"value");
        assert!(sealer().should_reseal(&stored));
        assert!(!Sealer::none().should_reseal(&stored));
    }

    #[test]
    fn a_sealed_value_needs_its_secret_and_its_purpose() {
        let stored = sealer().seal("p", b"value").unwrap();
        let other = Sealer::from_secret(&SECRET.to_uppercase()).unwrap();
        assert_eq!(
            Sealer::none().open("p", &stored),
            Err(SealingError::SecretMissing)
        );
        assert_eq!(other.open("p", &stored), Err(SealingError::SecretWrong));
        assert_eq!(sealer().open("q", &stored), Err(SealingError::SecretWrong));
    }

    #[test]
    fn damaged_values_are_errors() {
        let stored = sealer().seal("p", b"value").unwrap();
        for place in 1..stored.len() {
            let mut damaged = stored.clone();
            damaged[place] ^= 1;
            assert_eq!(sealer().open("p", &damaged), Err(SealingError::SecretWrong));
            assert_eq!(
                sealer().open("p", &stored[..place]),
                Err(SealingError::SecretWrong)
            );
        }
        assert_eq!(sealer().open("p", b""), Err(SealingError::UnknownFormat));
        assert_eq!(
            sealer().open("p", b"\x02value"),
            Err(SealingError::UnknownFormat)
        );
    }

    #[test]
    fn short_secrets_are_refused() {
        assert_eq!(
            Sealer::from_secret(&"x".repeat(31)).err(),
            Some(SealingError::SecretTooShort)
        );
        assert!(Sealer::from_secret(&"é".repeat(32)).is_ok());
        assert_eq!(format!("{:?}", sealer()), "Sealer(***)");
    }
}
