//! `peer-coaching dev`: the newcomer's door.

pub mod clock;
