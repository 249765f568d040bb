//! The pages as HTML: one file, no script, nothing from elsewhere.
//!
//! The surprising rule: everything is escaped, also what we wrote ourselves, and addresses are relative, so that the pages
//! work behind whatever path a proxy puts before them.

use super::words::{Labels, Notice, called_off, labels, said};
use super::{Act, Registration};
use crate::db::Instant;
use crate::outreach::events::{Event, EventStatus};
use crate::outreach::letters::{Language, escaped, moment};
use crate::outreach::registrations::RegistrationState;

/// How the pages look. The policy in `http::edge` names its hash, and a test compares the two.
const STYLE: &str = "body{font:16px/1.5 sans-serif;color:#1a1a1a;background:#fff;max-width:36em;margin:2em auto;padding:0 1em}h1{font-size:1.5em;line-height:1.25}dt{color:#595959}dd{margin:0 0 .6em;overflow-wrap:anywhere}button{font:inherit;padding:.5em 1em;border:1px solid #1a1a1a;border-radius:4px;background:#1a1a1a;color:#fff;cursor:pointer}details{margin:1em 0}details button{background:#fff;color:#1a1a1a}summary{cursor:pointer;color:#595959}";

/// What the page of a registration shows.
pub(super) struct Page<'p> {
    pub(super) language: Language,
    pub(super) team: &'p str,
    pub(super) event: &'p Event,
    pub(super) registration: &'p Registration,
    pub(super) rank: Option<i64>,
    pub(super) link: &'p str,
    pub(super) now: Instant,
}

fn framed(language: Language, heading: &str, main: &str) -> String {
    let (tag, heading) = (language.tag(), escaped(heading));
    format!(
        "<!DOCTYPE html>\n<html lang=\"{tag}\">\n<head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><meta name=\"robots\" content=\"noindex\"><title>{heading}</title><style>{STYLE}</style></head>\n<body><main>\n<h1>{heading}</h1>\n{main}</main></body>\n</html>\n"
    )
}

/// A page that says one thing.
pub(super) fn notice(language: Language, what: Notice) -> String {
    let (heading, sentence) = what.words(language);
    framed(
        language,
        heading,
        &format!("<p>{}</p>\n", escaped(sentence)),
    )
}

impl Page<'_> {
    pub(super) fn written(&self) -> String {
        let labels = labels(self.language);
        let is_called_off = self.event.status == EventStatus::Cancelled;
        let (heading, sentence) = if is_called_off {
            called_off(self.language)
        } else {
            said(self.language, self.registration)
        };
        let mut main = format!("<p>{}</p>\n<dl>\n", escaped(sentence));
        for (label, value) in self.facts(&labels) {
            main.push_str(&format!(
                "<dt>{}</dt><dd>{}</dd>\n",
                escaped(label),
                escaped(&value).replace('\n', "<br>\n")
            ));
        }
        let may_join = self.is_in() && !is_called_off;
        if let Some(address) = self.event.join_url.as_ref().filter(|_| may_join) {
            let address = escaped(address.as_str());
            main.push_str(&format!(
                "<dt>{}</dt><dd><a href=\"{address}\">{address}</a></dd>\n",
                escaped(labels.join)
            ));
        }
        main.push_str("</dl>\n");
        self.put_first_button(&mut main, &labels);
        if !is_called_off && self.registration.state.is_registered() {
            main.push_str(&format!(
                "<p><a href=\"../v1/public/registrations/{}/calendar.ics\">{}</a></p>\n",
                escaped(self.link),
                escaped(labels.calendar)
            ));
        }
        self.put_other_buttons(&mut main, &labels);
        framed(self.language, heading, &main)
    }

    fn is_in(&self) -> bool {
        self.registration.state.is_in()
    }

    /// Line by line. The name is shown once the address is confirmed: before, both may be a stranger's.
    fn facts(&self, labels: &Labels) -> Vec<(&'static str, String)> {
        let (event, registration) = (self.event, self.registration);
        let mut facts = vec![
            (labels.event, event.title.as_str().to_owned()),
            (labels.when, moment::period(self.language, event)),
            (labels.held_by, self.team.to_owned()),
        ];
        if event.status == EventStatus::Cancelled {
            let reason = event.status_reason.as_ref();
            facts.extend(reason.map(|reason| (labels.reason, reason.as_str().to_owned())));
            return facts;
        }
        let platform = event.platform.as_ref();
        facts.extend(platform.map(|platform| (labels.platform, platform.as_str().to_owned())));
        if registration.state == RegistrationState::Unverified {
            return facts;
        }
        facts.push((labels.whose, registration.name.as_str().to_owned()));
        let seats = registration.seats.get();
        if seats > 1 {
            facts.push((labels.seats, seats.to_string()));
        }
        let companions = registration.companions.0.0.iter();
        let companions: Vec<&str> = companions.map(|name| name.as_str()).collect();
        if !companions.is_empty() {
            facts.push((labels.companions, companions.join("\n")));
        }
        facts.extend(self.rank.map(|rank| (labels.rank, rank.to_string())));
        if self.rank.is_some() && registration.passed_over_count > 0 {
            let times = format!("{}\u{a0}×", registration.passed_over_count);
            facts.push((labels.passed_over, times));
        }
        if let Some(until) = registration.offer_expires_at {
            facts.push((labels.until, moment::instant(self.language, until, event)));
        }
        if self.is_in() {
            facts.push((labels.code, registration.check_in_code.clone()));
        }
        facts
    }

    /// What the page is for, where there is something to do.
    fn put_first_button(&self, main: &mut String, labels: &Labels) {
        use RegistrationState as State;
        let is_to_come = self.event.status.is_open() && self.now < self.event.starts_at;
        let first = match self.registration.state {
            State::Unverified => Some((Act::Confirm, labels.confirm)),
            State::Offered => Some((Act::Accept, labels.accept)),
            State::Expired => Some((Act::Accept, labels.ask_again)),
            _ => None,
        };
        if let Some((act, label)) = first.filter(|_| is_to_come) {
            main.push_str(&self.button(act, label));
        }
    }

    fn put_other_buttons(&self, main: &mut String, labels: &Labels) {
        use RegistrationState as State;
        let state = self.registration.state;
        let is_on = self.event.status.is_open();
        // Nobody cancels by a slip of the finger: the button comes out when it is asked for.
        let mut second = |act, label, sure: &str| {
            main.push_str(&format!(
                "<details><summary>{}</summary><p>{}</p>{}</details>\n",
                escaped(label),
                escaped(sure),
                self.button(act, label)
            ));
        };
        if is_on && state != State::Unverified && state.allowed().contains(&State::Cancelled) {
            second(Act::Cancel, labels.cancel, labels.cancel_sure);
        }
        if state != State::Unverified {
            second(Act::Forget, labels.forget, labels.forget_sure);
        }
    }

    fn button(&self, act: Act, label: &str) -> String {
        format!(
            "<form method=\"post\" action=\"{}/{}\"><button>{}</button></form>\n",
            escaped(self.link),
            act.word(),
            escaped(label)
        )
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use sha2::{Digest as _, Sha256};

    use super::{Notice, STYLE, notice};
    use crate::http::edge::PAGE_POLICY;
    use crate::outreach::letters::Language;

    #[test]
    fn the_policy_lets_this_style_and_nothing_else_through() {
        let hash = STANDARD.encode(Sha256::digest(STYLE));
        assert!(
            PAGE_POLICY.contains(&format!("style-src 'sha256-{hash}'")),
            "the hash is {hash}"
        );
        let page = notice(Language::French, Notice::NotThere);
        assert!(page.contains("<html lang=\"fr\">") && !page.contains("style=\""));
    }
}
