//! The document held against the service, operation by operation: who may do what ([`authorization`]), who sees what
//! ([`visibility`]), and what becomes of hostile input (the `hostile_*` files). All read GET /openapi.json, so that an
//! operation which is added later is met without being asked for, or its absence from a table is told.

#![expect(clippy::unwrap_used, reason = "a test that finds nothing to unwrap has failed")]

#[expect(dead_code, unused_imports, reason = "other suites use the rest")]
#[path = "../api/support/mod.rs"]
mod support;

mod authorization;
mod call;
mod census;
mod formats;
mod ground;
mod hostile_addresses;
mod hostile_bodies;
mod hostile_headers;
mod hostile_sizes;
mod limits;
mod mutations;
mod operation;
mod table;
mod verbatim;
mod visibility;
mod world;
