//! A crowd: an organization of thousands with years behind it, stored in a few seconds; for whoever asks what something
//! reads, or costs, where much has been stored.

use peer_coaching::ids::OrganizationId;
use tokio_postgres::Client;

/// How many there are, and how much they have been through.
#[derive(Clone, Copy, Debug)]
pub struct Crowd {
    pub members: i32,
    /// Quarters that are over, before the one that starts on 2026-10-01; in that one a sixth are coached already.
    pub past_cycles: i32,
}

impl Crowd {
    /// Stores it, over a connection of the owner's, for an organization that has been founded in the zone Etc/UTC and has no
    /// cycles yet. Whatever has to do with a member follows from their number: `member {number}` is the external id.
    ///
    /// One of twenty has left, one of ten is not open to coaching. Every fourth knows Rust, every second works on Everything;
    /// of other topics there are forty, of other projects one for each twenty-five. Everybody takes part every second time.
    /// A hundred members coach up to six each time, others one or nobody; nobody has the same coach twice in a row.
    pub async fn store(self, owner: &Client, organization: OrganizationId) {
        let Self { members, past_cycles } = self;
        let asking = format!(
            "select set_config('app.organization_id', '{organization}', false), set_config('app.actor', 'system', false)"
        );
        owner.batch_execute(&asking).await.unwrap();
        for statement in STATEMENTS {
            let statement = statement
                .replace("{organization}", &format!("'{organization}'::uuid"))
                .replace("{members}", &members.to_string())
                .replace("{past_cycles}", &past_cycles.to_string());
            owner.batch_execute(&statement).await.unwrap_or_else(|error| panic!("{error:?}: {statement}"));
        }
    }
}

/// In this order. Ids are as the service makes them: they sort by time.
const STATEMENTS: [&str; 10] = [
    "create or replace function pg_temp.crowd_id(what text, number bigint) returns uuid immutable language sql as $$
       select (lpad(to_hex(1700000000000 + number * 1000), 12, '0') || '7'
         || substr(md5({organization}::text || what || number), 1, 3) || '8'
         || substr(md5({organization}::text || what || number), 4, 15))::uuid $$;
     create or replace function pg_temp.start_of(cycle integer) returns date immutable language sql as $$
       select (date '2026-10-01' - (({past_cycles} - cycle) * interval '3 months'))::date $$",
    "insert into members (organization_id, member_id, external_id, name, title, active, open_to_coaching, time_zone,
       works_from, works_until, expertise, projects, created_at, updated_at)
     select {organization}, pg_temp.crowd_id('member', n), 'member ' || n,
       (array['Anna', 'Ben', 'Chiara', 'Dmitri', 'Zoe'])[1 + n % 5] || ' Number' || n, 'Engineer', n % 20 <> 19,
       n % 10 <> 7, case when n % 3 = 0 then 'Europe/Lisbon' end,
       case when n % 4 <> 3 then '09:00' end, case when n % 4 <> 3 then '17:30' end,
       array['Topic ' || n % 40] || case when n % 4 = 0 then array['Rust'] else '{}' end,
       array['Project ' || n / 25] || case when n % 2 = 0 then array['Everything'] else '{}' end,
       timestamptz '2024-01-01', timestamptz '2024-01-01'
     from generate_series(0, {members} - 1) n",
    "insert into member_terms (organization_id, kind, term, member_id, is_whole)
     select {organization}, 'name', lower(name), member_id, true from members where organization_id = {organization}
     union all
     select {organization}, 'name', lower(split_part(name, ' ', 2)), member_id, false from members
     where organization_id = {organization}
     union all
     select {organization}, 'expertise', lower(one), member_id, true from members cross join unnest(expertise) one
     where organization_id = {organization}
     union all
     select {organization}, 'project', lower(one), member_id, true from members cross join unnest(projects) one
     where organization_id = {organization}",
    "insert into cycles (organization_id, cycle_id, name, starts_on, ends_on, starts_at, ends_at, planned, created_at)
     select {organization}, pg_temp.crowd_id('cycle', c), 'Quarter ' || c, pg_temp.start_of(c), pg_temp.start_of(c + 1),
       pg_temp.start_of(c)::timestamp at time zone 'UTC', pg_temp.start_of(c + 1)::timestamp at time zone 'UTC', true,
       timestamptz '2024-01-01'
     from generate_series(0, {past_cycles} + 1) c",
    "insert into participations (organization_id, cycle_id, member_id, answer, answered_at)
     select {organization}, pg_temp.crowd_id('cycle', c), pg_temp.crowd_id('member', n), 'opted_in',
       pg_temp.start_of(c)::timestamp at time zone 'UTC' + interval '1 day'
     from generate_series(0, {past_cycles}) c cross join generate_series(0, {members} - 1) n where (n + c) % 2 = 0",
    "insert into reflections (organization_id, cycle_id, member_id, policy_version, completed_at, created_at, updated_at)
     select organization_id, cycle_id, member_id, 1, answered_at, answered_at, answered_at from participations
     where organization_id = {organization}",
    // what is over: of ten, eight have completed, one has ended after the first call, one was declined
    "insert into pairings (organization_id, pairing_id, cycle_id, coachee_id, coach_id, state, requested_at, accepted_at,
       closed_at, ended_by, review, kickoff_held_at, coachee_place, coach_place)
     select {organization}, pg_temp.crowd_id('pairing', c * {members}::bigint + n), pg_temp.crowd_id('cycle', c),
       pg_temp.crowd_id('member', n),
       pg_temp.crowd_id('member', case when n % 20 = 0 then (n / 20 + c) % 100 + 1 else (n + c * 7 + 1) % {members} end),
       case when kind = 3 then 'declined' when kind = 6 then 'ended' else 'completed' end,
       starts_at + interval '2 days', case when kind is distinct from 3 then starts_at + interval '3 days' end,
       starts_at + interval '60 days', case when kind = 6 then 'coachee' end,
       case when kind = 3 then 1 else c / 2 + 1 end,
       case when kind is distinct from 3 then starts_at + interval '4 days' end, 1,
       case when n % 20 = 0 then 2 + n / 2000 when kind <> 3 then 1 end
     from generate_series(0, {past_cycles} - 1) c
     cross join lateral (select pg_temp.start_of(c)::timestamp at time zone 'UTC' as starts_at) cycle
     cross join generate_series(0, {members} - 1) n
     cross join lateral (select case when n % 20 > 0 then n % 10 end as kind) kind
     where (n + c) % 2 = 0",
    "insert into check_ins (organization_id, check_in_id, pairing_id, coachee_id, coach_id, kind, starts_at,
       duration_minutes, state, created_at)
     select organization_id, pg_temp.crowd_id(kind, row_number() over (order by pairing_id)), pairing_id, coachee_id,
       coach_id, kind, kickoff_held_at + later, 30, 'held', accepted_at
     from pairings
     cross join (values ('kickoff', interval '0'), ('catch_up', interval '40 days')) call (kind, later)
     where organization_id = {organization} and kickoff_held_at is not null
       and (kind = 'kickoff' or state = 'completed')",
    // and what is under way
    "insert into pairings (organization_id, pairing_id, cycle_id, coachee_id, coach_id, state, requested_at, accepted_at,
       due_at, due_state, review, coachee_place, coach_place)
     select {organization}, pg_temp.crowd_id('running', n), pg_temp.crowd_id('cycle', {past_cycles}),
       pg_temp.crowd_id('member', n), pg_temp.crowd_id('member', coach), 'active', timestamptz '2026-10-02',
       timestamptz '2026-10-03', timestamptz '2027-01-01', 'lapsed', {past_cycles} / 2 + 1, 1,
       case when n % 20 = 0 then 2 + n / 2000 else 1 end
     from generate_series(0, {members} - 1) n
     cross join lateral (select case when n % 20 = 0 then (n / 20 + {past_cycles}) % 100 + 1
       else (n + {past_cycles} * 7 + 1) % {members} end as coach) asked
     where (n + {past_cycles}) % 2 = 0 and n % 3 = 0 and n % 20 <> 19 and coach % 20 <> 19",
    "analyze members, member_terms, cycles, participations, reflections, pairings, check_ins",
];
