//! The outbox: what was told to whom, for the leads of a team.
//!
//! The surprising rule: the text is written anew whenever somebody looks, from what is true now, and the secrets of the
//! recipients are dots in it. A lead sees what a letter says, and cannot act in the recipient's name.

use actix_web::get;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::material::Material;
use super::message::written;
use super::model::{Letter, LetterKind, LetterState};
use crate::access::{Permission, Reading, Settings, TeamId, TeamScope};
use crate::db::{Id, Instant, MultiBackend};
use crate::http::page::TOTAL_CAP;
use crate::http::query::AnyOf;
use crate::http::text::Name;
use crate::http::{Answer, Page, PageRequest, Problem, Query, Reply, ServiceConfig};
use crate::keyset_page;
use crate::people::texts::{Email, Locale};
use crate::schema::letters;

/// Which letters are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LetterFilter {
    /// In any of these states, separated by commas.
    #[param(value_type = Option<String>, max_length = 200, example = "queued,failed")]
    state: Option<AnyOf<LetterState>>,
    /// Of any of these kinds, separated by commas.
    #[param(value_type = Option<String>, max_length = 300, example = "reminder")]
    kind: Option<AnyOf<LetterKind>>,
    /// About this event.
    event_id: Option<Id>,
}

/// A letter, as a lead sees it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"team_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a55", "id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a60", "kind": "confirmed", "event_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a58", "registration_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a59", "recipient": "ada@example.org", "name": "Ada Lovelace", "locale": "en", "state": "sent", "attempts": 1, "next_attempt_at": null, "last_error": null, "created_at": "2027-03-01T09:00:00.000Z", "sent_at": "2027-03-01T09:00:03.000Z", "subject": "You have a place: What is new in 1.30", "text": "Hello Ada Lovelace,\n\nYour place is confirmed."}))]
pub struct OutboxLetter {
    /// The team.
    pub team_id: Id,
    /// The letter's id; also in its Message-ID.
    pub id: Id,
    /// What it says.
    pub kind: LetterKind,
    /// The event that it is about.
    pub event_id: Id,
    /// The registration that it is about.
    #[schema(required = true)]
    pub registration_id: Option<Id>,
    /// The address that it goes to.
    pub recipient: Email,
    /// What the recipient is called.
    pub name: Name,
    /// The recipient's language. French letters are in French, all others in English.
    pub locale: Locale,
    /// How far it is.
    pub state: LetterState,
    /// How often it was tried.
    #[schema(minimum = 0)]
    pub attempts: i64,
    /// When it is tried next; null when it is not.
    #[schema(required = true)]
    pub next_attempt_at: Option<Instant>,
    /// Why it was not sent, the last time.
    #[schema(required = true, max_length = 1_000)]
    pub last_error: Option<String>,
    /// When it was put into the outbox.
    pub created_at: Instant,
    /// When the mail server took it.
    #[schema(required = true)]
    pub sent_at: Option<Instant>,
    /// Its subject line, as it would be now; null when the event or the registration is gone.
    #[schema(required = true, max_length = 1_000)]
    pub subject: Option<String>,
    /// Its text, as it would be now, with dots for what is the recipient's secret.
    #[schema(required = true, max_length = 20_000)]
    pub text: Option<String>,
}

impl OutboxLetter {
    fn of(reading: &mut Reading<'_>, settings: &Settings, letter: Letter) -> Result<Self, Problem> {
        let material = Material::of(reading.conn, &letter)?;
        let written = material.map(|material| written(&letter, &material, settings, None));
        let (subject, text) = written
            .map(|written| (written.subject, written.text))
            .unzip();
        let is_waiting = letter.state == LetterState::Queued;
        Ok(Self {
            team_id: letter.team_id,
            id: letter.id,
            kind: letter.kind,
            event_id: letter.event_id,
            registration_id: letter.registration_id,
            recipient: letter.recipient,
            name: letter.name,
            locale: letter.locale,
            state: letter.state,
            attempts: letter.attempts,
            next_attempt_at: is_waiting.then_some(letter.next_attempt_at),
            last_error: letter.last_error,
            created_at: letter.created_at,
            sent_at: letter.sent_at,
            subject,
            text,
        })
    }
}

/// A page of the outbox.
pub type OutboxLetterPage = Page<OutboxLetter>;

/// The letters of the team: where every query of the outbox begins.
fn in_team(team: TeamId) -> letters::BoxedQuery<'static, MultiBackend> {
    letters::table
        .filter(letters::team_id.eq(team.id()))
        .into_boxed()
}

fn filtered(team: TeamId, filter: &LetterFilter) -> letters::BoxedQuery<'static, MultiBackend> {
    let mut query = in_team(team);
    if let Some(AnyOf(states)) = &filter.state {
        query = query.filter(letters::state.eq_any(states.clone()));
    }
    if let Some(AnyOf(kinds)) = &filter.kind {
        query = query.filter(letters::kind.eq_any(kinds.clone()));
    }
    if let Some(id) = filter.event_id {
        query = query.filter(letters::event_id.eq(id));
    }
    query
}

/// List the outbox
///
/// The letters to people who registered, the latest first: whether each was sent, and what it says, with dots for the
/// secrets of its recipient. A letter is tried for some two days (after 1, 5 and 30 minutes, 2, 6, 12 and 24 hours) before
/// it counts as failed. Where the server has no mail server, letters are `skipped`, and are not sent later.
#[utoipa::path(tag = "outbox", params(LetterFilter), responses((status = 200, body = OutboxLetterPage)))]
#[get("/v1/teams/{team_id}/outbox")]
pub async fn list_outbox(
    scope: TeamScope,
    filter: Query<LetterFilter>,
    page: PageRequest,
) -> Answer {
    let settings = scope.state().settings.clone();
    scope
        .live(Permission::OutboxRead, move |reading| {
            let team = reading.team;
            let loaded = keyset_page!(
                filtered(team, &filter.0),
                reading.conn,
                &page,
                Direction::Descending,
                Letter,
                (letters::created_at, letters::id),
                Instant,
                |letter| letter.created_at
            );
            let mut items = Vec::with_capacity(loaded.items.len());
            for letter in loaded.items {
                items.push(OutboxLetter::of(reading, &settings, letter)?);
            }
            let mut shown = Page {
                items,
                next_cursor: loaded.next_cursor,
                total: None,
                total_is_exact: None,
            };
            if page.wants_total() {
                let ids: Vec<Id> = filtered(team, &filter.0)
                    .select(letters::id)
                    .limit(TOTAL_CAP + 1)
                    .load(reading.conn)?;
                shown = shown.with_total(ids.len());
            }
            Reply::page(&shown, &page)
        })
        .await
}

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_outbox);
}
