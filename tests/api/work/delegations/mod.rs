//! Delegations: offered, answered, handed on, submitted, confirmed.

mod absent;
mod acts;
mod chains;
mod lists;
mod offers;
mod parallel;
mod random;
mod table;

use serde_json::{Value, json};

use crate::vocabulary::{Answer, Member};

/// The text of a member of an answer.
pub fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

/// A new task that the member answers for.
pub async fn task_of(member: &Member, title: &str) -> Value {
    member
        .post("/tasks", json!({"title": title}))
        .await
        .created()
}

/// Offers a task; `more` is added to the body.
pub async fn offer(by: &Member, task: &Value, to: &Member, more: Value) -> Answer {
    let mut body = json!({"delegate_id": to.id});
    for (name, value) in more.as_object().expect("an object") {
        body[name] = value.clone();
    }
    by.post(&format!("/tasks/{}/delegations", text(&task["id"])), body)
        .await
}

/// Does something to a delegation, with what the act needs.
pub async fn act(by: &Member, delegation: &Value, verb: &str) -> Answer {
    let body = match verb {
        "decline" | "send-back" | "hand-back" | "recall" => json!({"reason": "Because."}),
        "propose" => json!({"scope": "Half of it."}),
        _ => json!({}),
    };
    by.post(&format!("{}/{verb}", place(delegation)), body)
        .await
}

pub fn place(delegation: &Value) -> String {
    format!("/delegations/{}", text(&delegation["id"]))
}

/// An accepted delegation that may be handed on.
pub async fn accepted(by: &Member, task: &Value, to: &Member) -> Value {
    let offered = offer(by, task, to, json!({"may_redelegate": true}))
        .await
        .created();
    act(to, &offered, "accept").await.ok()
}

/// The task and the delegation as they are now.
pub async fn task_now(member: &Member, task: &Value) -> Value {
    member
        .get(&format!("/tasks/{}", text(&task["id"])))
        .await
        .ok()
}

pub async fn now(member: &Member, delegation: &Value) -> Value {
    member.get(&place(delegation)).await.ok()
}
