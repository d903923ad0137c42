//! What two write down together has an end, which is told when it is reached.

use crate::support::{Answer, Town, action_path};

#[actix_web::test]
async fn actions_progress_and_insights_are_bounded() {
    let (_town, company) = Town::small().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    ana.is_ready().await;
    let pairing = ana.is_coached_by(&ben).await;
    let mut last: Option<Answer> = None;
    for number in 1..=50 {
        last = Some(ana.adds("start", &format!("Pause {number}."), &pairing).await);
        ben.tells("drag", "Too fast.", &pairing).await.ok();
    }
    let action = last.expect("fifty");
    for _ in 0..200 {
        ana.says_of(&action, "It helps.").await.ok();
    }
    assert_eq!(ana.adds("start", "One more.", &pairing).await.code(), "actions_full");
    assert_eq!(ben.tells("drag", "One more.", &pairing).await.code(), "insights_full");
    assert_eq!(ana.says_of(&action, "One more.").await.code(), "progress_full");
    let dropped = ana.patch(&action_path(&action), serde_json::json!({ "state": "dropped" })).await;
    dropped.ok();
    assert_eq!(ana.adds("start", "One more.", &pairing).await.code(), "actions_full", "dropped ones count too");
}
