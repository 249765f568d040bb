//! Registering operations: each handler as a route, or with what it says of itself for the document.
//!
//! The surprising rule: actix does not search for the route. It would try the regular expression of one handler after the
//! other, which was a fifth of the work for a small request. The address is looked up once, in the tree of
//! [`Operations`]; the handlers of an address stand behind a guard that only compares.

use std::any::TypeId;
use std::collections::{BTreeMap, HashMap};
use std::ops::RangeInclusive;
use std::sync::Arc;

use actix_web::dev::HttpServiceFactory;
use actix_web::guard::GuardContext;
use actix_web::{HttpMessage as _, HttpRequest, web};
use utoipa::openapi::OpenApi;
use utoipa_actix_web::OpenApiFactory;

use super::operations::Operations;

/// Where operations are registered.
pub struct ServiceConfig<'a> {
    purpose: Purpose<'a>,
}

/// Every worker thread of the server registers all routes. If each also collected the document, as utoipa-actix-web's own
/// `ServiceConfig` does, that would cost it 30 ms at the start and leave 10 MiB of holes.
enum Purpose<'a> {
    Routes(&'a mut Vec<(TypeId, Registration)>),
    Document(&'a mut Collected),
}

/// How many addresses stand behind one guard, before each has its own.
const BUNDLE: usize = 12;

type Registration = Box<dyn FnOnce(&mut web::ServiceConfig)>;

/// What the handlers say of themselves.
pub struct Collected {
    /// The document, with their operations.
    pub document: OpenApi,
    /// The address that each of them answers at.
    pub addresses: HashMap<TypeId, String>,
}

impl ServiceConfig<'_> {
    /// Adds what `register` registers to `document`.
    pub fn document(document: OpenApi, register: impl FnOnce(&mut ServiceConfig<'_>)) -> Collected {
        let mut collected = Collected {
            document,
            addresses: HashMap::new(),
        };
        register(&mut ServiceConfig {
            purpose: Purpose::Document(&mut collected),
        });
        collected
    }

    /// Makes a route of each handler that `register` registers.
    pub fn routes(
        config: &mut web::ServiceConfig,
        operations: &Arc<Operations>,
        register: impl FnOnce(&mut ServiceConfig<'_>),
    ) {
        let mut routes = Vec::new();
        register(&mut ServiceConfig {
            purpose: Purpose::Routes(&mut routes),
        });
        let mut by_address: BTreeMap<usize, Vec<Registration>> = BTreeMap::new();
        for (handler, registration) in routes {
            match operations.address_of(handler) {
                Some(address) => by_address.entry(address).or_default().push(registration),
                None => log::error!("a handler is not in the document: it is not served"),
            }
        }
        // In bundles, so that few guards are asked: a dozen, then a dozen.
        let mut addresses = by_address.into_iter().peekable();
        while let Some((first, _)) = addresses.peek() {
            let first = *first;
            let bundle: Vec<_> = addresses.by_ref().take(BUNDLE).collect();
            let last = bundle.last().map_or(first, |(address, _)| *address);
            behind(config, operations, first..=last, |config| {
                for (address, registrations) in bundle {
                    behind(config, operations, address..=address, |config| {
                        for registration in registrations {
                            registration(config);
                        }
                    });
                }
            });
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
        match &mut self.purpose {
            Purpose::Routes(routes) => {
                let registration = |config: &mut web::ServiceConfig| {
                    config.service(handler);
                };
                routes.push((TypeId::of::<F>(), Box::new(registration)));
            }
            Purpose::Document(collected) => collected.add(&handler),
        }
        self
    }
}

/// Registers what only these addresses may come to.
fn behind(
    config: &mut web::ServiceConfig,
    operations: &Arc<Operations>,
    addresses: RangeInclusive<usize>,
    register: impl FnOnce(&mut web::ServiceConfig),
) {
    let operations = Arc::clone(operations);
    let is_here = move |context: &GuardContext<'_>| {
        Sought::find(context, &operations).is_some_and(|address| addresses.contains(&address))
    };
    config.service(web::scope("").guard(is_here).configure(register));
}

impl Collected {
    fn add<F: OpenApiFactory + 'static>(&mut self, handler: &F) {
        let paths = handler.paths();
        for address in paths.paths.keys() {
            self.addresses.insert(TypeId::of::<F>(), address.clone());
        }
        self.document.paths.merge(paths);
        let mut schemas = Vec::new();
        handler.schemas(&mut schemas);
        let components = self.document.components.get_or_insert_default();
        components.schemas.extend(schemas);
    }
}

/// The address of a request, among those of the document, once it has been looked up.
#[derive(Debug, Clone, Copy)]
struct Sought(Option<usize>);

impl Sought {
    fn find(context: &GuardContext<'_>, operations: &Operations) -> Option<usize> {
        if let Some(Self(found)) = context.req_data().get() {
            return *found;
        }
        let found = operations.find(context.head().uri.path());
        context.req_data_mut().insert(Self(found));
        found
    }
}

/// Which address of the document a request was routed to.
#[must_use]
pub fn address(request: &HttpRequest) -> Option<usize> {
    request.extensions().get::<Sought>()?.0
}
