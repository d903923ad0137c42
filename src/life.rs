//! Where a replica is in its life: coming up, serving, going. What it answers, and what it begins, depends on that.

use std::sync::Arc;

use tokio::sync::watch;

/// A part of that life. There is no way back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// It listens, and has not yet found all that it needs: whatever it would answer might be wrong.
    ComingUp,
    /// It does what it is there for.
    Serving,
    /// It finishes what it has begun, and still answers whoever has not heard yet that others should be asked.
    Going,
}

/// Tells all parts of a process the stage that it is in. Clones share one life.
#[derive(Clone, Debug)]
pub struct Life(Arc<watch::Sender<Stage>>);

impl Life {
    /// Begins.
    pub fn coming_up() -> Self {
        Self(Arc::new(watch::Sender::new(Stage::ComingUp)))
    }

    /// The stage that it is in.
    pub fn stage(&self) -> Stage {
        *self.0.borrow()
    }

    /// All that is needed was found.
    pub fn serve(&self) {
        self.reach(Stage::Serving);
    }

    /// It was told to stop.
    pub fn go(&self) {
        self.reach(Stage::Going);
    }

    /// Whether it was told to stop: nothing new is begun.
    pub fn is_going(&self) -> bool {
        self.stage() == Stage::Going
    }

    fn reach(&self, next: Stage) {
        self.0.send_if_modified(|stage| {
            let is_later = *stage < next;
            *stage = next.max(*stage);
            is_later
        });
    }
}

impl Default for Life {
    /// One that serves: there is nothing to wait for.
    fn default() -> Self {
        let life = Self::coming_up();
        life.serve();
        life
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_no_way_back() {
        let life = Life::coming_up();
        let other = life.clone();
        assert_eq!(life.stage(), Stage::ComingUp);
        other.serve();
        assert_eq!(life.stage(), Stage::Serving);
        other.go();
        life.serve();
        assert!(life.is_going() && other.is_going());
    }
}
