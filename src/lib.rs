pub mod access;
pub mod clock;
pub mod ids;
