//! `relais demo`: a team to look at, made from a real release plan.
//!
//! The surprising rule: a second run changes nothing. The demo's accounts tell that it has been here.

mod ahead;
mod people;
mod release;

use std::io::Write as _;

use actix_web::Error;
use actix_web::body::BoxBody;
use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::Method;
use serde_json::{Value, json};

use self::ahead::Calendar;
use self::people::{PASSWORD, PEOPLE, Person, SignedIn};
use super::CommandError;
use super::in_process::{self, Client, text};
use crate::access::Clock;
use crate::boot;
use crate::config::{Config, SignUpMode};

/// The plan: see `data/README.md` for its origin.
const PLAN: &[u8] = include_bytes!("../../../data/kubernetes-1.30-release.csv");
/// The team's key.
const KEY: &str = "K8S";

/// The application in this process.
trait Api: Service<actix_http::Request, Response = ServiceResponse<BoxBody>, Error = Error> {}

impl<S> Api for S where
    S: Service<actix_http::Request, Response = ServiceResponse<BoxBody>, Error = Error>
{
}

struct Demo<S> {
    client: Client<S>,
}

/// The demo's team: its address, and who is in it, the founder first.
struct Team {
    address: String,
    people: Vec<SignedIn>,
}

impl Team {
    /// The address of something in the team.
    fn at(&self, rest: &str) -> String {
        format!("{}/{rest}", self.address)
    }

    fn person(&self, index: usize) -> Result<&SignedIn, CommandError> {
        let nobody = || CommandError::Refused("the demo has too few people".to_owned());
        self.people.get(index).ok_or_else(nobody)
    }

    fn lead(&self) -> Result<&SignedIn, CommandError> {
        self.person(0)
    }

    /// The person with this mailbox.
    fn of(&self, mailbox: &str) -> Result<&SignedIn, CommandError> {
        let found = self.people.iter().find(|one| one.person.mailbox == mailbox);
        found.ok_or_else(|| CommandError::Refused(format!("the demo has no {mailbox}")))
    }
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
    tell(&config, demo.address().await?.as_deref(), &mut out)
}

impl<S: Api> Demo<S> {
    async fn is_there(&self) -> bool {
        let founder = PEOPLE.first().map(Person::email).unwrap_or_default();
        self.sign_in(&founder).await.is_ok()
    }

    /// Where the team is, unless somebody deleted it.
    async fn address(&self) -> Result<Option<String>, CommandError> {
        let founder = PEOPLE.first().map(Person::email).unwrap_or_default();
        let token = self.sign_in(&founder).await?;
        let teams = self.client.all("/v1/teams?limit=100", &token).await?;
        let found = teams.iter().find(|team| text(team, "key") == KEY);
        Ok(found.map(|team| format!("teams/{}", text(team, "id"))))
    }

    async fn send(
        &self,
        method: Method,
        who: &SignedIn,
        path: &str,
        body: Value,
    ) -> Result<Value, CommandError> {
        Ok(self
            .client
            .send(method, path, Some(&who.token), &body)
            .await?)
    }

    async fn post(&self, who: &SignedIn, path: &str, body: Value) -> Result<Value, CommandError> {
        self.send(Method::POST, who, path, body).await
    }

    async fn patch(&self, who: &SignedIn, path: &str, body: Value) -> Result<Value, CommandError> {
        self.send(Method::PATCH, who, path, body).await
    }

    async fn get(&self, who: &SignedIn, path: &str) -> Result<Value, CommandError> {
        self.send(Method::GET, who, path, Value::Null).await
    }

    /// Makes accounts and the team, the campaign of 2024 with all that happened in it, and what lies ahead.
    async fn make(&self, out: &mut impl std::io::Write) -> Result<(), CommandError> {
        let mut team = Team {
            address: String::new(),
            people: Vec::new(),
        };
        for person in &PEOPLE {
            team.people.push(self.join(person).await?);
        }
        let made = json!({"name": "Kubernetes release team", "key": KEY, "time_zone": "UTC"});
        let made = self.post(team.lead()?, "/v1/teams", made).await?;
        team.address = format!("/v1/teams/{}", text(&made, "id"));
        self.gather(&mut team).await?;
        writeln!(out, "  {} people in the team {KEY}", team.people.len())?;
        let days = Calendar::now();
        self.set_hours(&team, days).await?;
        writeln!(
            out,
            "  working hours of all of them, a holiday and an absence"
        )?;

        let campaign = self.plan(&team).await?;
        let token = &team.lead()?.token;
        let place = (team.address.as_str(), campaign.as_str());
        let report = self
            .client
            .import(token, place, &[], false, PLAN.to_vec())
            .await?;
        self.estimate(&team, &campaign).await?;
        writeln!(
            out,
            "  {} tasks of the campaign Kubernetes 1.30",
            report.pointer("/counts/created").unwrap_or(&Value::Null)
        )?;
        let delegated = self.delegate(&team, &campaign).await?;
        writeln!(out, "  {delegated} delegations, in several states")?;
        let entered = self.enter_time(&team).await?;
        writeln!(
            out,
            "  {entered} time entries on what was handed over and done"
        )?;
        let (event, waiting) = self.hold(&team, &campaign).await?;
        writeln!(
            out,
            "  an event in two weeks with its preparation, where all seats are taken and {waiting} more wait"
        )?;
        let spent = self.fund(&team, &campaign).await?;
        writeln!(
            out,
            "  a budget with two lines, of which {spent} EUR cents are spent"
        )?;
        let ahead = self.look_ahead(&team, &event, days).await?;
        writeln!(
            out,
            "  a patch release in the next weeks with {ahead} tasks, which are too many for one of them; a timer runs"
        )?;
        Ok(())
    }
}

/// Says what to try. `team` is the end of the team's address.
fn tell(
    config: &Config,
    team: Option<&str>,
    out: &mut impl std::io::Write,
) -> Result<(), CommandError> {
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
curl -s \"{api}/me/tasks?limit=3\" -H \"Authorization: Bearer $TOKEN\""
    )?;
    if let Some(team) = team {
        let (from, to) = Calendar::now().four_weeks();
        writeln!(
            out,
            "curl -s \"{api}/{team}/workload?from={from}&to={to}\" -H 'Accept: image/svg+xml' -H \"Authorization: Bearer $TOKEN\" -o workload.svg

The last one puts a picture of who has how much to do into workload.svg: open it in a browser."
        )?;
    }
    writeln!(
        out,
        "
Everybody knows this password: keep the demo on your own machine."
    )?;
    Ok(())
}
