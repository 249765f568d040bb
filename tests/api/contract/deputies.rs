//! Every operation in somebody's place: the deputy can what the one replaced can, less what is not lent, and the journal
//! names both.

use relais::access::roles::Permission;
use serde_json::json;

use super::fixtures::{Call, call};
use super::operations::{Operation, each, operations, those};
use super::world::World;
use crate::vocabulary::{Answer, Member};

async fn appoint(world: &World, member: &Member) -> Member {
    let deputy = world.newcomer(&world.here, "member").await;
    let ends_at = world.app.clock.now().plus(chrono::TimeDelta::days(1));
    let body = json!({"deputy_id": deputy.id, "ends_at": ends_at.to_string()});
    member.post("/deputies", body).await.created();
    deputy
}

async fn send(asked: &Call, by: &Member, on_behalf_of: &str) -> Answer {
    asked
        .from(&by.person)
        .send_with(&[("On-Behalf-Of", on_behalf_of)])
        .await
}

/// Refused for something that nobody has on behalf of another.
fn is_withheld(answer: &Answer) -> bool {
    answer.status == 403
        && answer.body["required"]
            .as_str()
            .and_then(|name| name.parse::<Permission>().ok())
            .is_some_and(|permission| !permission.is_lent())
}

#[tokio::test]
async fn a_deputy_can_what_is_lent_and_both_are_named() {
    let world = World::start().await;
    let owner = world.here.owner.clone();
    let deputy = appoint(&world, &owner).await;
    each(those(Operation::is_in_team), async |operation| {
        let what = &operation.id;
        let asked = call(&world, &world.here, operation, "owner").await;
        if asked.member_id != owner.id || asked.team_id() != owner.team_id {
            // Who was asked for is somebody else, whose deputy this is not.
            let refused = send(&asked, &deputy, &asked.member_id).await;
            assert!([403, 404].contains(&refused.status), "{what}");
            return;
        }
        let before = world.revision(&world.here.id).await;
        let answer = send(&asked, &deputy, &owner.id).await;
        let after = world.revision(&world.here.id).await;
        if is_withheld(&answer) {
            assert_eq!(before, after, "{what}");
            return;
        }
        assert!(
            (200..300).contains(&answer.status),
            "{what}: {} {}",
            answer.status,
            answer.text
        );
        if operation.is_get() || !operation.takes_header("Idempotency-Key") {
            assert_eq!(after, before, "{what}: only read");
            return;
        }
        assert_eq!(after, before + 1, "{what}: one revision");
        for line in owner.all(&format!("/changes?after={before}")).await {
            assert_eq!(
                (&line["actor_id"], &line["on_behalf_of_id"]),
                (&json!(deputy.id), &json!(owner.id)),
                "{what}: {line}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn whoever_is_no_deputy_can_nothing_in_anothers_place() {
    let world = World::start().await;
    let (owner, lead) = (&world.here.owner, &world.here.lead);
    each(those(Operation::is_in_team), async |operation| {
        let asked = call(&world, &world.here, operation, "owner").await;
        let asked = asked.at("team_id", &world.here.id);
        let before = world.revision(&world.here.id).await;
        send(&asked, lead, &owner.id)
            .await
            .problem(403, "not_a_deputy");
        assert_eq!(
            before,
            world.revision(&world.here.id).await,
            "{}",
            operation.id
        );
    })
    .await;
}

#[test]
fn the_document_promises_it_in_teams_and_nowhere_else() {
    let wrong: Vec<&str> = operations()
        .iter()
        .filter(|one| one.takes_header("On-Behalf-Of") != one.is_in_team())
        .map(|one| one.id.as_str())
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}
