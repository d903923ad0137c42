//! The service as its callers know it: real HTTP, a real database, one file for each slice and for each manner.

mod bodies;
mod conditional;
mod conversation;
mod cors;
mod head;
mod idempotency;
mod limits;
mod paging;
mod problems;
mod queries;
mod request_id;
mod smuggling;
mod support;
mod unavailable;
