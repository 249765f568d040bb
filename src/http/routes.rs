//! Registering operations: each handler as a route, and with what it says of itself for the document.
//!
//! The surprising rule: only who makes the document collects it. Every worker thread of the server registers all routes;
//! with utoipa-actix-web's own `ServiceConfig` each would also make the whole document and throw it away, which cost every
//! worker 30 ms at the start and left it with 10 MiB of holes.

use actix_web::dev::HttpServiceFactory;
use actix_web::web;
use utoipa::openapi::OpenApi;
use utoipa_actix_web::OpenApiFactory;

/// Where operations are registered.
pub struct ServiceConfig<'a> {
    routes: &'a mut web::ServiceConfig,
    document: Option<&'a mut OpenApi>,
}

impl<'a> ServiceConfig<'a> {
    /// Registers routes only.
    pub const fn routes(routes: &'a mut web::ServiceConfig) -> Self {
        Self {
            routes,
            document: None,
        }
    }

    /// Registers routes, and adds what they say of themselves to `document`.
    pub const fn documented(routes: &'a mut web::ServiceConfig, document: &'a mut OpenApi) -> Self {
        Self {
            routes,
            document: Some(document),
        }
    }

    /// Registers what `register` registers.
    pub fn configure(&mut self, register: impl FnOnce(&mut ServiceConfig<'_>)) -> &mut Self {
        register(self);
        self
    }

    /// Registers a handler with `#[utoipa::path]`.
    pub fn service<F>(&mut self, handler: F) -> &mut Self
    where
        F: HttpServiceFactory + OpenApiFactory + 'static,
    {
        if let Some(document) = &mut self.document {
            document.paths.merge(handler.paths());
            let mut schemas = Vec::new();
            handler.schemas(&mut schemas);
            let components = document.components.get_or_insert_default();
            components.schemas.extend(schemas);
        }
        self.routes.service(handler);
        self
    }
}
