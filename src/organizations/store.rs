//! Rows of `organizations`.

use crate::db::{DbError, ReadTx, WriteTx};
use crate::sql;

pub(super) async fn insert(tx: &WriteTx<'_>, name: &str) -> Result<(), DbError> {
    tx.execute(
        sql!("insert into organizations (organization_id, name, created_at) values ($1, $2, $3)"),
        &[&tx.organization(), &name, &tx.now()],
    )
    .await
    .map(drop)
}

pub(super) async fn exists(tx: &ReadTx<'_>) -> Result<bool, DbError> {
    let found =
        tx.query_opt(sql!("select name from organizations where organization_id = $1"), &[&tx.organization()]).await?;
    Ok(found.is_some())
}
