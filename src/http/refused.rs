//! What is refused so far: all refused fields are answered at once.
//!
//! The surprising rule: only refused fields are collected. Any other problem ends the work, because what comes after would be
//! judged as if it had not been there.

use super::codes::Code;
use super::problem::{FieldError, Problem};

/// What is refused so far.
#[derive(Debug, Default)]
pub struct Refused(Vec<FieldError>);

impl Refused {
    /// Takes note of refused fields; what was done otherwise.
    ///
    /// # Errors
    /// Every other problem.
    pub fn note<T>(&mut self, outcome: Result<T, Problem>) -> Result<Option<T>, Problem> {
        match outcome {
            Ok(done) => Ok(Some(done)),
            Err(problem) if problem.code() == Code::ValidationFailed => {
                self.0.extend_from_slice(problem.errors());
                Ok(None)
            }
            Err(problem) => Err(problem),
        }
    }

    /// The same for one of several that depend on each other. Once a field is refused every other problem is passed over:
    /// what is wrong with the fields is said first, the rest may look different without it.
    ///
    /// # Errors
    /// Every other problem, as long as no field is refused.
    pub fn note_first<T>(&mut self, outcome: Result<T, Problem>) -> Result<Option<T>, Problem> {
        match self.note(outcome) {
            Err(_) if !self.0.is_empty() => Ok(None),
            noted => noted,
        }
    }

    /// Takes note of a refused field.
    pub fn field(&mut self, error: Option<FieldError>) {
        self.0.extend(error);
    }

    /// The end: all refused fields, where there are any.
    ///
    /// # Errors
    /// `validation_failed`.
    pub fn verdict(self) -> Result<(), Problem> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Problem::fields(self.0))
        }
    }
}

/// Does something with each of a list that is taken whole or not at all. What is refused is told below what `place` says of
/// each.
///
/// # Errors
/// `validation_failed` with all refused fields, and the first other problem.
pub fn all_or_none<N, T>(
    list: impl IntoIterator<Item = N>,
    place: impl Fn(usize) -> String,
    mut work: impl FnMut(usize, N) -> Result<T, Problem>,
) -> Result<Vec<T>, Problem> {
    let mut refused = Refused::default();
    let mut done = Vec::new();
    for (index, one) in list.into_iter().enumerate() {
        let outcome = work(index, one).map_err(|problem| problem.below(&place(index)));
        done.extend(refused.note(outcome)?);
    }
    refused.verdict()?;
    Ok(done)
}
