DROP TABLE deputies;
DROP TABLE absences;
DROP TABLE holidays;
DROP TABLE working_hours;
