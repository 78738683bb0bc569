-- Of a format that does not say how long it is: taken from parts of the file, until whoever decodes it knows better.
alter table track_versions add column is_duration_estimated boolean not null default false;

-- What a picture came out of, where nobody sent it by itself: each file gives at most one.
alter table image_uploads add column version_id uuid unique references track_versions on delete set null;
