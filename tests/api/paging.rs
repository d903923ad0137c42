//! Lists come in pages; a cursor is good for the list, the filters and the company that it came from, and cannot be made.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Company, Person, Town};

/// Brings this many members in, called `M00`, `M01`, …
async fn populate(company: &Company, members: usize) {
    let entry = |at| json!({ "external_id": format!("m{at:02}"), "name": format!("M{at:02} Person") });
    let batch = json!({ "members": (0..members).map(entry).collect::<Vec<_>>() });
    let request =
        company.administrator("root").request(Method::POST, "/v1/members/batch").header("Idempotency-Key", "populate");
    Answer::to(request.json(&batch)).await.ok();
}

/// The target of `Link: <…>; rel="next"`.
fn next(answer: &Answer) -> Option<&str> {
    let link = Some(answer.header("link")).filter(|link| !link.is_empty())?;
    Some(
        link.strip_prefix('<')
            .and_then(|link| link.strip_suffix(">; rel=\"next\""))
            .expect("one link, to the next page"),
    )
}

/// Follows the links from here to the end: the pages' sizes, and the ids of all entries.
async fn walk(who: &Person, path: &str) -> (Vec<usize>, Vec<String>) {
    let (mut sizes, mut ids, mut path) = (Vec::new(), Vec::new(), path.to_owned());
    loop {
        let answer = who.get(&path).await;
        let page = answer.ok();
        let data = page["data"].as_array().unwrap();
        sizes.push(data.len());
        ids.extend(
            data.iter().map(|entry| entry["id"].as_str().or(entry["member"]["id"].as_str()).unwrap().to_owned()),
        );
        assert_eq!(page["has_more"], page["next_cursor"].is_string(), "{page}");
        let more = if path.contains("/coaches") { 2 } else { 0 }; // how many they were chosen from
        assert_eq!(page.as_object().unwrap().len(), 3 + more);
        match next(&answer) {
            Some(link) => {
                assert!(link.ends_with(&format!("cursor={}", page["next_cursor"].as_str().unwrap())), "{link}");
                path = link.to_owned();
            }
            None => {
                assert_eq!(page["has_more"], false);
                return (sizes, ids);
            }
        }
    }
}

async fn cursor(who: &Person, path: &str) -> String {
    let page = who.get(path).await.ok();
    page["next_cursor"].as_str().unwrap_or_else(|| panic!("there is more: {page}")).to_owned()
}

#[actix_web::test]
async fn walking_the_pages_meets_each_entry_once() {
    let (_town, company) = Town::small().await;
    let root = company.administrator("root");
    root.id().await;
    populate(&company, 24).await; // 25 with the administrator
    let (sizes, all) = walk(&root, "/v1/members?limit=100").await;
    assert_eq!(sizes, [25]);
    for (path, expected) in [
        ("/v1/members", vec![20, 5]),
        ("/v1/members?limit=24", vec![24, 1]),
        ("/v1/members?limit=25", vec![25]),
        ("/v1/members?limit=5&active=true", vec![5; 5]),
        ("/v1/members?active=true&limit=12", vec![12, 12, 1]),
        ("/v1/members?limit=1", vec![1; 25]),
    ] {
        let (sizes, ids) = walk(&root, path).await;
        assert_eq!((sizes, &ids), (expected, &all), "{path}");
    }
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 25);
    for path in ["/v1/audit-entries?limit=7", "/v1/cycles/current/coaches?limit=7", "/v1/members?q=person&limit=7"] {
        let (sizes, ids) = walk(&root, path).await;
        assert_eq!((sizes, ids.iter().collect::<BTreeSet<_>>().len()), (vec![7, 7, 7, 3], 24), "{path}");
    }
    let (sizes, cycles) = walk(&root, "/v1/cycles?limit=1").await;
    assert_eq!(sizes.len(), cycles.iter().collect::<BTreeSet<_>>().len());
    let nothing = root.get("/v1/members?q=nobody").await;
    assert_eq!(nothing.ok(), json!({ "data": [], "has_more": false, "next_cursor": null }));
    assert_eq!(next(&nothing), None);
}

/// The link repeats the question as it was asked, however it was written.
#[actix_web::test]
async fn the_link_keeps_the_filters() {
    let (_town, company) = Town::small().await;
    populate(&company, 3).await;
    let root = company.administrator("root");
    let page = root.get("/v1/members?q=Per%73on&&active=true&limit=1").await;
    let link = next(&page).expect("there is more").to_owned();
    assert!(link.starts_with("/v1/members?q=Per%73on&active=true&limit=1&cursor="), "{link}");
    let further = root.get(&link).await;
    assert_eq!(next(&further).unwrap().matches("cursor=").count(), 1);
    assert_ne!(page.ok()["data"], further.ok()["data"]);
    let (sizes, _) = walk(&root, &link.replace("limit=1", "limit=2")).await;
    assert_eq!(sizes, [2], "the limit is no filter: it may change on the way");
}

#[actix_web::test]
async fn a_cursor_that_was_touched_is_refused() {
    let (_town, company) = Town::small().await;
    populate(&company, 3).await;
    let root = company.administrator("root");
    let good = cursor(&root, "/v1/members?limit=1").await;
    root.get(&format!("/v1/members?limit=1&cursor={good}")).await.ok();
    let mut touched = vec![String::new(), good[1..].to_owned(), good[..good.len() - 1].to_owned(), format!("{good}A")];
    touched.extend([
        good.replace('.', ""),
        good.replace('~', "."),
        format!("{good}="),
        format!(".{good}"),
        good.repeat(2),
    ]);
    for at in 0..good.len() {
        for other in ['A', 'B', '.', '~'] {
            let mut bytes = good.clone().into_bytes();
            bytes[at] = other as u8;
            touched.push(String::from_utf8(bytes).unwrap());
        }
    }
    for cursor in touched.iter().filter(|cursor| **cursor != good) {
        let answer = root.get(&format!("/v1/members?limit=1&cursor={cursor}")).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (400, "cursor_mismatch"), "{cursor}");
        assert!(cursor.len() < 9 || !answer.text.contains(cursor.as_str()));
    }
    assert!(touched.len() > 300, "each byte of it: {}", touched.len());
}

#[actix_web::test]
async fn a_cursor_is_good_for_its_own_list_only() {
    let (_town, companies) = Town::of(2, 4).await;
    let (company, elsewhere) = (&companies[0], &companies[1]);
    populate(company, 4).await;
    populate(elsewhere, 4).await;
    let (root, ana, ben) = (company.administrator("root"), company.person("m00"), company.person("m01"));
    for coachee in [&ana, &ben] {
        coachee.is_ready().await;
        for coach in ["m02", "m03"] {
            coachee.asks(&company.person(coach)).await.ok();
        }
    }
    let members = cursor(&root, "/v1/members?limit=1").await;
    let pairings = cursor(&ana, "/v1/pairings?limit=1").await;
    let coaches = cursor(&ana, "/v1/cycles/current/coaches?limit=1&include=ineligible").await;
    let entries = cursor(&root, "/v1/audit-entries?limit=1").await;
    let stranger = elsewhere.administrator("root");
    for (who, path, cursor) in [
        // other filters
        (&root, "/v1/members?active=true", &members),
        (&root, "/v1/members?q=m", &members),
        (&root, "/v1/members?expertise=m", &members),
        (&ana, "/v1/pairings?role=coachee", &pairings),
        (&ana, "/v1/pairings?state=requested", &pairings),
        (&ana, "/v1/cycles/current/coaches?", &coaches),
        (&ana, "/v1/cycles/next/coaches?include=ineligible", &coaches),
        // another list
        (&root, "/v1/audit-entries?", &members),
        (&root, "/v1/cycles?", &members),
        (&root, "/v1/members?", &entries),
        (&ana, "/v1/members?", &coaches),
        (&ana, "/v1/pairings?", &entries),
        // somebody else's
        (&ben, "/v1/pairings?", &pairings),
        (&ben, "/v1/cycles/current/coaches?include=ineligible", &coaches),
        // another company's
        (&stranger, "/v1/members?", &members),
        (&stranger, "/v1/audit-entries?", &entries),
        (&stranger, "/v1/pairings?", &pairings),
    ] {
        let answer = who.get(&format!("{path}&limit=1&cursor={cursor}").replace("?&", "?")).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (400, "cursor_mismatch"), "{path}");
    }
    for (who, path, cursor) in [
        (&root, "/v1/members?", &members),
        (&ana, "/v1/pairings?", &pairings),
        (&ana, "/v1/cycles/current/coaches?include=ineligible", &coaches),
        (&root, "/v1/audit-entries?", &entries),
    ] {
        who.get(&format!("{path}&limit=1&cursor={cursor}").replace("?&", "?")).await.ok();
    }
}

#[actix_web::test]
async fn a_page_has_1_to_100_entries() {
    let (_town, company) = Town::small().await;
    let root = company.administrator("root");
    let lists: [Value; 5] =
        ["/v1/members", "/v1/cycles", "/v1/pairings", "/v1/audit-entries", "/v1/cycles/current/coaches"]
            .map(Value::from);
    for list in lists.iter().map(|list| list.as_str().unwrap()) {
        for (limit, status) in
            [("1", 200), ("100", 200), ("0", 422), ("101", 422), ("-1", 422), ("", 400), ("1e1", 400)]
        {
            let answer = root.get(&format!("{list}?limit={limit}")).await;
            assert_eq!(answer.status, status, "{list} {limit}: {}", answer.text);
        }
    }
}
