//! Asks the database and the oracle the same questions.

use std::collections::BTreeSet;

use serde_json::Value;
use tokio_postgres::Client;

use super::oracle::{Identity, Open, Share, Table};
use super::rows::others;

/// How the database answers whom row-level security, or a missing grant, turns away.
const REFUSED: &str = "42501";

/// A statement, and what should come of it.
struct Case {
    statement: String,
    expected: Expected,
    /// How many rows, or changes of a row, are compared by it.
    weight: usize,
}

#[derive(Debug, PartialEq)]
enum Expected {
    /// These rows, by their keys.
    Rows(BTreeSet<String>),
    /// So many rows are changed.
    Count(usize),
    /// Turned away.
    Refused,
    /// Done, or in the way of a constraint, which comes after row-level security.
    Let,
}

impl Expected {
    fn let_if(open: bool) -> Self {
        if open { Self::Let } else { Self::Refused }
    }

    fn is(&self, answer: &str) -> bool {
        match self {
            Self::Rows(rows) => serde_json::from_str(answer).is_ok_and(|found: BTreeSet<String>| found == *rows),
            Self::Count(count) => answer == count.to_string(),
            Self::Refused => answer == REFUSED,
            Self::Let => answer != REFUSED && answer != "0",
        }
    }
}

/// A table with all its rows, as the superuser sees them.
pub struct Known {
    pub table: &'static Table,
    key: String,
    rows: Vec<(String, Value)>,
    shares: Vec<Share>,
}

impl Known {
    pub async fn of(superuser: &Client, table: &'static Table) -> Self {
        let columns =
            "select a.attname::text from pg_constraint k cross join unnest(k.conkey) with ordinality c (attnum, place)
                       join pg_attribute a on a.attrelid = k.conrelid and a.attnum = c.attnum
                       where k.contype = 'p' and k.conrelid = $1::text::regclass order by place";
        let columns = superuser.query(columns, &[&table.name]).await.unwrap();
        let columns = columns.iter().map(|row| row.get(0)).collect::<Vec<String>>();
        let key = format!("jsonb_build_array({})::text", columns.join(", "));
        let all = superuser.query(&format!("select {key}, to_jsonb(t) from {} t", table.name), &[]).await.unwrap();
        let rows = all.iter().map(|row| (row.get(0), row.get(1))).collect::<Vec<_>>();
        assert!(rows.len() >= 3, "{} has hardly a row", table.name);
        let shares = "select s.organization_id::text, p.cycle_id::text, s.coachee_id::text, s.coach_id::text
                      from reflection_shares s natural join pairings p where p.accepted_at is not null";
        let shares = superuser.query(shares, &[]).await.unwrap().into_iter().map(|row| {
            let [organization, cycle, coachee, coach] = [0, 1, 2, 3].map(|column| row.get(column));
            Share { organization, cycle, coachee, coach }
        });
        let shares = shares.collect();
        Self { table, key, rows, shares }
    }

    /// Whether this is open to whoever asks, for this row.
    fn may(&self, identity: &Identity, open: &[Open], row: &Value) -> bool {
        identity.may(open, row, &self.shares)
    }

    /// How much was compared for this identity, which the connection has become; or what differs.
    pub async fn compare(&self, client: &Client, identity: &Identity) -> Result<usize, String> {
        let answered = [("ask", self.which_rows(identity)), ("act", self.acts(identity))];
        let mut compared = 0;
        for (how, cases) in answered {
            let statements = cases.iter().map(|case| case.statement.as_str()).collect::<Vec<_>>();
            let attempts = format!("select public.{how}(statement) from unnest($1::text[]) statement");
            let answers = client.query(&attempts, &[&statements]).await.unwrap();
            for (Case { statement, expected, weight }, answer) in cases.iter().zip(answers) {
                let answer = answer.get(0);
                if !expected.is(answer) {
                    return Err(format!("{identity:?}: {statement}\nexpected: {expected:?}\nfound: {answer}"));
                }
                compared += weight;
            }
        }
        Ok(compared)
    }

    /// The rows for which this holds.
    fn where_<'a>(&'a self, holds: impl Fn(&Value) -> bool + 'a) -> impl Iterator<Item = &'a str> {
        self.rows.iter().filter(move |(_, row)| holds(row)).map(|(key, _)| key.as_str())
    }

    /// What is seen, changed and deleted by statements that name no row.
    fn which_rows(&self, identity: &Identity) -> Vec<Case> {
        let (Table { name, select, update, delete, .. }, key) = (self.table, &self.key);
        let case = |statement: String, granted: bool, open: &dyn Fn(&Value) -> bool| {
            let rows = self.where_(open).map(str::to_owned).collect();
            let expected = if granted { Expected::Rows(rows) } else { Expected::Refused };
            Case { statement, expected, weight: self.rows.len() }
        };
        let all = |done: String| format!("with done as ({done} returning {key} k) select jsonb_agg(k) from done");
        let sees = |row: &Value| self.may(identity, select, row);
        vec![
            case(format!("select jsonb_agg({key}) from {name}"), true, &sees),
            case(all(format!("update {name} set organization_id = organization_id")), !update.is_empty(), &|row| {
                sees(row) && self.may(identity, update, row)
            }),
            case(all(format!("delete from {name}")), !delete.is_empty(), &|row| {
                sees(row) && self.may(identity, delete, row)
            }),
        ]
    }

    fn acts(&self, identity: &Identity) -> Vec<Case> {
        let Table { name, insert, update, delete, blank, .. } = self.table;
        let mut cases = Vec::new();
        let mut case = |statement: String, expected, weight| cases.push(Case { statement, expected, weight });
        for (_, row) in &self.rows {
            // the same row once more
            let statement = format!("insert into {name} select * from jsonb_populate_record(null::{name}, '{row}')");
            case(statement, Expected::let_if(self.may(identity, insert, row)), 1);
        }
        // blindly: who reads nothing is not held back by what may be read
        if !update.is_empty() {
            let count = self.where_(|row| self.may(identity, update, row)).count();
            case(format!("update {name} set {blank}"), Expected::Count(count), self.rows.len());
        }
        if !delete.is_empty() {
            let count = self.where_(|row| self.may(identity, delete, row)).count();
            case(format!("delete from {name}"), Expected::Count(count), self.rows.len());
        }
        if !update.is_empty() {
            self.moves(identity, &mut case);
        }
        cases
    }

    /// Makes rows somebody else's: what comes of it must be open to the identity too.
    fn moves(&self, identity: &Identity, case: &mut dyn FnMut(String, Expected, usize)) {
        let Table { name, select, update, .. } = self.table;
        let updates = |row: &Value| self.may(identity, update, row);
        let changes = |row: &Value| self.may(identity, select, row) && updates(row);
        let moves = self
            .table
            .deciding()
            .into_iter()
            .flat_map(|column| others(column).into_iter().map(move |value| (column, value)));
        for (column, value) in moves {
            let moved = |row: &Value| {
                let mut moved = row.clone();
                moved[column] = value.as_str().into();
                moved
            };
            for (key, row) in &self.rows {
                let statement = format!("update {name} set {column} = '{value}' where {} = '{key}'", self.key);
                let open = if changes(row) { Expected::let_if(changes(&moved(row))) } else { Expected::Count(0) };
                case(statement, open, 1);
            }
            let mine = self.rows.iter().map(|(_, row)| row).filter(|row| updates(row)).collect::<Vec<_>>();
            let open = mine.iter().filter(|row| updates(&moved(row))).count();
            if mine.is_empty() || open == 0 || open == mine.len() {
                let expected = if mine.is_empty() { Expected::Count(0) } else { Expected::let_if(open > 0) };
                case(format!("update {name} set {column} = '{value}'"), expected, mine.len());
            }
        }
    }
}

/// Becomes the serving role, asking for this identity.
pub async fn become_(client: &Client, identity: &Identity) {
    let Identity { organization, member, actor } = identity;
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    client
        .batch_execute(&format!(
            "set local role peer_coaching_app; set local app.organization_id = '{}'; set local app.member_id = '{}';
             set local app.actor = '{}'",
            text(organization.as_deref()),
            text(member.as_deref()),
            text(*actor),
        ))
        .await
        .unwrap();
}
