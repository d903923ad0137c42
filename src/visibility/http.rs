//! `/v1/visibility`

use actix_web::get;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::rules::{self, KINDS, PROTECTION, Sees};
use crate::db::Scope;
use crate::web::{Shown, Versioned};

/// Who may see what.
#[derive(Debug, Serialize, ToSchema)]
pub struct Visibility {
    /// Every kind of data that is kept about people, and who sees it.
    #[schema(max_items = 100)]
    kinds: Vec<KindOfData>,
    /// What this protects from, and what it cannot. To be shown as it is.
    #[schema(
        format = "line",
        max_length = 1000,
        example = "Private texts are encrypted before they reach the database. That does not protect them from whoever runs this service."
    )]
    protection: &'static str,
}

/// A kind of data, and what each kind of viewer sees of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct KindOfData {
    /// Names it. New ones may come.
    #[schema(pattern = "^[a-z_]+$", max_length = 64, example = "note")]
    kind: &'static str,
    /// What belongs to it.
    #[schema(format = "line", max_length = 200, example = "What one of the two writes down about a call")]
    shows: &'static str,
    /// Whose it is.
    #[schema(format = "line", max_length = 100, example = "Its author")]
    belongs_to: &'static str,
    /// What its owner sees; null where it is nobody's.
    #[schema(required)]
    owner: Option<View>,
    /// What the other one of the pairing sees; null where it is nobody's.
    #[schema(required)]
    partner: Option<View>,
    /// What colleagues see.
    other_members: View,
    /// What administrators see who are none of these.
    administrator: View,
    /// What the company's programs see.
    integration: View,
}

/// What one kind of viewer sees of one kind of data.
#[derive(Debug, Serialize, ToSchema)]
pub struct View {
    /// How much. Open enumeration: treat what you do not know as "other".
    #[schema(example = "if_shared")]
    sees: Sees,
    /// A sentence about it, where the word alone does not say it.
    #[schema(
        format = "line",
        required,
        max_length = 300,
        example = "From the acceptance of the request on, until it is taken back or deleted."
    )]
    detail: Option<&'static str>,
}

impl From<rules::Cell> for View {
    fn from(cell: rules::Cell) -> Self {
        Self { sees: cell.sees, detail: cell.detail }
    }
}

impl From<&rules::Kind> for KindOfData {
    fn from(kind: &rules::Kind) -> Self {
        Self {
            kind: kind.name,
            shows: kind.shows,
            belongs_to: kind.belongs_to,
            owner: kind.owner.map(View::from),
            partner: kind.partner.map(View::from),
            other_members: kind.other_members.into(),
            administrator: kind.administrator.into(),
            integration: kind.integration.into(),
        }
    }
}

impl Versioned for Visibility {
    /// It changes with the service only; the hash in the ETag tells.
    fn version(&self) -> i64 {
        1
    }
}

/// Shows who may see what.
///
/// Every kind of data, and what its owner, the partner, colleagues, administrators and the company's programs see of it.
/// The same for everybody, and not about anybody: every member and every integration may ask.
#[utoipa::path(tag = "visibility", responses((status = 200, description = "Who may see what.", body = Visibility)))]
#[get("/visibility")]
async fn get_visibility(_: Scope) -> Shown<Visibility> {
    Shown(Visibility { kinds: KINDS.iter().map(KindOfData::from).collect(), protection: PROTECTION })
}

/// The routes of this slice.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(get_visibility);
}
