//! What it costs to say who and what is promised to what, and whether it fits, on one machine, in one run; figures for the
//! README.
//!
//!     cargo bench --bench capacity
//!     .ci/postgres cargo bench --bench capacity          (without --fast: the disk is waited for)
//!
//! It starts the release build of `relais` as a child process on a database of its own and fills three teams, all through the
//! API: a quarter, a half and the whole of 200 members with 5,000 allocations and 20,000 open tasks over a year. Then
//! it sends closed loops of requests over 8 connections.
//!
//! The surprising rule: a team in which nothing changes is the easy case, because what everybody has to do is kept in
//! memory until something does. So the dear reads are measured once more, each right after a change.
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
#[path = "../http/measurement.rs"]
mod measurement;
#[path = "../http/server.rs"]
mod server;
mod team;

use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant};

use clap::Parser;
use serde_json::{Value, json};

use load::{Connection, Figures, request, sign_up};
use measurement::{Measurement, take};
use server::{Place, Server};
use team::{Filling, Size, Team, day, people, pick};

/// Measures resource allocation.
#[derive(Parser)]
struct Arguments {
    /// How many members the largest team has
    #[arg(long, default_value_t = 200)]
    members: usize,
    /// How many allocations it has
    #[arg(long, default_value_t = 5_000)]
    allocations: usize,
    /// How many tasks it has
    #[arg(long, default_value_t = 20_000)]
    tasks: usize,
    /// How long each measurement takes in all, in seconds
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    /// How many connections send at once
    #[arg(long, default_value_t = 8)]
    connections: usize,
    /// In how many turns each measurement is taken
    #[arg(long, default_value_t = 5)]
    turns: usize,
    /// A PostgreSQL to make a database in [default: SQLite]
    #[arg(long, env = "RELAIS_TEST_DATABASE_URL")]
    database_url: Option<String>,
    /// The program, to compare with another build of it
    #[arg(long, default_value = env!("CARGO_BIN_EXE_relais"))]
    binary: PathBuf,
    /// Only measurements whose name contains this, and get by id
    #[arg(long, default_value = "")]
    only: String,
    /// Said by `cargo bench`
    #[arg(long, hide = true)]
    bench: bool,
}

const GET: &str = "get a task by id";
/// What is measured in each team, and how many times a get by id it may cost.
const MEASURED: [(&str, f64); 6] = [
    ("check one allocation that fits", 10.0),
    ("check one that does not, with ways out", 10.0),
    ("workload of a quarter by week", 50.0),
    ("workload of a quarter as a picture", 50.0),
    ("conflicts of a quarter", 50.0),
    ("candidates for a task", 50.0),
];
/// How many days a quarter has.
const QUARTER: usize = 91;
const SIZES: [(usize, &str); 3] = [(1, "a quarter"), (2, "half"), (4, "all")];

fn main() {
    let arguments = Arguments::parse();
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(measure(arguments));
}

async fn measure(arguments: Arguments) {
    let place = match &arguments.database_url {
        Some(url) => Place::postgres(arguments.binary.clone(), url),
        None => Place::sqlite(arguments.binary.clone()),
    };
    let whole = Size {
        members: arguments.members,
        allocations: arguments.allocations,
        tasks: arguments.tasks,
    };
    println!(
        "## {}: {} members, {} allocations, {} tasks over a year; {} connections, {} s each in {} turns\n",
        place.name(),
        whole.members,
        whole.allocations,
        whole.tasks,
        arguments.connections,
        arguments.seconds,
        arguments.turns
    );
    let server = Server::start(&place);
    let token = sign_up(server.address).await;
    let started = Instant::now();
    let people = people(server.address, whole.members - 1).await;
    let mut filling = Filling::begin(server.address, &token).await;
    let mut teams = Vec::new();
    for (quarters, _) in SIZES {
        let key = format!("SIZE{quarters}");
        teams.push(filling.team(&key, whole.quarters(quarters), &people).await);
    }
    eprintln!("three teams filled in {:.1?}", started.elapsed());
    server.stop();
    place.analyse();

    let server = Server::start(&place);
    let bench = Bench {
        connection: Connection::open(server.address).await,
        connections: arguments.connections,
        token,
    };
    bench.run(&arguments, &server, &teams).await;
    let (now, peak) = server.memory();
    println!(
        "resident memory: {} MiB after the load, {} MiB at the highest",
        now / 1024,
        peak / 1024
    );
    server.stop();
}

struct Bench {
    connection: Connection,
    connections: usize,
    token: String,
}

impl Bench {
    async fn run(mut self, arguments: &Arguments, server: &Server, teams: &[Team]) {
        let whole = teams.last().expect("teams");
        let mut all = vec![self.by_id(whole)];
        for (team, (_, size)) in teams.iter().zip(SIZES) {
            let (fitting, not) = self.checks(team).await;
            let quarter = format!("from={}&to={}", day(0), day(QUARTER - 1));
            let requests = [
                fitting,
                not,
                vec![self.get(&format!("{}/workload?{quarter}", team.path), &[])],
                vec![self.get(
                    &format!("{}/workload?{quarter}", team.path),
                    &[("accept", "image/svg+xml")],
                )],
                vec![self.get(&format!("{}/conflicts?{quarter}", team.path), &[])],
                self.candidates(team),
            ];
            for ((what, _), requests) in MEASURED.iter().zip(requests) {
                let name = format!("{what}, {size}");
                if name.contains(&arguments.only) {
                    all.push(self.measurement(&name, requests));
                }
            }
            let path = format!("{}/conflicts?{quarter}", team.path);
            let found = self.ask("GET", &path, None).await;
            eprintln!(
                "{} conflicts, all told: {}",
                found["items"].as_array().map_or(0, Vec::len),
                found["is_complete"]
            );
        }
        take(server, (arguments.turns, arguments.seconds), &mut all).await;
        let get = all[0].figures.percentile(50);
        println!("{}", figures(&all, get));
        println!("{}", growth(&all, teams));
        self.after_changes(whole).await;
    }

    fn get(&self, path: &str, headers: &[(&str, &str)]) -> Vec<u8> {
        request("GET", path, Some(&self.token), headers, None)
    }

    async fn ask(&mut self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let request = request(method, path, Some(&self.token), &[], body);
        self.connection.ask(&request).await.0
    }

    /// Every connection sends all of these, each beginning elsewhere.
    fn measurement(&self, name: &str, requests: Vec<Vec<u8>>) -> Measurement {
        let lists = (0..self.connections)
            .map(|connection| {
                let mut list = requests.clone();
                list.rotate_left(connection * requests.len() / self.connections);
                Rc::new(list)
            })
            .collect();
        Measurement::new(name, 200, lists)
    }

    fn by_id(&self, team: &Team) -> Measurement {
        let ids = (0..2_000).map(|number| &team.tasks[pick(number, 20, team.tasks.len())]);
        let requests = ids.map(|id| self.get(&format!("{}/tasks/{id}", team.path), &[]));
        self.measurement(GET, requests.collect())
    }

    fn candidates(&self, team: &Team) -> Vec<Vec<u8>> {
        let ids = (0..200).map(|number| &team.tasks[pick(number, 21, team.tasks.len())]);
        ids.map(|id| self.get(&format!("{}/tasks/{id}/candidates", team.path), &[]))
            .collect()
    }

    /// Questions about one more allocation, of people and of things, that fit, and that do not.
    async fn checks(&mut self, team: &Team) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
        let path = format!("{}/allocations/check", team.path);
        let (mut fitting, mut not) = (Vec::new(), Vec::new());
        for number in 0..400 {
            let first = pick(number, 22, 330);
            let much = number % 2 == 1;
            let mut change = json!({"op": "create", "campaign_id": team.campaign, "first_on": day(first),
                "last_on": day(first + 9)});
            if number % 4 < 3 {
                let member = pick(number, 23, team.members.len());
                change["resource_id"] = json!(team.members[member]);
                change["amount"] = json!({"minutes": if much { 4_000 } else { 120 }});
            } else {
                let thing = pick(number, 24, team.things.len() / 2);
                change["resource_id"] = json!(team.things[thing]);
                change["amount"] = json!({"units": if much && number % 8 == 7 { 5 } else { 1 }});
            }
            let body = json!({"changes": [change]});
            let answer = self.ask("POST", &path, Some(&body)).await;
            let request = request("POST", &path, Some(&self.token), &[], Some(&body));
            match answer["verdict"].as_str() {
                Some("fits") => fitting.push(request),
                Some("does_not_fit") => not.push(request),
                other => panic!("{other:?}: {answer}"),
            }
        }
        eprintln!("of 400 checks {} fit", fitting.len());
        (fitting, not)
    }

    /// The dear reads of a team in which somebody has just changed a task, one after the other.
    async fn after_changes(mut self, team: &Team) {
        let quarter = format!("from={}&to={}", day(0), day(QUARTER - 1));
        let reads = [
            (GET, format!("tasks/{}", team.tasks[1])),
            (
                "workload of a quarter by week",
                format!("workload?{quarter}"),
            ),
            ("conflicts of a quarter", format!("conflicts?{quarter}")),
            (
                "candidates for a task",
                format!("tasks/{}/candidates", team.tasks[1]),
            ),
        ];
        println!(
            "| right after a change, one connection | p50 ms | times a get by id |\n|---|---:|---:|"
        );
        let mut get = f64::NAN;
        for (turn, (name, path)) in reads.into_iter().enumerate() {
            let read = self.get(&format!("{}/{path}", team.path), &[]);
            let mut figures = Figures::default();
            for number in 0..30 {
                let task = &team.tasks[1 + pick(number, 25, team.tasks.len() / 40) * 40];
                let change = json!({"remaining_minutes": 30 + 100 * turn + number});
                let place = format!("{}/tasks/{task}", team.path);
                self.ask("PATCH", &place, Some(&change)).await;
                let before = Instant::now();
                let answer = self.connection.send(&read).await;
                assert_eq!(answer.status, 200);
                let micros = Instant::now().duration_since(before).as_micros();
                figures
                    .times
                    .push(u32::try_from(micros).unwrap_or(u32::MAX));
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            let median = figures.percentile(50);
            if name == GET {
                get = median;
            }
            println!("| {name} | {median:.2} | {:.1} |", median / get);
        }
        println!();
    }
}

fn figures(all: &[Measurement], get: f64) -> String {
    let mut table = String::from(
        "| | requests/s | p50 ms | p99 ms | CPU µs | times a get by id (p50) | wanted | |\n|---|---:|---:|---:|---:|---:|---:|---|\n",
    );
    for one in all {
        let times = one.figures.percentile(50) / get;
        let wanted = MEASURED
            .iter()
            .find(|(what, _)| one.name.starts_with(what))
            .map(|(_, wanted)| *wanted);
        let verdict = match wanted {
            Some(wanted) if times <= wanted => format!("≤ {wanted:.0} | met"),
            Some(wanted) => format!("≤ {wanted:.0} | missed"),
            None => "| ".to_owned(),
        };
        table.push_str(&format!(
            "| {} | {:.0} | {:.2} | {:.2} | {:.0} | {times:.1} | {verdict} |\n",
            one.name,
            one.figures.rate(),
            one.figures.percentile(50),
            one.figures.percentile(99),
            one.figures.processor / one.figures.count() * 1e6,
        ));
    }
    table
}

/// What the whole costs against a quarter of it: n log n is the bound.
fn growth(all: &[Measurement], teams: &[Team]) -> String {
    let cost = |team: &Team| {
        let count = team.size.count() as f64;
        count * count.ln()
    };
    let bound = cost(&teams[2]) / cost(&teams[0]);
    let mut table = String::from(
        "| p50 ms | a quarter | half | all | all against a quarter | n log n | |\n|---|---:|---:|---:|---:|---:|---|\n",
    );
    for (what, _) in MEASURED {
        let medians: Vec<f64> = SIZES
            .iter()
            .filter_map(|(_, size)| {
                let name = format!("{what}, {size}");
                let found = all.iter().find(|one| one.name == name);
                found.map(|one| one.figures.percentile(50))
            })
            .collect();
        if let [quarter, half, whole] = medians[..] {
            let grown = whole / quarter;
            let verdict = if grown <= bound { "met" } else { "missed" };
            table.push_str(&format!(
                "| {what} | {quarter:.2} | {half:.2} | {whole:.2} | {grown:.2} | ≤ {bound:.2} | {verdict} |\n"
            ));
        }
    }
    table
}
