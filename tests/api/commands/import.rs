//! `relais import`: a plan goes in from the server's own machine, as somebody, while the server runs.

use serde_json::{Value, json};

use super::program::{Program, one_line};
use crate::vocabulary::{Member, TestApp};

const PLAN: &str = "Aufgabe;role;due;phase\nCut the branch;Docs;2026-03-02;week 1\nAnnounce;Comms Lead;2026-03-03;week 1\n";

/// The program beside a running server, and a file to import.
struct Desk {
    program: Program,
    url: String,
}

impl Desk {
    fn beside(app: &TestApp) -> Self {
        Self {
            program: Program::new(),
            url: app.database.url(),
        }
    }

    fn file(&self, table: impl AsRef<[u8]>) -> &Self {
        std::fs::write(self.program.folder.path().join("plan.csv"), table).unwrap();
        self
    }

    fn import(&self, who: &Member, campaign: &str, more: &[&str]) -> std::process::Output {
        let mut line = vec![
            "import",
            "plan.csv",
            "--team",
            "com",
            "--campaign",
            campaign,
        ];
        line.extend(["--as", &who.person.email, "--database-url", &self.url]);
        line.extend(more);
        self.program.run(&line)
    }

    #[track_caller]
    fn succeed(&self, who: &Member, campaign: &str, more: &[&str]) -> String {
        let output = self.import(who, campaign, more);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{error}");
        assert_eq!(error, "");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    #[track_caller]
    fn fail(&self, who: &Member, campaign: &str, more: &[&str]) -> (String, String) {
        let output = self.import(who, campaign, more);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        (one_line(&output), said)
    }
}

async fn campaign(lead: &Member, name: &str) -> String {
    let made = lead.post("/campaigns", json!({"name": name})).await;
    made.created()["id"].as_str().unwrap().to_owned()
}

async fn sessions(who: &Member) -> usize {
    let page = who.person.get("/v1/me/sessions").await.ok();
    page["items"].as_array().map_or(0, Vec::len)
}

#[track_caller]
fn says(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is missing in:\n{text}");
    }
}

#[tokio::test]
async fn a_plan_goes_in_and_again_changes_nothing() {
    let app = TestApp::start().await;
    let [lead, docs] = app.team_with(["lead", "member"]).await;
    docs.patch("/members/me", json!({"job_title": "Docs"}))
        .await
        .ok();
    let id = campaign(&lead, "Kubernetes 1.30").await;
    let desk = Desk::beside(&app);
    desk.file(PLAN);
    let map = ["--map", "title=Aufgabe"];

    let tried = desk.succeed(&lead, "kubernetes 1.30", &[map[0], map[1], "--dry-run"]);
    says(
        &tried,
        &[
            "2 rows: 2 would be made",
            "week 1  (new)",
            "Comms Lead",
            "row 3",
            "without --dry-run",
        ],
    );
    assert!(lead.all("/tasks").await.is_empty());

    let done = desk.succeed(&lead, "Kubernetes 1.30", &map);
    says(&done, &["2 rows: 2 made (COM-1 to COM-2)", &id, "role:…"]);
    let tasks = lead.all("/tasks?sort=created_at").await;
    let titles: Vec<&Value> = tasks.iter().map(|task| &task["title"]).collect();
    assert_eq!(titles.len(), 2, "{titles:?}");
    assert!(
        tasks
            .iter()
            .any(|task| task["assignee_id"] == json!(docs.id))
    );
    let by: Vec<Value> = lead
        .all("/changes?kind=task")
        .await
        .iter()
        .map(|line| line["actor_id"].clone())
        .collect();
    assert_eq!(by, [json!(lead.id), json!(lead.id)], "as the lead");

    says(
        &desk.succeed(&lead, &id, &map),
        &["2 rows: 0 made, 0 changed, 2 unchanged"],
    );
    desk.file(PLAN.replace("2026-03-02", "2026-03-09"));
    says(
        &desk.succeed(&lead, &id, &map),
        &["row 2     COM-1: due_on", "1 changed"],
    );
    assert_eq!(sessions(&lead).await, 1, "what the command began has ended");
}

#[tokio::test]
async fn refused_rows_are_named_and_nothing_is_kept() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    campaign(&lead, "Spring").await;
    let desk = Desk::beside(&app);
    desk.file("title,due\nA,2026-03-02\nB,02.03.2026\n,2026-03-04\n");
    for more in [&["--dry-run"][..], &[]] {
        let (line, said) = desk.fail(&lead, "Spring", more);
        says(&line, &["2 of 3 rows are refused", "nothing was imported"]);
        says(
            &said,
            &[
                "row 3     due: A date such as",
                "row 4     title: A task needs a title.",
                "1 would be made",
                "2 refused",
            ],
        );
    }
    assert!(lead.all("/tasks").await.is_empty());
    assert_eq!(sessions(&lead).await, 1, "ended here too");
}

#[tokio::test]
async fn the_role_decides_as_over_http() {
    let app = TestApp::start().await;
    let [lead, member] = app.team_with(["lead", "member"]).await;
    campaign(&lead, "Spring").await;
    let desk = Desk::beside(&app);
    desk.file("title\nA\n");
    let (line, _) = desk.fail(&member, "Spring", &[]);
    says(&line, &["import:run", "lead"]);
    assert_eq!(sessions(&member).await, 1);
    let stranger = app
        .person("Stranger")
        .await
        .found_team("Others", "OTH")
        .await;
    let (line, _) = desk.fail(&stranger, "Spring", &[]);
    says(&line, &["no team com", "the teams are OTH"]);
    let mut nobody = lead.clone();
    nobody.person.email = "nobody@canary.example".to_owned();
    let (line, _) = desk.fail(&nobody, "Spring", &[]);
    says(&line, &["nobody has an account as nobody@canary.example"]);
    let disable = [
        "account",
        "disable",
        &lead.person.email,
        "--database-url",
        &desk.url,
    ];
    desk.program.succeed(&disable);
    let (line, _) = desk.fail(&lead, "Spring", &[]);
    says(&line, &["disabled"]);
}

#[tokio::test]
async fn what_is_meant_is_asked_for_in_one_line() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let desk = Desk::beside(&app);
    let (line, _) = desk.fail(&lead, "Spring", &[]);
    says(&line, &["plan.csv", "No such file"]);
    desk.file("name of it,b\nA,B\n");
    let (line, _) = desk.fail(&lead, "Spring", &[]);
    says(
        &line,
        &["no campaign", "there are no campaigns", "POST /v1/teams/"],
    );
    let first = campaign(&lead, "Spring").await;
    let second = campaign(&lead, "Spring").await;
    campaign(&lead, "Summer").await;
    let (line, _) = desk.fail(&lead, "Spring", &[]);
    says(&line, &["several campaigns", &first, &second]);
    let (line, _) = desk.fail(&lead, "Autumn", &[]);
    says(&line, &["Spring", "Summer"]);
    let (line, _) = desk.fail(&lead, "Summer", &[]);
    says(&line, &["title", "Say which column", "name of it"]);
    let (line, _) = desk.fail(&lead, "Summer", &["--map", "title=Task"]);
    says(&line, &["title", "no such column", "name of it"]);
    says(
        &desk.succeed(&lead, "Summer", &["--map", "title=name of it"]),
        &["1 made (COM-1)", "b                   (not read)"],
    );
    desk.file(b"title\n\xff\n");
    let (line, _) = desk.fail(&lead, "Summer", &[]);
    says(&line, &["UTF-8"]);

    let (line, _) = desk.fail(&lead, "Summer", &["--map", "colour=b"]);
    says(&line, &["the fields are title, description"]);
}

#[test]
fn the_help_tells_a_stranger_how() {
    let help = Program::new().succeed(&["import", "--help"]);
    says(
        &help,
        &[
            "--team",
            "--campaign",
            "--as",
            "--map",
            "--dry-run",
            "Example:",
            "no password",
        ],
    );
}
