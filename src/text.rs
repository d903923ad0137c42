//! What texts may look like, wherever they come from: a body, a query, a token.

/// What may stand in one line: no control characters, and none that turn, join or hide what is shown (Unicode bidi and
/// zero-width controls), so that two names that look alike are alike. Not only white space.
pub fn is_line(text: &str) -> bool {
    let forbidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
            || matches!(u32::from(c) & 0xFFFF, 0xFFFE..) // no characters, but ends of ranges
    };
    !text.trim().is_empty() && !text.contains(forbidden)
}

/// What somebody has written, in their own words: any Unicode but NUL, kept to the byte. It is sealed before it is
/// stored, and nothing prints it. In the document: `format = "text", min_length = 1, max_length = 4000`.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct PrivateText(String);

impl PrivateText {
    /// The text itself, for sealing.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for PrivateText {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl std::fmt::Debug for PrivateText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("\"…\"")
    }
}

/// Where a call can be joined: an address of the web (RFC 3986) that is reached over https and holds nobody's name or
/// password. Kept as it was given.
pub fn is_https_url(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("https://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let plain = |byte: u8| byte.is_ascii_graphic() && !br#""<>\^`{|}"#.contains(&byte);
    !authority.is_empty() && !authority.contains('@') && text.bytes().all(plain) && url::Url::parse(text).is_ok()
}

/// What a text may hold: PostgreSQL and C know NUL as an end, nothing else is anybody's business.
pub fn is_text(text: &str) -> bool {
    !text.contains('\0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_joined_over_https_and_by_nobodys_name() {
        for fits in [
            "https://meet.example.com/abc-defg-hij",
            "https://example.zoom.us/j/123456789?pwd=q~w.e-r_t%2F#success",
            "https://teams.microsoft.com/l/meetup-join/19%3ameeting_x%40thread.v2/0?context=%7b%22Tid%22%3a%22x%22%7d",
            "https://host:8443/room@noon",
            "https://xn--bcher-kva.example/",
            "https://[2001:db8::1]/x",
            "https://192.0.2.7",
        ] {
            assert!(is_https_url(fits), "{fits}");
        }
        for refused in [
            "",
            "https:",
            "https://",
            "https:///path",
            "https://?x",
            "https://:443/",
            "https:/meet.example.com",
            "https:meet.example.com",
            "http://meet.example.com/",
            "HTTPS://meet.example.com/",
            "//meet.example.com/",
            "meet.example.com",
            "javascript:alert(1)",
            "data:text/html,https://x",
            "https://ana@meet.example.com/",
            "https://ana:secret@meet.example.com/",
            "https://@meet.example.com/",
            "https://meet.example.com\\@evil.example/",
            "https://meet.example.com:99999/",
            "https://meet.example.com:x/",
            "https://a b/",
            "https://meet.example.com/a b",
            " https://meet.example.com/",
            "https://meet.example.com/\n",
            "https://meet.exa\tmple.com/",
            "https://bücher.example/",
            "https://meet.example.com/<script>",
            "https://meet.example.com/\u{202e}x",
            "https://[::1/",
            "https://%00/",
        ] {
            assert!(!is_https_url(refused), "{refused:?}");
        }
    }
}
