//! The service as its callers know it: real HTTP, a real database, one file for each slice and for each manner.

#![expect(clippy::unwrap_used, reason = "a test that finds nothing to unwrap has failed")]

mod actions;
mod audit_entries;
mod bodies;
mod calendar;
mod calendar_addresses;
mod calendar_strangers;
mod check_ins;
mod check_ins_join_url;
mod check_ins_series;
mod coaches;
mod conditional;
mod conversation;
mod cors;
mod cycles;
mod cycles_changed;
mod cycles_zones;
mod docs;
mod erasure;
mod events;
mod export;
mod fullness;
mod head;
mod help_requests;
mod idempotency;
mod idempotency_sealed;
mod insights;
mod instants;
mod limits;
mod lives;
mod members_batch;
mod members_directory;
mod members_joining;
mod members_leaving;
mod members_me;
mod next_step;
mod next_step_bounds;
mod notes;
mod openapi;
mod openapi_answers;
mod openapi_schemas;
mod paging;
mod pairings_clock;
mod pairings_lists;
mod pairings_places;
mod pairings_requests;
mod pairings_texts;
mod pairings_verbs;
mod participations;
#[expect(dead_code, reason = "tests/db compares it with the schema")]
#[path = "../support/personal.rs"]
mod personal;
mod policy;
mod problems;
mod queries;
mod rate_limits;
mod reflection_shares;
mod reflection_shares_walk;
mod reflections;
mod reflections_text;
mod request_id;
mod retention;
mod sealed;
mod smuggling;
mod statistics;
mod strangers;
mod support;
mod tenancy;
#[expect(dead_code, reason = "tests/access needs more of it")]
#[path = "../support/tokens/mod.rs"]
mod tokens;
mod tokens_cost;
mod tokens_organization;
mod tokens_time;
mod unavailable;
mod values;
mod visibility;
mod webhooks;
mod webhooks_deliveries;
mod webhooks_strangers;
