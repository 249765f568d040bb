//! What the pages say, in the languages that letters are written in.
//!
//! The surprising rule: as in letters, a language gives words and never marks them up.

use super::super::model::Registration;
use super::super::state::RegistrationState;
use crate::http::Code;
use crate::outreach::letters::Language;

/// A page that says one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Notice {
    /// The link opens nothing, or nothing any more.
    NotThere,
    /// It is too late.
    Closed,
    /// The person gave the place up.
    Cancelled,
    /// The person is forgotten.
    Forgotten,
    /// The person's network asks too much.
    TooOften,
    /// The server cannot answer now.
    Busy,
    /// Something else went wrong, and it is not the person's to know what.
    Failed,
}

impl Notice {
    /// What a problem means to somebody with a browser.
    pub(super) const fn of(code: Code) -> Self {
        match code {
            Code::NotFound => Self::NotThere,
            Code::RegistrationClosed => Self::Closed,
            Code::RateLimited => Self::TooOften,
            Code::Unavailable | Code::Draining | Code::StorageFull | Code::RequestTimeout => {
                Self::Busy
            }
            _ => Self::Failed,
        }
    }

    /// A heading and a sentence.
    pub(super) const fn words(self, language: Language) -> (&'static str, &'static str) {
        match (language, self) {
            (Language::English, Self::NotThere) => (
                "This link does not work any more",
                "Perhaps the registration was cancelled, or you have followed an older link: the latest letter has the one that works. A registration that nobody confirms is forgotten after three days; you may register again.",
            ),
            (Language::French, Self::NotThere) => (
                "Ce lien ne fonctionne plus",
                "L’inscription a peut-être été annulée, ou le lien est ancien\u{a0}: celui du dernier message fonctionne. Une inscription que personne ne confirme est oubliée après trois jours\u{a0}; vous pouvez vous inscrire à nouveau.",
            ),
            (Language::English, Self::Closed) => (
                "It is too late for that",
                "The event takes no registrations any more.",
            ),
            (Language::French, Self::Closed) => (
                "C’est trop tard",
                "L’événement ne prend plus d’inscriptions.",
            ),
            (Language::English, Self::Cancelled) => (
                "Your registration is cancelled",
                "Your place goes to others. Your links do not work any more; you may register again.",
            ),
            (Language::French, Self::Cancelled) => (
                "Votre inscription est annulée",
                "Votre place revient à d’autres. Vos liens ne fonctionnent plus\u{a0}; vous pouvez vous inscrire à nouveau.",
            ),
            (Language::English, Self::TooOften) => (
                "One moment, please",
                "Too much was asked from your network within a minute. Please wait a minute and try again.",
            ),
            (Language::French, Self::TooOften) => (
                "Un instant, s’il vous plaît",
                "Votre réseau a envoyé trop de demandes en une minute. Veuillez attendre une minute et réessayer.",
            ),
            (Language::English, Self::Busy) => (
                "The server cannot answer right now",
                "Please try again in a moment.",
            ),
            (Language::French, Self::Busy) => (
                "Le serveur ne peut pas répondre pour l’instant",
                "Veuillez réessayer dans un moment.",
            ),
            (Language::English, Self::Failed) => (
                "That did not work",
                "Please follow the link in your latest letter once more, or try again later.",
            ),
            (Language::French, Self::Failed) => (
                "Cela n’a pas fonctionné",
                "Veuillez suivre à nouveau le lien du dernier message, ou réessayer plus tard.",
            ),
            (Language::English, Self::Forgotten) => (
                "Your data are erased",
                "Your name, your address, your answers and the letters to you are gone for good.",
            ),
            (Language::French, Self::Forgotten) => (
                "Vos données sont effacées",
                "Votre nom, votre adresse, vos réponses et les messages qui vous étaient destinés ont disparu pour de bon.",
            ),
        }
    }
}

/// What stands beside values and on buttons.
pub(super) struct Labels {
    pub(super) event: &'static str,
    pub(super) when: &'static str,
    pub(super) held_by: &'static str,
    pub(super) whose: &'static str,
    pub(super) platform: &'static str,
    pub(super) join: &'static str,
    pub(super) seats: &'static str,
    pub(super) companions: &'static str,
    pub(super) rank: &'static str,
    pub(super) passed_over: &'static str,
    pub(super) until: &'static str,
    pub(super) code: &'static str,
    pub(super) reason: &'static str,
    pub(super) calendar: &'static str,
    pub(super) confirm: &'static str,
    pub(super) accept: &'static str,
    pub(super) ask_again: &'static str,
    pub(super) cancel: &'static str,
    pub(super) cancel_sure: &'static str,
    pub(super) forget: &'static str,
    pub(super) forget_sure: &'static str,
}

pub(super) const fn labels(language: Language) -> Labels {
    match language {
        Language::English => Labels {
            event: "Event",
            when: "When",
            held_by: "Held by",
            whose: "For",
            platform: "Where",
            join: "Join at",
            seats: "Places",
            companions: "With",
            rank: "Your rank on the waiting list",
            passed_over: "Others came first because fewer places were free than you need",
            until: "Held for you until",
            code: "Your check-in code",
            reason: "Why",
            calendar: "Put it into your calendar",
            confirm: "Confirm my registration",
            accept: "Accept the place",
            ask_again: "Ask for a place again",
            cancel: "Cancel my registration",
            cancel_sure: "Your place goes to others at once.",
            forget: "Erase my data",
            forget_sure: "Your name, your address and your answers are erased for good, and your place goes to others.",
        },
        Language::French => Labels {
            event: "Événement",
            when: "Quand",
            held_by: "Organisé par",
            whose: "Pour",
            platform: "Où",
            join: "Pour participer",
            seats: "Places",
            companions: "Avec",
            rank: "Votre rang sur la liste d’attente",
            passed_over: "D’autres sont passés devant, faute d’assez de places libres pour vous",
            until: "Réservé jusqu’au",
            code: "Votre code d’entrée",
            reason: "Pourquoi",
            calendar: "Ajouter à votre agenda",
            confirm: "Confirmer mon inscription",
            accept: "Accepter la place",
            ask_again: "Redemander une place",
            cancel: "Annuler mon inscription",
            cancel_sure: "Votre place revient aussitôt à d’autres.",
            forget: "Effacer mes données",
            forget_sure: "Votre nom, votre adresse et vos réponses sont effacés pour de bon, et votre place revient à d’autres.",
        },
    }
}

/// That the event does not take place.
pub(super) const fn called_off(language: Language) -> (&'static str, &'static str) {
    match language {
        Language::English => ("The event does not take place", "It was cancelled."),
        Language::French => ("L’événement n’a pas lieu", "Il a été annulé."),
    }
}

/// Where a registration stands: a heading and a sentence.
pub(super) fn said(
    language: Language,
    registration: &Registration,
) -> (&'static str, &'static str) {
    use RegistrationState as State;
    let still_waits = registration.queue_number.is_some();
    match language {
        Language::English => match registration.state {
            State::Unverified => (
                "Please confirm your registration",
                "Press the button, and your registration counts. If it was not you, close this page: nothing is kept for you.",
            ),
            State::Pending => (
                "Your registration is being looked at",
                "Each registration is approved by hand. You will be told by e-mail.",
            ),
            State::Confirmed => ("You have a place", "We look forward to seeing you."),
            State::Waitlisted => (
                "You are on the waiting list",
                "All places are taken at the moment. You will be told by e-mail as soon as there is one for you.",
            ),
            State::Offered => (
                "There is a place for you",
                "It is held for you for a while. Please accept it, or leave it to others.",
            ),
            State::Expired if still_waits => (
                "The place that was held for you went on",
                "You did not accept in time. You still wait, at the end of the list.",
            ),
            State::Expired => (
                "The place that was held for you went on",
                "You did not accept in time, twice. You are asked no more, unless you ask for a place again.",
            ),
            State::Rejected => (
                "No place this time",
                "You could not be given a place. Thank you for your interest.",
            ),
            State::Cancelled => (
                "Your registration is cancelled",
                "You may register again on the event’s page.",
            ),
            State::Attended => ("You were there", "Thank you for coming."),
            State::NoShow => ("We missed you", "Perhaps another time."),
        },
        Language::French => match registration.state {
            State::Unverified => (
                "Veuillez confirmer votre inscription",
                "Appuyez sur le bouton et votre inscription comptera. Si ce n’était pas vous, fermez cette page\u{a0}: rien ne vous est réservé.",
            ),
            State::Pending => (
                "Votre inscription est à l’étude",
                "Chaque inscription est approuvée à la main. Vous serez prévenu(e) par courriel.",
            ),
            State::Confirmed => (
                "Vous avez une place",
                "Nous nous réjouissons de vous y retrouver.",
            ),
            State::Waitlisted => (
                "Vous êtes sur la liste d’attente",
                "Toutes les places sont prises pour le moment. Vous serez prévenu(e) par courriel dès qu’il y en aura une pour vous.",
            ),
            State::Offered => (
                "Une place est à vous",
                "Elle vous est réservée quelque temps. Veuillez l’accepter ou la laisser à d’autres.",
            ),
            State::Expired if still_waits => (
                "La place qui vous était réservée est passée à d’autres",
                "Vous n’avez pas accepté à temps. Vous attendez toujours, en fin de liste.",
            ),
            State::Expired => (
                "La place qui vous était réservée est passée à d’autres",
                "Vous n’avez pas accepté à temps, deux fois. On ne vous proposera plus rien, à moins que vous ne redemandiez une place.",
            ),
            State::Rejected => (
                "Pas de place cette fois-ci",
                "Nous n’avons pas pu vous donner de place. Merci de votre intérêt.",
            ),
            State::Cancelled => (
                "Votre inscription est annulée",
                "Vous pouvez vous inscrire à nouveau sur la page de l’événement.",
            ),
            State::Attended => ("Vous y étiez", "Merci d’être venu(e)."),
            State::NoShow => ("Vous nous avez manqué", "Peut-être une autre fois."),
        },
    }
}
