//! Random rows of three organizations. The same ids occur in each of them: a policy that looks at the member alone would
//! show one organization's rows to another's.

use tokio_postgres::Client;

use super::oracle::Identity;

/// Ids that can be foretold: the kind of thing, and which of them.
const ID: &str = "create function public.id(kind integer, n integer) returns uuid immutable language sql
  return (lpad(to_hex(kind), 8, '0') || '-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid;
  create function public.any_id(kind integer, below integer) returns uuid volatile language sql
  return public.id(kind, 1 + floor(random() * below)::integer);";

/// Statements run, and taken back, by whoever asks: what they answer, or which error.
const ATTEMPTS: &str = "create function public.ask(statement text) returns text language plpgsql as $$
  declare answer text;
  begin
    execute statement into answer;
    raise exception using errcode = 'ZZ000', message = coalesce(answer, '[]');
  exception when others then
    return case sqlstate when 'ZZ000' then sqlerrm else sqlstate end;
  end $$;
  create function public.act(statement text) returns text language plpgsql as $$
  declare changed bigint;
  begin
    execute statement;
    get diagnostics changed = row_count;
    raise exception using errcode = 'ZZ000', message = changed::text;
  exception when others then
    return case sqlstate when 'ZZ000' then sqlerrm else sqlstate end;
  end $$;";

const ROWS: &str = "
  insert into organizations select id(1, o), 'Organization ' || o, now() from generate_series(1, 3) o;
  insert into policies select id(1, o), v, 'UTC', 3, '2022-01-01', 7, 14, 14, 3, 2, 30, 10, 30, true, true, false, 5, null,
    '{How?}', now() from generate_series(1, 3) o, generate_series(1, 2) v;
  insert into members (organization_id, member_id, name, external_id, created_at, updated_at)
    select id(1, o), id(2, m), 'Member ' || m, 'm' || m, now(), now() from generate_series(1, 3) o, generate_series(1, 4) m;
  insert into member_terms select id(1, o), 'name', 'member ' || m, id(2, m), true
    from generate_series(1, 3) o, generate_series(1, 4) m;
  insert into identities (organization_id, issuer, subject, member_id, linked_at)
    select id(1, o), 'https://identity.example.com', 'm' || m, id(2, m), now()
    from generate_series(1, 3) o, generate_series(1, 4) m where random() < 0.8;
  insert into cycles (organization_id, cycle_id, name, starts_on, ends_on, starts_at, ends_at, planned, created_at)
    select id(1, o), id(3, c), 'Cycle ' || c, s::date, (s + interval '3 months')::date, s, s + interval '3 months', true, now()
    from generate_series(1, 3) o, generate_series(1, 2) c, lateral (select '2026-01-01Z'::timestamptz + c * interval '3 months') t (s);
  insert into erased_identities select id(1, o), decode(repeat(lpad(to_hex(e), 2, '0'), 32), 'hex'), now()
    from generate_series(1, 3) o, generate_series(1, 2) e;
  insert into swept_cycles select organization_id, cycle_id, now() from cycles;
  insert into participations (organization_id, cycle_id, member_id, answer, answered_at)
    select id(1, o), id(3, c), id(2, m), 'opted_in', now()
    from generate_series(1, 3) o, generate_series(1, 2) c, generate_series(1, 4) m where random() < 0.7;
  insert into reflections (organization_id, cycle_id, member_id, policy_version, created_at, updated_at)
    select id(1, o), id(3, c), id(2, m), 1, now(), now()
    from generate_series(1, 3) o, generate_series(1, 2) c, generate_series(1, 4) m where random() < 0.7;
  insert into help_requests (organization_id, cycle_id, member_id, reason, asked_at)
    select id(1, o), id(3, c), id(2, m), 'no_coach', now()
    from generate_series(1, 3) o, generate_series(1, 2) c, generate_series(1, 4) m where random() < 0.7;
  insert into statistics (organization_id, cycle_id, opted_in, smallest_group, counted_at)
    select id(1, o), id(3, c), 5 * c, 5, now() from generate_series(1, 3) o, generate_series(1, 2) c where random() < 0.8;
  insert into pairings (organization_id, pairing_id, cycle_id, coachee_id, coach_id, state, requested_at, accepted_at, review,
      coachee_place)
    select id(1, o), id(4, p), any_id(3, 2), id(2, a), id(2, b), 'ended', now(), case when random() < 0.6 then now() end, 1, 1
    from generate_series(1, 3) o, generate_series(1, 8) p,
      lateral (select 1 + floor(random() * 4)::int + 0 * p + 0 * o, 1 + floor(random() * 4)::int + 0 * p) t (a, b) where a <> b;
  update pairings set message = 'x' where random() < 0.5;
  insert into check_ins (organization_id, check_in_id, pairing_id, coachee_id, coach_id, kind, starts_at, duration_minutes, state,
      created_at, join_url, join_url_by)
    select organization_id, id(6, 2 * row_number() over (partition by organization_id order by pairing_id)::int + n), pairing_id,
      coachee_id, coach_id, 'weekly', now(), 10, 'missed', now(), case n when 1 then 'x'::bytea end, case n when 1 then coach_id end
    from pairings, generate_series(0, 1) n;
  insert into organization_keys select id(1, o), 'k1', repeat('x', 60)::bytea, now() from generate_series(1, 3) o;
  insert into owner_keys select id(1, o), id(2, m), repeat('x', 61)::bytea, now()
    from generate_series(1, 3) o, generate_series(1, 4) m
    union all select id(1, o), id(9, 1), repeat('x', 61)::bytea, now() from generate_series(1, 3) o;
  insert into reflection_answers
    select organization_id, cycle_id, member_id, 'x', now() from reflections where random() < 0.8;
  insert into reflection_shares
    select organization_id, pairing_id, coachee_id, coach_id, now() from pairings where random() < 0.7;
  insert into notes (organization_id, check_in_id, author_id, reader_id, text, created_at, updated_at)
    select organization_id, check_in_id, coachee_id, case when random() < 0.5 then coach_id end, 'x'::bytea, now(), now()
    from check_ins where random() < 0.8
    union all
    select organization_id, check_in_id, coach_id, case when random() < 0.5 then coachee_id end, 'x'::bytea, now(), now()
    from check_ins where random() < 0.5;
  insert into actions (organization_id, action_id, pairing_id, coachee_id, coach_id, kind, text, state, author_id, created_at,
      updated_at)
    select organization_id, id(10, 2 * row_number() over (partition by organization_id order by pairing_id)::int + n),
      pairing_id, coachee_id, coach_id, 'start', 'x', 'open', case when random() < 0.5 then coachee_id else coach_id end,
      now(), now()
    from pairings, generate_series(0, 1) n;
  insert into progress (organization_id, progress_id, action_id, coachee_id, coach_id, text, author_id, made_at)
    select organization_id, id(11, row_number() over (partition by organization_id order by action_id)::int), action_id,
      coachee_id, coach_id, 'x', case when random() < 0.5 then coachee_id else coach_id end, now()
    from actions where random() < 0.8;
  insert into insights (organization_id, insight_id, pairing_id, coachee_id, coach_id, kind, text, given_at)
    select organization_id, id(12, row_number() over (partition by organization_id order by pairing_id)::int), pairing_id,
      coachee_id, coach_id, 'drag', 'x', now()
    from pairings;
  insert into idempotency_keys (organization_id, caller_id, route, key, fingerprint, created_at)
    select id(1, o), case when k = 1 then id(9, 1) else any_id(2, 4) end, 'POST /', 'k' || k, '', now()
    from generate_series(1, 3) o, generate_series(1, 6) k;
  insert into audit_entries (organization_id, audit_entry_id, occurred_at, actor, actor_id, action, member_id)
    select id(1, o), id(5, e), now(), 'administrator', 'a', 'a.b', case when random() < 0.7 then any_id(2, 4) end
    from generate_series(1, 3) o, generate_series(1, 6) e;
  delete from events; -- what all this has told, under ids that are other ones each time
  insert into events (organization_id, event_id, cluster, type, occurred_at, member_id)
    select id(1, o), id(13, e), 1, 'member.joined', now(), any_id(2, 4)
    from generate_series(1, 3) o, generate_series(1, 6) e;
  insert into reminders select id(1, o), any_id(2, 4), repeat(to_hex(e), 64), now()
    from generate_series(1, 3) o, generate_series(1, 6) e;
  insert into calendar_feeds (organization_id, member_id, secret_hash, show_names, created_at)
    select id(1, o), id(2, m), decode(repeat(lpad(to_hex(m), 2, '0'), 32), 'hex'), false, now()
    from generate_series(1, 3) o, generate_series(1, 4) m where random() < 0.7;
  insert into webhooks (organization_id, webhook_id, url, secret, created_at, updated_at, cluster, transaction, ordinal)
    select id(1, o), id(14, w), 'https://bot.example.com/', 'x', now(), now(), 1, 1, 1
    from generate_series(1, 3) o, generate_series(1, 2) w;
  insert into deliveries (organization_id, delivery_id, webhook_id, event_id, type, due_at, created_at)
    select id(1, o), id(15, d), id(14, 1 + d % 2), id(13, d), 'member.joined', now(), now()
    from generate_series(1, 3) o, generate_series(1, 6) d;";

/// Fills the tables, always alike for the same seed.
pub async fn fill(superuser: &Client, seed: f64) {
    superuser.batch_execute(&format!("{ID} {ATTEMPTS} select setseed({seed}); {ROWS}")).await.unwrap();
}

fn id(kind: u32, number: u32) -> String {
    format!("{kind:08x}-0000-7000-8000-{number:012}")
}

/// Everybody who can ask, and some who cannot be.
pub fn identities() -> Vec<Identity> {
    let mut identities = Vec::new();
    for organization in 1..=3 {
        let mut add = |actor, member| {
            identities.push(Identity { organization: Some(id(1, organization)), member, actor });
        };
        for member in 1..=4 {
            add(Some("member"), Some(id(2, member)));
        }
        add(Some("administrator"), Some(id(2, 1)));
        add(Some("administrator"), Some(id(2, 3)));
        add(Some("integration"), Some(id(9, 1)));
        add(Some("integration"), Some(id(9, 2)));
        add(Some("system"), None);
        add(Some("system"), Some(id(2, 2))); // within a member's transaction
        add(Some("eraser"), None);
        add(Some("eraser"), Some(id(2, 2)));
        add(Some("subscriber"), None);
        add(Some("subscriber"), Some(id(2, 2)));
        add(None, None);
        add(None, Some(id(2, 1)));
        add(Some("root"), Some(id(8, 8))); // a capacity that there is not, and nobody
    }
    identities.push(Identity { organization: None, member: None, actor: None });
    identities.push(Identity { organization: None, member: Some(id(2, 1)), actor: Some("system") });
    identities.push(Identity { organization: Some(id(1, 7)), member: Some(id(2, 1)), actor: Some("system") });
    identities
}

/// What a deciding column could be changed to.
pub fn others(column: &str) -> Vec<String> {
    match column {
        "organization_id" => vec![id(1, 1), id(1, 2)],
        "caller_id" => vec![id(2, 1), id(9, 1)],
        _ => vec![id(2, 1), id(2, 2), id(2, 3)],
    }
}
