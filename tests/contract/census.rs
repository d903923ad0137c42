//! All that is stored of a company, so that a test can say: nothing was.

use std::collections::BTreeMap;

use peer_coaching::ids::OrganizationId;
use tokio_postgres::{Client, Statement};

use crate::support::database::settings;

/// Looks at every table that belongs to organizations, past row-level security.
pub struct Census {
    superuser: Client,
    question: Statement,
}

/// For each table how many rows there are, and the hash of all that stands in them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored(BTreeMap<String, (i64, String)>);

impl Census {
    /// The tables are read off the catalogue: a new one is counted from its first day.
    pub async fn begin() -> Self {
        let superuser = settings("postgres").connect().await.expect("a connection");
        let tables = "select c.table_name::text from information_schema.columns c
            join information_schema.tables t using (table_schema, table_name)
            where c.table_schema = 'peer_coaching' and c.column_name = 'organization_id' and t.table_type = 'BASE TABLE'";
        let tables = superuser.query(tables, &[]).await.expect("tables");
        let of_table = |table: String| {
            format!(
                "select '{table}', count(*), md5(coalesce(string_agg(t::text, '|' order by t::text), ''))
                 from peer_coaching.{table} t where organization_id = any($1::text[]::uuid[])"
            )
        };
        let question = tables.iter().map(|row| of_table(row.get(0))).collect::<Vec<_>>().join(" union all ");
        let question = superuser.prepare(&question).await.expect("a question");
        assert!(tables.len() >= 10, "only {} tables were found", tables.len());
        Self { superuser, question }
    }

    /// What is stored of these organizations.
    pub async fn of(&self, organizations: &[OrganizationId]) -> Stored {
        let organizations = organizations.iter().map(ToString::to_string).collect::<Vec<_>>();
        let rows = self.superuser.query(&self.question, &[&organizations]).await.expect("a census");
        Stored(rows.iter().map(|row| (row.get(0), (row.get(1), row.get(2)))).collect())
    }
}

impl Stored {
    /// The tables in which something is different now.
    pub fn changed(&self, now: &Self) -> Vec<String> {
        self.0.iter().filter(|(table, rows)| now.0.get(*table) != Some(rows)).map(|(table, _)| table.clone()).collect()
    }
}
