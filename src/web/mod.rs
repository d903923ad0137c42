//! HTTP manners, the same for every slice: what a request may look like, and what every answer looks like.

mod body;
pub mod conditional;
pub mod docs;
pub mod health;
pub mod idempotency;
pub mod methods;
pub mod observe;
mod origin;
pub mod pages;
pub mod problem;
pub mod problem_pages;
mod query;
mod reply;
mod schema;
mod shown;

pub use body::{Body, MaybeBody, MergePatch, NoBody};
pub use conditional::{IfMatch, MaybeIfMatch};
pub use idempotency::Once;
pub use origin::{Origin, PublicUrl};
pub use pages::{Cursors, Listed};
pub use problem::Problem;
pub use query::Query;
pub use reply::{NotKept, Reply, Shown, Versioned};
pub use schema::FORMATS;
