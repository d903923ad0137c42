//! Transactions that know who is asking cannot leak, cannot forget to commit, and cannot pretend that they did.

mod cancellation;
mod capacity;
mod endings;
mod flushes;
mod people;
mod refusals;
