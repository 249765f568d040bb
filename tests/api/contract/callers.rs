//! Every operation and every kind of caller.

use std::fmt::Write as _;

use chrono::TimeDelta;
use relais::access::roles::{Permission, Role};
use serde_json::Value;

use super::fixtures::{bare, call};
use super::operations::{Operation, each, operations, those};
use super::world::World;
use crate::vocabulary::{Answer, Person};

/// Who is not signed in: without a token, with nonsense, with an old token, with the token of an ended session.
async fn strangers(world: &World) -> Vec<(&'static str, Person)> {
    let person = world.app.person("Sam Stranger").await;
    let with = |token: String| Person {
        token,
        ..person.clone()
    };
    let keys = &world.app.state.keys;
    let now = world.app.clock.now().utc();
    let claims = keys.claims(
        person.account_id.into(),
        person.session_id.into(),
        TimeDelta::minutes(10),
        now - TimeDelta::days(2),
    );
    let expired = keys.sign(&claims, now).expect("a token");
    let ended = world.app.person("Eve Ended").await;
    ended.delete("/v1/sessions/current").await.no_content();
    vec![
        ("anonymous", with(String::new())),
        ("garbage", with("garbage".to_owned())),
        ("expired", with(expired)),
        ("ended", ended),
    ]
}

const ROLES: [&str; 4] = ["guest", "member", "lead", "owner"];

/// The table that a reviewer looks at: a new operation and a changed permission both show in it.
#[tokio::test]
async fn every_caller_gets_the_expected_status() {
    let world = World::start().await;
    let strangers = strangers(&world).await;
    let outsider = world.far.lead.person.clone();
    let mut table = format!("{:<32}", "");
    for name in strangers
        .iter()
        .map(|(name, _)| *name)
        .chain(["outsider"])
        .chain(ROLES)
    {
        let _ = write!(table, " {name:>9}");
    }
    table.push('\n');
    let mut wrong = Vec::new();
    for operation in operations() {
        let mut statuses = Vec::new();
        for (_, stranger) in &strangers {
            let asked = if operation.is_public {
                call(&world, &world.here, operation, "owner").await
            } else {
                bare(operation, &world.here, stranger)
            };
            let answer = asked.from(stranger).send().await;
            if !operation.is_public {
                check_unauthenticated(operation, &answer);
            }
            statuses.push(answer.status);
        }
        let asked = call(&world, &world.here, operation, "owner").await;
        let asked = if operation.is_in_team() {
            asked.from(&outsider)
        } else {
            asked
        };
        statuses.push(asked.send().await.status);
        let mut answers = Vec::new();
        for role in ROLES {
            let answer = call(&world, &world.here, operation, role)
                .await
                .send()
                .await;
            statuses.push(answer.status);
            answers.push((role.parse::<Role>().expect("a role"), answer));
        }
        wrong.extend(check_roles(operation, &answers));
        let _ = write!(table, "{:<32}", operation.id);
        for status in statuses {
            let _ = write!(table, " {status:>9}");
        }
        table.push('\n');
    }
    assert!(wrong.is_empty(), "{}\n{table}", wrong.join("\n"));
    insta::assert_snapshot!(table);
}

fn check_unauthenticated(operation: &Operation, answer: &Answer) {
    assert_eq!(answer.status, 401, "{}: {}", operation.id, answer.text);
    assert!(
        answer
            .header("www-authenticate")
            .is_some_and(|value| value.starts_with("Bearer")),
        "{}: 401 without WWW-Authenticate",
        operation.id
    );
}

/// What a role gets agrees with the table of permissions: the owner may do everything, a 403 names the permission
/// that the role lacks, and every role that has it gets further.
fn check_roles(operation: &Operation, answers: &[(Role, Answer)]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut required: Option<Permission> = None;
    for (role, answer) in answers {
        let what = || {
            format!(
                "{} as {role}: {} {}",
                operation.id, answer.status, answer.text
            )
        };
        match answer.status {
            200..=299 => {
                if required.is_some_and(|permission| !role.may(permission)) {
                    wrong.push(format!("{}: without {required:?}", what()));
                }
            }
            403 => match answer.body["required"].as_str().map(str::parse) {
                Some(Ok(permission)) => {
                    if role.may(permission) {
                        wrong.push(format!("{}: but the role has it", what()));
                    }
                    required = required.max(Some(permission));
                }
                _ => wrong.push(format!("{}: names no permission", what())),
            },
            _ => wrong.push(what()),
        }
    }
    wrong
}

fn without_request_id(answer: &Answer) -> Value {
    let mut body = answer.body.clone();
    body["request_id"] = Value::Null;
    body
}

fn header_names(answer: &Answer) -> Vec<String> {
    let mut names: Vec<String> = answer.headers.keys().map(ToString::to_string).collect();
    names.sort();
    names
}

#[tokio::test]
async fn outsiders_learn_nothing() {
    let world = World::start().await;
    let outsider = &world.far.owner.person;
    each(those(Operation::is_in_team), async |operation| {
        let asked = call(&world, &world.here, operation, "owner")
            .await
            .from(outsider);
        let before = world.revisions().await;
        let (real, absent) = (
            asked.send().await,
            asked
                .at("team_id", &relais::db::Id::new().to_string())
                .send()
                .await,
        );
        assert_eq!(before, world.revisions().await, "{}", operation.id);
        assert_eq!(
            (real.status, real.body["code"].as_str()),
            (404, Some("not_found")),
            "{}: {}",
            operation.id,
            real.text
        );
        assert_eq!(
            (without_request_id(&real), header_names(&real)),
            (without_request_id(&absent), header_names(&absent)),
            "{}",
            operation.id
        );
    })
    .await;
}
