-- The version of the object that was uploaded; whatever else comes to its key is never looked at.
alter table uploads add column object_version_id text;
alter table image_uploads add column object_version_id text;
-- The version of the clean copy; whoever reads the original names it. What was stored before has none.
alter table track_versions add column object_version_id text;
-- With it the object is removed for good, without it hidden behind a marker.
alter table discarded_objects add column object_version_id text;
