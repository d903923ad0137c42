//! The database as it really is: no stand-ins, each test with a PostgreSQL of its own or a part of one.

#![expect(clippy::unwrap_used, reason = "a test may end by a panic, its helpers too")]

mod deaths;
mod embedded;
mod owner;
mod scratch;
