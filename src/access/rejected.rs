//! Why a token was not accepted, for logs and tests.

/// The reason; the caller is never told which (RFC 6750, section 3.1 knows only `invalid_token`).
///
/// It names what was wrong and quotes nothing, so that it can be logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Rejected {
    /// More than 8 KiB of token.
    #[error("the token is too long")]
    TooLong,
    /// Not three parts of base64url, or not JSON objects in which every name appears once.
    #[error("the token is not a compact JWT")]
    Malformed,
    /// The header marks something as critical (`crit`); we know no such thing.
    #[error("the token needs an extension")]
    Critical,
    /// `iss` is missing, no string, or nobody that we know.
    #[error("the token's issuer is unknown")]
    Issuer,
    /// `aud` is missing, malformed, or does not name us.
    #[error("the token is meant for someone else")]
    Audience,
    /// `alg` is not one that this issuer signs with.
    #[error("the token's algorithm is not accepted")]
    Algorithm,
    /// `typ` is not one that this issuer's access tokens have.
    #[error("the token is of another type")]
    Type,
    /// `exp`, `nbf` or `iat` is not a sane number, or `exp` is missing.
    #[error("the token's times cannot be read")]
    Times,
    /// It was valid once.
    #[error("the token has expired")]
    Expired,
    /// It will be valid later (`nbf`), or was issued in the future (`iat`).
    #[error("the token is not valid yet")]
    NotYet,
    /// It lives longer than this issuer's tokens may.
    #[error("the token lives too long")]
    Lifetime,
    /// `sub` is missing or unfit to name anyone.
    #[error("the token's subject cannot be read")]
    Subject,
    /// The organization's claim is missing or not in the list that this issuer may name.
    #[error("the token names no organization that its issuer may speak for")]
    Organization,
    /// No key of the issuer's fits.
    #[error("the token's key is unknown")]
    UnknownKey,
    /// The token names no key, and more than one would fit.
    #[error("the token does not say which key signed it")]
    AmbiguousKey,
    /// The signature is not that of the key.
    #[error("the token's signature is wrong")]
    Signature,
}
