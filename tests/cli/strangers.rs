//! A deployment for programs of other people (`.ci/contract`): an identity provider that signs people in to it.

use std::env;
use std::process::Command;

use crate::support::{Deployment, MASTER_KEYS, binary, said};

/// Runs the program that `STRANGER` names, which serves two organizations of one database as it likes; it must end well.
#[test]
#[ignore = "for .ci/contract/check, which says which program"]
fn an_identity_provider_of_other_people_is_understood() {
    let program = env::var_os("STRANGER").expect("STRANGER: a program that serves");
    let (deployment, organization) = Deployment::founded();
    let mut another = binary(&["organizations", "create", "--name", "Another Company", "--time-zone", "Asia/Tokyo"]);
    let another = said(deployment.as_app(&mut another).env("MASTER_KEYS", MASTER_KEYS)).out();
    let ended = Command::new(program)
        .env("SERVICE", binary(&[]).get_program())
        .env("DATABASE_URL", deployment.url("peer_coaching_app"))
        .env("MASTER_KEYS", MASTER_KEYS)
        .env("ORGANIZATION", organization)
        .env("OTHER_ORGANIZATION", another.trim_end())
        .status()
        .expect("a program that starts");
    assert!(ended.success(), "it ended with {ended}");
}
