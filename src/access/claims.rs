//! What a token says, read strictly (RFC 7519, section 4.1). Pure: the time is an argument.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use super::{Rejected, json};

/// How far our clock and an issuer's may differ.
const LEEWAY: SignedDuration = SignedDuration::from_secs(30);

/// The longest name of anyone: what OpenID Connect Core (section 2) allows for `sub`.
const LONGEST_NAME: usize = 255;

/// A token's claims, as yet believed by nobody.
pub(super) struct Claims(Map<String, Value>);

impl Claims {
    pub fn new(claims: Map<String, Value>) -> Self {
        Self(claims)
    }

    /// `iss`, which must be one string: a list with a good name in it is not that name.
    pub fn issuer(&self) -> Result<&str, Rejected> {
        self.0.get("iss").and_then(Value::as_str).ok_or(Rejected::Issuer)
    }

    /// `aud`: one string or a list of strings, nothing mixed (RFC 7519, section 4.1.3).
    pub fn audiences(&self) -> Result<Vec<&str>, Rejected> {
        match self.0.get("aud") {
            Some(Value::String(one)) => Ok(vec![one]),
            Some(Value::Array(many)) => many.iter().map(Value::as_str).collect::<Option<_>>().ok_or(Rejected::Audience),
            _ => Err(Rejected::Audience),
        }
    }

    /// `sub`, which every access token has (RFC 9068, section 2.2).
    pub fn subject(&self) -> Result<String, Rejected> {
        let subject = self.0.get("sub").and_then(Value::as_str).ok_or(Rejected::Subject)?;
        if is_name(subject) { Ok(subject.to_owned()) } else { Err(Rejected::Subject) }
    }

    /// When the token holds, provided that it does not live longer than `longest`.
    pub fn validity(&self, longest: SignedDuration, now: Timestamp) -> Result<Validity, Rejected> {
        let exp = self.time("exp")?.ok_or(Rejected::Times)?;
        let (nbf, iat) = (self.time("nbf")?, self.time("iat")?);
        if exp.duration_since(iat.unwrap_or(now)) > longest {
            return Err(Rejected::Lifetime);
        }
        let begin = nbf.max(iat).unwrap_or(Timestamp::MIN);
        Ok(Validity { begin: begin.saturating_sub(LEEWAY).unwrap_or(Timestamp::MIN), expires_at: exp })
    }

    /// `iat`; that it is a time, [`Self::validity`] has checked.
    pub fn issued_at(&self) -> Option<Timestamp> {
        self.time("iat").ok().flatten()
    }

    /// A claim that is a string.
    pub fn text(&self, claim: &str) -> Option<&str> {
        json::at(&self.0, claim).and_then(Value::as_str)
    }

    /// A claim that names someone or something: a string, or a whole number (many directories count their people).
    pub fn name(&self, claim: &str) -> Option<String> {
        let name = match json::at(&self.0, claim)? {
            Value::String(name) => name.trim().to_owned(),
            Value::Number(number) if number.is_i64() || number.is_u64() => number.to_string(),
            _ => return None,
        };
        is_name(&name).then_some(name)
    }

    /// `email`, unless the issuer itself says that it has not checked it: anyone can claim an address.
    pub fn email(&self) -> Option<String> {
        self.address_is_verified().then(|| self.name("email")).flatten()
    }

    /// The claim that is matched to a directory entry.
    pub fn external_id(&self, claim: &str) -> Option<String> {
        if claim == "email" { self.email() } else { self.name(claim) }
    }

    /// The words of a claim: a list of strings, or a string with spaces between them.
    pub fn words(&self, claim: &str) -> Vec<&str> {
        match json::at(&self.0, claim) {
            Some(Value::String(words)) => words.split(' ').filter(|word| !word.is_empty()).collect(),
            Some(Value::Array(words)) => words.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether a claim says `value`: as a string, as a number or boolean written the same, or among others in a list.
    pub fn says(&self, claim: &str, value: &str) -> bool {
        let is = |said: &Value| match said {
            Value::String(text) => text == value,
            Value::Bool(_) | Value::Number(_) => *said.to_string() == *value,
            Value::Null | Value::Array(_) | Value::Object(_) => false,
        };
        match json::at(&self.0, claim) {
            Some(Value::Array(many)) => many.iter().any(is),
            Some(one) => is(one),
            None => false,
        }
    }

    fn address_is_verified(&self) -> bool {
        !self.says("email_verified", "false")
    }

    /// A NumericDate (RFC 7519, section 2): seconds, with or without a fraction, in years that exist.
    fn time(&self, claim: &str) -> Result<Option<Timestamp>, Rejected> {
        let Some(value) = self.0.get(claim) else { return Ok(None) };
        let seconds = value.as_f64().filter(|seconds| *seconds >= 0.0).ok_or(Rejected::Times)?;
        // A fraction beyond milliseconds is cut off; floats keep whole milliseconds exactly for all of these years.
        let ms = (seconds * 1000.0).floor();
        if ms > Timestamp::MAX.as_millisecond() as f64 {
            return Err(Rejected::Times);
        }
        Timestamp::from_millisecond(ms as i64).map(Some).map_err(|_| Rejected::Times)
    }
}

/// The time in which a token is accepted; asked again whenever the token is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Validity {
    begin: Timestamp,
    pub expires_at: Timestamp,
}

impl Validity {
    /// Says whether it is `now`: before `exp` (RFC 7519, section 4.1.4: "on or after" is too late), give or take 30 s.
    pub fn check(&self, now: Timestamp) -> Result<(), Rejected> {
        if now < self.begin {
            return Err(Rejected::NotYet);
        }
        if now.duration_since(self.expires_at) >= LEEWAY {
            return Err(Rejected::Expired);
        }
        Ok(())
    }
}

fn is_name(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= LONGEST_NAME && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn claims(value: Value) -> Claims {
        Claims::new(value.as_object().unwrap().clone())
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn verdict(times: Value, now: i64) -> Result<(), Rejected> {
        claims(times).validity(SignedDuration::from_hours(1), at(now))?.check(at(now))
    }

    #[test]
    fn the_edges_of_validity() {
        let table = [
            (json!({"exp": 1000}), 1029, Ok(())),
            (json!({"exp": 1000}), 1030, Err(Rejected::Expired)),
            (json!({"exp": 1000.5}), 1030, Ok(())),
            (json!({"exp": 1e3}), 999, Ok(())),
            (json!({"exp": 1000, "nbf": 930}), 900, Ok(())),
            (json!({"exp": 1000, "nbf": 930}), 899, Err(Rejected::NotYet)),
            (json!({"exp": 1000, "iat": 931, "nbf": 1}), 900, Err(Rejected::NotYet)),
            (json!({"exp": 4500, "iat": 900}), 900, Ok(())),
            (json!({"exp": 4501, "iat": 900}), 901, Err(Rejected::Lifetime)),
            (json!({"exp": 4501}), 901, Ok(())),
            (json!({"exp": 4502}), 901, Err(Rejected::Lifetime)),
        ];
        for (times, now, expected) in table {
            assert_eq!(verdict(times.clone(), now), expected, "{times} at {now}");
        }
    }

    #[test]
    fn times_are_sane_numbers() {
        let bad = [
            json!("1000"),
            json!(null),
            json!(-1),
            json!(-0.5),
            json!(1e19),
            json!(u64::MAX),
            json!(true),
            json!([1000]),
            json!({}),
        ];
        for bad in bad {
            assert_eq!(verdict(json!({"exp": bad}), 900), Err(Rejected::Times), "exp {bad}");
            assert_eq!(verdict(json!({"exp": 1000, "nbf": bad}), 900), Err(Rejected::Times), "nbf {bad}");
            assert_eq!(verdict(json!({"exp": 1000, "iat": bad}), 900), Err(Rejected::Times), "iat {bad}");
        }
        assert_eq!(verdict(json!({}), 900), Err(Rejected::Times));
    }

    #[test]
    fn names_name() {
        let said = claims(
            json!({"a": "x", "n": 12, "f": 1.5, "long": "é".repeat(256), "nul": "a\u{0}b", "empty": " ", "o": {"id": "y"}}),
        );
        assert_eq!(said.name("a").as_deref(), Some("x"));
        assert_eq!(said.name("n").as_deref(), Some("12"));
        assert_eq!(said.name("o.id").as_deref(), Some("y"));
        for unfit in ["f", "long", "nul", "empty", "o", "missing"] {
            assert_eq!(said.name(unfit), None, "{unfit}");
        }
    }

    #[test]
    fn an_unverified_address_is_nobodys() {
        let address =
            |verified: Value| claims(json!({"email": "a@b.c", "email_verified": verified})).external_id("email");
        assert_eq!(address(json!(true)).as_deref(), Some("a@b.c"));
        assert_eq!(address(json!(false)), None);
        assert_eq!(address(json!("false")), None);
    }

    #[test]
    fn words_come_in_three_shapes() {
        let said = claims(json!({"one": "a", "many": " a  b", "list": ["a", 1, "b c"], "none": 1}));
        assert_eq!(said.words("one"), ["a"]);
        assert_eq!(said.words("many"), ["a", "b"]);
        assert_eq!(said.words("list"), ["a", "b c"]);
        assert!(said.words("none").is_empty() && said.words("missing").is_empty());
    }
}
