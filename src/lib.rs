//! Peer Coaching: a company's people coach each other, quarter by quarter. This is the service under it: a stateless
//! HTTP/JSON API over PostgreSQL.
//!
//! # The map
//!
//! One folder for each word of the domain, with the same four files in each: `mod.rs` tells the slice's story and holds
//! its verbs, `rules.rs` decides (pure: no SQL, no HTTP, no clock of its own), `store.rs` holds its SQL (one function,
//! one statement), `http.rs` translates (requests and answers, thin handlers, routes). Learn one folder, know them all:
//!
//! - [`members`], [`policy`], [`cycles`], [`participations`], [`reflections`], [`coaches`], [`pairings`],
//!   [`check_ins`], [`calendar`], [`notes`], [`actions`], [`insights`], [`next_step`], [`help_requests`], [`statistics`],
//!   [`export`], [`events`], [`webhooks`], [`erasures`], [`retention`], [`audit_entries`]; [`visibility`], who may see what;
//!   and [`organizations`], the tenants, which an operator founds.
//! - [`access`] knows who signed a token and what it says; [`limits`] sends away who asks too much; [`door`] turns a token
//!   into a [`db::Scope`], the caller's view of the database; [`db`] is the only way to a connection.
//! - [`web`] holds the manners that all slices share: bodies, problems, ETags, pages, idempotency.
//! - [`app`] puts it together, [`openapi`] describes it, [`server`] runs it, [`worker`] does what nobody asks for,
//!   [`commands`] and [`dev`] start it.
//! - [`codes`] is the catalogue of refusals, [`error`] what `?` lifts, [`ids`] and [`clock`] what everything stands on,
//!   [`vault`] the sealing of what people write, [`config`] every knob, [`telemetry`] the log, [`text`] what short texts may
//!   look like, [`json`] what was really written, [`zones`] where the clocks say what.
//!
//! # The arrows
//!
//! Left may use right, never back: `main → commands → app → */http → */mod → {*/rules, */store → db} → {access, ids,
//! clock, codes, error}`, and `*/http → web`. A slice calls another slice's verbs and knows its rules' types, never its
//! store; a store writes its own tables only. `tests/architecture.rs` keeps this.
//!
//! # One request: `POST /v1/pairings`
//!
//! 1. [`limits::gate`] has [`door`] verify the token (no I/O on the happy path) and takes a request from the caller's
//!    bucket; [`door`] yields a [`db::Scope`], the handler's first argument. A stranger, and whoever is refused, costs
//!    neither a body nor a connection.
//! 2. [`web`] yields the idempotency key and the body, checked against the schema that the document shows.
//! 3. `pairings::http` hands both to [`web::Once`], which opens the transaction. `begin` and who is asking travel to
//!    the database in the same flush as the first statement.
//! 4. [`pairings::request`] takes both people's locks, gathers the facts (settling what the clock has done since), asks
//!    the rule, stores.
//! 5. `pairings::requests::may_request` decides. Business rules stand in pure files, `rules.rs` and beside it, and nowhere
//!    else; but for one: what the clock will make of a pairing and its calls is foreseen by the two statements called
//!    `foresee`, for one pairing or for all of a cycle.
//! 6. The answer is kept under the key, in the same transaction; commit; 201 with `Location` and `ETag`.
//!
//! Two nets lie under all of it. Row-level security: every transaction says who is asking, and PostgreSQL shows nothing
//! else. Constraints: what must never be true (a place given twice, the same coach twice in a row, two cycles at once)
//! is refused by the database, however many requests race.

pub mod access;
pub mod actions;
pub mod app;
pub mod audit_entries;
pub mod calendar;
pub mod check_ins;
pub mod clock;
pub mod coaches;
pub mod codes;
pub mod commands;
pub mod config;
pub mod cycles;
pub mod db;
#[cfg(feature = "dev")]
pub mod dev;
pub mod door;
pub mod erasures;
pub mod error;
pub mod events;
pub mod export;
pub mod help_requests;
pub mod ids;
pub mod insights;
pub mod json;
pub mod life;
pub mod limits;
pub mod members;
pub mod next_step;
pub mod notes;
pub mod openapi;
pub mod organizations;
pub mod pairings;
pub mod participations;
pub mod policy;
pub mod reflections;
pub mod retention;
pub mod server;
pub mod statistics;
pub mod telemetry;
pub mod text;
pub mod vault;
pub mod visibility;
pub mod web;
pub mod webhooks;
pub mod worker;
pub mod zones;
