//! The bare side: the same row as JSON, from an actix handler that does nothing else.
//!
//! No token, no row-level security (it reads as a superuser), no transaction, no ETag, no request id, no log line.

use std::net::TcpListener;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::{App, HttpResponse, HttpServer, web};
use deadpool_postgres::{Manager, ManagerConfig, Pool, QueueMode, RecyclingMethod};
use jiff::Timestamp;
use peer_coaching::server::Layout;
use serde::Serialize;
use tokio_postgres::{Config, NoTls, Row};
use uuid::Uuid;

/// The service's own statement, word for word, wherever it goes.
fn statement() -> &'static str {
    let store = include_str!("../../src/pairings/store.rs");
    let find =
        store.split_once("async fn find(").and_then(|(_, rest)| rest.split_once("sql!(")).expect("the statement");
    find.1.split('"').nth(1).expect("its text")
}

/// As many facts as the service shows.
#[derive(Serialize)]
struct Shown<'a> {
    id: Uuid,
    cycle_id: Uuid,
    coachee_id: Uuid,
    coach_id: Uuid,
    coachee_name: &'a str,
    coach_name: &'a str,
    state: &'a str,
    requested_at: Timestamp,
    expires_at: Option<Timestamp>,
    accepted_at: Option<Timestamp>,
    closed_at: Option<Timestamp>,
    ended_by: Option<&'a str>,
    version: i64,
}

impl<'a> From<&'a Row> for Shown<'a> {
    fn from(row: &'a Row) -> Self {
        Self {
            id: row.get("pairing_id"),
            cycle_id: row.get("cycle_id"),
            coachee_id: row.get("coachee_id"),
            coach_id: row.get("coach_id"),
            coachee_name: row.get("coachee_name"),
            coach_name: row.get("coach_name"),
            state: row.get("state"),
            requested_at: row.get("requested_at"),
            expires_at: row.get("due_at"),
            accepted_at: row.get("accepted_at"),
            closed_at: row.get("closed_at"),
            ended_by: row.get("ended_by"),
            version: row.get("version"),
        }
    }
}

/// What the handler is given.
#[derive(Clone)]
struct Known {
    pool: Pool,
    organization: Uuid,
    statement: &'static str,
}

async fn show(known: web::ThinData<Known>, path: web::Path<Uuid>) -> HttpResponse {
    let client = known.pool.get().await.expect("a connection");
    let statement = client.prepare_cached(known.statement).await.expect("a statement");
    let row = client.query_opt(&statement, &[&known.organization, &*path]).await.expect("an answer");
    row.map_or_else(|| HttpResponse::NotFound().finish(), |row| HttpResponse::Ok().json(Shown::from(&row)))
}

/// Serves with this layout, as the service does: a pool for each worker, made on its thread.
pub fn run(mut database: Config, organization: Uuid, listener: TcpListener, layout: Layout) -> std::io::Result<Server> {
    database.options("-c search_path=peer_coaching,public");
    let connections = layout.connections.div_ceil(layout.workers);
    let server = HttpServer::new(move || {
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let pool = Pool::builder(Manager::from_config(database.clone(), NoTls, recycling))
            .max_size(connections)
            .queue_mode(QueueMode::Lifo);
        let pool = pool.build().expect("a pool without time limits needs nothing");
        let known = Known { pool, organization, statement: statement() };
        App::new().app_data(web::ThinData(known)).route("/v1/pairings/{pairing_id}", web::get().to(show))
    });
    Ok(server.workers(layout.workers).keep_alive(Duration::from_secs(15)).listen(listener)?.disable_signals().run())
}
