create table tracks (
  id uuid primary key default uuidv7(),
  owner_id uuid not null references users,
  title text not null check (char_length(title) between 1 and 200),
  description text not null default '' check (char_length(description) <= 5000),
  genre text,
  tags text[] not null default '{}',
  bpm double precision,
  musical_key text,
  is_explicit boolean not null default false,
  visibility text not null default 'private' check (visibility in ('public', 'unlisted', 'private')),
  release_at timestamptz,
  -- The uploader's word that the rights are theirs.
  rights_confirmed_at timestamptz not null,
  rights_confirmed_ip inet,
  status text not null default 'draft'
    check (status in ('draft', 'uploading', 'scanning', 'processing', 'transcoding', 'ready', 'rejected', 'failed')),
  status_reason text,
  -- The version that plays; null until the first one is ready.
  current_version_id uuid,
  revision integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  deleted_at timestamptz
);
-- Ids are UUIDv7, so that newest first is the order of the key.
create index tracks_owner on tracks (owner_id, id desc) where deleted_at is null;
create index tracks_public on tracks (id desc)
  where deleted_at is null and status = 'ready' and visibility = 'public';

-- One file on its way from the uploader to the listeners.
create table uploads (
  id uuid primary key default uuidv7(),
  track_id uuid not null references tracks,
  created_by uuid not null references users,
  filename text not null,
  content_type text not null,
  size_bytes bigint not null check (size_bytes > 0),
  -- As the uploader declares it, lower-case hex.
  sha256 text,
  object_key text not null unique,
  -- Of the object that was first told of; nothing else put there later is ever looked at.
  object_etag text,
  status text not null default 'uploading'
    check (status in ('uploading', 'scanning', 'processing', 'transcoding', 'ready', 'rejected', 'failed')),
  status_reason text,
  revision integer not null default 1,
  expires_at timestamptz not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index uploads_track on uploads (track_id, id desc);
create unique index uploads_live on uploads (track_id)
  where status in ('uploading', 'scanning', 'processing', 'transcoding');

create table upload_events (
  id bigint primary key generated always as identity,
  upload_id uuid not null references uploads on delete cascade,
  status text not null,
  reason text,
  at timestamptz not null default now()
);
create index upload_events_upload on upload_events (upload_id, id);

-- A clean file of a track, with what was read from its bytes.
create table track_versions (
  id uuid primary key default uuidv7(),
  track_id uuid not null references tracks,
  upload_id uuid not null unique references uploads,
  number integer not null,
  label text,
  object_key text not null unique,
  -- When the clean file had been copied to its key; until then it is still where it was uploaded.
  stored_at timestamptz,
  sha256 text not null,
  size_bytes bigint not null,
  content_type text not null,
  container text,
  codec text,
  duration_ms integer,
  bitrate_bps integer,
  sample_rate_hz integer,
  channels integer,
  bit_depth integer,
  embedded_tags jsonb not null default '{}',
  -- The prepare job whose callbacks count; those of any other are ignored.
  stream_job_id uuid,
  manifest_key text,
  renditions jsonb,
  ready_at timestamptz,
  created_at timestamptz not null default now(),
  unique (track_id, number)
);
alter table tracks add foreign key (current_version_id) references track_versions;
