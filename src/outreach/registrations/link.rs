//! The link in a person's letters: what it opens, and until when.
//!
//! The surprising rule: one that was revoked or never ours finds nothing, like one whose registration is gone.

use diesel::prelude::*;

use super::model::Registration;
use super::secret;
use crate::access::secrets::{Pepper, Secret};
use crate::access::{PublicScope, Reading};
use crate::db::{AnyConnection, Id};
use crate::http::Problem;
use crate::outreach::events::{self, Event};
use crate::schema::registrations;

/// What a secret link says of itself.
#[derive(Debug, Clone, Copy)]
pub struct Link {
    team_id: Id,
    registration_id: Id,
    number: i64,
}

impl Link {
    /// The one in the path, as `{link}`.
    ///
    /// # Errors
    /// `not_found` for what is no secret of ours.
    pub fn of(scope: &PublicScope) -> Result<Self, Problem> {
        let given = Secret::from(scope.part("link").to_owned());
        let (team_id, registration_id, number) =
            secret::opened(&scope.state().pepper, &given).ok_or_else(Problem::not_found)?;
        Ok(Self {
            team_id,
            registration_id,
            number,
        })
    }

    /// Finds the team, for the scope.
    pub fn team(
        self,
    ) -> impl FnOnce(&mut AnyConnection) -> Result<Option<Id>, Problem> + Send + 'static {
        move |_| Ok(Some(self.team_id))
    }

    /// What it opens, unless it was revoked.
    ///
    /// # Errors
    /// `not_found`.
    pub fn open(self, reading: &mut Reading<'_>) -> Result<(Event, Registration), Problem> {
        let registration: Registration = registrations::table
            .find((reading.team.id(), self.registration_id))
            .filter(registrations::secret_number.eq(self.number))
            .filter(registrations::erased_at.is_null())
            .select(Registration::as_select())
            .first(reading.conn)?;
        let event = events::find(reading, registration.event_id)?;
        Ok((event, registration))
    }
}

impl Registration {
    /// What opens it from now on.
    #[must_use]
    pub fn secret(&self, pepper: &Pepper) -> Secret {
        secret::of(pepper, self.team_id, self.id, self.secret_number)
    }
}
