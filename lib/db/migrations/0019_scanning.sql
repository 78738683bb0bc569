-- The version of the object that was uploaded; whatever else comes to its key is never looked at.
alter table uploads add column object_version_id text;
-- The version of the clean copy; whoever reads the original names it.
alter table track_versions add column object_version_id text;
