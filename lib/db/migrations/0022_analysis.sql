alter table track_versions
  -- From 0 to 1; null where nothing was found, or nothing looked for yet.
  add column detected_bpm_confidence double precision,
  add column detected_musical_key_confidence double precision,
  -- The last part of the name of its overview, once that is there.
  add column waveform_sha256 text;

alter table tracks
  -- Null: where the file is loudest.
  add column preview_start_ms integer check (preview_start_ms >= 0),
  add column preview_duration_ms integer not null default 30000
    check (preview_duration_ms between 30000 and 90000),
  -- Whether a mark sounds in it now and then, so that it is of no use as the track itself.
  add column is_preview_tagged boolean not null default false;

-- What listening to a version told, or when it is to be listened to.
create table track_analyses (
  version_id uuid primary key references track_versions on delete cascade,
  -- When it is asked for again, unless it is done by then; null once nothing is left to do.
  due_at timestamptz,
  tries integer not null default 0,
  -- Why it was given up.
  failure text,
  analysed_at timestamptz,
  -- Peaks of all of it, in 1000 to 2000 points; and where those of 20 points a second are.
  overview jsonb,
  detail_key text,
  -- As decoded.
  heard_ms integer,
  -- Where the loudest half minute begins.
  loudest_ms integer
);
create index track_analyses_due on track_analyses (due_at) where due_at is not null;

-- The clip that everybody who sees the track may hear.
create table track_previews (
  version_id uuid primary key references track_versions on delete cascade,
  object_key text not null,
  start_ms integer not null,
  duration_ms integer not null,
  is_tagged boolean not null,
  made_at timestamptz not null
);

-- Objects of the media bucket that were made of a version. Noted down before they are written, so that none is
-- ever left behind.
create table version_files (
  object_key text primary key,
  version_id uuid not null references track_versions on delete cascade
);
create index version_files_version on version_files (version_id);

-- What was there before is listened to as well.
insert into track_analyses (version_id, due_at)
select id, now() from track_versions where container is not null and removed_at is null and withdrawn_at is null;

-- The tempo and the key of the version that plays stand in what can be found.
create function follow_analysed_versions() returns trigger language plpgsql as $$
begin
  perform refresh_track_search(array[t.id])
  from tracks t
  where t.id = new.track_id and t.current_version_id = new.id and t.visibility = 'public' and t.status = 'ready';
  return null;
end
$$;
create trigger track_versions_search after update of detected_bpm, detected_musical_key on track_versions
  for each row
  when (
    (old.detected_bpm, old.detected_musical_key) is distinct from (new.detected_bpm, new.detected_musical_key)
  )
  execute function follow_analysed_versions();
