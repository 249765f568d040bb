//! The calendar part of a letter.

use lettre::message::Mailbox;

use super::material::Material;
use super::model::{Letter, LetterKind};
use super::words::one_line;
use crate::outreach::calendar::{Method, Sent, Shown, sent_file};

/// What a letter puts into the recipient's calendar, with the method that its content type names: the event where a place
/// is confirmed or has changed, and its end where it is cancelled.
pub(super) fn calendar(
    letter: &Letter,
    material: &Material,
    from: &Mailbox,
) -> Option<(&'static str, String)> {
    let (name, method) = match letter.kind {
        LetterKind::Confirmed => ("PUBLISH", Method::Publish),
        LetterKind::EventChanged if material.may_join() => ("PUBLISH", Method::Publish),
        LetterKind::EventCancelled => ("CANCEL", Method::Cancel),
        _ => return None,
    };
    let shown = if material.may_join() {
        Shown::Joining
    } else {
        Shown::Public
    };
    let team = one_line(&material.team);
    let sent = Sent {
        method,
        organizer: Some((&team, from.email.as_ref())),
    };
    Some((name, sent_file(&material.event, shown, &sent)))
}
