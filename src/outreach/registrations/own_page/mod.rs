//! The page behind the links in letters, for people with a browser and nothing else: where the registration stands, and
//! buttons for what its person can do. It is there so that a server works without a front end of its own; where there
//! is one, `--registration-url` leads the links to it.
//!
//! The surprising rule: looking changes nothing. Mail programs and scanners follow every link, so an address is confirmed
//! by a button (POST) and never by opening the page (GET).

mod html;
mod words;

use actix_web::{HttpRequest, web};
use diesel::prelude::*;

use self::html::{Page, notice};
use self::words::Notice;
use super::acts;
use super::link::Link;
use super::model::Registration;
use super::queries::rank;
use super::queue::give_up;
use crate::access::secrets::Pepper;
use crate::access::{PublicScope, Reading, Tx};
use crate::http::edge::{HTML, PAGES};
use crate::http::text::Name;
use crate::http::{Answer, Code, Problem, Reply};
use crate::outreach::events::Event;
use crate::outreach::letters::Language;
use crate::schema::teams;

/// What a button does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Confirm,
    Accept,
    Cancel,
    Forget,
}

impl Act {
    const ALL: [Self; 4] = [Self::Confirm, Self::Accept, Self::Cancel, Self::Forget];

    /// The last part of its address.
    const fn word(self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::Accept => "accept",
            Self::Cancel => "cancel",
            Self::Forget => "forget",
        }
    }

    /// Does it, and answers where its person is led.
    fn run(self, tx: &mut Tx<'_>, link: Link, pepper: &Pepper) -> Answer {
        let (event, before) = link.open(tx)?;
        let language = Language::of(&before.locale);
        let page = |stands: &Registration| on_to(stands.secret(pepper).expose());
        match self {
            Self::Confirm => Ok(page(&acts::confirm(tx, &event, &before)?)),
            Self::Accept => Ok(page(&acts::accept_or_ask(tx, &event, before)?)),
            Self::Cancel => {
                give_up(tx, &event, &before, before.secret_number.saturating_add(1))?;
                Ok(told(language, Notice::Cancelled))
            }
            Self::Forget => {
                acts::erase(tx, &event, &before)?;
                Ok(told(language, Notice::Forgotten))
            }
        }
    }
}

/// A page that says one thing.
fn told(language: Language, what: Notice) -> Reply {
    Reply::text(HTML, notice(language, what))
}

/// From the address of an act on to a page, to be asked for by GET.
fn on_to(link: &str) -> Reply {
    Reply::no_content()
        .status(303)
        .location(format!("../{link}"))
}

/// What somebody with a browser is shown instead of a problem document. Nothing is known of the person here but what the
/// browser says.
#[must_use]
pub fn explained(problem: &Problem, accepted: &str) -> String {
    let language = Language::tagged(accepted);
    notice(language, Notice::of(problem.code()))
}

fn page(
    reading: &mut Reading<'_>,
    event: &Event,
    registration: &Registration,
    link: &str,
) -> Answer {
    let team: Name = teams::table
        .find(reading.team.id())
        .select(teams::name)
        .first(reading.conn)?;
    let page = Page {
        language: Language::of(&registration.locale),
        team: team.as_str(),
        event,
        registration,
        rank: rank(reading, registration)?,
        link,
        now: reading.now,
    };
    Ok(Reply::text(HTML, page.written()))
}

/// Shows the page of a registration.
async fn show(request: HttpRequest) -> Answer {
    let scope = PublicScope::of_page(&request)?;
    let link = Link::of(&scope)?;
    let given = scope.part("link").to_owned();
    scope
        .read(link.team(), move |reading| {
            let (event, registration) = link.open(reading)?;
            page(reading, &event, &registration, &given)
        })
        .await
}

/// Does what a button says, and leads back to the page.
async fn act(request: HttpRequest) -> Answer {
    let scope = PublicScope::of_page(&request)?;
    let act = Act::ALL
        .into_iter()
        .find(|act| act.word() == scope.part("act"))
        .ok_or_else(Problem::not_found)?;
    let link = Link::of(&scope)?;
    let pepper = scope.state().pepper.clone();
    let outcome = scope
        .write(link.team(), move |tx| act.run(tx, link, &pepper))
        .await;
    match outcome {
        // The button was there once, and has been pressed meanwhile: the page says how things stand.
        Err(problem) if problem.code() == Code::InvalidTransition => Ok(on_to(scope.part("link"))),
        shown => shown,
    }
}

/// Who opens the address of an act, instead of pressing the button, is led to the page.
async fn look_first(request: HttpRequest) -> Answer {
    let scope = PublicScope::of_page(&request)?;
    Ok(on_to(scope.part("link")))
}

async fn other_method(request: HttpRequest) -> Answer {
    let methods = match request.match_info().get("act") {
        Some(_) => "GET, HEAD, POST",
        None => "GET, HEAD",
    };
    Err(Problem::not_allowed(methods.to_owned()))
}

/// Registers the pages, which are no operations of the API.
pub fn pages(config: &mut web::ServiceConfig) {
    let one = web::resource(format!("{PAGES}{{link}}"))
        .route(web::get().to(show))
        .default_service(web::to(other_method));
    let acts = web::resource(format!("{PAGES}{{link}}/{{act}}"))
        .route(web::post().to(act))
        .route(web::get().to(look_first))
        .default_service(web::to(other_method));
    config.service(one).service(acts);
}
