//! What row-level security should do, said a second time and in another way: for each table, whom each command is open
//! to. Everything else is closed, and nothing is open beyond the caller's own organization.

use serde_json::Value;

/// Who is asking, as the database is told.
#[derive(Clone, Debug)]
pub struct Identity {
    pub organization: Option<String>,
    pub member: Option<String>,
    pub actor: Option<&'static str>,
}

/// To whom something is open, within their organization.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Open {
    /// Whoever asks.
    All,
    /// Those who act in this capacity.
    To(&'static str),
    /// The member, or other caller, whom this column names.
    Own(&'static str),
    /// The coach of an accepted pairing in the cycle of a reflection that its author shares with that pairing.
    Shared,
}
use Open::{All, Own, Shared, To};

/// That a reflection is shared, and the pairing accepted: with whom a row of that cycle and member is open, for as long.
#[derive(Clone, Debug)]
pub struct Share {
    pub organization: String,
    pub cycle: String,
    pub coachee: String,
    pub coach: String,
}

/// Programs, which manage webhooks.
const PROGRAMS: &[Open] = &[To("integration")];

/// And the service, which delivers to them.
const TELLERS: &[Open] = &[To("integration"), To("system")];

/// A table, and whom its commands are open to. An empty list: not even granted.
#[derive(Debug)]
pub struct Table {
    pub name: &'static str,
    pub select: &'static [Open],
    pub insert: &'static [Open],
    pub update: &'static [Open],
    pub delete: &'static [Open],
    /// A change that reads nothing and decides nothing, where there is a change.
    pub blank: &'static str,
}

const DIRECTORY: &[Open] = &[Own("member_id"), To("administrator"), To("integration"), To("system")];
const DIRECTORY_GOES: &[Open] = &[Own("member_id"), To("administrator"), To("integration"), To("system"), To("eraser")];
const PRIVATE: &[Open] = &[Own("member_id"), To("system")];
const PRIVATE_GOES: &[Open] = &[Own("member_id"), To("system"), To("eraser")];
const PAIR: &[Open] = &[Own("coachee_id"), Own("coach_id"), To("system")];
const PAIR_GOES: &[Open] = &[Own("coachee_id"), Own("coach_id"), To("system"), To("eraser")];
const BOTH: &[Open] = &[Own("coachee_id"), Own("coach_id")];
const READERS: &[Open] = &[Own("coachee_id"), Own("coach_id"), To("eraser")];
const MEMORY: &[Open] = &[Own("caller_id")];
const MEMORY_GOES: &[Open] = &[Own("caller_id"), To("eraser")];
const ERASER: &[Open] = &[To("eraser")];

/// All tables.
pub const TABLES: [Table; 29] = [
    Table { name: "organizations", select: &[All], insert: &[To("system")], update: &[], delete: &[], blank: "" },
    Table {
        name: "members",
        select: &[All],
        insert: &[To("administrator"), To("integration"), To("system")],
        update: DIRECTORY_GOES,
        delete: &[],
        blank: "version = 7",
    },
    Table { name: "member_terms", select: &[All], insert: DIRECTORY, update: &[], delete: DIRECTORY_GOES, blank: "" },
    Table { name: "identities", select: PRIVATE_GOES, insert: &[To("system")], update: &[], delete: ERASER, blank: "" },
    Table {
        name: "erased_identities",
        select: &[To("system"), To("eraser")],
        insert: ERASER,
        update: ERASER,
        delete: &[],
        blank: "erased_at = now()",
    },
    Table { name: "swept_cycles", select: ERASER, insert: ERASER, update: &[], delete: &[], blank: "" },
    Table {
        name: "policies",
        select: &[All],
        insert: &[To("administrator"), To("system")],
        update: &[],
        delete: &[],
        blank: "",
    },
    Table {
        name: "cycles",
        select: &[All],
        insert: &[To("administrator"), To("system")],
        update: &[To("administrator"), To("system")],
        delete: &[],
        blank: "version = 7",
    },
    Table {
        name: "participations",
        select: PRIVATE_GOES,
        insert: PRIVATE,
        update: PRIVATE_GOES,
        delete: ERASER,
        blank: "version = 7",
    },
    Table {
        name: "reflections",
        select: &[Own("member_id"), To("system"), To("eraser"), Shared],
        insert: PRIVATE,
        update: PRIVATE,
        delete: ERASER,
        blank: "version = 7",
    },
    Table {
        name: "reflection_answers",
        select: &[Own("member_id"), To("eraser"), Shared],
        insert: &[Own("member_id")],
        update: &[Own("member_id")],
        delete: &[Own("member_id"), To("eraser")],
        blank: "answers = ''",
    },
    Table {
        name: "reflection_shares",
        select: &[Own("coachee_id"), Own("coach_id"), To("eraser")],
        insert: &[Own("coachee_id")],
        update: &[],
        delete: &[Own("coachee_id"), To("eraser")],
        blank: "",
    },
    Table {
        name: "pairings",
        select: PAIR_GOES,
        insert: &[Own("coachee_id"), To("system")],
        update: PAIR_GOES,
        delete: &[],
        blank: "version = 7",
    },
    Table { name: "check_ins", select: PAIR_GOES, insert: PAIR, update: PAIR_GOES, delete: &[], blank: "version = 7" },
    Table {
        name: "help_requests",
        select: &[Own("member_id"), To("administrator"), To("eraser")],
        insert: &[Own("member_id")],
        update: &[Own("member_id")],
        delete: &[Own("member_id"), To("eraser")],
        blank: "version = 7",
    },
    Table {
        name: "calendar_feeds",
        select: &[Own("member_id"), To("subscriber"), To("eraser")],
        insert: &[Own("member_id")],
        update: &[Own("member_id")],
        delete: &[Own("member_id"), To("eraser")],
        blank: "version = 7",
    },
    Table {
        name: "statistics",
        select: &[To("member"), To("administrator"), To("system")],
        insert: &[To("system")],
        update: &[],
        delete: &[],
        blank: "",
    },
    Table {
        name: "notes",
        select: &[Own("author_id"), Own("reader_id"), To("eraser")],
        insert: &[Own("author_id")],
        update: &[Own("author_id")],
        delete: &[Own("author_id"), To("eraser")],
        blank: "version = 7",
    },
    Table {
        name: "actions",
        select: READERS,
        insert: &[Own("author_id")],
        update: BOTH,
        delete: &[To("eraser")],
        blank: "version = 7",
    },
    Table {
        name: "progress",
        select: READERS,
        insert: &[Own("author_id")],
        update: &[],
        delete: &[To("eraser")],
        blank: "",
    },
    Table {
        name: "insights",
        select: READERS,
        insert: &[Own("coach_id")],
        update: &[],
        delete: &[Own("coachee_id"), To("eraser")],
        blank: "",
    },
    Table {
        name: "organization_keys",
        select: &[All],
        insert: &[To("system")],
        update: &[To("system")],
        delete: &[],
        blank: "master = 'm'",
    },
    Table { name: "owner_keys", select: &[All], insert: &[All], update: &[], delete: &[To("eraser")], blank: "" },
    Table {
        name: "idempotency_keys",
        select: MEMORY_GOES,
        insert: MEMORY,
        update: MEMORY_GOES,
        delete: MEMORY_GOES,
        blank: "fingerprint = ''",
    },
    Table {
        name: "events",
        select: &[To("integration"), To("system"), To("eraser")],
        insert: &[All],
        update: &[],
        delete: ERASER,
        blank: "",
    },
    Table {
        name: "reminders",
        select: &[To("system"), To("eraser")],
        insert: &[To("system")],
        update: &[],
        delete: ERASER,
        blank: "",
    },
    Table {
        name: "webhooks",
        select: TELLERS,
        insert: PROGRAMS,
        update: TELLERS,
        delete: PROGRAMS,
        blank: "version = 2",
    },
    Table {
        name: "deliveries",
        select: &[To("integration"), To("system"), To("eraser")],
        insert: TELLERS,
        update: TELLERS,
        delete: &[To("integration"), To("eraser")],
        blank: "attempts = 2",
    },
    Table {
        name: "audit_entries",
        select: &[To("administrator"), Own("member_id")],
        insert: &[To("administrator"), To("integration"), To("system")],
        update: &[],
        delete: &[],
        blank: "",
    },
];

impl Identity {
    /// Whether this is open to them for this row, where these are all shares that there are.
    pub fn may(&self, open: &[Open], row: &Value, shares: &[Share]) -> bool {
        let is = |column: &str, value: &Option<String>| value.is_some() && row[column].as_str() == value.as_deref();
        is("organization_id", &self.organization)
            && open.iter().any(|open| match open {
                All => true,
                To(actor) => self.actor == Some(actor),
                Own(column) => is(column, &self.member),
                Shared => shares.iter().any(|share| {
                    let of = [("organization_id", &share.organization), ("cycle_id", &share.cycle)];
                    let of = of.into_iter().chain([("member_id", &share.coachee)]);
                    of.into_iter().all(|(column, value)| row[column] == **value)
                        && self.member.as_ref() == Some(&share.coach)
                }),
            })
    }
}

impl Table {
    /// The columns that decide, each worth changing: whose row it is.
    pub fn deciding(&self) -> Vec<&'static str> {
        let lists = [self.select, self.insert, self.update, self.delete];
        let named =
            lists.into_iter().flatten().filter_map(|open| if let Own(column) = open { Some(*column) } else { None });
        let mut columns = named.chain(["organization_id"]).collect::<Vec<_>>();
        columns.sort_unstable();
        columns.dedup();
        columns
    }
}
