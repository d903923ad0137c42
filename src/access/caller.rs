//! Who is asking, once the token is known and the member found: what the rest of the service works with.

use std::sync::Arc;

use uuid::Uuid;

use super::{IntegrationScope, Scopes};
use crate::codes::Code;
use crate::error::{Error, Result};
use crate::ids::{MemberId, OrganizationId};

/// Who is asking, and in which organization.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The tenant that everything the caller can reach belongs to.
    pub organization: OrganizationId,
    /// In which capacity they ask.
    pub actor: Actor,
}

/// In which capacity somebody acts. Row-level policies know the four by name.
#[derive(Clone, Debug)]
pub enum Actor {
    /// A person.
    Member(MemberId),
    /// A person whose token says they administer the organization. Still a member, with a member's privacy.
    Administrator(MemberId),
    /// A program of the company's. It is never a member and lives by its scopes.
    Integration(Arc<Integration>),
    /// The service itself; the reason says what for.
    System(Reason),
}

/// A program of the company's.
#[derive(Debug)]
pub struct Integration {
    /// An id of its own, derived from issuer and subject, that is no member's.
    pub id: Uuid,
    /// Its `sub`.
    pub subject: String,
    /// What it may do.
    pub scopes: Scopes,
}

/// Why the service acts by itself. `tests/architecture/powers.rs` lists who may give which reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// To find or create the member that a verified token speaks of.
    Recognizing,
    /// To store what the clock has done to pairings, and to weigh facts about both people.
    Settling,
    /// To tell who has a free place as coach, without telling why another has none.
    Availability,
    /// To make the cycles that are due.
    Planning,
    /// To end what somebody who leaves, or opts out, takes part in.
    Leaving,
    /// To count a cycle's figures, and to keep them.
    Counting,
    /// To tell of what is due, and of what the clock has done.
    Telling,
    /// To set up an organization.
    Founding,
    /// To delete what somebody who goes has written, or what has been kept for long enough.
    Erasing,
    /// To find whose calendar a secret address shows.
    Subscribing,
    /// To deliver events to webhooks.
    Delivering,
}

impl Caller {
    /// The service itself, in this organization.
    pub fn system(organization: OrganizationId, reason: Reason) -> Self {
        Self { organization, actor: Actor::System(reason) }
    }

    /// The member who asks; an integration is refused.
    ///
    /// # Errors
    /// `members_only` for whoever is not a person.
    pub fn member(&self) -> Result<MemberId> {
        match &self.actor {
            Actor::Member(member) | Actor::Administrator(member) => Ok(*member),
            Actor::Integration(_) | Actor::System(_) => Err(Code::MembersOnly.into()),
        }
    }

    /// Passes administrators only.
    ///
    /// # Errors
    /// `administrators_only` for everyone else.
    pub fn administrator(&self) -> Result<MemberId> {
        match &self.actor {
            Actor::Administrator(member) => Ok(*member),
            Actor::Member(_) | Actor::Integration(_) | Actor::System(_) => Err(Code::AdministratorsOnly.into()),
        }
    }

    /// Passes administrators, and integrations that hold this scope.
    ///
    /// # Errors
    /// `administrators_only` for other members, `scope_missing` for other integrations.
    pub fn administrator_or(&self, scope: IntegrationScope) -> Result<()> {
        match &self.actor {
            Actor::Integration(_) => self.permits(scope),
            Actor::Member(_) | Actor::Administrator(_) | Actor::System(_) => self.administrator().map(drop),
        }
    }

    /// Passes every member, and integrations that hold this scope.
    ///
    /// # Errors
    /// `scope_missing` for other integrations.
    pub fn permits(&self, scope: IntegrationScope) -> Result<()> {
        match &self.actor {
            Actor::Integration(integration) if !integration.scopes.has(scope) => {
                Err(Error::refused(Code::ScopeMissing, format!("This needs the scope {}.", scope.name())))
            }
            Actor::Integration(_) | Actor::Member(_) | Actor::Administrator(_) | Actor::System(_) => Ok(()),
        }
    }

    /// Passes integrations that hold this scope.
    ///
    /// # Errors
    /// `scope_missing` for other integrations; `integrations_only` for people.
    pub fn integration(&self, scope: IntegrationScope) -> Result<&Integration> {
        match &self.actor {
            Actor::Integration(integration) => self.permits(scope).map(|()| &**integration),
            Actor::Member(_) | Actor::Administrator(_) | Actor::System(_) => Err(Code::IntegrationsOnly.into()),
        }
    }

    /// The id that row-level policies compare with: the member's, or the integration's own.
    pub(crate) fn id(&self) -> Option<Uuid> {
        match &self.actor {
            Actor::Member(member) | Actor::Administrator(member) => Some(member.uuid()),
            Actor::Integration(integration) => Some(integration.id),
            Actor::System(_) => None,
        }
    }

    /// Whether directory fields that are not for every member are shown (`email`, `external_id`).
    pub fn sees_directory_keys(&self) -> bool {
        !matches!(self.actor, Actor::Member(_))
    }
}

impl Actor {
    /// The capacity with everything that decides what it may do.
    pub fn capacity(&self) -> String {
        match self {
            Self::Integration(integration) => format!("{} {}", self.name(), integration.scopes),
            Self::Member(_) | Self::Administrator(_) | Self::System(_) => self.name().to_owned(),
        }
    }

    /// The name that row-level policies know this capacity by.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Member(_) => "member",
            Self::Administrator(_) => "administrator",
            Self::Integration(_) => "integration",
            Self::System(reason) => reason.actor(),
        }
    }
}

impl Reason {
    /// Row-level policies tell three powers of the service apart: only the one that deletes texts finds any, and only the
    /// one that knows a secret address finds whose it is.
    fn actor(self) -> &'static str {
        match self {
            Self::Erasing => "eraser",
            Self::Subscribing => "subscriber",
            Self::Recognizing
            | Self::Settling
            | Self::Availability
            | Self::Planning
            | Self::Leaving
            | Self::Counting
            | Self::Telling
            | Self::Delivering
            | Self::Founding => "system",
        }
    }
}
