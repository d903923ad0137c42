//! What is public, or stored as it is, and where it is found then; with the reason. Everything else is found nowhere.

use crate::places::Place::{self, DatabaseLog, Dump, Files, Others, ServiceLog};

/// Words of the company about itself and its people: for every colleague.
const TOLD: &[Place] = &[Dump, Files, DatabaseLog, Others];

/// Words to search the directory for: they reach the database, and are not kept.
const SEARCHED: &[Place] = &[DatabaseLog];

/// Where, and why. `DatabaseLog` only because parameters are logged here, against our advice.
pub const PUBLIC: &[(&str, &[Place], &str)] = &[
    ("token name", TOLD, "the name that the identity provider tells, for the directory"),
    ("upsert_members #/members/0/external_id", TOLD, "the directory's own key, for administrators and programs"),
    ("upsert_members #/members/0/name", TOLD, "the directory is for every colleague"),
    ("upsert_members #/members/0/email", TOLD, "for administrators and programs"),
    ("upsert_members #/members/0/title", TOLD, "the directory is for every colleague"),
    ("upsert_members #/members/0/team", TOLD, "the directory is for every colleague"),
    ("update_member #/external_id", TOLD, "the directory's own key, for administrators and programs"),
    ("update_member #/name", TOLD, "the directory is for every colleague"),
    ("update_member #/email", TOLD, "for administrators and programs"),
    ("update_member #/title", TOLD, "the directory is for every colleague"),
    ("update_member #/team", TOLD, "the directory is for every colleague"),
    ("update_me #/expertise/0", TOLD, "what colleagues look for"),
    ("update_me #/projects/0", TOLD, "what colleagues look for"),
    ("put_participation #/topics/0", SEARCHED, "sealed where it is kept; compared with words of the directory"),
    ("update_policy #/questions/0", TOLD, "the company's questions, the same for everybody"),
    ("add_cycle #/name", TOLD, "what a quarter is called"),
    ("update_cycle #/name", TOLD, "what a quarter is called"),
    ("add_webhook #/url", TOLD, "where programs listen, for those that manage them"),
    ("update_webhook #/url", TOLD, "where programs listen, for those that manage them"),
    ("list_members ?q", SEARCHED, "words of the directory"),
    ("list_members ?expertise", SEARCHED, "words of the directory"),
    ("list_members ?project", SEARCHED, "words of the directory"),
    ("header Idempotency-Key", &[Dump, Files, DatabaseLog], "a fresh random value, by its description"),
    ("header X-Request-Id", &[ServiceLog], "the caller's name for a request, to be found in the log"),
];
