//! What short texts may look like, wherever they come from: a body, a query, a token.

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
