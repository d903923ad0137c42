//! An identity provider that says what the test wants, and counts who asked.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, mpsc};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use serde_json::{Value, json};
use tokio::sync::watch;

use super::forge::Signer;

#[derive(Clone)]
pub struct Answer {
    pub status: u16,
    pub kind: &'static str,
    pub body: String,
    pub location: Option<String>,
}

impl Answer {
    pub fn json(body: &Value) -> Self {
        Self::text(body.to_string())
    }

    pub fn text(body: impl Into<String>) -> Self {
        Self { status: 200, kind: "application/json", body: body.into(), location: None }
    }
}

/// Listens on a port of its own until the process ends.
#[derive(Clone)]
pub struct Provider(Arc<Inner>);

struct Inner {
    address: Mutex<String>,
    answers: Mutex<HashMap<String, Answer>>,
    asked: Mutex<HashMap<String, usize>>,
    open: watch::Sender<bool>,
}

impl Provider {
    pub fn start() -> Self {
        let (open, _) = watch::channel(true);
        let inner = Inner { address: Mutex::default(), answers: Mutex::default(), asked: Mutex::default(), open };
        let provider = Self(Arc::new(inner));
        let served = provider.clone();
        let (tell, told) = mpsc::channel();
        // A thread of its own, so that it answers whatever happens to the test's runtime.
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let app = move || App::new().app_data(web::Data::new(served.clone())).default_service(web::to(answer));
                let server = HttpServer::new(app).workers(1).disable_signals().bind(("127.0.0.1", 0)).unwrap();
                tell.send(server.addrs()[0]).unwrap();
                server.run().await.unwrap();
            });
        });
        *provider.0.address.lock().unwrap() = format!("http://{}", told.recv().unwrap());
        provider
    }

    /// Its address, which is also its name as an issuer.
    pub fn address(&self) -> String {
        self.0.address.lock().unwrap().clone()
    }

    pub fn answers(&self, path: &str, answer: Answer) {
        self.0.answers.lock().unwrap().insert(path.to_owned(), answer);
    }

    /// Publishes these keys under `/jwks`.
    pub fn publishes(&self, signers: &[&Signer]) {
        self.answers("/jwks", Answer::json(&key_set(signers)));
    }

    /// From now on, questions are counted and not answered, until it goes on.
    pub fn pauses(&self) {
        self.0.open.send_replace(false);
    }

    pub fn goes_on(&self) {
        self.0.open.send_replace(true);
    }

    /// How often `path` was asked for.
    pub fn asked(&self, path: &str) -> usize {
        self.0.asked.lock().unwrap().get(path).copied().unwrap_or_default()
    }

    /// An `[[issuers]]` table for this provider; its keys are under `/jwks`.
    pub fn settings(&self) -> String {
        format!(
            "[[issuers]]\nissuer = \"{0}\"\naudiences = [\"us\"]\nalgorithms = [\"RS256\", \"ES256\", \"EdDSA\"]\n\
             jwks_url = \"{0}/jwks\"\norganization = \"0198c5a0-0000-7000-8000-000000000001\"\n",
            self.address()
        )
    }
}

pub fn key_set(signers: &[&Signer]) -> Value {
    json!({ "keys": signers.iter().map(|signer| signer.jwk()).collect::<Vec<_>>() })
}

async fn answer(request: HttpRequest, provider: web::Data<Provider>) -> HttpResponse {
    *provider.0.asked.lock().unwrap().entry(request.path().to_owned()).or_default() += 1;
    provider.0.open.subscribe().wait_for(|open| *open).await.unwrap();
    let Some(answer) = provider.0.answers.lock().unwrap().get(request.path()).cloned() else {
        return HttpResponse::NotFound().finish();
    };
    let mut response = HttpResponse::build(answer.status.try_into().unwrap());
    response.content_type(answer.kind);
    if let Some(location) = answer.location {
        response.insert_header(("location", location));
    }
    response.body(answer.body)
}
