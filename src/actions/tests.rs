//! Who can go on with an action, in every state of its pairing; and how many there can be.

use jiff::Timestamp;

use super::rules::{Action, Kind, MOST_ACTIONS, MOST_PROGRESS, State, Verb, may_add, may_add_progress};
use crate::codes::Code;
use crate::ids::{ActionId, MemberId, PairingId};
use crate::pairings::rules::{Role, State as PairingState};

/// Every state of a pairing, and whether it is before the yes, active, or over.
const STANDING: [(PairingState, &str); 8] = [
    (PairingState::Requested, "never"),
    (PairingState::Declined, "never"),
    (PairingState::Withdrawn, "never"),
    (PairingState::Expired, "never"),
    (PairingState::Active, "active"),
    (PairingState::Completed, "over"),
    (PairingState::Ended, "over"),
    (PairingState::Lapsed, "over"),
];

fn action(pairing_state: PairingState, kind: Kind, state: State, created_by: Role) -> Action {
    Action {
        id: ActionId::new(),
        version: 1,
        pairing: PairingId::new(),
        pairing_state,
        coachee: MemberId::new(),
        coach: MemberId::new(),
        kind,
        text: String::from("x").into(),
        state,
        created_by,
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
    }
}

#[test]
fn the_two_go_on_together_and_then_the_coachee_alone() {
    let mut asked = 0;
    for (pairing, standing) in STANDING {
        for kind in [Kind::Start, Kind::Stop, Kind::Continue] {
            for state in [State::Open, State::InProgress, State::Done, State::Dropped] {
                for (created_by, role) in [Role::Coachee, Role::Coach].map(|by| (by, [Role::Coachee, Role::Coach])) {
                    for role in role {
                        let action = action(pairing, kind, state, created_by);
                        let expected = match (standing, role) {
                            ("active", _) | ("over", Role::Coachee) => Ok(()),
                            ("over", Role::Coach) => Err(Code::NotYours),
                            _ => Err(Code::NotWaiting),
                        };
                        assert_eq!(action.permits(role), expected, "{pairing:?} {role:?}");
                        let all = [Verb::Update, Verb::AddProgress];
                        assert_eq!(action.allowed(role), if expected.is_ok() { &all[..] } else { &[] });
                        asked += 1;
                    }
                }
            }
        }
    }
    assert_eq!(asked, 8 * 3 * 4 * 2 * 2);
}

#[test]
fn the_two_of_an_action_are_told_apart() {
    let action = action(PairingState::Active, Kind::Stop, State::Open, Role::Coach);
    assert_eq!(action.role_of(action.coachee), Some(Role::Coachee));
    assert_eq!(action.role_of(action.coach), Some(Role::Coach));
    assert_eq!(action.role_of(MemberId::new()), None);
}

#[test]
fn actions_are_added_while_the_pairing_is_active_and_there_is_room() {
    for (pairing, standing) in STANDING {
        for known in [0, 1, MOST_ACTIONS - 1, MOST_ACTIONS, MOST_ACTIONS + 1] {
            let expected = match standing {
                "active" if known < MOST_ACTIONS => Ok(()),
                "active" => Err(Code::ActionsFull),
                _ => Err(Code::NotWaiting),
            };
            assert_eq!(may_add(pairing, known), expected, "{pairing:?} {known}");
        }
    }
    assert_eq!(may_add_progress(MOST_PROGRESS - 1), Ok(()));
    assert_eq!(may_add_progress(MOST_PROGRESS), Err(Code::ProgressFull));
}

#[test]
fn names_are_read_as_they_are_written_and_bounds_are_told() {
    for kind in [Kind::Start, Kind::Stop, Kind::Continue] {
        assert_eq!(Kind::named(kind.name()), Some(kind));
    }
    for state in [State::Open, State::InProgress, State::Done, State::Dropped] {
        assert_eq!(State::named(state.name()), Some(state));
    }
    assert!(Code::ActionsFull.advice().contains(&format!("at most {MOST_ACTIONS},")));
    assert!(Code::ProgressFull.advice().contains(&format!("at most {MOST_PROGRESS}.")));
}
