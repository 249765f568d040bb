//! Letters: what people who registered for an event are told by e-mail.
//!
//! The surprising rule: a letter is put into the outbox in the transaction that gives cause to it, and written only when
//! it is sent, from the event and the registration as they are then. So a row holds no text and no secret, no letter
//! says what is no longer true, and no cause makes two letters.

mod attachment;
mod causes;
mod material;
mod message;
mod model;
mod outbox;
mod page;
mod queue;
mod words;

pub use causes::{
    due_reminder, event_cancelled, event_changed, remind, thank, thanked_for, told_of,
};
pub(in crate::outreach) use material::CONCERNED;
pub use material::Material;
pub use message::{Written, message, written};
pub use model::{Letter, LetterKind, LetterState, Recipient};
pub use outbox::{OutboxLetter, OutboxLetterPage, routes};
pub(in crate::outreach) use page::escaped;
pub use queue::{Draft, put, put_all, readdress, waits};
pub(in crate::outreach) use words::{Language, moment};
