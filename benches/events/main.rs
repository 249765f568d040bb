//! What online events cost, on one machine, in one run; figures for the README.
//!
//!     cargo bench --bench events
//!     .ci/postgres cargo bench --bench events          (without --fast: the disk is waited for)
//!
//! It starts the release build of `relais` as a child process on a database of its own and a mail server that takes
//! everything, and sends closed loops of requests over 16 connections, as the other benchmark does.
#![allow(
    missing_docs,
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::print_stdout,
    reason = "a measurement stops where something is not as it expects; what it shares with the other one it need not use whole"
)]

#[path = "../http/load.rs"]
mod load;
mod mailbox;
#[path = "../http/server.rs"]
mod server;

use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use clap::Parser;
use serde_json::{Value, json};

use load::{Connection, Figures, Requests, request, sign_up, text};
use mailbox::Mailbox;
use server::{Place, Server};

/// Measures online events.
#[derive(Parser)]
struct Arguments {
    /// How many registrations the large event has
    #[arg(long, default_value_t = 20_000)]
    registrations: usize,
    /// How many events the calendar has
    #[arg(long, default_value_t = 1_000)]
    events: usize,
    /// How many people are reminded
    #[arg(long, default_value_t = 5_000)]
    reminders: usize,
    /// How long each measurement takes, in seconds
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    /// How many connections send at once
    #[arg(long, default_value_t = 16)]
    connections: usize,
    /// A PostgreSQL to make a database in [default: SQLite]
    #[arg(long, env = "RELAIS_TEST_DATABASE_URL")]
    database_url: Option<String>,
    /// The program, to compare with another build of it
    #[arg(long, default_value = env!("CARGO_BIN_EXE_relais"))]
    binary: PathBuf,
    /// Said by `cargo bench`
    #[arg(long, hide = true)]
    bench: bool,
}

/// What every step needs.
struct Bench {
    arguments: Arguments,
    server: Server,
    token: String,
    team: String,
}

fn main() {
    let arguments = Arguments::parse();
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(measure(arguments));
}

async fn measure(arguments: Arguments) {
    let mailbox = Mailbox::open();
    let mut place = match &arguments.database_url {
        Some(url) => Place::postgres(arguments.binary.clone(), url),
        None => Place::sqlite(arguments.binary.clone()),
    };
    place.arguments = vec![
        "--smtp-url".to_owned(),
        format!("smtp://{}?tls=none", mailbox.address),
        "--mail-from".to_owned(),
        "no-reply@relais.example".to_owned(),
    ];
    println!("## Online events on {}\n", place.name());
    let server = Server::start(&place);
    let token = sign_up(server.address).await;
    let mut connection = Connection::open(server.address).await;
    let body = json!({"name": "Measured", "key": "MEAS", "time_zone": "UTC"});
    let (team, _) = connection
        .ask(&request(
            "POST",
            "/v1/teams",
            Some(&token),
            &[],
            Some(&body),
        ))
        .await;
    let bench = Bench {
        team: format!("/v1/teams/{}", text(&team["id"])),
        arguments,
        server,
        token,
    };
    println!("| | requests/s | p50 ms | p99 ms |\n|---|---:|---:|---:|");
    bench.registrations().await;
    bench.lists(&place).await;
    bench.calendar().await;
    bench.reminders(&mailbox).await;
    bench.server.stop();
}

impl Bench {
    async fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let path = format!("{}{path}", self.team);
        let mut connection = Connection::open(self.server.address).await;
        let request = request(method, &path, Some(&self.token), &[], body);
        connection.ask(&request).await.0
    }

    /// A scheduled event; answers its path below the team.
    async fn event(&self, starts: DateTime<Utc>, besides: &Value) -> String {
        let mut body = json!({"title": "Office hours", "kind": "webinar", "starts": wall(starts), "ends": wall(starts + TimeDelta::hours(1)),
            "registration": {"mode": "open", "reminder_minutes": []}});
        for (name, value) in besides.as_object().expect("an object") {
            body[name] = value.clone();
        }
        let event = self.ask("POST", "/events", Some(&body)).await;
        let path = format!("/events/{}", text(&event["id"]));
        self.ask("PATCH", &path, Some(&json!({"status": "scheduled"})))
            .await;
        path
    }

    /// Lists of registrations by hand, one for each connection, `each` long and none twice.
    fn people(&self, event: &str, tag: &str, each: usize) -> Vec<Requests> {
        let path = format!("{}{event}/registrations", self.team);
        (0..self.arguments.connections)
            .map(|connection| {
                let list = (0..each).map(|number| {
                    let email = format!("{tag}-{connection}-{number}@example.org");
                    let body =
                        json!({"name": "Ada Lovelace", "email": email, "utm_source": "newsletter"});
                    request("POST", &path, Some(&self.token), &[], Some(&body))
                });
                Rc::new(list.collect())
            })
            .collect()
    }

    async fn load(&self, what: &str, status: u16, requests: &[Requests]) -> Figures {
        let time = Duration::from_secs_f64(self.arguments.seconds);
        let mut places = vec![0; requests.len()];
        let figures = load::run(self.server.address, requests, &mut places, status, time).await;
        println!(
            "| {what} | {:.0} | {:.2} | {:.2} |",
            figures.rate(),
            figures.percentile(50),
            figures.percentile(99)
        );
        figures
    }

    async fn same(&self, what: &str, path: &str, headers: &[(&str, &str)], status: u16) {
        let one = request("GET", path, Some(&self.token), headers, None);
        let list: Requests = Rc::new(vec![one]);
        self.load(what, status, &vec![list; self.arguments.connections])
            .await;
    }

    /// Registrations for one event that is soon full: the first 100 have a place, the others wait.
    async fn registrations(&self) {
        let event = self.event(in_a_year(), &json!({"capacity": 100})).await;
        let people = self.people(&event, "crowd", 20_000);
        self.load("register for a full event", 201, &people).await;
        let seats = self.ask("GET", &format!("{event}/seats"), None).await;
        assert_eq!(seats["confirmed"], 100, "never over capacity: {seats}");
    }

    /// The list of many registrations against that of few.
    async fn lists(&self, place: &Place) {
        let large = self.event(in_a_year(), &json!({})).await;
        let small = self.event(in_a_year(), &json!({})).await;
        for (event, count, tag) in [
            (&large, self.arguments.registrations, "large"),
            (&small, 500, "small"),
        ] {
            let each = count.div_ceil(self.arguments.connections);
            self.fill(&self.people(event, tag, each)).await;
        }
        place.analyse();
        for (event, what) in [
            (&large, "list 50 of the large event's registrations"),
            (&small, "list 50 of 500 registrations"),
        ] {
            let path = format!("{}{event}/registrations?limit=50", self.team);
            self.same(what, &path, &[], 200).await;
        }
    }

    /// Sends each request once.
    async fn fill(&self, requests: &[Requests]) {
        for list in requests {
            let mut connection = Connection::open(self.server.address).await;
            for request in list.iter() {
                connection.ask(request).await;
            }
        }
    }

    /// A calendar with many events.
    async fn calendar(&self) {
        for number in 0..self.arguments.events {
            let days = i64::try_from(number % 300).expect("a small number");
            self.event(in_a_year() + TimeDelta::days(days), &json!({}))
                .await;
        }
        let body = json!({"scope": "team", "label": "Measured"});
        let feed = self.ask("POST", "/calendar-feeds", Some(&body)).await;
        let path = format!("/v1/public/calendars/{}.ics", text(&feed["secret"]));
        let mut connection = Connection::open(self.server.address).await;
        let (_, etag) = connection
            .ask(&request("GET", &path, None, &[], None))
            .await;
        let what = format!("calendar feed with {} events", self.arguments.events);
        self.same(&what, &path, &[], 200).await;
        let etag = etag.expect("a tag");
        let known = [("if-none-match", etag.as_str())];
        self.same("the same, unchanged: 304", &path, &known, 304)
            .await;
    }

    /// Many people are reminded of one event at the same moment.
    async fn reminders(&self, mailbox: &Mailbox) {
        let count = self.arguments.reminders;
        // Those of the earlier measurements first.
        mailbox.quiet().await;
        let (before, _) = self.server.memory();
        let starts = Utc::now() + TimeDelta::hours(2);
        let event = self.event(starts, &json!({})).await;
        let each = count.div_ceil(self.arguments.connections);
        self.fill(&self.people(&event, "reminded", each)).await;
        // However long the confirmations take, the moment of the reminder comes after them.
        mailbox.quiet().await;
        let confirmations = mailbox.count();
        let minutes = (starts - Utc::now()).num_minutes();
        let rules = json!({"registration": {"reminder_minutes": [minutes]}});
        self.ask("PATCH", &event, Some(&rules)).await;
        let due = starts - TimeDelta::minutes(minutes) - Utc::now();
        tokio::time::sleep(due.to_std().unwrap_or_default()).await;
        let due = Instant::now();
        let wanted = confirmations + each * self.arguments.connections;
        let mut first = None;
        while mailbox.count() < wanted && due.elapsed() < Duration::from_secs(300) {
            if first.is_none() && mailbox.count() > confirmations {
                first = Some(Instant::now());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let started = first.unwrap_or(due);
        let (after, peak) = self.server.memory();
        println!(
            "\n{} of {} reminders sent in {:.1} s, the first {:.1} s after its moment; resident memory {} MiB before, {} MiB after, {} MiB at the highest",
            mailbox.count() - confirmations,
            each * self.arguments.connections,
            started.elapsed().as_secs_f64(),
            (started - due).as_secs_f64(),
            before / 1024,
            after / 1024,
            peak / 1024
        );
    }
}

fn in_a_year() -> DateTime<Utc> {
    Utc::now() + TimeDelta::days(365)
}

fn wall(at: DateTime<Utc>) -> Value {
    json!({"local": at.format("%Y-%m-%dT%H:%M:%S").to_string(), "time_zone": "UTC"})
}
