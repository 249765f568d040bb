mod campaigns;
