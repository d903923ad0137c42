//! Rows of `organizations`.

use crate::db::{DbError, WriteTx};
use crate::sql;

pub(super) async fn insert(tx: &WriteTx<'_>, name: &str) -> Result<(), DbError> {
    tx.execute(
        sql!("insert into organizations (organization_id, name, created_at) values ($1, $2, $3)"),
        &[&tx.organization(), &name, &tx.now()],
    )
    .await
    .map(drop)
}
