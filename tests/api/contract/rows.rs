//! Rows for every list: one more, one less.

use relais::db::Id;
use serde_json::{Value, json};

use super::fixtures::{Call, call, capacity, time, worked};
use super::operations::Operation;
use super::world::{Stage, Team, World, id};
use crate::vocabulary::Member;

/// A list, and the member whose it is.
pub struct List<'w> {
    world: &'w World,
    pub call: Call,
    owner: Member,
    rows: u32,
}

impl<'w> List<'w> {
    /// The list that an operation answers, with more than two pages of three.
    pub async fn filled(world: &'w World, operation: &'static Operation) -> Self {
        let team = &world.here;
        let mut call = call(world, team, operation, "owner").await;
        let owner = match operation.id.as_str() {
            "list_my_tasks" | "list_my_delegations" | "list_my_absences" => {
                world.newcomer(team, "member").await
            }
            _ => team.owner.clone(),
        };
        match operation.id.as_str() {
            "list_my_tasks" | "list_my_delegations" | "list_my_absences" => {
                call.by = owner.person.clone();
            }
            "list_my_sessions" => call.by = world.account().await.0,
            // The rest of the feed is as long as the team is old.
            "list_changes" => {
                let after = world.revision(&team.id).await;
                call = call.with(&format!("after={after}"));
            }
            _ => {}
        }
        let mut list = Self {
            world,
            call,
            owner,
            rows: 0,
        };
        for _ in 0..7 {
            list.grow().await;
        }
        list
    }

    fn team(&self) -> &'w Team {
        &self.world.here
    }

    /// One row more.
    pub async fn grow(&mut self) {
        self.rows += 1;
        let (team, number) = (self.team(), self.rows);
        // Some have no date, and some have the same.
        let day = match number % 4 {
            0 => Value::Null,
            day => json!(format!("2026-0{day}-01")),
        };
        let priority = ["low", "normal", "high"][usize::try_from(number % 3).unwrap()];
        match self.call.operation.id.as_str() {
            "list_campaigns" => {
                let body = json!({"name": format!("Campaign {number}"), "starts_on": day, "lead_id": team.lead.id});
                team.owner.post("/campaigns", body).await.created();
            }
            "list_progress" | "list_changes" => {
                team.campaign().await;
            }
            "list_milestones" => {
                let campaign = team.campaign().await;
                let body = json!({"campaign_id": campaign, "name": "A point", "due_on": day});
                team.owner.post("/milestones", body).await.created();
            }
            "list_tasks" | "list_my_tasks" => {
                let body = json!({"title": format!("Task {number}"), "due_on": day, "priority": priority,
                    "assignee_id": self.owner.id});
                team.owner.post("/tasks", body).await.created();
            }
            "list_checklist_items" => {
                team.checklist_item(self.call.name("task_id")).await;
            }
            "list_agenda_items" => {
                team.agenda_item(self.call.name("event_id")).await;
            }
            "list_comments" => {
                team.comment(self.call.name("task_id"), &team.guest).await;
            }
            "list_event_series" => {
                team.series().await;
            }
            "list_calendar_feeds" => {
                team.calendar_feed(&team.owner).await;
            }
            "list_events" => {
                team.event().await;
            }
            "list_outbox" => {
                let event = team.event().await;
                crate::outreach::letters::put(&self.world.app, &team.id, &event).await;
            }
            "list_event_history" => {
                let place = format!("/events/{}", self.call.name("event_id"));
                let body = json!({"title": format!("Title {number}")});
                team.owner.patch(&place, body).await.ok();
            }
            "list_event_series_history" => {
                let series = self.call.name("series_id");
                let events = format!("/events?series_id={series}&limit=1");
                let events = team.owner.get(&events).await.ok();
                let place = format!("/events/{}?scope=all", id(&events["items"][0]));
                let body = json!({"title": format!("Title {number}")});
                team.owner.patch(&place, body).await.ok();
            }
            "list_registration_history" => {
                let (event, guest) = (
                    self.call.name("event_id"),
                    self.call.name("registration_id"),
                );
                let place = format!("/events/{event}/registrations/{guest}");
                let body = json!({"name": format!("Name {number}")});
                team.owner.patch(&place, body).await.ok();
            }
            "list_registrations" => {
                let place = format!("/events/{}/registrations", self.call.name("event_id"));
                let body = json!({"name": format!("Guest {number}"), "email": format!("{}@example.org", Id::new()), "seats": number % 3 + 1});
                team.owner.post(&place, body).await.created();
            }
            "list_campaign_history" => self.rename("/campaigns", "campaign_id").await,
            "list_milestone_history" => self.rename("/milestones", "milestone_id").await,
            "list_task_history" => {
                let place = format!("/tasks/{}", self.call.name("task_id"));
                let body = json!({"title": format!("Title {number}")});
                team.owner.patch(&place, body).await.ok();
            }
            "list_delegation_history" => self.turn_delegation().await,
            "list_task_delegations" => {
                let place = format!("/tasks/{}/delegations", self.call.name("task_id"));
                let body = json!({"delegate_id": team.member.id});
                let offer = id(&team.owner.post(&place, body).await.created());
                let place = format!("/delegations/{offer}/decline");
                team.member
                    .post(&place, json!({"reason": "No time"}))
                    .await
                    .ok();
            }
            "list_delegations" => {
                team.delegation(&team.lead, &team.member, Stage::Offered)
                    .await;
            }
            "list_my_delegations" => {
                team.delegation(&team.lead, &self.owner, Stage::Offered)
                    .await;
            }
            "list_members" => {
                self.world.newcomer(team, "guest").await;
            }
            "list_invitations" => {
                team.invitation(&format!("{}@example.org", Id::new())).await;
            }
            "list_ownership_offers" => {
                let to = self.world.newcomer(team, "guest").await;
                team.ownership_offer(&to).await;
            }
            "list_teams" => {
                let body =
                    json!({"name": "Another", "key": format!("T{number}"), "time_zone": "UTC"});
                self.call.by.post("/v1/teams", body).await.created();
            }
            "list_my_sessions" => {
                let body = json!({"email": self.call.by.email, "password": "a long and good one"});
                self.call.by.post("/v1/sessions", body).await.created();
            }
            "list_trash" => {
                team.trash().await;
            }
            "list_time_entries" | "list_time_entry_sums" => {
                worked::entry(team, &team.member).await;
            }
            "list_time_entry_history" => {
                let place = format!("/time-entries/{}", self.call.name("time_entry_id"));
                team.owner
                    .patch(&place, json!({"minutes": number}))
                    .await
                    .ok();
            }
            "list_resources"
            | "list_resource_history"
            | "list_allocations"
            | "list_allocation_history"
            | "list_budget_lines"
            | "list_budget_line_history"
            | "list_expenses"
            | "list_expense_history" => self.grow_capacity().await,
            "list_working_hours"
            | "list_team_working_hours"
            | "list_holidays"
            | "list_absences"
            | "list_my_absences"
            | "list_absence_history"
            | "list_holiday_history"
            | "list_working_hours_history"
            | "list_team_working_hours_history"
            | "list_deputies"
            | "list_deputy_history" => self.grow_time().await,
            operation => panic!("{operation}: say in contract/rows.rs how this list grows"),
        }
    }

    /// One row more of what is about people's time.
    async fn grow_time(&self) {
        let team = self.team();
        match self.call.operation.id.as_str() {
            "list_working_hours" => {
                let member = Member {
                    id: self.call.name("member_id").to_owned(),
                    ..team.owner.clone()
                };
                time::hours(team, Some(&member)).await;
            }
            "list_team_working_hours" => {
                time::hours(team, None).await;
            }
            "list_holidays" => {
                time::holiday(team).await;
            }
            "list_absence_history" => {
                let place = format!("/absences/{}", self.call.name("absence_id"));
                let body = json!({"last_on": format!("2100-07-{:02}", self.rows)});
                team.owner.patch(&place, body).await.ok();
            }
            "list_holiday_history" => self.rename("/holidays", "holiday_id").await,
            "list_working_hours_history" | "list_team_working_hours_history" => {
                let of_team = "/working-hours".to_owned();
                let own = |id: &str| format!("/members/{id}/working-hours");
                let names = &self.call.names;
                let member = names.iter().find(|(name, _)| name == "member_id");
                let place = member.map_or(of_team, |(_, id)| own(id));
                let place = format!("{place}/{}", self.call.name("working_hours_id"));
                let body = json!({"monday_minutes": self.rows});
                team.owner.patch(&place, body).await.ok();
            }
            "list_deputy_history" => {
                let id = self.call.name("deputy_record_id");
                time::say(&self.world.app, &team.id, id, self.rows).await;
            }
            "list_deputies" => {
                let deputy = self.world.newcomer(team, "member").await;
                time::deputy(&team.lead, &deputy).await;
            }
            _ => {
                time::absence(team, &self.owner).await;
            }
        }
    }

    /// One row more of what is promised.
    async fn grow_capacity(&self) {
        let (team, number) = (self.team(), self.rows);
        match self.call.operation.id.as_str() {
            "list_resources" => {
                capacity::resource(team, &team.member).await;
            }
            "list_resource_history" => self.rename("/resources", "resource_id").await,
            "list_allocation_history" => {
                let place = format!("/allocations/{}", self.call.name("allocation_id"));
                let body = json!({"note": format!("Note {number}")});
                team.owner.patch(&place, body).await.ok();
            }
            "list_budget_lines" => {
                capacity::line(team).await;
            }
            "list_budget_line_history" => self.rename("/budget-lines", "budget_line_id").await,
            "list_expenses" => {
                let besides = json!({"spent_on": format!("2024-03-0{}", number % 4 + 1)});
                capacity::expense(team, &team.owner, besides).await;
            }
            "list_expense_history" => {
                let place = format!("/expenses/{}", self.call.name("expense_id"));
                let body = json!({"note": format!("Note {number}")});
                team.owner.patch(&place, body).await.ok();
            }
            // Some by days and some by instants.
            _ if number.is_multiple_of(2) => {
                let kit = capacity::resource(team, &team.member).await;
                let besides = json!({"first_on": format!("2099-03-0{}", number % 4 + 1)});
                capacity::allocation(team, &team.owner, &kit, besides).await;
            }
            _ => {
                let body = json!({"kind": "space", "name": "A room", "booking": "minutes"});
                let room = id(&team.owner.post("/resources", body).await.created());
                let (begin, end) = (number % 4 + 1, number % 4 + 2);
                let besides = json!({"first_on": null, "last_on": null,
                    "starts_at": format!("2099-03-0{begin}T08:00:00Z"), "ends_at": format!("2099-03-0{end}T08:00:00Z")});
                capacity::allocation(team, &team.owner, &room, besides).await;
            }
        }
    }

    async fn rename(&self, place: &str, name: &str) {
        let place = format!("{place}/{}", self.call.name(name));
        let body = json!({"name": format!("Name {}", self.rows)});
        self.team().owner.patch(&place, body).await.ok();
    }

    /// Offered by the owner to the lead, see the fixture; then submitted and sent back, again and again.
    async fn turn_delegation(&self) {
        let team = self.team();
        let place = format!("/delegations/{}", self.call.name("delegation_id"));
        let (by, act, body) = match self.rows {
            1 => (&team.lead, "accept", json!({})),
            odd if odd % 2 == 1 => (&team.owner, "send-back", json!({"reason": "More"})),
            _ => (&team.lead, "submit", json!({})),
        };
        by.post(&format!("{place}/{act}"), body).await.ok();
    }

    /// One row less, where rows of this list can go.
    pub async fn shrink(&self, row: &Value) -> bool {
        let owner = &self.team().owner;
        let id = row["id"].as_str().unwrap_or_default();
        let place = match self.call.operation.id.as_str() {
            "list_campaigns" => format!("/campaigns/{id}"),
            "list_resources" if row["kind"] == "equipment" => format!("/resources/{id}"),
            "list_time_entries" => format!("/time-entries/{id}"),
            "list_budget_lines" => format!("/budget-lines/{id}"),
            "list_expenses" => format!("/expenses/{id}"),
            "list_milestones" => format!("/milestones/{id}"),
            "list_tasks" | "list_my_tasks" => format!("/tasks/{id}"),
            "list_members" if row["display_name"] == "Nora Newcomer" => format!("/members/{id}"),
            "list_calendar_feeds" => format!("/calendar-feeds/{id}"),
            "list_event_series" => format!("/event-series/{id}"),
            "list_events" => format!("/events/{id}"),
            "list_checklist_items" => {
                format!("/tasks/{}/checklist-items/{id}", self.call.name("task_id"))
            }
            "list_agenda_items" => {
                format!("/events/{}/agenda/{id}", self.call.name("event_id"))
            }
            "list_registrations" => {
                format!("/events/{}/registrations/{id}", self.call.name("event_id"))
            }
            "list_working_hours" => {
                format!(
                    "/members/{}/working-hours/{id}",
                    self.call.name("member_id")
                )
            }
            "list_team_working_hours" => format!("/working-hours/{id}"),
            "list_holidays" => format!("/holidays/{id}"),
            "list_trash" => {
                let place = format!("/trash/{id}/restore");
                owner.request("POST", &place).send().await.ok();
                return true;
            }
            "list_teams" => {
                let place = format!("/v1/teams/{id}");
                self.call.by.delete(&place).await.no_content();
                return true;
            }
            "list_my_sessions" if row["is_current"] == false => {
                let place = format!("/v1/me/sessions/{id}");
                self.call.by.delete(&place).await.no_content();
                return true;
            }
            _ => return false,
        };
        owner.delete(&place).await.no_content();
        true
    }
}
