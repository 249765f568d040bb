//! What lies ahead: how much everybody works, who is away, and a patch release to which time and things are promised.
//!
//! The surprising rule: it is invented, and counted from the day on which the demo is made. The plan itself is of 2024,
//! and nobody's time in the past is worth a picture.

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc, Weekday};
use serde_json::{Value, json};

use super::{Api, Demo, Team};
use crate::commands::CommandError;
use crate::commands::in_process::text;

/// What the team usually works: two hours on each weekday.
const USUAL: [u16; 7] = [120, 120, 120, 120, 120, 0, 0];

/// A task ahead: the title, who does it, how many minutes it takes, and when it is due, in which week and on which day.
struct Ahead(
    &'static str,
    Option<&'static str>,
    u16,
    (u8, Weekday),
    &'static [&'static str],
);

/// Jonas Weber has far too much to do until the end of next week, Émile Roux next to nothing, and one task nobody has yet.
#[rustfmt::skip]
const TASKS: [Ahead; 10] = [
    Ahead("Collect the cherry picks", Some("branch"), 480, (1, Weekday::Fri), &["release", "go"]),
    Ahead("Cut the release candidate", Some("branch"), 300, (1, Weekday::Fri), &["release"]),
    Ahead("Find out which enhancements are affected", Some("enhancements"), 420, (1, Weekday::Fri), &["planning"]),
    Ahead("Write the announcement", Some("blog"), 300, (2, Weekday::Wed), &["writing"]),
    Ahead("Write the release notes", Some("notes"), 600, (2, Weekday::Fri), &["writing", "release"]),
    Ahead("Watch the tests of the release branch", Some("signal"), 180, (2, Weekday::Fri), &["go"]),
    Ahead("Review the security fixes", None, 240, (2, Weekday::Fri), &["security", "go"]),
    Ahead("Decide whether it goes out", Some("lead"), 120, (3, Weekday::Tue), &["release"]),
    Ahead("Bring the documentation up to date", Some("docs"), 300, (3, Weekday::Thu), &["docs"]),
    Ahead("Tell the community that it is out", Some("comms"), 180, (3, Weekday::Thu), &["writing"]),
];

/// The days of the demo.
#[derive(Clone, Copy)]
pub(super) struct Calendar {
    today: NaiveDate,
}

impl Calendar {
    pub(super) fn now() -> Self {
        Self {
            today: Utc::now().date_naive(),
        }
    }

    /// A day so many weeks after this one.
    pub(super) fn on(self, week: u8, day: Weekday) -> NaiveDate {
        let monday = self.today.week(Weekday::Mon).first_day();
        monday + Days::new(u64::from(week) * 7 + u64::from(day.num_days_from_monday()))
    }

    /// This week and the three that follow.
    pub(super) fn four_weeks(self) -> (NaiveDate, NaiveDate) {
        (self.on(0, Weekday::Mon), self.on(3, Weekday::Sun))
    }
}

/// Working hours since the plan began.
fn hours(
    [
        monday,
        tuesday,
        wednesday,
        thursday,
        friday,
        saturday,
        sunday,
    ]: [u16; 7],
) -> Value {
    json!({
        "valid_from_on": "2024-01-08",
        "monday_minutes": monday, "tuesday_minutes": tuesday, "wednesday_minutes": wednesday,
        "thursday_minutes": thursday, "friday_minutes": friday, "saturday_minutes": saturday,
        "sunday_minutes": sunday,
    })
}

impl<S: Api> Demo<S> {
    /// Writes down who works how much, and when they do not.
    pub(super) async fn set_hours(&self, team: &Team, days: Calendar) -> Result<(), CommandError> {
        let lead = team.lead()?;
        self.post(lead, &team.at("working-hours"), hours(USUAL))
            .await?;
        for member in &team.people {
            if let Some(own) = member.person.hours {
                let place = team.at(&format!("members/{}/working-hours", member.member_id));
                self.post(member, &place, hours(own)).await?;
            }
        }
        let day_off =
            json!({"name": "Community day off", "first_on": days.on(3, Weekday::Fri).to_string()});
        self.post(lead, &team.at("holidays"), day_off).await?;
        let away = json!({
            "first_on": days.on(2, Weekday::Mon).to_string(), "last_on": days.on(2, Weekday::Fri).to_string(),
            "kind": "vacation", "note": "In the mountains, without a phone.",
            "substitute_id": team.of("comms")?.member_id,
        });
        self.post(team.of("docs")?, &team.at("absences"), away)
            .await?;
        Ok(())
    }

    /// Puts a patch release into the next weeks: promises people's time to it, then gives them tasks beyond that. Answers
    /// how many tasks there are.
    pub(super) async fn look_ahead(
        &self,
        team: &Team,
        event: &Value,
        days: Calendar,
    ) -> Result<usize, CommandError> {
        let lead = team.lead()?;
        let campaign = json!({
            "name": "Next patch release",
            "objective": "Publish the next patch release",
            "description": "Invented, so that something lies ahead: the plan of Kubernetes 1.30 is of 2024.",
            "starts_on": days.on(0, Weekday::Mon).to_string(),
            "ends_on": days.on(3, Weekday::Fri).to_string(),
            "lead_id": lead.member_id,
            "colour": "#2da44e",
        });
        let campaign = self.start_campaign(team, campaign).await?;
        let (today, last_on) = (days.today.to_string(), days.on(2, Weekday::Fri).to_string());
        for (who, amount, note) in [
            (
                "branch",
                json!({"percent": 75}),
                "Questions from the other release branches",
            ),
            (
                "blog",
                json!({"minutes_per_day": 30}),
                "The inbox of the blog",
            ),
            (
                "signal",
                json!({"minutes": 240}),
                "Standing in for the branch manager",
            ),
        ] {
            let promise = json!({"resource_id": team.of(who)?.member_id, "campaign_id": campaign,
                "first_on": today, "last_on": last_on, "amount": amount, "note": note});
            self.post(lead, &team.at("allocations"), promise).await?;
        }
        for Ahead(title, who, minutes, (week, day), labels) in &TASKS {
            let assignee_id = match who {
                Some(who) => Some(&team.of(who)?.member_id),
                None => None,
            };
            let task = json!({"title": title, "campaign_id": campaign, "assignee_id": assignee_id,
                "estimate_minutes": minutes, "due_on": days.on(*week, *day).to_string(), "labels": labels});
            let task = self.post(lead, &team.at("tasks"), task).await?;
            if *who == Some("notes") {
                let timer = json!({"task_id": text(&task, "id"), "note": "First draft"});
                self.post(team.of("notes")?, &team.at("time-entries/start"), timer)
                    .await?;
            }
        }
        self.license(team, event, &campaign).await?;
        Ok(TASKS.len())
    }

    /// Gives the event and the release a licence each of the two there are; somebody asks for a third.
    async fn license(
        &self,
        team: &Team,
        event: &Value,
        campaign: &str,
    ) -> Result<(), CommandError> {
        let lead = team.lead()?;
        let licence = json!({"kind": "licence", "name": "Streaming licence", "units": 2, "booking": "minutes",
            "skills": ["streaming"], "owner_id": team.of("comms")?.member_id});
        let licence = self.post(lead, &team.at("resources"), licence).await?;
        let moment = |name: &str, minutes: i64| -> String {
            DateTime::parse_from_rfc3339(&text(event, name))
                .map(|at| (at + TimeDelta::minutes(minutes)).to_rfc3339())
                .unwrap_or_default()
        };
        let wanted = |place: &str, id: &str, (before, behind): (i64, i64), note: &str| {
            json!({"resource_id": text(&licence, "id"), place: id, "amount": {"units": 1}, "note": note,
                "starts_at": moment("starts_at", -before), "ends_at": moment("ends_at", behind)})
        };
        let place = team.at("allocations");
        let on_air = wanted("event_id", &text(event, "id"), (30, 15), "On air");
        self.post(lead, &place, on_air).await?;
        let rehearsal = wanted(
            "campaign_id",
            campaign,
            (240, 0),
            "Trying out the new scenes",
        );
        self.post(lead, &place, rehearsal).await?;
        let recording = wanted(
            "event_id",
            &text(event, "id"),
            (0, 60),
            "A second recording",
        );
        self.post(team.of("blog")?, &place, recording).await?;
        Ok(())
    }
}
