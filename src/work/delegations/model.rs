//! What comes in and what goes out.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::chain::Link;
use super::rules::{Act, DelegationState};
use crate::db::{Date, Id, Instant};
use crate::http::expand::ById;
use crate::http::query::{AnyOf, Flag, Who};
use crate::http::text::Note;
use crate::http::{Page, Text, UpTo};
use crate::journal::{Journaled, Kind};
use crate::schema::delegations;
use crate::text_enum;

/// What is said with an offer.
pub type Message = Text<1, 5_000>;
/// How the work is to be cut, in a proposal.
pub type Scope = Text<1, 5_000>;

text_enum! {
    /// How far the delegate may go without asking.
    pub enum Authority {
        /// Tells the delegator before deciding.
        InformMeFirst = "inform_me_first",
        /// Decides, and tells afterwards.
        DecideAndReport = "decide_and_report",
        /// Decides.
        Full = "full",
    }
}

const fn usual_authority() -> Authority {
    Authority::DecideAndReport
}

/// An offer to do a task.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"delegate_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a59", "authority": "decide_and_report", "may_redelegate": true, "message": "You know the release notes best.", "respond_by": "2099-03-01T12:00:00Z", "due_on": "2099-03-12"}))]
pub struct NewDelegation {
    /// Who is asked: a member, no guest, not the caller. While that member is away, whoever stands in is.
    pub delegate_id: Id,
    /// How far the delegate may go without asking; `decide_and_report` unless given.
    #[serde(default = "usual_authority")]
    #[schema(default = "decide_and_report")]
    pub authority: Authority,
    /// Whether the delegate may hand the task on.
    #[serde(default)]
    #[schema(default = false)]
    pub may_redelegate: bool,
    /// What is said with the offer.
    pub message: Option<Message>,
    /// When the offer expires unanswered: later than now. Without it the offer waits.
    pub respond_by: Option<Instant>,
    /// When the delegate is to be finished.
    pub due_on: Option<Date>,
}

/// One offer of a batch.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"task_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a57", "delegate_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a59", "due_on": "2099-03-12"}))]
pub struct BatchOffer {
    /// The task.
    pub task_id: Id,
    /// Who is asked: a member, no guest, not the caller. While that member is away, whoever stands in is.
    pub delegate_id: Id,
    /// How far the delegate may go without asking; `decide_and_report` unless given.
    #[serde(default = "usual_authority")]
    #[schema(default = "decide_and_report")]
    pub authority: Authority,
    /// Whether the delegate may hand the task on.
    #[serde(default)]
    #[schema(default = false)]
    pub may_redelegate: bool,
    /// What is said with the offer.
    pub message: Option<Message>,
    /// When the offer expires unanswered: later than now.
    pub respond_by: Option<Instant>,
    /// When the delegate is to be finished.
    pub due_on: Option<Date>,
}

impl BatchOffer {
    /// The task, and the offer as it is made for one task.
    #[must_use]
    pub fn parts(self) -> (Id, NewDelegation) {
        let new = NewDelegation {
            delegate_id: self.delegate_id,
            authority: self.authority,
            may_redelegate: self.may_redelegate,
            message: self.message,
            respond_by: self.respond_by,
            due_on: self.due_on,
        };
        (self.task_id, new)
    }
}

/// Offers for several tasks.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"offers": [{"task_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a57", "delegate_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a59"}]}))]
pub struct NewDelegationBatch {
    /// The offers, one for each task.
    #[schema(value_type = Vec<BatchOffer>, min_items = 1, max_items = 100)]
    pub offers: UpTo<100, BatchOffer>,
}

/// What may be said with an act.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"note": "Gladly."}))]
pub struct ActNote {
    /// Kept in the history; with a submission also in the delegation.
    pub note: Option<Note>,
}

/// Why an act is done.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "I am away that week."}))]
pub struct ActReason {
    /// The reason, for the other one to read.
    pub reason: Note,
}

/// Why an offer is taken back, where one wants to say.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "The plan has changed."}))]
pub struct OptionalReason {
    /// The reason, for the other one to read.
    pub reason: Option<Note>,
}

/// What the delegate would do instead: another date, another scope, or both.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"due_on": "2099-03-19", "scope": "Without the blog post."}))]
pub struct Proposal {
    /// When the delegate could be finished.
    pub due_on: Option<Date>,
    /// What the delegate would do of it.
    pub scope: Option<Scope>,
}

/// Which delegations are wanted.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DelegationFilter {
    /// Offered by any of these members: ids, or `me`.
    #[param(value_type = Option<String>, max_length = 2000, example = "me")]
    pub delegator_id: Option<AnyOf<Who>>,
    /// Offered to any of these members: ids, or `me`.
    #[param(value_type = Option<String>, max_length = 2000, example = "me")]
    pub delegate_id: Option<AnyOf<Who>>,
    /// Any of these states, separated by commas.
    #[param(value_type = Option<String>, max_length = 200, example = "offered,countered")]
    pub state: Option<AnyOf<DelegationState>>,
    /// Of this task.
    pub task_id: Option<Id>,
    /// Whether an answer is overdue: `respond_by` has passed or, without one, the offer or the proposal has waited for
    /// more than three days.
    #[param(value_type = Option<bool>)]
    pub is_overdue_answer: Option<Flag>,
}

text_enum! {
    /// What the list sorts by.
    pub enum DelegationSort {
        /// When it was offered.
        CreatedAt = "created_at",
    }
}

/// A delegation.
#[derive(Debug, Clone, Serialize, Queryable, Selectable, Insertable, ToSchema)]
#[diesel(table_name = delegations, treat_none_as_default_value = false)]
#[schema(example = json!({"team_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a55", "id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a60", "task_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a57", "parent_id": null, "delegator_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a58", "delegate_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a59", "in_place_of_id": null, "state": "offered", "authority": "decide_and_report", "may_redelegate": true, "message": "You know the release notes best.", "respond_by": "2099-03-01T12:00:00.000Z", "due_on": "2099-03-12", "proposed_due_on": null, "proposed_scope": null, "reason": null, "submission_note": null, "created_at": "2026-02-26T09:00:00.000Z", "answered_at": null, "submitted_at": null, "ended_at": null, "updated_at": "2026-02-26T09:00:00.000Z", "version": 42}))]
pub struct Delegation {
    /// The team.
    pub team_id: Id,
    /// The delegation's id.
    pub id: Id,
    /// The task that is handed over.
    pub task_id: Id,
    /// The delegation that this one hands on; null for the first of a chain.
    #[schema(required = true)]
    pub parent_id: Option<Id>,
    /// Who offered.
    pub delegator_id: Id,
    /// Who was offered: whoever was named, or who stands in.
    pub delegate_id: Id,
    /// Whom the offer was meant for, who is away; null where that is the delegate.
    #[schema(required = true)]
    pub in_place_of_id: Option<Id>,
    /// Where it stands.
    pub state: DelegationState,
    /// How far the delegate may go without asking.
    pub authority: Authority,
    /// Whether the delegate may hand the task on.
    pub may_redelegate: bool,
    /// What was said with the offer.
    #[schema(required = true)]
    pub message: Option<Message>,
    /// When the offer expires unanswered.
    #[schema(required = true)]
    pub respond_by: Option<Instant>,
    /// When the delegate is to be finished; a proposal that is accepted changes it.
    #[schema(required = true)]
    pub due_on: Option<Date>,
    /// The date that the delegate proposed.
    #[schema(required = true)]
    pub proposed_due_on: Option<Date>,
    /// The scope that the delegate proposed.
    #[schema(required = true)]
    pub proposed_scope: Option<Scope>,
    /// The reason that was given last: for declining, withdrawing, sending back, handing back or recalling.
    #[schema(required = true)]
    pub reason: Option<Note>,
    /// What was said with the last submission.
    #[schema(required = true)]
    pub submission_note: Option<Note>,
    /// When it was offered.
    pub created_at: Instant,
    /// When the delegate answered.
    #[schema(required = true)]
    pub answered_at: Option<Instant>,
    /// When the work was submitted; null again when it is sent back.
    #[schema(required = true)]
    pub submitted_at: Option<Instant>,
    /// When it ended.
    #[schema(required = true)]
    pub ended_at: Option<Instant>,
    /// When it was last changed.
    pub updated_at: Instant,
    /// The revision that last changed it; what `If-Match` is compared with.
    #[schema(minimum = 1)]
    pub version: i64,
}

/// A page of delegations.
pub type DelegationPage = Page<Delegation>;
/// Delegations that something refers to.
pub type DelegationsById = ById<Delegation>;

impl Delegation {
    /// What the rules look at.
    #[must_use]
    pub const fn link(&self) -> Link<Id> {
        Link {
            delegator: self.delegator_id,
            delegate: self.delegate_id,
            state: self.state,
            may_redelegate: self.may_redelegate,
        }
    }
}

/// A delegation as its campaign's history knows it.
pub(crate) struct InCampaign<'d> {
    pub(crate) delegation: &'d Delegation,
    pub(crate) campaign_id: Option<Id>,
}

impl Serialize for InCampaign<'_> {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        self.delegation.serialize(out)
    }
}

impl Journaled for InCampaign<'_> {
    const KIND: Kind = Kind::Delegation;

    fn id(&self) -> Id {
        self.delegation.id
    }

    fn campaign_id(&self) -> Option<Id> {
        self.campaign_id
    }
}

/// One link of a chain.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ChainLink {
    /// The delegation's id.
    pub id: Id,
    /// Who offered.
    pub delegator_id: Id,
    /// Who was offered.
    pub delegate_id: Id,
    /// Where it stands.
    pub state: DelegationState,
}

impl From<&Delegation> for ChainLink {
    fn from(delegation: &Delegation) -> Self {
        Self {
            id: delegation.id,
            delegator_id: delegation.delegator_id,
            delegate_id: delegation.delegate_id,
            state: delegation.state,
        }
    }
}

/// A delegation with its chain and what the caller can do to it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"team_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a55", "id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a60", "task_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a57", "parent_id": null, "delegator_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a58", "delegate_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a59", "in_place_of_id": null, "state": "offered", "authority": "decide_and_report", "may_redelegate": true, "message": "You know the release notes best.", "respond_by": "2099-03-01T12:00:00.000Z", "due_on": "2099-03-12", "proposed_due_on": null, "proposed_scope": null, "reason": null, "submission_note": null, "created_at": "2026-02-26T09:00:00.000Z", "answered_at": null, "submitted_at": null, "ended_at": null, "updated_at": "2026-02-26T09:00:00.000Z", "version": 42, "chain": [{"id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a60", "delegator_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a58", "delegate_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a59", "state": "offered"}], "allowed": ["withdraw"], "warnings": []}))]
pub struct DelegationDetail {
    #[allow(missing_docs)]
    #[serde(flatten)]
    pub delegation: Delegation,
    /// The chain that it is in, root first: what it hands on, itself, and what was handed on from it, as far as that is
    /// active or was confirmed.
    #[schema(max_items = 8)]
    pub chain: Vec<ChainLink>,
    /// What the caller can do to it now. With `-` for `_` each word is the last part of the address to POST to.
    #[schema(max_items = 10)]
    pub allowed: Vec<Act>,
    /// What the delegator should know at once. Only in the answer to the offer; empty afterwards.
    #[schema(max_items = 1)]
    pub warnings: Vec<OfferWarning>,
}

text_enum! {
    /// What a warning is about.
    pub enum WarningCode {
        /// Whom the offer is meant for is away, and nobody stands in.
        NobodyThere = "nobody_there",
        /// Whom the offer is meant for is away, and whoever stands in cannot be offered it.
        UnsuitableSubstitute = "unsuitable_substitute",
    }
}

/// What somebody who offers a task should know at once.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({"code": "nobody_there", "detail": "Away until 2026-12-04, and nobody stands in: the offer waits, or withdraw it and ask somebody else.", "delegation_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a60", "away_ids": ["0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a59"], "until_on": "2026-12-04"}))]
pub struct OfferWarning {
    /// What it is about.
    pub code: WarningCode,
    /// The same for people, and what to do.
    #[schema(max_length = 1000)]
    pub detail: String,
    /// The offer.
    pub delegation_id: Id,
    /// Who is away: whom the offer is meant for, and those who would stand in, in their order.
    #[schema(max_items = 6)]
    pub away_ids: Vec<Id>,
    /// The last day on which the first of them is away.
    pub until_on: Date,
}

/// What a batch made.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"items": [{"team_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a55", "id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a60", "task_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a57", "parent_id": null, "delegator_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a58", "delegate_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a59", "in_place_of_id": null, "state": "offered", "authority": "decide_and_report", "may_redelegate": false, "message": null, "respond_by": null, "due_on": null, "proposed_due_on": null, "proposed_scope": null, "reason": null, "submission_note": null, "created_at": "2026-02-26T09:00:00.000Z", "answered_at": null, "submitted_at": null, "ended_at": null, "updated_at": "2026-02-26T09:00:00.000Z", "version": 42}], "warnings": []}))]
pub struct DelegationBatch {
    /// The delegations, in the order of the offers.
    #[schema(max_items = 100)]
    pub items: Vec<Delegation>,
    /// What the delegator should know at once, each about one of them.
    #[schema(max_items = 100)]
    pub warnings: Vec<OfferWarning>,
}
