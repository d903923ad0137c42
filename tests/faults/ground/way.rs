//! A way over TCP to a server, on which things go wrong when a story says so.

use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::sync::watch;

use super::Server;
use super::server::DATABASE;

/// What a client says to commit, where it says nothing else in the same breath: so do transactions that write.
const COMMIT: &[u8] = b"Q\0\0\0\x0bcommit\0";

/// Where the next connection that commits is cut.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cut {
    /// The server never hears of it.
    Before,
    /// The server has done it, and its answer is lost.
    After,
}

/// How things go on the way.
#[derive(Clone, Copy)]
struct Orders {
    /// Nothing gets through, and nobody is told.
    still: bool,
    /// The same, for connections with a lower number.
    still_below: u64,
    /// Every connection is cut, and new ones are too.
    shut: bool,
    /// How long each answer takes.
    delay: Duration,
}

/// What all connections share.
struct Shared {
    target: PathBuf,
    orders: watch::Receiver<Orders>,
    cut: Mutex<Option<Cut>>,
    opened: AtomicU64,
}

/// The way. When it is dropped, all that is on it ends.
pub struct Way {
    pub port: u16,
    orders: watch::Sender<Orders>,
    shared: Arc<Shared>,
}

/// How a service reaches the database by these ways.
pub fn url(ways: &[&Way]) -> String {
    let hosts = ways.iter().map(|way| format!("127.0.0.1:{}", way.port)).collect::<Vec<_>>().join(",");
    format!("postgresql://peer_coaching_app@{hosts}/{DATABASE}")
}

impl Way {
    /// Open, on a thread of its own: no story keeps it waiting.
    pub fn to(server: &Server) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let orders = Orders { still: false, still_below: 0, shut: false, delay: Duration::ZERO };
        let (orders, heard) = watch::channel(orders);
        let (target, cut, opened) = (server.socket(), Mutex::new(None), AtomicU64::new(0));
        let shared = Arc::new(Shared { target, orders: heard, cut, opened });
        let ours = Arc::clone(&shared);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                let mut over = ours.orders.clone();
                loop {
                    tokio::select! {
                        Ok((client, _)) = listener.accept() => drop(tokio::spawn(connected(client, Arc::clone(&ours)))),
                        Err(_) = over.wait_for(|_| false) => return,
                    }
                }
            });
        });
        Self { port, orders, shared }
    }

    /// Nothing gets through any more, whoever comes; nobody is told.
    pub fn falls_still(&self) {
        self.orders.send_modify(|orders| orders.still = true);
    }

    /// The same for all who are on it now; others pass.
    pub fn forgets_those_on_it(&self) {
        let below = self.opened();
        self.orders.send_modify(|orders| orders.still_below = below);
    }

    /// Cuts all who are on it, and whoever comes.
    pub fn shuts(&self) {
        self.orders.send_modify(|orders| orders.shut = true);
    }

    /// All is well again, with those who are still there.
    pub fn opens(&self) {
        let open = Orders { still: false, still_below: 0, shut: false, delay: Duration::ZERO };
        self.orders.send_replace(open);
    }

    /// Each answer takes so long.
    pub fn takes(&self, delay: Duration) {
        self.orders.send_modify(|orders| orders.delay = delay);
    }

    /// The next who commits is cut off.
    pub fn cuts_commit(&self, cut: Cut) {
        *self.shared.cut.lock().unwrap() = Some(cut);
    }

    /// Whether that has not happened yet.
    pub fn waits_for_commit(&self) -> bool {
        self.shared.cut.lock().unwrap().is_some()
    }

    /// How many connections there were.
    pub fn opened(&self) -> u64 {
        self.shared.opened.load(Ordering::Relaxed)
    }
}

/// One connection, from its beginning to its end.
async fn connected(mut client: tokio::net::TcpStream, shared: Arc<Shared>) {
    let number = shared.opened.fetch_add(1, Ordering::Relaxed);
    let passage = Passage { shared: &shared, number, doomed: AtomicBool::new(false) };
    let shut = shared.orders.borrow().shut;
    if shut || !passage.is_open().await {
        return;
    }
    let Ok(mut server) = UnixStream::connect(&shared.target).await else { return };
    let _ = client.set_nodelay(true);
    let ((from_client, to_client), (from_server, to_server)) = (client.split(), server.split());
    let mut orders = shared.orders.clone();
    tokio::select! {
        () = passage.asks(from_client, to_server) => {}
        () = passage.answers(from_server, to_client) => {}
        _ = orders.wait_for(|orders| orders.shut) => {}
    }
}

struct Passage<'a> {
    shared: &'a Shared,
    number: u64,
    /// Its commit has passed, and the answer to it is not to.
    doomed: AtomicBool,
}

impl Passage<'_> {
    /// Waits until something gets through; whether there still is a way then.
    async fn is_open(&self) -> bool {
        let mut orders = self.shared.orders.clone();
        orders.wait_for(|orders| !orders.still && self.number >= orders.still_below).await.is_ok()
    }

    async fn asks(&self, mut from: impl AsyncReadExt + Unpin, mut to: impl AsyncWriteExt + Unpin) {
        let mut bytes = vec![0; 1 << 16];
        while let Ok(length @ 1..) = from.read(&mut bytes).await {
            if !self.is_open().await {
                return;
            }
            if &bytes[..length] == COMMIT {
                match self.shared.cut.lock().unwrap().take() {
                    Some(Cut::Before) => return,
                    Some(Cut::After) => self.doomed.store(true, Ordering::Relaxed),
                    None => {}
                }
            }
            if to.write_all(&bytes[..length]).await.is_err() {
                return;
            }
        }
    }

    async fn answers(&self, mut from: impl AsyncReadExt + Unpin, mut to: impl AsyncWriteExt + Unpin) {
        let mut bytes = vec![0; 1 << 16];
        while let Ok(length @ 1..) = from.read(&mut bytes).await {
            if self.doomed.load(Ordering::Relaxed) {
                return;
            }
            let delay = self.shared.orders.borrow().delay;
            if !delay.is_zero() {
                tokio::time::sleep(delay).await;
            }
            if !self.is_open().await || to.write_all(&bytes[..length]).await.is_err() {
                return;
            }
        }
    }
}
