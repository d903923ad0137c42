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

/// What a text may hold: PostgreSQL and C know NUL as an end, nothing else is anybody's business.
pub fn is_text(text: &str) -> bool {
    !text.contains('\0')
}
