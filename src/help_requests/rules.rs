//! Why somebody would like to be helped: one of two reasons, and no text.

/// Why a member would like to be helped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(example = "no_coach")]
pub enum HelpReason {
    /// They find nobody to coach them.
    NoCoach,
    /// Something else, which they would rather tell than write.
    Other,
}

impl HelpReason {
    const ALL: [Self; 2] = [Self::NoCoach, Self::Other];

    /// The name that is stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::NoCoach => "no_coach",
            Self::Other => "other",
        }
    }

    /// What a stored name means.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }
}
