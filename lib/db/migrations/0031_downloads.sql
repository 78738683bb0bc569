-- The MP3 of a version whose licences promise one, made once.
create table version_mp3s (
  version_id uuid primary key references track_versions on delete cascade,
  -- When it is asked for again, unless it is there by then; null once nothing is left to do.
  due_at timestamptz,
  tries integer not null default 0,
  -- Why it was given up.
  failure text,
  -- Of the last try, noted down before it is written, so that none is ever left behind.
  object_key text unique,
  sha256 text,
  size_bytes bigint,
  made_at timestamptz,
  check (made_at is null or (object_key is not null and sha256 is not null and size_bytes is not null))
);
create index version_mp3s_due on version_mp3s (due_at) where due_at is not null;

alter table licenses
  -- Until when its files can be asked for again without another download being counted.
  add column grant_expires_at timestamptz;

alter table license_files
  -- Null until the MP3 was made.
  alter column sha256 drop not null,
  -- As they were: a file keeps its name whatever becomes of its track.
  add column title text not null default '',
  add column artist text not null default '';

-- What a purge asks of each version and track that it would take.
create index licenses_version on licenses (version_id) where version_id is not null;
create index license_files_track on license_files (track_id);

create index license_downloads_old on license_downloads (granted_at);
