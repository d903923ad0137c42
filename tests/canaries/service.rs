//! The real binary, serving, and what it answers.

use reqwest::header::HeaderMap;
use reqwest::{RequestBuilder, StatusCode};
use tokio::runtime::Runtime;

use crate::support::{Deployment, Running, binary};

/// A service under way, over a database of its own that logs all that it can.
pub struct Service {
    pub deployment: Deployment,
    pub address: String,
    watched: String,
    running: Running,
    runtime: Runtime,
    client: reqwest::Client,
}

/// An answer, read to its end.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn body(&self) -> serde_json::Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {} {}", self.status, self.text))
    }

    async fn to(request: RequestBuilder) -> Result<Self, reqwest::Error> {
        let response = request.send().await?;
        let (status, headers) = (response.status(), response.headers().clone());
        Ok(Self { status, headers, text: response.text().await? })
    }
}

impl Service {
    /// Tells all that it can; its database logs every statement, and parameters as these settings of the role say.
    pub fn start(role: &str, settings: &[&str]) -> Self {
        let (deployment, organization) = Deployment::founded();
        for all in ["log_statement = 'all'", "log_min_duration_statement = 0", "log_error_verbosity = 'verbose'"] {
            deployment.with_superuser(&format!("alter system set {all}"));
        }
        deployment.with_superuser("select pg_reload_conf()");
        let database = deployment.with_superuser("select current_database()");
        for setting in
            settings.iter().chain(&["log_parameter_max_length_on_error = -1", "log_min_error_statement = error"])
        {
            deployment.with_superuser(&format!("alter role {role} in database {database} set {setting}"));
        }
        // A cycle long enough to do everything in it, on whatever day this runs.
        deployment.with_superuser(
            "delete from peer_coaching.cycles;
             update peer_coaching.policies set last_request_days = 0, cadence_months = 24, anchor_on = current_date - 30",
        );
        let more =
            [("LOG", "trace"), ("WORKERS", "1"), ("DATABASE_CONNECTIONS", "40"), ("METRICS_LISTEN", "127.0.0.1:0")];
        let settings = deployment.settings(&organization);
        let mut running = Running::start(binary(&["serve"]).envs(settings).envs(more));
        let log = running.logs("\"serving\"");
        let said =
            |key: &str| log.split(&format!("\"{key}\":\"")).nth(1).unwrap().split('"').next().unwrap().to_owned();
        let (address, watched) = (format!("http://{}", said("listen")), format!("http://{}/metrics", said("address")));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        Self { deployment, address, watched, running, runtime, client: reqwest::Client::new() }
    }

    /// A request, to be completed.
    pub fn request(&self, token: &str, method: &str, path: &str) -> RequestBuilder {
        let request = self.client.request(method.parse().unwrap(), format!("{}{path}", self.address));
        if token.is_empty() { request } else { request.bearer_auth(token) }
    }

    pub fn answer(&self, request: RequestBuilder) -> Answer {
        self.runtime.block_on(Answer::to(request)).unwrap()
    }

    /// The answers to requests that are made at once; of those that were answered at all.
    pub fn answers(&self, requests: Vec<RequestBuilder>) -> Vec<Answer> {
        self.runtime.block_on(async {
            let asked = requests.into_iter().map(|request| tokio::spawn(Answer::to(request))).collect::<Vec<_>>();
            let mut answers = Vec::new();
            for one in asked {
                answers.extend(one.await.unwrap().ok());
            }
            answers
        })
    }

    /// All that can be counted, of whatever has happened.
    pub fn figures(&self) -> Vec<u8> {
        let figures = self.answer(self.client.get(&self.watched));
        assert!(figures.text.contains("peer_coaching_requests_total"), "{}", figures.text);
        figures.text.into_bytes()
    }

    /// Stops it; all that it has said.
    pub fn ends(self) -> String {
        self.running.signal("TERM");
        let said = self.running.ends();
        assert!(said.well, "{}", said.err);
        format!("{}{}", said.out, said.err)
    }
}
