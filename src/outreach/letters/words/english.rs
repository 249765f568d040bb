//! Letters in English.

use super::{Language, Part, Told, Words, moment};
use crate::outreach::letters::LetterKind;

pub(super) fn words(told: &Told<'_>) -> Words {
    let (title, team) = (told.title(), told.team());
    let (subject, first) = match told.kind {
        LetterKind::ConfirmAddress => (
            format!("Please confirm your registration: {title}"),
            format!(
                "Somebody, probably you, registered this address for an event of {team}. The registration counts once it is confirmed."
            ),
        ),
        LetterKind::AlreadyRegistered => (
            format!("You are registered already: {title}"),
            "Somebody, probably you, registered this address once more. Your registration stands as it was.".to_owned(),
        ),
        LetterKind::Pending => (
            format!("Your registration is being looked at: {title}"),
            format!("Thank you for registering. {team} approves each registration by hand; you will be told."),
        ),
        LetterKind::Confirmed => (
            format!("You have a place: {title}"),
            "Your place is confirmed. We look forward to seeing you.".to_owned(),
        ),
        LetterKind::Waitlisted => (
            format!("You are on the waiting list: {title}"),
            "All places are taken at the moment. You are on the waiting list, and are told as soon as there is a place for you. Your page shows where you stand.".to_owned(),
        ),
        LetterKind::SeatOffered => (
            format!("There is a place for you: {title}"),
            until(told).map_or_else(
                || "A place has become free, and is held for you. Please accept it, or leave it to others.".to_owned(),
                |until| format!("A place has become free, and is held for you until {until}. Please accept it, or leave it to others."),
            ),
        ),
        LetterKind::OfferExpired => (
            format!("The place that was held for you went on: {title}"),
            "You did not accept in time, so somebody else has the place. You are still on the waiting list, at its end.".to_owned(),
        ),
        LetterKind::Rejected => (
            format!("No place this time: {title}"),
            format!("{team} could not give you a place at this event. Thank you for your interest."),
        ),
        LetterKind::RegistrationChanged => (
            format!("Your registration was changed: {title}"),
            format!("{team} has changed what you registered for this event. This is how it is now:"),
        ),
        LetterKind::RegistrationCancelled => (
            format!("Your registration is cancelled: {title}"),
            format!("{team} has cancelled your registration for this event; your place goes to others."),
        ),
        LetterKind::Reminder => (
            format!("It begins soon: {title}"),
            "This is a reminder of the event that you are registered for.".to_owned(),
        ),
        LetterKind::EventChanged => (
            format!("Changed: {title}"),
            "Something has changed about the event that you are registered for. This is how it is now:".to_owned(),
        ),
        LetterKind::EventCancelled => (
            format!("Cancelled: {title}"),
            match told.reason() {
                Some(reason) => format!("The event that you are registered for does not take place: {reason}"),
                None => "The event that you are registered for does not take place.".to_owned(),
            },
        ),
        LetterKind::ThankYou => (
            format!("Thank you for coming: {title}"),
            format!("Thank you for being there. {team} hopes to see you again."),
        ),
    };
    let greeting = match &told.name {
        Some(name) => format!("Hello {name},"),
        None => "Hello,".to_owned(),
    };
    let mut parts = vec![Part::Paragraph(greeting), Part::Paragraph(first)];
    parts.push(Part::Facts(facts(told, title)));
    if let (Some(label), Some(address)) = (label(told.kind), told.link.clone()) {
        parts.push(Part::Link { label, address });
    }
    parts.push(Part::Note(note(told.kind, &team)));
    Words { subject, parts }
}

fn until(told: &Told<'_>) -> Option<String> {
    let until = told.material.place.as_ref()?.offer_expires_at?;
    Some(moment::instant(
        Language::English,
        until,
        &told.material.event,
    ))
}

fn facts(told: &Told<'_>, title: String) -> Vec<(&'static str, String)> {
    let when = moment::period(Language::English, &told.material.event);
    let mut facts = vec![("Event", title), ("When", when), ("Held by", told.team())];
    if told.tells_how() {
        facts.extend(told.platform().map(|platform| ("Where", platform)));
        facts.extend(told.join_url().map(|address| ("Join at", address)));
        facts.extend(told.seats().map(|seats| ("Places", seats)));
        facts.extend(told.companions().map(|names| ("With", names)));
        let until = told.held_until();
        let until =
            until.map(|until| moment::instant(Language::English, until, &told.material.event));
        facts.extend(until.map(|until| ("Held for you until", until)));
    }
    facts
}

const fn label(kind: LetterKind) -> Option<&'static str> {
    match kind {
        LetterKind::ConfirmAddress => Some("Confirm your registration"),
        LetterKind::SeatOffered => Some("Accept the place, or leave it"),
        LetterKind::Rejected
        | LetterKind::RegistrationCancelled
        | LetterKind::EventCancelled
        | LetterKind::ThankYou => None,
        _ => Some("Your registration: look at it, or cancel it"),
    }
}

fn note(kind: LetterKind, team: &str) -> String {
    match kind {
        LetterKind::ConfirmAddress => {
            "If it was not you, do nothing: nothing is kept for you, and you get no more mail."
                .to_owned()
        }
        LetterKind::Rejected
        | LetterKind::RegistrationCancelled
        | LetterKind::EventCancelled
        | LetterKind::ThankYou => {
            format!("You get this mail because you registered for an event of {team}.")
        }
        _ => format!(
            "You get this mail because you registered for an event of {team}. The link above is yours alone: whoever has it can cancel your registration."
        ),
    }
}
