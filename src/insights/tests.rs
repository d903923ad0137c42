//! Who gives an insight in every state of a pairing, and whose it is then.

use jiff::Timestamp;

use super::rules::{Insight, Kind, MOST_INSIGHTS, Verb, may_give};
use crate::codes::Code;
use crate::ids::{InsightId, MemberId, PairingId};
use crate::pairings::rules::{Role, State};

#[test]
fn only_the_coach_gives_while_the_pairing_is_active_and_there_is_room() {
    let states = [
        State::Requested,
        State::Declined,
        State::Withdrawn,
        State::Expired,
        State::Active,
        State::Completed,
        State::Ended,
        State::Lapsed,
    ];
    for state in states {
        for known in [0, MOST_INSIGHTS - 1, MOST_INSIGHTS, MOST_INSIGHTS + 1] {
            assert_eq!(may_give(Role::Coachee, state, known), Err(Code::NotYours));
            let expected = match state {
                State::Active if known < MOST_INSIGHTS => Ok(()),
                State::Active => Err(Code::InsightsFull),
                _ => Err(Code::NotWaiting),
            };
            assert_eq!(may_give(Role::Coach, state, known), expected, "{state:?} {known}");
        }
    }
    assert!(Code::InsightsFull.advice().contains(&format!("at most {MOST_INSIGHTS}.")));
}

#[test]
fn once_given_it_is_the_coachees() {
    for kind in [Kind::Leverage, Kind::Drag] {
        let insight = Insight {
            id: InsightId::new(),
            pairing: PairingId::new(),
            coachee: MemberId::new(),
            coach: MemberId::new(),
            kind,
            text: String::from("x").into(),
            given_at: Timestamp::UNIX_EPOCH,
        };
        assert_eq!(
            (insight.may_delete(insight.coachee), insight.allowed(insight.coachee)),
            (Ok(()), &[Verb::Delete][..])
        );
        assert_eq!((insight.may_delete(insight.coach), insight.allowed(insight.coach)), (Err(Code::NotYours), &[][..]));
        assert_eq!(insight.may_delete(MemberId::new()), Err(Code::NotFound));
        assert_eq!(Kind::named(kind.name()), Some(kind));
    }
}
