//! The way to PostgreSQL: a pool for each worker, transactions that know who is asking, migrations.
//!
//! [`Scope`] is the only door: there is no other way to a connection, so no query forgets the organization, no writer
//! forgets to commit, and a function's signature says whether it writes.

#[cfg(feature = "dev")]
pub mod embedded;
mod error;
mod keys;
pub mod migrate;
mod people;
mod pool;
pub mod roles;
mod scope;
mod transaction;

pub use error::{DbError, OnConstraint};
pub use pool::{Database, DatabaseSettings};
pub use scope::Scope;
pub use transaction::{Params, ReadTx, WriteTx};

/// Marks a statement. It returns its text; `tests/db/statements.rs` finds the marks and prepares each statement
/// against the migrated schema.
#[macro_export]
macro_rules! sql {
    ($text:literal) => {
        $text
    };
}
