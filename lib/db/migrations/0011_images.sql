-- A picture as it is shown: WebP files under images/<sha256>/ in the media bucket, one for each size. The hash is that
-- of the files, so whoever comes to the same picture shares them.
create table images (
  sha256 text primary key check (sha256 ~ '^[0-9a-f]{64}$'),
  -- Of the largest file.
  width integer not null,
  height integer not null,
  -- Of all files.
  size_bytes integer not null,
  -- Since when it may be that nothing shows it; null once something was seen to.
  idle_since timestamptz,
  -- Until when its files are being removed, and nothing may come to show it.
  removing_until timestamptz,
  created_at timestamptz not null default now()
);
create index images_idle on images (idle_since) where idle_since is not null;

-- What was uploaded to become a picture, on its way.
create table image_uploads (
  id uuid primary key default uuidv7(),
  kind text not null check (kind in ('avatar', 'artwork', 'cover')),
  -- The user, track or playlist that is to show it.
  subject_id uuid not null,
  created_by uuid not null references users,
  filename text not null,
  content_type text not null,
  size_bytes bigint not null check (size_bytes > 0),
  -- As the uploader declares it, lower-case hex.
  sha256 text,
  object_key text not null unique,
  -- Of the object that was first told of; nothing else put there later is ever looked at.
  object_etag text,
  -- Where its clean bytes are until they have been drawn anew, and since when.
  original_key text not null unique,
  stored_at timestamptz,
  image_sha256 text references images on delete set null,
  status text not null default 'uploading'
    check (status in ('uploading', 'scanning', 'processing', 'ready', 'rejected', 'failed')),
  status_reason text,
  revision integer not null default 1,
  expires_at timestamptz not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
-- A newer upload takes the place of one under way.
create unique index image_uploads_live on image_uploads (kind, subject_id)
  where status in ('uploading', 'scanning', 'processing');
create index image_uploads_stale on image_uploads (updated_at)
  where status in ('uploading', 'scanning', 'processing');
create index image_uploads_old on image_uploads (updated_at) where status in ('ready', 'rejected', 'failed');
create index image_uploads_user on image_uploads (created_by, id);
create index image_uploads_image on image_uploads (image_sha256) where image_sha256 is not null;

create table image_upload_events (
  id bigint primary key generated always as identity,
  upload_id uuid not null references image_uploads on delete cascade,
  status text not null,
  reason text,
  at timestamptz not null default now()
);
create index image_upload_events_upload on image_upload_events (upload_id, id);

-- Whatever shows a picture and ceases to, by another one, by none or by going, leaves it to the sweep.
create function release_image() returns trigger language plpgsql as $$
declare
  released text := to_jsonb(old) ->> tg_argv[0];
begin
  update images
  set idle_since = case tg_op when 'UPDATE' then new.updated_at else now() end
  where sha256 = released;
  return null;
end
$$;

alter table users
  drop column avatar_url,
  add column avatar_sha256 text references images;
create index users_avatar on users (avatar_sha256) where avatar_sha256 is not null;
create trigger users_avatar_update after update of avatar_sha256 on users
  for each row when (old.avatar_sha256 is distinct from new.avatar_sha256)
  execute function release_image('avatar_sha256');
create trigger users_avatar_delete after delete on users
  for each row when (old.avatar_sha256 is not null) execute function release_image('avatar_sha256');

alter table tracks add column artwork_sha256 text references images;
create index tracks_artwork on tracks (artwork_sha256) where artwork_sha256 is not null;
create trigger tracks_artwork_update after update of artwork_sha256 on tracks
  for each row when (old.artwork_sha256 is distinct from new.artwork_sha256)
  execute function release_image('artwork_sha256');
create trigger tracks_artwork_delete after delete on tracks
  for each row when (old.artwork_sha256 is not null) execute function release_image('artwork_sha256');
