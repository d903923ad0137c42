//! The service as its callers know it: real HTTP, a real database, one file for each slice and for each manner.

#![expect(clippy::unwrap_used, reason = "a test that finds nothing to unwrap has failed")]

mod conversation;
mod support;
