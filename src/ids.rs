//! Identifiers: UUIDv7 newtypes, made here and nowhere else.
//!
//! A type for each kind of thing, so that a coach's id cannot be passed where a cycle's is meant. Version 7
//! (RFC 9562) sorts by the time of making, which keeps the indexes compact; it tells nothing but that time.

use std::error::Error;

use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, private::BytesMut};
use uuid::Uuid;
use uuid::fmt::Hyphenated;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(into = "Uuid", try_from = "String")]
        pub struct $name(Uuid);

        impl $name {
            /// A new id, later than every id made before it in this process.
            #[expect(clippy::new_without_default, reason = "an id is made on purpose, never by default")]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }

            /// The id as a plain UUID, for what speaks of ids of every kind (events, audit entries).
            pub fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;

            /// Reads the hyphenated form (RFC 9562 section 4), and no other: one thing has one address.
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse::<Hyphenated>().map(|id| Self(id.into_uuid()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = uuid::Error;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl ToSql for $name {
            fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
                self.0.to_sql(ty, out)
            }

            fn accepts(ty: &Type) -> bool {
                <Uuid as ToSql>::accepts(ty)
            }

            tokio_postgres::types::to_sql_checked!();
        }

        impl<'a> FromSql<'a> for $name {
            fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
                Uuid::from_sql(ty, raw).map(Self)
            }

            fn accepts(ty: &Type) -> bool {
                <Uuid as FromSql>::accepts(ty)
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                // utoipa knows `Uuid` only where it derives a schema, not as a type of its own.
                use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
                let format = SchemaFormat::KnownFormat(KnownFormat::Uuid);
                ObjectBuilder::new().schema_type(Type::String).format(Some(format)).into()
            }
        }

        impl utoipa::ToSchema for $name {}
    )+};
}

ids! {
    /// Names an organization: the tenant that every row belongs to.
    OrganizationId;
    /// Names a member of an organization.
    MemberId;
    /// Names a cycle.
    CycleId;
    /// Names a pairing.
    PairingId;
    /// Names a check-in.
    CheckInId;
    /// Names weekly check-ins that were planned together.
    SeriesId;
    /// Names an action.
    ActionId;
    /// Names one entry of an action's progress.
    ProgressId;
    /// Names an insight.
    InsightId;
    /// Names an audit entry.
    AuditEntryId;
    /// Names a webhook.
    WebhookId;
    /// Names what a webhook is told of one event.
    DeliveryId;
}
