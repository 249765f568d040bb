//! What an import does: the rows beside those who are registered, and then carried out, all at once.
//!
//! The surprising rule: nobody is added one by one. Ten thousand people would count the seats ten thousand times; the
//! rows go along the free seats in their order instead, which gives the same.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;

use super::columns::{Columns, RegistrationMapping};
use super::report::{
    PersonColumn, PersonCounts, PersonOutcome, PersonRow, RegistrationImportReport,
};
use super::rows::{RowReader, Wanted};
use crate::access::secrets::readable_code;
use crate::access::{Reading, Tx};
use crate::db::Id;
use crate::http::Problem;
use crate::http::imports::SentTable;
use crate::insert_all;
use crate::outreach::events::Event;
use crate::outreach::letters::{self, LetterKind};
use crate::outreach::registrations::input::{CODE, Details};
use crate::outreach::registrations::model::Registration;
use crate::outreach::registrations::queries::{last_in_queue, tally};
use crate::outreach::registrations::queue::{draft, pass_over, promote, save};
use crate::outreach::registrations::seats::pass;
use crate::outreach::registrations::state::RegistrationState;
use crate::people::texts::Email;
use crate::schema::registrations;

/// How many addresses a query asks for at once.
const CHUNK: usize = 500;

/// What to do about a row.
enum Step {
    /// Somebody new.
    Add(Box<Details>),
    /// Somebody who never confirmed the address: the member vouches for it.
    Vouch(Box<Registration>, Box<Details>),
    Nothing,
}

/// What an import would do.
pub(super) struct Plan {
    event_id: Id,
    steps: Vec<Step>,
    rows: Vec<PersonRow>,
    columns: Vec<PersonColumn>,
}

impl Plan {
    /// Compares the table with those who are registered.
    pub(super) fn make(
        reading: &mut Reading<'_>,
        event: &Event,
        input: &SentTable<RegistrationMapping>,
    ) -> Result<Self, Problem> {
        let questions = &event.registration.0.questions.0;
        let table = &input.table;
        let columns =
            Columns::find(table, &input.mapping, input.said, questions).map_err(Problem::fields)?;
        let reader = RowReader {
            table,
            columns: &columns,
            event,
        };
        let read: Vec<_> = table
            .rows
            .iter()
            .map(|row| (row.number, reader.read(row)))
            .collect();
        let emails: Vec<Email> = read
            .iter()
            .filter_map(|(_, row)| row.as_ref().ok().map(|wanted| wanted.email().clone()))
            .collect();
        let mut known = known(reading, event, &emails)?;
        let mut first: HashMap<Email, usize> = HashMap::new();
        let (mut steps, mut rows) = (Vec::new(), Vec::new());
        for (number, row) in read {
            let row = row.and_then(|wanted| {
                let email = wanted.email().clone();
                match first.insert(email.clone(), number) {
                    Some(other) => {
                        let detail = format!("The row {other} has the same.");
                        first.insert(email, other);
                        Err(vec![reader.wrong_email("duplicate", detail)])
                    }
                    None => Ok(wanted),
                }
            });
            let (step, report) = decide(&mut known, number, row);
            steps.push(step);
            rows.push(report);
        }
        let names = table.header.iter().enumerate();
        Ok(Self {
            event_id: event.id,
            steps,
            rows,
            columns: names
                .map(|(index, name)| PersonColumn {
                    name: name.clone(),
                    fields: columns.at(index),
                })
                .collect(),
        })
    }

    /// The rows that are refused.
    pub(super) fn refused(&self) -> impl Iterator<Item = &PersonRow> {
        let refused = |row: &&PersonRow| row.outcome == PersonOutcome::Refused;
        self.rows.iter().filter(refused)
    }

    /// Who would have seats and who would wait, without doing anything.
    pub(super) fn foresee(
        &mut self,
        reading: &mut Reading<'_>,
        event: &Event,
    ) -> Result<(), Problem> {
        let capacity = event.capacity.map(crate::http::Int::get);
        let free = tally(reading, event.id)?.free(capacity);
        let seated = self.seated(free);
        for (place, is_seated) in seated {
            if let Some(row) = self.rows.get_mut(place) {
                row.state = Some(state(is_seated));
            }
        }
        Ok(())
    }

    /// The places of those who are added, each with whether there are seats.
    fn seated(&self, free: Option<i64>) -> Vec<(usize, bool)> {
        let (places, wanted): (Vec<usize>, Vec<i64>) = self
            .steps
            .iter()
            .enumerate()
            .filter_map(|(place, step)| match step {
                Step::Add(details) | Step::Vouch(_, details) => Some((place, details.seats())),
                Step::Nothing => None,
            })
            .unzip();
        let granted: HashSet<usize> = pass(free, &wanted).granted.into_iter().collect();
        places
            .into_iter()
            .enumerate()
            .map(|(index, place)| (place, granted.contains(&index)))
            .collect()
    }

    /// Carries the plan out.
    pub(super) fn carry_out(
        &mut self,
        tx: &mut Tx<'_>,
        event: &Event,
        is_silent: bool,
    ) -> Result<(), Problem> {
        if self.steps.iter().all(|step| matches!(step, Step::Nothing)) {
            return Ok(());
        }
        let free = promote(tx, event)?;
        let mut last = last_in_queue(tx, event.id)?;
        let seated = self.seated(free);
        let mut to_be_seated =
            i64::try_from(seated.iter().filter(|(_, is_seated)| *is_seated).count())
                .unwrap_or(i64::MAX);
        // Whoever waits already sees all of them go by.
        pass_over(tx, event.id, last.saturating_add(1), to_be_seated)?;
        let mut codes: HashSet<String> = registrations::table
            .filter(registrations::team_id.eq(tx.team.id()))
            .filter(registrations::event_id.eq(event.id))
            .select(registrations::check_in_code)
            .load::<String>(tx.conn)?
            .into_iter()
            .collect();
        let mut steps = std::mem::take(&mut self.steps).into_iter().enumerate();
        let (mut new, mut drafts) = (Vec::new(), Vec::new());
        for (place, is_seated) in seated {
            let Some((_, step)) = steps.find(|(index, _)| *index == place) else {
                continue;
            };
            let (before, blank) = match step {
                Step::Add(details) => {
                    let code = free_code(&mut codes);
                    (None, details.fresh_with(tx, event.id, code))
                }
                Step::Vouch(before, details) => {
                    let again = Registration {
                        secret_number: before.secret_number.saturating_add(1),
                        ..details.onto(&before)
                    };
                    (Some(before), again)
                }
                Step::Nothing => continue,
            };
            let registration = if is_seated {
                to_be_seated = to_be_seated.saturating_sub(1);
                Registration {
                    state: RegistrationState::Confirmed,
                    ..blank
                }
            } else {
                last = last.saturating_add(1);
                Registration {
                    state: RegistrationState::Waitlisted,
                    queue_number: Some(last),
                    queued_at: Some(tx.now),
                    ..blank
                }
                .passed_over(to_be_seated)
            };
            if !is_silent {
                let kind = if is_seated {
                    LetterKind::Confirmed
                } else {
                    LetterKind::Waitlisted
                };
                drafts.push(draft(tx, kind, &registration));
            }
            if let Some(row) = self.rows.get_mut(place) {
                row.registration_id = Some(registration.id);
                row.state = Some(registration.state);
            }
            match before {
                Some(before) => drop(save(tx, &before, registration)?),
                None => new.push(registration),
            }
        }
        insert_all!(&mut *tx.conn, registrations::table, new.as_slice());
        let kept: Vec<_> = new.iter().map(Registration::kept).collect();
        tx.created_all(&kept)?;
        letters::put_all(tx, drafts)
    }

    /// What the client is told.
    pub(super) fn report(self, is_dry_run: bool) -> RegistrationImportReport {
        RegistrationImportReport {
            event_id: self.event_id,
            is_dry_run,
            counts: PersonCounts::of(&self.rows),
            columns: self.columns,
            rows: self.rows,
        }
    }
}

const fn state(is_seated: bool) -> RegistrationState {
    if is_seated {
        RegistrationState::Confirmed
    } else {
        RegistrationState::Waitlisted
    }
}

/// A check-in code that nobody else at the event has.
fn free_code(codes: &mut HashSet<String>) -> String {
    loop {
        let code = readable_code(CODE);
        if codes.insert(code.clone()) {
            return code;
        }
    }
}

/// Those of these people who are registered already, in whatever state.
fn known(
    reading: &mut Reading<'_>,
    event: &Event,
    emails: &[Email],
) -> Result<HashMap<Email, Registration>, Problem> {
    let mut known = HashMap::new();
    for some in emails.chunks(CHUNK) {
        let found: Vec<Registration> = registrations::table
            .filter(registrations::team_id.eq(reading.team.id()))
            .filter(registrations::event_id.eq(event.id))
            .filter(registrations::email.eq_any(some.to_vec()))
            .select(Registration::as_select())
            .load(reading.conn)?;
        known.extend(found.into_iter().map(|one| (one.email.clone(), one)));
    }
    Ok(known)
}

fn decide(
    known: &mut HashMap<Email, Registration>,
    number: usize,
    row: Result<Wanted, Vec<crate::http::imports::RowError>>,
) -> (Step, PersonRow) {
    let mut report = PersonRow {
        row: number,
        outcome: PersonOutcome::Refused,
        registration_id: None,
        email: None,
        state: None,
        errors: Vec::new(),
    };
    let wanted = match row {
        Ok(wanted) => wanted,
        Err(errors) => {
            report.errors = errors;
            return (Step::Nothing, report);
        }
    };
    report.email = Some(wanted.email().as_str().to_owned());
    let there = known.remove(wanted.email());
    let step = match (wanted, there) {
        (Wanted::Place(details), None) => {
            report.outcome = PersonOutcome::Created;
            Step::Add(details)
        }
        (Wanted::Place(details), Some(before)) if before.state == RegistrationState::Unverified => {
            report.outcome = PersonOutcome::Created;
            Step::Vouch(Box::new(before), details)
        }
        (_, Some(before)) => {
            report.outcome = PersonOutcome::Matched;
            report.registration_id = Some(before.id);
            report.state = Some(before.state);
            Step::Nothing
        }
        (Wanted::Nothing(_), None) => {
            report.outcome = PersonOutcome::LeftOut;
            Step::Nothing
        }
    };
    (step, report)
}
