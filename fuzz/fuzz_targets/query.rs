//! Queries: a letter that chooses a list, then its query. What is accepted is accepted in any order, with no parameter twice
//! and none that is unknown; what is refused says what is wrong.

#![no_main]

use actix_web::http::Uri;
use actix_web::test::TestRequest;
use libfuzzer_sys::fuzz_target;
use peer_coaching::actions::http::{ActionsWanted, ProgressWanted};
use peer_coaching::audit_entries::http::AuditEntriesWanted;
use peer_coaching::calendar::http::InvitationWanted;
use peer_coaching::check_ins::http::{CheckInsWanted, PairingCheckInsWanted};
use peer_coaching::coaches::http::CoachesWanted;
use peer_coaching::cycles::http::CyclesWanted;
use peer_coaching::error::Error;
use peer_coaching::events::http::EventsWanted;
use peer_coaching::help_requests::http::HelpRequestsWanted;
use peer_coaching::insights::http::InsightsWanted;
use peer_coaching::members::http::MembersWanted;
use peer_coaching::pairings::http::PairingsWanted;
use peer_coaching::web::Query;
use peer_coaching::webhooks::deliveries::http::DeliveriesWanted;
use peer_coaching_fuzz::{is_explained, read};

type Asked = fn(&str) -> Result<(), Error>;

/// Everything that takes a query, from `a` on.
const ALL: [Asked; 14] = [
    asked::<ActionsWanted>,
    asked::<AuditEntriesWanted>,
    asked::<CheckInsWanted>,
    asked::<CoachesWanted>,
    asked::<CyclesWanted>,
    asked::<DeliveriesWanted>,
    asked::<EventsWanted>,
    asked::<HelpRequestsWanted>,
    asked::<InsightsWanted>,
    asked::<InvitationWanted>,
    asked::<MembersWanted>,
    asked::<PairingCheckInsWanted>,
    asked::<PairingsWanted>,
    asked::<ProgressWanted>,
];

fn asked<T: serde::de::DeserializeOwned + utoipa::IntoParams + 'static>(query: &str) -> Result<(), Error> {
    read::<Query<T>>(TestRequest::with_uri(&format!("/?{query}"))).map(drop)
}

fuzz_target!(init: ALL.iter().for_each(|asked| drop(asked(""))), |data: &[u8]| {
    let Some((letter, query)) = data.split_first() else { return };
    let Ok(query) = str::from_utf8(query) else { return };
    // What is no address at all, actix-web refuses before anybody asks.
    if Uri::try_from(format!("/?{query}&x=1")).is_err() || query.contains('#') {
        return;
    }
    let asked = ALL[usize::from(letter.wrapping_sub(b'a')) % ALL.len()];
    if let Err(error) = asked(query) {
        return assert!(is_explained(&error), "{error:?}");
    }
    let pieces = query.split('&').filter(|piece| !piece.is_empty()).collect::<Vec<_>>();
    let other_way = pieces.iter().rev().copied().collect::<Vec<_>>().join("&");
    asked(&other_way).expect("the order says nothing");
    for wrong in pieces.first().copied().into_iter().chain(["unknown=1"]) {
        let error = asked(&format!("{query}&{wrong}")).expect_err("it is given twice, or unknown");
        assert!(is_explained(&error), "{error:?}");
    }
});
