//! The public: what people without an account may reach, by the address of a page or by a secret.
//!
//! The surprising rule: whoever comes this way has no role, so there is no permission to demand. The handler shows what
//! the address or the secret opens and nothing else, and finds the team by it.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};

use super::caller;
use super::state::State;
use super::team_entry::{public_reading, public_writing};
use super::team_scope::{Reading, Tx};
use super::versions::Tags;
use crate::db::{AnyConnection, Id, Outcome};
use crate::http::{Answer, Problem};

/// A request by somebody whom nobody knows.
pub struct PublicScope {
    state: web::Data<State>,
    request: HttpRequest,
}

impl FromRequest for PublicScope {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(request))
    }
}

impl PublicScope {
    fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let scope = Self::of_page(request)?;
        caller::check_parameters(request, &scope.state)?;
        Ok(scope)
    }

    /// The same for a page that is no operation of the API. Whatever mail programs and others add to its address as query
    /// parameters means nothing.
    ///
    /// # Errors
    /// When the server is not whole.
    pub fn of_page(request: &HttpRequest) -> Result<Self, Problem> {
        let state = request
            .app_data::<web::Data<State>>()
            .ok_or_else(|| Problem::internal("the state is missing"))?
            .clone();
        Ok(Self {
            state,
            request: request.clone(),
        })
    }

    /// A part of the path, as it is.
    #[must_use]
    pub fn part(&self, name: &str) -> &str {
        self.request.match_info().get(name).unwrap_or_default()
    }

    /// What every handler shares.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Reads from the team that `team` finds. 304 when the answer has a tag and the client has it.
    ///
    /// # Errors
    /// `not_found` when it finds none or the team is gone, and what `work` answers.
    pub async fn read<L, F>(&self, team: L, work: F) -> Answer
    where
        L: FnOnce(&mut AnyConnection) -> Result<Option<Id>, Problem> + Send + 'static,
        F: FnOnce(&mut Reading<'_>) -> Answer + Send + 'static,
    {
        let known = Tags::if_none_match(&self.request)?;
        let reply = self.reading(team, work).await?;
        Ok(Tags::unless_known(known.as_ref(), reply))
    }

    /// Reads what the revision of the team decides: 304 before `work` when nothing has changed. So `team` finds the team
    /// only for whoever may see the answer.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub async fn list<L, F>(&self, team: L, work: F) -> Answer
    where
        L: FnOnce(&mut AnyConnection) -> Result<Option<Id>, Problem> + Send + 'static,
        F: FnOnce(&mut Reading<'_>) -> Answer + Send + 'static,
    {
        let known = Tags::if_none_match(&self.request)?;
        self.reading(team, move |reading| reading.listed(known.as_ref(), work))
            .await
    }

    async fn reading<L, F>(&self, team: L, work: F) -> Answer
    where
        L: FnOnce(&mut AnyConnection) -> Result<Option<Id>, Problem> + Send + 'static,
        F: FnOnce(&mut Reading<'_>) -> Answer + Send + 'static,
    {
        let now = self.state.clock.now();
        self.state
            .db
            .read(move |conn| {
                let team_id = team(conn)?.ok_or_else(Problem::not_found)?;
                work(&mut public_reading(conn, team_id, now)?)
            })
            .await
    }

    /// Writes to the team that `team` finds, all or nothing. No member acts; work that changes nothing takes no
    /// revision.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub async fn write<L, F>(&self, team: L, work: F) -> Answer
    where
        L: FnOnce(&mut AnyConnection) -> Result<Option<Id>, Problem> + Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Answer + Send + 'static,
    {
        let (now, followers) = (self.state.clock.now(), self.state.followers);
        self.state
            .db
            .write(move |conn| {
                let team_id = team(conn)?.ok_or_else(Problem::not_found)?;
                let mut tx = public_writing(conn, team_id, now, followers)?;
                let reply = work(&mut tx)?;
                tx.follow()?;
                Ok(if tx.has_written()? {
                    Outcome::Keep(reply)
                } else {
                    Outcome::Discard(reply)
                })
            })
            .await
    }
}
