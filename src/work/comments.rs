//! Comments: what members say about a task.
//!
//! The surprising rule: a comment is never gone. Deleting empties it and leaves its place in the conversation, with
//! `deleted_at`; it is then read, but neither changed nor deleted again.

use actix_web::{delete, get, patch, post};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::tasks;
use crate::access::{Permission, Reading, TeamScope, Tx};
use crate::db::rows::columns;
use crate::db::{Id, Instant, Json};
use crate::http::query::ValidateOnly;
use crate::http::strict::present;
use crate::http::{
    Answer, Body, Code, FieldError, Page, PageRequest, Problem, Query, Reply, ServiceConfig, Text,
};
use crate::journal::{Journaled, Kind};
use crate::keyset_page;
use crate::people;
use crate::schema::{comments, members};

/// How many members one comment may mention.
const MOST_MENTIONS: usize = 100;
/// How long a member's handle may be.
const LONGEST_HANDLE: usize = 32;

/// What is said.
pub type CommentText = Text<1, 10_000>;

/// A new comment.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"body": "@ada, can you look at the notes?"}))]
pub struct NewComment {
    /// In Markdown; `@handle` mentions a member.
    body: CommentText,
}

/// What changes in a comment.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"body": "@ada, can you look at the notes by Friday?"}))]
pub struct CommentPatch {
    /// In Markdown; `@handle` mentions a member.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    body: Option<CommentText>,
}

/// A comment on a task.
#[derive(Debug, Clone, Serialize, Queryable, Selectable, Insertable, ToSchema)]
#[diesel(table_name = comments, treat_none_as_default_value = false)]
#[schema(example = json!({"team_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a55", "id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a5c", "task_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a57", "author_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a59", "body": "@ada, can you look at the notes?", "mentions": ["0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a5a"], "unmatched_mentions": [], "created_at": "2024-03-12T09:00:00.000Z", "edited_at": null, "deleted_at": null, "version": 44}))]
pub struct Comment {
    /// The team.
    pub team_id: Id,
    /// The comment's id.
    pub id: Id,
    /// The task it is about.
    pub task_id: Id,
    /// The member who wrote it.
    pub author_id: Id,
    /// What is said, in Markdown; empty when the comment was deleted.
    pub body: Text<0, 10_000>,
    /// The members whom it mentions.
    #[schema(value_type = Vec<Id>, max_items = 100)]
    pub mentions: Json<Vec<Id>>,
    /// The handles it mentions that belonged to nobody in the team when it was written.
    #[schema(value_type = Vec<String>, max_items = 100)]
    pub unmatched_mentions: Json<Vec<String>>,
    /// When it was written.
    pub created_at: Instant,
    /// When its author last changed it.
    #[schema(required = true)]
    pub edited_at: Option<Instant>,
    /// When it was deleted.
    #[schema(required = true)]
    pub deleted_at: Option<Instant>,
    /// The revision that last changed it; also its `ETag`.
    #[schema(minimum = 1)]
    pub version: i64,
}

/// A page of comments.
pub type CommentPage = Page<Comment>;

impl Journaled for Comment {
    const KIND: Kind = Kind::Comment;

    fn id(&self) -> Id {
        self.id
    }
}

// ---------------------------------------------------------------- rules

/// The handles that a text mentions, each once: `@` at the beginning of a word, then letters, digits and hyphens. An
/// e-mail address mentions nobody.
fn handles(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut before: Option<char> = None;
    for (index, character) in text.char_indices() {
        let begins_a_word =
            before.is_none_or(|before| !before.is_alphanumeric() && !"@_-.+/".contains(before));
        before = Some(character);
        if character != '@' || !begins_a_word {
            continue;
        }
        let rest = text.get(index.saturating_add(1)..).unwrap_or_default();
        let handle: String = rest
            .chars()
            .take_while(|one| one.is_ascii_alphanumeric() || *one == '-')
            .collect::<String>()
            .to_ascii_lowercase();
        let handle = handle.trim_end_matches('-');
        let is_handle = (1..=LONGEST_HANDLE).contains(&handle.len()) && !handle.starts_with('-');
        if is_handle && !found.iter().any(|one| one == handle) {
            found.push(handle.to_owned());
        }
    }
    found
}

// ---------------------------------------------------------------- queries

fn find(reading: &mut Reading<'_>, task: Id, id: Id) -> Result<Comment, Problem> {
    Ok(comments::table
        .find((reading.team.id(), id))
        .filter(comments::task_id.eq(task))
        .select(Comment::as_select())
        .first(reading.conn)?)
}

/// The comment, unless it was deleted: for what changes it.
fn find_standing(reading: &mut Reading<'_>, task: Id, id: Id) -> Result<Comment, Problem> {
    let comment = find(reading, task, id)?;
    if comment.deleted_at.is_some() {
        return Err(Problem::not_found());
    }
    Ok(comment)
}

/// The members whom a text mentions, and the handles that belong to nobody.
fn mentioned(reading: &mut Reading<'_>, body: &str) -> Result<(Vec<Id>, Vec<String>), Problem> {
    let handles = handles(body);
    if handles.is_empty() {
        return Ok((Vec::new(), Vec::new()));
    }
    if handles.len() > MOST_MENTIONS {
        return Err(Problem::fields(vec![
            FieldError::body(
                "/body",
                "too_many",
                format!("At most {MOST_MENTIONS} mentions."),
            )
            .with(json!({"max": MOST_MENTIONS})),
        ]));
    }
    let found: Vec<(String, Id)> = people::members::in_team(reading.team)
        .filter(members::handle.eq_any(handles.clone()))
        .select((members::handle, members::id))
        .load(reading.conn)?;
    let mut matched = Vec::new();
    let mut unmatched = Vec::new();
    for handle in handles {
        match found.iter().find(|(one, _)| *one == handle) {
            Some((_, id)) => matched.push(*id),
            None => unmatched.push(handle),
        }
    }
    Ok((matched, unmatched))
}

fn edit(tx: &mut Tx<'_>, before: Comment, body: &CommentText) -> Result<Comment, Problem> {
    if before.body.as_str() == body.as_str() {
        return Ok(before);
    }
    let (matched, unmatched) = mentioned(tx, body.as_str())?;
    let after = diesel::update(comments::table.find((tx.team.id(), before.id)))
        .set((
            comments::body.eq(body),
            comments::mentions.eq(Json(matched)),
            comments::unmatched_mentions.eq(Json(unmatched)),
            comments::edited_at.eq(tx.now),
            comments::version.eq(tx.revision),
        ))
        .returning(columns::<Comment>())
        .get_result(tx.conn)?;
    tx.change(before, after)
}

fn empty(tx: &mut Tx<'_>, before: Comment) -> Result<Comment, Problem> {
    let after = diesel::update(comments::table.find((tx.team.id(), before.id)))
        .set((
            comments::body.eq(""),
            comments::mentions.eq(Json(Vec::<Id>::new())),
            comments::unmatched_mentions.eq(Json(Vec::<String>::new())),
            comments::deleted_at.eq(tx.now),
            comments::version.eq(tx.revision),
        ))
        .returning(columns::<Comment>())
        .get_result(tx.conn)?;
    tx.change(before, after)
}

// ---------------------------------------------------------------- handlers

/// List the comments on a task
///
/// The conversation, oldest first. A deleted comment keeps its place: it has `deleted_at` and no text.
#[utoipa::path(tag = "comments", responses((status = 200, body = CommentPage)))]
#[get("/v1/teams/{team_id}/tasks/{task_id}/comments")]
pub async fn list_comments(scope: TeamScope, page: PageRequest) -> Answer {
    let name = tasks::named(&scope, "task_id")?;
    scope
        .list(Permission::CommentRead, move |reading| {
            let task = tasks::find(reading, name)?;
            let on_task = comments::table
                .filter(comments::team_id.eq(reading.team.id()))
                .filter(comments::task_id.eq(task.id))
                .into_boxed();
            let loaded = keyset_page!(
                on_task,
                reading.conn,
                &page,
                Direction::Ascending,
                Comment,
                (comments::created_at, comments::id),
                Instant,
                |comment| comment.created_at
            );
            if !page.wants_total() {
                return Reply::page(&loaded, &page);
            }
            let ids: Vec<Id> = comments::table
                .filter(comments::team_id.eq(reading.team.id()))
                .filter(comments::task_id.eq(task.id))
                .select(comments::id)
                .limit(crate::http::page::TOTAL_CAP + 1)
                .load(reading.conn)?;
            Reply::page(&loaded.with_total(ids.len()), &page)
        })
        .await
}

/// Comment on a task
///
/// `@handle` mentions a member; `unmatched_mentions` names the handles that belong to nobody in the team.
#[utoipa::path(tag = "comments", params(ValidateOnly), request_body = NewComment, responses((status = 201, body = Comment)))]
#[post("/v1/teams/{team_id}/tasks/{task_id}/comments")]
pub async fn create_comment(
    scope: TeamScope,
    _: Query<ValidateOnly>,
    body: Body<NewComment>,
) -> Answer {
    let name = tasks::named(&scope, "task_id")?;
    let Body(new) = body;
    let place = scope.address("tasks");
    scope
        .write(Permission::CommentWrite, move |tx| {
            let task = tasks::find(tx, name)?;
            let (matched, unmatched) = mentioned(tx, new.body.as_str())?;
            let comment: Comment = diesel::insert_into(comments::table)
                .values((
                    comments::team_id.eq(tx.team.id()),
                    comments::id.eq(Id::new()),
                    comments::task_id.eq(task.id),
                    comments::author_id.eq(tx.me.member_id),
                    comments::body.eq(new.body),
                    comments::mentions.eq(Json(matched)),
                    comments::unmatched_mentions.eq(Json(unmatched)),
                    comments::created_at.eq(tx.now),
                    comments::version.eq(tx.revision),
                ))
                .returning(columns::<Comment>())
                .get_result(tx.conn)?;
            tx.created(&comment)?;
            Reply::created(
                &comment,
                comment.version,
                format!("{place}/{}/comments/{}", task.id, comment.id),
            )
        })
        .await
}

/// Show a comment
///
/// A deleted one too: it has `deleted_at` and no text.
#[utoipa::path(tag = "comments", responses((status = 200, body = Comment)))]
#[get("/v1/teams/{team_id}/tasks/{task_id}/comments/{comment_id}")]
pub async fn get_comment(scope: TeamScope) -> Answer {
    let name = tasks::named(&scope, "task_id")?;
    let id = scope.id("comment_id")?;
    scope
        .read(Permission::CommentRead, move |reading| {
            let task = tasks::find(reading, name)?;
            let comment = find(reading, task.id, id)?;
            Reply::record(&comment, comment.version)
        })
        .await
}

/// Change a comment
///
/// Only its author does; `edited_at` then shows it.
#[utoipa::path(tag = "comments", params(ValidateOnly), request_body = CommentPatch, responses((status = 200, body = Comment)))]
#[patch("/v1/teams/{team_id}/tasks/{task_id}/comments/{comment_id}")]
pub async fn update_comment(
    scope: TeamScope,
    _: Query<ValidateOnly>,
    body: Body<CommentPatch>,
) -> Answer {
    let name = tasks::named(&scope, "task_id")?;
    let id = scope.id("comment_id")?;
    let Body(patch) = body;
    scope
        .write(Permission::CommentWrite, move |tx| {
            let task = tasks::find(tx, name)?;
            let before = find_standing(tx, task.id, id)?;
            tx.expect_version(before.version)?;
            if before.author_id != tx.me.member_id {
                return Err(Problem::new(Code::InsufficientRole)
                    .detail("Only its author changes a comment."));
            }
            let comment = match &patch.body {
                Some(body) => edit(tx, before, body)?,
                None => before,
            };
            Reply::record(&comment, comment.version)
        })
        .await
}

/// Delete a comment
///
/// Its author does, or somebody with `comment:moderate`. Its place in the conversation stays, without the text.
#[utoipa::path(tag = "comments", responses((status = 204, description = "Its text is gone.")))]
#[delete("/v1/teams/{team_id}/tasks/{task_id}/comments/{comment_id}")]
pub async fn delete_comment(scope: TeamScope) -> Answer {
    let name = tasks::named(&scope, "task_id")?;
    let id = scope.id("comment_id")?;
    scope
        .write(Permission::CommentWrite, move |tx| {
            let task = tasks::find(tx, name)?;
            let before = find_standing(tx, task.id, id)?;
            tx.expect_version(before.version)?;
            if before.author_id != tx.me.member_id {
                tx.require(Permission::CommentModerate)?;
            }
            empty(tx, before)?;
            Ok(Reply::no_content())
        })
        .await
}

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_comments)
        .service(create_comment)
        .service(get_comment)
        .service(update_comment)
        .service(delete_comment);
}

#[cfg(test)]
mod tests {
    use super::handles;

    #[test]
    fn mentions_begin_a_word() {
        for (text, expected) in [
            ("@ada", vec!["ada"]),
            ("(@Ada), and @bo-b.", vec!["ada", "bo-b"]),
            ("@ada @ada", vec!["ada"]),
            ("ada@example.org", vec![]),
            ("https://example.org/@ada", vec![]),
            ("@@ada", vec![]),
            ("@ ada", vec![]),
            ("@-ada", vec![]),
            ("@ada- said", vec!["ada"]),
            ("ça va @zoé?", vec!["zo"]),
        ] {
            assert_eq!(handles(text), expected, "{text}");
        }
        assert_eq!(
            handles(&format!("@{}", "a".repeat(33))),
            Vec::<String>::new()
        );
    }
}
