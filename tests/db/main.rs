//! The database as it really is: no stand-ins, each test with a PostgreSQL of its own or a part of one.

#![expect(clippy::unwrap_used, reason = "a test may end by a panic, its helpers too")]

#[path = "../support/crowd.rs"]
mod crowd;
#[path = "../support/database.rs"]
mod database;
#[expect(dead_code, reason = "tests/api proves what it says")]
#[path = "../support/personal.rs"]
mod personal_data;
#[path = "../support/source.rs"]
mod source;
#[path = "../support/way.rs"]
mod way;

mod cancel;
mod coaches;
mod deaths;
mod embedded;
mod events;
mod keys;
mod lint;
mod migrations;
mod next_step;
mod owner;
mod personal;
mod row_security;
mod schema;
mod scope;
mod scratch;
mod statements;
mod tenancy;
mod world;
