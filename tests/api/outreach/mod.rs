mod agenda;
mod calendar;
mod campaigns;
pub mod events;
pub mod letters;
mod milestones;
mod registrations;
mod series;
