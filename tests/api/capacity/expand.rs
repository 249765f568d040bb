//! What allocations and expenses refer to, shown beside them.

use serde_json::{Value, json};

use super::{all_work, ask, budget, campaign, id, line, of_person, promise, resource, spend, task};
use crate::vocabulary::{Member, TestApp};
use crate::work::expand::shown;

const OF_ALLOCATIONS: &str =
    "expand=resource,campaign,event,task,budget_line,requested_by,decided_by";
const OF_EXPENSES: &str = "expand=campaign,allocation,budget_line,resource,entered_by";

/// Time for a task, a thing for an event, and money of a campaign's line, some of it spent.
async fn plan(lead: &Member, ann: &Member) -> Value {
    all_work(lead, 480).await;
    let notes = task(lead, json!({"title": "Notes"})).await;
    let hour = of_person(&ann.id, &notes, "2099-03-06", json!({"minutes": 60}));
    let time = ask(ann, hour).await.created();
    let approve = format!("/allocations/{}/approve", id(&time));
    lead.post(&approve, json!({})).await.ok();
    let event = lead
        .post(
            "/events",
            json!({"title": "Launch", "kind": "webinar",
                "starts": {"local": "2099-04-20T19:00:00", "time_zone": "Europe/Paris"},
                "ends": {"local": "2099-04-20T20:00:00", "time_zone": "Europe/Paris"}}),
        )
        .await
        .created();
    let kit = resource(lead, json!({"kind": "equipment", "name": "Kit"})).await;
    let thing = json!({"resource_id": kit["id"], "event_id": event["id"], "amount": {"units": 1},
        "first_on": "2099-04-20", "last_on": "2099-04-20"});
    ask(lead, thing).await.created();
    let release = campaign(lead, json!({"name": "Release"})).await;
    let line = line(lead, &release, 10_000, json!({})).await;
    let sponsors = budget(lead, 10_000, json!({"name": "Sponsors"})).await;
    let of_line = json!({"campaign_id": release["id"], "budget_line_id": line["id"]});
    let money = promise(lead, &sponsors, 500, of_line).await.created();
    let spent = spend(ann, 300, json!({"allocation_id": money["id"]}));
    let spent = spent.await.created();
    json!({"task": notes, "time": time, "campaign": release, "spent": spent})
}

#[tokio::test]
async fn allocations_show_what_is_promised_and_to_what() {
    let app = TestApp::start().await;
    let [lead, ann] = app.team_with(["lead", "member"]).await;
    let plan = plan(&lead, &ann).await;
    let page = ann
        .get(&format!("/allocations?{OF_ALLOCATIONS}"))
        .await
        .ok();
    let whole = json!({"members": ["lead 0", "member 1"], "campaigns": ["Release"], "events": ["Launch"],
        "tasks": ["Notes"], "resources": ["Kit", "Sponsors", "member 1"], "budget_lines": ["Advertising"]});
    assert_eq!(shown(&page), whole);
    let one = format!("/allocations/{}", id(&plan["time"]));
    let part = ann.get(&format!("{one}?expand=task,resource")).await.ok();
    let parts = json!({"members": [], "campaigns": [], "events": [],
        "tasks": ["Notes"], "resources": ["member 1"], "budget_lines": []});
    assert_eq!(shown(&part), parts);
    // The tag follows what is shown beside, and nothing else does.
    let path = format!("{one}?expand=task");
    let (tag, own) = (ann.get(&path).await, ann.get(&one).await);
    let (tag, own) = (tag.header("etag").unwrap(), own.header("etag").unwrap());
    let again = || ann.request("GET", &path).header("If-None-Match", tag);
    again().send().await.not_modified();
    let notes = format!("/tasks/{}", id(&plan["task"]));
    lead.patch(&notes, json!({"title": "Notes!"})).await.ok();
    assert_eq!(
        shown(&again().send().await.ok())["tasks"],
        json!(["Notes!"])
    );
    assert_eq!(ann.get(&one).await.header("etag"), Some(own));
    // What is in the trash is named and not shown, the lines of a campaign included.
    lead.delete(&notes).await.no_content();
    let release = format!("/campaigns/{}", id(&plan["campaign"]));
    lead.delete(&release).await.no_content();
    let path = format!("/allocations?{OF_ALLOCATIONS}");
    let page = shown(&ann.get(&path).await.ok());
    for gone in ["tasks", "campaigns", "budget_lines"] {
        assert_eq!(page[gone], json!([]), "{gone}: {page}");
    }
    assert_eq!(page["resources"], whole["resources"], "{page}");
}

#[tokio::test]
async fn expenses_show_what_they_were_for_and_from() {
    let app = TestApp::start().await;
    let [lead, ann] = app.team_with(["lead", "member"]).await;
    let plan = plan(&lead, &ann).await;
    let whole = json!({"members": ["member 1"], "campaigns": ["Release"], "resources": ["Sponsors"],
        "allocations": ["approved"], "budget_lines": ["Advertising"]});
    let one = format!("/expenses/{}", id(&plan["spent"]));
    for path in ["/expenses", &one] {
        let answer = ann.get(&format!("{path}?{OF_EXPENSES}")).await.ok();
        assert_eq!(shown(&answer), whole, "{path}");
    }
    // What was spent outlives what it was for.
    let release = format!("/campaigns/{}", id(&plan["campaign"]));
    lead.delete(&release).await.no_content();
    let answer = ann.get(&format!("{one}?{OF_EXPENSES}")).await.ok();
    assert_eq!(answer["campaign_id"], plan["campaign"]["id"]);
    let left = shown(&answer);
    for gone in ["campaigns", "budget_lines"] {
        assert_eq!(left[gone], json!([]), "{gone}: {left}");
    }
    assert_eq!(left["resources"], json!(["Sponsors"]), "{left}");
}
