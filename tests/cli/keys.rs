//! Master keys: without the right ones nothing starts, and they can be changed (promise J3).

use crate::support::{Deployment, MASTER_KEYS, Settings, binary, said};

const SECOND: &str = "k2:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

fn under(deployment: &Deployment, organization: &str, keys: &str) -> Settings {
    let mut settings = deployment.settings(organization);
    settings.iter_mut().filter(|(name, _)| *name == "MASTER_KEYS").for_each(|(_, value)| *value = keys.to_owned());
    settings
}

/// Which master key wraps the organization's, by its id.
fn wrapped_by(deployment: &Deployment) -> String {
    deployment.with_superuser("select master from peer_coaching.organization_keys")
}

#[test]
fn serve_refuses_to_start_without_the_key_that_opens_the_texts() {
    let (deployment, organization) = Deployment::founded();
    for keys in [SECOND, &SECOND.replace("k2", "k1")] {
        for command in [&["serve"][..], &["check-config", "--online"], &["keys", "rotate"]] {
            let refusal = said(binary(command).envs(under(&deployment, &organization, keys))).refusal();
            for told in [&organization, "was wrapped by master key k1", "put it back"] {
                assert!(refusal.contains(told), "{command:?} {told}: {refusal}");
            }
            assert!(!refusal.contains(&keys[3..]), "{refusal}");
        }
    }
    let both = format!("{SECOND},{MASTER_KEYS}");
    said(binary(&["check-config", "--online"]).envs(under(&deployment, &organization, &both))).out();
    assert_eq!(wrapped_by(&deployment), "k1", "looking changes nothing");
}

#[test]
fn a_master_key_is_changed_by_and_by() {
    let (deployment, organization) = Deployment::founded();
    let rotate = |keys: &str| said(binary(&["keys", "rotate"]).envs(under(&deployment, &organization, keys))).out();
    let both = format!("{SECOND},{MASTER_KEYS}");
    assert!(rotate(MASTER_KEYS).starts_with("1 organizations are under k1: 0 are now, 1 were before."));
    assert!(rotate(&both).starts_with("1 organizations are under k2: 1 are now, 0 were before."));
    assert_eq!(wrapped_by(&deployment), "k2");
    assert!(rotate(&both).starts_with("1 organizations are under k2: 0 are now, 1 were before."));
    said(binary(&["check-config", "--online"]).envs(under(&deployment, &organization, SECOND))).out();
    let refusal =
        said(binary(&["check-config", "--online"]).envs(under(&deployment, &organization, MASTER_KEYS))).refusal();
    assert!(refusal.contains("was wrapped by master key k2"), "{refusal}");
}
