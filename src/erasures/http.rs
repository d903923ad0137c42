//! `DELETE /v1/me`, `DELETE /v1/members/{member_id}`

use actix_web::{HttpResponse, delete, web};
use utoipa_actix_web::service_config::ServiceConfig;

use super::ledger::Ledger;
use crate::db::Scope;
use crate::error::Result;
use crate::members::http::MemberPath;
use crate::web::{IfMatch, NoBody};

/// Erases me, for good.
///
/// Nothing brings it back. What I have with others ends; my entry, what I say of myself, my answers and all that is
/// mine in writing are deleted with the key that sealed it. Others see a "former member" where I was. What others wrote,
/// and what is theirs though I wrote it (actions and insights of those I coached), stays with them. Tokens from before
/// are answered with 410 `member_erased`. Needs `If-Match`, so that nobody does this by accident.
#[utoipa::path(tag = "members", responses((status = 204, description = "Nothing of mine is left.")))]
#[delete("/me")]
async fn erase_me(
    scope: Scope,
    expected: IfMatch,
    ledger: web::Data<Option<Ledger>>,
    _: NoBody,
) -> Result<HttpResponse> {
    let ledger = Option::as_ref(&ledger);
    scope.write(async |tx| super::erase_me(tx, expected.versions(), ledger).await).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Erases a member, for good.
///
/// For administrators: as the member could do it themself with DELETE /v1/me. Somebody who only leaves the company is
/// deactivated instead (PATCH with `active: false`), and can come back.
#[utoipa::path(tag = "members", params(MemberPath),
    responses((status = 204, description = "Nothing of theirs is left.")))]
#[delete("/members/{member_id}")]
async fn erase_member(
    scope: Scope,
    path: web::Path<MemberPath>,
    expected: IfMatch,
    ledger: web::Data<Option<Ledger>>,
    _: NoBody,
) -> Result<HttpResponse> {
    let ledger = Option::as_ref(&ledger);
    scope.write(async |tx| super::erase_member(tx, path.member_id, expected.versions(), ledger).await).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The routes of this slice.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(erase_me).service(erase_member);
}
