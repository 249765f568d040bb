//! What events refer to, shown beside them.
//!
//! The surprising rule: a host who has left the team is not shown, as the member's own address does not show them.

use std::collections::BTreeSet;

use serde::Serialize;
use utoipa::ToSchema;

use super::model::{Event, EventPage};
use crate::access::Sight;
use crate::http::{Expand, Expanded, Problem};
use crate::outreach::campaigns::{self, CampaignsById};
use crate::people::members::{self, MembersById};
use crate::text_enum;

text_enum! {
    /// What an event refers to.
    pub enum EventReference {
        /// The campaign it belongs to.
        Campaign = "campaign",
        /// The members who hold it.
        Hosts = "hosts",
    }
}

/// What events refer to, as far as it was asked for.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventExpansion {
    /// The hosts.
    pub members: MembersById,
    /// The campaigns.
    pub campaigns: CampaignsById,
}

/// An event, with what it refers to.
pub type ExpandedEvent = Expanded<Event, EventExpansion>;
/// A page of events, with what they refer to.
pub type ExpandedEventPage = Expanded<EventPage, EventExpansion>;

/// What the events that are shown refer to.
///
/// # Errors
/// What the database answers.
pub fn expand(
    sight: &mut Sight<'_>,
    wanted: &Expand<EventReference>,
    shown: &[Event],
) -> Result<Option<EventExpansion>, Problem> {
    let Some(references) = wanted.references() else {
        return Ok(None);
    };
    let mut hosts = BTreeSet::new();
    let mut of_campaigns = BTreeSet::new();
    for reference in references {
        for event in shown {
            match reference {
                EventReference::Campaign => of_campaigns.extend(event.campaign_id),
                EventReference::Hosts => hosts.extend(event.hosts.0.0.iter().copied()),
            }
        }
    }
    Ok(Some(EventExpansion {
        members: members::these(sight, hosts)?,
        campaigns: campaigns::these(sight, of_campaigns)?,
    }))
}
