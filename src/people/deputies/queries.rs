//! Where deputies are found, and how they are made and ended.

use chrono::TimeDelta;
use diesel::prelude::*;
use serde_json::json;

use super::circle::{self, Edge};
use super::model::{Deputy, DeputyFilter, DeputyPage, DeputySort, NewDeputy};
use crate::access::{Permission, Reading, TeamId, Tx};
use crate::db::rows::{Direction, columns};
use crate::db::{Id, Instant, MultiBackend};
use crate::http::page::TOTAL_CAP;
use crate::http::query::Flag;
use crate::http::{Code, FieldError, PageRequest, Problem};
use crate::keyset_page;
use crate::people::members;
use crate::schema::deputies;

/// How long somebody may have a deputy: a year, be it a leap year.
const LONGEST: TimeDelta = TimeDelta::days(366);

/// The deputies of the team: where every query of them begins.
fn in_team(team: TeamId) -> deputies::BoxedQuery<'static, MultiBackend> {
    deputies::table
        .filter(deputies::team_id.eq(team.id()))
        .into_boxed()
}

pub(super) fn find(reading: &mut Reading<'_>, id: Id) -> Result<Deputy, Problem> {
    Ok(in_team(reading.team)
        .filter(deputies::id.eq(id))
        .select(Deputy::as_select())
        .first(reading.conn)?)
}

fn filtered(
    reading: &Reading<'_>,
    filter: &DeputyFilter,
) -> deputies::BoxedQuery<'static, MultiBackend> {
    let mut query = in_team(reading.team);
    if let Some(members) = &filter.member_id {
        let (members, _) = members.resolve(reading.me.member_id);
        query = query.filter(deputies::member_id.eq_any(members));
    }
    if let Some(members) = &filter.deputy_id {
        let (members, _) = members.resolve(reading.me.member_id);
        query = query.filter(deputies::deputy_id.eq_any(members));
    }
    if let Some(Flag(wanted)) = filter.is_active {
        let is_active = deputies::starts_at
            .le(reading.now)
            .and(deputies::ends_at.gt(reading.now))
            .and(deputies::ended_at.is_null());
        query = if wanted {
            query.filter(is_active)
        } else {
            query.filter(diesel::dsl::not(is_active))
        };
    }
    query
}

pub(super) fn load_page(
    reading: &mut Reading<'_>,
    filter: &DeputyFilter,
    page: &PageRequest,
) -> Result<DeputyPage, Problem> {
    let (DeputySort::CreatedAt, direction) =
        page.sort((DeputySort::CreatedAt, Direction::Descending))?;
    let loaded = keyset_page!(
        filtered(reading, filter),
        reading.conn,
        page,
        direction,
        Deputy,
        (deputies::created_at, deputies::id),
        Instant,
        |deputy| deputy.created_at
    );
    if !page.wants_total() {
        return Ok(loaded);
    }
    let ids: Vec<Id> = filtered(reading, filter)
        .select(deputies::id)
        .limit(TOTAL_CAP + 1)
        .load(reading.conn)?;
    Ok(loaded.with_total(ids.len()))
}

/// What is, or will be, from `starts_at` to `ends_at`.
fn overlapping(
    reading: &mut Reading<'_>,
    (starts_at, ends_at): (Instant, Instant),
) -> Result<Vec<Deputy>, Problem> {
    Ok(in_team(reading.team)
        .filter(deputies::ended_at.is_null())
        .filter(deputies::starts_at.lt(ends_at))
        .filter(deputies::ends_at.gt(starts_at))
        .select(Deputy::as_select())
        .load(reading.conn)?)
}

fn check_fields(
    reading: &mut Reading<'_>,
    new: &NewDeputy,
    starts_at: Instant,
) -> Result<(), Problem> {
    let mut errors = Vec::new();
    if new.deputy_id == reading.me.member_id {
        errors.push(FieldError::body(
            "/deputy_id",
            "self",
            "Nobody is their own deputy.",
        ));
    } else {
        let guest = "A guest cannot be a deputy.";
        errors.extend(members::refuse_guest(
            reading,
            new.deputy_id,
            "/deputy_id",
            guest,
        )?);
    }
    if starts_at < reading.now {
        errors.push(FieldError::body(
            "/starts_at",
            "in_past",
            "Not before now; leave it out to begin at once.",
        ));
    }
    if new.ends_at <= starts_at {
        errors.push(
            FieldError::body("/ends_at", "before_start", "Later than it begins.")
                .with(json!({"starts_at": starts_at})),
        );
    } else if new.ends_at > starts_at.plus(LONGEST) {
        errors.push(
            FieldError::body(
                "/ends_at",
                "too_long",
                "At most a year (366 days) after it begins.",
            )
            .with(json!({"max_days": LONGEST.num_days()})),
        );
    }
    if errors.is_empty() {
        Ok(())
    } else {
        Err(Problem::fields(errors))
    }
}

pub(super) fn create(tx: &mut Tx<'_>, new: NewDeputy) -> Result<Deputy, Problem> {
    let starts_at = new.starts_at.unwrap_or(tx.now);
    check_fields(tx, &new, starts_at)?;
    let there = overlapping(tx, (starts_at, new.ends_at))?;
    if let Some(same) = there
        .iter()
        .find(|one| (one.member_id, one.deputy_id) == (tx.me.member_id, new.deputy_id))
    {
        return Err(Problem::new(Code::AlreadyExists)
            .detail("This member is your deputy for a part of that time already. End that first.")
            .at("/deputy_id")
            .member("deputy_record_id", same.id));
    }
    let edges: Vec<Edge<Id>> = there
        .iter()
        .map(|one| Edge {
            member: one.member_id,
            deputy: one.deputy_id,
            starts_at: one.starts_at,
            ends_at: one.ends_at,
        })
        .collect();
    let edge = Edge {
        member: tx.me.member_id,
        deputy: new.deputy_id,
        starts_at,
        ends_at: new.ends_at,
    };
    if let Some(path) = circle::close(&edges, edge) {
        return Err(Problem::new(Code::DeputyCycle)
            .at("/deputy_id")
            .member("path", path));
    }
    let deputy = Deputy {
        team_id: tx.team.id(),
        id: Id::new(),
        member_id: tx.me.member_id,
        deputy_id: new.deputy_id,
        starts_at,
        ends_at: new.ends_at,
        note: new.note,
        ended_at: None,
        ended_by_id: None,
        created_at: tx.now,
        updated_at: tx.now,
        version: tx.revision,
    };
    diesel::insert_into(deputies::table)
        .values(&deputy)
        .execute(tx.conn)?;
    tx.created(&deputy)?;
    Ok(deputy)
}

/// Ends it before its time: either of the two, or whoever looks after the members.
pub(super) fn end(tx: &mut Tx<'_>, before: Deputy) -> Result<Deputy, Problem> {
    if ![before.member_id, before.deputy_id].contains(&tx.me.member_id) {
        tx.require(Permission::MemberWrite)?;
    }
    if before.ended_at.is_some() || before.ends_at <= tx.now {
        return Err(Problem::transition("ended", "ended", &[]).detail("It is over already."));
    }
    end_now(tx, before)
}

fn end_now(tx: &mut Tx<'_>, before: Deputy) -> Result<Deputy, Problem> {
    let after: Deputy = diesel::update(deputies::table.find((before.team_id, before.id)))
        .set((
            deputies::ended_at.eq(tx.now),
            deputies::ended_by_id.eq(tx.actor_id),
            deputies::updated_at.eq(tx.now),
            deputies::version.eq(tx.revision),
        ))
        .returning(columns::<Deputy>())
        .get_result(tx.conn)?;
    tx.change(before, after)
}

/// Ends what a member who leaves is a party to, so that nothing comes back when the member does.
pub(in crate::people) fn end_of(tx: &mut Tx<'_>, member_id: Id) -> Result<(), Problem> {
    let open: Vec<Deputy> = in_team(tx.team)
        .filter(deputies::ended_at.is_null())
        .filter(deputies::ends_at.gt(tx.now))
        .filter(
            deputies::member_id
                .eq(member_id)
                .or(deputies::deputy_id.eq(member_id)),
        )
        .select(Deputy::as_select())
        .load(tx.conn)?;
    for deputy in open {
        end_now(tx, deputy)?;
    }
    Ok(())
}
