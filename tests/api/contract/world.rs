//! Two teams in which everything can be made, and the people who ask.

use diesel::prelude::*;
use relais::db::{DbError, Id};
use relais::schema::teams;
use serde_json::{Value, json};

use super::fixtures::capacity;

use crate::vocabulary::{Member, Person, TestApp};

/// A team with somebody in every role.
pub struct Team {
    pub id: String,
    pub owner: Member,
    pub lead: Member,
    pub member: Member,
    pub guest: Member,
}

/// Two teams on one server. Nobody is in both.
pub struct World {
    pub here: Team,
    pub far: Team,
    pub app: TestApp,
}

/// How far a delegation has come.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    Offered,
    Accepted,
    Submitted,
}

impl World {
    pub async fn start() -> Self {
        let app = TestApp::start().await;
        Self {
            here: Team::found(&app, "HERE").await,
            far: Team::found(&app, "FAR").await,
            app,
        }
    }

    /// The team's revision, which counts what was changed in it.
    pub async fn revision(&self, team_id: &str) -> i64 {
        let id: Id = team_id.parse().expect("an id");
        self.app
            .db
            .read(move |conn| {
                Ok::<i64, DbError>(teams::table.find(id).select(teams::revision).first(conn)?)
            })
            .await
            .expect("a team")
    }

    /// The revisions of both teams.
    pub async fn revisions(&self) -> (i64, i64) {
        (
            self.revision(&self.here.id).await,
            self.revision(&self.far.id).await,
        )
    }

    /// Somebody new in the team. An owner is invited as a lead and then offered the ownership.
    pub async fn newcomer(&self, team: &Team, role: &str) -> Member {
        let person = self.app.person("Nora Newcomer").await;
        if role != "owner" {
            return team.owner.invite(&person, role).await;
        }
        let member = team.owner.invite(&person, "lead").await;
        let offer = team
            .owner
            .post(
                "/ownership-offers",
                json!({"to_member_id": member.id, "is_shared": true}),
            )
            .await
            .created();
        let place = format!("/ownership-offers/{}/accept", id(&offer));
        member.request("POST", &place).send().await.ok();
        member
    }

    /// An account that signs in for real: the e-mail and the password, and the person with a session.
    pub async fn account(&self) -> (Person, String) {
        let mut person = self.app.person("Paula Password").await;
        let password = "a long and good one".to_owned();
        person.email = format!("{}@example.com", Id::new());
        person
            .post(
                "/v1/accounts",
                json!({"email": person.email, "password": password, "name": "Paula"}),
            )
            .await
            .created();
        let tokens = person
            .post(
                "/v1/sessions",
                json!({"email": person.email, "password": password}),
            )
            .await
            .created();
        person.token = tokens["access_token"].as_str().expect("a token").to_owned();
        (person, password)
    }
}

/// The id of a record.
pub fn id(record: &Value) -> String {
    record["id"].as_str().expect("an id").to_owned()
}

impl Team {
    async fn found(app: &TestApp, key: &str) -> Self {
        let founder = app.person("Olga Owner").await;
        let owner = founder.found_team(&format!("Team {key}"), key).await;
        let mut members = Vec::new();
        for role in ["lead", "member", "guest"] {
            let person = app.person(&format!("The {role}")).await;
            members.push(owner.invite(&person, role).await);
        }
        let [lead, member, guest] = members.try_into().unwrap_or_else(|_| unreachable!());
        Self {
            id: owner.team_id.clone(),
            owner,
            lead,
            member,
            guest,
        }
    }

    pub fn in_role(&self, role: &str) -> &Member {
        match role {
            "owner" => &self.owner,
            "lead" => &self.lead,
            "member" => &self.member,
            "guest" => &self.guest,
            role => panic!("nobody is {role}"),
        }
    }

    pub async fn campaign(&self) -> String {
        let body = json!({"name": "A campaign", "starts_on": "2024-01-08", "ends_on": "2024-04-17", "lead_id": self.lead.id,
            "budget": {"amount_minor": 100, "currency": "EUR"}, "colour": "#326ce5"});
        id(&self.owner.post("/campaigns", body).await.created())
    }

    pub async fn event(&self) -> String {
        let starts = json!({"local": "2027-04-20T19:00:00", "time_zone": "Europe/Paris"});
        let ends = json!({"local": "2027-04-20T20:30:00", "time_zone": "Europe/Paris"});
        let body = json!({"title": "An event", "kind": "webinar", "starts": starts, "ends": ends, "hosts": [self.owner.id]});
        id(&self.owner.post("/events", body).await.created())
    }

    /// An event on a public page that takes registrations, with this besides.
    pub async fn public_event(&self, besides: Value) -> Value {
        let place = format!("/events/{}", self.event().await);
        let mut body = json!({"visibility": "public", "status": "scheduled", "registration": {"mode": "open"}});
        for (name, value) in besides.as_object().expect("an object") {
            body[name] = value.clone();
        }
        self.owner.patch(&place, body).await.ok()
    }

    /// A series of two events.
    pub async fn series(&self) -> String {
        let starts = json!({"local": "2027-04-20T19:00:00", "time_zone": "Europe/Paris"});
        let ends = json!({"local": "2027-04-20T20:30:00", "time_zone": "Europe/Paris"});
        let event = json!({"title": "An event", "kind": "webinar", "starts": starts, "ends": ends});
        let body = json!({"event": event, "rule": "FREQ=WEEKLY;COUNT=2"});
        id(&self.owner.post("/event-series", body).await.created())
    }

    /// A calendar that a member subscribes to: the answer, secret included.
    pub async fn calendar_feed(&self, member: &Member) -> Value {
        let body = json!({"scope": "team", "label": "My phone"});
        member.post("/calendar-feeds", body).await.created()
    }

    pub async fn milestone(&self) -> String {
        let body = json!({"campaign_id": self.campaign().await, "name": "A milestone", "due_on": "2026-06-01"});
        id(&self.owner.post("/milestones", body).await.created())
    }

    /// A task for which this member answers.
    pub async fn task_of(&self, member: &Member) -> String {
        let body = json!({"title": "A task", "accountable_id": member.id});
        id(&self.owner.post("/tasks", body).await.created())
    }

    pub async fn task(&self) -> String {
        self.task_of(&self.owner).await
    }

    pub async fn checklist_item(&self, task: &str) -> String {
        let place = format!("/tasks/{task}/checklist-items");
        id(&self
            .owner
            .post(&place, json!({"title": "A step"}))
            .await
            .created())
    }

    pub async fn agenda_item(&self, event: &str) -> String {
        let place = format!("/events/{event}/agenda");
        let body = json!({"title": "A session", "starts_after_minutes": 0, "duration_minutes": 5});
        id(&self.owner.post(&place, body).await.created())
    }

    pub async fn comment(&self, task: &str, author: &Member) -> String {
        let place = format!("/tasks/{task}/comments");
        id(&author
            .post(&place, json!({"body": "A remark"}))
            .await
            .created())
    }

    /// A delegation of a new task.
    pub async fn delegation(&self, from: &Member, to: &Member, stage: Stage) -> String {
        let task = self.task_of(from).await;
        let place = format!("/tasks/{task}/delegations");
        let offer = from
            .post(&place, json!({"delegate_id": to.id}))
            .await
            .created();
        let delegation = id(&offer);
        for (reached, act) in [(Stage::Accepted, "accept"), (Stage::Submitted, "submit")] {
            if stage >= reached {
                to.post(&format!("/delegations/{delegation}/{act}"), json!({}))
                    .await
                    .ok();
            }
        }
        delegation
    }

    /// An invitation: the answer, secret included.
    pub async fn invitation(&self, email: &str) -> Value {
        self.owner
            .post("/invitations", json!({"email": email, "role": "member"}))
            .await
            .created()
    }

    pub async fn ownership_offer(&self, to: &Member) -> String {
        let body = json!({"to_member_id": to.id, "is_shared": true});
        id(&self.owner.post("/ownership-offers", body).await.created())
    }

    /// Something in the trash.
    pub async fn trash(&self) -> String {
        let campaign = self.campaign().await;
        self.owner
            .delete(&format!("/campaigns/{campaign}"))
            .await
            .no_content();
        campaign
    }
}

/// A new record of the kind that a member of a body refers to by this name; none when the name is no reference.
pub async fn record_named(team: &Team, name: &str) -> Option<String> {
    Some(match name {
        "external_id" => return None,
        "resource_id" => capacity::resource(team, &team.member).await,
        "allocation_id" => {
            let kit = capacity::resource(team, &team.member).await;
            capacity::allocation(team, &team.owner, &kit, json!({})).await
        }
        "budget_line_id" => capacity::line(team).await,
        "campaign_id" => team.campaign().await,
        "milestone_id" => team.milestone().await,
        "series_id" => team.series().await,
        "event_id" => team.event().await,
        "task_id" | "parent_id" | "predecessor_id" | "before_id" | "after_id" | "id" => {
            team.task().await
        }
        "substitute_id" | "deputy_id" => team.lead.id.clone(),
        "lead_id" | "successor_id" | "accountable_id" | "assignee_id" | "member_id"
        | "delegate_id" | "to_member_id" | "host_id" | "hosts" | "owner_id" | "requested_by_id"
        | "entered_by_id" => team.member.id.clone(),
        name => panic!("what record is {name}? Say it in contract/world.rs"),
    })
}
