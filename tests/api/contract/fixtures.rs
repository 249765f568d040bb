//! A request for every operation that succeeds, when the sender's role allows it.
//!
//! The surprising rule: each request is made for one use, of records of its own, so that no test wears out what
//! another one needs. Most follow from the document: ids in the path by their names, the body from its example
//! with the ids in it made real. What needs a special state is listed by operation; a new operation that needs one
//! fails here, with its name.

mod accounts;
pub mod capacity;
pub mod time;
pub mod worked;

use relais::db::Id;
use serde_json::{Value, json};

use super::guests;
use super::operations::{Operation, example, sample};
pub use super::payloads::Payload;
use super::payloads::{TABLE, calendar};
use super::world::{Stage, Team, World, id, record_named};
use crate::vocabulary::{Answer, Member, Person};

/// A request that is ready to be sent.
#[derive(Clone)]
pub struct Call {
    pub operation: &'static Operation,
    pub names: Vec<(String, String)>,
    pub query: Vec<String>,
    pub payload: Payload,
    pub by: Person,
    /// The sender's member, in operations of a team.
    pub member_id: String,
}

impl Call {
    pub fn path(&self) -> String {
        let path = self.operation.at(&self.names);
        if self.query.is_empty() {
            path
        } else {
            format!("{path}?{}", self.query.join("&"))
        }
    }

    /// The team in the path.
    pub fn team_id(&self) -> &str {
        self.name("team_id")
    }

    pub fn name(&self, name: &str) -> &str {
        let found = self.names.iter().find(|(one, _)| one == name);
        &found.expect("a name of the path").1
    }

    /// The same with another value in the path.
    pub fn at(&self, name: &str, value: &str) -> Self {
        let mut call = self.clone();
        for (one, there) in &mut call.names {
            if one == name {
                value.clone_into(there);
            }
        }
        call
    }

    /// The same with a query parameter more.
    pub fn with(&self, parameter: &str) -> Self {
        let mut call = self.clone();
        call.query.push(parameter.to_owned());
        call
    }

    /// The same with another body.
    pub fn sending(&self, body: Value) -> Self {
        Self {
            payload: Payload::Json(body),
            ..self.clone()
        }
    }

    /// The same with another body, as it is.
    pub fn saying(&self, media_type: &'static str, text: String) -> Self {
        Self {
            payload: Payload::Text(media_type, text),
            ..self.clone()
        }
    }

    /// The same from somebody else.
    pub fn from(&self, person: &Person) -> Self {
        Self {
            by: person.clone(),
            ..self.clone()
        }
    }

    pub async fn send(&self) -> Answer {
        self.send_with(&[]).await
    }

    pub async fn send_with(&self, headers: &[(&str, &str)]) -> Answer {
        self.send_as(&self.operation.method, headers).await
    }

    /// Sends it with another method, too.
    pub async fn send_as(&self, method: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = self.by.request(method, &self.path());
        for (name, value) in headers {
            request = request.header(name, value);
        }
        match &self.payload {
            Payload::None => request.send().await,
            Payload::Json(body) => request.json(body.clone()).await,
            Payload::Text(media_type, text) => request.raw(media_type, text.clone()).await,
        }
    }
}

/// A request that is well-formed and names nothing that is there: for what is refused before that matters.
pub fn bare(operation: &'static Operation, team: &Team, by: &Person) -> Call {
    let names = operation.names().into_iter().map(|name| {
        let value = match name {
            "team_id" => team.id.clone(),
            "code" => "validation-failed".to_owned(),
            _ => Id::new().to_string(),
        };
        (name.to_owned(), value)
    });
    let payload = match &operation.body {
        None => Payload::None,
        Some((media_type, _)) if media_type == "text/csv" => {
            Payload::Text("text/csv", TABLE.to_owned())
        }
        Some((media_type, _)) if media_type == "text/calendar" => calendar(&Id::new().to_string()),
        Some((_, schema)) => Payload::Json(example(schema)),
    };
    Call {
        operation,
        names: names.collect(),
        query: required(operation),
        payload,
        by: by.clone(),
        member_id: String::new(),
    }
}

/// The query parameters that it cannot do without.
fn required(operation: &Operation) -> Vec<String> {
    operation
        .query()
        .filter(|one| one["required"] == true)
        .map(sample)
        .collect()
}

/// A request that succeeds, from whoever has this role in the team.
pub async fn call(world: &World, team: &Team, operation: &'static Operation, role: &str) -> Call {
    let mut fixture = Fixture {
        world,
        team,
        operation,
        by: team.in_role(role).clone(),
        role,
        names: Vec::new(),
        query: required(operation),
        payload: None,
    };
    if operation.is_in_team() {
        fixture.of_team().await;
    } else {
        fixture.of_account().await;
    }
    for name in operation.names() {
        if !fixture.names.iter().any(|(one, _)| one == name) {
            let value = fixture.name(name).await;
            fixture.names.push((name.to_owned(), value));
        }
    }
    let payload = match (fixture.payload.take(), &operation.body) {
        (Some(payload), _) => payload,
        (None, None) => Payload::None,
        (None, Some((_, schema))) => {
            let mut body = example(schema);
            fixture.make_real(&mut body).await;
            Payload::Json(body)
        }
    };
    Call {
        operation,
        names: fixture.names,
        query: fixture.query,
        payload,
        by: fixture.by.person.clone(),
        member_id: fixture.by.id,
    }
}

struct Fixture<'w> {
    world: &'w World,
    team: &'w Team,
    operation: &'static Operation,
    by: Member,
    role: &'w str,
    names: Vec<(String, String)>,
    query: Vec<String>,
    payload: Option<Payload>,
}

impl Fixture<'_> {
    fn set(&mut self, name: &str, value: String) {
        self.names.push((name.to_owned(), value));
    }

    fn send(&mut self, body: Value) {
        self.payload = Some(Payload::Json(body));
    }

    /// Whoever asks, where a guest could not even be in the position to ask.
    fn party(&self) -> Member {
        match self.role {
            "guest" => self.team.member.clone(),
            _ => self.by.clone(),
        }
    }

    /// Somebody else, who may do all that a delegation needs.
    fn other(&self) -> Member {
        match self.role {
            "lead" => self.team.owner.clone(),
            _ => self.team.lead.clone(),
        }
    }

    /// What the operations of a team need beyond the path.
    async fn of_team(&mut self) {
        let team = self.team;
        match self.operation.id.as_str() {
            "delete_my_member" => self.by = self.world.newcomer(team, self.role).await,
            "delete_team" if self.role == "owner" => {
                self.by = self.by.person.found_team("A short one", "GONE").await;
            }
            "create_invitation" => {
                let email = format!("{}@example.org", Id::new());
                self.send(json!({"email": email, "role": "guest"}));
            }
            "create_ownership_offer" => {
                let to = self.world.newcomer(team, "member").await;
                self.send(json!({"to_member_id": to.id}));
            }
            "get_ownership_offer" | "accept_ownership_offer" | "decline_ownership_offer" => {
                let role = if self.role == "owner" {
                    "lead"
                } else {
                    self.role
                };
                self.by = self.world.newcomer(team, role).await;
                let offer = team.ownership_offer(&self.by).await;
                self.set("ownership_offer_id", offer);
            }
            "create_task" => {
                let external_id = Id::new().to_string();
                self.send(json!({"title": "A task", "external_id": external_id, "labels": ["a"]}));
            }
            "update_task" => self.send(json!({"title": "Another", "due_on": "2026-03-20"})),
            "change_tasks" => {
                let (one, other) = (team.task().await, team.task().await);
                self.send(json!({"operations": [{"op": "create", "title": "A task"},
                    {"op": "update", "id": one, "title": "Another"}, {"op": "delete", "id": other}]}));
            }
            "put_dependency" => {
                let (task, predecessor) = self.dependency().await;
                self.set("task_id", task);
                self.set("predecessor_id", predecessor);
                self.send(json!({"type": "SS", "lag_minutes": 60}));
            }
            "move_checklist_item" => {
                let task = team.task().await;
                let (one, other) = (
                    team.checklist_item(&task).await,
                    team.checklist_item(&task).await,
                );
                self.set("task_id", task);
                self.set("item_id", one);
                self.send(json!({"after_id": other}));
            }
            "move_agenda_item" => {
                let event = team.event().await;
                let (one, other) = (
                    team.agenda_item(&event).await,
                    team.agenda_item(&event).await,
                );
                self.set("event_id", event);
                self.set("item_id", one);
                self.send(json!({"after_id": other}));
            }
            "create_delegation" => {
                let (from, to) = (self.party(), self.other());
                self.set("task_id", team.task_of(&from).await);
                self.send(json!({"delegate_id": to.id}));
            }
            "batch_delegations" => {
                let (from, to) = (self.party(), self.other());
                let task = team.task_of(&from).await;
                self.send(json!({"offers": [{"task_id": task, "delegate_id": to.id}]}));
            }
            "propose_delegation" => self.send(json!({"due_on": "2099-03-19"})),
            "change_registrations" => {
                let guest = guests::of_operation(self.world, team, "check_in_registration").await;
                self.set("event_id", guest.event_id);
                self.send(json!({"operations": [{"op": "check_in", "id": guest.registration_id}]}));
            }
            "create_check_in" => {
                let guest = guests::of_operation(self.world, team, "check_in_registration").await;
                self.set("event_id", guest.event_id);
                self.send(json!({"code": guest.code}));
            }
            "create_calendar_import" => {
                self.query.push("dry_run=false".to_owned());
                self.payload = Some(calendar(&Id::new().to_string()));
            }
            "create_registration_import" => {
                self.query.push("dry_run=false".to_owned());
                let table = format!("name,email\nAda,{}@example.org\n", Id::new());
                self.payload = Some(Payload::Text("text/csv", table));
            }
            "create_import" => {
                self.query.push("dry_run=false".to_owned());
                self.payload = Some(Payload::Text("text/csv", TABLE.to_owned()));
            }
            "create_time_entry" | "batch_time_entries" => {
                let body = self.worked().await;
                self.send(body);
            }
            _ => self.of_time().await,
        }
    }

    /// A task that waits for another one.
    async fn dependency(&self) -> (String, String) {
        let (task, predecessor) = (self.team.task().await, self.team.task().await);
        let place = format!("/tasks/{task}/dependencies/{predecessor}");
        self.team
            .owner
            .put(&place, json!({"type": "FS"}))
            .await
            .created();
        (task, predecessor)
    }

    /// A value for a name of the path. Where two belong together, the first one makes both.
    async fn name(&mut self, name: &str) -> String {
        let team = self.team;
        match name {
            "team_id" => self.by.team_id.clone(),
            "campaign_id" => team.campaign().await,
            "milestone_id" => team.milestone().await,
            "series_id" => team.series().await,
            "event_id" => {
                let names = self.operation.names();
                if names.contains(&"registration_id") {
                    let guest = guests::of_operation(self.world, team, &self.operation.id).await;
                    self.set("registration_id", guest.registration_id);
                    return guest.event_id;
                }
                let event = team.event().await;
                if names.contains(&"item_id") {
                    self.set("item_id", team.agenda_item(&event).await);
                }
                event
            }
            "task_id" => {
                let names = self.operation.names();
                let task = if names.contains(&"predecessor_id") {
                    let (task, predecessor) = self.dependency().await;
                    self.set("predecessor_id", predecessor);
                    task
                } else {
                    let party = self.party();
                    team.task_of(&party).await
                };
                if names.contains(&"item_id") {
                    self.set("item_id", team.checklist_item(&task).await);
                }
                if names.contains(&"comment_id") {
                    self.set("comment_id", team.comment(&task, &self.by).await);
                }
                task
            }
            "member_id" => {
                let member = self.world.newcomer(team, "member").await;
                if self.operation.names().contains(&"working_hours_id") {
                    let hours = time::hours(team, Some(&member)).await;
                    self.set("working_hours_id", hours);
                }
                member.id
            }
            "working_hours_id" => time::hours(team, None).await,
            "holiday_id" => time::holiday(team).await,
            "absence_id" => self.absence().await,
            "resource_id" => capacity::resource(team, &team.member).await,
            "allocation_id" => self.allocation().await,
            "time_entry_id" => self.time_entry().await,
            "budget_line_id" => capacity::line(team).await,
            "expense_id" => capacity::expense(team, &self.party(), json!({})).await,
            "deputy_record_id" => {
                let deputy = self.world.newcomer(team, "member").await;
                time::deputy(&self.party(), &deputy).await
            }
            "invitation_id" => id(&team.invitation(&format!("{}@example.org", Id::new())).await),
            "ownership_offer_id" => {
                let to = self.world.newcomer(team, "member").await;
                team.ownership_offer(&to).await
            }
            "delegation_id" => {
                let (party, other) = (self.party(), self.other());
                let (from, to, stage) = match self.operation.id.as_str() {
                    "accept_delegation" | "decline_delegation" | "propose_delegation" => {
                        (&other, &party, Stage::Offered)
                    }
                    "submit_delegation" | "hand_back_delegation" => {
                        (&other, &party, Stage::Accepted)
                    }
                    "confirm_delegation" | "send_back_delegation" => {
                        (&party, &other, Stage::Submitted)
                    }
                    "recall_delegation" => (&party, &other, Stage::Accepted),
                    _ => (&party, &other, Stage::Offered),
                };
                team.delegation(from, to, stage).await
            }
            "trash_id" => team.trash().await,
            "code" => "validation-failed".to_owned(),
            "slug" => {
                let event = team.public_event(json!({})).await;
                event["slug"].as_str().unwrap().to_owned()
            }
            "feed_id" => id(&team.calendar_feed(&self.by).await),
            "link" if self.operation.id == "get_calendar" => {
                let feed = team.calendar_feed(&team.member).await;
                feed["secret"].as_str().expect("a secret").to_owned()
            }
            "link" => {
                guests::of_operation(self.world, team, &self.operation.id)
                    .await
                    .secret
            }
            name => panic!(
                "{}: make a fixture for {{{name}}} in contract/fixtures.rs",
                self.operation.id
            ),
        }
    }

    /// Puts real ids into the places of those of an example.
    async fn make_real(&self, value: &mut Value) {
        match value {
            Value::Array(items) => {
                for item in items {
                    Box::pin(self.make_real(item)).await;
                }
            }
            Value::Object(members) => {
                for (name, value) in members {
                    if name.ends_with("_id") && value.is_string() {
                        *value = self.real(name).await.into();
                    } else {
                        Box::pin(self.make_real(value)).await;
                    }
                }
            }
            _ => {}
        }
    }

    async fn real(&self, name: &str) -> String {
        record_named(self.team, name)
            .await
            .unwrap_or_else(|| panic!("{}: what is {name}?", self.operation.id))
    }
}
