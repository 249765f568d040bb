//! Random acts by random people on one task, each answer and each state compared with the pure rules.
//!
//! The rules themselves are compared with the table of the design beside them; this shows that nothing is lost
//! between them and the wire.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use relais::work::delegations::chain::{Actor, Link, OfferRefusal, holder, may_offer, place};
use relais::work::delegations::rules::{Act, DelegationState, NewAssignee, Refusal, act_on};
use relais::work::task_status::TaskStatus;
use serde_json::{Value, json};

use super::{act, offer, task_now, task_of, text};
use crate::vocabulary::{Member, TestApp};

/// What the rules say that there is: people by their place in the team, all links that there ever were.
struct Model {
    links: Vec<(Link<usize>, Value)>,
    assignee: Option<usize>,
    status: TaskStatus,
}

/// The last two lead the team; the first is the task's accountable.
const ROLES: [&str; 6] = ["member", "member", "member", "member", "lead", "owner"];

fn actor(who: usize) -> Actor<usize> {
    if ROLES[who] == "member" {
        Actor::Member(who)
    } else {
        Actor::Lead(who)
    }
}

impl Model {
    fn active(&self) -> Vec<usize> {
        (0..self.links.len())
            .filter(|index| self.links[*index].0.state.is_active())
            .collect()
    }

    fn chain(&self) -> Vec<Link<usize>> {
        self.active()
            .into_iter()
            .map(|index| self.links[index].0)
            .collect()
    }

    /// The status of the answer to an offer.
    fn offer(&self, by: usize, to: usize) -> u16 {
        let chain = self.chain();
        let holds = by == 0 || ROLES[by] != "member";
        if !self.status.is_open() {
            return 409;
        }
        if chain.is_empty() && !holds {
            return 403;
        }
        match may_offer(&chain, by, to) {
            Ok(()) => 201,
            Err(OfferRefusal::OpenOffer | OfferRefusal::Submitted | OfferRefusal::TooDeep) => 409,
            Err(OfferRefusal::NotTheHolder | OfferRefusal::MayNotRedelegate) => 403,
            Err(OfferRefusal::ToOneself | OfferRefusal::Circle) => 422,
        }
    }

    /// Does an act where the rules let it, and says the status of the answer.
    fn act(&mut self, index: usize, act: Act, by: usize) -> u16 {
        let link = self.links[index].0;
        let active = self.active();
        let below: Vec<usize> = active
            .iter()
            .copied()
            .filter(|other| link.state.is_active() && *other > index)
            .collect();
        let states: Vec<DelegationState> =
            below.iter().map(|one| self.links[*one].0.state).collect();
        let depth = active.iter().position(|one| *one == index).unwrap_or(0);
        let party = link.party(actor(by), act);
        let changes = match act_on(link.state, place(depth), &states, act, party) {
            Ok(changes) => changes,
            Err(Refusal::NotYours { .. }) => return 403,
            Err(Refusal::NotFromHere { .. } | Refusal::HandedOn) => return 409,
        };
        let mut status = self.status;
        for step in changes.iter().filter_map(|change| change.effect.task) {
            match step.way(status) {
                Ok(way) => status = way.last().copied().unwrap_or(status),
                Err(_) => return 409,
            }
        }
        self.status = status;
        for change in changes {
            let target = match change.depth {
                0 => index,
                depth => below[depth - 1],
            };
            let link = &mut self.links[target].0;
            link.state = change.to;
            match change.effect.assignee {
                Some(NewAssignee::Delegate) => self.assignee = Some(link.delegate),
                Some(NewAssignee::Delegator) => self.assignee = Some(link.delegator),
                None => {}
            }
        }
        200
    }
}

/// Compares everything that the server shows with the model, and the model with what always holds.
async fn compare(model: &Model, people: &[Member], task: &Value, story: &[String]) {
    let shown = task_now(&people[0], task).await;
    assert_eq!(
        (&shown["assignee_id"], shown["status"].as_str()),
        (
            &json!(model.assignee.map(|who| &people[who].id)),
            Some(model.status.as_str())
        ),
        "{story:#?}"
    );
    let all = people[0]
        .all(&format!(
            "/tasks/{}/delegations?sort=created_at",
            text(&task["id"])
        ))
        .await;
    let states: Vec<_> = all
        .iter()
        .map(|one| (&one["id"], one["state"].as_str().unwrap()))
        .collect();
    let expected: Vec<_> = model
        .links
        .iter()
        .map(|(link, made)| (&made["id"], link.state.as_str()))
        .collect();
    assert_eq!(states, expected, "{story:#?}");
    let open = model
        .links
        .iter()
        .filter(|(link, _)| link.state.is_open())
        .count();
    assert!(open <= 1, "one open offer: {story:#?}");
    if let Some(holder) = holder(&model.chain()) {
        assert_eq!(model.assignee, Some(holder), "{story:#?}");
    }
}

const VERBS: [(&str, Act); 9] = [
    ("accept", Act::Accept),
    ("decline", Act::Decline),
    ("propose", Act::Propose),
    ("withdraw", Act::Withdraw),
    ("submit", Act::Submit),
    ("confirm", Act::Confirm),
    ("send-back", Act::SendBack),
    ("hand-back", Act::HandBack),
    ("recall", Act::Recall),
];

async fn run(seed: u64, steps: usize) {
    let mut random = StdRng::seed_from_u64(seed);
    let app = TestApp::start().await;
    let people = app.team_with(ROLES).await;
    let task = task_of(&people[0], "A").await;
    let mut model = Model {
        links: Vec::new(),
        assignee: None,
        status: TaskStatus::Todo,
    };
    let mut story = vec![format!("seed {seed}")];
    for _ in 0..steps {
        let leaf = model.active().last().copied();
        let wants_offer = match leaf {
            None => true,
            Some(leaf) => {
                model.links[leaf].0.state == DelegationState::Accepted && random.random_bool(0.3)
            }
        };
        if wants_offer || random.random_bool(0.05) {
            // Mostly by whoever could; the rest finds out that others cannot.
            let natural = leaf.map_or(0, |leaf| model.links[leaf].0.delegate);
            let by = if random.random_bool(0.8) {
                natural
            } else {
                random.random_range(0..6)
            };
            let (to, may_redelegate) = (random.random_range(0..6), random.random_bool(0.8));
            story.push(format!("{by} offers to {to}"));
            let answer = offer(
                &people[by],
                &task,
                &people[to],
                json!({"may_redelegate": may_redelegate}),
            )
            .await;
            assert_eq!(
                answer.status,
                model.offer(by, to),
                "{story:#?}\n{}",
                answer.text
            );
            if answer.status == 201 {
                let link = Link {
                    delegator: by,
                    delegate: to,
                    state: DelegationState::Offered,
                    may_redelegate,
                };
                model.links.push((link, answer.created()));
            }
        } else {
            let index = match leaf {
                Some(leaf) if random.random_bool(0.8) => leaf,
                _ => random.random_range(0..model.links.len()),
            };
            let link = model.links[index].0;
            let (verb, doing) = if random.random_bool(0.25) {
                VERBS[0]
            } else {
                *VERBS.choose(&mut random).unwrap()
            };
            let by = *[link.delegator, link.delegate, random.random_range(0..6)]
                .choose(&mut random)
                .unwrap();
            story.push(format!("{by}: {verb} on {index} ({:?})", link.state));
            let made = model.links[index].1.clone();
            let answer = act(&people[by], &made, verb).await;
            let expected = model.act(index, doing, by);
            assert_eq!(answer.status, expected, "{story:#?}\n{}", answer.text);
        }
        compare(&model, &people, &task, &story).await;
        if !model.status.is_open() {
            people[0]
                .patch(
                    &format!("/tasks/{}", text(&task["id"])),
                    json!({"status": "todo"}),
                )
                .await
                .ok();
            model.status = TaskStatus::Todo;
            story.push("reopened".to_owned());
        }
    }
    assert!(model.links.len() > 3, "something happened: {story:#?}");
}

#[tokio::test]
async fn random_acts_by_random_people_follow_the_rules() {
    for seed in 1..=4 {
        run(seed, 60).await;
    }
}
