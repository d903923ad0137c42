//! Who may see what, served as data, so that a front end can say it to the people it is about (policy rule P8: yours).
//!
//! [`rules`] holds one table: every kind of data, and for each kind of viewer what they see of it. Nothing is decided by
//! it: what decides are the row-level policies and the verbs. `tests/contract/visibility` makes every kind of data, asks
//! every operation as every viewer, and fails where an answer and the table differ.

pub mod http;
pub mod rules;
