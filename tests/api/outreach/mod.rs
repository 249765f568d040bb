mod agenda;
mod campaigns;
mod events;
mod milestones;
mod registrations;
