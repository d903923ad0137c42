//! What can be changed of a member, as it is asked for: merge patches and batches, applied by the verbs under their lock; and
//! what became of it.

use serde::{Deserialize, Serialize};
use serde_with::rust::double_option;
use utoipa::ToSchema;

use super::rules::{Directory, Own, set, tidy};
use crate::ids::MemberId;

/// Hours of a day, in the member's time zone; past midnight where `until` is earlier.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "from": "09:00", "until": "17:30" }))]
pub struct WorkingHours {
    /// Usually from.
    #[schema(pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$", min_length = 5, max_length = 5, example = "09:00")]
    pub(super) from: String,
    /// Usually until.
    #[schema(pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$", min_length = 5, max_length = 5, example = "17:30")]
    pub(super) until: String,
}

/// A language tag (BCP 47), such as `en` or `pt-BR`.
#[derive(ToSchema)]
#[schema(value_type = String, pattern = "^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$", max_length = 35, example = "en")]
#[expect(
    dead_code,
    reason = "describes the entries of `languages` in the document, which is also how they are checked"
)]
pub struct Language(String);

/// A topic or a project, in a few words.
#[derive(ToSchema)]
#[schema(value_type = String, format = "line", min_length = 1, max_length = 60, example = "code review")]
#[expect(dead_code, reason = "describes the entries of lists in the document, which is also how they are checked")]
pub struct Topic(String);

/// What I change of myself; an absent key keeps, null clears.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MePatch {
    /// My time zone; null: the organization's.
    #[serde(with = "double_option")]
    #[schema(value_type = Option<String>, format = "time-zone", max_length = 64, example = "Europe/Lisbon")]
    time_zone: Option<Option<String>>,
    /// When I usually work; null: I do not say, and nothing is made of it when coaches are suggested.
    #[serde(with = "double_option")]
    #[schema(value_type = Option<WorkingHours>)]
    working_hours: Option<Option<WorkingHours>>,
    /// Languages I can talk in.
    #[schema(required = false, max_items = 20, value_type = Vec<Language>, example = json!(["en", "pt"]))]
    languages: Option<Vec<String>>,
    /// What I know well.
    #[schema(required = false, max_items = 20, value_type = Vec<Topic>, example = json!(["Rust"]))]
    expertise: Option<Vec<String>>,
    /// What I work on.
    #[schema(required = false, max_items = 20, value_type = Vec<Topic>, example = json!(["Checkout"]))]
    projects: Option<Vec<String>>,
    /// Whether colleagues may ask me to coach them.
    #[schema(value_type = bool, required = false, example = true)]
    open_to_coaching: Option<bool>,
    /// How many coachees I take in a cycle; null: as many as the policy says.
    #[serde(with = "double_option")]
    #[schema(value_type = Option<i16>, minimum = 0, maximum = 20, example = 2)]
    coach_capacity: Option<Option<i16>>,
    /// Whether I am reminded of my next step.
    #[schema(value_type = bool, required = false, example = true)]
    notify: Option<bool>,
}

impl MePatch {
    /// What somebody knows well and works on.
    #[cfg(feature = "dev")]
    pub(crate) fn describing(expertise: &[&str], projects: &[&str]) -> Self {
        let owned = |list: &[&str]| Some(list.iter().map(|text| (*text).to_owned()).collect());
        Self { expertise: owned(expertise), projects: owned(projects), ..Self::default() }
    }

    /// Whether anything changed.
    pub(super) fn apply_to(self, own: &mut Own) -> bool {
        let mut changed = Vec::new();
        let tidied = |list: Option<Vec<String>>| list.map(|list| list.iter().map(|text| tidy(text)).collect());
        let hours = self.working_hours.map(|hours| hours.map(|hours| (hours.from, hours.until)));
        set(&mut own.time_zone, self.time_zone, "time_zone", &mut changed);
        set(&mut own.working_hours, hours, "working_hours", &mut changed);
        set(&mut own.languages, self.languages, "languages", &mut changed);
        set(&mut own.expertise, tidied(self.expertise), "expertise", &mut changed);
        set(&mut own.projects, tidied(self.projects), "projects", &mut changed);
        set(&mut own.open_to_coaching, self.open_to_coaching, "open_to_coaching", &mut changed);
        set(&mut own.coach_capacity, self.coach_capacity, "coach_capacity", &mut changed);
        set(&mut own.notify, self.notify, "notify", &mut changed);
        !changed.is_empty()
    }
}

/// What to change of a directory entry; an absent key keeps, null clears.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MemberPatch {
    /// The id the directory knows the member by.
    #[serde(with = "double_option")]
    #[schema(value_type = Option<String>, format = "line", min_length = 1, max_length = 255, example = "ben")]
    external_id: Option<Option<String>>,
    /// The email address.
    #[serde(with = "double_option")]
    #[schema(value_type = Option<String>, format = "email", min_length = 3, max_length = 254, example = "ben@example.com")]
    email: Option<Option<String>>,
    /// The name.
    #[schema(value_type = String, required = false, format = "line", min_length = 1, max_length = 120, example = "Ben Okafor")]
    name: Option<String>,
    /// The title.
    #[serde(with = "double_option")]
    #[schema(value_type = Option<String>, format = "line", min_length = 1, max_length = 120, example = "Staff engineer")]
    title: Option<Option<String>>,
    /// The team.
    #[serde(with = "double_option")]
    #[schema(value_type = Option<String>, format = "line", min_length = 1, max_length = 120, example = "Platform")]
    team: Option<Option<String>>,
    /// Whether the member is active. Deactivating ends what they take part in; reactivating restores nothing.
    #[schema(value_type = bool, required = false, example = true)]
    active: Option<bool>,
}

impl MemberPatch {
    /// The names of what changed.
    pub(super) fn apply_to(self, directory: &mut Directory) -> Vec<&'static str> {
        let mut changed = Vec::new();
        let tidied = |text: Option<Option<String>>| text.map(|text| text.map(|text| tidy(&text)));
        set(&mut directory.external_id, tidied(self.external_id), "external_id", &mut changed);
        set(&mut directory.email, tidied(self.email), "email", &mut changed);
        set(&mut directory.name, self.name.map(|name| tidy(&name)), "name", &mut changed);
        set(&mut directory.title, tidied(self.title), "title", &mut changed);
        set(&mut directory.team, tidied(self.team), "team", &mut changed);
        set(&mut directory.active, self.active, "active", &mut changed);
        changed
    }
}

/// Directory entries to bring in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberBatch {
    /// The entries, each external id once.
    #[schema(min_items = 1, max_items = 500)]
    pub(super) members: Vec<MemberUpsert>,
}

/// A directory entry, known by its external id; an absent key keeps, null clears.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberUpsert {
    /// The id the directory knows the member by.
    #[schema(format = "line", min_length = 1, max_length = 255, example = "ben")]
    external_id: String,
    /// The name.
    #[schema(format = "line", min_length = 1, max_length = 120, example = "Ben Okafor")]
    name: String,
    /// The email address.
    #[serde(default, with = "double_option")]
    #[schema(value_type = Option<String>, format = "email", min_length = 3, max_length = 254, example = "ben@example.com")]
    email: Option<Option<String>>,
    /// The title.
    #[serde(default, with = "double_option")]
    #[schema(value_type = Option<String>, format = "line", min_length = 1, max_length = 120, example = "Staff engineer")]
    title: Option<Option<String>>,
    /// The team.
    #[serde(default, with = "double_option")]
    #[schema(value_type = Option<String>, format = "line", min_length = 1, max_length = 120, example = "Platform")]
    team: Option<Option<String>>,
    /// Whether the member is active.
    #[serde(default)]
    #[schema(value_type = bool, required = false, example = true)]
    active: Option<bool>,
}

impl MemberUpsert {
    pub(super) fn external_id(&self) -> &str {
        &self.external_id
    }

    /// The names of what changed.
    pub(super) fn apply_to(self, directory: &mut Directory) -> Vec<&'static str> {
        let Self { external_id: _, name, email, title, team, active } = self;
        MemberPatch { external_id: None, name: Some(name), email, title, team, active }.apply_to(directory)
    }
}

/// What became of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The member is new.
    Created,
    /// Something changed.
    Updated,
    /// Everything was so already.
    Unchanged,
}

/// What became of each entry, in the order they were sent.
#[derive(Debug, Serialize, ToSchema)]
pub struct MemberBatchOutcome {
    /// One for each entry.
    #[schema(max_items = 500)]
    pub(super) data: Vec<MemberOutcome>,
}

/// What became of an entry.
#[derive(Debug, Serialize, ToSchema)]
pub struct MemberOutcome {
    /// The member's id.
    #[schema(value_type = Uuid, example = "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f61")]
    pub(super) id: MemberId,
    /// The id the directory knows the member by.
    #[schema(format = "line", max_length = 255, example = "ben")]
    pub(super) external_id: String,
    /// What became of it.
    #[schema(example = "created")]
    pub(super) outcome: Outcome,
}
