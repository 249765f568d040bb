//! Who is in the demo: the plan says which role does what, and the people are invented.

use actix_web::http::Method;
use serde_json::json;

use super::{Api, Demo, Team};
use crate::commands::CommandError;
use crate::commands::in_process::text;

/// Everybody's password in the demo.
pub(super) const PASSWORD: &str = "kubernetes-1.30";

/// A person of the demo.
pub(super) struct Person {
    /// The local part of the e-mail.
    pub(super) mailbox: &'static str,
    name: &'static str,
    /// The role in the plan.
    job_title: &'static str,
    time_zone: &'static str,
    skills: &'static [&'static str],
    /// What the person works, where that is not what the team usually does: minutes from Monday to Sunday.
    pub(super) hours: Option<[u16; 7]>,
}

/// The founder first.
#[rustfmt::skip]
pub(super) const PEOPLE: [Person; 8] = [
    person("lead", "Nora Lind", "Lead", "Europe/Stockholm", &["release", "planning"], Some([180, 180, 180, 180, 180, 0, 0])),
    person("enhancements", "Tariq Haddad", "Enhancements Lead", "Africa/Cairo", &["planning", "Go"], None),
    person("notes", "Mei Tanaka", "Release Notes Lead", "Asia/Tokyo", &["writing", "release"], Some([0, 240, 0, 240, 0, 180, 0])),
    person("branch", "Jonas Weber", "Branch Manager", "Europe/Berlin", &["release", "Go", "security"], None),
    person("docs", "Lucía Ortega", "Docs Lead", "Europe/Madrid", &["writing", "docs"], None),
    person("comms", "Sam Okafor", "Comms Lead", "Africa/Lagos", &["writing", "streaming"], None),
    person("blog", "Priya Nair", "Comms", "Asia/Kolkata", &["writing", "docs"], None),
    person("signal", "Émile Roux", "Release Signal", "Europe/Paris", &["Go", "security"], Some([300, 300, 300, 300, 300, 0, 0])),
];

const fn person(
    mailbox: &'static str,
    name: &'static str,
    job_title: &'static str,
    time_zone: &'static str,
    skills: &'static [&'static str],
    hours: Option<[u16; 7]>,
) -> Person {
    Person {
        mailbox,
        name,
        job_title,
        time_zone,
        skills,
        hours,
    }
}

impl Person {
    pub(super) fn email(&self) -> String {
        format!("{}@relais.example", self.mailbox)
    }
}

/// Somebody signed in.
pub(super) struct SignedIn {
    pub(super) person: &'static Person,
    pub(super) token: String,
    pub(super) member_id: String,
}

impl<S: Api> Demo<S> {
    pub(super) async fn sign_in(&self, email: &str) -> Result<String, CommandError> {
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

    pub(super) async fn join(&self, person: &'static Person) -> Result<SignedIn, CommandError> {
        let email = person.email();
        let account = json!({
            "email": email, "name": person.name, "password": PASSWORD,
            "locale": "en", "time_zone": person.time_zone,
        });
        self.client
            .send(Method::POST, "/v1/accounts", None, &account)
            .await?;
        let token = self.sign_in(&email).await?;
        Ok(SignedIn {
            person,
            token,
            member_id: String::new(),
        })
    }

    /// Invites everybody, who accept and say what they do.
    pub(super) async fn gather(&self, team: &mut Team) -> Result<(), CommandError> {
        for index in 0..team.people.len() {
            let (founder, guest) = (team.lead()?, team.person(index)?);
            if index > 0 {
                let role = if index == 1 { "lead" } else { "member" };
                let invitation = json!({"email": guest.person.email(), "role": role});
                let invitation = self
                    .post(founder, &team.at("invitations"), invitation)
                    .await?;
                let secret = json!({"secret": text(&invitation, "secret")});
                self.post(guest, "/v1/invitations/accept", secret).await?;
            }
            let me = self.get(guest, &team.at("members/me")).await?;
            let member_id = text(&me, "id");
            let own = json!({"job_title": guest.person.job_title, "skills": guest.person.skills});
            self.patch(guest, &team.at(&format!("members/{member_id}")), own)
                .await?;
            if let Some(person) = team.people.get_mut(index) {
                person.member_id = member_id;
            }
        }
        Ok(())
    }
}
