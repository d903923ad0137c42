//! What the settings of an issuer mean, and which of them go together.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::SignedDuration;
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};

use super::file::{Findings, Written};
use super::{IntegrationRule, Issuer, NO_TYPE, Organization, bytes_of};
use crate::access::algorithm::Algorithm;
use crate::access::compact::media_type;
use crate::access::fetch::{self, Source};
use crate::access::keys::KeySet;
use crate::ids::OrganizationId;

/// As many bytes as HS256's hash has (RFC 7518, section 3.2): with fewer, the secret is what gets guessed.
const SHORTEST_SECRET: usize = 32;

/// What the file refers to.
pub(super) struct Surroundings<'a> {
    /// Where the files that it names are.
    pub folder: &'a Path,
    /// The value of an environment variable.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
}

/// One issuer, its keys' source and the keys that are there already; nothing where something is wrong.
pub(super) fn check(
    written: Written,
    around: &Surroundings<'_>,
    found: &mut Findings,
) -> Option<(Issuer, Source, KeySet)> {
    let name = written.issuer.clone().filter(|name| !name.trim().is_empty());
    if name.is_none() {
        found.problem("\"issuer\" is missing; write it exactly as the tokens' \"iss\" does");
    }
    let audiences = audiences(&written, found);
    let algorithms = algorithms(&written, found);
    let organization = organization(&written, found);
    let keys = keys(&written, algorithms.as_deref().unwrap_or_default(), around, found);
    let longest_life = longest_life(&written, found);
    let types = types(&written, found);
    let integration = integration(&written, found);
    claims(&written, found);
    let (source, keys) = keys?;
    let defaults = Issuer::with_defaults(&name?, audiences?, algorithms?, organization?);
    let issuer = Issuer {
        types: types?.unwrap_or(defaults.types),
        longest_life: longest_life?.unwrap_or(defaults.longest_life),
        integration: integration?,
        member_claim: written.member_claim.unwrap_or(defaults.member_claim),
        role_claim: written.role_claim.unwrap_or(defaults.role_claim),
        administrator_roles: written.administrator_roles.unwrap_or(defaults.administrator_roles),
        scope_claim: written.scope_claim.unwrap_or(defaults.scope_claim),
        ..defaults
    };
    Some((issuer, source, keys))
}

fn audiences(written: &Written, found: &mut Findings) -> Option<Vec<String>> {
    let audiences =
        written.audiences.clone().filter(|all| !all.is_empty() && all.iter().all(|one| !one.trim().is_empty()));
    if audiences.is_none() {
        found.problem("\"audiences\" must list at least one \"aud\" that means this service");
    }
    audiences
}

fn algorithms(written: &Written, found: &mut Findings) -> Option<Vec<Algorithm>> {
    let all: Vec<_> = Algorithm::ALL.iter().map(|algorithm| algorithm.name()).collect();
    let names = written.algorithms.as_deref().unwrap_or_default();
    if names.is_empty() {
        found.problem(format!("\"algorithms\" must list at least one of {}", all.join(", ")));
        return None;
    }
    let unknown = names.iter().filter(|name| Algorithm::named(name).is_none());
    unknown.for_each(|name| found.problem(format!("algorithm \"{name}\" is not one of {}", all.join(", "))));
    names.iter().map(|name| Algorithm::named(name)).collect()
}

/// Exactly one source of keys. HS256 and a shared secret need each other and tolerate nothing beside them: were a
/// public key ever taken for a secret, anyone could sign (RFC 8725, section 2.1).
fn keys(
    written: &Written,
    algorithms: &[Algorithm],
    around: &Surroundings<'_>,
    found: &mut Findings,
) -> Option<(Source, KeySet)> {
    let secrets = [&written.shared_secret_env, &written.shared_secret_file].into_iter().flatten().count();
    let public = [&written.jwks_url, &written.jwks_file].into_iter().flatten().count()
        + usize::from(written.discovery == Some(true));
    let is_sound = secrets + public == 1;
    if !is_sound {
        found.problem(format!(
            "needs exactly one of \"discovery = true\", \"jwks_url\", \"jwks_file\", \"shared_secret_env\" and \
             \"shared_secret_file\", and has {}",
            secrets + public
        ));
    }
    let symmetric = algorithms.contains(&Algorithm::Hs256);
    if symmetric && (algorithms.len() > 1 || public > 0) {
        found.problem("HS256 goes with a shared secret and with no other algorithm");
    }
    if secrets > 0 && !symmetric && !algorithms.is_empty() {
        found.problem("a shared secret needs algorithms = [\"HS256\"]");
    }
    if !is_sound {
        return None;
    }
    let read = source(written, around, found);
    let (source, keys) = read.map_err(|problem| found.problem(problem)).ok()?;
    if !source.is_remote() && public > 0 && !algorithms.is_empty() && !keys.serves(algorithms) {
        found.problem("its key set has no key for any of its algorithms");
        return None;
    }
    Some((source, keys))
}

fn source(written: &Written, around: &Surroundings<'_>, found: &mut Findings) -> Result<(Source, KeySet), String> {
    if let Some(name) = &written.shared_secret_env {
        let value = (around.variable)(name).map(SecretString::from);
        // Its name stays out of the sentence: whoever writes the secret itself there should not find it in a log.
        let value = value.ok_or("\"shared_secret_env\" names an environment variable that is not set")?;
        return Ok((Source::Fixed, shared(&value)?));
    }
    if let Some(name) = &written.shared_secret_file {
        let path = around.folder.join(name);
        let value = std::fs::read_to_string(&path).map(SecretString::from);
        let value = value.map_err(|error| format!("{} could not be read: {error}", path.display()))?;
        // Editors and secret mounts like to end a file with a line end that nobody means.
        let secret = SecretString::from(value.expose_secret().trim_end_matches(['\r', '\n']));
        return Ok((Source::Fixed, shared(&secret)?));
    }
    if let Some(name) = &written.jwks_file {
        let path = around.folder.join(name);
        let keys = fetch::file(&path).map_err(|problem| problem.to_string())?;
        return Ok((Source::File(path), keys));
    }
    if let Some(text) = &written.jwks_url {
        let url = address("jwks_url", text, found)?;
        return Ok((Source::Address(client(&url)?, url), KeySet::default()));
    }
    let issuer = written.issuer.as_deref().unwrap_or_default();
    // OpenID Connect Discovery, section 4.1: a slash at the end goes before the path is added.
    let text = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    if issuer.contains(['?', '#']) {
        return Err("an issuer with ? or # in it has no discovery document".to_owned());
    }
    let url = address("issuer", &text, found)?;
    Ok((Source::Discovery(client(&url)?, url, issuer.to_owned()), KeySet::default()))
}

/// The key set of a shared secret, if it is long enough. The sentence never holds the secret, nor its length.
pub(super) fn shared(secret: &SecretString) -> Result<KeySet, String> {
    let secret = bytes_of(secret.expose_secret());
    if secret.expose_secret().len() < SHORTEST_SECRET {
        return Err(format!("the shared secret must have at least {SHORTEST_SECRET} bytes"));
    }
    Ok(KeySet::shared(&secret))
}

fn address(setting: &str, text: &str, found: &mut Findings) -> Result<Url, String> {
    let url = text.parse::<Url>().ok().filter(fetch::is_plain);
    let url = url.ok_or_else(|| format!("\"{setting}\" is not an https address without credentials"))?;
    if url.scheme() == "http" {
        if !fetch::is_loopback(&url) {
            return Err(format!(
                "\"{setting}\" must be https: keys that come in the clear can be exchanged on the way"
            ));
        }
        found.warning(format!("\"{setting}\" is plain http, which is accepted because it is this machine"));
    }
    Ok(url)
}

fn client(url: &Url) -> Result<reqwest::Client, String> {
    fetch::client(url)
        .map_err(|_| "no HTTPS client can be made here; are the system's CA certificates installed?".to_owned())
}

/// Which organization: one, or a claim with the list that it may name.
fn organization(written: &Written, found: &mut Findings) -> Option<Organization> {
    let mut id = |text: &String, place: &str| {
        let id = text.parse::<OrganizationId>();
        id.map_err(|_| found.problem(format!("{place} \"{text}\" is not a UUID"))).ok()
    };
    match (&written.organization, &written.organization_claim, &written.organizations) {
        (Some(one), None, None) => id(one, "organization").map(Organization::Only),
        (None, Some(claim), Some(listed)) if !listed.is_empty() => {
            let read: Vec<_> =
                listed.iter().map(|(value, text)| Some((value.clone(), id(text, "organization")?))).collect();
            let by_value = read.into_iter().collect::<Option<BTreeMap<_, _>>>()?;
            Some(Organization::Claimed { claim: claim.clone(), by_value })
        }
        _ => {
            found.problem(
                "needs either \"organization\" (a UUID), or \"organization_claim\" together with \"organizations\" \
                 (a table from the claim's values to UUIDs)",
            );
            None
        }
    }
}

fn longest_life(written: &Written, found: &mut Findings) -> Option<Option<SignedDuration>> {
    let Some(text) = &written.max_token_lifetime else { return Some(None) };
    let life = text.parse::<SignedDuration>().ok().filter(SignedDuration::is_positive);
    if life.is_none() {
        found.problem(format!("max_token_lifetime \"{text}\" is not a length of time like \"24h\" or \"90m\""));
    }
    life.map(Some)
}

fn types(written: &Written, found: &mut Findings) -> Option<Option<Vec<String>>> {
    let Some(types) = &written.types else { return Some(None) };
    if types.is_empty() || types.iter().any(|one| one.trim().is_empty()) {
        found.problem("\"types\" must list at least one \"typ\", such as \"at+jwt\" or \"JWT\"");
        return None;
    }
    let types = types.iter().map(|one| media_type(one)).collect::<Vec<_>>();
    if types.iter().any(|one| one == NO_TYPE) {
        found.warning("types = [\"none\"]: ID tokens without a type are told apart by \"audiences\" alone: list no front end's id");
    }
    Some(Some(types))
}

fn integration(written: &Written, found: &mut Findings) -> Option<IntegrationRule> {
    match (&written.integration_claim, &written.integration_value) {
        (None, None) => Some(IntegrationRule::Usual),
        (Some(name), Some(value)) => Some(IntegrationRule::Claim { name: name.clone(), value: value.clone() }),
        _ => {
            found.problem("\"integration_claim\" and \"integration_value\" go together");
            None
        }
    }
}

/// Names of claims: an empty one is a slip, and an address is a weak name for a person.
fn claims(written: &Written, found: &mut Findings) {
    let named = [
        ("member_claim", &written.member_claim),
        ("role_claim", &written.role_claim),
        ("scope_claim", &written.scope_claim),
        ("organization_claim", &written.organization_claim),
        ("integration_claim", &written.integration_claim),
    ];
    for (setting, _) in
        named.into_iter().filter(|(_, claim)| claim.as_deref().is_some_and(|claim| claim.trim().is_empty()))
    {
        found.problem(format!("\"{setting}\" must name a claim"));
    }
    if written.member_claim.as_deref() == Some("email") {
        found.warning("member_claim = \"email\": at some providers people can change their address to someone else's");
    }
}
