//! The service as its callers know it: real HTTP, a real database, one file for each slice and for each manner.

mod conversation;
mod cycles;
mod cycles_changed;
mod members_batch;
mod members_directory;
mod members_joining;
mod members_leaving;
mod members_me;
mod participations;
mod policy;
mod reflections;
mod support;
