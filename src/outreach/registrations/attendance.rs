//! Attendance: how many registered, had a place, came, and stayed away; for an event and for a campaign.
//!
//! The surprising rule: a rate is of those of whom it is known. Who was neither checked in nor marked absent counts in
//! `confirmed` and in no rate of attendance.

use std::collections::BTreeMap;

use actix_web::get;
use diesel::dsl::count_star;
use diesel::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;

use super::model::Utm;
use super::state::RegistrationState;
use crate::access::{Permission, Reading, TeamScope};
use crate::db::Id;
use crate::http::{Answer, Problem, Reply};
use crate::outreach::{campaigns, events};
use crate::schema::{events as event_rows, registrations};

/// How many sources are told apart; the rest is in the total alone.
const MOST_SOURCES: usize = 100;

/// Counts of registrations, and rates of them.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
#[schema(example = json!({"registered": 120, "confirmed": 100, "attended": 60, "no_show": 20, "attendance_percent": 75, "no_show_percent": 25}))]
pub struct AttendanceFigures {
    /// Who registered and confirmed the address, whatever came of it.
    #[schema(minimum = 0)]
    registered: i64,
    /// Who has or had a place.
    #[schema(minimum = 0)]
    confirmed: i64,
    /// Who was there.
    #[schema(minimum = 0)]
    attended: i64,
    /// Who was not.
    #[schema(minimum = 0)]
    no_show: i64,
    /// `attended` of `attended` + `no_show`, rounded; null while nobody was seen or missed.
    #[schema(required = true, minimum = 0, maximum = 100)]
    attendance_percent: Option<i64>,
    /// `no_show` of `attended` + `no_show`, rounded; null while nobody was seen or missed.
    #[schema(required = true, minimum = 0, maximum = 100)]
    no_show_percent: Option<i64>,
}

/// The figures of one source.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({"utm_source": "newsletter", "utm_medium": null, "utm_campaign": null, "figures": {"registered": 120, "confirmed": 100, "attended": 60, "no_show": 20, "attendance_percent": 75, "no_show_percent": 25}}))]
pub struct SourceAttendance {
    /// Where the people heard of it; null where nobody knows.
    #[schema(required = true)]
    utm_source: Option<Utm>,
    /// By what kind of link.
    #[schema(required = true)]
    utm_medium: Option<Utm>,
    /// By which of the organiser's efforts.
    #[schema(required = true)]
    utm_campaign: Option<Utm>,
    /// What came of them.
    figures: AttendanceFigures,
}

/// Who came.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"total": {"registered": 120, "confirmed": 100, "attended": 60, "no_show": 20, "attendance_percent": 75, "no_show_percent": 25}, "sources": [], "counts": "registrations", "events": 1}))]
pub struct Attendance {
    /// All of them.
    total: AttendanceFigures,
    /// By source, the one with most registrations first; at most 100.
    #[schema(max_items = 100)]
    sources: Vec<SourceAttendance>,
    /// What is counted: `registrations`, each once however many seats it has. More may come.
    #[schema(max_length = 40)]
    counts: &'static str,
    /// How many events are in it: those that are not in the trash.
    #[schema(minimum = 0)]
    events: i64,
}

impl AttendanceFigures {
    fn add(&mut self, state: RegistrationState, number: i64) {
        let mut count = |part: fn(&mut Self) -> &mut i64| {
            let part = part(self);
            *part = part.saturating_add(number);
        };
        match state {
            RegistrationState::Unverified => return,
            RegistrationState::Confirmed => count(|figures| &mut figures.confirmed),
            RegistrationState::Attended => {
                count(|figures| &mut figures.confirmed);
                count(|figures| &mut figures.attended);
            }
            RegistrationState::NoShow => {
                count(|figures| &mut figures.confirmed);
                count(|figures| &mut figures.no_show);
            }
            RegistrationState::Pending
            | RegistrationState::Waitlisted
            | RegistrationState::Offered
            | RegistrationState::Expired
            | RegistrationState::Rejected
            | RegistrationState::Cancelled => {}
        }
        count(|figures| &mut figures.registered);
    }

    fn with_rates(mut self) -> Self {
        let known = self.attended.saturating_add(self.no_show);
        if known > 0 {
            let percent = self
                .attended
                .saturating_mul(200)
                .saturating_add(known)
                .div_euclid(known.saturating_mul(2));
            self.attendance_percent = Some(percent);
            self.no_show_percent = Some(100_i64.saturating_sub(percent));
        }
        self
    }
}

/// Where people heard of it.
type Source = (Option<Utm>, Option<Utm>, Option<Utm>);
/// How many of a source stand where.
type Counted = (RegistrationState, Source, i64);

fn attendance(reading: &mut Reading<'_>, events: Vec<Id>) -> Result<Attendance, Problem> {
    let number = i64::try_from(events.len()).unwrap_or(i64::MAX);
    let rows: Vec<Counted> = registrations::table
        .filter(registrations::team_id.eq(reading.team.id()))
        .filter(registrations::event_id.eq_any(events))
        .group_by((
            registrations::state,
            registrations::utm_source,
            registrations::utm_medium,
            registrations::utm_campaign,
        ))
        .select((
            registrations::state,
            (
                registrations::utm_source,
                registrations::utm_medium,
                registrations::utm_campaign,
            ),
            count_star(),
        ))
        .load(reading.conn)?;
    let mut total = AttendanceFigures::default();
    let mut by_source: BTreeMap<Source, AttendanceFigures> = BTreeMap::new();
    for (state, source, count) in rows {
        total.add(state, count);
        if state != RegistrationState::Unverified {
            let figures = by_source.entry(source).or_default();
            figures.add(state, count);
        }
    }
    let mut sources: Vec<SourceAttendance> = by_source
        .into_iter()
        .map(
            |((utm_source, utm_medium, utm_campaign), figures)| SourceAttendance {
                utm_source,
                utm_medium,
                utm_campaign,
                figures: figures.with_rates(),
            },
        )
        .collect();
    sources.sort_by_key(|one| std::cmp::Reverse(one.figures.registered));
    sources.truncate(MOST_SOURCES);
    Ok(Attendance {
        total: total.with_rates(),
        sources,
        counts: "registrations",
        events: number,
    })
}

/// Show the attendance of an event
///
/// How many registered, had a place, came and stayed away, by source. Registrations are counted, and `counts` says so.
#[utoipa::path(tag = "registrations", responses((status = 200, body = Attendance)))]
#[get("/v1/teams/{team_id}/events/{event_id}/attendance")]
pub async fn get_event_attendance(scope: TeamScope) -> Answer {
    let event_id = scope.id("event_id")?;
    scope
        .list(Permission::RegistrationRead, move |reading| {
            events::find(reading, event_id)?;
            Reply::ok(&attendance(reading, vec![event_id])?)
        })
        .await
}

/// Show the attendance of a campaign
///
/// Over all its events that are not in the trash.
#[utoipa::path(tag = "registrations", responses((status = 200, body = Attendance)))]
#[get("/v1/teams/{team_id}/campaigns/{campaign_id}/attendance")]
pub async fn get_campaign_attendance(scope: TeamScope) -> Answer {
    let campaign_id = scope.id("campaign_id")?;
    scope
        .list(Permission::RegistrationRead, move |reading| {
            campaigns::find(reading, campaign_id)?;
            let events: Vec<Id> = events::in_team(reading.team)
                .filter(event_rows::campaign_id.eq(campaign_id))
                .select(event_rows::id)
                .load(reading.conn)?;
            Reply::ok(&attendance(reading, events)?)
        })
        .await
}
