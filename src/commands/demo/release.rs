//! The release of 2024: its plan, its delegations, an event about it, and its money.

use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};

use super::{Api, Demo, Team};
use crate::commands::CommandError;
use crate::commands::in_process::text;

/// How much work a task of the plan is, which does not say: by what its title is about.
fn estimate(title: &str) -> u16 {
    let title = title.to_lowercase();
    let kinds = [
        ("blog", 240),
        ("notes", 300),
        ("released", 180),
        ("outreach", 150),
        ("meetings", 90),
        ("deadline", 60),
        ("freeze", 60),
        ("created", 45),
    ];
    kinds
        .iter()
        .find(|(word, _)| title.contains(word))
        .map_or(120, |(_, minutes)| *minutes)
}

impl<S: Api> Demo<S> {
    /// Plans the campaign, and starts it.
    pub(super) async fn plan(&self, team: &Team) -> Result<String, CommandError> {
        let lead = team.lead()?;
        let campaign = json!({
            "name": "Kubernetes 1.30",
            "objective": "Release v1.30.0 on 17 April 2024",
            "description": "The release schedule of Kubernetes 1.30, run by volunteers. KubeCon EU takes the team's time from 19 to 22 March.",
            "starts_on": "2024-01-08",
            "ends_on": "2024-04-17",
            "lead_id": lead.member_id,
            "colour": "#326ce5",
        });
        // A row of the plan like any other; for the team, days on which it does not work.
        let away = json!({"name": "KubeCon EU", "first_on": "2024-03-19", "last_on": "2024-03-22"});
        self.post(lead, &team.at("holidays"), away).await?;
        self.start_campaign(team, campaign).await
    }

    /// Makes a campaign and starts it.
    pub(super) async fn start_campaign(
        &self,
        team: &Team,
        campaign: Value,
    ) -> Result<String, CommandError> {
        let lead = team.lead()?;
        let campaign = self.post(lead, &team.at("campaigns"), campaign).await?;
        let id = text(&campaign, "id");
        for status in ["planned", "active"] {
            let place = team.at(&format!("campaigns/{id}"));
            self.patch(lead, &place, json!({"status": status})).await?;
        }
        Ok(id)
    }

    /// Says of each task of the plan how much work it is.
    pub(super) async fn estimate(&self, team: &Team, campaign: &str) -> Result<(), CommandError> {
        let lead = team.lead()?;
        let list = team.at(&format!("tasks?campaign_id={campaign}&limit=100"));
        let tasks = self.client.all(&list, &lead.token).await?;
        for some in tasks.chunks(100) {
            let operations: Vec<Value> = some
                .iter()
                .map(|task| {
                    json!({"op": "update", "id": text(task, "id"), "estimate_minutes": estimate(&text(task, "title"))})
                })
                .collect();
            let batch = json!({"operations": operations});
            self.post(lead, &team.at("tasks/batch"), batch).await?;
        }
        Ok(())
    }

    /// Hands some tasks of the lead to others, and takes each a different way.
    pub(super) async fn delegate(
        &self,
        team: &Team,
        campaign: &str,
    ) -> Result<usize, CommandError> {
        let lead = team.lead()?;
        let list = team.at(&format!(
            "tasks?campaign_id={campaign}&accountable_id={}&status=todo&sort=due_on&limit=100",
            lead.member_id
        ));
        let tasks = self.client.all(&list, &lead.token).await?;
        // What happens to each offer, by whom.
        let stories: [(&str, &[&str]); 8] = [
            ("enhancements", &["accept", "submit", "confirm"]),
            ("notes", &["accept", "submit", "confirm"]),
            ("branch", &["accept", "submit"]),
            ("docs", &["accept"]),
            ("comms", &["decline"]),
            ("blog", &["propose"]),
            ("signal", &["accept", "hand-back"]),
            ("enhancements", &[]),
        ];
        let mut told = 0;
        for (task, (delegate, acts)) in tasks.iter().zip(stories) {
            let delegate = team.of(delegate)?;
            let offer = json!({
                "delegate_id": delegate.member_id,
                "authority": "decide_and_report",
                "may_redelegate": true,
                "message": "Can you take this one?",
            });
            let place = team.at(&format!("tasks/{}/delegations", text(task, "id")));
            let offer = text(&self.post(lead, &place, offer).await?, "id");
            for act in acts {
                let (who, body) = match *act {
                    "confirm" => (lead, json!({"note": "Well done."})),
                    "submit" => (delegate, json!({"note": "Done, see the release log."})),
                    "decline" => (delegate, json!({"reason": "I am on leave that week."})),
                    "hand-back" => (delegate, json!({"reason": "This needs the lead's access."})),
                    "propose" => (
                        delegate,
                        json!({"due_on": "2024-03-29", "scope": "The draft only."}),
                    ),
                    _ => (delegate, json!({})),
                };
                let place = team.at(&format!("delegations/{offer}/{act}"));
                self.post(who, &place, body).await?;
            }
            told += 1;
        }
        Ok(told)
    }

    /// Puts up an event in two weeks, prepares it, and fills it beyond its seats. Answers the event, and how many people wait.
    pub(super) async fn hold(
        &self,
        team: &Team,
        campaign: &str,
    ) -> Result<(Value, usize), CommandError> {
        let lead = team.lead()?;
        let on = (Utc::now() + TimeDelta::weeks(2)).date_naive();
        let at = |hour: u32| json!({"local": format!("{on}T{hour:02}:00:00"), "time_zone": "Europe/Berlin"});
        let event = json!({
            "title": "Ask the release team anything",
            "description": "An hour with the people who made Kubernetes 1.30.",
            "kind": "ama",
            "campaign_id": campaign,
            "starts": at(18),
            "ends": at(19),
            "join_url": "https://meet.example/kubernetes-1.30",
            "capacity": 5,
            "registration": {"mode": "open"},
            "visibility": "public",
        });
        let event = self.post(lead, &team.at("events"), event).await?;
        let place = team.at(&format!("events/{}", text(&event, "id")));
        self.patch(lead, &place, json!({"status": "scheduled"}))
            .await?;
        let mut assignments = Vec::new();
        for (number, who) in [
            (4, "comms"),
            (5, "blog"),
            (6, "lead"),
            (7, "lead"),
            (8, "notes"),
            (9, "signal"),
        ] {
            assignments.push(json!({"number": number, "assignee_id": team.of(who)?.member_id}));
        }
        let template = json!({"template": "ama", "assignments": assignments});
        self.post(lead, &format!("{place}/prepare"), template)
            .await?;
        let mut waiting = 0;
        for (name, seats) in [
            ("Ana Ruiz", 1),
            ("Kofi Mensah", 3),
            ("Li Wei", 1),
            ("Zoé Petit", 2),
            ("Omar Diab", 1),
        ] {
            let mailbox = name.split(' ').next_back().unwrap_or(name).to_lowercase();
            let email = format!("{mailbox}@guests.example");
            let guest =
                json!({"name": name, "email": email, "seats": seats, "utm_source": "newsletter"});
            let added = self
                .post(lead, &format!("{place}/registrations"), guest)
                .await?;
            waiting += usize::from(text(&added, "state") == "waitlisted");
        }
        Ok((event, waiting))
    }

    /// Plans some money for the campaign, promises part of it and spends part of that. Answers how much.
    pub(super) async fn fund(&self, team: &Team, campaign: &str) -> Result<i64, CommandError> {
        let lead = team.lead()?;
        let eur = |minor: i64| json!({"amount_minor": minor, "currency": "EUR"});
        let budget = json!({"kind": "budget", "name": "Community fund", "currency": "EUR", "limit_minor": 500_000});
        let budget = text(&self.post(lead, &team.at("resources"), budget).await?, "id");
        let mut line = String::new();
        for (name, minor) in [("Stickers and shirts", 90_000), ("Streaming", 150_000)] {
            let planned = json!({"campaign_id": campaign, "name": name, "amount": eur(minor), "resource_id": budget});
            let planned = self.post(lead, &team.at("budget-lines"), planned).await?;
            line = text(&planned, "id");
        }
        let promise = json!({"resource_id": budget, "campaign_id": campaign, "budget_line_id": line,
            "amount": {"money": eur(120_000)}, "note": "The studio for the release stream"});
        let promise = self.post(lead, &team.at("allocations"), promise).await?;
        let minor = 45_000;
        let expense = json!({"allocation_id": text(&promise, "id"), "amount": eur(minor), "spent_on": "2024-04-02",
            "note": "Deposit for the studio", "receipt": "2024-0042"});
        self.post(lead, &team.at("expenses"), expense).await?;
        Ok(minor)
    }

    /// Enters what was worked on the tasks that were handed over and done. Answers how many entries that makes.
    pub(super) async fn enter_time(&self, team: &Team) -> Result<usize, CommandError> {
        let lead = team.lead()?;
        let list = team.at("tasks?status=done,in_review&sort=due_on&limit=100");
        let mut entered = 0;
        for task in self.client.all(&list, &lead.token).await? {
            let worker = text(&task, "assignee_id");
            let Some(worker) = team.people.iter().find(|one| one.member_id == worker) else {
                continue;
            };
            for (minutes, note) in [(75, "First round"), (30, "Questions answered")] {
                let entry = json!({"task_id": text(&task, "id"), "spent_on": text(&task, "due_on"),
                    "minutes": minutes, "note": note});
                self.post(worker, &team.at("time-entries"), entry).await?;
                entered += 1;
            }
        }
        Ok(entered)
    }
}
