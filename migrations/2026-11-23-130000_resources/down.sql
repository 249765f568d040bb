DROP TABLE allocations;
DROP TABLE resource_skills;
DROP TABLE resources;
