//! A whole server on a free port, with a database and a clock of its own.

use std::net::TcpListener;
use std::thread::JoinHandle;

use actix_web::dev::ServerHandle;
use actix_web::web::Data;
use clap::Parser;
use relais::access::{Clock, State};
use relais::boot;
use relais::config::Config;
use relais::db::Db;
use relais::server::{Listening, serve};

use super::database::TestDatabase;
use super::people::{Member, Person};
use super::watch;

/// A running server. Stops when it is dropped.
pub struct TestApp {
    pub address: String,
    pub clock: Clock,
    pub state: Data<State>,
    pub client: reqwest::Client,
    /// A door of the test's own, for what no request shows.
    pub db: Db,
    pub database: TestDatabase,
    /// The settings that it was started with.
    pub config: Config,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

#[derive(Parser)]
#[command(args_override_self = true)]
struct Settings {
    #[command(flatten)]
    config: Config,
}

impl TestApp {
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts with settings as on the command line: `&["--sign-up", "closed"]`.
    pub async fn start_with(arguments: &[&str]) -> Self {
        watch::begin();
        let database = TestDatabase::fresh();
        let url = match &database.address {
            relais::db::Address::Sqlite(file) => format!("sqlite:{}", file.display()),
            relais::db::Address::Postgres(url) => url.clone(),
        };
        let mut line = vec![
            "relais",
            "--database-url",
            &url,
            "--database-connections",
            "4",
            "--rate-limit",
            "100000000",
            "--sign-in-rate-limit",
            "100000000",
        ];
        line.extend(arguments);
        let config = Settings::parse_from(line).config;
        let clock = Clock::default();
        let state = boot::state(&config, clock.clone()).await.expect("a state");
        let edge = boot::edge(&config, &state);
        let db = Db::open(&database.address, None, &config.limits()).expect("a second door");

        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let listening = Listening {
            workers: 2,
            shutdown_seconds: 1,
            cors_origins: config.cors_origins.clone(),
            connections: 1000,
            connections_per_address: config.connections_per_address as usize,
        };
        let (sender, receiver) = std::sync::mpsc::channel();
        let served = state.clone();
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let server = serve(listener, served, edge, &listening).expect("a server");
                sender.send(server.handle()).expect("a test that waits");
                server.await.expect("a server that stops when it is told");
            });
        });
        let handle = receiver.recv().expect("a handle");
        Self {
            address,
            clock,
            state,
            client: reqwest::Client::new(),
            db,
            database,
            config,
            handle,
            thread: Some(thread),
        }
    }

    /// What another server on the same database has, with the same settings and the same clock: one that was started
    /// again, or a second one.
    pub async fn another(&self) -> Data<State> {
        boot::state(&self.config, self.clock.clone())
            .await
            .expect("a state")
    }

    /// A new person with an account, signed in.
    pub async fn person(&self, name: &str) -> Person {
        Person::join(self, name).await
    }

    /// A team with members in these roles, in this order. There is always an owner besides, unless one is
    /// among them.
    pub async fn team_with<const N: usize>(&self, roles: [&str; N]) -> [Member; N] {
        let founder = self.person("Olga Owner").await;
        let owner = founder.found_team("Community", "COM").await;
        let mut founder = Some(owner.clone());
        let mut members = Vec::new();
        for (index, role) in roles.into_iter().enumerate() {
            let member = match (role, founder.take()) {
                ("owner", Some(owner)) => owner,
                ("owner", None) => panic!("one owner is enough"),
                (role, kept) => {
                    founder = kept;
                    let person = self.person(&format!("{role} {index}")).await;
                    owner.invite(&person, role).await
                }
            };
            members.push(member);
        }
        members
            .try_into()
            .unwrap_or_else(|_| unreachable!("as many members as roles"))
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        // The command is sent by the call; nobody needs to wait on what it returns.
        drop(self.handle.stop(false));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        if !std::thread::panicking() {
            watch::nothing_got_out();
        }
    }
}
