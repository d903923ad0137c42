//! Audit entries: what administrators and integrations changed, for them and for whom it is about.

use serde_json::{Value, json};

use crate::support::{Person, Town, each};

async fn actions(person: &Person) -> Vec<Value> {
    each(&person.walk("/v1/audit-entries", 100).await, "/action")
}

#[actix_web::test]
async fn what_administrators_and_integrations_changed_is_kept() {
    let (_town, company) = Town::small().await;
    let (root, hr) = (company.administrator("root"), company.integration("hr", "members:write"));
    hr.brings(json!([{ "external_id": "ana", "name": "Ana" }])).await.ok();
    hr.brings(json!([{ "external_id": "ana", "name": "Ana Silva", "title": "Engineer" }])).await.ok();
    hr.brings(json!([{ "external_id": "ana", "name": "Ana Silva" }])).await.ok(); // changes nothing
    root.decides(json!({ "request_days": 5, "wrap_up_days": 7 })).await;
    let ana = format!("/v1/members/{}", company.person("ana").id().await);
    root.patch(&ana, json!({ "active": false })).await.ok();
    root.patch(&ana, json!({ "active": true, "team": "Payments" })).await.ok();
    insta::assert_snapshot!(root.get("/v1/audit-entries").await.told(), @r#"
    200 OK
    {
      "data": [
        {
          "id": "<id 1>",
          "occurred_at": "<+0d>",
          "actor": "administrator",
          "actor_id": "<id 2>",
          "action": "member.reactivated",
          "subject_id": "<id 3>",
          "member_id": "<id 3>",
          "changed": [
            "team",
            "active"
          ]
        },
        {
          "id": "<id 4>",
          "occurred_at": "<+0d>",
          "actor": "administrator",
          "actor_id": "<id 2>",
          "action": "member.deactivated",
          "subject_id": "<id 3>",
          "member_id": "<id 3>",
          "changed": [
            "active"
          ]
        },
        {
          "id": "<id 5>",
          "occurred_at": "<+0d>",
          "actor": "administrator",
          "actor_id": "<id 2>",
          "action": "policy.changed",
          "subject_id": null,
          "member_id": null,
          "changed": [
            "request_days",
            "wrap_up_days"
          ]
        },
        {
          "id": "<id 6>",
          "occurred_at": "<+0d>",
          "actor": "integration",
          "actor_id": "hr",
          "action": "member.changed",
          "subject_id": "<id 3>",
          "member_id": "<id 3>",
          "changed": [
            "name",
            "title"
          ]
        },
        {
          "id": "<id 7>",
          "occurred_at": "<+0d>",
          "actor": "integration",
          "actor_id": "hr",
          "action": "member.added",
          "subject_id": "<id 3>",
          "member_id": "<id 3>",
          "changed": []
        }
      ],
      "has_more": false,
      "next_cursor": null
    }
    "#);

    let next = format!("/v1/cycles/{}", root.get("/v1/cycles/next").await.ok()["id"].as_str().unwrap());
    root.patch(&next, json!({ "name": "Winter", "ends_on": "2027-05-01" })).await.ok();
    root.post("/v1/cycles", json!({ "starts_on": "2028-01-01", "ends_on": "2028-02-01" })).await.ok();
    root.post(&format!("{next}/cancel"), json!({})).await.ok();
    let entries = root.walk("/v1/audit-entries", 3).await;
    assert_eq!(each(&entries[..3], "/action"), ["cycle.cancelled", "cycle.added", "cycle.changed"]);
    assert_eq!((&entries[2]["changed"], &entries[2]["member_id"]), (&json!(["name", "ends_on"]), &json!(null)));
}

#[actix_web::test]
async fn what_members_do_is_nobodys_entry() {
    let (_town, company) = Town::small().await;
    let [ana, ben, root] = [company.person("ana"), company.person("ben"), company.administrator("root")];
    for coachee in [&ana, &root] {
        coachee.is_ready().await;
        coachee.patch("/v1/me", json!({ "expertise": ["Rust"], "notify": false })).await.ok();
        let pairing = coachee.is_coached_by(&ben).await;
        coachee.does("end", &pairing).await.ok();
        coachee.put("/v1/cycles/current/participation", json!({ "answer": "not_this_time" })).await.ok();
    }
    assert_eq!(actions(&root).await, Vec::<Value>::new(), "an administrator is a member too");
}

#[actix_web::test]
async fn refused_acts_leave_no_entry() {
    let (_town, company) = Town::small().await;
    let (ana, root) = (company.person("ana"), company.administrator("root"));
    ana.patch("/v1/policy", json!({ "request_days": 5 })).await.code();
    root.patch("/v1/policy", json!({ "request_days": 500 })).await.code();
    root.patch_version("/v1/policy", Some("\"9-x\""), json!({ "request_days": 5 })).await.code();
    root.brings(json!([{ "external_id": "a", "name": "A" }, { "external_id": "a", "name": "A" }])).await.code();
    root.patch("/v1/policy", json!({})).await.ok();
    assert_eq!(actions(&root).await, Vec::<Value>::new());
}

#[actix_web::test]
async fn a_member_sees_the_entries_about_themself() {
    let (_town, company) = Town::small().await;
    let [ana, ben, root, rita] =
        [company.person("ana"), company.person("ben"), company.administrator("root"), company.administrator("rita")];
    for (member, title) in [(&ana, "Engineer"), (&ben, "Designer"), (&ana, "Staff engineer"), (&rita, "Director")] {
        let path = format!("/v1/members/{}", member.id().await);
        root.patch(&path, json!({ "title": title })).await.ok();
    }
    root.decides(json!({ "request_days": 5 })).await;
    let mine = ana.walk("/v1/audit-entries", 1).await;
    assert_eq!(each(&mine, "/action"), ["member.changed", "member.changed"]);
    let (ana_id, root_id) = (json!(ana.id().await), json!(root.id().await));
    for entry in &mine {
        assert_eq!(
            (&entry["member_id"], &entry["actor_id"], &entry["changed"]),
            (&ana_id, &root_id, &json!(["title"]))
        );
    }
    assert!(!mine.iter().any(|entry| entry.to_string().contains("ngineer")), "never what was written");
    assert_eq!(actions(&ben).await, ["member.changed"]);
    assert_eq!(actions(&rita).await.len(), 5, "an administrator sees all");
    assert_eq!(
        company.integration("hr", "members:read members:write").get("/v1/audit-entries").await.code(),
        "members_only"
    );
    for limit in 1..=4 {
        assert_eq!(root.walk("/v1/audit-entries", limit).await, root.walk("/v1/audit-entries", 100).await);
    }
}
