//! A token taken apart, before anything in it is believed.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::{Rejected, json};

/// The longest token that is looked at. Those of the large providers stay below 4 KiB.
pub(super) const LONGEST: usize = 8 * 1024;

/// A JWS in compact serialization (RFC 7515, section 7.1), decoded and unverified.
pub(super) struct Compact<'a> {
    /// What was signed: header and payload as they were sent.
    pub message: &'a str,
    pub signature: &'a str,
    pub algorithm: String,
    /// `typ`, made comparable by [`media_type`].
    pub kind: Option<String>,
    /// `kid`: looked up among the issuer's keys, and nothing else is ever done with it.
    pub key_id: Option<String>,
    pub claims: Map<String, Value>,
}

impl<'a> Compact<'a> {
    /// Takes `token` apart.
    ///
    /// `jwk`, `jku`, `x5u` and `x5c` are not even read: a token does not get to say how it is verified
    /// (RFC 8725, section 3.10). Other unknown parameters are ignored, as RFC 7515 (section 4) asks.
    pub fn parse(token: &'a str) -> Result<Self, Rejected> {
        let (message, signature) = token.rsplit_once('.').ok_or(Rejected::Malformed)?;
        let (header, payload) = message.split_once('.').ok_or(Rejected::Malformed)?;
        // A dot in the payload, as in five-part JWEs, is no base64url: decoding refuses it.
        decoded(signature).filter(|bytes| !bytes.is_empty()).ok_or(Rejected::Malformed)?;
        let header = decoded(header).and_then(|bytes| json::object(&bytes)).ok_or(Rejected::Malformed)?;
        let claims = decoded(payload).and_then(|bytes| json::object(&bytes)).ok_or(Rejected::Malformed)?;
        if header.contains_key("crit") {
            return Err(Rejected::Critical);
        }
        let algorithm = text(&header, "alg")?.ok_or(Rejected::Malformed)?.to_owned();
        let kind = text(&header, "typ")?.map(media_type);
        let key_id = text(&header, "kid")?.map(str::to_owned);
        Ok(Self { message, signature, algorithm, kind, key_id, claims })
    }
}

/// A media type as `typ` spells it: in any case, `application/` left out or not (RFC 7515, section 4.1.9).
pub(super) fn media_type(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    match lower.strip_prefix("application/") {
        Some(short) if !short.contains('/') => short.to_owned(),
        _ => lower,
    }
}

/// Base64url without padding and without stray bits: one text for one sequence of bytes.
fn decoded(part: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(part).ok()
}

fn text<'h>(header: &'h Map<String, Value>, name: &str) -> Result<Option<&'h str>, Rejected> {
    match header.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Rejected::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_compared_as_media_types() {
        for same in ["at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt"] {
            assert_eq!(media_type(same), "at+jwt");
        }
        assert_eq!(media_type("application/at+jwt/x"), "application/at+jwt/x");
    }

    #[test]
    fn parts_are_exact() {
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256","typ":"JWT","kid":"1","jku":"http://x"}"#);
        let good = format!("{header}.e30.AAAA");
        let compact = Compact::parse(&good).ok().unwrap();
        assert_eq!((compact.signature, compact.message), ("AAAA", format!("{header}.e30").as_str()));
        assert_eq!((compact.algorithm.as_str(), compact.key_id.as_deref()), ("RS256", Some("1")));
        let bad = [
            "{h}.e30",
            "{h}.e30.",
            "{h}.e30.AAAA.",
            ".{h}.e30.AAAA",
            "{h}.e30.AAAA.AA.AA",
            "{h}.e30.AAAA=",
            "{h}.e31.AAAA",
            "{h}..AAAA",
            "..",
            "",
        ];
        for bad in bad {
            assert_eq!(Compact::parse(&bad.replace("{h}", &header)).err(), Some(Rejected::Malformed), "{bad}");
        }
    }
}
