//! Headers, one on each line as they are sent: `Idempotency-Key`, `If-Match`, `If-None-Match`. What is refused is refused
//! for its form, and what we have made ourselves is understood.

#![no_main]

use actix_web::http::header::{HeaderName, HeaderValue, IF_MATCH, IF_NONE_MATCH};
use actix_web::test::TestRequest;
use actix_web::web::Data;
use libfuzzer_sys::fuzz_target;
use peer_coaching::codes::Code;
use peer_coaching::vault::MasterKeys;
use peer_coaching::web::conditional::{etag, is_known};
use peer_coaching::web::{IfMatch, MaybeIfMatch, Once};
use peer_coaching_fuzz::{is_explained, keys, read};

fuzz_target!(|data: &[u8]| {
    thread_local!(static KEYS: Data<MasterKeys> = Data::new(keys()));
    let line = |line: &[u8]| {
        let colon = line.iter().position(|byte| *byte == b':')?;
        let name = HeaderName::from_bytes(&line[..colon]).ok()?;
        Some((name, HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?))
    };
    let headers = data.split(|byte| *byte == b'\n').filter_map(line).collect::<Vec<_>>();
    let request = || {
        let request = TestRequest::default().app_data(KEYS.with(Data::clone));
        headers.iter().fold(request, |request, (name, value)| request.append_header((name.clone(), value.clone())))
    };

    let given = headers.iter().filter(|(name, _)| *name == "idempotency-key").collect::<Vec<_>>();
    let plain = |value: &HeaderValue| value.as_bytes().iter().all(|byte| (0x20..0x7f).contains(byte));
    let fits = given.len() == 1 && (1..=255).contains(&given[0].1.len()) && plain(&given[0].1);
    match read::<Once>(request()) {
        Ok(once) => {
            assert!(fits || given.is_empty());
            assert_eq!(once.required().is_ok(), fits);
        }
        Err(error) => assert!(!fits && is_explained(&error), "{error:?}"),
    }

    let has_condition = headers.iter().any(|(name, _)| *name == IF_MATCH);
    match (read::<MaybeIfMatch>(request()), read::<IfMatch>(request())) {
        (Ok(one), Ok(other)) => {
            assert!(has_condition && one.versions() == other.versions());
            assert!(one.versions().is_none_or(|versions| !versions.is_empty()));
        }
        (Ok(one), Err(error)) => {
            assert!(!has_condition && one.versions().is_none() && error.code() == Code::PreconditionRequired);
        }
        (Err(one), Err(other)) => assert!(has_condition && is_explained(&one) && is_explained(&other)),
        (Err(one), Ok(other)) => panic!("{one:?} {other:?}"),
    }

    // Ours.
    let (version, mine) = (data.len() as i64, etag(data.len() as i64, data));
    let _ = is_known(&request().to_http_request(), &mine);
    for sent in [mine.clone(), format!("W/{mine}"), format!("\"x\", {mine}")] {
        let request = || TestRequest::default().insert_header((IF_MATCH, sent.clone()));
        let versions = read::<IfMatch>(request()).expect("it is an ETag");
        assert_eq!(versions.versions().and_then(<[i64]>::last), Some(&version), "{sent}");
        let request = TestRequest::default().insert_header((IF_NONE_MATCH, sent.clone())).to_http_request();
        assert!(is_known(&request, &mine), "{sent}");
        assert!(!is_known(&request, &etag(version + 1, data)), "{sent}");
    }
});
