//! What can still be written when (policy rule P8).

use crate::codes::Code;
use crate::text::PrivateText;

/// Whether a note can become this: anything while the pairing is active; afterwards it can only be taken back.
///
/// # Errors
/// `not_waiting`
pub fn may_write(active: bool, earlier: Option<&PrivateText>, text: &PrivateText, shared: bool) -> Result<(), Code> {
    let takes_back = earlier == Some(text) && !shared;
    if active || takes_back { Ok(()) } else { Err(Code::NotWaiting) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_stops_new_writing_and_nothing_else() {
        let (one, other) = (PrivateText::from("one".to_owned()), PrivateText::from("other".to_owned()));
        for (earlier, text, shared) in [(None, &one, false), (Some(&one), &other, false), (Some(&one), &one, true)] {
            assert_eq!(may_write(true, earlier, text, shared), Ok(()));
            assert_eq!(may_write(false, earlier, text, shared), Err(Code::NotWaiting));
        }
        assert_eq!(may_write(false, Some(&one), &one, false), Ok(()), "taken back");
    }
}
