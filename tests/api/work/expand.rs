//! What tasks, delegations, campaigns and milestones refer to, shown beside them.

use serde_json::{Value, json};

use super::delegations::{accepted, act, offer, text};
use crate::vocabulary::{Member, TestApp};

const EVERYTHING: &str = "assignee,accountable,participants,campaign,milestone,event,parent";

/// A campaign with a milestone, and two tasks of it: the second is a part of the first.
async fn plan(lead: &Member, other: &Member) -> Value {
    let campaign = lead
        .post("/campaigns", json!({"name": "Release", "lead_id": lead.id}))
        .await
        .created();
    let milestone = lead
        .post(
            "/milestones",
            json!({"campaign_id": campaign["id"], "name": "Freeze", "due_on": "2026-03-06"}),
        )
        .await
        .created();
    let whole = lead
        .post(
            "/tasks",
            json!({"title": "Notes", "milestone_id": milestone["id"], "assignee_id": other.id}),
        )
        .await
        .created();
    let event = lead
        .post(
            "/events",
            json!({"title": "Launch", "kind": "webinar", "campaign_id": campaign["id"], "hosts": [other.id],
                "starts": {"local": "2027-04-20T19:00:00", "time_zone": "Europe/Paris"},
                "ends": {"local": "2027-04-20T20:00:00", "time_zone": "Europe/Paris"}}),
        )
        .await
        .created();
    let part = lead
        .post(
            "/tasks",
            json!({"title": "Collect", "milestone_id": milestone["id"], "parent_id": whole["id"], "event_id": event["id"],
                "assignee_id": other.id, "participants": [{"member_id": lead.id, "role": "reviewer"}]}),
        )
        .await
        .created();
    json!({"campaign": campaign, "milestone": milestone, "event": event, "whole": whole, "part": part})
}

/// The names of what is expanded, by kind.
pub fn shown(answer: &Value) -> Value {
    let mut kinds = serde_json::Map::new();
    for (kind, records) in answer["expanded"].as_object().expect("expanded") {
        let mut names: Vec<&str> = records
            .as_object()
            .expect("records by id")
            .values()
            .filter_map(|one| {
                let name = ["title", "name", "display_name", "state"];
                name.iter().find_map(|name| one[name].as_str())
            })
            .collect();
        names.sort_unstable();
        kinds.insert(kind.clone(), json!(names));
    }
    kinds.into()
}

#[tokio::test]
async fn a_page_shows_each_record_once_and_by_its_id() {
    let app = TestApp::start().await;
    let [lead, other] = app.team_with(["lead", "member"]).await;
    let plan = plan(&lead, &other).await;
    let page = lead
        .get(&format!(
            "/tasks?expand={EVERYTHING}&fields=title,assignee_id"
        ))
        .await
        .ok();
    let names = [
        (lead.id.clone(), "[lead]"),
        (other.id.clone(), "[other]"),
        (text(&plan["campaign"]["id"]), "[campaign]"),
        (text(&plan["milestone"]["id"]), "[milestone]"),
        (text(&plan["event"]["id"]), "[event]"),
        (text(&plan["whole"]["id"]), "[whole]"),
        (lead.team_id.clone(), "[team]"),
    ];
    let named = names
        .iter()
        .fold(page.to_string(), |page, (id, name)| page.replace(id, name));
    let page: Value = serde_json::from_str(&named).unwrap();
    insta::assert_json_snapshot!(page, {".**.created_at" => "[then]", ".**.updated_at" => "[then]"});
}

#[tokio::test]
async fn a_record_is_expanded_like_a_list() {
    let app = TestApp::start().await;
    let [lead, other] = app.team_with(["lead", "member"]).await;
    let plan = plan(&lead, &other).await;
    let names = |name: &str| match name {
        "assignee" => {
            json!({"members": ["member 1"], "campaigns": [], "milestones": [], "events": [], "tasks": []})
        }
        "campaign,parent" => {
            json!({"members": [], "campaigns": ["Release"], "milestones": [], "events": [], "tasks": ["Notes"]})
        }
        _ => {
            json!({"members": ["lead 0", "member 1"], "campaigns": ["Release"], "milestones": ["Freeze"], "events": ["Launch"], "tasks": ["Notes"]})
        }
    };
    for wanted in ["assignee", "campaign,parent", EVERYTHING] {
        let task = lead
            .get(&format!("/tasks/COM-2?expand={wanted}"))
            .await
            .ok();
        assert_eq!(shown(&task), names(wanted), "{wanted}");
        assert_eq!(task["title"], "Collect");
    }
    let campaign = format!("/campaigns/{}", text(&plan["campaign"]["id"]));
    let campaign = lead.get(&format!("{campaign}?expand=lead")).await.ok();
    assert_eq!(shown(&campaign), json!({"members": ["lead 0"]}));
    let milestone = lead
        .get(&format!(
            "/milestones/{}?expand=campaign",
            text(&plan["milestone"]["id"])
        ))
        .await
        .ok();
    assert_eq!(shown(&milestone), json!({"campaigns": ["Release"]}));
    let event = format!("/events/{}", text(&plan["event"]["id"]));
    for path in [&event, "/events"] {
        let event = lead
            .get(&format!("{path}?expand=hosts,campaign"))
            .await
            .ok();
        let whole = json!({"members": ["member 1"], "campaigns": ["Release"]});
        assert_eq!(shown(&event), whole, "{path}");
    }
}

#[tokio::test]
async fn the_tag_follows_what_is_shown_beside() {
    let app = TestApp::start().await;
    let [lead, other] = app.team_with(["lead", "member"]).await;
    let plan = plan(&lead, &other).await;
    let milestone = format!("/milestones/{}", text(&plan["milestone"]["id"]));
    let paths = [
        "/tasks/COM-2?expand=milestone".to_owned(),
        "/tasks?expand=milestone".to_owned(),
    ];
    for path in &paths {
        let before = lead.get(path).await;
        let tag = before.header("etag").unwrap().to_owned();
        let own = lead.get("/tasks/COM-2").await;
        let again = || {
            lead.request("GET", path)
                .header("If-None-Match", &tag)
                .send()
        };
        again().await.not_modified();
        // Nothing of the task itself changes, and yet the answer does.
        for (verb, gone) in [("rename", false), ("delete", true)] {
            match verb {
                "rename" => {
                    let name = format!("Freeze for {path}");
                    lead.patch(&milestone, json!({"name": name})).await.ok();
                }
                _ => lead.delete(&milestone).await.no_content(),
            }
            let after = again().await.ok();
            assert_eq!(shown(&after)["milestones"] == json!([]), gone, "{path}");
        }
        let still = lead.get("/tasks/COM-2").await;
        assert_eq!(own.header("etag"), still.header("etag"), "{path}");
        let root = text(&plan["milestone"]["id"]);
        lead.request("POST", &format!("/trash/{root}/restore"))
            .send()
            .await
            .ok();
    }
    // The tag of an expanded record guards a change as its own does.
    let tag = lead.get(&paths[0]).await.header("etag").unwrap().to_owned();
    let change = |title: &str| {
        let body = json!({"title": title});
        lead.request("PATCH", "/tasks/COM-2")
            .header("If-Match", &tag)
            .json(body)
    };
    change("Gather").await.ok();
    change("Pick").await.problem(412, "version_conflict");
}

#[tokio::test]
async fn a_cursor_goes_on_whatever_is_expanded() {
    let app = TestApp::start().await;
    let [lead, other] = app.team_with(["lead", "member"]).await;
    plan(&lead, &other).await;
    let first = lead.get("/tasks?limit=1&expand=assignee").await;
    let link = first.header("link").unwrap().to_owned();
    assert!(link.contains("expand=assignee&cursor="), "{link}");
    let cursor = text(&first.ok()["next_cursor"]);
    for (more, members) in [("", None), ("&expand=accountable", Some(1))] {
        let page = lead
            .get(&format!("/tasks?limit=1&cursor={cursor}{more}"))
            .await
            .ok();
        assert_eq!(page["items"][0]["title"], "Collect");
        let shown = page["expanded"]["members"].as_object();
        assert_eq!(shown.map(|all| all.len()), members, "{more}");
    }
}

#[tokio::test]
async fn delegations_show_their_task_and_people() {
    let app = TestApp::start().await;
    let [lead, ben, cem] = app.team_with(["lead", "member", "member"]).await;
    let task = lead.post("/tasks", json!({"title": "T"})).await.created();
    let first = accepted(&lead, &task, &ben).await;
    let second = offer(&ben, &task, &cem, json!({})).await.created();
    let place = format!("/delegations/{}", text(&second["id"]));
    let all = "expand=task,delegator,delegate,parent";
    let whole =
        json!({"members": ["member 1", "member 2"], "tasks": ["T"], "delegations": ["accepted"]});
    let one = cem.get(&format!("{place}?{all}")).await;
    let tag = one.header("etag").unwrap().to_owned();
    assert_eq!(shown(&one.ok()), whole);
    let with_parent = json!({"members": ["lead 0", "member 1", "member 2"], "tasks": ["T"], "delegations": ["accepted"]});
    for path in ["/delegations", "/tasks/COM-1/delegations"] {
        let page = cem.get(&format!("{path}?{all}")).await.ok();
        assert_eq!(shown(&page), with_parent, "{path}");
        assert_eq!(
            page["expanded"]["delegations"][text(&first["id"])]["id"],
            first["id"]
        );
    }
    let mine = cem
        .person
        .get(&format!("/v1/me/delegations?{all}"))
        .await
        .ok();
    assert_eq!(shown(&mine), whole);
    let changed = cem
        .request("POST", &format!("{place}/decline"))
        .header("If-Match", &tag)
        .json(json!({"reason": "No."}))
        .await;
    changed.ok();
    // Who has left is not shown, as the member's own address does not.
    act(&ben, &first, "hand-back").await.ok();
    lead.delete(&format!("/members/{}", ben.id))
        .await
        .no_content();
    lead.get(&format!("/members/{}", ben.id))
        .await
        .problem(404, "not_found");
    let page = lead.get(&format!("/delegations?{all}")).await.ok();
    assert_eq!(shown(&page)["members"], json!(["lead 0", "member 2"]));
}

#[tokio::test]
async fn my_lists_look_into_all_my_teams_and_no_others() {
    let app = TestApp::start().await;
    let [here, member] = app.team_with(["owner", "member"]).await;
    let there = app
        .person("Somebody")
        .await
        .found_team("There", "THE")
        .await;
    let guest = there.invite(&member.person, "guest").await;
    let mut campaigns = Vec::new();
    for (owner, me) in [(&here, &member), (&there, &guest)] {
        let campaign = owner
            .post("/campaigns", json!({"name": owner.team_id}))
            .await
            .created();
        campaigns.push(owner.team_id.clone());
        let assignee = if me.id == guest.id { &owner.id } else { &me.id };
        owner
            .post(
                "/tasks",
                json!({"title": "T", "campaign_id": campaign["id"], "assignee_id": assignee}),
            )
            .await
            .created();
    }
    let path = "/v1/me/tasks?expand=campaign,assignee";
    let mine = member.person.get(path).await.ok();
    assert_eq!(shown(&mine)["campaigns"], json!([campaigns[0]]));
    let lead = there.person.get(path).await.ok();
    assert_eq!(shown(&lead)["campaigns"], json!([campaigns[1]]));
    there
        .patch(&format!("/members/{}", guest.id), json!({"role": "member"}))
        .await
        .ok();
    let two = there
        .patch("/tasks/THE-1", json!({"assignee_id": guest.id}))
        .await
        .ok();
    assert_eq!(two["assignee_id"], json!(guest.id));
    let mine = member.person.get(path).await.ok();
    campaigns.sort_unstable();
    assert_eq!(shown(&mine)["campaigns"], json!(campaigns));
    assert_eq!(
        mine["expanded"]["members"].as_object().unwrap().len(),
        2,
        "one person, two members"
    );
}
