pub mod clock;
pub mod ids;
