//! Letters in French.
//!
//! With the spaces that do not break where French typography asks for them (`\u{a0}`).

use super::{Language, Part, Told, Words, moment};
use crate::outreach::letters::LetterKind;

pub(super) fn words(told: &Told<'_>) -> Words {
    let (title, team) = (told.title(), told.team());
    let (subject, first) = match told.kind {
        LetterKind::ConfirmAddress => (
            format!("Veuillez confirmer votre inscription\u{a0}: {title}"),
            format!(
                "Quelqu’un, sans doute vous, a inscrit cette adresse à un événement de {team}. L’inscription compte dès qu’elle est confirmée."
            ),
        ),
        LetterKind::AlreadyRegistered => (
            format!("Vous êtes déjà inscrit(e)\u{a0}: {title}"),
            "Quelqu’un, sans doute vous, a inscrit cette adresse une nouvelle fois. Votre inscription reste telle qu’elle était.".to_owned(),
        ),
        LetterKind::Pending => (
            format!("Votre inscription est à l’étude\u{a0}: {title}"),
            format!("Merci pour votre inscription. {team} examine chaque inscription\u{a0}; vous serez informé(e) de la suite."),
        ),
        LetterKind::Confirmed => (
            format!("Vous avez une place\u{a0}: {title}"),
            "Votre place est confirmée. Nous nous réjouissons de vous accueillir.".to_owned(),
        ),
        LetterKind::Waitlisted => (
            format!("Vous êtes sur la liste d’attente\u{a0}: {title}"),
            "Toutes les places sont prises pour le moment. Vous êtes sur la liste d’attente et serez informé(e) dès qu’une place se libère pour vous. Votre page indique votre rang.".to_owned(),
        ),
        LetterKind::SeatOffered => (
            format!("Une place pour vous\u{a0}: {title}"),
            until(told).map_or_else(
                || "Une place s’est libérée et vous est réservée. Merci de l’accepter ou de la laisser à d’autres.".to_owned(),
                |until| format!("Une place s’est libérée et vous est réservée jusqu’au {until}. Merci de l’accepter ou de la laisser à d’autres."),
            ),
        ),
        LetterKind::OfferExpired => (
            format!("La place qui vous était réservée est repartie\u{a0}: {title}"),
            "Vous n’avez pas accepté à temps\u{a0}: la place est allée à quelqu’un d’autre. Vous restez sur la liste d’attente, en dernière position.".to_owned(),
        ),
        LetterKind::Rejected => (
            format!("Pas de place cette fois-ci\u{a0}: {title}"),
            format!("{team} n’a pas pu vous donner de place à cet événement. Merci de votre intérêt."),
        ),
        LetterKind::RegistrationChanged => (
            format!("Votre inscription a été modifiée\u{a0}: {title}"),
            format!("{team} a modifié votre inscription à cet événement. Voici ce qui vaut maintenant\u{a0}:"),
        ),
        LetterKind::RegistrationCancelled => (
            format!("Votre inscription est annulée\u{a0}: {title}"),
            format!("{team} a annulé votre inscription à cet événement\u{a0}; votre place revient à d’autres."),
        ),
        LetterKind::Reminder => (
            format!("C’est bientôt\u{a0}: {title}"),
            "Petit rappel de l’événement auquel vous êtes inscrit(e).".to_owned(),
        ),
        LetterKind::EventChanged => (
            format!("Modifié\u{a0}: {title}"),
            "L’événement auquel vous êtes inscrit(e) a changé. Voici ce qui vaut maintenant\u{a0}:".to_owned(),
        ),
        LetterKind::EventCancelled => (
            format!("Annulé\u{a0}: {title}"),
            match told.reason() {
                Some(reason) => format!("L’événement auquel vous êtes inscrit(e) n’aura pas lieu\u{a0}: {reason}"),
                None => "L’événement auquel vous êtes inscrit(e) n’aura pas lieu.".to_owned(),
            },
        ),
        LetterKind::ThankYou => (
            format!("Merci d’être venu(e)\u{a0}: {title}"),
            format!("Merci d’avoir été là. {team} espère vous revoir bientôt."),
        ),
    };
    let greeting = match &told.name {
        Some(name) => format!("Bonjour {name},"),
        None => "Bonjour,".to_owned(),
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
        Language::French,
        until,
        &told.material.event,
    ))
}

fn facts(told: &Told<'_>, title: String) -> Vec<(&'static str, String)> {
    let when = moment::period(Language::French, &told.material.event);
    let mut facts = vec![
        ("Événement", title),
        ("Quand", when),
        ("Organisé par", told.team()),
    ];
    if told.tells_how() {
        facts.extend(told.platform().map(|platform| ("Où", platform)));
        facts.extend(told.join_url().map(|address| ("Pour participer", address)));
        facts.extend(told.seats().map(|seats| ("Places", seats)));
        facts.extend(told.companions().map(|names| ("Avec", names)));
        let until = told.held_until();
        let until =
            until.map(|until| moment::instant(Language::French, until, &told.material.event));
        facts.extend(until.map(|until| ("Réservé jusqu’au", until)));
    }
    facts
}

const fn label(kind: LetterKind) -> Option<&'static str> {
    match kind {
        LetterKind::ConfirmAddress => Some("Confirmer votre inscription"),
        LetterKind::SeatOffered => Some("Accepter la place ou la laisser"),
        LetterKind::Rejected
        | LetterKind::RegistrationCancelled
        | LetterKind::EventCancelled
        | LetterKind::ThankYou => None,
        _ => Some("Votre inscription, à consulter ou à annuler"),
    }
}

fn note(kind: LetterKind, team: &str) -> String {
    match kind {
        LetterKind::ConfirmAddress => {
            "Si ce n’était pas vous, ne faites rien\u{a0}: rien ne vous est réservé et vous ne recevrez plus de message.".to_owned()
        }
        LetterKind::Rejected
        | LetterKind::RegistrationCancelled
        | LetterKind::EventCancelled
        | LetterKind::ThankYou => format!(
            "Vous recevez ce message parce que vous vous êtes inscrit(e) à un événement de {team}."
        ),
        _ => format!(
            "Vous recevez ce message parce que vous vous êtes inscrit(e) à un événement de {team}. Le lien ci-dessus est personnel\u{a0}: qui le possède peut annuler votre inscription."
        ),
    }
}
