//! What is kept of an administrator's or an integration's act.

use uuid::Uuid;

use crate::ids::MemberId;

/// One change, as it is recorded: what was done to whom, never what was written.
#[derive(Clone, Debug)]
pub struct Act {
    /// `noun.past_verb`.
    pub action: &'static str,
    /// The thing that was changed, where there are several of its kind.
    pub subject: Option<Uuid>,
    /// The member it is about, who may see the entry.
    pub member: Option<MemberId>,
    /// Names of the fields that changed.
    pub changed: Vec<&'static str>,
}
