//! Nothing that is kept of people is forgotten (promises J4 and J5): every column of the schema has its line.

use std::collections::BTreeSet;

use crate::database::connect;
use crate::personal_data::{known, tables};
use crate::world::{own_database, superuser};

#[actix_web::test]
async fn every_column_has_its_line() {
    let all = "select c.relname || '.' || a.attname from pg_class c join pg_attribute a on a.attrelid = c.oid
        where c.relnamespace = 'peer_coaching'::regnamespace and c.relkind in ('r', 'p') and a.attnum > 0
          and not a.attisdropped and c.relname <> 'refinery_schema_history' order by 1";
    let there = superuser().await.query(all, &[]).await.unwrap();
    let there = there.iter().map(|row| row.get(0)).collect::<BTreeSet<String>>();
    let known = known();
    assert_eq!(known.len(), known.iter().collect::<BTreeSet<_>>().len(), "each has one line");
    let known = known.into_iter().collect::<BTreeSet<_>>();
    let forgotten = there.difference(&known).collect::<Vec<_>>();
    assert!(forgotten.is_empty(), "say in tests/support/personal.rs what becomes of {forgotten:#?}");
    let gone = known.difference(&there).collect::<Vec<_>>();
    assert!(gone.is_empty(), "there is no such column any more: {gone:#?}");
}

/// Whoever is referred to as a person, or as the owner of a key, is somebody whom the row is about.
#[actix_web::test]
async fn every_reference_to_a_person_is_known() {
    let references = "select c.relname::text, a.attname::text from pg_constraint k
        join pg_class c on c.oid = k.conrelid
        join pg_attribute a on a.attrelid = k.conrelid and a.attnum = any(k.conkey) and a.attname <> 'organization_id'
        where k.contype = 'f'
          and k.confrelid in ('peer_coaching.members'::regclass, 'peer_coaching.owner_keys'::regclass)";
    let references = superuser().await.query(references, &[]).await.unwrap();
    assert!(references.len() >= 8, "there are some");
    let tables = tables();
    for row in references {
        let (table, column): (&str, &str) = (row.get(0), row.get(1));
        let known = tables.iter().find(|known| known.name == table).is_some_and(|known| known.about.contains(&column));
        assert!(known, "rows of {table} are about {column}");
    }
}

/// Whatever a bug would do: of whoever was erased nothing comes back, and nothing new is sealed for them.
#[actix_web::test]
async fn the_database_keeps_the_erased_erased() {
    let config = own_database("erased").await;
    let superuser = connect(config("postgres")).await;
    superuser
        .batch_execute(
            "set search_path = peer_coaching, public;
             insert into organizations values ('01990a3e-0000-7000-8000-000000000001', 'Example', now());
             insert into members (organization_id, member_id, name, created_at, updated_at)
               select organization_id, ('01990a3e-0000-7000-8000-00000000000' || n)::uuid, 'Ana', now(), now()
               from organizations, generate_series(1, 2) n;
             update members set name = 'Former member', active = false, open_to_coaching = false, notify = false,
               erased_at = now() where member_id = '01990a3e-0000-7000-8000-000000000002'",
        )
        .await
        .unwrap();
    let erased = "member_id = '01990a3e-0000-7000-8000-000000000002'";
    for change in [
        "name = 'Ana'",
        "active = true",
        "external_id = 'ana'",
        "email = 'ana@example.com'",
        "title = 't'",
        "team = 't'",
        "time_zone = 'Etc/UTC'",
        "works_from = '09:00', works_until = '10:00'",
        "languages = '{en}'",
        "expertise = '{x}'",
        "projects = '{x}'",
        "open_to_coaching = true",
        "coach_capacity = 1",
        "notify = true",
    ] {
        let refused =
            superuser.batch_execute(&format!("update members set {change} where {erased}")).await.unwrap_err();
        assert_eq!(refused.as_db_error().unwrap().constraint(), Some("members_erased"), "{change}");
    }
    let key = "insert into owner_keys select organization_id, member_id, repeat('x', 61)::bytea, now() from members";
    let refused = superuser.batch_execute(&format!("{key} where {erased}")).await.unwrap_err();
    assert_eq!(refused.code().unwrap().code(), "PC410");
    superuser.batch_execute(&format!("{key} where not {erased}")).await.unwrap();
}
