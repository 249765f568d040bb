//! Letters: what people who registered for an event are told by e-mail.
//!
//! The surprising rule: a letter is put into the outbox in the transaction that gives cause to it, and written only when
//! it is sent, from the event and the registration as they are then. So a row holds no text and no secret, no letter
//! says what is no longer true, and no cause makes two letters.

mod model;
mod queue;

pub use model::{Letter, LetterKind, LetterState, Recipient};
pub use queue::put;
