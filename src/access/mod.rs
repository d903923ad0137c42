//! Who is asking: from a token's text to who signed it and what it says.
//!
//! The way of a token, each step in a file of its own:
//!
//! 1. `tokens` has perhaps verified it before (`memory`) and is done.
//! 2. `compact` takes it apart, strictly: three parts, no name twice, nothing critical that we do not know.
//! 3. `issuers` knows who may speak to us at all; the token's `iss` and `aud` only choose among them.
//! 4. `claims` reads what it says: until when, about whom, for which organization, as what (`bearer`).
//! 5. `ring` has the issuer's `keys`, keeps them fresh (`fetch`), and one of them must have signed it.
//!
//! Whatever fails, the outside hears one and the same 401; the reason ([`Rejected`]) is for logs and tests and never
//! holds a piece of the token. The rules are those of RFC 7519 (JWT), RFC 8725 (best current practice), RFC 9068
//! (access tokens) and RFC 7517 (keys), and where jsonwebtoken's defaults are laxer, we check ourselves.

mod algorithm;
mod bearer;
mod caller;
mod claims;
mod compact;
mod fetch;
mod issuers;
mod json;
mod keys;
mod memory;
mod rejected;
mod ring;
mod tokens;

pub use bearer::{Bearer, IntegrationScope, Scopes, Verified};
pub use caller::{Actor, Caller, Integration, Reason};
pub use issuers::{Issuers, SingleKey};
pub use rejected::Rejected;
pub use tokens::Tokens;
