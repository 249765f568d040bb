//! `relais serve`: until a signal.
//!
//! The surprising rule: at SIGTERM the server first says "not ready" and goes on answering for as long as the settings
//! say, so that a load balancer sends no one anew. Only then it takes no more connections and finishes what runs.

use std::io::Write as _;
use std::net::TcpListener;
use std::sync::atomic::Ordering;
use std::time::Duration;

use diesel::prelude::*;
use tokio::signal::unix::{SignalKind, signal};

use super::CommandError;
use crate::access::{Clock, State};
use crate::boot;
use crate::config::Config;
use crate::db::DbError;
use crate::jobs;
use crate::schema::accounts;
use crate::server::{self, Listening};

pub(super) async fn run(config: Config) -> Result<(), CommandError> {
    let state = boot::state(&config, Clock::default()).await?;
    if !state.sealer.seals() && !config.listen.ip().is_loopback() {
        log::warn!(
            "RELAIS_SECRET is not set: the signing keys lie open in the database, and the server listens beyond this machine"
        );
    }
    let edge = boot::edge(&config, &state);
    let listener = TcpListener::bind(config.listen)
        .map_err(|error| CommandError::Listen(config.listen, error))?;
    let address = listener.local_addr()?;
    let listening = Listening {
        workers: config.worker_count(),
        shutdown_seconds: config.shutdown_seconds,
        cors_origins: config.cors_origins.clone(),
        connections: usize::try_from(config.connections).unwrap_or(usize::MAX),
        connections_per_address: usize::try_from(config.connections_per_address)
            .unwrap_or(usize::MAX),
    };
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let server = server::serve(listener, state.clone(), edge.clone(), &listening)?;
    let handle = server.handle();
    greet(&config, address, &state).await?;
    let worker = jobs::start(
        state.clone(),
        edge,
        Duration::from_secs(config.clock_seconds),
    );

    let stopping = state.clone();
    let noticed = Duration::from_secs(config.drain_seconds);
    actix_web::rt::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        stopping.is_draining.store(true, Ordering::Relaxed);
        if !noticed.is_zero() {
            log::info!("stopping in {} s; /readyz says so", noticed.as_secs());
            actix_web::rt::time::sleep(noticed).await;
        }
        log::info!("stopping: what runs is finished first");
        handle.stop(true).await;
    });
    server.await?;
    worker.stop().await;
    log::info!("stopped");
    if state.db.has_strays() {
        // A query that nobody waits for any more. The runtime would wait for its end, whenever that is.
        log::warn!("a query that takes too long was left behind");
        std::process::exit(0);
    }
    Ok(())
}

/// Says where things are, and at the first start what to do.
async fn greet(
    config: &Config,
    address: std::net::SocketAddr,
    state: &State,
) -> Result<(), CommandError> {
    let accounts = state
        .db
        .read(|conn| Ok::<_, DbError>(accounts::table.count().get_result::<i64>(conn)?))
        .await?;
    let mut out = std::io::stdout();
    writeln!(out, "Relais listens on http://{address}")?;
    writeln!(out, "  documentation  http://{address}/docs/")?;
    writeln!(out, "  database       {}", config.address()?)?;
    if accounts == 0 {
        writeln!(
            out,
            "  first account  curl -X POST http://{address}/v1/accounts -H 'Content-Type: application/json' -d '{{\"email\": \"you@example.org\", \"name\": \"You\", \"password\": \"choose a long one\"}}'"
        )?;
        writeln!(
            out,
            "  something to look at: stop the server and run `relais demo`"
        )?;
    }
    out.flush()?;
    Ok(())
}
