//! What is said in the form.

use serde_json::{Value, json};

use super::Hall;

#[tokio::test]
async fn answers_fit_the_questions() {
    let hall = Hall::open(json!({"registration": {"mode": "open", "questions": [
        {"key": "level", "text": "How well?", "kind": "choice", "is_required": true, "choices": ["A little", "Well"]},
        {"key": "topics", "text": "Which?", "kind": "multiple_choice", "choices": ["a", "b", "c"]},
        {"key": "first", "text": "First time?", "kind": "yes_no"}]}}))
    .await;
    let page = hall.app.anybody("GET", &hall.page()).send().await.ok();
    assert_eq!(page["questions"].as_array().unwrap().len(), 3);
    let form = |answers: Value| json!({"name": "Ada", "email": "ada@example.org", "consent": true, "answers": answers});
    for (answers, pointer) in [
        (json!({}), "/answers/level"),
        (json!({"level": null}), "/answers/level"),
        (json!({"level": "Very"}), "/answers/level"),
        (json!({"level": 1}), "/answers/level"),
        (
            json!({"level": "Well", "topics": ["a", "x"]}),
            "/answers/topics/1",
        ),
        (json!({"level": "Well", "topics": "a"}), "/answers/topics"),
        (json!({"level": "Well", "first": "yes"}), "/answers/first"),
        (
            json!({"level": "Well", "shoe size": 9}),
            "/answers/shoe size",
        ),
    ] {
        hall.send(form(answers)).await.refused_at(pointer);
    }
    hall.send(form(
        json!({"level": "Well", "topics": ["c"], "first": true}),
    ))
    .await
    .expect(202);
    let secret = hall.secret("ada@example.org").await;
    let mine = hall.follow("POST", &secret, "/confirm").await.ok();
    assert_eq!(
        mine["answers"],
        json!({"level": "Well", "topics": ["c"], "first": true})
    );
    // A member may not know the answers, but says nothing wrong.
    let by_hand = json!({"name": "Grace", "email": "grace@example.org"});
    hall.lead.post(&hall.list(), by_hand).await.created();
    let wrong = json!({"name": "Joan", "email": "joan@example.org", "answers": {"level": "Very"}});
    hall.lead
        .post(&hall.list(), wrong)
        .await
        .refused_at("/answers/level");
}

#[tokio::test]
async fn the_form_is_checked() {
    let hall = Hall::open(json!({})).await;
    let form = |name: &str, value: Value| {
        let mut form = json!({"name": "Ada", "email": "ada@example.org", "consent": true});
        form[name] = value;
        form
    };
    for (name, value, pointer) in [
        ("consent", json!(false), "/consent"),
        ("seats", json!(0), "/seats"),
        ("seats", json!(11), "/seats"),
        ("companions", json!(["Charles"]), "/companions"),
        ("email", json!("nobody"), "/email"),
        ("email", json!("a@b.c\r\nBcc: d@e.f"), "/email"),
        ("name", json!("Ada\r\nBcc: d@e.f\u{0}"), "/name"),
        ("name", json!(" "), "/name"),
        ("locale", json!("!"), "/locale"),
        ("state", json!("confirmed"), "/state"),
        ("utm_source", json!("x".repeat(101)), "/utm_source"),
    ] {
        hall.send(form(name, value)).await.refused_at(pointer);
    }
    let problem = hall
        .send(json!({"name": "Ada", "email": "ada@example.org", "consent": false, "companions": ["C"], "answers": {"x": 1}}))
        .await
        .problem(422, "validation_failed");
    assert_eq!(problem["errors"].as_array().unwrap().len(), 3, "{problem}");
    hall.send(json!({"name": "Ada", "email": "ada@example.org"}))
        .await
        .refused_at("/consent");
    let mut group = form("seats", json!(3));
    group["companions"] = json!(["Charles", "Mary"]);
    hall.send(group).await.expect(202);
}
