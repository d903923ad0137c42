//! What the schema must be, asked of the catalogue itself (promise H1). Each rule is one question, whose rows are what
//! is wrong; `schema.rs` shows each of them something that it must find.

use tokio_postgres::Client;

/// The tables that the rules are about: all of ours, but the one in which the migrations are counted.
const TABLES: &str = "tables as materialized (
    select c.oid, c.relname::text as name, c.relrowsecurity as secured, c.relforcerowsecurity as forced,
      c.relowner as owner
    from pg_class c
    where c.relnamespace = 'peer_coaching'::regnamespace and c.relkind in ('r', 'p', 'f')
      and c.relname <> 'refinery_schema_history'),
  app as materialized (select * from pg_roles where rolname = 'peer_coaching_app'),
  granted as materialized (
    select t.oid, t.name, g.privilege_type as privilege
    from tables t join pg_class c on c.oid = t.oid
    cross join lateral aclexplode(c.relacl) g where g.grantee in (0, (select oid from app))
    union
    select t.oid, t.name, g.privilege_type
    from tables t join pg_attribute a on a.attrelid = t.oid
    cross join lateral aclexplode(a.attacl) g where g.grantee in (0, (select oid from app))),
  policies as materialized (
    select p.oid, t.oid as table_oid, t.name, p.polname::text as policy, p.polcmd as command,
      pg_get_expr(p.polqual, p.polrelid) as using_text, pg_get_expr(p.polwithcheck, p.polrelid) as check_text,
      p.polpermissive as permissive
    from pg_policy p join tables t on t.oid = p.polrelid)";

/// How a policy begins: with the caller's organization, asked once for a statement (an InitPlan), not once for a row.
/// Everything else is a further condition: no `or` stands beside it.
const BEGINS: &str = r"'^(\(ours\)$|\(\(ours\) AND )'";

/// Each rule: what it wants, and what does not keep to it.
pub const RULES: [(&str, &str); 20] = [
    (
        "has the column organization_id, not null",
        "select name from tables t where not exists (select from pg_attribute a
           where a.attrelid = t.oid and a.attname = 'organization_id' and a.attnotnull and a.atttypid = 'uuid'::regtype)",
    ),
    ("has row-level security, forced on its owner too", "select name from tables where not (secured and forced)"),
    (
        "has a policy for each command that is granted",
        "select g.name || ' for ' || g.privilege from granted g
         where g.privilege in ('SELECT', 'INSERT', 'UPDATE', 'DELETE') and not exists (
           select from policies p where p.table_oid = g.oid and p.permissive
             and p.command::text in ('*', case g.privilege
               when 'SELECT' then 'r' when 'INSERT' then 'a' when 'UPDATE' then 'w' else 'd' end))",
    ),
    (
        "says in each policy what is seen and what may be stored",
        "select policy from policies where (command in ('r', 'w', 'd', '*') and using_text is null)
           or (command in ('a', 'w', '*') and check_text is null)",
    ),
    (
        "has at most one policy for a command: several would widen each other",
        "select name || ' ' || command::text from policies group by name, command having count(*) > 1
         union all
         select name || ' for all' from policies p where command = '*' and exists (
           select from policies other where other.table_oid = p.table_oid and other.oid <> p.oid)",
    ),
    (
        "has policies that begin with the caller's organization, asked once",
        "select policy from policies where using_text !~ {begins} or check_text !~ {begins}",
    ),
    (
        "has policies that ask everything about the caller once",
        r"select policy from policies cross join lateral regexp_replace(
            concat(using_text, ' ', check_text), 'SELECT caller_[a-z]+\(\) AS', '', 'g') rest
          where rest ~ 'caller_[a-z]+\(|current_setting|current_user|session_user'",
    ),
    (
        "has keys and other constraints that begin with organization_id",
        "select k.conname::text from tables t join pg_constraint k on k.conrelid = t.oid and k.contype in ('p', 'u', 'x')
         join pg_attribute a on a.attrelid = t.oid and a.attnum = k.conkey[1] where a.attname <> 'organization_id'",
    ),
    (
        "has indexes that begin with organization_id",
        "select i.indexrelid::regclass::text from tables t join pg_index i on i.indrelid = t.oid
         left join pg_attribute a on a.attrelid = t.oid and a.attnum = i.indkey[0]
         where a.attname is distinct from 'organization_id'",
    ),
    (
        "has foreign keys that begin with organization_id on both sides",
        "select k.conname::text from tables t join pg_constraint k on k.conrelid = t.oid and k.contype = 'f'
         join pg_attribute a on a.attrelid = t.oid and a.attnum = k.conkey[1]
         join pg_attribute b on b.attrelid = k.confrelid and b.attnum = k.confkey[1]
         where a.attname <> 'organization_id' or b.attname <> 'organization_id'
           or (cardinality(k.conkey) < 2 and k.confrelid <> 'peer_coaching.organizations'::regclass)",
    ),
    (
        "has no function that acts as somebody else",
        "select proname::text from pg_proc where pronamespace = 'peer_coaching'::regnamespace and prosecdef",
    ),
    (
        "asks only stable functions in policies",
        "select distinct f.proname::text from policies p
         join pg_depend d on d.classid = 'pg_policy'::regclass and d.objid = p.oid and d.refclassid = 'pg_proc'::regclass
         join pg_proc f on f.oid = d.refobjid where f.provolatile = 'v'",
    ),
    (
        "has no view that asks as its owner, and no stored view",
        "select relname::text from pg_class where relnamespace = 'peer_coaching'::regnamespace
           and (relkind = 'm' or relkind = 'v' and coalesce(reloptions::text, '') !~ 'security_invoker=(true|on|1)')",
    ),
    (
        "has no enumerated types: their operators leak",
        "select typname::text from pg_type where typnamespace = 'peer_coaching'::regnamespace and typtype = 'e'",
    ),
    (
        "keeps instants to the millisecond",
        "select t.name || '.' || a.attname from tables t join pg_attribute a on a.attrelid = t.oid
         where a.attnum > 0 and not a.attisdropped
           and (a.atttypid = 'timestamptz'::regtype and a.atttypmod <> 3 or a.atttypid = 'timestamp'::regtype)",
    ),
    (
        "belongs to the owner, nothing to the role that serves",
        "select name from tables where pg_get_userbyid(owner) <> 'peer_coaching_owner'
         union all
         select 'objects of peer_coaching_app: ' || count(*) from pg_shdepend d join app on app.oid = d.refobjid
         where d.deptype = 'o' and d.dbid in (0, (select oid from pg_database where datname = current_database()))
         having count(*) > 0",
    ),
    (
        "is served by a role without power of its own",
        "select rolname::text from app where rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication
         union all
         select 'member of ' || m.roleid::regrole from pg_auth_members m join app on app.oid = m.member
         union all
         select 'may create in ' || nspname from pg_namespace, app where nspname in ('peer_coaching', 'public')
           and has_schema_privilege(app.oid, pg_namespace.oid, 'create')",
    ),
    (
        "grants no more than select, insert, update and delete",
        "select name || ': ' || privilege from granted where privilege not in ('SELECT', 'INSERT', 'UPDATE', 'DELETE')",
    ),
    (
        // A scalar function that reads a table is not inlined: in `language sql`, each statement that calls it plans it.
        "keeps the plans of its functions",
        r"select p.proname::text from pg_proc p
         join pg_language l on l.oid = p.prolang and l.lanname = 'sql'
         where p.pronamespace = 'peer_coaching'::regnamespace and not p.proretset and exists (
           select from tables t where pg_get_functiondef(p.oid) ~* ('\m(from|join)\s+(peer_coaching\.)?' || t.name || '\M'))",
    ),
    (
        "lets no grant be passed on, and grants to nobody in particular nothing",
        "select t.name from tables t join pg_class c on c.oid = t.oid cross join lateral aclexplode(c.relacl) g
         where g.grantee = 0 or g.is_grantable and g.grantee <> t.owner",
    ),
];

/// What does not keep to the rules, each with its rule.
pub async fn findings(superuser: &Client) -> Vec<String> {
    superuser.batch_execute("set search_path = peer_coaching, public").await.unwrap(); // names are told without their schema
    let mut findings = Vec::new();
    for (wants, wrong) in RULES {
        let begins =
            BEGINS.replace("ours", r"organization_id = \( SELECT caller_organization\(\) AS caller_organization\)");
        let question = format!("with {TABLES} {}", wrong.replace("{begins}", &begins));
        let rows = superuser.query(&question, &[]).await.unwrap_or_else(|error| panic!("{wants}: {error:?}"));
        findings.extend(rows.iter().map(|row| format!("{wants}: {}", row.get::<_, String>(0))));
    }
    findings
}
