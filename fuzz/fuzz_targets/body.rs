//! Bodies: a letter that chooses what is asked for, then what is sent. JSON is read as serde_json reads it; what is accepted
//! repeats no key and is accepted again as it is written anew; what is refused says where it is wrong, and never fits the
//! schema without fitting the type.

#![no_main]

use actix_web::http::header::CONTENT_TYPE;
use actix_web::test::TestRequest;
use libfuzzer_sys::fuzz_target;
use peer_coaching::actions::changes::{ActionPatch, AddAction, AddProgress};
use peer_coaching::calendar::http::MakeCalendarFeed;
use peer_coaching::check_ins::changes::{CheckInPatch, PlanCheckIn, PlanSeries};
use peer_coaching::cycles::changes::{AddCycle, CyclePatch};
use peer_coaching::error::Error;
use peer_coaching::help_requests::http::AskForHelp;
use peer_coaching::insights::http::GiveInsight;
use peer_coaching::members::changes::{MePatch, MemberBatch, MemberPatch};
use peer_coaching::notes::http::WriteNote;
use peer_coaching::pairings::http::{DeclinePairing, RequestPairing};
use peer_coaching::participations::http::GiveAnswer;
use peer_coaching::policy::changes::PolicyPatch;
use peer_coaching::reflections::http::WriteReflection;
use peer_coaching::web::{Body, MaybeBody, MergePatch, NoBody};
use peer_coaching::webhooks::{AddWebhook, RecoverWebhook, WebhookPatch};
use peer_coaching_fuzz::{is_exact, is_explained, is_same, read};
use serde_json::Value;

type Sent = fn(&[u8]) -> Result<(), Error>;

/// Everything that can be sent, from `a` on.
const ALL: [Sent; 24] = [
    sent::<Body<AddAction>>,
    sent::<Body<AddCycle>>,
    sent::<Body<AddProgress>>,
    sent::<Body<AddWebhook>>,
    sent::<Body<AskForHelp>>,
    sent::<Body<GiveAnswer>>,
    sent::<Body<GiveInsight>>,
    sent::<Body<MemberBatch>>,
    sent::<Body<PlanCheckIn>>,
    sent::<Body<PlanSeries>>,
    sent::<Body<RecoverWebhook>>,
    sent::<Body<RequestPairing>>,
    sent::<Body<WriteNote>>,
    sent::<Body<WriteReflection>>,
    sent::<MaybeBody<DeclinePairing>>,
    sent::<MaybeBody<MakeCalendarFeed>>,
    sent::<MergePatch<ActionPatch>>,
    sent::<MergePatch<CheckInPatch>>,
    sent::<MergePatch<CyclePatch>>,
    sent::<MergePatch<MePatch>>,
    sent::<MergePatch<MemberPatch>>,
    sent::<MergePatch<PolicyPatch>>,
    sent::<MergePatch<WebhookPatch>>,
    sent::<NoBody>,
];

fn sent<T: actix_web::FromRequest<Error = Error>>(bytes: &[u8]) -> Result<(), Error> {
    let request = TestRequest::default().insert_header((CONTENT_TYPE, "application/json"));
    read::<T>(request.set_payload(bytes.to_vec())).map(drop)
}

fuzz_target!(init: ALL.iter().for_each(|sent| drop(sent(b"{}"))), |data: &[u8]| {
    let Some((letter, bytes)) = data.split_first() else { return };
    let sent = ALL[usize::from(letter.wrapping_sub(b'a')) % ALL.len()];
    let (strict, lax) = (peer_coaching::json::read(bytes), serde_json::from_slice::<Value>(bytes));
    let outcome = sent(bytes);
    let Ok((value, repeated)) = strict else {
        assert!(lax.is_err(), "it is JSON");
        return assert!(bytes.is_empty() || outcome.is_err_and(|error| is_explained(&error)));
    };
    assert!(is_same(&value, &lax.expect("it is JSON")));
    let anew = serde_json::to_vec(&value).expect("a value is JSON");
    if is_exact(&value) {
        assert_eq!(peer_coaching::json::read(&anew).expect("it is JSON"), (value, vec![]));
    }
    match outcome {
        Ok(()) => {
            assert!(repeated.is_empty(), "{repeated:?}");
            sent(&anew).expect("it is the same body");
        }
        Err(error) => assert!(is_explained(&error), "{error:?}"),
    }
});
