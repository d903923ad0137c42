//! Every statement of the service, as the role that serves: it prepares against the migrated schema, nothing in it is
//! denied to that role, and it has a plan for whatever organization asks.

use peer_coaching::access::Reason;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use crate::database;
use crate::source::sources;
use crate::world::Organization;

/// Prepares a statement as a connection of the service would, and plans it for arguments that nobody knows yet.
async fn plan(client: &Client, sql: &str) -> Result<String, tokio_postgres::Error> {
    let arguments = vec!["null"; client.prepare(sql).await?.params().len()].join(", ");
    client.batch_execute(&format!("set plan_cache_mode = force_generic_plan; prepare planned as {sql}")).await?;
    let call = if arguments.is_empty() { "planned".into() } else { format!("planned ({arguments})") };
    let plan = client.query(&format!("explain (costs off) execute {call}"), &[]).await; // checks what is granted
    client.batch_execute("deallocate planned").await?;
    Ok(plan?.iter().map(|row| row.get::<_, String>(0)).collect::<Vec<_>>().join("\n"))
}

#[actix_web::test]
async fn every_statement_prepares_and_is_granted() {
    let client = database::connect(database::config("peer_coaching_app")).await;
    let (mut count, mut wrong) = (0, Vec::new());
    for source in sources() {
        for (at, statement) in source.statements() {
            count += 1;
            if let Err(error) = plan(&client, statement).await {
                let reason = error.as_db_error().map_or_else(|| error.to_string(), ToString::to_string);
                wrong.push(format!("src/{}:{}: {reason}", source.path, source.line(at)));
            }
        }
    }
    assert_eq!(wrong, <[String; 0]>::default(), "of {count} statements");
    assert!(count >= 35, "only {count} statements were found: has the marker another name?");
    println!("{count} statements prepare, are granted and have a plan");
}

/// That is the plan with which a connection of the pool runs it, from the first time on.
#[actix_web::test]
async fn a_connection_plans_for_whoever_asks() {
    let pool = database::settings("peer_coaching_app").pool(1);
    let organization = Organization::of(0, &pool).await;
    let asked = "select current_setting('plan_cache_mode'), current_setting('jit')";
    let told =
        organization.system(Reason::Availability).read(async |tx| Ok(tx.query_one(asked, &[]).await?)).await.unwrap();
    assert_eq!((told.get(0), told.get(1)), ("force_generic_plan", "off"));
}

#[actix_web::test]
async fn a_statement_that_cannot_be_is_found() {
    let client = database::connect(database::config("peer_coaching_app")).await;
    for (sql, state) in [
        ("select nickname from members where organization_id = $1", SqlState::UNDEFINED_COLUMN),
        ("select * from membres where organization_id = $1", SqlState::UNDEFINED_TABLE),
        ("update members set version = $2 where organization_id = $1 and member_id = $2", SqlState::DATATYPE_MISMATCH),
        ("delete from members where organization_id = $1", SqlState::INSUFFICIENT_PRIVILEGE),
        ("update audit_entries set action = 'a.b' where organization_id = $1", SqlState::INSUFFICIENT_PRIVILEGE),
    ] {
        let error = plan(&client, sql).await.unwrap_err();
        assert_eq!(error.code(), Some(&state), "{sql}");
    }
}
