//! The export: everything of a member's, for them alone.
//!
//! Each slice hands over its own part (`all`), and it is shown in the shapes that the slice shows anyway: whoever adds a
//! field to one adds it here. What somebody else owns is left out, even where the member may read it.

pub mod http;

use jiff::Timestamp;

use crate::actions::{self, rules::Action, rules::Progress};
use crate::audit_entries::{self, Entry};
use crate::calendar::{self, Feed};
use crate::check_ins::{self, Seen};
use crate::db::ReadTx;
use crate::error::Result;
use crate::help_requests::{self, HelpRequest};
use crate::ids::{CheckInId, PairingId};
use crate::insights::{self, rules::Insight};
use crate::members::{self, Identity, rules::Member};
use crate::notes::{self, Note};
use crate::pairings::{self, Named};
use crate::participations::{self, Participation};
use crate::reflections::{self, Reflection, shares};

/// Everything of somebody's: one line for each kind of thing.
#[derive(Debug)]
pub struct Everything {
    member: Member,
    organization: String,
    identities: Vec<Identity>,
    participations: Vec<Participation>,
    reflections: Vec<Reflection>,
    reflection_shares: Vec<(PairingId, Timestamp)>,
    help_requests: Vec<HelpRequest>,
    calendar_feed: Option<Feed>,
    pairings: Vec<Named>,
    check_ins: Vec<Seen>,
    notes: Vec<(CheckInId, Note)>,
    actions: Vec<Action>,
    progress: Vec<Progress>,
    insights: Vec<Insight>,
    audit_entries: Vec<Entry>,
}

/// Everything of the caller's, as it was at one moment.
///
/// # Errors
/// `members_only` for an integration; `member_erased`.
pub async fn gather(tx: &ReadTx<'_>) -> Result<Everything> {
    let (member, organization) = members::me(tx).await?;
    Ok(Everything {
        member,
        organization,
        identities: members::identities(tx).await?,
        participations: participations::all(tx).await?,
        reflections: reflections::all(tx).await?,
        reflection_shares: shares::all(tx).await?,
        help_requests: help_requests::all(tx).await?,
        calendar_feed: calendar::get(tx).await?,
        pairings: pairings::all(tx).await?,
        check_ins: check_ins::all(tx).await?,
        notes: notes::all(tx).await?,
        actions: actions::all(tx).await?,
        progress: actions::all_progress(tx).await?,
        insights: insights::all(tx).await?,
        audit_entries: audit_entries::about_me(tx).await?,
    })
}
