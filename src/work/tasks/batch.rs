//! Many tasks at once.
//!
//! The surprising rule: one operation stands for three, told apart by `op`: the fields of a new task, of a patch, or none.

use std::borrow::Cow;

use actix_web::post;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value, json};
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, OneOfBuilder, Schema, Type};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

use super::make::create;
use super::model::{NewTask, Task, TaskPatch};
use super::queries::{TaskName, find};
use super::trashing::to_trash;
use super::write::{Start, update};
use crate::access::batch::{BatchParameters, Operation, Operations, Version};
use crate::access::{Permission, TeamScope, Tx};
use crate::http::body::BATCH_LIMIT;
use crate::http::{Answer, Body, FieldError, Problem, Query, strict};

/// Many operations on tasks.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"operations": [
    {"op": "create", "title": "Cut the release branch", "due_on": "2024-03-19"},
    {"op": "update", "id": "K8S-12", "if_match": 41, "status": "in_progress"},
    {"op": "delete", "id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a57"}
]}))]
pub struct TaskBatch {
    /// Carried out in this order.
    #[schema(value_type = Vec<TaskOperation>, min_items = 1, max_items = 100)]
    operations: Operations,
}

/// What became of one operation.
#[derive(Debug, Serialize, ToSchema)]
pub struct TaskBatchResult {
    /// The HTTP status that the operation alone would have had.
    #[schema(minimum = 200, maximum = 499)]
    status: u16,
    /// The task as it is now; null when it was deleted or the operation was refused.
    #[schema(required = true)]
    task: Option<Task>,
    /// Why the operation was refused: a problem document.
    #[schema(required = true, value_type = Option<Object>)]
    problem: Option<Value>,
}

/// What became of the operations.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"results": [
    {"status": 204, "task": null, "problem": null},
    {"status": 404, "task": null, "problem": {"type": "/problems/not-found", "title": "Not found", "status": 404, "code": "not_found", "detail": "There is no such thing, or you may not see it. Both look alike.", "request_id": null, "errors": []}}
]}))]
pub struct TaskBatchResults {
    /// One result for each operation, in their order.
    #[schema(max_items = 100)]
    results: Vec<TaskBatchResult>,
}

/// One operation, read.
#[derive(Debug)]
enum TaskAct {
    Create(NewTask),
    Update(Target, TaskPatch),
    Delete(Target),
}

/// Which task an operation is about.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Target {
    id: TaskName,
    if_match: Option<Version>,
}

impl<'de> Deserialize<'de> for TaskName {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(input)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl Operation for TaskAct {
    type Context = ();
    type Outcome = TaskBatchResult;

    fn read(value: Value) -> Result<Self, Vec<FieldError>> {
        let Value::Object(mut members) = value else {
            return Err(vec![FieldError::body(
                "",
                "wrong_type",
                "Expected an object.",
            )]);
        };
        match members.shift_remove("op").as_ref().and_then(Value::as_str) {
            Some("create") => strict::read(Value::Object(members)).map(Self::Create),
            Some("update") => {
                let target: Map<String, Value> = ["id", "if_match"]
                    .into_iter()
                    .filter_map(|name| members.shift_remove_entry(name))
                    .collect();
                match (
                    strict::read(Value::Object(target)),
                    strict::read(Value::Object(members)),
                ) {
                    (Ok(target), Ok(patch)) => Ok(Self::Update(target, patch)),
                    (target, patch) => Err(target
                        .err()
                        .into_iter()
                        .chain(patch.err())
                        .flatten()
                        .collect()),
                }
            }
            Some("delete") => strict::read(Value::Object(members)).map(Self::Delete),
            _ => Err(vec![
                FieldError::body("/op", "unknown_value", "One of: create, update, delete.")
                    .with(json!({"allowed": ["create", "update", "delete"]})),
            ]),
        }
    }

    fn run(self, tx: &mut Tx<'_>, (): &()) -> Result<TaskBatchResult, Problem> {
        let (status, task) = match self {
            Self::Create(new) => (201, Some(create(tx, new)?)),
            Self::Update(target, patch) => {
                let before = target.find(tx)?;
                let task = update(tx, before, patch, Start::WhenReady)?;
                (200, Some(task))
            }
            Self::Delete(target) => {
                let task = target.find(tx)?;
                to_trash(tx, task)?;
                (204, None)
            }
        };
        Ok(TaskBatchResult {
            status,
            task,
            problem: None,
        })
    }

    fn refused(status: u16, problem: Value) -> TaskBatchResult {
        TaskBatchResult {
            status,
            task: None,
            problem: Some(problem),
        }
    }
}

impl Target {
    fn find(self, tx: &mut Tx<'_>) -> Result<Task, Problem> {
        let task = find(tx, self.id)?;
        if let Some(seen) = self.if_match {
            tx.expect_seen(seen.get(), task.version)?;
        }
        Ok(task)
    }
}

/// Change many tasks
///
/// Up to 100 operations, carried out in order; each is `create` with the fields of a new task, `update` with the `id`
/// (or key) of a task and the fields that change, or `delete` with its `id`. `if_match` names the version that an
/// operation is based on. All or nothing: a refusal answers as the operation alone would, with pointers such as
/// `/operations/3/title`. With `mode=partial` the others are done nevertheless, and the answer is 207 with a result
/// for each.
#[utoipa::path(tag = "tasks", params(BatchParameters), request_body = TaskBatch,
    responses((status = 200, body = TaskBatchResults, description = "All operations are done."),
        (status = 207, body = TaskBatchResults)))]
#[post("/v1/teams/{team_id}/tasks/batch")]
pub async fn change_tasks(
    scope: TeamScope,
    parameters: Query<BatchParameters>,
    body: Body<TaskBatch, BATCH_LIMIT>,
) -> Answer {
    let Body(batch) = body;
    scope
        .write(Permission::TaskWrite, move |tx| {
            parameters
                .0
                .carry_out::<TaskAct, _>(tx, &(), batch.operations, |results| TaskBatchResults {
                    results,
                })
        })
        .await
}

// ---------------------------------------------------------------- the document

type Schemas = Vec<(String, RefOr<Schema>)>;

/// One operation of a batch.
struct TaskOperation;

impl PartialSchema for TaskOperation {
    fn schema() -> RefOr<Schema> {
        OneOfBuilder::new()
            .description(Some("One operation; `op` says which."))
            .item(Ref::from_schema_name("TaskCreation"))
            .item(Ref::from_schema_name("TaskChange"))
            .item(Ref::from_schema_name("TaskRemoval"))
            .into()
    }
}

impl ToSchema for TaskOperation {
    fn schemas(schemas: &mut Schemas) {
        NewTask::schemas(schemas);
        TaskPatch::schemas(schemas);
        let creation = operation("create", NewTask::schema());
        let change = targeted(operation("update", TaskPatch::schema()));
        let removal = targeted(operation("delete", nothing_else()));
        schemas.push(("TaskCreation".to_owned(), creation));
        schemas.push(("TaskChange".to_owned(), change));
        schemas.push(("TaskRemoval".to_owned(), removal));
    }
}

/// An object that takes no members but those that are added.
fn nothing_else() -> RefOr<Schema> {
    let mut object = ObjectBuilder::new()
        .schema_type(Type::Object)
        .description(Some("Puts a task into the trash."))
        .build();
    object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
    RefOr::T(Schema::Object(object))
}

fn operation(word: &str, fields: RefOr<Schema>) -> RefOr<Schema> {
    let op = ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some("What to do."))
        .enum_values(Some([word]));
    with(fields, "op", op.into(), json!(word), true)
}

fn targeted(fields: RefOr<Schema>) -> RefOr<Schema> {
    let id = ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some("The task: its id or its key."))
        .min_length(Some(4))
        .max_length(Some(40))
        .examples(["K8S-12"]);
    let fields = with(fields, "id", id.into(), json!("K8S-12"), true);
    with(fields, "if_match", Version::schema(), json!(41), false)
}

/// The object with one member more.
fn with(
    fields: RefOr<Schema>,
    name: &str,
    schema: RefOr<Schema>,
    example: Value,
    is_required: bool,
) -> RefOr<Schema> {
    let RefOr::T(Schema::Object(mut object)) = fields else {
        return fields;
    };
    object.properties.insert(name.to_owned(), schema);
    if is_required {
        object.required.push(name.to_owned());
    }
    if let Value::Object(shown) = object.example.get_or_insert_with(|| json!({})) {
        shown.insert(name.to_owned(), example);
    }
    RefOr::T(Schema::Object(object))
}
