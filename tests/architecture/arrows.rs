//! Who may name whom. `main → commands, app → */http → */mod → {*/rules, */store → db} → {access, ids, clock, codes,
//! error}`, and `*/http → web`: left may name right, never back.

use crate::source::{Source, sources};
use crate::uses::names;

/// The ground that everything stands on.
const GROUND: &[&str] =
    &["access", "ids", "clock", "codes", "error", "json", "life", "telemetry", "text", "vault", "zones"];

/// What each module that is no slice may name, beside itself. The slices follow from their files, below.
const MODULES: &[(&str, &[&str])] = &[
    ("main", &["peer_coaching::commands", "peer_coaching::telemetry"]),
    ("lib", &[]),
    (
        "commands",
        &[
            "access",
            "app",
            "clock",
            "config",
            "db",
            "dev",
            "door",
            "erasures",
            "error",
            "events",
            "ids",
            "life",
            "limits",
            "openapi",
            "organizations",
            "policy",
            "server",
            "telemetry",
            "vault",
            "webhooks",
            "worker",
            "zones",
        ],
    ),
    ("dev", &["app", "commands", "config", "db", "door", "limits", "server", "web", "worker", "ground", "slices"]),
    ("server", &["app", "clock", "db", "life"]),
    ("app", &["clock", "db", "dev", "door", "life", "limits", "openapi", "vault", "web", "worker", "slices"]),
    ("worker", &["access", "clock", "db", "error", "ids", "life", "telemetry", "vault", "web", "slices"]),
    ("openapi", &["app", "codes", "web"]), // `pretty` prints what `app` has put together
    ("config", &["access", "db", "erasures", "limits", "vault", "webhooks"]),
    ("limits", &["access", "codes", "door", "error", "ids"]),
    ("telemetry", &[]),
    ("door", &["access", "calendar", "clock", "codes", "db", "error", "ids", "members", "vault"]),
    ("web", &["db", "sql", "ground"]),
    ("db", &["access", "clock", "codes", "error", "ids", "sql", "telemetry", "text", "vault"]),
    ("vault", &["ids"]),
    ("access", &["clock", "codes", "error", "ids", "json", "telemetry"]),
    ("error", &["codes"]),
    ("clock", &[]),
    ("codes", &[]),
    ("ids", &[]),
    ("json", &[]),
    ("life", &[]),
    ("text", &[]),
    ("zones", &[]),
];

/// The files of a slice that hold its rules, which are pure.
const RULES: &[&str] = &["rules.rs", "requests.rs", "facts.rs", "hours.rs"];

/// Names that go against the arrows, each with a reason. What is not used any more has to go.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("web/health.rs", "crate::door::Door", "readiness asks whether the identity providers' keys are there"),
    ("calendar/http.rs", "crate::check_ins::http::CheckInPath", "some of its paths begin with a check-in's"),
    ("coaches/http.rs", "crate::cycles::http::CyclePath", "its paths begin with a cycle's"),
    ("participations/http.rs", "crate::cycles::http::CyclePath", "its paths begin with a cycle's"),
    ("reflections/http.rs", "crate::cycles::http::CyclePath", "its paths begin with a cycle's"),
    ("reflections/shares/http.rs", "crate::pairings::http::PairingPath", "its paths begin with a pairing's"),
    ("statistics/http.rs", "crate::cycles::http::CyclePath", "its paths begin with a cycle's"),
    ("check_ins/http.rs", "crate::pairings::http::PairingPath", "some of its paths begin with a pairing's"),
    ("check_ins/http.rs", "crate::pairings::http::Partner", "a partner is shown as a pairing shows one"),
    ("erasures/http.rs", "crate::members::http::MemberPath", "some of its paths begin with a member's"),
    ("export/http.rs", "crate::actions::http::Action", "an export shows things as their slices do"),
    ("export/http.rs", "crate::actions::http::Progress", "an export shows things as their slices do"),
    ("export/http.rs", "crate::help_requests::http::HelpRequest", "an export shows things as their slices do"),
    ("export/http.rs", "crate::insights::http::Insight", "an export shows things as their slices do"),
    ("export/http.rs", "crate::audit_entries::http::AuditEntry", "an export shows things as their slices do"),
    ("export/http.rs", "crate::calendar::http::CalendarFeed", "an export shows things as their slices do"),
    ("export/http.rs", "crate::check_ins::http::CheckIn", "an export shows things as their slices do"),
    ("export/http.rs", "crate::members::http::Me", "an export shows things as their slices do"),
    ("export/http.rs", "crate::notes::http::Note", "an export shows things as their slices do"),
    ("export/http.rs", "crate::pairings::http::Pairing", "an export shows things as their slices do"),
    ("export/http.rs", "crate::participations::http::Participation", "an export shows things as their slices do"),
    ("export/http.rs", "crate::reflections::http::Reflection", "an export shows things as their slices do"),
    ("next_step/http.rs", "crate::pairings::http::Partner", "a partner is shown as a pairing shows one"),
    ("notes/http.rs", "crate::check_ins::http::CheckInPath", "its paths begin with a check-in's"),
    ("actions/http.rs", "crate::pairings::http::PairingPath", "some of its paths begin with a pairing's"),
    ("insights/http.rs", "crate::pairings::http::PairingPath", "some of its paths begin with a pairing's"),
    ("webhooks/deliveries/sending.rs", "crate::events::http::Notification", "what is delivered is what the feed shows"),
    ("webhooks/deliveries/store.rs", "crate::events::Event", "a delivery brings its event along"),
    ("webhooks/deliveries/store.rs", "crate::webhooks::store", "a delivery brings the secrets that sign it along"),
    ("coaches/http.rs", "crate::members::http::Member", "a coach is shown as the directory shows a member"),
];

/// The folders that are slices: those with verbs of the domain.
fn slices(sources: &[Source]) -> Vec<String> {
    let folders = sources.iter().filter_map(|source| source.path.strip_suffix("/mod.rs"));
    let known = |folder: &&str| !folder.contains('/') && !MODULES.iter().any(|(module, _)| module == folder);
    folders.filter(known).map(str::to_owned).collect()
}

/// Why this file may not name this path, if it may not.
fn against(file: &str, path: &str, slices: &[String]) -> Option<String> {
    let words = path.split("::").collect::<Vec<_>>();
    let (home, part) = file.split_once('/').unwrap_or((file.strip_suffix(".rs").unwrap_or(file), "mod.rs"));
    let part = part.rsplit('/').next().unwrap_or(part); // a folder within a slice has the same files again
    let is_slice = |name: &str| slices.iter().any(|slice| slice == name);
    let is_rules = |name: &str| RULES.iter().any(|rules| rules.strip_suffix(".rs") == Some(name));
    if words[0] != "crate" {
        let pure = ["std", "jiff", "serde", "utoipa", "uuid", "unicode_normalization"].contains(&words[0]);
        let rules = is_slice(home) && RULES.contains(&part);
        return (rules && !pure).then(|| format!("rules are pure: {}", words[0]));
    }
    let (target, inner) = (*words.get(1)?, words.get(2).copied().unwrap_or_default());
    if !is_slice(home) {
        if target == home {
            return None;
        }
        let (_, may) = MODULES.iter().find(|(module, _)| *module == home)?;
        let within = |name: &str| match name {
            "ground" => GROUND.contains(&target),
            "slices" => is_slice(target),
            name => name == target,
        };
        let open = may.iter().any(|name| within(name)) || target == "page" && home == "web";
        return (!open).then(|| format!("{home} may not name {target}"));
    }
    let own = target == home;
    let why = |why: &str| Some(format!("{part} of a slice {why}: {path}"));
    match part {
        part if RULES.contains(&part) => match target {
            "ids" | "codes" | "error" | "text" | "zones" => None,
            _ if own => (inner == "http" || inner == "store").then(|| why("names its own rules only")).flatten(),
            _ if is_slice(target) && is_rules(inner) => None,
            _ => why("names ids, codes, error, text, zones and rules"),
        },
        "store.rs" => match target {
            "db" | "sql" | "access" | "ids" | "clock" | "codes" | "error" | "text" | "vault" => None,
            _ if is_slice(target) && is_rules(inner) => None,
            _ => why("names db, rules and the ground"),
        },
        "http.rs" => match target {
            "web" | "page" => None,
            "db" => (inner != "Scope").then(|| why("names nothing of db but Scope")).flatten(),
            _ if GROUND.contains(&target) => None,
            _ if own => (inner == "store").then(|| why("asks its verbs, not its store")).flatten(),
            _ if is_slice(target) => {
                (inner == "http" || inner == "store").then(|| why("asks another slice's verbs")).flatten()
            }
            _ => why("names web, its verbs and the ground"),
        },
        _ => match target {
            "db" => None,
            _ if GROUND.contains(&target) => None,
            _ if own => (inner == "http").then(|| why("does not know how it is asked")).flatten(),
            _ if is_slice(target) => {
                (inner == "http" || inner == "store").then(|| why("asks another slice's verbs")).flatten()
            }
            _ => why("names db, rules, other verbs and the ground"),
        },
    }
}

/// What goes against the arrows, and which exceptions were needed.
fn findings(sources: &[Source], slices: &[String]) -> (Vec<String>, Vec<(&'static str, &'static str)>) {
    let (mut findings, mut needed) = (Vec::new(), Vec::new());
    for source in sources {
        for named in names(source) {
            let Some(why) = against(&source.path, &named.path, slices) else { continue };
            match EXCEPTIONS.iter().find(|(file, path, _)| {
                *file == source.path && (named.path == *path || named.path.starts_with(&format!("{path}::")))
            }) {
                Some((file, path, _)) => needed.push((*file, *path)),
                None => findings.push(format!("src/{}:{}: {why}", source.path, named.line)),
            }
        }
    }
    (findings, needed)
}

#[test]
fn nobody_names_whom_they_may_not() {
    let sources = sources();
    let slices = slices(&sources);
    let (findings, needed) = findings(&sources, &slices);
    assert_eq!(findings, <[String; 0]>::default());
    let unused = EXCEPTIONS.iter().filter(|(file, path, _)| !needed.contains(&(*file, *path))).collect::<Vec<_>>();
    assert!(unused.is_empty(), "no longer needed: {unused:#?}");
    let homeless =
        sources.iter().map(|source| source.path.split('/').next().unwrap_or_default().trim_end_matches(".rs"));
    let homeless = homeless
        .filter(|home| !slices.iter().any(|slice| slice == home) && !MODULES.iter().any(|(module, _)| module == home));
    assert_eq!(homeless.collect::<Vec<_>>(), <[&str; 0]>::default(), "neither a slice nor a module that is known here");
}

#[test]
fn arrows_in_the_wrong_direction_are_found() {
    let slices = ["cycles", "members", "pairings"].map(str::to_owned);
    for (file, code, found) in [
        ("cycles/rules.rs", "use crate::db::Scope;", true),
        ("cycles/rules.rs", "use crate::clock::Clock;", true),
        ("cycles/rules.rs", "use tokio_postgres::Row;", true),
        ("cycles/rules.rs", "use super::store;", true),
        (
            "cycles/rules.rs",
            "use crate::members::rules::Member;\nuse crate::ids::CycleId;\nuse jiff::Timestamp;",
            false,
        ),
        ("cycles/store.rs", "use crate::web::Reply;", true),
        ("cycles/store.rs", "use super::http::Cycle;", true),
        ("cycles/store.rs", "use crate::members::store;", true),
        ("cycles/store.rs", "use crate::members;\nfn f() { members::get() }", true),
        (
            "cycles/store.rs",
            "use crate::members::rules::Member;\nuse crate::db::{ReadTx, WriteTx};\nuse crate::sql;",
            false,
        ),
        ("cycles/http.rs", "use super::store;", true),
        ("cycles/http.rs", "use crate::db::WriteTx;", true),
        ("cycles/http.rs", "use crate::members;\nfn f() { members::http::Member::of() }", true),
        ("cycles/http.rs", "use crate::app::Shared;", true),
        ("cycles/http.rs", "use crate::web::Reply;\nuse crate::db::Scope;\nfn f() { super::get() }", false),
        ("cycles/mod.rs", "use crate::web::Reply;", true),
        ("cycles/mod.rs", "use self::http::Cycle;", true),
        ("cycles/mod.rs", "use crate::{members::store, pairings};", true),
        ("cycles/mod.rs", "use crate::{members, pairings};\nfn f() { members::get(); crate::pairings::end() }", false),
        ("cycles/settle.rs", "fn f() -> crate::web::Reply {}", true),
        ("web/reply.rs", "use crate::cycles::rules::Cycle;", true),
        ("web/reply.rs", "use crate::door::Door;", true),
        ("db/scope.rs", "use crate::members;", true),
        ("db/scope.rs", "use crate::web::Reply;", true),
        ("access/caller.rs", "use crate::db::Scope;", true),
        ("access/caller.rs", "use super::Scopes;\nuse crate::ids::MemberId;", false),
        ("ids.rs", "use crate::error::Error;", true),
        ("main.rs", "use peer_coaching::telemetry;", false),
    ] {
        let (findings, _) = findings(&[crate::example(file, code)], &slices);
        assert_eq!(!findings.is_empty(), found, "{file}: {code}: {findings:?}");
    }
}
