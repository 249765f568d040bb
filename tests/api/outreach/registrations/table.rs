//! Registrations as a table.

use serde_json::json;

use super::Hall;

#[tokio::test]
async fn a_spreadsheet_runs_nothing_of_what_people_typed() {
    let hall = Hall::open(json!({"registration": {"mode": "open", "questions": [
        {"key": "words", "text": "What?", "kind": "text"},
        {"key": "topics", "text": "Which?", "kind": "multiple_choice", "choices": ["a", "b"]}]}}))
    .await;
    let form = json!({"name": "=HYPERLINK(\"http://evil.example\")", "email": "a@x.org", "seats": 2,
        "companions": ["@SUM(A1)"], "consent": true, "utm_source": "-1+1",
        "answers": {"words": "+cmd, \"quoted\"\nand more", "topics": ["a", "b"]}});
    hall.send(form).await.expect(202);
    let secret = hall.secret("a@x.org").await;
    hall.follow("POST", &secret, "/confirm").await.ok();
    hall.register("unverified@x.org", 1).await.expect(202);

    let place = format!("{}.csv", hall.list());
    let answer = hall.member.get(&place).await;
    assert_eq!(
        answer.header("content-type"),
        Some("text/csv; charset=utf-8")
    );
    let mut table = csv::Reader::from_reader(answer.text.as_bytes());
    let headers = table.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 1, "{}", answer.text);
    let cell = |name: &str| {
        let at = headers.iter().position(|header| header == name).unwrap();
        rows[0].get(at).unwrap()
    };
    assert_eq!(cell("name"), "'=HYPERLINK(\"http://evil.example\")");
    assert_eq!(cell("companions"), "'@SUM(A1)");
    assert_eq!(cell("utm_source"), "'-1+1");
    assert_eq!(cell("words"), "'+cmd, \"quoted\"\nand more");
    assert_eq!(cell("topics"), "a; b");
    assert_eq!((cell("state"), cell("seats")), ("confirmed", "2"));
    let none = hall.member.get(&format!("{place}?state=rejected")).await;
    assert_eq!(none.text.lines().count(), 1);
}
