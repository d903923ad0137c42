//! `cargo bench --bench scale -- replicas`: one `serve` behind HAProxy, then two, each with a single worker; how many requests
//! each has answered, and how many are answered in all. Both have the same database, on the same machine as those who ask.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::client::{Client, request};
use super::service::{Company, Service};

const MEMBERS: i64 = 1_000;
const CLIENTS: usize = 16;
const LENGTH: Duration = Duration::from_secs(10);

/// Of so many requests one writes.
const WRITES: usize = 10;

/// Measures, where HAProxy is installed.
pub async fn measure() {
    let is_there = Command::new("haproxy").arg("-v").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if is_there.is_err() {
        println!("skipped: there is no `haproxy` on the PATH");
        return;
    }
    let company = Company::of(MEMBERS).await;
    let replicas = [(); 2].map(|()| Replica::start(&company));
    println!(
        "{CLIENTS} clients, {} s each, one of {WRITES} requests writes; each replica has one worker",
        LENGTH.as_secs()
    );
    for round in 0..3 {
        for count in [1, 2] {
            let behind = &replicas[..count];
            let balancer = Balancer::before(behind);
            load(&company, &balancer.address, Duration::from_secs(1)); // tokens, statements, plans
            let before = behind.iter().map(Replica::answered).collect::<Vec<_>>();
            let (well, amiss) = load(&company, &balancer.address, LENGTH);
            let each = behind.iter().zip(before).map(|(replica, before)| replica.answered() - before);
            let each = each.map(|answered| answered.to_string()).collect::<Vec<_>>().join(" and ");
            let rate = well as f64 / LENGTH.as_secs_f64();
            println!(
                "round {}, {count} behind HAProxy: {rate:.0} a second, answered by each: {each}; {amiss} amiss",
                round + 1
            );
        }
    }
}

/// A service that can be counted.
struct Replica {
    service: Service,
    figures: String,
}

impl Replica {
    fn start(company: &Company) -> Self {
        let figures = format!("127.0.0.1:{}", free_port());
        let service = Service::start(company, &["--workers", "1", "--metrics-listen", &figures]);
        Self { service, figures }
    }

    /// How many requests it says it has answered; those of whoever asks after its health are not counted.
    fn answered(&self) -> u64 {
        let mut stream = TcpStream::connect(&self.figures).expect("a connection");
        stream.write_all(b"GET /metrics HTTP/1.0\r\n\r\n").expect("a request");
        let mut figures = String::new();
        stream.read_to_string(&mut figures).expect("figures");
        let counts = figures.lines().filter(|line| line.starts_with("peer_coaching_requests_total{"));
        let ours = counts.filter(|line| line.contains("route=\"/v1/"));
        ours.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
    }
}

/// HAProxy, which gives each request to the next one. It ends with us.
struct Balancer {
    process: Child,
    address: String,
    configuration: PathBuf,
}

impl Drop for Balancer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_file(&self.configuration);
    }
}

impl Balancer {
    fn before(replicas: &[Replica]) -> Self {
        let address = format!("127.0.0.1:{}", free_port());
        let server = |(at, replica): (usize, &Replica)| {
            format!("  server replica-{at} {} check inter 250ms\n", replica.service.address)
        };
        let servers = replicas.iter().enumerate().map(server).collect::<String>();
        let configuration = format!(
            "defaults\n  mode http\n  timeout connect 2s\n  timeout client 30s\n  timeout server 30s\n\
             frontend coming\n  bind {address}\n  default_backend replicas\n\
             backend replicas\n  balance roundrobin\n  option httpchk GET /readyz\n  http-check expect status 200\n{servers}"
        );
        let path = std::env::temp_dir().join(format!("haproxy-{}.cfg", std::process::id()));
        std::fs::write(&path, configuration).expect("a file");
        let process = Command::new("haproxy").args(["-db", "-q", "-f"]).arg(&path).spawn().expect("it starts");
        let until = Instant::now() + Duration::from_secs(5);
        while TcpStream::connect(&address).is_err() {
            assert!(Instant::now() < until, "HAProxy does not listen");
            thread::sleep(Duration::from_millis(20));
        }
        thread::sleep(Duration::from_millis(600)); // until it has looked after each of them
        Self { process, address, configuration: path }
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port()
}

/// All clients ask for a while; says how many answers were good, and how many were not.
fn load(company: &Company, address: &str, length: Duration) -> (usize, usize) {
    let people = company.people.asking().take(CLIENTS).collect::<Vec<_>>();
    let until = Instant::now() + length;
    let one = |number: i64| {
        let token = company.token(number);
        let pairing = company.people.pairing(super::people::PAST, number).expect("a pairing").id;
        let reads = ["/v1/me", "/v1/me/next-step", &format!("/v1/pairings/{pairing}")];
        let reads = reads.map(|path| request("GET", path, &token, None, ""));
        let (mut client, mut well, mut amiss) = (Client::to(address), 0, 0);
        while Instant::now() < until {
            let nth = well + amiss;
            let (status, _) = if nth % WRITES == 0 {
                let body = format!("{{\"answer\": \"opted_in\", \"topics\": [\"Topic {}\"]}}", nth % 40);
                client.ask(&request("PUT", "/v1/cycles/current/participation", &token, None, &body))
            } else {
                client.ask(&reads[nth % reads.len()])
            };
            if status == 200 { well += 1 } else { amiss += 1 }
        }
        (well, amiss)
    };
    thread::scope(|scope| {
        let asking = people.into_iter().map(|number| scope.spawn(move || one(number))).collect::<Vec<_>>();
        let done = asking.into_iter().map(|one| one.join().expect("a client"));
        done.fold((0, 0), |(well, amiss), one| (well + one.0, amiss + one.1))
    })
}
