//! What the stories need: the binary, a database for it, an identity provider, HTTP by hand.

mod binary;
mod deployment;
mod http;
mod newcomer;
mod provider;
#[expect(dead_code, reason = "shared with tests/db, which needs more of it")]
#[path = "../../db/scratch.rs"]
mod scratch;
mod tables;

pub use binary::{Running, Said, binary, commands, said};
pub use deployment::{Deployment, MASTER_KEYS, Settings};
pub use http::{Answer, ask, get, raw};
pub use newcomer::Dev;
pub use provider::Provider;
pub use scratch::{Project, at_work_in, eventually, id, we_are_root};
pub use tables::table;
