//! When a reflection can be written, and what fits its questions (policy rule P3: reflect first).

use crate::codes::Code;
use crate::cycles::rules::Phase;
use crate::error::{Error, Flaw, Place, Result};
use crate::text::PrivateText;

/// What somebody has answered: one entry for each question, in their order; nothing where there is no answer.
pub type Answers = Vec<Option<PrivateText>>;

/// One entry for each of so many questions: those that are not spoken of are not answered.
///
/// # Errors
/// Each answer without a question.
pub fn fitted(mut answers: Answers, questions: usize) -> Result<Answers> {
    let nowhere = |number: usize| Flaw {
        place: Place::Body(format!("/answers/{number}")),
        code: "no_question",
        detail: format!("answers no question: this reflection has {questions}"),
        malformed: false,
    };
    if answers.len() > questions {
        return Err(Error::Invalid((questions..answers.len()).map(nowhere).collect()));
    }
    answers.resize(questions, None);
    Ok(answers)
}

/// Whether nothing is said that was not said before.
pub fn only_takes_back(earlier: &Answers, later: &Answers) -> bool {
    later.iter().zip(earlier).all(|(later, earlier)| later.is_none() || later == earlier)
}

/// Whether a reflection on a cycle in this phase can be changed; what was said can be taken back at any time.
///
/// # Errors
/// `cycle_not_open` once the cycle is over.
pub fn may_write(phase: Phase, only_takes_back: bool) -> Result<(), Code> {
    match phase {
        Phase::Upcoming | Phase::Open => Ok(()),
        Phase::Closed | Phase::Cancelled if only_takes_back => Ok(()),
        Phase::Closed | Phase::Cancelled => Err(Code::CycleNotOpen),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(texts: &[&str]) -> Answers {
        texts.iter().map(|text| (!text.is_empty()).then(|| PrivateText::from((*text).to_owned()))).collect()
    }

    #[test]
    fn answers_fit_their_questions() {
        assert_eq!(fitted(answers(&[]), 2).expect("fewer"), answers(&["", ""]));
        assert_eq!(fitted(answers(&["", "b"]), 2).expect("as many"), answers(&["", "b"]));
        let Err(Error::Invalid(flaws)) = fitted(answers(&["a", "b", "", "d"]), 2) else { panic!("more than asked") };
        let places = flaws.into_iter().map(|flaw| flaw.place).collect::<Vec<_>>();
        assert_eq!(places, [2, 3].map(|number| Place::Body(format!("/answers/{number}"))));
    }

    #[test]
    fn the_end_of_a_cycle_stops_new_writing_and_nothing_else() {
        let said = answers(&["a", "b", ""]);
        for (later, takes_back) in
            [(["a", "b", ""], true), (["", "b", ""], true), (["", "", ""], true), (["a", "c", ""], false)]
        {
            assert_eq!(only_takes_back(&said, &answers(&later)), takes_back, "{later:?}");
        }
        assert!(!only_takes_back(&said, &answers(&["a", "b", "c"])));
        for phase in [Phase::Upcoming, Phase::Open, Phase::Closed, Phase::Cancelled] {
            assert_eq!(may_write(phase, true), Ok(()));
            let over = matches!(phase, Phase::Closed | Phase::Cancelled);
            assert_eq!(may_write(phase, false), if over { Err(Code::CycleNotOpen) } else { Ok(()) });
        }
    }
}
