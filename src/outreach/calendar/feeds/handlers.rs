//! The operations on feeds: made, listed, revoked, and subscribed to.

use actix_web::{delete, get, post};
use diesel::prelude::*;
use serde_json::json;

use super::model::{
    CalendarFeed, CalendarFeedPage, CreatedCalendarFeed, MOST, NewCalendarFeed, new_secret,
};
use super::read::{count, find, load_page, opened, shown};
use crate::access::secrets::Secret;
use crate::access::{Permission, PublicScope, TeamScope};
use crate::db::Id;
use crate::http::{Answer, Body, FieldError, PageRequest, Problem, Reply, ServiceConfig};
use crate::outreach::calendar::public::MEDIA_TYPE;
use crate::outreach::calendar::write::feed_file;
use crate::schema::{calendar_feed_secrets, calendar_feeds};

/// List own calendar feeds
///
/// The calendars of this team that you subscribed to, newest first. Nobody sees those of others.
#[utoipa::path(tag = "calendars", responses((status = 200, body = CalendarFeedPage)))]
#[get("/v1/teams/{team_id}/calendar-feeds")]
pub async fn list_calendar_feeds(scope: TeamScope, page: PageRequest) -> Answer {
    scope
        .list(Permission::CalendarRead, move |reading| {
            let loaded = load_page(reading, &page)?;
            Reply::page(&loaded, &page)
        })
        .await
}

/// Create a calendar feed
///
/// Answers a secret, once: a calendar application subscribes to `/v1/public/calendars/{secret}.ics`. Whoever has that
/// address sees the events with the links to join, so keep it; deleting the feed ends it. A retry with the same
/// Idempotency-Key gets the feed without the secret. At most 20 for each member.
#[utoipa::path(tag = "calendars", request_body = NewCalendarFeed, responses((status = 201, body = CreatedCalendarFeed)))]
#[post("/v1/teams/{team_id}/calendar-feeds")]
pub async fn create_calendar_feed(scope: TeamScope, body: Body<NewCalendarFeed>) -> Answer {
    let Body(new) = body;
    let place = scope.address("calendar-feeds");
    scope
        .write(Permission::CalendarWrite, move |tx| {
            if count(tx, MOST)? >= MOST {
                return Err(Problem::fields(vec![
                    FieldError::body(
                        "",
                        "too_many",
                        "At most 20 feeds. Delete one that is not used any more.",
                    )
                    .with(json!({"max": MOST})),
                ]));
            }
            let feed = CalendarFeed {
                team_id: tx.team.id(),
                id: Id::new(),
                member_id: tx.me.member_id,
                scope: new.scope,
                label: new.label,
                created_at: tx.now,
                version: tx.revision,
            };
            let secret = new_secret(feed.team_id, feed.id);
            diesel::insert_into(calendar_feeds::table)
                .values(&feed)
                .execute(tx.conn)?;
            diesel::insert_into(calendar_feed_secrets::table)
                .values((
                    calendar_feed_secrets::team_id.eq(feed.team_id),
                    calendar_feed_secrets::feed_id.eq(feed.id),
                    calendar_feed_secrets::digest.eq(secret.digest().as_bytes().to_vec()),
                ))
                .execute(tx.conn)?;
            tx.created(&feed)?;
            let (version, place) = (feed.version, format!("{place}/{}", feed.id));
            let mut created = CreatedCalendarFeed {
                feed,
                secret: Some(secret.expose().to_owned()),
            };
            let reply = Reply::created(&created, version, place)?;
            created.secret = None;
            reply.replayed_as(&created)
        })
        .await
}

/// Show an own calendar feed
///
/// Without its secret, which was shown once.
#[utoipa::path(tag = "calendars", responses((status = 200, body = CalendarFeed)))]
#[get("/v1/teams/{team_id}/calendar-feeds/{feed_id}")]
pub async fn get_calendar_feed(scope: TeamScope) -> Answer {
    let id = scope.id("feed_id")?;
    scope
        .read(Permission::CalendarRead, move |reading| {
            let feed = find(reading, id)?;
            Reply::record(&feed, feed.version)
        })
        .await
}

/// Delete an own calendar feed
///
/// Its address opens nothing any more, at once.
#[utoipa::path(tag = "calendars", responses((status = 204)))]
#[delete("/v1/teams/{team_id}/calendar-feeds/{feed_id}")]
pub async fn delete_calendar_feed(scope: TeamScope) -> Answer {
    let id = scope.id("feed_id")?;
    scope
        .write(Permission::CalendarWrite, move |tx| {
            let feed = find(tx, id)?;
            tx.expect_version(feed.version)?;
            let key = (feed.team_id, feed.id);
            diesel::delete(calendar_feed_secrets::table.find(key)).execute(tx.conn)?;
            diesel::delete(calendar_feeds::table.find(key)).execute(tx.conn)?;
            tx.deleted(&feed)?;
            Ok(Reply::no_content())
        })
        .await
}

/// Subscribe to a calendar
///
/// The events of the team, or those that the member hosts, with where to join: the latest 5,000, cancelled ones
/// included. Drafts are `TENTATIVE`. Not found when the feed was deleted or its member has left the team.
///
/// A series is one entry with its rule, under a UID of its own that stays: its RRULE ends with the last occurrence that is
/// made (at most a year ahead) and goes on as the series does, so that calendars and the list of events agree. An
/// occurrence with another title, time or place, or a cancelled one, is an entry with RECURRENCE-ID; one that was deleted,
/// or that the member does not host, is an EXDATE. Where the clocks skip an occurrence's time, an RDATE says when it is
/// instead. SEQUENCE is the same in all entries of a series and rises with every change of any of them. When a series is
/// split, the old one ends and the new one has another UID. Files of single events never speak of series.
#[utoipa::path(tag = "calendars",
    responses((status = 200, content_type = "text/calendar", body = String, description = "The calendar (RFC 5545, RFC 7986).")))]
#[get("/v1/public/calendars/{link}.ics")]
pub async fn get_calendar(scope: PublicScope) -> Answer {
    let secret = Secret::from(scope.part("link").to_owned());
    let again = secret.clone();
    scope
        .list(
            move |conn| Ok(opened(conn, &secret)?.map(|(team_id, _)| team_id)),
            move |reading| {
                let (_, feed_id) = opened(reading.conn, &again)?.ok_or_else(Problem::not_found)?;
                let (name, entries) = shown(reading, feed_id)?;
                Ok(Reply::text(MEDIA_TYPE, feed_file(&name, &entries)))
            },
        )
        .await
}

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_calendar_feeds)
        .service(create_calendar_feed)
        .service(get_calendar_feed)
        .service(delete_calendar_feed)
        .service(get_calendar);
}
