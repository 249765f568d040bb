//! Invitations: asking somebody by e-mail into a team.
//!
//! The surprising rule: nothing sets an invitation to `expired`. A pending one whose time is over is expired the
//! moment it is read, so no clock has to come by, and what depends on it carries no `ETag`.

mod answers;
mod handlers;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use diesel::prelude::*;
use rand::RngCore as _;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::texts::{Email, OpaqueSecret};
use crate::access::secrets::{Digest, Secret};
use crate::access::{Reading, Role, TeamId, Tx};
use crate::db::rows::columns;
use crate::db::{AnyConnection, Id, Instant, MultiBackend};
use crate::http::query::AnyOf;
use crate::http::{Page, Problem, ServiceConfig};
use crate::journal::{Journaled, Kind};
use crate::schema::{invitation_secrets, invitations, teams};
use crate::text_enum;

/// How long an invitation can be answered.
const VALID_FOR: TimeDelta = TimeDelta::days(7);
/// Random bytes in a secret, behind the two ids that say what it opens.
const RANDOM_BYTES: usize = 20;

text_enum! {
    /// What became of an invitation.
    pub enum InvitationState {
        /// It waits for an answer.
        Pending = "pending",
        /// The invited person is a member.
        Accepted = "accepted",
        /// The invited person does not want to.
        Declined = "declined",
        /// The team has changed its mind.
        Revoked = "revoked",
        /// Nobody answered in time.
        Expired = "expired",
    }
}

/// A new invitation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"email": "grace@example.org", "role": "member"}))]
pub struct NewInvitation {
    email: Email,
    /// Not above your own, and not `owner`: ownership is offered to members.
    role: Role,
}

/// Which invitations are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct InvitationFilter {
    /// Any of these states, separated by commas.
    #[param(value_type = Option<String>, max_length = 200, example = "pending")]
    state: Option<AnyOf<InvitationState>>,
}

/// The secret of an invitation, as the link brought it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"secret": "AZClw30ufBGaQy89HgtqVQGQpcN9LnwRmkMvPR4LalYDFCU2R1hpep_AwdLj9AUWJzhJWg"}))]
pub struct InvitationSecret {
    secret: OpaqueSecret,
}

/// An invitation to a team.
#[derive(Debug, Clone, Serialize, Queryable, Selectable, Insertable, ToSchema)]
#[diesel(table_name = invitations)]
#[schema(example = json!({"team_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a55", "id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a57", "email": "grace@example.org", "role": "member", "state": "pending", "invited_by_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a56", "created_at": "2026-03-01T12:00:00.000Z", "expires_at": "2026-03-08T12:00:00.000Z", "answered_at": null, "version": 4}))]
pub struct Invitation {
    /// The team.
    pub team_id: Id,
    /// The invitation's id.
    pub id: Id,
    /// Who is invited: the account that answers must have this e-mail.
    pub email: Email,
    /// The role that the person will have.
    pub role: Role,
    /// What became of it.
    pub state: InvitationState,
    /// The member who invited.
    pub invited_by_id: Id,
    /// When it was made.
    pub created_at: Instant,
    /// Until when it can be answered.
    pub expires_at: Instant,
    /// When it was accepted, declined or revoked.
    #[schema(required = true)]
    pub answered_at: Option<Instant>,
    /// The revision that last changed it; `If-Match` takes it.
    #[schema(minimum = 1)]
    pub version: i64,
}

/// A page of invitations.
pub type InvitationPage = Page<Invitation>;

/// A new invitation with its secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"team_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a55", "id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a57", "email": "grace@example.org", "role": "member", "state": "pending", "invited_by_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a56", "created_at": "2026-03-01T12:00:00.000Z", "expires_at": "2026-03-08T12:00:00.000Z", "answered_at": null, "version": 4, "secret": "AZClw30ufBGaQy89HgtqVQGQpcN9LnwRmkMvPR4LalYDFCU2R1hpep_AwdLj9AUWJzhJWg"}))]
pub struct CreatedInvitation {
    /// The invitation.
    #[serde(flatten)]
    pub invitation: Invitation,
    /// What the invited person needs to answer: shown here and never again. Null when this is the answer to a
    /// retry with the same Idempotency-Key.
    #[schema(required = true, max_length = 100)]
    pub secret: Option<String>,
}

impl Journaled for Invitation {
    const KIND: Kind = Kind::Invitation;

    fn id(&self) -> Id {
        self.id
    }
}

// ---------------------------------------------------------------- rules

impl Invitation {
    /// As it is at `now`: pending only as long as it can be answered.
    fn at(mut self, now: Instant) -> Self {
        if self.state == InvitationState::Pending && self.expires_at <= now {
            self.state = InvitationState::Expired;
        }
        self
    }

    /// Refuses to answer what is answered, revoked or expired.
    fn check_pending(&self, next: InvitationState) -> Result<(), Problem> {
        if self.state == InvitationState::Pending {
            Ok(())
        } else {
            Err(Problem::transition(self.state.as_str(), next.as_str(), &[]))
        }
    }
}

/// A secret that says which invitation it opens, so that finding it needs no search.
fn new_secret(team_id: Id, invitation_id: Id) -> Secret {
    let mut random = [0; RANDOM_BYTES];
    rand::rng().fill_bytes(&mut random);
    let bytes = [team_id.bytes().as_slice(), invitation_id.bytes(), &random].concat();
    Secret::from(URL_SAFE_NO_PAD.encode(bytes))
}

/// What a secret opens; nothing when it is none of ours.
fn opened_by(secret: &Secret) -> Option<(Id, Id)> {
    let bytes = URL_SAFE_NO_PAD.decode(secret.expose()).ok()?;
    if bytes.len() != 32 + RANDOM_BYTES {
        return None;
    }
    Some((
        Id::from_bytes(bytes.get(..16)?)?,
        Id::from_bytes(bytes.get(16..32)?)?,
    ))
}

// ---------------------------------------------------------------- queries

/// The invitations of the team: where every query of them begins.
#[must_use]
fn in_team(team: TeamId) -> invitations::BoxedQuery<'static, MultiBackend> {
    invitations::table
        .filter(invitations::team_id.eq(team.id()))
        .into_boxed()
}

/// The invitation with this id, as it is now.
fn find(reading: &mut Reading<'_>, id: Id) -> Result<Invitation, Problem> {
    let invitation: Invitation = in_team(reading.team)
        .filter(invitations::id.eq(id))
        .select(Invitation::as_select())
        .first(reading.conn)?;
    Ok(invitation.at(reading.now))
}

/// The invitation that a secret opens for whoever has this e-mail: pending, and its team is there.
fn opened_for(
    conn: &mut AnyConnection,
    secret: &Secret,
    email: &Email,
    now: Instant,
) -> Result<Option<Invitation>, Problem> {
    let Some(key) = opened_by(secret) else {
        return Ok(None);
    };
    let found: Option<(Invitation, Vec<u8>)> = invitations::table
        .inner_join(
            invitation_secrets::table.on(invitation_secrets::team_id
                .eq(invitations::team_id)
                .and(invitation_secrets::invitation_id.eq(invitations::id))),
        )
        .inner_join(teams::table.on(teams::id.eq(invitations::team_id)))
        .filter(invitations::team_id.eq(key.0))
        .filter(invitations::id.eq(key.1))
        .filter(teams::deleted_at.is_null())
        .select((Invitation::as_select(), invitation_secrets::digest))
        .first(conn)
        .optional()?;
    Ok(found.and_then(|(invitation, digest)| {
        let digest: [u8; 32] = digest.try_into().ok()?;
        let invitation = invitation.at(now);
        let opens = Digest::from(digest) == secret.digest()
            && invitation.email == *email
            && invitation.state == InvitationState::Pending;
        opens.then_some(invitation)
    }))
}

/// Whether a secret is that of a pending invitation to this e-mail.
pub(super) fn is_valid_for(
    conn: &mut AnyConnection,
    secret: &Secret,
    email: &Email,
    now: Instant,
) -> Result<bool, Problem> {
    Ok(opened_for(conn, secret, email, now)?.is_some())
}

/// Moves a pending invitation to its end: its secret opens nothing any more.
fn close(
    tx: &mut Tx<'_>,
    before: Invitation,
    state: InvitationState,
) -> Result<Invitation, Problem> {
    before.check_pending(state)?;
    let key = (before.team_id, before.id);
    let after: Invitation = diesel::update(invitations::table.find(key))
        .set((
            invitations::state.eq(state),
            invitations::answered_at.eq(tx.now),
            invitations::version.eq(tx.revision),
        ))
        .returning(columns::<Invitation>())
        .get_result(tx.conn)?;
    diesel::delete(invitation_secrets::table.find(key)).execute(tx.conn)?;
    tx.change(before, after)
}

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .configure(handlers::routes)
        .configure(answers::routes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_names_what_it_opens() {
        let (team_id, id) = (Id::new(), Id::new());
        let secret = new_secret(team_id, id);
        assert_eq!(opened_by(&secret), Some((team_id, id)));
        assert_eq!(secret.expose().len(), 70);
        for text in [
            "",
            "x",
            &secret.expose()[1..],
            &format!("{}aa", secret.expose()),
        ] {
            assert_eq!(opened_by(&Secret::from(text.to_owned())), None, "{text}");
        }
    }
}
