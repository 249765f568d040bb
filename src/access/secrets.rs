//! Opaque secrets: refresh tokens, API tokens, addresses of calendar feeds.
//!
//! The surprising rule: a refresh token's successor is not random but computed from it
//! ([`Pepper::successor`]). So a client that lost the answer to a rotation can be given the same
//! successor again, although the database holds nothing but digests.
//!
//! All secrets here carry at least 128 random bits. That is why one round of SHA-256 is enough at
//! rest: there is nothing to guess, and a slow hash would cost every request milliseconds.

use std::fmt;
use std::hint::black_box;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::distr::Alphanumeric;
use rand::{Rng, RngCore};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

/// What every API token starts with, so that people and secret scanners recognise one.
pub const API_TOKEN_PREFIX: &str = "rls_";
/// Random characters after the prefix: 62^22, about 131 bits.
const API_TOKEN_RANDOM: usize = 22;
/// Characters of checksum at the end: about 35 bits.
const API_TOKEN_CHECKSUM: usize = 6;
/// Separates this use of SHA-256 from every other one in the program.
const SUCCESSOR_LABEL: &[u8] = b"relais refresh token successor v1\0";

/// Text that must not be seen. `Debug` prints `***`, there is no `Display`, no `Serialize` and no
/// `PartialEq`: to look inside one has to write [`expose`](Secret::expose), to compare,
/// [`digest`](Secret::digest).
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// A new secret: `prefix`, then `bytes` random bytes as unpadded base64url (RFC 4648 §5).
    /// 32 bytes for a refresh token, 20 for the address of a calendar feed.
    pub fn random(prefix: &str, bytes: usize) -> Self {
        let mut random = vec![0; bytes];
        // Cryptographically secure, seeded and reseeded by the operating system.
        rand::rng().fill_bytes(&mut random);
        Self(format!("{prefix}{}", URL_SAFE_NO_PAD.encode(random)))
    }

    /// The text itself, for the one answer that shows it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What the database keeps instead of the secret.
    pub fn digest(&self) -> Digest {
        Digest::of(self.0.as_bytes())
    }
}

/// What codes are made of that people read and type: nothing that looks like something else.
const READABLE: &[u8; 30] = b"23456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A random code that people can read and type. With six characters there are 30^6 of them: it tells things apart, and
/// is no secret.
pub fn readable_code(length: usize) -> String {
    let mut random = rand::rng();
    (0..length)
        .filter_map(|_| READABLE.get(random.random_range(0..READABLE.len())))
        .map(|byte| char::from(*byte))
        .collect()
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

/// The SHA-256 of a secret, as kept in the database. Compared in constant time.
#[derive(Clone, Copy, Eq)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of any bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The 32 bytes, for storing.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<[u8; 32]> for Digest {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl PartialEq for Digest {
    fn eq(&self, other: &Self) -> bool {
        let pairs = self.0.iter().zip(&other.0);
        // The barrier keeps the compiler from leaving the loop at the first difference.
        pairs.fold(0, |seen, (left, right)| black_box(seen | (left ^ right))) == 0
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Digest(***)")
    }
}

/// A secret of a tool: `rls_`, 22 random characters, 6 characters of checksum.
///
/// The checksum is no protection. It tells a mistyped or invented token from a revoked one
/// without asking the database, and lets secret scanners be sure of what they found.
#[derive(Clone, Debug)]
pub struct ApiToken(Secret);

impl ApiToken {
    /// A new token.
    pub fn random() -> Self {
        let random = rand::rng().sample_iter(Alphanumeric).take(API_TOKEN_RANDOM);
        let body: String = API_TOKEN_PREFIX
            .chars()
            .chain(random.map(char::from))
            .collect();
        let checksum = checksum(&body);
        Self(Secret(body + &checksum))
    }

    /// Reads a token as it came from a client. `None` when its form or its checksum is wrong,
    /// so that it cannot be one of ours.
    pub fn parse(text: &str) -> Option<Self> {
        let random = text.strip_prefix(API_TOKEN_PREFIX)?;
        if random.len() != API_TOKEN_RANDOM + API_TOKEN_CHECKSUM
            || !random.bytes().all(|byte| byte.is_ascii_alphanumeric())
        {
            return None;
        }
        let (body, end) = text.split_at_checked(text.len() - API_TOKEN_CHECKSUM)?;
        (checksum(body) == end).then(|| Self(Secret(text.to_owned())))
    }

    /// The text itself, shown once when the token is made.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// What the database keeps instead of the token.
    pub fn digest(&self) -> Digest {
        self.0.digest()
    }
}

fn checksum(body: &str) -> String {
    let digest = Sha256::digest(body);
    // 256 is no multiple of 62, so some characters come more often: of no matter to a checksum.
    let base62 = digest.iter().map(|byte| match byte % 62 {
        digit @ 0..=9 => b'0' + digit,
        digit @ 10..=35 => b'A' + (digit - 10),
        digit => b'a' + (digit - 36),
    });
    base62.take(API_TOKEN_CHECKSUM).map(char::from).collect()
}

/// The server's own part in computing successors of refresh tokens: 32 random bytes, the same on
/// all servers of one database. Changing it is harmless except to rotations of the last seconds.
#[derive(Clone)]
pub struct Pepper([u8; 32]);

impl Pepper {
    /// A new pepper.
    pub fn random() -> Self {
        let mut bytes = [0; 32];
        rand::rng().fill_bytes(&mut bytes);
        Self(bytes)
    }

    /// The bytes to seal and store; `From<[u8; 32]>` is the way back.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// The refresh token that follows `token`: 43 characters, the same each time.
    ///
    /// Whoever holds a token but not the pepper learns nothing about its successor. Hashing the
    /// token first makes all that follows the pepper of one length, which rules out the extension
    /// attack that otherwise calls for HMAC.
    pub fn successor(&self, token: &Secret) -> Secret {
        let successor = Sha256::new()
            .chain_update(SUCCESSOR_LABEL)
            .chain_update(self.0)
            .chain_update(token.digest().as_bytes())
            .finalize();
        Secret(URL_SAFE_NO_PAD.encode(successor))
    }
}

impl From<[u8; 32]> for Pepper {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for Pepper {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_do_not_show_in_debug() {
        let secret = Secret::random("rlr_", 32);
        assert_eq!(format!("{secret:?}"), "***");
        assert_eq!(format!("{:?}", ApiToken::random()), "ApiToken(***)");
        assert_eq!(format!("{:?}", Pepper::random()), "***");
        assert!(secret.expose().starts_with("rlr_"));
        assert_eq!(secret.expose().len(), 4 + 43);
    }

    #[test]
    fn digests_are_equal_only_for_the_same_text() {
        let secret = Secret::from("abc".to_owned());
        assert_eq!(secret.digest(), Digest::of(b"abc"));
        assert_ne!(secret.digest(), Digest::of(b"abd"));
        let mut bytes = *secret.digest().as_bytes();
        assert_eq!(
            bytes[..4],
            [0xba, 0x78, 0x16, 0xbf],
            "FIPS 180-2, example B.1"
        );
        bytes[31] ^= 1;
        assert_ne!(secret.digest(), Digest::from(bytes));
    }

    #[test]
    fn api_tokens_read_back() {
        for _ in 0..200 {
            let token = ApiToken::random();
            assert_eq!(token.expose().len(), 32);
            assert_eq!(
                ApiToken::parse(token.expose()).unwrap().digest(),
                token.digest()
            );
        }
    }

    #[test]
    fn api_tokens_keep_their_checksum_over_releases() {
        assert!(ApiToken::parse("rls_0123456789abcdefghijklkQCCCN").is_some());
    }

    #[test]
    fn a_changed_api_token_is_refused() {
        let text = ApiToken::random().expose().to_owned();
        for place in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[place] = if bytes[place] == b'x' { b'y' } else { b'x' };
            assert!(
                ApiToken::parse(&String::from_utf8(bytes).unwrap()).is_none(),
                "at {place}"
            );
        }
        for text in [
            "",
            "rls_",
            &text[..31],
            &format!("{text}a"),
            "rls_ééééééééééééé",
            "\u{1F980}",
        ] {
            assert!(ApiToken::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_successor_is_stable_and_needs_the_pepper() {
        let pepper = Pepper::from([7; 32]);
        let first = Secret::random("", 32);
        let second = pepper.successor(&first);
        assert_eq!(second.digest(), pepper.successor(&first).digest());
        assert_ne!(second.digest(), pepper.successor(&second).digest());
        assert_ne!(second.digest(), Pepper::random().successor(&first).digest());
        assert_ne!(
            second.digest(),
            pepper.successor(&Secret::random("", 32)).digest()
        );
        assert_eq!(second.expose().len(), first.expose().len());
    }
}
