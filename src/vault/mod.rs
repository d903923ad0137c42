//! Secrets: the master keys, what is derived from them, and the sealing of what people write.
//!
//! A text is sealed with a key of its owner's before it reaches the database. This keeps it from administrators, from
//! whoever reads the database, and from backups; not from whoever runs the service, which opens it for those who may read
//! it.

mod keyring;
mod keys;
mod seal;

pub use keyring::{OrganizationKey, OwnerKey, Vault};
pub use keys::{KeysError, MasterKeys};
pub use seal::{Column, Unopened};
