//! Secrets of the service's own: master keys, and what is derived from them.

mod keys;

pub use keys::{KeysError, MasterKeys};
