//! `/v1/check-ins/{check_in_id}/notes`, `/v1/check-ins/{check_in_id}/note`

use actix_web::{HttpResponse, delete, get, put, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::check_ins::http::CheckInPath;
use crate::clock::At;
use crate::db::Scope;
use crate::error::Result;
use crate::ids::CheckInId;
use crate::text::PrivateText;
use crate::web::{Body, MaybeIfMatch, NoBody, Shown, Versioned};

/// What one of the two has written down about a check-in.
#[derive(Debug, Serialize, ToSchema)]
pub struct Note {
    /// What its author wrote, to the byte.
    #[schema(value_type = String, format = "text", min_length = 1, max_length = 4000, example = "Speaks faster when it matters. Try pauses.")]
    text: PrivateText,
    /// Whether the partner can read it.
    #[schema(example = false)]
    shared: bool,
    /// When it was last written.
    #[schema(example = "2026-10-08T13:40:00.000Z")]
    updated_at: At,
}

/// The notes about a check-in that I can read. The ETag is of mine.
#[derive(Debug, Serialize, ToSchema)]
pub struct Notes {
    /// About which check-in.
    #[schema(value_type = Uuid, example = "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f63")]
    check_in_id: CheckInId,
    /// What I have written; null where I have not.
    #[schema(required)]
    mine: Option<Note>,
    /// What my partner has written and shares; null where they have not, or do not.
    #[schema(required, example = json!(null))]
    partners: Option<Note>,
    #[serde(skip)]
    version: i64,
}

impl Versioned for Notes {
    fn version(&self) -> i64 {
        self.version
    }
}

impl From<super::Note> for Note {
    fn from(note: super::Note) -> Self {
        Self { text: note.text, shared: note.shared, updated_at: note.updated_at.into() }
    }
}

impl From<super::Notes> for Notes {
    fn from(notes: super::Notes) -> Self {
        Self {
            version: notes.version(),
            check_in_id: notes.check_in,
            mine: notes.mine.map(Note::from),
            partners: notes.partners.map(Note::from),
        }
    }
}

/// What to write down.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WriteNote {
    /// In my own words: any Unicode but NUL, kept to the byte.
    #[schema(value_type = String, format = "text", min_length = 1, max_length = 4000, example = "Speaks faster when it matters. Try pauses.")]
    text: PrivateText,
    /// Whether my partner can read it; absent means no.
    #[serde(default)]
    #[schema(required = false, default = false, example = false)]
    shared: bool,
}

/// Shows the notes about a check-in.
///
/// Mine, and my partner's if shared. Nobody else can ask, administrators included.
#[utoipa::path(tag = "notes", params(CheckInPath),
    responses((status = 200, description = "The notes that I can read.", body = Notes)))]
#[get("/check-ins/{check_in_id}/notes")]
async fn get_notes(scope: Scope, path: web::Path<CheckInPath>) -> Result<Shown<Notes>> {
    let notes = scope.read(async |tx| super::get(tx, path.check_in_id).await).await?;
    Ok(Shown(notes.into()))
}

/// Writes down my note about a check-in.
///
/// In place of the one that was there. While the pairing is active; once it is over a note can still be taken back
/// (`shared: false`, the text unchanged) and deleted.
#[utoipa::path(tag = "notes", params(CheckInPath), request_body = WriteNote,
    responses((status = 200, description = "The notes as they are now.", body = Notes)))]
#[put("/check-ins/{check_in_id}/note")]
async fn put_note(
    scope: Scope,
    path: web::Path<CheckInPath>,
    expected: MaybeIfMatch,
    body: Body<WriteNote>,
) -> Result<Shown<Notes>> {
    let WriteNote { text, shared } = body.into_inner();
    let notes =
        scope.write(async |tx| super::put(tx, path.check_in_id, expected.versions(), text, shared).await).await?;
    Ok(Shown(notes.into()))
}

/// Deletes my note about a check-in.
///
/// At any time. My partner cannot read it from now on, wherever it was shared.
#[utoipa::path(tag = "notes", params(CheckInPath),
    responses((status = 204, description = "There is none of mine.")))]
#[delete("/check-ins/{check_in_id}/note")]
async fn delete_note(
    scope: Scope,
    path: web::Path<CheckInPath>,
    expected: MaybeIfMatch,
    _: NoBody,
) -> Result<HttpResponse> {
    scope.write(async |tx| super::delete(tx, path.check_in_id, expected.versions()).await).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The routes of this slice.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(get_notes).service(put_note).service(delete_note);
}
