//! The table: kinds of data, viewers, and what they see.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What somebody sees of a kind of data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sees {
    /// All of it.
    Yes,
    /// All of it, as long as its owner shares it.
    IfShared,
    /// Not the data, but what follows from something else that they see.
    Implied,
    /// Only in numbers about many people.
    NumberOnly,
    /// Only what an event says: that there is something, for whom and when.
    InAnEvent,
    /// All of it, with the scope that the detail names.
    WithScope,
    /// All of it or nothing, as the organization's policy says.
    PolicyDecides,
    /// Nothing.
    No,
}

/// What one kind of viewer sees of one kind of data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// How much.
    pub sees: Sees,
    /// What is to be said of it, where the word alone does not say it.
    pub detail: Option<&'static str>,
}

/// A kind of data.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// Its name, which stays.
    pub name: &'static str,
    /// What belongs to it, to be shown to people.
    pub shows: &'static str,
    /// Whose it is, to be shown to people.
    pub belongs_to: &'static str,
    /// What its owner sees; nothing where it is nobody's.
    pub owner: Option<Cell>,
    /// What the other one of the pairing sees; nothing where it is nobody's.
    pub partner: Option<Cell>,
    /// What colleagues see.
    pub other_members: Cell,
    /// What administrators see who are none of these.
    pub administrator: Cell,
    /// What the company's programs see.
    pub integration: Cell,
}

/// What all of this protects from, and what it cannot.
pub const PROTECTION: &str = "Private texts are encrypted before they reach the database, with a key for each person. \
    That protects them from administrators, from whoever reads the database, and from whoever holds a backup; not from \
    whoever runs this service.";

const YES: Cell = Cell { sees: Sees::Yes, detail: None };
const NO: Cell = Cell { sees: Sees::No, detail: None };

const fn told(sees: Sees, detail: &'static str) -> Cell {
    Cell { sees, detail: Some(detail) }
}

const MEMBERS_READ: Cell = told(Sees::WithScope, "With the scope members:read.");
const SHARED: Cell = told(
    Sees::IfShared,
    "From the acceptance of the request on, until it is taken back or deleted; also after the pairing's end.",
);
const HOURS: Cell = told(
    Sees::Implied,
    "Whoever looks for a coach is told whether two hours or more of their working hours are the same; not which.",
);
const COUNTED: Cell =
    told(Sees::NumberOnly, "Counted with everybody else's once a cycle is over, in numbers too round to tell who.");

/// Every kind of data, and who sees it.
pub const KINDS: &[Kind] = &[
    Kind {
        name: "directory",
        shows: "Name, title, team, expertise, projects, languages, and whether somebody is open to coaching",
        belongs_to: "The member",
        owner: Some(YES),
        partner: Some(YES),
        other_members: YES,
        administrator: YES,
        integration: MEMBERS_READ,
    },
    Kind {
        name: "directory_keys",
        shows: "Email address, and the id that the directory knows somebody by",
        belongs_to: "The member",
        owner: Some(YES),
        partner: Some(NO),
        other_members: NO,
        administrator: YES,
        integration: MEMBERS_READ,
    },
    Kind {
        name: "settings",
        shows: "Time zone, working hours, how many coachees somebody takes, and whether they are reminded",
        belongs_to: "The member",
        owner: Some(YES),
        partner: Some(HOURS),
        other_members: HOURS,
        administrator: NO,
        integration: NO,
    },
    Kind {
        name: "participation",
        shows: "Whether somebody takes part in a cycle",
        belongs_to: "The member",
        owner: Some(YES),
        partner: Some(told(
            Sees::Implied,
            "The pairing says it: who is coached takes part. The answer itself is not shown.",
        )),
        other_members: NO,
        administrator: COUNTED,
        integration: NO,
    },
    Kind {
        name: "topics",
        shows: "What somebody wants to be coached in",
        belongs_to: "The member",
        owner: Some(YES),
        partner: Some(NO),
        other_members: NO,
        administrator: NO,
        integration: NO,
    },
    Kind {
        name: "reflection",
        shows: "The analysis of one's own job, and when it was complete",
        belongs_to: "Its author",
        owner: Some(YES),
        partner: Some(SHARED),
        other_members: NO,
        administrator: NO,
        integration: NO,
    },
    Kind {
        name: "pairing",
        shows: "Who coaches whom, and where it stands",
        belongs_to: "The coachee and the coach",
        owner: Some(YES),
        partner: Some(YES),
        other_members: NO,
        administrator: COUNTED,
        integration: told(
            Sees::InAnEvent,
            "Its id, what happened to it and when, and who is to be told; not who the other one is.",
        ),
    },
    Kind {
        name: "message",
        shows: "What the coachee writes with the request",
        belongs_to: "The coachee",
        owner: Some(YES),
        partner: Some(YES),
        other_members: NO,
        administrator: NO,
        integration: NO,
    },
    Kind {
        name: "decline_reason",
        shows: "Why the coach said no, where they have said it",
        belongs_to: "The coach",
        owner: Some(YES),
        partner: Some(YES),
        other_members: NO,
        administrator: NO,
        integration: NO,
    },
    Kind {
        name: "check_in",
        shows: "The kind of a call, its time, and whether it took place",
        belongs_to: "The coachee and the coach",
        owner: Some(YES),
        partner: Some(YES),
        other_members: NO,
        administrator: COUNTED,
        integration: told(Sees::InAnEvent, "Its id and its time, what happened to it and when, and who is to be told."),
    },
    Kind {
        name: "join_url",
        shows: "Where to join a call",
        belongs_to: "Whichever of the two has said it",
        owner: Some(YES),
        partner: Some(YES),
        other_members: NO,
        administrator: NO,
        integration: NO,
    },
    Kind {
        name: "note",
        shows: "What one of the two writes down about a call",
        belongs_to: "Its author",
        owner: Some(YES),
        partner: Some(SHARED),
        other_members: NO,
        administrator: NO,
        integration: NO,
    },
    Kind {
        name: "action",
        shows: "What the coachee will start, stop or continue, and how far it is",
        belongs_to: "The coachee, whoever wrote it",
        owner: Some(YES),
        partner: Some(YES),
        other_members: NO,
        administrator: NO,
        integration: NO,
    },
    Kind {
        name: "progress",
        shows: "How it goes with that",
        belongs_to: "The coachee, whoever wrote it",
        owner: Some(YES),
        partner: Some(YES),
        other_members: NO,
        administrator: NO,
        integration: NO,
    },
    Kind {
        name: "insight",
        shows: "What the coach tells the coachee: a strength to build on, or a drag",
        belongs_to: "The coachee, once it is given",
        owner: Some(YES),
        partner: Some(YES),
        other_members: NO,
        administrator: NO,
        integration: NO,
    },
    Kind {
        name: "next_step",
        shows: "What somebody is to do next, and until when",
        belongs_to: "The member",
        owner: Some(YES),
        partner: Some(NO),
        other_members: NO,
        administrator: NO,
        integration: told(Sees::InAnEvent, "That something is due, and who is to be told; not what it is."),
    },
    Kind {
        name: "help_request",
        shows: "That somebody asks the administrators for help, and why",
        belongs_to: "The member",
        owner: Some(YES),
        partner: Some(NO),
        other_members: NO,
        administrator: told(Sees::Yes, "Until it is withdrawn, or the cycle is over."),
        integration: NO,
    },
    Kind {
        name: "calendar_feed",
        shows: "Whether somebody's calls are shown at a secret address, since when, and whether with partners' names",
        belongs_to: "The member",
        owner: Some(told(
            Sees::Yes,
            "Whoever is given the address sees when the member's calls are and of which kind, and partners' names where the \
             member has said so; never a text, nor where to join.",
        )),
        partner: Some(NO),
        other_members: NO,
        administrator: NO,
        integration: NO,
    },
    Kind {
        name: "statistics",
        shows: "How many took part, were paired, held a first call and completed in a cycle that is over",
        belongs_to: "Nobody",
        owner: None,
        partner: None,
        other_members: told(Sees::PolicyDecides, "Where the policy says so: statistics_for_members."),
        administrator: told(
            Sees::Yes,
            "Rounded down to multiples of five, and withheld where they would tell of a few.",
        ),
        integration: NO,
    },
    Kind {
        name: "audit_entry",
        shows: "Which fields of somebody's directory entry an administrator or a program changed; not what is in them",
        belongs_to: "The member it is about",
        owner: Some(YES),
        partner: Some(NO),
        other_members: NO,
        administrator: YES,
        integration: NO,
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_neither_yes_nor_no_is_explained() {
        let mut names = KINDS.iter().map(|kind| kind.name).collect::<Vec<_>>();
        for kind in KINDS {
            let cells =
                [kind.owner, kind.partner, Some(kind.other_members), Some(kind.administrator), Some(kind.integration)];
            for cell in cells.into_iter().flatten() {
                let plain = matches!(cell.sees, Sees::Yes | Sees::No);
                assert!(plain || cell.detail.is_some_and(|detail| detail.ends_with('.')), "{}: {cell:?}", kind.name);
            }
        }
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), KINDS.len(), "each kind once");
    }
}
