//! `relais demo`: something to look at, made once.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::program::{Program, empty_database, finish};

const PLAN: &str = include_str!("../../../data/kubernetes-1.30-release.csv");

#[tokio::test]
async fn the_demo_is_made_once_and_can_be_looked_at() {
    let program = Program::new();
    let (url, _database) = empty_database(&program);
    let said = program.succeed(&["demo", "--database-url", &url]);
    for part in [
        "8 people",
        "8 delegations",
        "6 time entries",
        "2 more wait",
        "45000 EUR cents",
        "lead@relais.example",
        "kubernetes-1.30",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert_eq!(said.matches("curl -s ").count(), 4, "{said}");

    let server = program.serve(&["--database-url", &url]);
    let client = reqwest::Client::new();
    let session = client
        .post(format!("{}/v1/sessions", server.address))
        .json(&json!({"email": "lead@relais.example", "password": "kubernetes-1.30"}))
        .send()
        .await
        .unwrap();
    let session: Value = session.json().await.unwrap();
    let token = session["access_token"].as_str().expect("a token");
    let get = async |path: &str| -> Value {
        let asked = client
            .get(format!("{}/v1{path}", server.address))
            .bearer_auth(token);
        asked.send().await.unwrap().json().await.unwrap()
    };
    // What was made, and made once.
    let teams = get("/teams").await;
    assert_eq!(teams["items"].as_array().map(Vec::len), Some(1), "{teams}");
    let team = teams["items"][0]["id"].as_str().expect("an id");
    let events = get(&format!("/teams/{team}/events")).await;
    assert_eq!(events["items"][0]["status"], "scheduled", "{events}");
    let event = events["items"][0]["id"].as_str().expect("an id");
    let seats = get(&format!("/teams/{team}/events/{event}/seats")).await;
    assert_eq!(seats["confirmed"], 5, "{seats}");
    assert_eq!(seats["waiting"], 3, "{seats}");
    let campaigns = get(&format!("/teams/{team}/campaigns?q=KubeCon")).await;
    let campaign = campaigns["items"][0]["id"].as_str().expect("an id");
    let money = get(&format!("/teams/{team}/campaigns/{campaign}/money")).await;
    assert_eq!(money["total"]["planned_minor"], 240_000, "{money}");
    assert_eq!(money["total"]["forecast_minor"], 120_000, "{money}");
    assert_eq!(money["total"]["spent_minor"], 45_000, "{money}");
    check_plan(&get, team).await;
    check_ahead(&get, team).await;

    // The second run changes nothing, and says again what to paste: here, where this server is.
    let tag = async || -> String {
        let list = format!("{}/v1/teams/{team}/campaigns", server.address);
        let answer = client.get(list).bearer_auth(token).send().await.unwrap();
        answer.headers()["etag"].to_str().unwrap().to_owned()
    };
    let before = tag().await;
    let place = server.address.trim_start_matches("http://");
    let again = program.succeed(&["demo", "--database-url", &url, "--listen", place]);
    assert!(again.contains("nothing was changed"), "{again}");
    assert_eq!(tag().await, before, "the team's revision");
    assert_eq!(get("/teams").await, teams);
    let lines: Vec<&str> = again
        .lines()
        .filter(|line| line.contains("curl -s "))
        .collect();
    assert_eq!(lines.len(), 4, "{again}");
    let mut shell = Command::new("sh");
    shell
        .args(["-e", "-c", &lines.join("\n")])
        .current_dir(program.folder.path())
        .stdin(Stdio::null());
    let pasted = finish(shell);
    assert!(pasted.status.success(), "{pasted:?}");
    let answers: Vec<Value> = serde_json::Deserializer::from_slice(&pasted.stdout)
        .into_iter()
        .collect::<Result<_, _>>()
        .expect("two answers (with curl)");
    let [waiting, tasks] = answers.as_slice() else {
        panic!("{answers:?}");
    };
    assert_ne!(waiting["items"], json!([]), "{waiting}");
    assert_eq!(tasks["items"].as_array().map(Vec::len), Some(3), "{tasks}");
    let picture = std::fs::read_to_string(program.folder.path().join("workload.svg")).unwrap();
    assert!(picture.starts_with("<svg "), "{picture}");
    assert!(picture.contains("Jonas Weber") && picture.contains(" too much."));
    assert!(!picture.contains("is unknown;"), "{picture}");
}

/// The plan as it was put in: phases are milestones, roles are what people do, and delegations are in every state.
async fn check_plan(get: &impl AsyncFn(&str) -> Value, team: &str) {
    let texts = |page: &Value, member: &str| -> BTreeSet<String> {
        let items = page["items"].as_array().expect("items").iter();
        items
            .filter_map(|item| item[member].as_str().map(str::to_owned))
            .collect()
    };
    let phases: BTreeSet<String> = PLAN
        .lines()
        .skip(1)
        .filter_map(|row| row.rsplit(',').next())
        .filter(|phase| !phase.is_empty())
        .map(str::to_owned)
        .collect();
    let milestones = get(&format!("/teams/{team}/milestones?limit=100")).await;
    assert_eq!(texts(&milestones, "name"), phases);
    let members = get(&format!("/teams/{team}/members?limit=100")).await;
    let expected = [
        "Lead",
        "Enhancements Lead",
        "Release Notes Lead",
        "Branch Manager",
        "Docs Lead",
        "Comms Lead",
        "Comms",
        "Release Signal",
    ];
    let expected: BTreeSet<String> = expected.map(str::to_owned).into();
    assert_eq!(texts(&members, "job_title"), expected);
    let delegations = get(&format!("/teams/{team}/delegations?limit=100")).await;
    let expected = [
        "accepted",
        "confirmed",
        "countered",
        "declined",
        "offered",
        "returned",
        "submitted",
    ];
    let expected: BTreeSet<String> = expected.map(str::to_owned).into();
    assert_eq!(texts(&delegations, "state"), expected);
    let campaigns = get(&format!("/teams/{team}/campaigns")).await;
    assert_eq!(campaigns["items"][0]["status"], "active", "{campaigns}");
    // KubeCon is a period: days on which the team does not work, and a row of the plan.
    let march = format!("/teams/{team}/holidays?from=2024-03-01&to=2024-03-31");
    let away = get(&march).await;
    let [away] = away["items"].as_array().expect("items").as_slice() else {
        panic!("{away}");
    };
    let expected = json!({"name": "KubeCon EU", "first_on": "2024-03-19", "last_on": "2024-03-22"});
    for (member, value) in expected.as_object().expect("members") {
        assert_eq!(&away[member], value, "{away}");
    }
    let row = get(&format!("/teams/{team}/tasks?q=KubeCon")).await;
    assert_eq!(row["items"][0]["starts_on"], "2024-03-19", "{row}");
    assert_eq!(row["items"][0]["due_on"], "2024-03-22", "{row}");
    let done = format!("/teams/{team}/tasks?status=done&include_total=true");
    assert_eq!(get(&done).await["total"], 2, "what was confirmed is done");
}

/// What lies ahead: everybody's time is known, one has too much to do and one has a lot of room, somebody is away, and all
/// licences are taken while somebody asks for one more.
async fn check_ahead(get: &impl AsyncFn(&str) -> Value, team: &str) {
    let today = chrono::Utc::now().date_naive();
    let monday = today.week(chrono::Weekday::Mon).first_day();
    let range = format!("from={monday}&to={}", monday + chrono::Days::new(27));
    let workload = get(&format!("/teams/{team}/workload?{range}")).await;
    let members = workload["members"].as_array().expect("members");
    let minutes = |name: &str, series: &str| -> i64 {
        let of = |one: &&Value| one["display_name"] == name;
        let member = members.iter().find(of).expect("a member");
        let series = member[series].as_array().expect("a series").iter();
        series.map(|one| one.as_i64().expect("known")).sum()
    };
    assert_eq!(members.len(), 8);
    for member in members {
        assert_eq!(member["unknown_days"], 0, "{member}");
        assert_ne!(
            minutes(member["display_name"].as_str().unwrap(), "capacity_minutes"),
            0
        );
    }
    assert!(minutes("Jonas Weber", "over_minutes") > 60, "{workload}");
    let room = minutes("Émile Roux", "free_minutes");
    assert!(
        room * 4 > minutes("Émile Roux", "capacity_minutes") * 3,
        "{workload}"
    );

    let conflicts = get(&format!("/teams/{team}/conflicts?{range}")).await;
    let conflicts = conflicts["items"].as_array().expect("items");
    let of_jonas = |one: &Value| one["resource_name"] == "Jonas Weber";
    assert!(
        !conflicts.is_empty() && conflicts.iter().all(of_jonas),
        "{conflicts:?}"
    );
    let absences = get(&format!("/teams/{team}/absences?state=approved")).await;
    assert!(
        absences["items"][0]["substitute_id"].is_string(),
        "{absences}"
    );
    let holidays = get(&format!("/teams/{team}/holidays?{range}")).await;
    assert_eq!(
        holidays["items"].as_array().map(Vec::len),
        Some(1),
        "{holidays}"
    );
    let of_licence = async |state: &str| -> Value {
        let list =
            format!("/teams/{team}/allocations?kind=licence&include_total=true&state={state}");
        get(&list).await["total"].clone()
    };
    assert_eq!(of_licence("approved").await, 2);
    assert_eq!(of_licence("requested").await, 1);
    let timers = get(&format!("/teams/{team}/time-entries?is_running=true")).await;
    assert_eq!(
        timers["items"].as_array().map(Vec::len),
        Some(1),
        "{timers}"
    );
    let open = get(&format!("/teams/{team}/tasks?q=security&limit=1")).await;
    let task = open["items"][0]["id"].as_str().expect("a task");
    let candidates = get(&format!("/teams/{team}/tasks/{task}/candidates")).await;
    assert_eq!(
        candidates["candidates"][0]["display_name"], "Émile Roux",
        "{candidates}"
    );
}
