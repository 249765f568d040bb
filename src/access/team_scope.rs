//! The scope of a team: the only way to a team's data.
//!
//! The surprising rule: taking the team's next revision is what orders the writes of a team. It is the first
//! thing in every writing transaction and locks the team's row, so whatever a handler checks inside cannot
//! change before it commits. Teams do not wait for each other.

use std::future::{Ready, ready};
use std::ops::{Deref, DerefMut};

use diesel::connection::TransactionManager;
use diesel::prelude::*;

use super::caller::Caller;
use super::follow::{Followers, Touched};
use super::idempotency::IdempotencyKey;
use super::roles::{Permission, Role};
use super::state::State;
pub(crate) use super::team_entry::{enter_team, found_team};
use super::team_entry::{next_revision, place};
use super::versions::{self, Tags};
use crate::db::{AnyConnection, Date, Id, Instant, Outcome};
use crate::http::reply::etag;
use crate::http::values::TimeZone;
use crate::http::{Answer, Code, Problem, query};
use crate::schema::teams;
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};

/// A team that the caller has been let into. Queries of a team's data begin with one, and only a scope makes
/// one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TeamId(Id);

impl TeamId {
    /// For whoever has been let in (see `team_entry`).
    pub(super) const fn entered(id: Id) -> Self {
        Self(id)
    }

    /// The id, for a column.
    #[must_use]
    pub const fn id(self) -> Id {
        self.0
    }
}

/// The caller as a member of the team.
#[derive(Debug, Clone, Copy)]
pub struct Me {
    /// The member's id.
    pub member_id: Id,
    /// The role, as it is now.
    pub role: Role,
}

/// A request to a team: who asks, which team, and the door to the database.
pub struct TeamScope {
    state: web::Data<State>,
    caller: Caller,
    team_id: Id,
    request: HttpRequest,
}

impl FromRequest for TeamScope {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(request))
    }
}

/// What reading inside a team has at hand.
pub struct Reading<'c> {
    /// The connection.
    pub conn: &'c mut AnyConnection,
    /// The team, for [`TeamId`]'s purpose.
    pub team: TeamId,
    /// The caller, or whoever the caller stands in for.
    pub me: Me,
    /// The caller's own member, where that is the deputy of `me`.
    pub deputy_id: Option<Id>,
    /// The caller's account.
    pub account_id: Id,
    /// The team's revision when the reading began.
    pub revision: i64,
    /// The team's IANA time zone.
    pub time_zone: String,
    /// The one time of the request.
    pub now: Instant,
    /// Whether what is read is committed. Not so within a transaction that writes: what it reads may never be true, and is
    /// not to be kept.
    pub is_committed: bool,
}

/// What writing inside a team has at hand. The journal's methods are in `journal`.
pub struct Tx<'c> {
    reading: Reading<'c>,
    /// Who acts: a member, or nobody when the clock does.
    pub actor_id: Option<Id>,
    if_match: Option<Tags>,
    /// How many journal lines the revision has so far.
    pub(crate) lines: i64,
    /// What they are about, for what follows from it.
    pub(crate) touched: Vec<Touched>,
    /// What follows from what is done.
    pub(crate) followers: Followers,
    /// Said beside each journal line that follows: why an act was forced, a reason.
    pub(crate) note: Option<String>,
    /// Whether what was done stays although the request is refused.
    stays: bool,
    /// Whether something was written that the journal does not tell of.
    unjournaled: bool,
}

impl<'c> Deref for Tx<'c> {
    type Target = Reading<'c>;

    fn deref(&self) -> &Reading<'c> {
        &self.reading
    }
}

impl DerefMut for Tx<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.reading
    }
}

impl Reading<'_> {
    /// Whether the caller has a permission beyond the one that was demanded.
    #[must_use]
    pub fn may(&self, permission: Permission) -> bool {
        self.me.role.may(permission) && (self.deputy_id.is_none() || permission.is_lent())
    }

    /// Whether this is the caller: the member who acts, or the one in whose place.
    #[must_use]
    pub fn is_me(&self, member_id: Id) -> bool {
        self.me.member_id == member_id || self.deputy_id == Some(member_id)
    }

    /// Demands a permission beyond the first, where it depends on what the request says.
    ///
    /// # Errors
    /// `insufficient_role`.
    pub fn require(&self, permission: Permission) -> Result<(), Problem> {
        if self.may(permission) {
            Ok(())
        } else {
            Err(insufficient(self.me, permission))
        }
    }

    /// By whose clocks the team's days begin and end.
    #[must_use]
    pub fn zone(&self) -> TimeZone {
        self.time_zone.parse().unwrap_or(TimeZone::UTC)
    }

    /// Today, where the team is.
    #[must_use]
    pub fn today(&self) -> Date {
        self.zone().day_at(self.now)
    }
}

impl<'c> Tx<'c> {
    /// A transaction of whoever has been let in (see `team_entry`).
    pub(super) const fn begin(
        mut reading: Reading<'c>,
        actor_id: Option<Id>,
        if_match: Option<Tags>,
        followers: Followers,
    ) -> Self {
        reading.is_committed = false;
        Self {
            reading,
            actor_id,
            if_match,
            lines: 0,
            touched: Vec::new(),
            followers,
            note: None,
            stays: false,
            unjournaled: false,
        }
    }

    /// In whose place somebody acts, where a deputy does.
    #[must_use]
    pub fn on_behalf_of(&self) -> Option<Id> {
        self.actor_id.and(self.deputy_id).map(|_| self.me.member_id)
    }

    /// Keeps what was written although the journal says nothing of it: the machine's own records, such as letters to
    /// be sent.
    pub fn keep_unjournaled(&mut self) {
        self.unjournaled = true;
    }

    /// Whether there is anything to commit. Where the journal has nothing to tell, the revision is given back, so that
    /// revisions have no gaps.
    ///
    /// # Errors
    /// What the database answers.
    pub(super) fn has_written(&mut self) -> Result<bool, Problem> {
        if self.lines == 0 && self.unjournaled {
            let team_id = self.team.id();
            diesel::update(teams::table.find(team_id))
                .set(teams::revision.eq(teams::revision - 1))
                .execute(self.conn)?;
        }
        Ok(self.lines > 0 || self.unjournaled)
    }

    /// Keeps what has been done so far also when the request is refused: what was due by the clock happened, whoever
    /// came too late for it.
    pub fn keep_although_refused(&mut self) {
        self.stays = true;
    }

    /// Checks `If-Match` against the record that the request is about.
    ///
    /// # Errors
    /// `version_conflict`, with the present tag.
    pub fn expect_version(&self, version: i64) -> Result<(), Problem> {
        versions::expect(self.if_match.as_ref(), version)
    }

    /// Checks the version that one operation of a batch is based on, as `If-Match` does for a request.
    ///
    /// # Errors
    /// `version_conflict`, with the present tag.
    pub fn expect_seen(&self, seen: i64, version: i64) -> Result<(), Problem> {
        versions::expect(Some(&Tags::These(vec![etag(seen)])), version)
    }

    /// Does some work that may be refused without ending the whole: what it changed is then undone, its
    /// journal lines too.
    ///
    /// # Errors
    /// When the database fails; the refusal itself is in the answer.
    pub fn attempt<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, Problem>,
    ) -> Result<Result<T, Problem>, Problem> {
        let (lines, note, unjournaled) = (self.lines, self.note.clone(), self.unjournaled);
        let touched = self.touched.len();
        Manager::begin_transaction(self.conn)?;
        match work(self) {
            Ok(done) => {
                Manager::commit_transaction(self.conn)?;
                Ok(Ok(done))
            }
            Err(problem) => {
                Manager::rollback_transaction(self.conn)?;
                (self.lines, self.note, self.unjournaled) = (lines, note, unjournaled);
                self.touched.truncate(touched);
                Ok(Err(problem))
            }
        }
    }
}

/// Inside the transaction of a write, what it begins is a savepoint.
type Manager = <AnyConnection as diesel::Connection>::TransactionManager;

impl TeamScope {
    fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let caller = Caller::of(request)?;
        let state = request
            .app_data::<web::Data<State>>()
            .ok_or_else(|| Problem::internal("the state is missing"))?
            .clone();
        let team_id = path_id(request, "team_id")?;
        // Also where nothing is kept under it, as in a trial run: a client learns of its mistake at once.
        IdempotencyKey::check(request)?;
        Ok(Self {
            state,
            caller,
            team_id,
            request: request.clone(),
        })
    }

    /// An id from the path. What is no id names nothing, so it is not found.
    ///
    /// # Errors
    /// `not_found`.
    pub fn id(&self, name: &str) -> Result<Id, Problem> {
        path_id(&self.request, name)
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

    /// The address of the request, without its query.
    #[must_use]
    pub fn path(&self) -> &str {
        self.request.path()
    }

    /// The request itself, for what reads its body in another way.
    #[must_use]
    pub const fn request(&self) -> &HttpRequest {
        &self.request
    }

    /// The address of something in the team.
    #[must_use]
    pub fn address(&self, rest: &str) -> String {
        format!("/v1/teams/{}/{rest}", self.team_id)
    }

    /// Reads one record, or what has its own version. 304 when the client has it.
    ///
    /// # Errors
    /// `not_found` for outsiders, `insufficient_role` for insiders, and what `work` answers.
    pub async fn read<F>(&self, permission: Permission, work: F) -> Answer
    where
        F: FnOnce(&mut Reading<'_>) -> Answer + Send + 'static,
    {
        let known = Tags::if_none_match(&self.request)?;
        let reply = self.reading(permission, work).await?;
        Ok(Tags::unless_known(known.as_ref(), reply))
    }

    /// Reads what the team's revision decides: lists, and what is derived. When nothing in the team has
    /// changed, the answer is 304 after one look at the primary key.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub async fn list<F>(&self, permission: Permission, work: F) -> Answer
    where
        F: FnOnce(&mut Reading<'_>) -> Answer + Send + 'static,
    {
        let known = Tags::if_none_match(&self.request)?;
        self.reading(permission, move |reading| {
            reading.listed(known.as_ref(), work)
        })
        .await
    }

    /// Reads what depends on the time of day: the answer has no tag.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub async fn live<F>(&self, permission: Permission, work: F) -> Answer
    where
        F: FnOnce(&mut Reading<'_>) -> Answer + Send + 'static,
    {
        // There is no tag to compare with, but what is no tag is refused everywhere.
        Tags::if_none_match(&self.request)?;
        self.reading(permission, work).await
    }

    async fn reading<F>(&self, permission: Permission, work: F) -> Answer
    where
        F: FnOnce(&mut Reading<'_>) -> Answer + Send + 'static,
    {
        let (caller, team_id, now) = (self.caller, self.team_id, self.state.clock.now());
        self.state
            .db
            .read(move |conn| {
                let place = place(conn, caller, team_id, now)?;
                place.check(permission)?;
                work(&mut place.reading(conn, caller, team_id, now))
            })
            .await
    }

    /// Writes: takes the next revision, runs `work`, and keeps it with its journal lines, all or nothing.
    /// Work that changes nothing takes no revision.
    ///
    /// # Errors
    /// `not_found` for outsiders, `insufficient_role` for insiders, and what `work` answers.
    pub async fn write<F>(&self, permission: Permission, work: F) -> Answer
    where
        F: FnOnce(&mut Tx<'_>) -> Answer + Send + 'static,
    {
        let (caller, team_id, now) = (self.caller, self.team_id, self.state.clock.now());
        let if_match = Tags::if_match(&self.request)?;
        let key = IdempotencyKey::of(&self.request)?;
        let validate_only = query::flag(&self.request, "validate_only")?;
        let followers = self.state.followers;
        self.state
            .db
            .write::<_, Problem, _>(move |conn| {
                let place = next_revision(conn, caller, team_id, now)?;
                place.check(permission)?;
                if let Some(key) = &key
                    && let Some(reply) = key.replay(conn, team_id, caller.account_id)?
                {
                    return Ok(Outcome::Discard(Ok(reply)));
                }
                let actor_id = Some(place.actor());
                let reading = place.reading(conn, caller, team_id, now);
                let mut tx = Tx::begin(reading, actor_id, if_match, followers);
                let mut reply = match work(&mut tx) {
                    Err(refused) if tx.stays && !validate_only => {
                        tx.follow()?;
                        return Ok(Outcome::Keep(Err(refused)));
                    }
                    done => done?,
                };
                tx.follow()?;
                if validate_only {
                    reply.location = None;
                    reply.etag = None;
                    // A secret that opens nothing is not shown.
                    if let Some(without_secret) = reply.replay.take() {
                        reply.body = without_secret;
                    }
                    if reply.status == 201 {
                        reply.status = 200;
                    }
                    return Ok(Outcome::Discard(Ok(reply)));
                }
                if !tx.has_written()? {
                    return Ok(Outcome::Discard(Ok(reply)));
                }
                if let Some(key) = key {
                    key.keep(conn, team_id, caller.account_id, &reply, now)?;
                }
                Ok(Outcome::Keep(Ok(reply)))
            })
            .await?
    }
}

fn path_id(request: &HttpRequest, name: &str) -> Result<Id, Problem> {
    request
        .match_info()
        .get(name)
        .and_then(|text| text.parse().ok())
        .ok_or_else(Problem::not_found)
}

pub(super) fn insufficient(me: Me, permission: Permission) -> Problem {
    let detail = if me.role.may(permission) {
        format!("This needs the permission {permission}, which nobody has on behalf of another.")
    } else {
        format!(
            "This needs the permission {permission}, which the role {} has.",
            permission.lowest_role()
        )
    };
    Problem::new(Code::InsufficientRole)
        .detail(detail)
        .member("required", permission.as_str())
}
