mod campaigns;
mod events;
mod milestones;
