//! The service as its callers know it: real HTTP, a real database, one file for each slice and for each manner.

mod bodies;
mod conversation;
mod problems;
mod queries;
mod support;
