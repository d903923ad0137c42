//! Every statement says of every table whose rows it wants, row-level security or not: `organization_id` stands in the
//! statement itself. So each finds its rows by an index that begins with it, and an organization can be moved to another
//! database. That keys and indexes begin with it is a rule of `lint.rs`.

use std::collections::HashSet;

use serde_json::Value;
use tokio_postgres::Client;

use crate::source::sources;
use crate::world::superuser;

/// Where a plan says which rows a scan wants, and where a join says which rows of its two sides belong together.
const OF_A_SCAN: [&str; 3] = ["Index Cond", "Recheck Cond", "Filter"];
const OF_A_JOIN: [&str; 3] = ["Hash Cond", "Merge Cond", "Join Filter"];

/// Statements that are about all organizations, by the table that they read so, with the reason.
const ABOUT_ALL: [(&str, &str, &str); 0] = [];

/// Functions that are, in the same way.
const FUNCTIONS_ABOUT_ALL: [(&str, &str, &str); 0] = [];

/// The tables whose rows are somebody's: all but that of the migrations.
async fn tenant_tables(client: &Client) -> HashSet<String> {
    let tables = "select relname::text from pg_class where relnamespace = 'peer_coaching'::regnamespace
                    and relkind in ('r', 'p') and relname <> 'refinery_schema_history'";
    client.query(tables, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

/// The plan for whoever asks, as a superuser has it: no policy is in it.
async fn plan(client: &Client, sql: &str) -> Value {
    let arguments = vec!["null"; client.prepare(sql).await.unwrap().params().len()].join(", ");
    client.batch_execute(&format!("prepare planned as {sql}")).await.unwrap();
    let call = if arguments.is_empty() { "planned".into() } else { format!("planned ({arguments})") };
    let plan = client.query_one(&format!("explain (verbose, costs off, format json) execute {call}"), &[]).await;
    client.batch_execute("deallocate planned").await.unwrap();
    plan.unwrap().get(0)
}

/// The conditions of which all hold, of `((…) AND (…))`; one that has an `or` in it is one of them.
fn all_of(condition: &str) -> Vec<&str> {
    let (mut depth, mut from, mut all) = (0, 0, Vec::new());
    let inner = condition.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).unwrap_or(condition);
    for (at, c) in inner.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ if depth == 0 && inner[at..].starts_with(" AND ") => {
                all.push(&inner[from..at]);
                from = at + " AND ".len();
            }
            _ => {}
        }
    }
    if all.is_empty() {
        return vec![condition];
    }
    all.push(&inner[from..]);
    all
}

/// Each scan of one of these tables that nothing restricts to an organization, by the table's name.
fn unrestricted(node: &Value, above: &[&str], tables: &HashSet<String>, found: &mut Vec<String>) {
    let texts = |names: [&'static str; 3]| names.into_iter().filter_map(move |name| node[name].as_str());
    let joins = above.iter().copied().chain(texts(OF_A_JOIN)).collect::<Vec<_>>();
    if let (Some(table), Some(alias)) = (node["Relation Name"].as_str(), node["Alias"].as_str())
        && node["Node Type"] != "ModifyTable"
        && tables.contains(table)
    {
        let said = texts(OF_A_SCAN).chain(joins.iter().copied()).flat_map(all_of).collect::<Vec<_>>();
        let wanted = format!("{alias}.organization_id");
        let says = |one: &&str| one.starts_with(&format!("({wanted} = ")) || one.ends_with(&format!(" = {wanted})"));
        if !said.iter().any(says) {
            found.push(table.to_owned());
        }
    }
    for below in node["Plans"].as_array().into_iter().flatten() {
        unrestricted(below, &joins, tables, found);
    }
}

/// What a statement reads of everybody's.
async fn of_everybody(client: &Client, sql: &str, tables: &HashSet<String>) -> Vec<String> {
    let mut found = Vec::new();
    unrestricted(&plan(client, sql).await[0]["Plan"], &[], tables, &mut found);
    found
}

/// A superuser's connection: row-level security is switched off for it, forced or not.
async fn planner() -> Client {
    let client = superuser().await;
    client
        .batch_execute("set search_path = peer_coaching, public; set plan_cache_mode = force_generic_plan")
        .await
        .unwrap();
    client
}

#[actix_web::test]
async fn every_statement_says_of_which_organization() {
    let client = planner().await;
    let tables = tenant_tables(&client).await;
    let (mut count, mut wrong, mut excepted) = (0, Vec::new(), HashSet::new());
    for source in sources() {
        for (at, statement) in source.statements() {
            count += 1;
            for table in of_everybody(&client, statement, &tables).await {
                match ABOUT_ALL.iter().find(|(path, of, _)| *path == source.path && *of == table) {
                    Some(exception) => _ = excepted.insert(exception),
                    None => wrong.push(format!("src/{}:{}: {table}", source.path, source.line(at))),
                }
            }
        }
    }
    assert_eq!(wrong, <[String; 0]>::default(), "of {count} statements");
    assert_eq!(excepted.len(), ABOUT_ALL.len(), "an exception that nothing needs");
    assert!(count >= 35, "only {count} statements were found: has the marker another name?");
    println!("{count} statements name the organization for each of {} tables", tables.len());
}

#[actix_web::test]
async fn a_statement_about_everybody_is_found() {
    let client = planner().await;
    let tables = tenant_tables(&client).await;
    for (sql, expected) in [
        ("select name from members where member_id = $1", &["members"][..]),
        // the policy would have said it, and the other side does not say it for both
        (
            "select m.name from pairings p join members m on m.member_id = p.coach_id where p.organization_id = $1",
            &["members"],
        ),
        ("update check_ins set version = version + 1 where check_in_id = $1", &["check_ins"]),
        ("delete from events where recorded_at < now()", &["events"]),
        ("select from members where organization_id = $1 or member_id = $2", &["members"]),
        (
            "select from members where organization_id = $1 and exists (select from cycles where starts_at > now())",
            &["cycles"],
        ),
        ("select organization_id from pairings where state = 'active'", &["pairings"]),
        ("select from members m join pairings p using (organization_id) where m.organization_id = $1", &[]),
        (
            "update members m set version = 1 from unnest($2::uuid[]) new (id) where m.organization_id = $1 and member_id = id",
            &[],
        ),
    ] {
        assert_eq!(of_everybody(&client, sql, &tables).await, expected, "{sql}");
    }
}

/// What a function reads of everybody's. Its statements are planned when it runs, so this reads its text: whatever table is
/// named after `from`, `join`, `update` or `using` is restricted in the same statement, under the name that it has there.
fn read_by(body: &str, tables: &HashSet<String>) -> Vec<String> {
    let mut found = Vec::new();
    for statement in body.split(';') {
        let words =
            statement.split(|c: char| !(c.is_alphanumeric() || "_.".contains(c))).filter(|word| !word.is_empty());
        let words = words.collect::<Vec<_>>();
        for (at, pair) in words.windows(2).enumerate() {
            let [word, table] = pair else { continue };
            let table = table.trim_start_matches("peer_coaching.");
            if !["from", "join", "update", "using"].contains(word) || !tables.contains(table) {
                continue;
            }
            let alias = words.get(at + 2).filter(|next| !KEYWORDS.contains(*next)).unwrap_or(&table);
            let own = format!("{alias}.organization_id");
            let bare = *alias == table && words.contains(&"organization_id");
            if !bare && !words.contains(&own.as_str()) {
                found.push(table.to_owned());
            }
        }
    }
    found
}

/// What can stand behind the name of a table, and is no other name for it.
const KEYWORDS: [&str; 14] = [
    "where",
    "on",
    "join",
    "left",
    "cross",
    "order",
    "limit",
    "set",
    "union",
    "group",
    "end",
    "referencing",
    "as",
    "loop",
];

#[actix_web::test]
async fn every_function_says_of_which_organization() {
    let client = planner().await;
    let tables = tenant_tables(&client).await;
    let functions = "select proname::text, lower(pg_get_functiondef(oid)) from pg_proc
                       where pronamespace = 'peer_coaching'::regnamespace";
    let functions = client.query(functions, &[]).await.unwrap();
    let mut wrong = Vec::new();
    for row in &functions {
        let (name, body) = (row.get::<_, &str>(0), row.get::<_, &str>(1));
        let of_all = read_by(body, &tables);
        let of_all = of_all
            .into_iter()
            .filter(|table| !FUNCTIONS_ABOUT_ALL.iter().any(|(function, of, _)| *function == name && of == table));
        wrong.extend(of_all.map(|table| format!("{name}: {table}")));
    }
    assert_eq!(wrong, <[String; 0]>::default(), "of {} functions", functions.len());
    assert_eq!(read_by("select from members m where member_id = one", &tables), ["members"]);
    assert_eq!(read_by("select from members where member_id = one; select organization_id", &tables), ["members"]);
    assert_eq!(read_by("select from members m where m.organization_id = ours", &tables), <[String; 0]>::default());
}
