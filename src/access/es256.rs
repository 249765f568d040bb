//! ES256 keys, and ES256 for `jsonwebtoken`: ECDSA over P-256 with SHA-256 (RFC 7518 §3.4).
//!
//! The surprising rule: the crate's own `rust_crypto` feature stays off. It brings HMAC, RSA,
//! P-384 and Ed25519 along, of which one (`rsa`, RUSTSEC-2023-0071) has an open advisory without
//! a fix. With this provider no other algorithm can be chosen, whatever a token's header says,
//! because the program holds no other.

use std::fmt;

use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::jwk::{EllipticCurve, Jwk, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::signature::{self, Signer, Verifier};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, EncodingKey};
use p256::SecretKey;
use p256::ecdsa::{self, Signature, VerifyingKey};
use p256::elliptic_curve::rand_core::OsRng;
use p256::pkcs8::{DecodePrivateKey, EncodePrivateKey};
use sha2::{Digest, Sha256};
use thiserror::Error as ThisError;

/// Why a signing key cannot be used.
#[derive(Debug, ThisError)]
pub enum KeyError {
    /// The bytes are not a P-256 private key in PKCS#8.
    #[error("the stored signing key is not a P-256 key in PKCS#8")]
    Unreadable(#[source] Error),
    /// A new key could not be written as PKCS#8.
    #[error("the new signing key could not be encoded")]
    Unwritable(#[source] p256::pkcs8::Error),
}

/// One key pair. `Debug` shows its id only.
#[derive(Clone)]
pub struct SigningKey {
    kid: String,
    private: EncodingKey,
    public: DecodingKey,
    jwk: Jwk,
}

impl SigningKey {
    /// A new key pair.
    pub fn generate() -> Result<Self, KeyError> {
        let pkcs8 = SecretKey::random(&mut OsRng).to_pkcs8_der();
        Self::from_pkcs8(pkcs8.map_err(KeyError::Unwritable)?.as_bytes())
    }

    /// The key pair behind PKCS#8 bytes (RFC 5208, DER).
    pub fn from_pkcs8(pkcs8: &[u8]) -> Result<Self, KeyError> {
        install();
        let private = EncodingKey::from_ec_der(pkcs8);
        let mut jwk =
            Jwk::from_encoding_key(&private, Algorithm::ES256).map_err(KeyError::Unreadable)?;
        let kid = jwk
            .thumbprint(ThumbprintHash::SHA256)
            .map_err(KeyError::Unreadable)?;
        jwk.common.key_id = Some(kid.clone());
        jwk.common.public_key_use = Some(PublicKeyUse::Signature);
        let public = DecodingKey::from_jwk(&jwk).map_err(KeyError::Unreadable)?;
        Ok(Self {
            kid,
            private,
            public,
            jwk,
        })
    }

    /// The private key as PKCS#8, to be sealed and stored.
    pub fn pkcs8(&self) -> &[u8] {
        self.private.as_bytes()
    }

    /// The key's id: its thumbprint (RFC 7638), 43 characters.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The public key as it is published (RFC 7517).
    pub fn jwk(&self) -> &Jwk {
        &self.jwk
    }

    /// The private half, as `jsonwebtoken` wants it.
    pub(super) fn private(&self) -> &EncodingKey {
        &self.private
    }

    /// The public half, as `jsonwebtoken` wants it.
    pub(super) fn public(&self) -> &DecodingKey {
        &self.public
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("SigningKey")
            .field(&self.kid)
            .finish()
    }
}

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: signer,
    verifier_factory: verifier,
    key_utils: KeyUtils {
        ec_pub_components_from_private_key: public_coordinates,
        compute_digest: digest,
        ..KeyUtils::new_unimplemented()
    },
};

/// Makes ES256 the one algorithm of `jsonwebtoken` in this process. Nobody can sign or verify
/// without a key, so that making a key is the place to call it; again does nothing.
fn install() {
    // The error says that a provider is installed already: this one, as there is no other.
    let _ = PROVIDER.install_default();
}

struct Es256Signer(ecdsa::SigningKey);

impl Signer<Vec<u8>> for Es256Signer {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, signature::Error> {
        // Nonces are derived from key and message (RFC 6979): no random source to go wrong.
        let signature: Signature = self.0.try_sign(message)?;
        Ok(signature.to_vec())
    }
}

impl JwtSigner for Es256Signer {
    fn algorithm(&self) -> Algorithm {
        Algorithm::ES256
    }
}

struct Es256Verifier(VerifyingKey);

impl Verifier<Vec<u8>> for Es256Verifier {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        self.0.verify(message, &Signature::from_slice(signature)?)
    }
}

impl JwtVerifier for Es256Verifier {
    fn algorithm(&self) -> Algorithm {
        Algorithm::ES256
    }
}

fn signer(algorithm: &Algorithm, key: &EncodingKey) -> Result<Box<dyn JwtSigner>, Error> {
    only_es256(*algorithm, key.family())?;
    Ok(Box::new(Es256Signer(private_key(key.as_bytes())?)))
}

fn verifier(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>, Error> {
    only_es256(*algorithm, key.family())?;
    let key = VerifyingKey::from_sec1_bytes(key.try_get_as_bytes()?)
        .map_err(|_| ErrorKind::InvalidEcdsaKey)?;
    Ok(Box::new(Es256Verifier(key)))
}

fn only_es256(algorithm: Algorithm, family: AlgorithmFamily) -> Result<(), Error> {
    if algorithm == Algorithm::ES256 && family == AlgorithmFamily::Ec {
        Ok(())
    } else {
        Err(ErrorKind::UnsupportedAlgorithm.into())
    }
}

fn private_key(pkcs8: &[u8]) -> Result<ecdsa::SigningKey, Error> {
    ecdsa::SigningKey::from_pkcs8_der(pkcs8).map_err(|_| ErrorKind::InvalidEcdsaKey.into())
}

fn public_coordinates(
    pkcs8: &[u8],
    _: Algorithm,
) -> Result<(EllipticCurve, Vec<u8>, Vec<u8>), Error> {
    let point = private_key(pkcs8)?.verifying_key().to_encoded_point(false);
    match (point.x(), point.y()) {
        (Some(x), Some(y)) => Ok((EllipticCurve::P256, x.to_vec(), y.to_vec())),
        _ => Err(ErrorKind::InvalidEcdsaKey.into()),
    }
}

fn digest(data: &[u8], function: ThumbprintHash) -> Result<Vec<u8>, Error> {
    match function {
        ThumbprintHash::SHA256 => Ok(Sha256::digest(data).to_vec()),
        _ => Err(ErrorKind::UnsupportedAlgorithm.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_other_algorithm_can_be_had() {
        install();
        install();
        let secret = DecodingKey::from_secret(b"secret");
        for algorithm in [
            Algorithm::HS256,
            Algorithm::RS256,
            Algorithm::ES384,
            Algorithm::EdDSA,
        ] {
            assert!(jsonwebtoken::crypto::verify("", b"", &secret, algorithm).is_err());
        }
        assert!(jsonwebtoken::crypto::verify("", b"", &secret, Algorithm::ES256).is_err());
    }

    /// RFC 7515, appendix A.3: somebody else's key, token and signature.
    #[test]
    fn the_example_of_the_rfc_verifies() {
        install();
        let key = DecodingKey::from_ec_components(
            "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        )
        .unwrap();
        let message = b"eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
        let signature = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
        assert!(jsonwebtoken::crypto::verify(signature, message, &key, Algorithm::ES256).unwrap());
        assert!(
            !jsonwebtoken::crypto::verify(signature, b"other", &key, Algorithm::ES256).unwrap()
        );
    }

    #[test]
    fn a_key_reads_back_and_other_bytes_do_not() {
        let key = SigningKey::generate().unwrap();
        let again = SigningKey::from_pkcs8(key.pkcs8()).unwrap();
        assert_eq!((again.kid(), again.jwk()), (key.kid(), key.jwk()));
        assert_eq!(key.kid().len(), 43);
        assert_eq!(format!("{key:?}"), format!("SigningKey({:?})", key.kid()));
        for bytes in [&b""[..], b"key", &key.pkcs8()[1..]] {
            assert!(matches!(
                SigningKey::from_pkcs8(bytes),
                Err(KeyError::Unreadable(_))
            ));
        }
    }
}
