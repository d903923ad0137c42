//! `/v1/cycles/{cycle_id}/reflection`

use actix_web::{get, put, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::rules::Answers;
use crate::clock::At;
use crate::cycles::http::CyclePath;
use crate::db::Scope;
use crate::error::Result;
use crate::ids::CycleId;
use crate::text::PrivateText;
use crate::web::{Body, MaybeIfMatch, Shown, Versioned};

/// How large a reflection's body may be: as many answers as there can be questions, each as long as it may be, with every
/// character escaped.
const REFLECTION_BYTES: usize = 1024 * 1024;

/// A question that helps to reflect, with what its author has answered.
#[derive(Debug, Serialize, ToSchema)]
pub struct AnsweredQuestion {
    /// What the policy asks.
    #[schema(format = "line", min_length = 1, max_length = 500, example = "What did you do well this quarter?")]
    question: String,
    /// What its author wrote, to the byte; null where they have written nothing.
    #[schema(required, value_type = Option<String>, format = "text", min_length = 1, max_length = 4000,
        example = "I can explain outages without blaming anybody.")]
    answer: Option<PrivateText>,
}

impl AnsweredQuestion {
    /// Each question with its answer.
    pub(super) fn each(questions: Vec<String>, answers: Answers) -> Vec<Self> {
        questions.into_iter().zip(answers).map(|(question, answer)| Self { question, answer }).collect()
    }
}

/// A member's own analysis of their job in one cycle. Only its author sees it, and the coaches whom they share it with.
#[derive(Debug, Serialize, ToSchema)]
pub struct Reflection {
    /// On which cycle.
    #[schema(value_type = Uuid, example = "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f60")]
    cycle_id: CycleId,
    /// Whether I have thought it through.
    #[schema(example = true)]
    complete: bool,
    /// When I marked it complete.
    #[schema(required, value_type = Option<String>, format = "date-time", example = "2026-10-03T16:40:00.000Z")]
    completed_at: Option<At>,
    /// When I last changed it; null before I started it.
    #[schema(required, value_type = Option<String>, format = "date-time", example = "2026-10-03T16:40:00.000Z")]
    updated_at: Option<At>,
    /// The version of the policy whose questions it was started with; null before it was.
    #[schema(required, minimum = 1, example = 1)]
    policy_version: Option<i64>,
    /// The questions that it was started with, or would be if it were started now, each with my answer.
    #[schema(min_items = 1, max_items = 12)]
    questions: Vec<AnsweredQuestion>,
    #[serde(skip)]
    version: i64,
}

impl Versioned for Reflection {
    fn version(&self) -> i64 {
        self.version
    }
}

impl From<super::Reflection> for Reflection {
    fn from(reflection: super::Reflection) -> Self {
        Self {
            cycle_id: reflection.cycle,
            complete: reflection.completed_at.is_some(),
            completed_at: reflection.completed_at.map(At),
            updated_at: reflection.updated_at.map(At),
            policy_version: reflection.policy_version,
            questions: AnsweredQuestion::each(reflection.questions, reflection.answers),
            version: reflection.version,
        }
    }
}

/// What I answer to one question: any Unicode but NUL, kept to the byte; null for no answer.
#[derive(ToSchema)]
#[schema(value_type = Option<String>, format = "text", min_length = 1, max_length = 4000)]
#[expect(dead_code, reason = "describes the entries of `answers` in the document, which is also how they are checked")]
pub struct WrittenAnswer(Option<String>);

/// Whether the reflection is complete, and what it says.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WriteReflection {
    /// True when I have thought it through; what I think need not be written down.
    #[schema(example = true)]
    complete: bool,
    /// What I answer to the questions, in their order, in place of all that I answered before. A list that is shorter leaves
    /// the last questions without an answer, so `[]` deletes all that I wrote. Absent: everything stays as it is.
    #[schema(value_type = Vec<WrittenAnswer>, required = false, max_items = 12,
        example = json!(["I can explain outages without blaming anybody.", null]))]
    answers: Option<Answers>,
}

/// Shows my reflection on a cycle: the questions, and what I have answered.
///
/// Nobody else can ask, administrators included. Before anything was written there is an empty one, with an ETag that begins
/// with 0.
#[utoipa::path(tag = "reflections", params(CyclePath),
    responses((status = 200, description = "My reflection.", body = Reflection)))]
#[get("/cycles/{cycle_id}/reflection")]
async fn get_reflection(scope: Scope, path: web::Path<CyclePath>) -> Result<Shown<Reflection>> {
    super::get(&scope, path.cycle_id).await.map(Reflection::from).map(Shown)
}

/// Writes my reflection on a cycle, and marks it complete.
///
/// Or takes it up again. Unless the policy says otherwise, a coach can be asked only once it is complete. When the cycle is
/// over, answers can still be taken back (each as it was or null, `complete` unchanged), and nothing else. A body may have
/// 1 MiB.
#[utoipa::path(tag = "reflections", params(CyclePath), request_body = WriteReflection,
    responses((status = 200, description = "My reflection as it is now.", body = Reflection)))]
#[put("/cycles/{cycle_id}/reflection")]
async fn put_reflection(
    scope: Scope,
    path: web::Path<CyclePath>,
    expected: MaybeIfMatch,
    body: Body<WriteReflection, REFLECTION_BYTES>,
) -> Result<Shown<Reflection>> {
    let WriteReflection { complete, answers } = body.into_inner();
    let put = scope.write(async |tx| super::put(tx, path.cycle_id, expected.versions(), complete, answers).await);
    Ok(Shown(put.await?.into()))
}

/// The routes of this slice.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(get_reflection).service(put_reflection);
    super::shares::http::routes(config);
}
