//! What the next step costs: as little for whoever has a long past, is asked by thousands, and works in a company of ten
//! thousand, as for a newcomer in a small one. Counted in rows and pages, not in time.

use serde_json::Value;
use tokio_postgres::Client;

use crate::database;
use crate::source::{Source, sources};
use crate::world::own_database;

/// A company of ten thousand with eight past cycles, in the middle of the ninth. Number 1 is everything at once: coached in
/// every cycle with a call every week, coach in most of them, asked by five thousand now, and by hundreds who had no answer
/// and whose requests nobody has settled; with hundreds of calls called off. All but number 10000 are coaches whose
/// place is taken.
const COMPANY: &str = "
  set search_path = peer_coaching, public;
  create function id(kind integer, n integer) returns uuid immutable language sql
    return (lpad(to_hex(kind), 8, '0') || '-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid;
  insert into organizations values (id(1, 1), 'Large', '2026-11-02T09:00Z');
  insert into policies select id(1, 1), 1, 'UTC', 3, '2022-01-01', 7, 14, 14, 20, 1, 30, 10, 30, true, true, false, 5, null,
    '{How?}', '2024-01-01Z';
  insert into members (organization_id, member_id, name, created_at, updated_at)
    select id(1, 1), id(2, m), 'Member ' || m, '2024-01-01Z', '2024-01-01Z' from generate_series(1, 10000) m;
  insert into cycles (organization_id, cycle_id, name, starts_on, ends_on, starts_at, ends_at, planned, created_at)
    select id(1, 1), id(3, c), 'Cycle ' || c, s::date, (s + interval '3 months')::date, s, s + interval '3 months', true, s
    from generate_series(1, 10) c, lateral (select '2024-07-01Z'::timestamptz + c * interval '3 months') t (s);
  insert into participations (organization_id, cycle_id, member_id, answer, answered_at)
    select id(1, 1), id(3, c), id(2, m), 'opted_in', '2024-01-01Z' from generate_series(1, 9) c, generate_series(1, 8999) m;
  insert into reflections (organization_id, cycle_id, member_id, policy_version, completed_at, created_at, updated_at)
    select id(1, 1), id(3, c), id(2, m), 1, '2024-01-01Z', '2024-01-01Z', '2024-01-01Z'
    from generate_series(1, 9) c, generate_series(1, 8999) m;
  -- some have been coached by the next two, in every cycle; all are coached by the next one now
  insert into pairings (organization_id, pairing_id, cycle_id, coachee_id, coach_id, state, requested_at, accepted_at,
      kickoff_held_at, review, coachee_place, coach_place)
    select id(1, 1), id(10 + c, m * 2 + n), id(3, c), id(2, m), id(2, m + n), 'completed', s, s, s, c * 2, n, n
    from generate_series(1, 8) c, generate_series(1, 500) m, generate_series(1, 2) n,
      lateral (select '2024-07-01Z'::timestamptz + c * interval '3 months') t (s);
  insert into pairings (organization_id, pairing_id, cycle_id, coachee_id, coach_id, state, requested_at, accepted_at,
      kickoff_held_at, due_at, due_state, review, coachee_place, coach_place)
    select id(1, 1), id(19, m), id(3, 9), id(2, m), id(2, 1 + m % 9999), 'active', '2026-10-02Z', '2026-10-02Z',
      '2026-10-03Z', '2027-01-15Z', 'lapsed', 100, 1, 1
    from generate_series(1, 9999) m;
  -- five thousand wait for number 1, and hundreds have waited in vain
  insert into pairings (organization_id, pairing_id, cycle_id, coachee_id, coach_id, state, requested_at, due_at, due_state,
      review, coachee_place)
    select id(1, 1), id(30, m), id(3, 9), id(2, m), id(2, 1), 'requested', '2026-11-01Z', '2026-11-08Z', 'expired', 100, 9
    from generate_series(2, 5001) m;
  insert into pairings (organization_id, pairing_id, cycle_id, coachee_id, coach_id, state, requested_at, due_at, due_state,
      review, coachee_place)
    select id(1, 1), id(31, c * 1000 + m), id(3, c), id(2, m), id(2, 1), 'requested', s, s + interval '7 days', 'expired', 200 + c * 2, 9
    from generate_series(1, 8) c, generate_series(6000, 6100) m,
      lateral (select '2024-07-01Z'::timestamptz + c * interval '3 months') t (s);
  -- a call every week since, and a series called off again and again
  insert into check_ins (organization_id, check_in_id, pairing_id, coachee_id, coach_id, kind, starts_at, duration_minutes,
      state, created_at)
    select organization_id, gen_random_uuid(), pairing_id, coachee_id, coach_id, 'weekly',
      accepted_at + w * interval '7 days', 10, 'held', accepted_at
    from pairings, generate_series(1, 12) w
    where accepted_at is not null and coachee_id in (id(2, 1), id(2, 2), id(2, 3));
  insert into check_ins (organization_id, check_in_id, pairing_id, coachee_id, coach_id, kind, starts_at, duration_minutes,
      state, created_at)
    select organization_id, gen_random_uuid(), pairing_id, coachee_id, coach_id, 'weekly', '2026-11-09T09:00Z'::timestamptz + n * interval '1 hour',
      10, 'cancelled', accepted_at
    from pairings, generate_series(1, 250) n where pairing_id = id(19, 1);
";

/// The statement of this function of a slice.
fn statement(path: &str, begins: &str) -> String {
    let source = sources().into_iter().find(|source| source.path == path).expect(path);
    let found = Source::statements(&source).map(|(_, text)| text.to_owned()).find(|text| text.starts_with(begins));
    found.unwrap_or_else(|| panic!("{path} has no statement that begins with {begins}"))
}

/// How many rows and pages a statement touches, once planned for anybody and once for this very member.
async fn cost(client: &Client, actor: &str, statement: &str, member: u32, arguments: &str) -> [(u64, u64); 2] {
    let organization = "00000001-0000-7000-8000-000000000001";
    let member = format!("00000002-0000-7000-8000-{member:012}");
    let mut costs = Vec::new();
    for mode in ["force_generic_plan", "force_custom_plan"] {
        let opening = format!(
            "begin; set local app.organization_id = '{organization}'; set local app.actor = '{actor}';
             set local app.member_id = '{member}'; set local plan_cache_mode = {mode}; prepare planned as {statement}"
        );
        client.batch_execute(&opening).await.unwrap();
        let arguments = arguments.replace("{organization}", organization).replace("{member}", &member);
        let explain =
            format!("explain (analyze, buffers, costs off, timing off, format json) execute planned ({arguments})");
        let told = client.simple_query(&explain).await.unwrap();
        let rows = told.iter().filter_map(|one| match one {
            tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0),
            _ => None,
        });
        let plan: Value = serde_json::from_str(&rows.collect::<String>()).unwrap();
        client.batch_execute("rollback; deallocate planned").await.unwrap();
        let plan = &plan[0]["Plan"];
        let pages = ["Shared Hit Blocks", "Shared Read Blocks"].map(|key| plan[key].as_u64().unwrap());
        println!("{mode}: {} rows, {} pages", rows_of(plan), pages[0] + pages[1]);
        costs.push((rows_of(plan), pages[0] + pages[1]));
    }
    costs.try_into().unwrap()
}

/// All rows that come out of the indexes and tables, kept or not.
fn rows_of(node: &Value) -> u64 {
    let number = |key: &str| node[key].as_f64().unwrap_or_default();
    let kept = ["Rows Removed by Filter", "Rows Removed by Index Recheck", "Actual Rows"];
    let scans = node["Node Type"].as_str().is_some_and(|name| name.contains("Scan") && !name.contains("Subquery"));
    let own = if scans { kept.map(number).iter().sum::<f64>() * number("Actual Loops") } else { 0.0 };
    let below = node["Plans"].as_array().into_iter().flatten();
    own as u64 + below.map(rows_of).sum::<u64>()
}

#[actix_web::test]
async fn it_costs_the_same_in_a_large_company_with_a_long_past() {
    let config = own_database("large").await;
    let superuser = database::connect(config("postgres")).await;
    superuser.batch_execute(COMPANY).await.unwrap();
    superuser.batch_execute("vacuum analyze").await.unwrap();
    let client = database::connect(config("peer_coaching_app")).await;
    let facts = statement("next_step/store.rs", "select 'cycle' as what");
    let arguments = "'{organization}', '{member}', '2026-11-02T09:00Z', 300, 21";
    for (who, member, rows, pages) in
        [("everything at once", 1, 700, 250), ("one of many", 300, 80, 100), ("a newcomer", 10000, 50, 70)]
    {
        println!("{who}");
        for cost in cost(&client, "member", &facts, member, arguments).await {
            assert!(cost.0 <= rows && cost.1 <= pages, "{who}: {cost:?}");
        }
    }
    let anybody = statement("coaches/store.rs", "select exists");
    for (who, member, rows, pages) in [("nobody far and wide", 5000, 600, 1000), ("somebody is near", 9990, 60, 80)] {
        println!("{who}");
        let id = format!("'00000003-0000-7000-8000-{:012}'", 9);
        let arguments = format!("'{{organization}}', {id}, '{{member}}', '2026-11-02T09:00Z'");
        for cost in cost(&client, "system", &anybody, member, &arguments).await {
            assert!(cost.0 <= rows && cost.1 <= pages, "{who}: {cost:?}");
        }
    }
}
