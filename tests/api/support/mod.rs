//! A company to test with: its own organization, clock and service, over one database that all tests share.
//!
//! People act, the whole answer is compared: `ana.post("/v1/pairings", json!(…)).await.told()`.

mod answer;
mod company;
pub mod database;
pub mod document;
mod person;
mod wire;

pub use answer::Answer;
pub use company::{Company, Town};
pub use person::Person;
