//! Members: profiles, roles, handles, and the last owner.

use serde_json::{Value, json};

use crate::vocabulary::{Member, TestApp};

fn place(member: &Member) -> String {
    format!("/members/{}", member.id)
}

/// Makes `member` an owner besides `owner`.
async fn share_ownership(owner: &Member, member: &Member) {
    let offer = owner
        .post(
            "/ownership-offers",
            json!({"to_member_id": member.id, "is_shared": true}),
        )
        .await
        .created();
    member
        .post(
            &format!("/ownership-offers/{}/accept", offer["id"].as_str().unwrap()),
            json!({}),
        )
        .await
        .ok();
}

#[tokio::test]
async fn everybody_changes_their_own_profile() {
    let app = TestApp::start().await;
    let [guest] = app.team_with(["guest"]).await;
    let changed = guest
        .patch(
            "/members/me",
            json!({"display_name": "Zoë", "handle": "zoe", "job_title": "Translator", "skills": ["French", "Go"]}),
        )
        .await
        .ok();
    assert_eq!(changed["display_name"], "Zoë");
    assert_eq!(changed["handle"], "zoe");
    assert_eq!(changed["skills"], json!(["French", "Go"]));
    assert_eq!(guest.get("/members/me").await.ok(), changed);
    let cleared = guest
        .patch(&place(&guest), json!({"job_title": null, "skills": []}))
        .await
        .ok();
    assert_eq!(
        (&cleared["job_title"], &cleared["skills"]),
        (&Value::Null, &json!([]))
    );
    for (patch, pointer) in [
        (json!({"handle": "Zoë"}), "/handle"),
        (json!({"handle": "-zoe"}), "/handle"),
        (json!({"display_name": null}), "/display_name"),
        (json!({"skills": null}), "/skills"),
        (json!({"skills": ["a", ""]}), "/skills/1"),
        (json!({"skills": vec!["a"; 51]}), "/skills"),
        (json!({"left_at": null}), "/left_at"),
    ] {
        guest.patch("/members/me", patch).await.refused_at(pointer);
    }
}

#[tokio::test]
async fn others_are_changed_only_with_the_permission_and_not_upwards() {
    let app = TestApp::start().await;
    let [owner, lead, member, guest] = app.team_with(["owner", "lead", "member", "guest"]).await;
    let title = json!({"job_title": "Boss"});
    member
        .patch(&place(&guest), title.clone())
        .await
        .problem(403, "insufficient_role");
    lead.patch(&place(&guest), title.clone()).await.ok();
    let refused = lead
        .patch(&place(&owner), title.clone())
        .await
        .problem(403, "insufficient_role");
    assert_eq!(refused["required"], "ownership:offer");
    owner.patch(&place(&lead), title).await.ok();

    let role = |role: &str| json!({"role": role});
    guest
        .patch("/members/me", role("lead"))
        .await
        .problem(403, "insufficient_role");
    lead.patch(&place(&guest), role("lead")).await.ok();
    lead.patch(&place(&guest), role("guest")).await.ok();
    lead.patch(&place(&guest), role("owner"))
        .await
        .refused_at("/role");
    owner
        .patch(&place(&lead), role("owner"))
        .await
        .refused_at("/role");
    lead.patch(&place(&owner), role("member"))
        .await
        .problem(403, "insufficient_role");
    lead.patch(&place(&guest), role("admin"))
        .await
        .refused_at("/role");
    lead.patch("/members/me", role("member")).await.ok();
    lead.patch(&place(&guest), role("member"))
        .await
        .problem(403, "insufficient_role");
}

#[tokio::test]
async fn a_role_acts_at_once_and_me_tells_what_it_allows() {
    let app = TestApp::start().await;
    let [owner, member] = app.team_with(["owner", "member"]).await;
    let me = member.get("/members/me").await;
    let etag = me.header("etag").unwrap().to_owned();
    let me = me.ok();
    let may = |me: &Value, permission: &str| {
        me["permissions"]
            .as_array()
            .unwrap()
            .contains(&json!(permission))
    };
    assert!(may(&me, "task:write") && !may(&me, "campaign:write"));
    member
        .post("/campaigns", json!({"name": "A"}))
        .await
        .problem(403, "insufficient_role");
    owner
        .patch(&place(&member), json!({"role": "lead"}))
        .await
        .ok();
    member
        .post("/campaigns", json!({"name": "A"}))
        .await
        .created();
    let me = member
        .request("GET", "/members/me")
        .header("if-none-match", &etag)
        .send()
        .await
        .ok();
    assert!(may(&me, "campaign:write"));
}

#[tokio::test]
async fn the_last_owner_stays_one() {
    let app = TestApp::start().await;
    let [owner, lead] = app.team_with(["owner", "lead"]).await;
    owner
        .patch("/members/me", json!({"role": "lead"}))
        .await
        .problem(409, "last_owner");
    share_ownership(&owner, &lead).await;
    owner
        .patch("/members/me", json!({"role": "guest"}))
        .await
        .ok();
    lead.patch("/members/me", json!({"role": "lead"}))
        .await
        .problem(409, "last_owner");
}

#[tokio::test]
async fn two_owners_cannot_both_step_down_at_once() {
    let app = TestApp::start().await;
    for round in 0..5 {
        let [one, other] = app.team_with(["owner", "lead"]).await;
        share_ownership(&one, &other).await;
        let step_down = json!({"role": "member"});
        // Each steps down, or each demotes the other.
        let (first, second) = if round % 2 == 0 {
            ("/members/me".to_owned(), "/members/me".to_owned())
        } else {
            (place(&other), place(&one))
        };
        let (a, b) = tokio::join!(
            one.patch(&first, step_down.clone()),
            other.patch(&second, step_down.clone())
        );
        let mut statuses = [a.status, b.status];
        statuses.sort_unstable();
        assert_eq!(statuses[0], 200, "{statuses:?}");
        assert!(matches!(statuses[1], 403 | 409), "{statuses:?}");
        let owners = one.get("/members?role=owner").await.ok();
        assert_eq!(owners["items"].as_array().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn handles_are_made_from_names_and_are_unique() {
    let app = TestApp::start().await;
    let [owner] = app.team_with(["owner"]).await;
    let mut handles = Vec::new();
    for name in ["Zoë van Dam", "Zoe van Dam", "ZOE VAN DAM", "山田"] {
        let person = app.person(name).await;
        let member = owner.invite(&person, "member").await;
        let me = member.get("/members/me").await.ok();
        assert_eq!(me["display_name"], name);
        handles.push(me["handle"].as_str().unwrap().to_owned());
        if handles.len() == 4 {
            member
                .patch("/members/me", json!({"handle": "zoe-van-dam"}))
                .await
                .problem(409, "already_exists");
        }
    }
    assert_eq!(
        handles,
        ["zoe-van-dam", "zoe-van-dam2", "zoe-van-dam3", "member"]
    );
}

#[tokio::test]
async fn the_list_pages_filters_and_searches() {
    let app = TestApp::start().await;
    let [owner, lead, member, guest] = app.team_with(["owner", "lead", "member", "guest"]).await;
    let expected: Vec<Value> = [&owner, &lead, &member, &guest]
        .iter()
        .map(|one| json!(one.id))
        .collect();
    let ids =
        |items: &[Value]| -> Vec<Value> { items.iter().map(|one| one["id"].clone()).collect() };
    assert_eq!(ids(&guest.all("/members?limit=1").await), expected);
    let mut reversed = expected.clone();
    reversed.reverse();
    assert_eq!(
        ids(&guest.all("/members?limit=3&sort=-created_at").await),
        reversed
    );
    assert_eq!(
        ids(&guest.all("/members?role=lead,guest").await),
        [json!(lead.id), json!(guest.id)]
    );
    lead.patch(
        "/members/me",
        json!({"job_title": "Éditeur", "skills": ["50%_off"]}),
    )
    .await
    .ok();
    for (words, found) in [
        ("editeur", true),
        ("%25_O", true),
        ("x%25", false),
        ("lead", true),
    ] {
        let items = guest.all(&format!("/members?q={words}")).await;
        assert_eq!(ids(&items) == [json!(lead.id)], found, "{words}");
    }
    guest
        .get("/members?role=boss")
        .await
        .problem(400, "invalid_query");
    guest
        .get("/members?sort=handle")
        .await
        .problem(400, "invalid_query");
    let list = guest.get("/members").await;
    let etag = list.header("etag").unwrap().to_owned();
    guest
        .request("GET", "/members")
        .header("if-none-match", &etag)
        .send()
        .await
        .not_modified();
    assert!(
        !list.text.contains('@'),
        "no e-mail is shown: {}",
        list.text
    );
}

#[tokio::test]
async fn a_stale_change_is_refused_and_foreign_members_are_not_found() {
    let app = TestApp::start().await;
    let [lead, member] = app.team_with(["lead", "member"]).await;
    let [stranger] = app.team_with(["member"]).await;
    let before = member.get("/members/me").await.ok();
    lead.patch(&place(&member), json!({"job_title": "A"}))
        .await
        .ok();
    member
        .request("PATCH", "/members/me")
        .header("if-match", &format!("\"{}\"", before["version"]))
        .json(json!({"job_title": "B"}))
        .await
        .problem(412, "version_conflict");
    for path in [
        place(&stranger),
        "/members/none".to_owned(),
        "/members/x".to_owned(),
    ] {
        lead.get(&path).await.problem(404, "not_found");
        lead.patch(&path, json!({})).await.problem(404, "not_found");
    }
}
