//! Somebody who receives what webhooks are told, and answers as they like.

use std::collections::VecDeque;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use actix_web::http::StatusCode;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use serde_json::Value;

/// What was received.
#[derive(Clone, Debug)]
pub struct Received {
    pub id: String,
    pub seconds: i64,
    pub signatures: Vec<String>,
    /// To the byte.
    pub body: String,
    pub headers: Vec<(String, String)>,
}

impl Received {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }

    pub fn kind(&self) -> String {
        self.json()["type"].as_str().expect("a type").to_owned()
    }
}

/// How it answers.
#[derive(Clone, Debug)]
pub enum Says {
    /// With this status.
    Status(u16),
    /// That it is busy for so many seconds.
    Busy(u16, u32),
    /// Look there.
    Redirect(String),
    /// Never.
    Nothing,
}

#[derive(Default)]
struct Notes {
    got: Vec<Received>,
    next: VecDeque<Says>,
    always: Option<Says>,
}

/// A receiver on this machine; it goes when it is dropped.
pub struct Receiver {
    pub url: String,
    notes: Arc<Mutex<Notes>>,
    server: actix_web::dev::ServerHandle,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        drop(self.server.stop(false));
    }
}

async fn receive(request: HttpRequest, body: String, notes: web::Data<Mutex<Notes>>) -> HttpResponse {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let said = {
        let mut notes = notes.lock().expect("a lock");
        notes.got.push(Received {
            id: header("webhook-id").into(),
            seconds: header("webhook-timestamp").parse().unwrap_or_default(),
            signatures: header("webhook-signature").split(' ').map(str::to_owned).collect(),
            headers: request
                .headers()
                .iter()
                .map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned()))
                .collect(),
            body,
        });
        notes.next.pop_front().or(notes.always.clone()).unwrap_or(Says::Status(204))
    };
    let with = |status| HttpResponse::build(StatusCode::from_u16(status).expect("a status"));
    match said {
        Says::Status(status) => with(status).finish(),
        Says::Busy(status, seconds) => with(status).insert_header(("Retry-After", seconds.to_string())).finish(),
        Says::Redirect(to) => with(307).insert_header(("Location", to)).finish(),
        Says::Nothing => std::future::pending().await,
    }
}

impl Receiver {
    /// One that takes everything.
    pub fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}/coaching", listener.local_addr().expect("an address"));
        let notes = Arc::<Mutex<Notes>>::default();
        let data = web::Data::from(Arc::clone(&notes));
        let app = move || App::new().app_data(data.clone()).default_service(web::to(receive));
        let server = HttpServer::new(app).workers(1).shutdown_timeout(0).disable_signals();
        let server = server.listen(listener).expect("a server").run();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        Self { url, notes, server: handle }
    }

    /// The next answers, in turn.
    pub fn next(&self, says: impl IntoIterator<Item = Says>) {
        self.notes.lock().expect("a lock").next.extend(says);
    }

    /// Every answer, where no other is said.
    pub fn always(&self, says: Says) {
        self.notes.lock().expect("a lock").always = Some(says);
    }

    /// All that it has got.
    pub fn got(&self) -> Vec<Received> {
        self.notes.lock().expect("a lock").got.clone()
    }

    /// The same, once there are so many.
    pub async fn gets(&self, number: usize) -> Vec<Received> {
        let begun = Instant::now();
        loop {
            let got = self.got();
            if got.len() >= number {
                return got;
            }
            let kinds = || got.iter().map(Received::kind).collect::<Vec<_>>();
            assert!(begun.elapsed() < Duration::from_secs(60), "{} of {number}: {:?}", got.len(), kinds());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}
