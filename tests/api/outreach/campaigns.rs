//! Campaigns: from a draft to the archive.

use serde_json::json;

use crate::vocabulary::TestApp;

#[tokio::test]
async fn a_lead_plans_a_campaign_and_runs_it() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;

    let campaign = lead
        .post(
            "/campaigns",
            json!({"name": "  Spring   livestreams ", "starts_on": "2026-03-01", "ends_on": "2026-05-31", "budget": {"amount_minor": 250_000, "currency": "EUR"}}),
        )
        .await
        .created();
    assert_eq!(campaign["name"], "Spring   livestreams");
    assert_eq!(campaign["status"], "draft");

    let place = format!("/campaigns/{}", campaign["id"].as_str().unwrap());
    for status in [
        "planned",
        "active",
        "paused",
        "active",
        "completed",
        "archived",
    ] {
        let changed = lead.patch(&place, json!({"status": status})).await.ok();
        assert_eq!(changed["status"], status);
    }
    let problem = lead
        .patch(&place, json!({"status": "active"}))
        .await
        .problem(409, "invalid_transition");
    assert_eq!(problem["allowed"], json!([]));
}

#[tokio::test]
async fn a_patch_that_changes_nothing_takes_no_revision() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let campaign = lead
        .post("/campaigns", json!({"name": "A"}))
        .await
        .created();
    let place = format!("/campaigns/{}", campaign["id"].as_str().unwrap());
    let same = lead.patch(&place, json!({"name": "A"})).await.ok();
    assert_eq!(same["version"], campaign["version"]);
    let other = lead.patch(&place, json!({"name": "B"})).await.ok();
    assert_eq!(
        other["version"].as_i64().unwrap(),
        campaign["version"].as_i64().unwrap() + 1
    );
}

#[tokio::test]
async fn a_stale_version_is_refused_with_the_present_one() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let campaign = lead
        .post("/campaigns", json!({"name": "A"}))
        .await
        .created();
    let place = format!("/campaigns/{}", campaign["id"].as_str().unwrap());
    let etag = format!("\"{}\"", campaign["version"]);
    let changed = lead
        .request("PATCH", &place)
        .header("If-Match", &etag)
        .json(json!({"name": "B"}))
        .await
        .ok();
    let problem = lead
        .request("PATCH", &place)
        .header("If-Match", &etag)
        .json(json!({"name": "C"}))
        .await
        .problem(412, "version_conflict");
    assert_eq!(
        problem["current_etag"],
        format!("\"{}\"", changed["version"])
    );
}

#[tokio::test]
async fn members_read_campaigns_and_do_not_write_them() {
    let app = TestApp::start().await;
    let [lead, member] = app.team_with(["lead", "member"]).await;
    let campaign = lead
        .post("/campaigns", json!({"name": "A"}))
        .await
        .created();
    let place = format!("/campaigns/{}", campaign["id"].as_str().unwrap());
    member.get(&place).await.ok();
    let problem = member
        .patch(&place, json!({"name": "B"}))
        .await
        .problem(403, "insufficient_role");
    assert_eq!(problem["required"], "campaign:write");
}

#[tokio::test]
async fn every_wrong_field_is_named_at_once() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let answer = lead
        .post(
            "/campaigns",
            json!({"name": "", "colour": "blue", "budget": {"amount_minor": -1, "currency": "EUR"}, "starts_on": "2026-02-30", "nonsense": 1}),
        )
        .await;
    let problem = answer.problem(422, "validation_failed");
    let mut pointers: Vec<&str> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["pointer"].as_str().unwrap())
        .collect();
    pointers.sort_unstable();
    assert_eq!(
        pointers,
        [
            "/budget/amount_minor",
            "/colour",
            "/name",
            "/nonsense",
            "/starts_on"
        ]
    );
}

#[tokio::test]
async fn the_list_pages_sorts_and_filters() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    for (name, starts_on) in [
        ("C", None),
        ("A", Some("2026-02-01")),
        ("B", Some("2026-01-01")),
        ("D", None),
    ] {
        lead.post("/campaigns", json!({"name": name, "starts_on": starts_on}))
            .await
            .created();
    }
    for (sort, expected) in [
        ("starts_on", ["B", "A", "C", "D"]),
        ("-starts_on", ["A", "B", "D", "C"]),
        ("created_at", ["C", "A", "B", "D"]),
        ("-created_at", ["D", "B", "A", "C"]),
    ] {
        let names: Vec<String> = lead
            .all(&format!("/campaigns?limit=1&sort={sort}"))
            .await
            .iter()
            .map(|campaign| campaign["name"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(names, expected, "sorted by {sort}");
    }
    let found = lead.get("/campaigns?q=a&include_total=true").await.ok();
    assert_eq!(found["total"], 1);
    let unchanged = lead.get("/campaigns").await;
    let etag = unchanged.header("etag").unwrap().to_owned();
    lead.request("GET", "/campaigns")
        .header("If-None-Match", &etag)
        .send()
        .await
        .not_modified();
}

#[tokio::test]
async fn the_list_is_narrowed_by_status_and_lead() {
    let app = TestApp::start().await;
    let [lead, other] = app.team_with(["lead", "lead"]).await;
    for (name, leader, status) in [
        ("a", Some(&lead), "draft"),
        ("b", Some(&other), "planned"),
        ("c", None, "planned"),
        ("d", Some(&lead), "active"),
    ] {
        let leader = leader.map(|one| &one.id);
        let made = lead
            .post("/campaigns", json!({"name": name, "lead_id": leader}))
            .await
            .created();
        let place = format!("/campaigns/{}", made["id"].as_str().unwrap());
        let steps = ["planned", "active"];
        let reached = steps.iter().position(|step| *step == status);
        for step in &steps[..reached.map_or(0, |at| at + 1)] {
            lead.patch(&place, json!({"status": step})).await.ok();
        }
    }
    for (filter, expected) in [
        ("status=draft", vec!["a"]),
        ("status=planned", vec!["b", "c"]),
        ("status=planned,active", vec!["b", "c", "d"]),
        ("status=archived", vec![]),
        ("lead_id=me", vec!["a", "d"]),
        ("lead_id=none", vec!["c"]),
        (&format!("lead_id={}", other.id), vec!["b"]),
        (&format!("lead_id=none,{}", other.id), vec!["b", "c"]),
        ("lead_id=me&status=draft,planned", vec!["a"]),
    ] {
        let list = format!("/campaigns?include_total=true&sort=created_at&{filter}");
        let page = lead.get(&list).await.ok();
        let names: Vec<&str> = page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["name"].as_str().unwrap())
            .collect();
        assert_eq!(names, expected, "{filter}");
        assert_eq!(page["total"], expected.len(), "{filter}");
    }
}

#[tokio::test]
async fn guests_see_no_budget_wherever_the_campaign_is_shown() {
    let app = TestApp::start().await;
    let [lead, member, guest] = app.team_with(["lead", "member", "guest"]).await;
    let budget = json!({"amount_minor": 250_000, "currency": "EUR"});
    let campaign = json!({"name": "A", "lead_id": lead.id, "budget": budget});
    let campaign = lead.post("/campaigns", campaign).await.created();
    let id = campaign["id"].as_str().unwrap();
    let place = format!("/campaigns/{id}");
    let at =
        |hour| json!({"local": format!("2027-04-20T{hour}:00:00"), "time_zone": "Europe/Paris"});
    let mut shown = vec![
        "/campaigns".to_owned(),
        "/campaigns?expand=lead&q=a".to_owned(),
    ];
    shown.extend([place.clone(), format!("{place}?expand=lead")]);
    for (kind, body) in [
        ("tasks", json!({"title": "A", "campaign_id": id})),
        (
            "milestones",
            json!({"name": "A", "campaign_id": id, "due_on": "2027-04-20"}),
        ),
        (
            "events",
            json!({"title": "A", "kind": "ama", "campaign_id": id, "starts": at(19), "ends": at(20)}),
        ),
    ] {
        let made = lead.post(&format!("/{kind}"), body).await.created();
        let made = made["id"].as_str().unwrap();
        shown.extend([
            format!("/{kind}?expand=campaign"),
            format!("/{kind}/{made}?expand=campaign"),
        ]);
    }
    for path in &shown {
        for (who, seen) in [(&lead, &budget), (&member, &budget), (&guest, &json!(null))] {
            let answer = who.get(path).await.ok();
            let found = [
                &answer["expanded"]["campaigns"][id],
                &answer["items"][0],
                &answer,
            ]
            .into_iter()
            .find_map(|one| one.get("budget"));
            assert_eq!(found, Some(seen), "{path} {answer}");
        }
    }

    // What is seen otherwise has another tag, also once more is seen; only the version counts for a change.
    let asked = async |tag: &str| {
        let request = guest.request("GET", &place);
        request.header("If-None-Match", tag).send().await
    };
    let tag_of = |answer: &crate::vocabulary::Answer| answer.header("etag").unwrap().to_owned();
    let (hers, theirs) = (guest.get(&place).await, member.get(&place).await);
    let (hers, theirs) = (tag_of(&hers), tag_of(&theirs));
    asked(&hers).await.not_modified();
    assert_eq!(asked(&theirs).await.ok()["budget"], json!(null));
    let promoted = format!("/members/{}", guest.id);
    lead.patch(&promoted, json!({"role": "lead"})).await.ok();
    assert_eq!(asked(&hers).await.ok()["budget"], budget);
    let renamed = guest.request("PATCH", &place).header("If-Match", &hers);
    renamed.json(json!({"name": "B"})).await.ok();
}
