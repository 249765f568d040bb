//! `relais demo`: a team to look at, made from a real release plan.
//!
//! The surprising rule: a second run changes nothing. The demo's accounts tell that it has been here.

use std::io::Write as _;

use actix_web::Error;
use actix_web::body::BoxBody;
use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::Method;
use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};

use super::CommandError;
use super::in_process::{self, Client, text};
use crate::access::Clock;
use crate::boot;
use crate::config::{Config, SignUpMode};

/// The plan: see `data/README.md` for its origin.
const PLAN: &[u8] = include_bytes!("../../data/kubernetes-1.30-release.csv");
/// Everybody's password in the demo.
const PASSWORD: &str = "kubernetes-1.30";

/// A person of the demo: the local part of the e-mail, the name, the role in the plan.
struct Person {
    mailbox: &'static str,
    name: &'static str,
    job_title: &'static str,
}

/// The founder first. The plan says which role does what; the people are invented.
const PEOPLE: [Person; 8] = [
    person("lead", "Nora Lind", "Lead"),
    person("enhancements", "Tariq Haddad", "Enhancements Lead"),
    person("notes", "Mei Tanaka", "Release Notes Lead"),
    person("branch", "Jonas Weber", "Branch Manager"),
    person("docs", "Lucía Ortega", "Docs Lead"),
    person("comms", "Sam Okafor", "Comms Lead"),
    person("blog", "Priya Nair", "Comms"),
    person("signal", "Émile Roux", "Release Signal"),
];

const fn person(mailbox: &'static str, name: &'static str, job_title: &'static str) -> Person {
    Person {
        mailbox,
        name,
        job_title,
    }
}

impl Person {
    fn email(&self) -> String {
        format!("{}@relais.example", self.mailbox)
    }
}

/// Somebody signed in.
struct SignedIn {
    email: String,
    token: String,
    member_id: String,
}

pub(super) async fn run(config: &Config) -> Result<(), CommandError> {
    // Whoever may run this command may make accounts.
    let config = Config {
        sign_up: SignUpMode::Open,
        ..config.clone()
    };
    let state = boot::state(&config, Clock::default()).await?;
    let client = in_process::client(&config, &state).await;
    let demo = Demo { client };
    let mut out = std::io::stdout();
    if demo.is_there().await {
        writeln!(out, "The demo is there already; nothing was changed.")?;
    } else {
        writeln!(out, "Making the demo …")?;
        demo.make(&mut out).await?;
    }
    tell(&config, &mut out)
}

struct Demo<S> {
    client: Client<S>,
}

impl<S> Demo<S>
where
    S: Service<actix_http::Request, Response = ServiceResponse<BoxBody>, Error = Error>,
{
    async fn sign_in(&self, email: &str) -> Result<String, CommandError> {
        let session = self
            .client
            .send(
                Method::POST,
                "/v1/sessions",
                None,
                &json!({"email": email, "password": PASSWORD}),
            )
            .await?;
        Ok(text(&session, "access_token"))
    }

    async fn is_there(&self) -> bool {
        let founder = PEOPLE.first().map(Person::email).unwrap_or_default();
        self.sign_in(&founder).await.is_ok()
    }

    async fn post(&self, who: &SignedIn, path: &str, body: Value) -> Result<Value, CommandError> {
        Ok(self
            .client
            .send(Method::POST, path, Some(&who.token), &body)
            .await?)
    }

    async fn get(&self, who: &SignedIn, path: &str) -> Result<Value, CommandError> {
        Ok(self
            .client
            .send(Method::GET, path, Some(&who.token), &Value::Null)
            .await?)
    }

    async fn join(&self, person: &Person) -> Result<SignedIn, CommandError> {
        let email = person.email();
        let account = json!({
            "email": email, "name": person.name, "password": PASSWORD,
            "locale": "en", "time_zone": "UTC",
        });
        self.client
            .send(Method::POST, "/v1/accounts", None, &account)
            .await?;
        let token = self.sign_in(&email).await?;
        Ok(SignedIn {
            email,
            token,
            member_id: String::new(),
        })
    }

    /// Makes accounts, the team, the campaign with its tasks, and a few delegations in several states.
    async fn make(&self, out: &mut impl std::io::Write) -> Result<(), CommandError> {
        let mut people = Vec::new();
        for person in &PEOPLE {
            people.push(self.join(person).await?);
        }
        let team = self
            .post(
                first(&people)?,
                "/v1/teams",
                json!({"name": "Kubernetes release team", "key": "K8S", "time_zone": "UTC"}),
            )
            .await?;
        let team = format!("/v1/teams/{}", text(&team, "id"));
        self.gather(&team, &mut people).await?;
        writeln!(out, "  {} people in the team K8S", people.len())?;

        let campaign = self.plan(&team, first(&people)?).await?;
        let lead = first(&people)?;
        let place = (team.as_str(), campaign.as_str());
        let report = self
            .client
            .import(&lead.token, place, &[], false, PLAN.to_vec())
            .await?;
        writeln!(
            out,
            "  {} tasks of the campaign Kubernetes 1.30",
            report.pointer("/counts/created").unwrap_or(&Value::Null)
        )?;
        let delegated = self.delegate(&team, &campaign, &people).await?;
        writeln!(out, "  {delegated} delegations, in several states")?;
        let waiting = self.hold(&team, &campaign, lead).await?;
        writeln!(
            out,
            "  an event in two weeks with its preparation, where all seats are taken and {waiting} more wait"
        )?;
        let spent = self.fund(&team, &campaign, lead).await?;
        writeln!(
            out,
            "  a budget with two lines, of which {spent} EUR cents are spent"
        )?;
        Ok(())
    }

    /// Plans some money for the campaign, promises part of it and spends part of that. Answers how much.
    async fn fund(&self, team: &str, campaign: &str, lead: &SignedIn) -> Result<i64, CommandError> {
        let eur = |minor: i64| json!({"amount_minor": minor, "currency": "EUR"});
        let budget = json!({"kind": "budget", "name": "Community fund", "currency": "EUR", "limit_minor": 500_000});
        let budget = self
            .post(lead, &format!("{team}/resources"), budget)
            .await?;
        let mut line = String::new();
        for (name, minor) in [("Stickers and shirts", 90_000), ("Streaming", 150_000)] {
            let planned = json!({"campaign_id": campaign, "name": name, "amount": eur(minor), "resource_id": text(&budget, "id")});
            let planned = self
                .post(lead, &format!("{team}/budget-lines"), planned)
                .await?;
            line = text(&planned, "id");
        }
        let promise = json!({"resource_id": text(&budget, "id"), "campaign_id": campaign, "budget_line_id": line,
            "amount": {"money": eur(120_000)}, "note": "The studio for the release stream"});
        let promise = self
            .post(lead, &format!("{team}/allocations"), promise)
            .await?;
        let minor = 45_000;
        let expense = json!({"allocation_id": text(&promise, "id"), "amount": eur(minor), "spent_on": "2024-04-02",
            "note": "Deposit for the studio", "receipt": "2024-0042"});
        self.post(lead, &format!("{team}/expenses"), expense)
            .await?;
        Ok(minor)
    }

    /// Invites everybody, who accept and say what they do.
    async fn gather(&self, team: &str, people: &mut [SignedIn]) -> Result<(), CommandError> {
        for index in 0..people.len() {
            let (founder, guest) = (first(people)?, at(people, index)?);
            if index > 0 {
                let role = if index == 1 { "lead" } else { "member" };
                let invitation = self
                    .post(
                        founder,
                        &format!("{team}/invitations"),
                        json!({"email": guest.email, "role": role}),
                    )
                    .await?;
                let secret = json!({"secret": text(&invitation, "secret")});
                self.post(guest, "/v1/invitations/accept", secret).await?;
            }
            let me = self.get(guest, &format!("{team}/members/me")).await?;
            let member_id = text(&me, "id");
            let job_title = PEOPLE.get(index).map_or("", |person| person.job_title);
            self.client
                .send(
                    Method::PATCH,
                    &format!("{team}/members/{member_id}"),
                    Some(&guest.token),
                    &json!({"job_title": job_title}),
                )
                .await?;
            if let Some(person) = people.get_mut(index) {
                person.member_id = member_id;
            }
        }
        Ok(())
    }

    async fn plan(&self, team: &str, lead: &SignedIn) -> Result<String, CommandError> {
        let campaign = self
            .post(
                lead,
                &format!("{team}/campaigns"),
                json!({
                    "name": "Kubernetes 1.30",
                    "objective": "Release v1.30.0 on 17 April 2024",
                    "description": "The release schedule of Kubernetes 1.30, run by volunteers. KubeCon EU takes the team's time from 19 to 22 March.",
                    "starts_on": "2024-01-08",
                    "ends_on": "2024-04-17",
                    "lead_id": lead.member_id,
                    "colour": "#326ce5",
                }),
            )
            .await?;
        let id = text(&campaign, "id");
        for status in ["planned", "active"] {
            self.client
                .send(
                    Method::PATCH,
                    &format!("{team}/campaigns/{id}"),
                    Some(&lead.token),
                    &json!({"status": status}),
                )
                .await?;
        }
        Ok(id)
    }

    /// Puts up an event in two weeks, prepares it, and fills it beyond its seats. Answers how many people wait.
    async fn hold(
        &self,
        team: &str,
        campaign: &str,
        lead: &SignedIn,
    ) -> Result<usize, CommandError> {
        let on = (Utc::now() + TimeDelta::weeks(2)).date_naive();
        let at = |hour: u32| json!({"local": format!("{on}T{hour:02}:00:00"), "time_zone": "Europe/Berlin"});
        let event = self
            .post(
                lead,
                &format!("{team}/events"),
                json!({
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
                }),
            )
            .await?;
        let event = format!("{team}/events/{}", text(&event, "id"));
        self.client
            .send(
                Method::PATCH,
                &event,
                Some(&lead.token),
                &json!({"status": "scheduled"}),
            )
            .await?;
        let template = json!({"template": "ama"});
        self.post(lead, &format!("{event}/prepare"), template)
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
                .post(lead, &format!("{event}/registrations"), guest)
                .await?;
            waiting += usize::from(text(&added, "state") == "waitlisted");
        }
        Ok(waiting)
    }

    /// Hands some tasks of the lead to others, and takes each a different way.
    async fn delegate(
        &self,
        team: &str,
        campaign: &str,
        people: &[SignedIn],
    ) -> Result<usize, CommandError> {
        let lead = first(people)?;
        let list = format!(
            "{team}/tasks?campaign_id={campaign}&accountable_id={}&status=todo&sort=due_on&limit=100",
            lead.member_id
        );
        let tasks = self.client.all(&list, &lead.token).await?;
        let tasks: Vec<String> = tasks.iter().map(|task| text(task, "id")).collect();
        // What happens to each offer, by whom.
        let stories: [(usize, &[&str]); 8] = [
            (1, &["accept", "submit", "confirm"]),
            (2, &["accept", "submit", "confirm"]),
            (3, &["accept", "submit"]),
            (4, &["accept"]),
            (5, &["decline"]),
            (6, &["propose"]),
            (7, &["accept", "hand-back"]),
            (1, &[]),
        ];
        let mut told = 0;
        for (task, (index, acts)) in tasks.iter().zip(stories) {
            let delegate = at(people, index)?;
            let offer = self
                .post(
                    lead,
                    &format!("{team}/tasks/{task}/delegations"),
                    json!({
                        "delegate_id": delegate.member_id,
                        "authority": "decide_and_report",
                        "may_redelegate": true,
                        "message": "Can you take this one?",
                    }),
                )
                .await?;
            let offer = text(&offer, "id");
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
                self.post(who, &format!("{team}/delegations/{offer}/{act}"), body)
                    .await?;
            }
            told += 1;
        }
        Ok(told)
    }
}

fn at(people: &[SignedIn], index: usize) -> Result<&SignedIn, CommandError> {
    people
        .get(index)
        .ok_or_else(|| CommandError::Refused("the demo has too few people".to_owned()))
}

fn first(people: &[SignedIn]) -> Result<&SignedIn, CommandError> {
    at(people, 0)
}

fn tell(config: &Config, out: &mut impl std::io::Write) -> Result<(), CommandError> {
    let api = format!("{}/v1", config.public_url());
    let email = PEOPLE.first().map(Person::email).unwrap_or_default();
    writeln!(
        out,
        "
  e-mail    {email} (and enhancements@, notes@, branch@, docs@, comms@, blog@, signal@relais.example)
  password  {PASSWORD}

Start the server with `relais`, then paste:

TOKEN=$(curl -s {api}/sessions -H 'Content-Type: application/json' -d '{{\"email\": \"{email}\", \"password\": \"{PASSWORD}\"}}' | sed 's/.*\"access_token\":\"\\([^\"]*\\)\".*/\\1/')
curl -s {api}/me/delegations -H \"Authorization: Bearer $TOKEN\"
curl -s \"{api}/me/tasks?limit=3\" -H \"Authorization: Bearer $TOKEN\"

Everybody knows this password: keep the demo on your own machine."
    )?;
    Ok(())
}
