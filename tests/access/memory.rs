//! What is remembered of a token never outlives the token, nor its key.

use std::fs;
use std::sync::Arc;

use peer_coaching::access::{Issuers, Rejected, Tokens};
use peer_coaching::ids::MemberId;

use crate::forge::Signer;
use crate::provider::{Provider, key_set};
use crate::{claims, issuers, later, now, verdict};

#[actix_web::test]
async fn a_token_is_verified_once_and_forgotten_at_its_end() {
    let (provider, signer) = (Provider::start(), Signer::elliptic("e"));
    provider.publishes(&[&signer]);
    let tokens = Tokens::new(issuers(&provider.settings()));
    let token = signer.token(&claims(&provider.address()));
    let first = tokens.verify(&token, now()).await.unwrap();
    for second in [0, 1, 600, 3600, 3629] {
        let again = tokens.verify(&token, later(second)).await.unwrap();
        // The very same: remembered, not verified again.
        assert!(Arc::ptr_eq(&first, &again), "after {second} s");
    }
    assert_eq!(verdict(&tokens, &token, later(3630)).await, Err(Rejected::Expired));
    // Forgotten indeed: back in time (which only tests can), it is verified anew.
    assert!(!Arc::ptr_eq(&first, &tokens.verify(&token, now()).await.unwrap()));
    assert_eq!(verdict(&tokens, &token, later(-91)).await, Err(Rejected::NotYet));
}

#[actix_web::test]
async fn another_text_is_another_token() {
    let (provider, signer) = (Provider::start(), Signer::elliptic("e"));
    provider.publishes(&[&signer]);
    let tokens = Tokens::new(issuers(&provider.settings()));
    let (one, two) = (signer.token(&claims(&provider.address())), signer.token(&claims(&provider.address())));
    assert_ne!(one, two);
    assert_eq!(verdict(&tokens, &one, now()).await, Ok(()));
    let spliced = format!("{}.{}", one.rsplit_once('.').unwrap().0, "A".repeat(86));
    assert_eq!(verdict(&tokens, &spliced, now()).await, Err(Rejected::Signature));
    assert_eq!(verdict(&tokens, &two, now()).await, Ok(()));
}

#[actix_web::test]
async fn a_key_that_changes_under_its_id_voids_what_it_signed() {
    let (provider, before, after) = (Provider::start(), Signer::elliptic("same"), Signer::elliptic("same"));
    provider.publishes(&[&before]);
    let tokens = Tokens::new(issuers(&provider.settings()));
    let token = before.token(&claims(&provider.address()));
    assert_eq!(verdict(&tokens, &token, now()).await, Ok(()));
    provider.publishes(&[&after]);
    tokens.renew(later(30)).await;
    assert_eq!(verdict(&tokens, &token, later(30)).await, Err(Rejected::Signature));
    assert_eq!(verdict(&tokens, &after.token(&claims(&provider.address())), later(30)).await, Ok(()));
}

#[actix_web::test]
async fn more_tokens_than_fit_are_all_accepted() {
    let signer = Signer::secret(b"a secret of more than thirty-two bytes");
    let key = peer_coaching::access::SingleKey::Secret("a secret of more than thirty-two bytes".into());
    let single = Issuers::single("dev", "us", peer_coaching::ids::OrganizationId::new(), key);
    let tokens = Tokens::new(single.unwrap_or_else(|problems| panic!("{problems:?}")));
    for number in 0..12_000 {
        let mut claims = claims("dev");
        claims["sub"] = number.to_string().into();
        let verified = tokens.verify(&signer.token(&claims), now()).await.unwrap();
        assert_eq!(verified.subject, number.to_string());
    }
}

#[actix_web::test]
async fn keys_in_a_file_are_read_again() {
    let folder = std::env::temp_dir().join(format!("keys-{}", MemberId::new()));
    fs::create_dir(&folder).unwrap();
    let (before, after) = (Signer::elliptic("1"), Signer::edwards("2"));
    let file = folder.join("keys.json");
    fs::write(&file, key_set(&[&before]).to_string()).unwrap();
    let settings = "[[issuers]]\nissuer = \"https://files.example\"\naudiences = [\"us\"]\nalgorithms = [\"ES256\", \"EdDSA\"]\n\
                    jwks_file = \"keys.json\"\norganization = \"0198c5a0-0000-7000-8000-000000000001\"\n";
    let tokens = Tokens::new(Issuers::parse(settings, &folder).unwrap_or_else(|problems| panic!("{problems:?}")));
    assert!(tokens.ready());
    let (old, new) = (before.token(&claims("https://files.example")), after.token(&claims("https://files.example")));
    assert_eq!(verdict(&tokens, &old, now()).await, Ok(()));
    tokens.renew(now()).await;

    fs::write(&file, key_set(&[&after]).to_string()).unwrap();
    assert_eq!(verdict(&tokens, &new, later(9)).await, Err(Rejected::UnknownKey));
    assert_eq!(verdict(&tokens, &new, later(10)).await, Ok(()));
    assert_eq!(verdict(&tokens, &old, later(10)).await, Err(Rejected::UnknownKey));

    // Half a file, as while it is being written: what was read before stays.
    fs::write(&file, "{\"keys\": [").unwrap();
    tokens.renew(later(60)).await;
    assert_eq!(verdict(&tokens, &new, later(60)).await, Ok(()));
    assert_eq!(tokens.check_online().await.len(), 1);
    fs::remove_dir_all(&folder).unwrap();
}
