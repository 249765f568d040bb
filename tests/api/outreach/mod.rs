mod agenda;
mod calendar;
mod campaigns;
mod events;
pub mod letters;
mod milestones;
mod registrations;
mod series;
