//! What a problem shows of what was asked: in part, where a stranger can make it as long as they like.

/// How much is shown of a path, or of a place in a body, in characters.
const SHOWN: usize = 500;

/// The path that was asked for, as a reference (RFC 3986, section 4.1) whatever was sent; of one that is a secret, where
/// such paths begin.
pub fn instance(path: &str) -> String {
    const SECRETS: &str = "/calendar/";
    if path.starts_with(SECRETS) { SECRETS.to_owned() } else { shortened(referred(path)) }
}

/// With everything escaped that cannot stand in a path, such as a `%` that escapes nothing.
fn referred(path: &str) -> String {
    let mut referred = String::with_capacity(path.len());
    for (at, byte) in path.bytes().enumerate() {
        let escapes = path.as_bytes().get(at + 1..at + 3).is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit));
        match byte {
            b'%' if escapes => referred.push('%'),
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => referred.push(byte.into()),
            _ if b"-._~!$&'()*+,;=:@/".contains(&byte) => referred.push(byte.into()),
            _ => referred.push_str(&format!("%{byte:02X}")),
        }
    }
    referred
}

/// What is written as `%C3` is not cut in the middle.
pub fn shortened(text: String) -> String {
    if text.len() <= SHOWN {
        return text;
    }
    let mut shown = text.chars().take(SHOWN).collect::<String>();
    if let Some(cut) = shown.rfind('%').filter(|at| at + 3 > shown.len()) {
        shown.truncate(cut);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_in_part_is_still_a_reference() {
        for start in ["/v1/members/", "/v1/members/x", "/v1/members/xx"] {
            let shown = shortened(format!("{start}{}", "%C3%BC".repeat(200)));
            let escapes = shown.strip_prefix(start).unwrap();
            assert!(shown.len() <= SHOWN && shown.len() > SHOWN - 3, "{}", shown.len());
            assert!(escapes.split('%').skip(1).all(|escape| escape.len() == 2), "{shown}");
        }
        assert_eq!(shortened("/short%C".into()), "/short%C", "as it came");
    }

    #[test]
    fn what_was_asked_for_is_told_as_a_reference() {
        for (asked, told) in [
            ("/v1/members/%C3%BC", "/v1/members/%C3%BC"),
            ("/v1/%", "/v1/%25"),
            ("/v1/%2", "/v1/%252"),
            ("/v1/%zz?", "/v1/%25zz%3F"),
            ("/v1/{id}/ü", "/v1/%7Bid%7D/%C3%BC"),
            ("/calendar/secret.ics", "/calendar/"),
        ] {
            assert_eq!(instance(asked), told, "{asked}");
        }
    }
}
