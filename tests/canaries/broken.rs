//! Breakdowns: what the database refuses, keeps waiting or gives back spoilt, with every step of the story.

use reqwest::Method;
use serde_json::json;

use crate::service::Service;
use crate::story::Story;
use crate::support::eventually;

/// Every table but for the one that remembers answers, and the keys, so that each step comes as far as it can.
const TABLES: &str = "select format('%I.%I', table_schema, table_name) as name from information_schema.tables
    where table_schema = 'peer_coaching' and table_type = 'BASE TABLE'
      and table_name not in ('idempotency_keys', 'organization_keys', 'owner_keys')";

/// Everything that we can think of.
pub fn everything(story: &mut Story<'_>) {
    refused(story);
    let [locked, slow] = ["while everything is locked", "while everything takes too long"];
    let requests = |story: &mut Story<'_>, how: &str| {
        let steps = story.steps.clone();
        steps.iter().map(|step| story.without_key(step, how)).collect::<Vec<_>>()
    };
    let asked = requests(story, locked);
    let answers = while_all_is_locked(story.service, || story.service.answers(asked));
    assert!(answers.iter().any(|answer| answer.status == 503), "nobody waited");
    let asked = requests(story, slow);
    whoever_writes(story.service, "perform pg_sleep(10)");
    let answers = story.service.answers(asked);
    assert!(answers.iter().any(|answer| answer.status == 503), "nobody waited");
    no_triggers(story);
    spoilt(story);
}

/// Does something while nobody can so much as read a table, but for the memory of answers.
fn while_all_is_locked<T>(service: &Service, act: impl FnOnce() -> T) -> T {
    const LOCKS: &str = "from pg_locks where granted and mode = 'AccessExclusiveLock'
        and relation = 'peer_coaching.members'::regclass";
    let lock = format!(
        "begin; do $$ declare t text; begin
           for t in {TABLES} loop execute 'lock table ' || t || ' in access exclusive mode'; end loop;
           begin perform pg_sleep(60); exception when query_canceled then null; end; end $$; commit"
    );
    let sql = |sql: &str| service.deployment.with_superuser(sql);
    std::thread::scope(|threads| {
        threads.spawn(|| sql(&lock));
        eventually("all tables are locked", || sql(&format!("select count(*)::text {LOCKS}")) == "1");
        let outcome = act();
        sql(&format!("select count(pg_cancel_backend(pid))::text {LOCKS}"));
        outcome
    })
}

/// By a constraint, whose violation is logged with the row; and with the row in so many words.
fn refused(story: &mut Story<'_>) {
    let each = |change: &str| {
        format!(
            "do $$ declare t text; begin for t in {TABLES} loop execute 'alter table ' || t || ' {change}'; end loop; end $$"
        )
    };
    let sql = |story: &Story<'_>, sql: &str| drop(story.service.deployment.with_superuser(sql));
    sql(story, &each("add constraint broken check (false) not valid"));
    all_fail(story, "refused by a constraint");
    sql(story, &each("drop constraint broken"));
    whoever_writes(story.service, "raise exception 'no: %', new using detail = new::text, hint = new::text");
    all_fail(story, "refused in so many words");
    no_triggers(story);
}

fn all_fail(story: &mut Story<'_>, how: &str) {
    let mut failed = 0;
    for step in story.steps.clone() {
        let request = story.without_key(&step, how);
        failed += u32::from(story.service.answer(request).status == 500);
    }
    assert!(failed >= 3, "{how}: only {failed} requests failed");
}

/// Whoever writes anything has this done to them.
pub fn whoever_writes(service: &Service, what: &str) {
    let function = format!(
        "create function peer_coaching.broken() returns trigger language plpgsql as $f$ begin {what}; return new; end $f$"
    );
    let each = format!(
        "do $$ declare t text; begin for t in {TABLES} loop
           execute 'create trigger broken before insert or update on ' || t || ' for each row execute function peer_coaching.broken()';
           commit; -- one table after the other: the service goes on working
         end loop; end $$"
    );
    service.deployment.with_superuser(&function);
    service.deployment.with_superuser(&each);
}

fn no_triggers(story: &Story<'_>) {
    let each = format!(
        "do $$ declare t text; begin for t in {TABLES} loop
           execute 'drop trigger if exists broken on ' || t; commit; end loop; end $$"
    );
    story.service.deployment.with_superuser(&each);
    story.service.deployment.with_superuser("drop function peer_coaching.broken cascade");
}

/// Every sealed text has one bit changed: none opens any more.
fn spoilt(story: &mut Story<'_>) {
    let sealed = "select format('update peer_coaching.%I set %2$I = set_byte(%2$I, length(%2$I) - 1, get_byte(%2$I, length(%2$I) - 1) # 1)
          where length(%2$I) > 0', table_name, column_name) from information_schema.columns
        where table_schema = 'peer_coaching' and data_type = 'bytea' and table_name not in ('organization_keys', 'owner_keys', 'check_ins_seen')";
    let each = format!("do $$ declare change text; begin for change in {sealed} loop execute change; end loop; end $$");
    story.service.deployment.with_superuser(&each);
    let mut failed = 0;
    for operation in story.document.operations().into_iter().filter(|one| one.method == Method::GET) {
        let path = story.path(&operation, &json!({}));
        for who in ["ana", "ben", "dora"] {
            failed += u32::from(story.send(Method::GET, who, &path).status == 500);
        }
    }
    assert!(failed >= 2, "what was spoilt is shown");
}
