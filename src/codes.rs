//! The catalogue of refusals: everything the service can say no with, in one table.
//!
//! A code is contract: clients branch on it, `/problems/{code}` explains it, the document lists it.

use actix_web::http::StatusCode;

macro_rules! catalogue {
    ($($(#[$doc:meta])* $code:ident $name:literal $status:ident $title:literal $advice:literal;)+) => {
        /// Why a request was refused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[expect(missing_docs, reason = "each code's title and advice stand in the table, and are served at /problems")]
        pub enum Code { $($code,)+ }

        impl Code {
            /// Every code there is.
            pub const ALL: &[Code] = &[$(Code::$code,)+];

            /// The stable name that clients branch on.
            pub fn name(self) -> &'static str {
                match self { $(Code::$code => $name,)+ }
            }

            /// The HTTP status it is answered with.
            pub fn status(self) -> StatusCode {
                match self { $(Code::$code => StatusCode::$status,)+ }
            }

            /// What happened, in a few words that never vary (RFC 9457 `title`).
            pub fn title(self) -> &'static str {
                match self { $(Code::$code => $title,)+ }
            }

            /// What to do about it.
            pub fn advice(self) -> &'static str {
                match self { $(Code::$code => $advice,)+ }
            }
        }
    };
}

catalogue! {
    // the request itself
    Malformed "malformed" BAD_REQUEST "The request does not have the shape it should have"
        "Look at `errors`: each entry points at one place and says what belongs there. The document at /openapi.json describes every request.";
    CursorMismatch "cursor_mismatch" BAD_REQUEST "The cursor does not belong to this list"
        "A cursor is good for the list and the filters that it came from. Start again without `cursor`, or repeat the filters of the first page.";
    Unauthenticated "unauthenticated" UNAUTHORIZED "The request carries no good token"
        "Send `Authorization: Bearer …` with a token of your company's identity provider that has not expired and is meant for this service.";
    NotAMember "not_a_member" FORBIDDEN "You are not a member of this organization yet"
        "Ask an administrator to add you to the directory; the policy does not let people join by themselves.";
    MemberInactive "member_inactive" FORBIDDEN "Your membership is not active"
        "An administrator has deactivated you. Ask them, if that is a mistake.";
    MemberErased "member_erased" GONE "This member was erased"
        "Nothing that was theirs is left, and nothing brings it back. Was it you, and you want to begin anew: sign in again, for tokens from before the erasure are worth nothing.";
    MembersOnly "members_only" FORBIDDEN "Only a person can do this"
        "Coaching is between people: use the token of a member, not that of an integration.";
    AdministratorsOnly "administrators_only" FORBIDDEN "Only an administrator can do this"
        "Ask an administrator of your organization. Who is one, your identity provider says in the token.";
    IntegrationsOnly "integrations_only" FORBIDDEN "Only an integration can do this"
        "This is for the company's own programs: use the token of an integration that has the scope. Being an administrator is not enough, since it tells about everybody.";
    ScopeMissing "scope_missing" FORBIDDEN "The token lacks the scope for this"
        "Have the integration granted the scope that `detail` names, and fetch a new token.";
    NotYours "not_yours" FORBIDDEN "You know of it, but this is not yours to do"
        "`allowed` on the thing itself lists what you can do with it now.";
    NotFound "not_found" NOT_FOUND "There is nothing here for you"
        "Check the address. What is not yours to know about is answered in the same way.";
    NoOpenCycle "no_open_cycle" NOT_FOUND "No cycle is open now"
        "`next_starts_on` says when the next one starts; GET /v1/cycles/next shows it.";
    MethodNotAllowed "method_not_allowed" METHOD_NOT_ALLOWED "This address does not know that method"
        "`Allow` lists the methods it knows.";
    NotAcceptable "not_acceptable" NOT_ACCEPTABLE "The service answers in JSON"
        "Send `Accept: application/json`, or no Accept header at all.";
    TooSlow "too_slow" REQUEST_TIMEOUT "The request's body did not arrive in time"
        "Send the body within 10 seconds.";
    PayloadTooLarge "payload_too_large" PAYLOAD_TOO_LARGE "The body is too large"
        "Send less at once: `detail` names the limit.";
    QueryTooLong "query_too_long" URI_TOO_LONG "The address is too long"
        "A query may be 8 KiB long.";
    UnsupportedMediaType "unsupported_media_type" UNSUPPORTED_MEDIA_TYPE "The body is not in a format the service reads"
        "Send `Content-Type: application/json` (for PATCH also application/merge-patch+json), in UTF-8, not compressed.";
    Invalid "invalid" UNPROCESSABLE_ENTITY "Some values are not possible"
        "Look at `errors`: each entry points at one value and says what would be possible.";

    // repeated and concurrent requests
    InFlight "in_flight" CONFLICT "The first request with this key is still being answered"
        "Send the same request with the same Idempotency-Key again in a moment.";
    KeyReused "key_reused" UNPROCESSABLE_ENTITY "This Idempotency-Key was used for another request"
        "Make a new key for each new request; repeat a key only to repeat the same request.";
    AnswerForgotten "answer_forgotten" GONE "This was done before, and what was answered then is not kept any more"
        "Somebody whom the answer may have shown has been erased since. Nothing was done now: read what is there.";
    CursorExpired "cursor_expired" GONE "This cursor is too old, or of another database"
        "Events behind it may be gone. Read what you keep a copy of anew, then follow the feed again: without `after` it begins with the earliest event that is kept.";
    KeyMissing "key_missing" BAD_REQUEST "This request needs an Idempotency-Key"
        "Send an `Idempotency-Key` header with a fresh random value, and the same value when you repeat the request.";
    PreconditionRequired "precondition_required" PRECONDITION_REQUIRED "Say which version you are changing"
        "Read it first, then send its ETag as `If-Match`, so that nobody's change is overwritten unseen.";
    Stale "stale" PRECONDITION_FAILED "It has changed since you read it"
        "Read it again, apply your change to what is there now, and send the new ETag as `If-Match`.";
    AlreadyExists "already_exists" CONFLICT "That already exists"
        "An `external_id` names one member. Find who has it: an administrator sees it on each entry of GET /v1/members.";

    // coaching
    NotOptedIn "not_opted_in" CONFLICT "You have not opted in to this cycle"
        "Opt in first: PUT /v1/cycles/{cycle_id}/participation with {\"answer\": \"opted_in\"}.";
    ReflectionMissing "reflection_missing" CONFLICT "Reflect first"
        "Take time to analyze your job, then mark the reflection complete: PUT /v1/cycles/{cycle_id}/reflection with {\"complete\": true}. What you think stays yours.";
    TooLateThisCycle "too_late_this_cycle" CONFLICT "It is too late to start with a coach in this cycle"
        "The next cycle starts on `next_starts_on`.";
    CycleNotOpen "cycle_not_open" CONFLICT "This cycle is not open"
        "GET /v1/cycles/current shows the one that is.";
    CycleStarted "cycle_started" CONFLICT "The cycle has started, so its past cannot change"
        "Only an upcoming cycle can be moved or cancelled; of an open one the end can be moved, to any day from tomorrow on.";
    CyclesOverlap "cycles_overlap" CONFLICT "Another cycle covers part of that time"
        "Choose days that lie in a gap; GET /v1/cycles lists what is planned.";
    Yourself "yourself" UNPROCESSABLE_ENTITY "You cannot coach yourself"
        "Pick a colleague: GET /v1/cycles/current/coaches lists who is eligible.";
    NotAvailable "not_available" CONFLICT "This colleague cannot be your coach now"
        "Pick somebody else: GET /v1/cycles/current/coaches lists who is eligible.";
    CoachFull "coach_full" CONFLICT "You have no place left for another coachee in this cycle"
        "Raise your `coach_capacity` (PATCH /v1/me), or decline.";
    CoachesFull "coaches_full" CONFLICT "You have as many coaches as the policy allows"
        "Withdraw a request or end a pairing first.";
    AlreadyAsked "already_asked" CONFLICT "You have already asked this colleague, or they coach you in this cycle"
        "GET /v1/pairings?role=coachee shows your pairings.";
    CoachedYouLastTime "coached_you_last_time" CONFLICT "Someone else next time"
        "This colleague coached you in your last review. Pick somebody else this time; after that they may coach you again.";
    NotWaiting "not_waiting" CONFLICT "This is not possible as things stand"
        "Things have moved on, or have not come so far: read the pairing or the check-in again, `allowed` lists what can be done now.";
    Incomplete "incomplete" CONFLICT "A pairing is completed by a first call and a later one"
        "`missing` lists what has not been held yet. Nobody need press a button: where both were held, the pairing completes by itself when the wrap-up is over.";
    KickoffMissing "kickoff_missing" CONFLICT "Plan the first call first"
        "Weekly calls and catch-ups follow the first call: POST /v1/pairings/{pairing_id}/check-ins with {\"kind\": \"kickoff\"}.";
    KickoffPlanned "kickoff_planned" CONFLICT "There is a first call already"
        "A pairing has one: move it (PATCH /v1/check-ins/{check_in_id}), or cancel it and plan another. One that counts as held, and was not, can be marked as missed.";
    CheckInsFull "check_ins_full" CONFLICT "This pairing has as many calls as it can have"
        "A pairing has at most 300, cancelled ones too. Move a call that is planned instead of planning another.";
    WebhooksFull "webhooks_full" CONFLICT "There are as many webhooks as there can be"
        "An organization has at most 50. Delete one, or tell several programs from one receiver.";
    WebhookDisabled "webhook_disabled" CONFLICT "This webhook is disabled"
        "`disabled_because` says why. Switch it on with PATCH and `{\"enabled\": true}`; what has happened meanwhile is delivered then.";
    ActionsFull "actions_full" CONFLICT "This pairing has as many actions as it can have"
        "A pairing has at most 50, dropped ones too. Change one that is no longer meant (PATCH /v1/actions/{action_id}) instead of adding another.";
    ProgressFull "progress_full" CONFLICT "This action has as many entries of progress as it can have"
        "An action has at most 200. What goes on for longer can be an action of its own: POST /v1/pairings/{pairing_id}/actions.";
    InsightsFull "insights_full" CONFLICT "This pairing has as many insights as it can have"
        "A pairing has at most 50. The coachee can delete one: DELETE /v1/insights/{insight_id}.";
    NotYet "not_yet" CONFLICT "The call has not started"
        "Whether it was held can be said from its start on. To have it at another time, move it; to call it off, cancel it.";
    CycleOver "cycle_over" CONFLICT "The cycle is over, so its first call stands as it is"
        "Whether a first call was held is decided by the end of the cycle: who coached you last time follows from it.";
    StatisticsNotYet "statistics_not_yet" CONFLICT "The figures of this cycle are not there yet"
        "They are counted once, when the wrap-up of the cycle is over: `available_at` says when.";

    // the service itself
    TooManyRequests "too_many_requests" TOO_MANY_REQUESTS "Too many requests in too short a time"
        "Wait for as many seconds as `Retry-After` says, then send the request again, with the same Idempotency-Key where you sent one: nothing was done. `RateLimit` on every answer tells how many you have left.";
    Internal "internal" INTERNAL_SERVER_ERROR "Something went wrong on our side"
        "Nothing was stored. Try again; if it persists, tell whoever runs the service the `request_id`.";
    Unavailable "unavailable" SERVICE_UNAVAILABLE "The service is busy or its database cannot be reached"
        "Try again after `Retry-After` seconds, with the same Idempotency-Key where you sent one.";
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
