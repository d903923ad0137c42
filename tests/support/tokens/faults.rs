//! The tables of the corpus: each token differs from a good one in exactly one thing.

use peer_coaching::access::Rejected;
use serde_json::{Value, json};

use super::forge::{Signer, encode};
use super::{SECRET, Stage, changed};

/// What it is called, the token, and why it is refused.
pub type Case = (&'static str, String, Rejected);

pub fn of_form(stage: &Stage) -> Vec<Case> {
    let good = stage.rsa.token(&stage.good());
    let (message, signature) = good.rsplit_once('.').unwrap();
    let (header, _) = message.split_once('.').unwrap();
    let flipped = if signature.starts_with('A') { "B" } else { "A" };
    let deep = |text: String| text.replacen('{', &format!("{{\"x\":{}{},", "[".repeat(1000), "]".repeat(1000)), 1);
    vec![
        ("empty", String::new(), Rejected::Malformed),
        ("no signature", format!("{message}."), Rejected::Malformed),
        ("two parts", message.to_owned(), Rejected::Malformed),
        ("four parts", format!("{good}.AAAA"), Rejected::Malformed),
        ("five parts, as a JWE", format!("{good}.AAAA.AAAA"), Rejected::Malformed),
        ("padded", format!("{good}="), Rejected::Malformed),
        ("newline at the end", format!("{good}\n"), Rejected::Malformed),
        ("space in front", format!(" {good}"), Rejected::Malformed),
        ("standard base64", format!("{message}.{}+/", &signature[..signature.len() - 2]), Rejected::Malformed),
        ("null bytes for a signature", format!("{message}.{}", encode([0; 256])), Rejected::Signature),
        ("one bit of the signature", format!("{message}.{flipped}{}", &signature[1..]), Rejected::Signature),
        ("half a signature", format!("{message}.{}", &signature[..172]), Rejected::Signature),
        (
            "payload of another token",
            format!("{header}.{}.{signature}", encode(changed(stage.good(), "sub", json!("ben")).to_string())),
            Rejected::Signature,
        ),
        ("payload is no JSON", stage.payload(|_| "hello".into()), Rejected::Malformed),
        ("payload is a list", stage.payload(|text| format!("[{text}]")), Rejected::Malformed),
        ("payload is two objects", stage.payload(|text| text + "{}"), Rejected::Malformed),
        ("payload is deep", stage.payload(deep), Rejected::Malformed),
        ("sub twice", stage.payload(|text| text.replacen('{', r#"{"sub":"admin","#, 1)), Rejected::Malformed),
        (
            "sub twice, one escaped",
            stage.payload(|text| text.replacen('{', r#"{"s\u0075b":"admin","#, 1)),
            Rejected::Malformed,
        ),
        ("exp twice", stage.payload(|text| text.replacen('{', r#"{"exp":1,"#, 1)), Rejected::Malformed),
        ("twice inside", stage.payload(|text| text.replacen('{', r#"{"x":{"a":1,"a":1},"#, 1)), Rejected::Malformed),
        (
            "alg twice",
            stage.rsa.token_of(r#"{"alg":"none","alg":"RS256","typ":"at+jwt","kid":"r"}"#, &stage.good().to_string()),
            Rejected::Malformed,
        ),
        ("more than 8 KiB", stage.claim("x", json!("x".repeat(8 * 1024))), Rejected::TooLong),
    ]
}

pub fn of_algorithm(stage: &Stage) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for spelling in ["none", "None", "NONE", "nOnE", "rs256", "RS256 ", "", "RS512", "PS256", "ES384", "HS256"] {
        let name: &'static str = spelling;
        cases.push((name, stage.parameter("alg", json!(spelling)), Rejected::Algorithm));
    }
    let unsigned = format!("{}.{}.", encode(r#"{"alg":"none","typ":"at+jwt"}"#), encode(stage.good().to_string()));
    cases.push(("alg none, unsigned", unsigned, Rejected::Malformed));
    let as_secret = |name, secret: &[u8]| {
        let forged = stage.signed(&Signer::secret(secret), &changed(stage.rsa.header(), "alg", json!("HS256")));
        (name, forged, Rejected::Algorithm)
    };
    let der = stage.rsa.public_der();
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", encode(&der));
    cases.extend([
        as_secret("HS256 with the public key as DER", &der),
        as_secret("HS256 with the public key as PEM", pem.as_bytes()),
        as_secret("HS256 with the public key as JWK", stage.rsa.jwk().to_string().as_bytes()),
        as_secret("HS256 with nothing", b""),
        ("alg missing", stage.parameter("alg", None), Rejected::Malformed),
        ("alg null", stage.parameter("alg", json!(null)), Rejected::Malformed),
        ("alg list", stage.parameter("alg", json!(["RS256"])), Rejected::Malformed),
        (
            "ES256 with an RSA key's id",
            stage.signed(&stage.elliptic, &changed(stage.elliptic.header(), "kid", json!("r"))),
            Rejected::UnknownKey,
        ),
        ("RS256 with an EC key's id", stage.parameter("kid", json!("e")), Rejected::UnknownKey),
    ]);
    let shared = |name, secret: &[u8], reason| (name, Signer::secret(secret).token(&stage.shared_good()), reason);
    cases.extend([
        shared("shared secret: blank", b"", Rejected::Signature),
        shared("shared secret: its first half", &SECRET[..19], Rejected::Signature),
        shared("shared secret: with a newline", &[SECRET, b"\n"].concat(), Rejected::Signature),
        ("shared secret: RS256", stage.rsa.token(&stage.shared_good()), Rejected::Algorithm),
    ]);
    cases
}

pub fn of_key(stage: &Stage) -> Vec<Case> {
    let canary = stage.canary.address();
    let stranger = Signer::elliptic("e");
    let offered = |name, parameter: &str, value: Value| {
        (name, stage.signed(&stranger, &changed(stranger.header(), parameter, value)), Rejected::Signature)
    };
    let psychic = |name, signature: [u8; 64]| {
        let good = stage.elliptic.token(&stage.good());
        (name, format!("{}.{}", good.rsplit_once('.').unwrap().0, encode(signature)), Rejected::Signature)
    };
    let key_id = |name, id: Value| (name, stage.parameter("kid", id), Rejected::UnknownKey);
    let mut order = [0; 64];
    order[31] = 1;
    vec![
        ("a stranger's key under a known id", stranger.token(&stage.good()), Rejected::Signature),
        offered("a stranger's key, offered as jwk", "jwk", stranger.jwk()),
        offered("a stranger's key, offered as jku", "jku", json!(canary)),
        offered("a stranger's key, offered as x5u", "x5u", json!(canary)),
        offered("a stranger's key, offered as x5c", "x5c", json!([encode(stranger.public_der())])),
        ("another issuer's key, by our name", stage.theirs.token(&stage.good()), Rejected::Signature),
        ("our key, by another issuer's name", stage.rsa.token(&stage.their_good()), Rejected::Signature),
        psychic("psychic signature, r = s = 0", [0; 64]),
        psychic("psychic signature, s = 0", order),
        psychic("psychic signature, all ones", [0xff; 64]),
        key_id("id: unknown", json!("x")),
        key_id("id: empty", json!("")),
        key_id("id: a path", json!("../../../../dev/null")),
        key_id("id: SQL", json!("r' or '1'='1")),
        key_id("id: a command", json!("r|sleep 10")),
        key_id("id: CRLF", json!("r\r\nx-injected: 1")),
        key_id("id: an address", json!(canary)),
        key_id("id: long", json!("r".repeat(4000))),
        ("id: a megabyte", stage.parameter("kid", json!("r".repeat(1 << 20))), Rejected::TooLong),
        ("id: a number", stage.parameter("kid", json!(1)), Rejected::Malformed),
        ("id: null", stage.parameter("kid", json!(null)), Rejected::Malformed),
        ("crit: b64", stage.parameter("crit", json!(["b64"])), Rejected::Critical),
        ("crit: exp", stage.parameter("crit", json!(["exp"])), Rejected::Critical),
        ("crit: empty", stage.parameter("crit", json!([])), Rejected::Critical),
        ("crit: null", stage.parameter("crit", json!(null)), Rejected::Critical),
    ]
}

pub fn of_claims(stage: &Stage) -> Vec<Case> {
    let second = stage.now.as_second();
    let mut cases: Vec<Case> = Vec::new();
    for kind in ["JWT", "id_token", "logout+jwt", "dpop+jwt", "", "at+jwt ", "text/at+jwt"] {
        cases.push(("typ", stage.parameter("typ", json!(kind)), Rejected::Type));
    }
    cases.push(("typ missing", stage.parameter("typ", None), Rejected::Type));
    cases.push(("typ null", stage.parameter("typ", json!(null)), Rejected::Malformed));
    for bad in [
        json!("9999999999"),
        json!(null),
        json!(1e19),
        json!(u64::MAX),
        json!(-1),
        json!([second]),
        json!({}),
        json!(true),
    ] {
        cases.push(("exp", stage.claim("exp", bad.clone()), Rejected::Times));
        cases.push(("nbf", stage.claim("nbf", bad.clone()), Rejected::Times));
        cases.push(("iat", stage.claim("iat", bad), Rejected::Times));
    }
    let name = |issuer: Value| stage.claim("iss", issuer);
    let us = stage.provider.address();
    for bad in [
        json!(format!("{us}/")),
        json!(us.to_uppercase()),
        json!("https://evil.example"),
        json!(""),
        json!(1),
        json!(null),
        json!([us]),
        json!({ "a": us }),
    ] {
        cases.push(("iss", name(bad), Rejected::Issuer));
    }
    for bad in [
        json!("them"),
        json!("US"),
        json!("us "),
        json!(""),
        json!(1),
        json!(null),
        json!({"us": "us"}),
        json!([]),
        json!([1]),
        json!(["them"]),
        json!(["us", 1]),
        json!("only them"),
    ] {
        cases.push(("aud", stage.claim("aud", bad), Rejected::Audience));
    }
    for bad in [
        json!(""),
        json!(" "),
        json!(1),
        json!(null),
        json!(["ana"]),
        json!("a\u{0}b"),
        json!("a\r\nb"),
        json!("a".repeat(256)),
    ] {
        cases.push(("sub", stage.claim("sub", bad), Rejected::Subject));
    }
    let theirs = |value: Option<Value>| stage.theirs.token(&changed(stage.their_good(), "tid", value));
    for bad in [
        None,
        Some(json!("ours")),
        Some(json!(["theirs"])),
        Some(json!(1)),
        Some(json!("0198c5a0-0000-7000-8000-000000000001")),
    ] {
        cases.push(("organization", theirs(bad), Rejected::Organization));
    }
    cases.extend([
        ("exp missing", stage.claim("exp", None), Rejected::Times),
        ("exp long ago", stage.claim("exp", json!(second - 50)), Rejected::Expired),
        ("nbf in an hour", stage.claim("nbf", json!(second + 3600)), Rejected::NotYet),
        ("iat in half an hour", stage.claim("iat", json!(second + 1800)), Rejected::NotYet),
        ("lives a second more than a day", stage.claim("exp", json!(second - 60 + 86_401)), Rejected::Lifetime),
        ("iss missing", stage.claim("iss", None), Rejected::Issuer),
        ("aud missing", stage.claim("aud", None), Rejected::Audience),
        ("sub missing", stage.claim("sub", None), Rejected::Subject),
    ]);
    cases
}

/// Those at the very edge of the leeway, which are bad at this one moment.
pub fn of_this_second(stage: &Stage) -> Vec<Case> {
    let second = stage.now.as_second();
    vec![
        ("exp 30 s ago", stage.claim("exp", json!(second - 30)), Rejected::Expired),
        ("nbf in 31 s", stage.claim("nbf", json!(second + 31)), Rejected::NotYet),
        ("iat in 31 s", stage.claim("iat", json!(second + 31)), Rejected::NotYet),
    ]
}

/// The controls: each differs from the good token too, and is good.
pub fn good(stage: &Stage) -> Vec<(&'static str, String)> {
    let second = stage.now.as_second();
    let canary = json!(stage.canary.address());
    vec![
        ("RS256", stage.rsa.token(&stage.good())),
        ("ES256", stage.elliptic.token(&stage.good())),
        ("EdDSA", stage.edwards.token(&stage.good())),
        ("another issuer's", stage.theirs.token(&stage.their_good())),
        ("shared secret", stage.secret.token(&stage.shared_good())),
        (
            "shared secret, with some id",
            stage.secret.token_of(r#"{"alg":"HS256","typ":"at+jwt","kid":"x"}"#, &stage.shared_good().to_string()),
        ),
        ("no id, one key fits", stage.parameter("kid", None)),
        ("typ in full", stage.parameter("typ", json!("application/AT+jwt"))),
        ("an address in the header, which nobody follows", stage.parameter("jku", canary)),
        ("aud in a list", stage.claim("aud", json!(["them", "us"]))),
        ("exp with a fraction", stage.claim("exp", json!(second as f64 + 60.5))),
        ("iat missing", stage.claim("iat", None)),
        ("lives a day", stage.claim("exp", json!(second - 60 + 86_400))),
        ("long name", stage.claim("sub", json!("é".repeat(255)))),
        ("nearly 8 KiB", stage.claim("x", json!("x".repeat(5500)))),
    ]
}

/// The controls of [`of_this_second`].
pub fn good_this_second(stage: &Stage) -> Vec<(&'static str, String)> {
    let second = stage.now.as_second();
    vec![
        ("exp 29 s ago", stage.claim("exp", json!(second - 29))),
        ("nbf in 30 s", stage.claim("nbf", json!(second + 30))),
    ]
}
