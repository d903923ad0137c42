//! The service as its callers know it: real HTTP, a real database, one file for each slice and for each manner.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by a panic")]

mod bodies;
mod conditional;
mod conversation;
mod cors;
mod docs;
mod head;
mod idempotency;
mod limits;
mod openapi;
mod openapi_answers;
mod openapi_schemas;
mod paging;
mod problems;
mod queries;
mod request_id;
mod smuggling;
mod support;
mod unavailable;
mod values;
