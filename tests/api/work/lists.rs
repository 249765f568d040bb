//! Lists of tasks: filters, sorts, and pages while rows come in.

use chrono::TimeDelta;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::vocabulary::{Member, TestApp};

async fn task(member: &Member, body: Value) -> Value {
    member.post("/tasks", body).await.created()
}

async fn titles(member: &Member, path: &str) -> Vec<String> {
    member
        .all(path)
        .await
        .iter()
        .map(|task| task["title"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn every_filter_finds_what_it_says() {
    let app = TestApp::start().await;
    let [lead, other] = app.team_with(["lead", "member"]).await;
    let campaign = lead
        .post("/campaigns", json!({"name": "C"}))
        .await
        .created();
    let campaign = campaign["id"].as_str().unwrap();
    let milestone = lead
        .post("/milestones", json!({"campaign_id": campaign, "name": "M"}))
        .await
        .created();
    let milestone = milestone["id"].as_str().unwrap();
    let a = task(
        &lead,
        json!({"title": "Änderungen a", "milestone_id": milestone, "labels": ["x", "y"], "priority": "urgent",
            "starts_on": "2026-01-01", "due_on": "2026-01-10", "assignee_id": lead.id, "external_id": "E-1"}),
    )
    .await;
    let parent = a["id"].as_str().unwrap();
    task(
        &lead,
        json!({"title": "b", "description": "100% a_b", "campaign_id": campaign, "labels": ["y"], "parent_id": parent,
            "assignee_id": other.id, "accountable_id": other.id, "due_on": "2026-02-01",
            "participants": [{"member_id": lead.id, "role": "informed"}]}),
    )
    .await;
    task(&lead, json!({"title": "c", "priority": "low"})).await;
    lead.patch("/tasks/COM-3", json!({"status": "in_progress"}))
        .await
        .ok();
    let later = lead.get("/tasks/COM-3").await.ok()["updated_at"]
        .as_str()
        .unwrap()
        .to_owned();
    let (lead_id, other_id) = (&lead.id, &other.id);
    for (filter, expected) in [
        ("status=todo".to_owned(), vec!["Änderungen a", "b"]),
        (
            "status=todo,in_progress,todo".to_owned(),
            vec!["Änderungen a", "b", "c"],
        ),
        ("status=done".to_owned(), vec![]),
        (format!("campaign_id={campaign}"), vec!["Änderungen a", "b"]),
        ("campaign_id=none".to_owned(), vec!["c"]),
        (
            format!("campaign_id=none,{campaign}"),
            vec!["Änderungen a", "b", "c"],
        ),
        (format!("milestone_id={milestone}"), vec!["Änderungen a"]),
        ("milestone_id=none".to_owned(), vec!["b", "c"]),
        (format!("parent_id={parent}"), vec!["b"]),
        ("parent_id=none".to_owned(), vec!["Änderungen a", "c"]),
        ("assignee_id=me".to_owned(), vec!["Änderungen a"]),
        ("assignee_id=none".to_owned(), vec!["c"]),
        (format!("assignee_id=none,{other_id}"), vec!["b", "c"]),
        (format!("accountable_id={other_id}"), vec!["b"]),
        ("accountable_id=me".to_owned(), vec!["Änderungen a", "c"]),
        (format!("participant_id={lead_id}"), vec!["b"]),
        ("participant_id=me".to_owned(), vec!["b"]),
        ("label=x".to_owned(), vec!["Änderungen a"]),
        ("label=x,y".to_owned(), vec!["Änderungen a", "b"]),
        ("priority=low,urgent".to_owned(), vec!["Änderungen a", "c"]),
        ("external_id=E-1".to_owned(), vec!["Änderungen a"]),
        (
            "due_on_gte=2026-01-10".to_owned(),
            vec!["Änderungen a", "b"],
        ),
        ("due_on_lt=2026-02-01".to_owned(), vec!["Änderungen a"]),
        (
            "starts_on_gte=2026-01-01&starts_on_lt=2026-01-02".to_owned(),
            vec!["Änderungen a"],
        ),
        (format!("updated_at_gte={later}"), vec!["c"]),
        ("q=anderung".to_owned(), vec!["Änderungen a"]),
        ("q=100%25".to_owned(), vec!["b"]),
        ("q=%25".to_owned(), vec!["b"]),
        ("q=A_B".to_owned(), vec!["b"]),
        ("q=e-1".to_owned(), vec!["Änderungen a"]),
        ("q=com-3".to_owned(), vec!["c"]),
        ("q=oth-3".to_owned(), vec![]),
        (
            "status=todo&label=y&assignee_id=me".to_owned(),
            vec!["Änderungen a"],
        ),
    ] {
        assert_eq!(
            titles(&lead, &format!("/tasks?{filter}")).await,
            expected,
            "{filter}"
        );
        let counted = lead
            .get(&format!("/tasks?{filter}&include_total=true"))
            .await
            .ok();
        assert_eq!(counted["total"], expected.len(), "{filter}");
    }
    for (wrong, code) in [
        ("status=open", "invalid_query"),
        ("assignee_id=you", "invalid_query"),
        ("campaign_id=me", "invalid_query"),
        ("is_overdue=1", "invalid_query"),
        ("due_on_gte=tomorrow", "invalid_query"),
        ("sort=title", "invalid_query"),
        ("limit=0", "invalid_query"),
        ("assignee=me", "unknown_parameter"),
        ("cursor=x", "invalid_cursor"),
    ] {
        lead.get(&format!("/tasks?{wrong}"))
            .await
            .problem(400, code);
    }
}

#[tokio::test]
async fn a_change_and_a_move_sort_by_themselves() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    for title in ["a", "b", "c", "d"] {
        task(&lead, json!({"title": title})).await;
        app.clock.advance(TimeDelta::seconds(1));
    }
    // The oldest is changed last, and the last one moves between the others.
    lead.patch("/tasks/COM-2", json!({"priority": "low"}))
        .await
        .ok();
    app.clock.advance(TimeDelta::seconds(1));
    lead.patch("/tasks/COM-1", json!({"priority": "high"}))
        .await
        .ok();
    app.clock.advance(TimeDelta::seconds(1));
    let second = lead.get("/tasks/COM-2").await.ok();
    lead.post("/tasks/COM-4/move", json!({"before_id": second["id"]}))
        .await
        .ok();
    for (sort, expected) in [
        ("created_at", ["a", "b", "c", "d"]),
        ("updated_at", ["c", "b", "a", "d"]),
        ("position", ["a", "d", "b", "c"]),
    ] {
        let list = format!("/tasks?limit=2&sort={sort}");
        assert_eq!(titles(&lead, &list).await, expected, "{sort}");
        let mut backward = expected;
        backward.reverse();
        let list = format!("/tasks?limit=2&sort=-{sort}");
        assert_eq!(titles(&lead, &list).await, backward, "-{sort}");
    }
}

#[tokio::test]
async fn overdue_follows_the_clock_and_has_no_tag() {
    let app = TestApp::start().await;
    let [member] = app.team_with(["member"]).await;
    let today = app.clock.now().utc().date_naive();
    let day = |days: i64| (today + chrono::TimeDelta::days(days)).to_string();
    for (title, days) in [("past", -2), ("soon", 3)] {
        task(&member, json!({"title": title, "due_on": day(days)})).await;
    }
    task(&member, json!({"title": "never"})).await;
    task(
        &member,
        json!({"title": "past and cancelled", "due_on": day(-2)}),
    )
    .await;
    member
        .patch("/tasks/COM-4", json!({"status": "cancelled"}))
        .await
        .ok();
    let answer = member.get("/tasks?is_overdue=true").await;
    assert_eq!(answer.header("etag"), None);
    assert_eq!(titles(&member, "/tasks?is_overdue=true").await, ["past"]);
    assert_eq!(
        titles(&member, "/tasks?is_overdue=false").await,
        ["soon", "never", "past and cancelled"]
    );
    assert_eq!(
        titles(&member, "/tasks?is_overdue=true&status=cancelled").await,
        Vec::<String>::new()
    );
    app.clock.advance(chrono::TimeDelta::days(5));
    assert_eq!(
        titles(&member, "/tasks?is_overdue=true").await,
        ["past", "soon"]
    );
}

#[tokio::test]
async fn an_unchanged_list_is_not_sent_again() {
    let app = TestApp::start().await;
    let [member] = app.team_with(["member"]).await;
    task(&member, json!({"title": "T"})).await;
    let answer = member.get("/tasks").await;
    let etag = answer.header("etag").unwrap().to_owned();
    let again = || {
        member
            .request("GET", "/tasks")
            .header("If-None-Match", &etag)
            .send()
    };
    again().await.not_modified();
    member
        .patch("/tasks/COM-1", json!({"title": "U"}))
        .await
        .ok();
    again().await.ok();
}

#[tokio::test]
async fn whoever_claims_to_have_any_answer_is_told_when_there_is_none() {
    let app = TestApp::start().await;
    let [member] = app.team_with(["member"]).await;
    member.post("/tasks", json!({"title": "T"})).await.created();
    let any = |path: &str| member.request("GET", path).header("If-None-Match", "*");
    any("/tasks").send().await.not_modified();
    any("/tasks?fields=nothing_of_the_kind")
        .send()
        .await
        .problem(400, "invalid_query");
    any("/tasks/COM-9/comments")
        .send()
        .await
        .problem(404, "not_found");
}

#[tokio::test]
async fn members_of_a_list_can_be_chosen() {
    let app = TestApp::start().await;
    let [member] = app.team_with(["member"]).await;
    task(&member, json!({"title": "T"})).await;
    let page = member.get("/tasks?fields=key,title").await;
    assert_eq!(page.body["items"], json!([{"key": "COM-1", "title": "T"}]));
}

/// What one row sorts by: `None` comes last, whichever way the list runs.
type Sorted = (Option<String>, String);

fn expected(rows: &[Value], field: &str, is_downward: bool) -> Vec<String> {
    let rank = |row: &Value| match field {
        "priority" => {
            let words = ["none", "low", "normal", "high", "urgent"];
            let rank = words
                .iter()
                .position(|word| row["priority"] == *word)
                .unwrap();
            Some(rank.to_string())
        }
        field => row[field].as_str().map(str::to_owned),
    };
    let mut keyed: Vec<Sorted> = rows
        .iter()
        .map(|row| (rank(row), row["id"].as_str().unwrap().to_owned()))
        .collect();
    keyed.sort_by(|one, other| {
        let order = if is_downward {
            other.cmp(one)
        } else {
            one.cmp(other)
        };
        one.0.is_none().cmp(&other.0.is_none()).then(order)
    });
    keyed.into_iter().map(|(_, id)| id).collect()
}

/// For any rows, any page size, sort and direction, and any rows that come in between two pages: the rows that were
/// there come exactly once and in order.
#[test]
fn pages_show_each_row_once_while_others_come_in() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let priorities = ["none", "low", "normal", "high", "urgent"];
    let due = prop_oneof![Just(None), (1_u32..4).prop_map(Some)];
    let row = (due, 0_usize..5, any::<bool>());
    let rows = prop::collection::vec(row.clone(), 1..9);
    let arriving = prop::collection::vec(row, 0..4);
    let sort = prop::sample::select(vec![
        "position",
        "due_on",
        "priority",
        "created_at",
        "updated_at",
    ]);
    let statuses = prop::sample::select(vec!["", "&status=todo", "&status=todo,in_progress"]);
    let mut runner = TestRunner::new(Config {
        cases: 12,
        ..Config::default()
    });
    runner
        .run(
            &(rows, arriving, sort, any::<bool>(), 1_usize..4, statuses),
            |(rows, arriving, sort, is_downward, limit, statuses)| {
                runtime.block_on(async {
                    let app = TestApp::start().await;
                    let [member] = app.team_with(["member"]).await;
                    let make = async |row: (Option<u32>, usize, bool)| {
                        let (due, priority, has_started) = row;
                        let due = due.map(|day| format!("2026-01-0{day}"));
                        let made = task(
                            &member,
                            json!({"title": "T", "due_on": due, "priority": priorities[priority]}),
                        )
                        .await;
                        if !has_started {
                            return made;
                        }
                        member
                            .patch(
                                &format!("/tasks/{}", made["id"].as_str().unwrap()),
                                json!({"status": "in_progress"}),
                            )
                            .await
                            .ok()
                    };
                    let mut there = Vec::new();
                    for row in rows {
                        there.push(make(row).await);
                    }
                    there.retain(|row| statuses != "&status=todo" || row["status"] == "todo");
                    let minus = if is_downward { "-" } else { "" };
                    let list = format!("/tasks?sort={minus}{sort}&limit={limit}{statuses}");
                    let mut arriving = arriving.into_iter();
                    let mut seen: Vec<String> = Vec::new();
                    let mut page = member.get(&list).await.ok();
                    loop {
                        let items = page["items"].as_array().unwrap();
                        assert!(items.len() <= limit);
                        seen.extend(
                            items
                                .iter()
                                .map(|row| row["id"].as_str().unwrap().to_owned()),
                        );
                        let Some(cursor) = page["next_cursor"].as_str().map(str::to_owned) else {
                            break;
                        };
                        if let Some(row) = arriving.next() {
                            make(row).await;
                        }
                        page = member.get(&format!("{list}&cursor={cursor}")).await.ok();
                    }
                    let mut once = seen.clone();
                    once.sort_unstable();
                    once.dedup();
                    assert_eq!(once.len(), seen.len(), "a row came twice");
                    let wanted = expected(&there, sort, is_downward);
                    seen.retain(|id| wanted.contains(id));
                    assert_eq!(seen, wanted);
                });
                Ok(())
            },
        )
        .unwrap();
}

#[tokio::test]
async fn a_cursor_belongs_to_its_list() {
    let app = TestApp::start().await;
    let [member] = app.team_with(["member"]).await;
    for title in ["a", "b"] {
        task(&member, json!({"title": title})).await;
    }
    let page = member.get("/tasks?limit=1").await.ok();
    let cursor = page["next_cursor"].as_str().unwrap();
    member
        .get(&format!("/tasks?limit=2&cursor={cursor}"))
        .await
        .ok();
    for other in ["sort=-position", "sort=due_on", "status=todo"] {
        member
            .get(&format!("/tasks?{other}&cursor={cursor}"))
            .await
            .problem(400, "invalid_cursor");
    }
}

#[tokio::test]
async fn my_tasks_come_from_all_my_teams() {
    let app = TestApp::start().await;
    let person = app.person("Ada").await;
    let one = person.found_team("One", "ONE").await;
    let two = person.found_team("Two", "TWO").await;
    for (member, title, due) in [
        (&one, "a", Some("2026-02-01")),
        (&two, "b", Some("2026-01-01")),
        (&one, "c", None),
        (&two, "d", Some("2026-03-01")),
    ] {
        task(
            member,
            json!({"title": title, "due_on": due, "assignee_id": member.id}),
        )
        .await;
    }
    task(&one, json!({"title": "nobody's"})).await;
    two.patch("/tasks/TWO-2", json!({"status": "cancelled"}))
        .await
        .ok();
    let mine = async |query: &str| {
        let mut keys = Vec::new();
        let mut path = format!("/v1/me/tasks?limit=1{query}");
        loop {
            let page = person.get(&path).await.ok();
            for item in page["items"].as_array().unwrap() {
                keys.push(item["key"].as_str().unwrap().to_owned());
            }
            match page["next_cursor"].as_str() {
                Some(cursor) => path = format!("/v1/me/tasks?limit=1{query}&cursor={cursor}"),
                None => return keys,
            }
        }
    };
    assert_eq!(mine("").await, ["TWO-1", "ONE-1", "ONE-2"]);
    assert_eq!(mine("&status=cancelled").await, ["TWO-2"]);
    assert_eq!(
        mine("&due_on_gte=2026-01-02&due_on_lt=2026-03-01").await,
        ["ONE-1"]
    );
    let stranger = app.person("Bob").await;
    let nothing = stranger.get("/v1/me/tasks?include_total=true").await.ok();
    assert_eq!(nothing["total"], 0);
}
