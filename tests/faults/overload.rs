//! C2: more is asked than can be done. A measurement: the one who asks shares the machine with all that answers.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use crate::ground::{Server, Service};

/// For how long each load lasts.
const LASTS: Duration = Duration::from_secs(5);

/// How many ask at once, each after the other, to find out what can be done.
const AT_ONCE: usize = 32;

/// Connections at one time: whoever finds none waits at home.
const CONNECTIONS: usize = 500;

/// One request again and again, over connections that stay.
struct Load {
    address: String,
    request: String,
    idle: Mutex<Vec<TcpStream>>,
    room: Semaphore,
    answers: Mutex<BTreeMap<u16, Vec<Duration>>>,
}

impl Load {
    fn new(service: &Service, token: &str) -> Arc<Self> {
        let address = service.listens().to_owned();
        let request = format!("GET /v1/me HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\r\n");
        let (idle, answers) = (Mutex::default(), Mutex::default());
        Arc::new(Self { address, request, idle, room: Semaphore::new(CONNECTIONS), answers })
    }

    /// Asks once; 0 where there is no answer.
    async fn asks(&self) {
        let Ok(_room) = self.room.acquire().await else { return };
        let begun = Instant::now();
        let status = self.answered().await.unwrap_or_default();
        self.answers.lock().unwrap().entry(status).or_default().push(begun.elapsed());
    }

    async fn answered(&self) -> io::Result<u16> {
        let known = self.idle.lock().unwrap().pop();
        let mut stream = match known {
            Some(stream) => stream,
            None => TcpStream::connect(&self.address).await?,
        };
        stream.write_all(self.request.as_bytes()).await?;
        let (mut text, mut piece) = (String::new(), [0; 8192]);
        loop {
            let length = stream.read(&mut piece).await?;
            text.push_str(&String::from_utf8_lossy(&piece[..length]));
            let whole = text.split_once("\r\n\r\n").filter(|(head, body)| {
                let said = head.lines().find_map(|line| line.strip_prefix("content-length: "));
                said.and_then(|said| said.parse().ok()).is_none_or(|said: usize| body.len() >= said)
            });
            if whole.is_some() || length == 0 {
                break;
            }
        }
        let status = text.get(9..12).and_then(|status| status.parse().ok());
        if !text.contains("connection: close") {
            self.idle.lock().unwrap().push(stream);
        }
        status.ok_or(io::ErrorKind::UnexpectedEof.into())
    }

    fn count(&self, status: u16) -> usize {
        self.answers.lock().unwrap().get(&status).map_or(0, Vec::len)
    }

    /// Of a hundred of these answers 99 came within so many milliseconds.
    fn slow(&self, status: u16) -> u128 {
        let mut all = self.answers.lock().unwrap().get(&status).cloned().unwrap_or_default();
        all.sort();
        all.get(all.len().saturating_sub(1) * 99 / 100).map_or(0, Duration::as_millis)
    }

    /// As many as are answered; how many good ones a second.
    async fn closed(self: Arc<Self>) -> f64 {
        let begun = Instant::now();
        let asking = (0..AT_ONCE).map(|_| Arc::clone(&self)).map(async |load| {
            while begun.elapsed() < LASTS {
                load.asks().await;
            }
        });
        futures_util::future::join_all(asking).await;
        self.count(200) as f64 / begun.elapsed().as_secs_f64()
    }

    /// So many a second, whatever becomes of those before; how many good ones a second.
    async fn open(self: Arc<Self>, rate: f64) -> f64 {
        let (begun, mut sent, mut asking) = (Instant::now(), 0_u32, Vec::new());
        while begun.elapsed() < LASTS {
            while f64::from(sent) < begun.elapsed().as_secs_f64() * rate {
                let load = Arc::clone(&self);
                asking.push(tokio::spawn(async move { load.asks().await }));
                sent += 1;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        let good = self.count(200) as f64 / begun.elapsed().as_secs_f64();
        // Those who are still waiting at home go away; the others hear their answer.
        self.room.close();
        for one in asking {
            let _ = one.await;
        }
        good
    }
}

/// On a thread of its own.
async fn apart<F: Future<Output = f64>>(work: impl FnOnce() -> F + Send + 'static) -> f64 {
    let alone = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work());
    tokio::task::spawn_blocking(alone).await.unwrap()
}

/// What the process holds, in megabytes.
fn memory(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<u64>().ok()).unwrap_or_default() / 1024
}

#[actix_web::test]
#[ignore = "a measurement: cargo test --test faults -- --ignored --nocapture overload"]
async fn three_times_what_can_be_done_is_told_503_and_the_rest_is_done() {
    let server = Server::new().await;
    let organization = server.founded(&["Example"]).await[0];
    let service = Service::start(&server.url(), &[organization], &[]);
    let ana = service.member(organization, "ana");
    ana.id().await;

    let load = Load::new(&service, ana.token());
    let closed = Arc::clone(&load);
    let capacity = apart(|| closed.closed()).await;
    let held = memory(service.id());
    println!("C2 {AT_ONCE} at once: {capacity:.0} good a second, p99 {} ms; {held} MB", load.slow(200));

    let mut goodput = Vec::new();
    for times in [0.5, 1.0, 3.0] {
        let load = Load::new(&service, ana.token());
        let open = Arc::clone(&load);
        goodput.push(apart(move || open.open(capacity * times)).await);
        println!(
            "C2 {times} × as many: {:.0} good a second, p99 {} ms; {} told 503, p99 {} ms; {} without an answer; {} MB",
            goodput[goodput.len() - 1],
            load.slow(200),
            load.count(503),
            load.slow(503),
            load.count(0),
            memory(service.id()),
        );
        let answers = load.answers.lock().unwrap();
        let wrong = answers.keys().filter(|status| **status >= 500 && **status != 503).collect::<Vec<_>>();
        assert!(wrong.is_empty(), "{wrong:?}");
    }
    let peak = goodput.iter().copied().fold(capacity, f64::max);
    println!("C2 three times what can be done × {:.0} % of the peak done", 100.0 * goodput[2] / peak);
    assert!(goodput[2] >= peak / 2.0, "{goodput:?} of {peak}");
    assert!(memory(service.id()) < 300);
    service.finish();
}
