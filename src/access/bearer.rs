//! What a verified token says about its bearer.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

use crate::ids::OrganizationId;

/// What one token says, after its signature and times have been checked.
#[derive(Clone, PartialEq, Eq)]
pub struct Verified {
    /// The organization that the issuer speaks for, or that its claim named out of the configured list.
    pub organization: OrganizationId,
    /// The configured issuer, equal to `iss`.
    pub issuer: Arc<str>,
    /// `sub`: names the bearer within the issuer.
    pub subject: String,
    /// What the issuer's `member_claim` says: matched to a directory entry's `external_id`.
    pub external_id: Option<String>,
    /// `name`, where it is fit to be shown.
    pub name: Option<String>,
    /// `email`, unless the issuer says that it is not verified.
    pub email: Option<String>,
    /// `iat`, where it says so.
    pub issued_at: Option<Timestamp>,
    /// `exp`; the token is accepted for the leeway of 30 s longer.
    pub expires_at: Timestamp,
    /// A person, or a program on its own behalf.
    pub bearer: Bearer,
}

/// Without the person: this may end up in a log.
impl fmt::Debug for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { organization, issuer, expires_at, bearer, .. } = self;
        let mut shown = f.debug_struct("Verified");
        shown.field("organization", organization).field("issuer", issuer);
        shown.field("expires_at", expires_at).field("bearer", bearer).finish_non_exhaustive()
    }
}

/// Who carries the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bearer {
    /// A person, who becomes a member's caller.
    Person {
        /// Whether a role of the token's makes them an administrator.
        administrator: bool,
    },
    /// A program; never a member, it lives by its scopes.
    Integration {
        /// What it may do.
        scopes: Scopes,
    },
}

/// One thing that an integration may be allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntegrationScope {
    /// `members:read`
    MembersRead,
    /// `members:write`
    MembersWrite,
    /// `events:read`
    EventsRead,
    /// `webhooks:manage`
    WebhooksManage,
}

impl IntegrationScope {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 4] = [Self::MembersRead, Self::MembersWrite, Self::EventsRead, Self::WebhooksManage];

    /// The name that tokens and the document use.
    pub fn name(self) -> &'static str {
        match self {
            Self::MembersRead => "members:read",
            Self::MembersWrite => "members:write",
            Self::EventsRead => "events:read",
            Self::WebhooksManage => "webhooks:manage",
        }
    }
}

/// A set of [`IntegrationScope`].
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Scopes(u8);

impl Scopes {
    /// Those of ours among `names`; others are another service's business (RFC 6749, section 3.3).
    pub fn among<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let ours = |name| IntegrationScope::ALL.into_iter().find(|scope| scope.name() == name);
        names.into_iter().filter_map(ours).collect()
    }

    /// Whether `scope` is in the set.
    pub fn has(self, scope: IntegrationScope) -> bool {
        self.0 & (1 << scope as u8) != 0
    }

    /// The scopes in the set.
    pub fn iter(self) -> impl Iterator<Item = IntegrationScope> {
        IntegrationScope::ALL.into_iter().filter(move |scope| self.has(*scope))
    }
}

impl FromIterator<IntegrationScope> for Scopes {
    fn from_iter<I: IntoIterator<Item = IntegrationScope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |set, scope| set | (1 << scope as u8)))
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.iter().map(IntegrationScope::name).collect();
        f.write_str(&names.join(" "))
    }
}

impl fmt::Debug for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(IntegrationScope::name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_read_by_their_exact_names() {
        let scopes = Scopes::among(["openid", "events:read", "members:READ", "members:write", "events:read"]);
        assert_eq!(scopes.to_string(), "members:write events:read");
        assert!(!scopes.has(IntegrationScope::MembersRead));
        assert_eq!(Scopes::among([]), Scopes::default());
    }
}
