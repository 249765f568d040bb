//! What explains the API: the document, the page that shows it, the problem codes.
//!
//! The surprising rule: the documentation page comes from this server alone and works offline.

use std::sync::OnceLock;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get, web};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::access::caller::KnownParameters;
use crate::http::edge::HTML;
use crate::http::{Answer, Code, Problem, Reply, ServiceConfig};
use crate::openapi;

/// A code that a problem can have.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"code": "validation_failed", "slug": "validation-failed", "status": 422, "title": "The request is not valid", "help": "`errors` names each field that is refused, with a code and what to do."}))]
pub struct ProblemCode {
    /// The code, as in a problem document.
    #[schema(max_length = 100)]
    code: &'static str,
    /// Its address under `/problems/`.
    #[schema(max_length = 100)]
    slug: String,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What it means.
    #[schema(max_length = 200)]
    title: &'static str,
    /// What happened and what to do.
    #[schema(max_length = 2000)]
    help: &'static str,
}

impl From<Code> for ProblemCode {
    fn from(code: Code) -> Self {
        let entry = code.entry();
        Self {
            code: entry.code,
            slug: code.slug(),
            status: entry.status,
            title: entry.title,
            help: entry.help,
        }
    }
}

/// All codes.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemCodes {
    /// The codes, by status.
    #[schema(max_items = 100)]
    items: Vec<ProblemCode>,
}

/// List the problem codes
///
/// Every code that a problem document can have. More may come: have a default branch.
#[utoipa::path(tag = "problems", responses((status = 200, body = ProblemCodes, description = "All codes.")))]
#[get("/problems")]
pub async fn list_problems(_: KnownParameters) -> Answer {
    Reply::ok(&ProblemCodes {
        items: Code::ALL.iter().copied().map(ProblemCode::from).collect(),
    })
}

/// Explain a problem code
#[utoipa::path(tag = "problems", responses((status = 200, body = ProblemCode, description = "The code.")))]
#[get("/problems/{code}")]
pub async fn get_problem(_: KnownParameters, request: HttpRequest) -> Answer {
    let slug = request.match_info().get("code").unwrap_or_default();
    let code = Code::ALL
        .iter()
        .copied()
        .find(|code| code.slug() == slug)
        .ok_or_else(Problem::not_found)?;
    Reply::ok(&ProblemCode::from(code))
}

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_problems).service(get_problem);
}

async fn document() -> HttpResponse {
    static BYTES: OnceLock<web::Bytes> = OnceLock::new();
    let bytes = BYTES.get_or_init(|| openapi::text().into());
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/json"))
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .body(bytes.clone())
}

/// Swagger UI's own page, but for what it lacks: a width that phones can read, and our name.
async fn documentation_page() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, HTML))
        .body(include_str!("docs.html"))
}

async fn to_documentation() -> HttpResponse {
    HttpResponse::Found()
        .insert_header((header::LOCATION, "/docs/"))
        .finish()
}

async fn refuse_others() -> Result<HttpResponse, Problem> {
    Err(Problem::not_allowed("GET, HEAD".to_owned()))
}

/// Registers the document and its page, which are no operations themselves.
pub fn documentation(config: &mut web::ServiceConfig) {
    let files = SwaggerUi::new("/docs/{_:.*}").config(
        Config::from("/openapi.json")
            .display_operation_id(true)
            .doc_expansion("none")
            .filter(true)
            .persist_authorization(true)
            .use_base_layout(),
    );
    let only_get = |path: &str| web::resource(path).default_service(web::to(refuse_others));
    config
        .service(only_get("/openapi.json").route(web::get().to(document)))
        .service(only_get("/").route(web::get().to(to_documentation)))
        .service(only_get("/docs").route(web::get().to(to_documentation)))
        .service(only_get("/docs/").route(web::get().to(documentation_page)))
        .service(only_get("/docs/index.html").route(web::get().to(documentation_page)))
        .service(files)
        .service(only_get("/docs/{_:.*}"));
}
