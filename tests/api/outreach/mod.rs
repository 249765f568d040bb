mod campaigns;
mod milestones;
