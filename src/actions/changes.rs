//! What can be added and changed, as it is asked for: checked by the verbs, under the locks.

use serde::Deserialize;
use utoipa::ToSchema;

use super::rules::{Kind, State};
use crate::text::PrivateText;

/// An action to add. It begins as `open`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddAction {
    /// Whether it is something to start, to stop or to continue.
    #[schema(example = "start")]
    pub kind: Kind,
    /// What the coachee will do, in one's own words: any Unicode but NUL, kept to the byte.
    #[schema(value_type = String, format = "text", min_length = 1, max_length = 4000, example = "Pause before answering in design reviews.")]
    pub text: PrivateText,
}

/// What to change of an action; an absent key keeps.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ActionPatch {
    /// Whether it is something to start, to stop or to continue.
    #[schema(value_type = Kind, required = false, example = "continue")]
    pub kind: Option<Kind>,
    /// What the coachee will do, in one's own words: any Unicode but NUL, kept to the byte.
    #[schema(value_type = String, required = false, format = "text", min_length = 1, max_length = 4000, example = "Pause before answering, in every review.")]
    pub text: Option<PrivateText>,
    /// Where it stands: from any state to any other. What is not meant any more is `dropped`.
    #[schema(value_type = State, required = false, example = "in_progress")]
    pub state: Option<State>,
}

/// An entry of progress to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddProgress {
    /// How it goes, in one's own words: any Unicode but NUL, kept to the byte.
    #[schema(value_type = String, format = "text", min_length = 1, max_length = 4000, example = "Counted to three before answering on Tuesday. It helped.")]
    pub text: PrivateText,
}
