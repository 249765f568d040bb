//! What the server does in a second, on one machine, in one run; figures for the README.
//!
//!     cargo bench --bench http
//!     .ci/postgres cargo bench --bench http          (without --fast: the disk is waited for)
//!
//! It starts the release build of `relais` as a child process on a database of its own, fills one team with 50,000
//! tasks and another with 500, all through the API, and then sends closed loops of requests over 16 connections.
//! Reads are measured in turns (a slice of each, then again), so that a moment in which the machine is busy with
//! something else touches all of them.
//!
//! The surprising rule: what counts are the ratios. Server and load generator share the machine; the rates are lower
//! than a server of its own would have, and "CPU" (what the server itself used for a request) is the steadier figure.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::print_stdout,
    reason = "a measurement stops where something is not as it expects"
)]

mod load;
mod measurement;
mod server;

use std::fmt::Write as _;
use std::fs;
use std::io::{Seek as _, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant};

use clap::Parser;
use serde_json::{Value, json};

use load::{Connection, request, sign_up, text};
use measurement::{Measurement, take};
use server::{Place, Server};

/// Measures the server.
#[derive(Parser)]
struct Arguments {
    /// How many tasks the large team has
    #[arg(long, default_value_t = 50_000)]
    tasks: usize,
    /// How long each measurement takes in all, in seconds
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    /// How many connections send at once
    #[arg(long, default_value_t = 16)]
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
    /// Only measurements whose name contains this
    #[arg(long, default_value = "")]
    only: String,
    /// Said by `cargo bench`
    #[arg(long, hide = true)]
    bench: bool,
}

const HEALTH: &str = "`GET /healthz`";
const GET: &str = "get a task by id";
const FIRST: &str = "list 50 of the large team, first page";
const LAST: &str = "list 50 of the large team, last page";
const SMALL: &str = "list 50 of the small team (500)";
const UNCHANGED: &str = "list of the large team, unchanged: 304";
const CREATE: &str = "create a task";
const ONE_BY_ONE: &str = "create a task, one by one";
const PATCH: &str = "patch a status";

/// Filtered and sorted, as a list of open work is.
const LIST: &str = "tasks?status=todo&sort=due_on&limit=50";

/// A team that is filled.
struct Team {
    path: String,
    /// Tasks that are `todo`.
    waiting: Vec<String>,
    /// All tasks.
    all: Vec<String>,
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
    let place = match &arguments.database_url {
        Some(server) => Place::postgres(arguments.binary.clone(), server),
        None => Place::sqlite(arguments.binary.clone()),
    };
    println!("{}", heading(&arguments, &place));

    let server = Server::start(&place);
    let token = sign_up(server.address).await;
    let started = Instant::now();
    let large = fill(server.address, &token, "LARGE", arguments.tasks).await;
    let small = fill(server.address, &token, "SMALL", 500).await;
    let count = large.all.len() + small.all.len();
    eprintln!("{count} tasks made in {:.1?}", started.elapsed());
    server.stop();
    place.analyse();

    let mut starts: Vec<Duration> = (0..10)
        .map(|_| {
            let (server, time) = Server::start_timed(&place);
            server.stop();
            time
        })
        .collect();
    starts.sort_unstable();

    let server = Server::start(&place);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let (idle, _) = server.memory();
    eprintln!("the server is process {}", server.id());

    let mut reads = reads(&arguments, server.address, &token, &large, &small).await;
    reads.retain(|one| one.name.contains(&arguments.only));
    let turns = (arguments.turns, arguments.seconds);
    take(&server, turns, &mut reads).await;
    let mut writes = writes(&arguments, &token, &large);
    writes.retain(|one| one.name.contains(&arguments.only));
    take(&server, turns, &mut writes).await;
    let (loaded, peak) = server.memory();
    server.stop();

    let mut all = reads;
    all.extend(writes);
    println!("{}", figures(&all));
    println!("{}", memory_and_start(idle, loaded, peak, &starts));
    println!("{}", ratios(&place, &all, idle, &starts));
    println!("load average at the end: {}", load_average());
}

// ---------------------------------------------------------------- what is in the database

/// Makes a team with ten campaigns and so many tasks: half of them `todo`, a quarter `in_progress`, a quarter `done`;
/// due on days over two years, every twentieth on none.
async fn fill(address: SocketAddr, token: &str, key: &str, count: usize) -> Team {
    let mut connection = Connection::open(address).await;
    let team = json!({"name": key, "key": key, "time_zone": "Europe/Paris"});
    let (team, _) = connection
        .ask(&request("POST", "/v1/teams", Some(token), &[], Some(&team)))
        .await;
    let path = format!("/v1/teams/{}", text(&team["id"]));
    let mut campaigns = Vec::new();
    for number in 1..=10 {
        let campaign = json!({"name": format!("Campaign {number}")});
        let place = format!("{path}/campaigns");
        let (made, _) = connection
            .ask(&request("POST", &place, Some(token), &[], Some(&campaign)))
            .await;
        campaigns.push(text(&made["id"]));
    }
    let batch = format!("{path}/tasks/batch");
    let mut all: Vec<String> = Vec::with_capacity(count);
    while all.len() < count {
        let operations: Vec<Value> = (all.len()..count.min(all.len() + 100))
            .map(|number| task_to_seed(number, &campaigns))
            .collect();
        all.extend(change(&mut connection, token, &batch, operations).await);
    }
    for (status, part) in [
        ("in_progress", &[2, 3][..]),
        ("in_review", &[3]),
        ("done", &[3]),
    ] {
        let moving: Vec<&String> = (0..)
            .zip(&all)
            .filter(|(number, _)| part.contains(&(number % 4)))
            .map(|(_, id)| id)
            .collect();
        for ids in moving.chunks(100) {
            let operations = ids
                .iter()
                .map(|id| json!({"op": "update", "id": id, "status": status}))
                .collect();
            change(&mut connection, token, &batch, operations).await;
        }
    }
    let waiting = (0..)
        .zip(&all)
        .filter(|(number, _)| number % 4 < 2)
        .map(|(_, id)| id.clone())
        .collect();
    Team { path, waiting, all }
}

fn task_to_seed(number: usize, campaigns: &[String]) -> Value {
    let spread = number * 7919 % 730;
    let day = chrono::NaiveDate::from_ymd_opt(2026, 1, 1).expect("a date")
        + chrono::Days::new(u64::try_from(spread).expect("a small number"));
    let due_on = (!number.is_multiple_of(20)).then_some(day);
    let mut task = task_to_create();
    let members = task.as_object_mut().expect("an object");
    members.insert("op".to_owned(), json!("create"));
    members.insert(
        "title".to_owned(),
        json!(format!("Task {number} of a long list")),
    );
    members.insert("due_on".to_owned(), json!(due_on));
    members.insert(
        "campaign_id".to_owned(),
        json!(campaigns[number % campaigns.len()]),
    );
    task
}

fn task_to_create() -> Value {
    json!({
        "title": "Write the announcement and have it read",
        "description": "What is new, who did it, where to ask. Two paragraphs are enough; the release notes have the rest, and the blog post links to both of them.",
        "due_on": "2026-12-24",
        "estimate_minutes": 90,
        "priority": "high",
        "labels": ["release", "writing"]
    })
}

async fn change(
    connection: &mut Connection,
    token: &str,
    batch: &str,
    operations: Vec<Value>,
) -> Vec<String> {
    let body = json!({"operations": operations});
    let (done, _) = connection
        .ask(&request("POST", batch, Some(token), &[], Some(&body)))
        .await;
    let results = done["results"].as_array().expect("results");
    results
        .iter()
        .map(|result| text(&result["task"]["id"]))
        .collect()
}

// ---------------------------------------------------------------- what is measured

async fn reads(
    arguments: &Arguments,
    address: SocketAddr,
    token: &str,
    large: &Team,
    small: &Team,
) -> Vec<Measurement> {
    let connections = arguments.connections;
    let get = |path: &str| request("GET", path, Some(token), &[], None);
    let mut connection = Connection::open(address).await;
    let first = format!("{}/{LIST}", large.path);
    let (mut page, etag) = connection.ask(&get(&first)).await;
    // The last page that is full, to compare like with like.
    let mut last = first.clone();
    let mut pages = 1;
    while let Some(cursor) = page["next_cursor"].as_str() {
        let address = format!("{first}&cursor={cursor}");
        (page, _) = connection.ask(&get(&address)).await;
        pages += 1;
        if page["items"].as_array().map(Vec::len) == Some(50) {
            last = address;
        }
    }
    eprintln!("the list has {pages} pages");
    let etag = etag.expect("a list has an ETag");
    let unchanged = request(
        "GET",
        &first,
        Some(token),
        &[("If-None-Match", &etag)],
        None,
    );
    let by_id = (0..connections)
        .map(|number| {
            // Every connection asks for other tasks, from all over the table.
            let ids = (0..500).map(|n| (n * 7919 + number * 104_729) % large.all.len());
            let requests = ids.map(|at| get(&format!("{}/tasks/{}", large.path, large.all[at])));
            Rc::new(requests.collect())
        })
        .collect();
    let small = format!("{}/{LIST}", small.path);
    vec![
        Measurement::same(
            HEALTH,
            200,
            connections,
            request("GET", "/healthz", None, &[], None),
        ),
        Measurement::new(GET, 200, by_id),
        Measurement::same(FIRST, 200, connections, get(&first)),
        Measurement::same(LAST, 200, connections, get(&last)),
        Measurement::same(SMALL, 200, connections, get(&small)),
        Measurement::same(UNCHANGED, 304, connections, unchanged),
    ]
}

fn writes(arguments: &Arguments, token: &str, large: &Team) -> Vec<Measurement> {
    let place = format!("{}/tasks", large.path);
    let create = request("POST", &place, Some(token), &[], Some(&task_to_create()));
    let share = large.waiting.len() / arguments.connections;
    let patches = large
        .waiting
        .chunks(share.max(1))
        .take(arguments.connections)
        .map(|own| {
            let steps = ["in_progress", "in_review", "done", "todo"];
            let requests = steps.iter().flat_map(|status| {
                let patch = json!({"status": status});
                own.iter().take(500).map(move |id| {
                    let address = format!("{}/tasks/{id}", large.path);
                    request("PATCH", &address, Some(token), &[], Some(&patch))
                })
            });
            Rc::new(requests.collect())
        })
        .collect();
    vec![
        Measurement::same(CREATE, 201, arguments.connections, create.clone()),
        // One connection that waits for each answer: every task is a commit of its own, of the same statements.
        Measurement::same(ONE_BY_ONE, 201, 1, create),
        Measurement::new(PATCH, 200, patches),
    ]
}

// ---------------------------------------------------------------- what is printed

fn heading(arguments: &Arguments, place: &Place) -> String {
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    format!(
        "## {}: {} tasks, {} connections, {} s each in {} turns\n\n{processors} processors; {} waits for the disk a second; load average at the start: {}\n",
        place.name(),
        arguments.tasks,
        arguments.connections,
        arguments.seconds,
        arguments.turns,
        syncs_per_second(place),
        load_average()
    )
}

/// How often a second the disk under the temporary folder says that something is safe: the ceiling of single commits.
fn syncs_per_second(place: &Place) -> u32 {
    let path = place.folder.path().join("sync");
    let mut file = fs::File::create(&path).expect("a file");
    let (started, mut count) = (Instant::now(), 0_u32);
    while started.elapsed() < Duration::from_secs(1) {
        file.rewind().expect("a file");
        file.write_all(&[count.to_le_bytes()[0]; 8192])
            .expect("room on the disk");
        file.sync_data().expect("a disk");
        count += 1;
    }
    count
}

fn load_average() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace()
        .take(3)
        .collect::<Vec<_>>()
        .join(" ")
}

fn figures(all: &[Measurement]) -> String {
    let mut table =
        String::from("| | requests/s | p50 ms | p99 ms | CPU µs |\n|---|---:|---:|---:|---:|\n");
    for one in all {
        let figures = &one.figures;
        let _ = writeln!(
            table,
            "| {} | {:.0} | {:.2} | {:.2} | {:.0} |",
            one.name,
            figures.rate(),
            figures.percentile(50),
            figures.percentile(99),
            figures.processor / figures.count() * 1e6,
        );
    }
    table
}

fn memory_and_start(idle: u64, loaded: u64, peak: u64, starts: &[Duration]) -> String {
    let mib = |kib: u64| kib.div_ceil(1024);
    format!(
        "resident memory: {} MiB idle, {} MiB after the load, {} MiB at the highest\nstart to ready on this database: best {} ms, median {} ms of {}\n",
        mib(idle),
        mib(loaded),
        mib(peak),
        starts.first().map_or(0, Duration::as_millis),
        starts.get(starts.len() / 2).map_or(0, Duration::as_millis),
        starts.len(),
    )
}

fn ratios(place: &Place, all: &[Measurement], idle: u64, starts: &[Duration]) -> String {
    let rate = |name: &str| {
        all.iter()
            .find(|one| one.name == name)
            .map_or(f64::NAN, |one| one.figures.rate())
    };
    let median = starts
        .get(starts.len() / 2)
        .map_or(f64::NAN, Duration::as_secs_f64)
        * 1000.0;
    #[allow(clippy::cast_precision_loss)]
    let idle = idle as f64 / 1024.0;
    let only_sqlite = if place.is_postgres() {
        " (SQLite's target)"
    } else {
        ""
    };
    let rows = [
        (
            format!("creates against one by one{only_sqlite}"),
            rate(CREATE) / rate(ONE_BY_ONE),
            ">=",
            5.0,
        ),
        (
            "cost of the list in the large team against the small".to_owned(),
            rate(SMALL) / rate(FIRST),
            "<=",
            1.3,
        ),
        (
            "cost of the last page against the first (5% is noise)".to_owned(),
            rate(FIRST) / rate(LAST),
            "<=",
            1.05,
        ),
        (
            "304 against the list".to_owned(),
            rate(UNCHANGED) / rate(FIRST),
            ">=",
            3.0,
        ),
        (
            format!("get by id against `/healthz`{only_sqlite}"),
            rate(GET) / rate(HEALTH),
            ">=",
            1.0 / 3.0,
        ),
        ("MiB resident when idle".to_owned(), idle, "<=", 40.0),
        ("ms to start".to_owned(), median, "<=", 300.0),
    ];
    let mut table = String::from("| target | wanted | measured | |\n|---|---:|---:|---|\n");
    for (name, measured, relation, wanted) in rows {
        let holds = match relation {
            ">=" => measured >= wanted,
            _ => measured <= wanted,
        };
        let sign = if relation == ">=" { "≥" } else { "≤" };
        let verdict = if holds { "met" } else { "missed" };
        let _ = writeln!(
            table,
            "| {name} | {sign} {wanted:.2} | {measured:.2} | {verdict} |"
        );
    }
    table
}
