//! The service as its callers know it: real HTTP, a real database, one file for each slice and for each manner.

#![expect(clippy::unwrap_used, reason = "a test that finds nothing to unwrap has failed")]

mod audit_entries;
mod coaches;
mod conversation;
mod cycles;
mod cycles_changed;
mod members_batch;
mod members_directory;
mod members_joining;
mod members_leaving;
mod members_me;
mod pairings_clock;
mod pairings_lists;
mod pairings_places;
mod pairings_requests;
mod pairings_verbs;
mod participations;
mod policy;
mod reflections;
mod support;
mod tenancy;
