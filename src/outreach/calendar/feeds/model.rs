//! What comes in and what goes out: a feed as it is made and shown, and the secret in its address.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use diesel::prelude::*;
use rand::RngCore as _;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access::secrets::Secret;
use crate::db::{Id, Instant};
use crate::http::Page;
use crate::http::text::Name;
use crate::journal::{Journaled, Kind};
use crate::schema::calendar_feeds;
use crate::text_enum;

/// How many feeds a member may have.
pub(super) const MOST: usize = 20;
/// The random bytes of a secret: 160 bits.
const RANDOM: usize = 20;

text_enum! {
    /// Which events are in a feed.
    pub enum FeedScope {
        /// All events of the team.
        Team = "team",
        /// The events that the member hosts.
        Mine = "mine",
    }
}

/// A new feed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"scope": "team", "label": "My phone"}))]
pub struct NewCalendarFeed {
    /// Which events are in it.
    pub scope: FeedScope,
    /// Where it is used, so that the right one is revoked one day.
    pub label: Name,
}

/// A calendar that a member subscribes to.
#[derive(Debug, Clone, Serialize, Queryable, Selectable, Insertable, ToSchema)]
#[diesel(table_name = calendar_feeds)]
#[schema(example = json!({"team_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a55", "id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a5b", "member_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a56", "scope": "team", "label": "My phone", "created_at": "2027-03-01T09:00:00.000Z", "version": 57}))]
pub struct CalendarFeed {
    /// The team.
    pub team_id: Id,
    /// The feed's id.
    pub id: Id,
    /// Whose it is.
    pub member_id: Id,
    /// Which events are in it.
    pub scope: FeedScope,
    /// Where it is used.
    pub label: Name,
    /// When it was made.
    pub created_at: Instant,
    /// The revision that made it; also its `ETag`.
    #[schema(minimum = 1)]
    pub version: i64,
}

/// A page of feeds.
pub type CalendarFeedPage = Page<CalendarFeed>;

/// A new feed with its secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"team_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a55", "id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a5b", "member_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a56", "scope": "team", "label": "My phone", "created_at": "2027-03-01T09:00:00.000Z", "version": 57, "secret": "AZClw30ufBGaQy89HgtqVQGQpcN9LnwRmkMvPR4LalsDFCU2R1hpep_AwdLj9AUWJzhJWg"}))]
pub struct CreatedCalendarFeed {
    /// The feed.
    #[serde(flatten)]
    pub feed: CalendarFeed,
    /// What the address of the calendar is made of: shown here and never again. Null when this is the answer to a retry
    /// with the same Idempotency-Key.
    #[schema(required = true, max_length = 100)]
    pub secret: Option<String>,
}

impl Journaled for CalendarFeed {
    const KIND: Kind = Kind::CalendarFeed;

    fn id(&self) -> Id {
        self.id
    }
}

/// A secret that says which feed it opens, so that finding it needs no search.
pub(super) fn new_secret(team_id: Id, feed_id: Id) -> Secret {
    let mut random = [0; RANDOM];
    rand::rng().fill_bytes(&mut random);
    let bytes = [team_id.bytes().as_slice(), feed_id.bytes(), &random].concat();
    Secret::from(URL_SAFE_NO_PAD.encode(bytes))
}

/// The team and the feed that a secret names; nothing when it is none of ours.
pub(super) fn named_by(secret: &Secret) -> Option<(Id, Id)> {
    if secret.expose().len() > 100 {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(secret.expose()).ok()?;
    let (team_id, rest) = bytes.split_at_checked(16)?;
    let (feed_id, random) = rest.split_at_checked(16)?;
    (random.len() == RANDOM).then_some(())?;
    Some((Id::from_bytes(team_id)?, Id::from_bytes(feed_id)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_names_what_it_opens() {
        let (team_id, id) = (Id::new(), Id::new());
        let secret = new_secret(team_id, id);
        assert_eq!(named_by(&secret), Some((team_id, id)));
        for text in [
            "",
            "x",
            &secret.expose()[1..],
            &format!("{}aa", secret.expose()),
        ] {
            assert_eq!(named_by(&Secret::from(text.to_owned())), None, "{text}");
        }
    }
}
