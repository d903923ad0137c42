//! Every policy is spoilt in every way that we can think of, one by one; each time the lint or the oracle finds it.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use tokio_postgres::Client;

use super::compare::Known;
use super::oracle::TABLES;
use super::{compared, filled, rows};
use crate::lint;

/// Which rows they are asked of.
pub const SEED: f64 = 0.5;

/// Something spoilt: which table's, and how.
struct Mutant {
    table: String,
    change: String,
}

/// Texts of a policy that are exchanged for others, one at a time.
const EXCHANGES: [(&str, &str); 11] = [
    (" AND ", " OR "),
    (" OR ", " AND "),
    ("'system'", "'member'"),
    ("'administrator'", "'member'"),
    ("'integration'", "'member'"),
    ("'eraser'", "'member'"),
    ("'subscriber'", "'system'"),
    ("IS NOT NULL", "IS NULL"),
    ("coachee_id", "coach_id"),
    ("member_id = ( SELECT caller_member()", "organization_id = ( SELECT caller_organization()"),
    ("caller_id = ( SELECT caller_member()", "organization_id = ( SELECT caller_organization()"),
];

async fn mutants(superuser: &Client) -> Vec<Mutant> {
    let mut mutants = Vec::new();
    let mut add = |table: &str, change: String| mutants.push(Mutant { table: table.into(), change });
    let policies = "select tablename::text, policyname::text, qual, with_check from pg_policies where schemaname = 'peer_coaching'";
    for row in superuser.query(policies, &[]).await.unwrap() {
        let [table, policy] = [0, 1].map(|column| row.get::<_, String>(column));
        add(&table, format!("drop policy {policy} on {table}"));
        for (part, column) in [("using", 2), ("with check", 3)] {
            let Some(text) = row.get::<_, Option<String>>(column) else { continue };
            let mut spoil = |text: &str| add(&table, format!("alter policy {policy} on {table} {part} ({text})"));
            spoil("true");
            if let Some((organization, rest)) = text.split_once(" AND ") {
                spoil(organization.strip_prefix('(').unwrap()); // whatever the organization's members want
                spoil(rest.strip_suffix(')').unwrap()); // whichever organization's
            }
            for (what, instead) in EXCHANGES {
                for (at, _) in text.match_indices(what) {
                    spoil(&format!("{}{instead}{}", &text[..at], &text[at + what.len()..]));
                }
            }
        }
    }
    for table in &TABLES {
        add(table.name, format!("alter table {} no force row level security", table.name));
        add(table.name, format!("alter table {} disable row level security", table.name));
        add(table.name, format!("grant truncate on {} to peer_coaching_app", table.name));
        if table.delete.is_empty() {
            add(table.name, format!("grant delete on {} to peer_coaching_app", table.name));
        }
    }
    mutants
}

/// The mutants that change nothing: who may change such a row is a question of capacity alone, which the change of a row
/// cannot change, and it was asked of the row before.
const CHANGE_NOTHING: [&str; 5] = [
    "alter policy cycles_update on cycles with check ((organization_id = \
     ( SELECT caller_organization() AS caller_organization)))",
    "alter policy deliveries_update on deliveries with check ((organization_id = \
     ( SELECT caller_organization() AS caller_organization)))",
    "alter policy erased_identities_update on erased_identities with check ((organization_id = \
     ( SELECT caller_organization() AS caller_organization)))",
    "alter policy organization_keys_update on organization_keys with check ((organization_id = \
     ( SELECT caller_organization() AS caller_organization)))",
    "alter policy webhooks_update on webhooks with check ((organization_id = \
     ( SELECT caller_organization() AS caller_organization)))",
];

/// What has been found, and by whom.
#[derive(Default)]
struct Findings {
    by_lint: usize,
    by_oracle: usize,
    survivors: Vec<String>,
}

/// Spoils every policy of this share, one by one, in a database of its own; says how many there are in all the shares.
async fn findings(name: &str, share: usize, shares: usize) -> (usize, Findings) {
    let superuser = filled(name, SEED).await;
    let mutants = mutants(&superuser).await;
    let (mut findings, mut known) = (Findings::default(), BTreeMap::new());
    let mut identities = rows::identities();
    for Mutant { table, change } in mutants.iter().skip(share).step_by(shares) {
        superuser.batch_execute("begin").await.unwrap();
        if !known.contains_key(table) {
            let table = TABLES.iter().find(|known| known.name == table).unwrap();
            known.insert(table.name.to_owned(), Known::of(&superuser, table).await);
        }
        superuser.batch_execute(change).await.unwrap_or_else(|error| panic!("{change}: {error:?}"));
        let mut finder = None;
        for (place, identity) in identities.iter().enumerate() {
            if compared(&superuser, &known[table], identity).await.is_err() {
                finder = Some(place);
                break;
            }
        }
        if let Some(finder) = finder {
            identities[..=finder].rotate_right(1); // likely to find the next as well
        }
        let differs = finder.is_some();
        let linted = !differs && !lint::findings(&superuser).await.is_empty();
        superuser.batch_execute("rollback").await.unwrap();
        findings.by_lint += usize::from(linted);
        findings.by_oracle += usize::from(differs);
        if !linted && !differs {
            findings.survivors.push(change.clone());
        }
    }
    (mutants.len(), findings)
}

/// How many databases are spoilt at once, for this is the longest of these tests.
const SHARES: usize = 4;

#[actix_web::test]
async fn every_spoilt_policy_is_found() {
    let shares = (0..SHARES).map(async |share| findings(&format!("mutants_{share}"), share, SHARES).await);
    let (mut count, mut all) = (0, Findings::default());
    for (mutants, share) in join_all(shares).await {
        count = mutants;
        all.by_lint += share.by_lint;
        all.by_oracle += share.by_oracle;
        all.survivors.extend(share.survivors);
    }
    println!("{count} mutants: the oracle finds {}, the lint {} of the rest", all.by_oracle, all.by_lint);
    all.survivors.sort_unstable();
    assert_eq!(all.survivors, CHANGE_NOTHING);
}
