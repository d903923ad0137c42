//! A company to test with: its own organization, clock and service, over one database that all tests share.
//!
//! People act, the whole answer is compared: `ana.post("/v1/pairings", json!(…)).await.told()`.

mod answer;
pub mod company;
#[path = "../../support/database.rs"]
pub mod database;
pub mod described;
pub mod document;
pub mod log;
mod outside;
mod person;
pub mod receiver;
mod traffic;
mod wire;

pub use answer::{Answer, each};
pub use company::{Company, LimitedBy, Town, issuer_of};
pub use outside::{Meanwhile, database_of_its_own, outside};
pub use person::{Person, action_path, call_path, path_of};
