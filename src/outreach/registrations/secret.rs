//! The secret in a person's own links: which registration it opens, and a proof that we made the link.
//!
//! The surprising rule: nothing of it is stored. It is computed from the registration and its `secret_number`
//! whenever a letter needs it, and a higher number revokes every link that was given out before.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use crate::access::secrets::{Digest, Pepper, Secret};
use crate::db::Id;

/// Separates this use of the pepper from every other one in the program.
const LABEL: &[u8] = b"relais registration secret v1\0";
/// How many bytes of the proof a link carries: 160 bits.
const PROOF: usize = 20;
/// What comes before the proof: two ids and a number.
const FACTS: usize = 16 + 16 + 8;

/// What stands before the proof.
fn facts(team_id: Id, registration_id: Id, number: i64) -> Vec<u8> {
    let mut facts = Vec::with_capacity(FACTS + PROOF);
    facts.extend_from_slice(team_id.bytes());
    facts.extend_from_slice(registration_id.bytes());
    facts.extend_from_slice(&number.to_be_bytes());
    facts
}

/// The facts are all of one length and the pepper comes first, so there is nothing to extend.
fn proof(pepper: &Pepper, facts: &[u8]) -> Vec<u8> {
    let digest = Sha256::new()
        .chain_update(LABEL)
        .chain_update(pepper.expose())
        .chain_update(facts)
        .finalize();
    // Once more, so that what is shown is not the state of the digest.
    let outer = Sha256::new()
        .chain_update(LABEL)
        .chain_update(pepper.expose())
        .chain_update(digest)
        .finalize();
    outer.into_iter().take(PROOF).collect()
}

/// The secret that opens a registration while its `secret_number` is `number`.
#[must_use]
pub fn of(pepper: &Pepper, team_id: Id, registration_id: Id, number: i64) -> Secret {
    let mut bytes = facts(team_id, registration_id, number);
    let proof = proof(pepper, &bytes);
    bytes.extend_from_slice(&proof);
    Secret::from(URL_SAFE_NO_PAD.encode(bytes))
}

/// What a secret opens: the team, the registration, and the number that it must still have. None when it is not one of
/// ours; compared in constant time.
#[must_use]
pub fn opened(pepper: &Pepper, secret: &Secret) -> Option<(Id, Id, i64)> {
    let text = secret.expose();
    if text.len() > 100 {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (facts, given) = bytes.split_at_checked(FACTS)?;
    let (team_id, rest) = facts.split_at_checked(16)?;
    let (registration_id, number) = rest.split_at_checked(16)?;
    let is_ours = Digest::of(given) == Digest::of(&proof(pepper, facts));
    is_ours.then_some(())?;
    Some((
        Id::from_bytes(team_id)?,
        Id::from_bytes(registration_id)?,
        i64::from_be_bytes(number.try_into().ok()?),
    ))
}

#[cfg(test)]
mod tests {
    use super::{of, opened};
    use crate::access::secrets::{Pepper, Secret};
    use crate::db::Id;

    #[test]
    fn a_secret_opens_what_it_was_made_for() {
        let pepper = Pepper::from([7; 32]);
        let (team, registration) = (Id::new(), Id::new());
        let secret = of(&pepper, team, registration, 3);
        assert_eq!(secret.expose().len(), 80);
        assert_eq!(opened(&pepper, &secret), Some((team, registration, 3)));
        assert_eq!(opened(&Pepper::from([8; 32]), &secret), None);
    }

    #[test]
    fn a_changed_secret_opens_nothing() {
        let pepper = Pepper::from([7; 32]);
        let text = of(&pepper, Id::new(), Id::new(), 0).expose().to_owned();
        for place in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
            let changed = Secret::from(String::from_utf8(bytes).unwrap());
            assert_eq!(opened(&pepper, &changed), None, "at {place}");
        }
        for text in ["", "AAAA", &text[..79], &format!("{text}AAAA"), "é"] {
            assert_eq!(opened(&pepper, &Secret::from(text.to_owned())), None);
        }
    }
}
