//! The schema keeps to its rules, and each rule finds what breaks it.

use tokio_postgres::Client;

use crate::database;
use crate::lint::{RULES, findings};
use crate::world::{own_database, superuser};

#[actix_web::test]
async fn the_schema_keeps_to_its_rules() {
    let superuser = superuser().await;
    assert_eq!(findings(&superuser).await, <[String; 0]>::default());
    let tables = "select count(*) from pg_tables where schemaname = 'peer_coaching'";
    let tables: i64 = superuser.query_one(tables, &[]).await.unwrap().get(0);
    println!("{} rules hold for {} tables", RULES.len(), tables - 1);
}

/// A table as it should be, for the examples that need one more.
const SOUND: &str = "
    create table drafts (organization_id uuid not null references organizations, draft_id uuid not null,
      member_id uuid, written_at timestamptz(3), primary key (organization_id, draft_id),
      foreign key (organization_id, member_id) references members);
    alter table drafts owner to peer_coaching_owner;
    alter table drafts enable row level security, force row level security;
    create policy drafts_select on drafts for select using (organization_id = (select caller_organization()));
    grant select on drafts to peer_coaching_app;";

/// What breaks a rule, and (a part of) what must be found. Where the same change breaks several, one stands for all.
const BROKEN: &[(&str, &str)] = &[
    ("alter table drafts drop constraint drafts_pkey cascade; alter table drafts drop column organization_id cascade",
     "has the column organization_id, not null: drafts"),
    ("create table loose (organization_id uuid)", "has the column organization_id, not null: loose"),
    ("alter table pairings disable row level security", "forced on its owner too: pairings"),
    ("alter table pairings no force row level security", "forced on its owner too: pairings"),
    ("grant delete on members to peer_coaching_app", "for each command that is granted: members for DELETE"),
    ("grant update (name) on organizations to peer_coaching_app", "that is granted: organizations for UPDATE"),
    ("grant insert on drafts to public", "that is granted: drafts for INSERT"),
    ("drop policy cycles_update on cycles", "that is granted: cycles for UPDATE"),
    ("create policy drafts_update on drafts for update using (organization_id = (select caller_organization()))",
     "what may be stored: drafts_update"),
    ("create policy more on members for select using (organization_id = (select caller_organization()))",
     "widen each other: members r"),
    ("create policy more on drafts for all using (organization_id = (select caller_organization()))
      with check (organization_id = (select caller_organization()))", "widen each other: drafts for all"),
    ("alter policy members_select on members using (true)", "begin with the caller's organization, asked once: members_select"),
    ("alter policy members_insert on members with check (true)", "asked once: members_insert"),
    ("alter policy members_select on members using (organization_id = caller_organization())", "asked once: members_select"),
    ("alter policy drafts_select on drafts using (organization_id = (select caller_organization()) or member_id is null)",
     "organization, asked once: drafts_select"),
    ("alter policy drafts_select on drafts using ((organization_id = (select caller_organization()) and draft_id is not null)
      or member_id is null)", "organization, asked once: drafts_select"),
    ("alter policy drafts_select on drafts using (organization_id = (select caller_organization()) and member_id = caller_member())",
     "everything about the caller once: drafts_select"),
    ("alter table members drop constraint members_external_id; alter table members add unique (external_id)",
     "other constraints that begin with organization_id: members_external_id_key"),
    ("create index by_name on members (name)", "indexes that begin with organization_id: by_name"),
    ("create index by_lower_name on members (lower(name), organization_id)", "begin with organization_id: by_lower_name"),
    ("create unique index alone on members (organization_id); alter table drafts add foreign key (organization_id) references members (organization_id)",
     "on both sides: drafts_organization_id_fkey1"),
    ("create unique index alone on members (member_id); alter table drafts add foreign key (member_id) references members (member_id)",
     "on both sides: drafts_member_id_fkey"),
    ("create function peek() returns bigint security definer language sql as 'select count(*) from members'",
     "acts as somebody else: peek"),
    ("create function count_members() returns bigint stable language sql as 'select count(*) from members'",
     "keeps the plans of its functions: count_members"),
    ("create function first_member(organization uuid) returns uuid stable language sql begin atomic
        select member_id from members where organization_id = organization limit 1; end",
     "keeps the plans of its functions: first_member"),
    ("alter function caller_organization() volatile", "stable functions in policies: caller_organization"),
    ("create view everybody as select * from members", "no stored view: everybody"),
    ("create view everybody with (security_invoker = false) as select * from members", "no stored view: everybody"),
    ("create materialized view everybody as select * from members", "no stored view: everybody"),
    ("create type mood as enum ('good')", "enumerated types: their operators leak: mood"),
    ("alter table drafts alter written_at type timestamptz", "to the millisecond: drafts.written_at"),
    ("alter table drafts alter written_at type timestamp(3)", "to the millisecond: drafts.written_at"),
    ("alter table drafts owner to postgres", "belongs to the owner, nothing to the role that serves: drafts"),
    ("grant create on schema peer_coaching to peer_coaching_app; alter function require_standing() owner to peer_coaching_app",
     "objects of peer_coaching_app: 1"),
    ("alter role peer_coaching_app bypassrls", "without power of its own: peer_coaching_app"),
    ("alter role peer_coaching_app superuser", "without power of its own: peer_coaching_app"),
    ("grant peer_coaching_owner to peer_coaching_app", "without power of its own: member of peer_coaching_owner"),
    ("grant create on schema public to peer_coaching_app", "without power of its own: may create in public"),
    ("grant truncate on drafts to peer_coaching_app", "update and delete: drafts: TRUNCATE"),
    ("grant references on drafts to peer_coaching_app", "update and delete: drafts: REFERENCES"),
    ("grant trigger on drafts to peer_coaching_app", "update and delete: drafts: TRIGGER"),
    ("grant select on drafts to public", "to nobody in particular nothing: drafts"),
    ("grant select on drafts to peer_coaching_app with grant option", "to nobody in particular nothing: drafts"),
];

/// What the lint finds after this change, which is then taken back.
async fn findings_after(client: &Client, change: &str) -> Vec<String> {
    client
        .batch_execute(&format!("begin; {SOUND} {change}"))
        .await
        .unwrap_or_else(|error| panic!("{change}: {error:?}"));
    let findings = findings(client).await;
    client.batch_execute("rollback").await.unwrap();
    findings
}

#[actix_web::test]
async fn each_rule_finds_what_breaks_it() {
    let config = own_database("broken").await;
    let superuser = database::connect(config("postgres")).await;
    superuser.batch_execute("set search_path = peer_coaching, public").await.unwrap();
    assert_eq!(findings_after(&superuser, "").await, <[String; 0]>::default());
    let mut silent = RULES.map(|(wants, _)| wants).to_vec();
    for (change, expected) in BROKEN {
        let found = findings_after(&superuser, change).await;
        assert!(
            found.iter().any(|finding| finding.ends_with(expected)),
            "{change}\nexpected: …{expected}\nfound: {found:#?}"
        );
        silent.retain(|wants| !found.iter().any(|finding| finding.starts_with(wants)));
    }
    assert_eq!(silent, <[&str; 0]>::default(), "rules that found nothing");
    println!("{} changes, each found", BROKEN.len());
}
