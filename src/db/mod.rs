//! The database: how it is reached, and the server that `dev` and the tests bring along.

pub mod embedded;
