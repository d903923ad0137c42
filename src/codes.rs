//! The catalogue of refusals: everything the service can say no with, in one table.
//!
//! A code is contract: clients branch on it, `/problems/{code}` explains it, the document lists it.

use actix_web::http::StatusCode;

macro_rules! catalogue {
    ($($code:ident $name:literal $status:ident $title:literal why $why:literal advice $advice:literal to $request:literal;)+) => {
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

            /// Why the service says no in this case.
            pub fn why(self) -> &'static str {
                match self { $(Code::$code => $why,)+ }
            }

            /// What to do about it.
            pub fn advice(self) -> &'static str {
                match self { $(Code::$code => $advice,)+ }
            }

            /// A request that can be answered with it, as its method and a path of the document.
            pub fn request(self) -> &'static str {
                match self { $(Code::$code => $request,)+ }
            }
        }
    };
}

catalogue! {
    // the request itself
    Malformed "malformed" BAD_REQUEST "The request does not have the shape it should have"
        why "The body is not JSON, or a field, a parameter or a header is of another kind than the document says; nothing of it was looked at further."
        advice "Look at `errors`: each entry points at one place and says what belongs there. The document at /openapi.json describes every request."
        to "POST /v1/pairings";
    CursorMismatch "cursor_mismatch" BAD_REQUEST "The cursor does not belong to this list"
        why "A cursor is signed for one caller, one list and its filters, so that nobody gets into a list sideways; this one came from elsewhere, or was changed."
        advice "A cursor is good for the list and the filters that it came from. Start again without `cursor`, or repeat the filters of the first page."
        to "GET /v1/pairings?cursor=…";
    Unauthenticated "unauthenticated" UNAUTHORIZED "The request carries no good token"
        why "There is no token, or the service does not believe it: it has expired, it is meant for another service, or nobody whom this company trusts has signed it. Which of these, only the log of the service says."
        advice "Send `Authorization: Bearer …` with a token of your company's identity provider that has not expired and is meant for this service."
        to "GET /v1/me";
    NotAMember "not_a_member" FORBIDDEN "You are not a member of this organization yet"
        why "Your token is good, but the directory does not know you, and in this company people come in by the directory alone."
        advice "Ask an administrator to add you to the directory; the policy does not let people join by themselves."
        to "GET /v1/me";
    MemberInactive "member_inactive" FORBIDDEN "Your membership is not active"
        why "The directory says that you have left, or are away; from then on nothing can be done in your name."
        advice "An administrator has deactivated you. Ask them, if that is a mistake."
        to "GET /v1/me";
    MemberErased "member_erased" GONE "This member was erased"
        why "A member can have everything erased that is theirs, and so can an administrator. That was done."
        advice "Nothing that was theirs is left, and nothing brings it back. Was it you, and you want to begin anew: sign in again, for tokens from before the erasure are worth nothing."
        to "GET /v1/me";
    MembersOnly "members_only" FORBIDDEN "Only a person can do this"
        why "The token is that of a program, and this belongs to one person: a program has no cycle, no coach and nothing to reflect on."
        advice "Coaching is between people: use the token of a member, not that of an integration."
        to "GET /v1/me";
    AdministratorsOnly "administrators_only" FORBIDDEN "Only an administrator can do this"
        why "This changes or shows what concerns everybody in the company, and your token does not say that you look after it."
        advice "Ask an administrator of your organization. Who is one, your identity provider says in the token."
        to "PATCH /v1/policy";
    IntegrationsOnly "integrations_only" FORBIDDEN "Only an integration can do this"
        why "What happened to everybody is told to the company's programs alone. No person sees it, whoever they are: coaching is there to help, not to keep tabs on anybody."
        advice "This is for the company's own programs: use the token of an integration that has the scope. Being an administrator is not enough, since it tells about everybody."
        to "GET /v1/events";
    ScopeMissing "scope_missing" FORBIDDEN "The token lacks the scope for this"
        why "A program may do what its scopes name and nothing else; this needs one that the token does not have."
        advice "Have the integration granted the scope that `detail` names, and fetch a new token."
        to "GET /v1/members";
    NotYours "not_yours" FORBIDDEN "You know of it, but this is not yours to do"
        why "You are one of the two in this pairing, and this is for the other one to do, or for its author."
        advice "`allowed` on the thing itself lists what you can do with it now."
        to "POST /v1/pairings/{pairing_id}/accept";
    NotFound "not_found" NOT_FOUND "There is nothing here for you"
        why "Nothing is there, or it is not yours to know about; the service does not tell which, for that would be telling."
        advice "Check the address. What is not yours to know about is answered in the same way."
        to "GET /v1/pairings/{pairing_id}";
    NoOpenCycle "no_open_cycle" NOT_FOUND "No cycle is open now"
        why "Today lies in no cycle: the last one is over, and the next one has not begun."
        advice "`next_starts_on` says when the next one starts; GET /v1/cycles/next shows it."
        to "GET /v1/cycles/current";
    MethodNotAllowed "method_not_allowed" METHOD_NOT_ALLOWED "This address does not know that method"
        why "The address is right, and what you want to do with it is not among what it can do."
        advice "`Allow` lists the methods it knows."
        to "DELETE /v1/policy";
    NotAcceptable "not_acceptable" NOT_ACCEPTABLE "The service answers in JSON"
        why "Your `Accept` header leaves out JSON, and the service has nothing else to offer at this address."
        advice "Send `Accept: application/json`, or no Accept header at all."
        to "GET /v1/me";
    TooSlow "too_slow" REQUEST_TIMEOUT "The request's body did not arrive in time"
        why "Connections are few, and one that sends nothing is in everybody's way."
        advice "Send the body within 10 seconds."
        to "PUT /v1/check-ins/{check_in_id}/note";
    PayloadTooLarge "payload_too_large" PAYLOAD_TOO_LARGE "The body is too large"
        why "A body is read into memory before it is looked at, so there is a limit to it."
        advice "Send less at once: `detail` names the limit."
        to "POST /v1/members/batch";
    QueryTooLong "query_too_long" URI_TOO_LONG "The address is too long"
        why "No list has so much to ask for; such an address is a mistake in a program."
        advice "A query may be 8 KiB long."
        to "GET /v1/members?…";
    UnsupportedMediaType "unsupported_media_type" UNSUPPORTED_MEDIA_TYPE "The body is not in a format the service reads"
        why "The service reads JSON in UTF-8 as it is, so that there is one way to read a request and no surprise in unpacking it."
        advice "Send `Content-Type: application/json` (for PATCH also application/merge-patch+json), in UTF-8, not compressed."
        to "POST /v1/pairings";
    Invalid "invalid" UNPROCESSABLE_ENTITY "Some values are not possible"
        why "The request has the right shape, and values in it that cannot be: too long, out of bounds, a day that does not exist, two that contradict each other."
        advice "Look at `errors`: each entry points at one value and says what would be possible."
        to "PATCH /v1/me";

    // repeated and concurrent requests
    InFlight "in_flight" CONFLICT "The first request with this key is still being answered"
        why "You repeated a request while its first copy was still under way, and it must not be done twice."
        advice "Send the same request with the same Idempotency-Key again in a moment."
        to "POST /v1/pairings";
    KeyReused "key_reused" UNPROCESSABLE_ENTITY "This Idempotency-Key was used for another request"
        why "A key stands for one request. Under this one another request was answered in the last 24 hours, and its answer would be wrong here."
        advice "Make a new key for each new request; repeat a key only to repeat the same request."
        to "POST /v1/pairings";
    AnswerForgotten "answer_forgotten" GONE "This was done before, and what was answered then is not kept any more"
        why "Answers are kept for 24 hours to be given again, sealed. Somebody's erasure took this one with it."
        advice "Somebody whom the answer may have shown has been erased since. Nothing was done now: read what is there."
        to "POST /v1/pairings";
    CursorExpired "cursor_expired" GONE "This cursor is too old, or of another database"
        why "Events are kept for 30 days, unless the operator says otherwise; what came after your cursor may have been forgotten since, and a feed with a gap must not look whole."
        advice "Events behind it may be gone. Read what you keep a copy of anew, then follow the feed again: without `after` it begins with the earliest event that is kept."
        to "GET /v1/events?after=…";
    KeyMissing "key_missing" BAD_REQUEST "This request needs an Idempotency-Key"
        why "Done twice, this would do harm that nobody sees, so it is only taken with a key that makes a repetition harmless."
        advice "Send an `Idempotency-Key` header with a fresh random value, and the same value when you repeat the request."
        to "POST /v1/members/batch";
    PreconditionRequired "precondition_required" PRECONDITION_REQUIRED "Say which version you are changing"
        why "More than one person may change this. Without the version that you have read, you would overwrite what they wrote meanwhile."
        advice "Read it first, then send its ETag as `If-Match`, so that nobody's change is overwritten unseen."
        to "PATCH /v1/actions/{action_id}";
    Stale "stale" PRECONDITION_FAILED "It has changed since you read it"
        why "Somebody has changed it after you read it, perhaps you yourself in another window. Nothing was overwritten."
        advice "Read it again, apply your change to what is there now, and send the new ETag as `If-Match`."
        to "PATCH /v1/actions/{action_id}";
    AlreadyExists "already_exists" CONFLICT "That already exists"
        why "Another member has that value, and it must tell members apart."
        advice "An `external_id` names one member. Find who has it: an administrator sees it on each entry of GET /v1/members."
        to "PATCH /v1/members/{member_id}";

    // coaching
    NotOptedIn "not_opted_in" CONFLICT "You have not opted in to this cycle"
        why "It is up to you whether you are coached in a cycle, so nothing begins before you have said that you want to be."
        advice "Opt in first: PUT /v1/cycles/{cycle_id}/participation with {\"answer\": \"opted_in\"}."
        to "POST /v1/pairings";
    ReflectionMissing "reflection_missing" CONFLICT "Reflect first"
        why "A conversation helps who knows what they want from it. Your company's policy asks for a reflection before the first request."
        advice "Take time to analyze your job, then mark the reflection complete: PUT /v1/cycles/{cycle_id}/reflection with {\"complete\": true}. What you think stays yours."
        to "POST /v1/pairings";
    TooLateThisCycle "too_late_this_cycle" CONFLICT "It is too late to start with a coach in this cycle"
        why "Finding each other, a first call and one to catch up take time, and what is left of this cycle is too little for them."
        advice "The next cycle starts on `next_starts_on`."
        to "POST /v1/pairings";
    CycleNotOpen "cycle_not_open" CONFLICT "This cycle is not open"
        why "The cycle that you name is still to come, is over, or was cancelled."
        advice "GET /v1/cycles/current shows the one that is."
        to "PUT /v1/cycles/{cycle_id}/participation";
    CycleStarted "cycle_started" CONFLICT "The cycle has started, so its past cannot change"
        why "People count on the days that they began with, and what happened in a cycle belongs to it."
        advice "Only an upcoming cycle can be moved or cancelled; of an open one the end can be moved, to any day from tomorrow on."
        to "PATCH /v1/cycles/{cycle_id}";
    CyclesOverlap "cycles_overlap" CONFLICT "Another cycle covers part of that time"
        why "Each day belongs to one cycle at most, so that everybody knows which one it is."
        advice "Choose days that lie in a gap; GET /v1/cycles lists what is planned."
        to "POST /v1/cycles";
    Yourself "yourself" UNPROCESSABLE_ENTITY "You cannot coach yourself"
        why "A coach is somebody who sees what you do not."
        advice "Pick a colleague: GET /v1/cycles/current/coaches lists who is eligible."
        to "POST /v1/pairings";
    NotAvailable "not_available" CONFLICT "This colleague cannot be your coach now"
        why "They do not coach at the moment, have no place left, have left the company, or were never there. Which of these is theirs to tell."
        advice "Pick somebody else: GET /v1/cycles/current/coaches lists who is eligible."
        to "POST /v1/pairings";
    CoachFull "coach_full" CONFLICT "You have no place left for another coachee in this cycle"
        why "You said how many people you coach at a time, and so many you coach, so that each of them gets your attention."
        advice "Raise your `coach_capacity` (PATCH /v1/me), or decline."
        to "POST /v1/pairings/{pairing_id}/accept";
    CoachesFull "coaches_full" CONFLICT "You have as many coaches as the policy allows"
        why "The policy says how many coaches one can have in a cycle; requests that wait for an answer count too."
        advice "Withdraw a request or end a pairing first."
        to "POST /v1/pairings";
    AlreadyAsked "already_asked" CONFLICT "You have already asked this colleague, or they coach you in this cycle"
        why "Between two people there is one request or one pairing at a time, in each direction."
        advice "GET /v1/pairings?role=coachee shows your pairings."
        to "POST /v1/pairings";
    CoachedYouLastTime "coached_you_last_time" CONFLICT "Someone else next time"
        why "Everybody sees something else in you: the policy is that you pick another colleague each time."
        advice "This colleague coached you in your last review. Pick somebody else this time; after that they may coach you again."
        to "POST /v1/pairings";
    NotWaiting "not_waiting" CONFLICT "This is not possible as things stand"
        why "The state has changed since you looked, by the other one or by time, and from where it is now there is no way to do this."
        advice "Things have moved on, or have not come so far: read the pairing or the check-in again, `allowed` lists what can be done now."
        to "POST /v1/pairings/{pairing_id}/accept";
    Incomplete "incomplete" CONFLICT "A pairing is completed by a first call and a later one"
        why "A review is a conversation and a look at what came of it; one of the two is still missing."
        advice "`missing` lists what has not been held yet. Nobody need press a button: where both were held, the pairing completes by itself when the wrap-up is over."
        to "POST /v1/pairings/{pairing_id}/complete";
    KickoffMissing "kickoff_missing" CONFLICT "Plan the first call first"
        why "The weekly calls are about what the first call has led to."
        advice "Weekly calls and catch-ups follow the first call: POST /v1/pairings/{pairing_id}/check-ins with {\"kind\": \"kickoff\"}."
        to "POST /v1/pairings/{pairing_id}/series";
    KickoffPlanned "kickoff_planned" CONFLICT "There is a first call already"
        why "What follows is counted from the first call, so there cannot be two."
        advice "A pairing has one: move it (PATCH /v1/check-ins/{check_in_id}), or cancel it and plan another. One that counts as held, and was not, can be marked as missed."
        to "POST /v1/pairings/{pairing_id}/check-ins";
    CheckInsFull "check_ins_full" CONFLICT "This pairing has as many calls as it can have"
        why "Nothing here grows without end, so that everything stays quick for everybody."
        advice "A pairing has at most 300, cancelled ones too. Move a call that is planned instead of planning another."
        to "POST /v1/pairings/{pairing_id}/check-ins";
    WebhooksFull "webhooks_full" CONFLICT "There are as many webhooks as there can be"
        why "Each webhook is told of everything that happens in the company, which costs more with each one."
        advice "An organization has at most 50. Delete one, or tell several programs from one receiver."
        to "POST /v1/webhooks";
    WebhookDisabled "webhook_disabled" CONFLICT "This webhook is disabled"
        why "It was switched off: by somebody, or because its address took nothing for a long time."
        advice "`disabled_because` says why. Switch it on with PATCH and `{\"enabled\": true}`; what has happened meanwhile is delivered then."
        to "POST /v1/webhooks/{webhook_id}/test";
    ActionsFull "actions_full" CONFLICT "This pairing has as many actions as it can have"
        why "Nobody changes fifty things at once, and nothing here grows without end."
        advice "A pairing has at most 50, dropped ones too. Change one that is no longer meant (PATCH /v1/actions/{action_id}) instead of adding another."
        to "POST /v1/pairings/{pairing_id}/actions";
    ProgressFull "progress_full" CONFLICT "This action has as many entries of progress as it can have"
        why "Nothing here grows without end, so that everything stays quick for everybody."
        advice "An action has at most 200. What goes on for longer can be an action of its own: POST /v1/pairings/{pairing_id}/actions."
        to "POST /v1/actions/{action_id}/progress";
    InsightsFull "insights_full" CONFLICT "This pairing has as many insights as it can have"
        why "Nothing here grows without end, so that everything stays quick for everybody."
        advice "A pairing has at most 50. The coachee can delete one: DELETE /v1/insights/{insight_id}."
        to "POST /v1/pairings/{pairing_id}/insights";
    NotYet "not_yet" CONFLICT "The call has not started"
        why "Nobody can know before a call whether it was held."
        advice "Whether it was held can be said from its start on. To have it at another time, move it; to call it off, cancel it."
        to "POST /v1/check-ins/{check_in_id}/hold";
    CycleOver "cycle_over" CONFLICT "The cycle is over, so its first call stands as it is"
        why "The rule that nobody coaches the same colleague twice in a row stands on it; it cannot move under people's feet."
        advice "Whether a first call was held is decided by the end of the cycle: who coached you last time follows from it."
        to "POST /v1/check-ins/{check_in_id}/miss";
    StatisticsNotYet "statistics_not_yet" CONFLICT "The figures of this cycle are not there yet"
        why "Figures that moved from day to day would tell what single people do, so they are counted once and never again."
        advice "They are counted once, when the wrap-up of the cycle is over: `available_at` says when."
        to "GET /v1/cycles/{cycle_id}/statistics";

    // the service itself
    TooManyRequests "too_many_requests" TOO_MANY_REQUESTS "Too many requests in too short a time"
        why "The limits keep one caller, or one company, from slowing down all others. They are no quota: they fill up again within seconds."
        advice "Wait for as many seconds as `Retry-After` says, then send the request again, with the same Idempotency-Key where you sent one: nothing was done. `RateLimit` on every answer tells how many you have left."
        to "GET /v1/me";
    Internal "internal" INTERNAL_SERVER_ERROR "Something went wrong on our side"
        why "The service met a case that nobody had thought of. What it was stands in its log, under the `request_id`."
        advice "Nothing was stored. Try again; if it persists, tell whoever runs the service the `request_id`."
        to "GET /v1/me";
    Unavailable "unavailable" SERVICE_UNAVAILABLE "The service is busy or its database cannot be reached"
        why "The service cannot do its work at this moment: its database is away or busy, or it is being started or stopped."
        advice "Nothing was stored. Try again after `Retry-After` seconds, with the same Idempotency-Key where you sent one."
        to "GET /v1/me";
    OutcomeUnknown "outcome_unknown" SERVICE_UNAVAILABLE "It is not known whether that was done"
        why "The connection to the database broke at the very moment when the change was to become final. It may be stored, or not."
        advice "Try again after `Retry-After` seconds, with the same Idempotency-Key: it is done once, and you get its answer. If you sent no key, look first whether it is there."
        to "POST /v1/pairings/{pairing_id}/accept";
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
