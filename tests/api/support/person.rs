//! Who calls: a person or a program, with a token, over real HTTP.

use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use peer_coaching::clock::real_time;
use peer_coaching::ids::OrganizationId;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::answer::Answer;
use super::company::{AUDIENCE, SECRET, issuer_of};

/// Somebody who calls the service.
#[derive(Clone)]
pub struct Person {
    address: String,
    token: Option<String>,
    client: reqwest::Client,
}

impl Person {
    pub fn member(nobody: &Self, organization: OrganizationId, external_id: &str, administrator: bool) -> Self {
        let roles = if administrator { json!(["peer-coaching-administrator"]) } else { json!([]) };
        let name = external_id[..1].to_uppercase() + &external_id[1..];
        Self::bearing(nobody, organization, external_id, &json!({ "name": name, "roles": roles }))
    }

    pub fn integration(nobody: &Self, organization: OrganizationId, client_id: &str, scope: &str) -> Self {
        Self::bearing(nobody, organization, client_id, &json!({ "client_id": client_id, "scope": scope }))
    }

    /// Somebody without a token, and with connections of their own; whoever else is made from them shares those.
    pub fn stranger(address: &str) -> Self {
        Self { address: address.into(), token: None, client: reqwest::Client::new() }
    }

    /// Whoever's token says this, beside what every token says.
    pub fn bearing(nobody: &Self, organization: OrganizationId, subject: &str, more: &Value) -> Self {
        let now = real_time().as_second();
        let mut claims = json!({
            "iss": issuer_of(organization), "aud": AUDIENCE, "sub": subject, "iat": now, "exp": now + 3600,
        });
        claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        claims.as_object_mut().unwrap().retain(|_, claim| !claim.is_null());
        let header = Header { typ: Some("at+jwt".into()), ..Header::new(Algorithm::HS256) };
        let token = encode(&header, &claims, &EncodingKey::from_secret(SECRET.as_bytes())).unwrap();
        Self { token: Some(token), ..nobody.clone() }
    }

    /// The token, for requests made by hand.
    pub fn token(&self) -> &str {
        self.token.as_deref().unwrap_or_default()
    }

    /// A request to be completed by hand, with `send`.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.address));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// This body as it is, of this kind, to be done once and to whatever version.
    pub async fn sends(&self, method: &str, path: &str, kind: &str, body: impl Into<reqwest::Body>) -> Answer {
        let request = self.request(method.parse().expect("a method"), path).header("Content-Type", kind);
        let request = request.header("If-Match", "*").header("Idempotency-Key", uuid::Uuid::now_v7().to_string());
        Answer::to(request.body(body)).await
    }

    /// This text, as JSON.
    pub async fn says(&self, method: &str, path: &str, text: impl Into<reqwest::Body>) -> Answer {
        self.sends(method, path, "application/json", text).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        Answer::to(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        Answer::to(self.request(Method::POST, path).json(&body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        Answer::to(self.request(Method::PUT, path).json(&body)).await
    }

    /// A merge patch, of whatever version.
    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        Answer::to(self.request(Method::PATCH, path).header("If-Match", "*").json(&body)).await
    }

    /// A merge patch of the version that this ETag names; without one, where there is none.
    pub async fn patch_version(&self, path: &str, etag: Option<&str>, body: Value) -> Answer {
        let request = self.request(Method::PATCH, path).json(&body);
        Answer::to(if let Some(etag) = etag { request.header("If-Match", etag) } else { request }).await
    }

    /// A POST with this `Idempotency-Key`.
    pub async fn post_once(&self, path: &str, key: &str, body: Value) -> Answer {
        Answer::to(self.request(Method::POST, path).header("Idempotency-Key", key).json(&body)).await
    }

    /// Every entry of a list, walked in pages of this size; checks that each page is as full as it can be and leads on.
    pub async fn walk(&self, path: &str, limit: usize) -> Vec<Value> {
        let (mut found, mut cursor) = (Vec::new(), String::new());
        loop {
            let joint = if path.contains('?') { '&' } else { '?' };
            let answer = self.get(&format!("{path}{joint}limit={limit}{cursor}")).await;
            let page = answer.ok();
            let entries = page["data"].as_array().expect("a list");
            found.extend(entries.iter().cloned());
            let next = page["next_cursor"].as_str();
            assert_eq!(page["has_more"], next.is_some(), "{page}");
            let Some(next) = next else { return found };
            assert_eq!(entries.len(), limit, "only the last page may be shorter");
            assert!(
                answer.header("link").contains(&format!("cursor={next}>; rel=\"next\"")),
                "{}",
                answer.header("link")
            );
            cursor = format!("&cursor={next}");
        }
    }

    /// I bring these entries into the directory.
    pub async fn brings(&self, members: Value) -> Answer {
        let key = uuid::Uuid::now_v7().to_string();
        self.post_once("/v1/members/batch", &key, json!({ "members": members })).await
    }

    /// I change the policy.
    pub async fn decides(&self, settings: Value) -> Value {
        self.patch("/v1/policy", settings).await.ok()
    }

    /// My id; asking for it makes me a member.
    pub async fn id(&self) -> String {
        self.get("/v1/me").await.ok()["id"].as_str().unwrap().to_owned()
    }

    /// I take part in the current cycle and have reflected.
    pub async fn is_ready(&self) {
        self.put("/v1/cycles/current/participation", json!({ "answer": "opted_in" })).await.ok();
        self.put("/v1/cycles/current/reflection", json!({ "complete": true })).await.ok();
    }

    /// I ask a colleague.
    pub async fn asks(&self, coach: &Person) -> Answer {
        self.asks_for(&coach.id().await).await
    }

    /// I ask the colleague of this id.
    pub async fn asks_for(&self, coach_id: &str) -> Answer {
        self.post("/v1/pairings", json!({ "coach_id": coach_id })).await
    }

    /// I ask a colleague, who says yes.
    pub async fn is_coached_by(&self, coach: &Person) -> Answer {
        let asked = self.asks(coach).await;
        asked.ok();
        coach.does("accept", &asked).await.ok();
        asked
    }

    /// I plan a call of this kind in a pairing of mine.
    pub async fn plans(&self, kind: &str, starts_at: Timestamp, pairing: &Answer) -> Answer {
        let call = json!({ "kind": kind, "starts_at": starts_at.to_string() });
        self.post(&format!("{}/check-ins", path_of(pairing)), call).await
    }

    /// I share my reflection with a pairing in which I am coached.
    pub async fn shares(&self, pairing: &Answer) -> Answer {
        self.put(&format!("{}/reflection-share", path_of(pairing)), json!({})).await
    }

    /// I take it back.
    pub async fn takes_back(&self, pairing: &Answer) -> Answer {
        Answer::to(self.request(Method::DELETE, &format!("{}/reflection-share", path_of(pairing)))).await
    }

    /// The reflection that belongs to a pairing of mine, as I read it.
    pub async fn reads_reflection(&self, pairing: &Answer) -> Answer {
        self.get(&format!("{}/reflection", path_of(pairing))).await
    }

    /// I do this with a call of mine: `hold`, `miss`, `cancel`.
    pub async fn marks(&self, verb: &str, call: &Answer) -> Answer {
        self.post(&format!("{}/{verb}", call_path(call)), json!({})).await
    }

    /// The state of a call of mine, as I see it now.
    pub async fn sees_call(&self, call: &Answer) -> String {
        self.get(&call_path(call)).await.ok()["state"].as_str().expect("a state").to_owned()
    }

    /// The first call of a pairing of mine takes place, at the very moment of the yes.
    pub async fn meets(&self, pairing: &Answer) -> Answer {
        let accepted_at = self.get(&path_of(pairing)).await.ok()["accepted_at"].as_str().expect("a yes").parse();
        let call = self.plans("kickoff", accepted_at.expect("an instant"), pairing).await;
        self.marks("hold", &call).await.ok();
        call
    }

    /// I add an action of this kind to a pairing of mine.
    pub async fn adds(&self, kind: &str, text: &str, pairing: &Answer) -> Answer {
        self.post(&format!("{}/actions", path_of(pairing)), json!({ "kind": kind, "text": text })).await
    }

    /// I say how it goes with an action of mine.
    pub async fn says_of(&self, action: &Answer, text: &str) -> Answer {
        self.post(&format!("{}/progress", action_path(action)), json!({ "text": text })).await
    }

    /// I tell my coachee something of this kind.
    pub async fn tells(&self, kind: &str, text: &str, pairing: &Answer) -> Answer {
        self.post(&format!("{}/insights", path_of(pairing)), json!({ "kind": kind, "text": text })).await
    }

    /// The two meet, meet again a moment later, and complete.
    pub async fn completes(&self, pairing: &Answer) -> Answer {
        let kickoff = self.meets(pairing).await;
        let then: Timestamp = kickoff.body()["starts_at"].as_str().expect("a start").parse().expect("an instant");
        let again = self.plans("catch_up", then + SignedDuration::from_millis(1), pairing).await;
        self.marks("hold", &again).await.ok();
        self.does("complete", pairing).await
    }

    /// The state of a pairing of mine, as I see it now.
    pub async fn sees(&self, pairing: &Answer) -> String {
        self.get(&path_of(pairing)).await.ok()["state"].as_str().expect("a state").to_owned()
    }

    /// What I am to do next.
    pub async fn is_told(&self) -> Value {
        self.get("/v1/me/next-step").await.ok()
    }

    /// What I am to do next, and all else I could: their kinds, with the days they are due on.
    pub async fn is_to(&self) -> Vec<String> {
        let told = self.is_told().await;
        let all = [&told["step"]].into_iter().chain(told["others"].as_array().expect("a list"));
        let due =
            |step: &Value| format!("{} {}", step["kind"].as_str().unwrap(), &step["due_at"].as_str().unwrap()[..10]);
        all.filter(|step| !step.is_null()).map(due).collect()
    }

    /// I do this with a pairing of mine: `accept`, `decline`, `withdraw`, `end`.
    pub async fn does(&self, verb: &str, pairing: &Answer) -> Answer {
        self.post(&format!("{}/{verb}", path_of(pairing)), json!({})).await
    }
}

/// Where a call lives.
pub fn call_path(call: &Answer) -> String {
    format!("/v1/check-ins/{}", call.ok()["id"].as_str().expect("a call"))
}

/// Where an action lives.
pub fn action_path(action: &Answer) -> String {
    format!("/v1/actions/{}", action.ok()["id"].as_str().expect("an action"))
}

/// Where a pairing lives.
pub fn path_of(pairing: &Answer) -> String {
    format!("/v1/pairings/{}", pairing.body()["id"].as_str().expect("a pairing"))
}
