create table playlists (
  id uuid primary key default uuidv7(),
  owner_id uuid not null references users,
  title text not null check (char_length(title) between 1 and 200),
  description text not null default '' check (char_length(description) <= 5000),
  visibility text not null default 'private' check (visibility in ('public', 'unlisted', 'private')),
  cover_sha256 text references images,
  -- Of all items, kept by whoever edits them (who locks this row first), and recounted every day.
  item_count integer not null default 0 check (item_count between 0 and 10000),
  duration_ms bigint not null default 0 check (duration_ms >= 0),
  counted_at timestamptz not null default now(),
  revision integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index playlists_owner on playlists (owner_id, id desc);
create index playlists_public on playlists (owner_id, id desc) where visibility = 'public';
create index playlists_counted_at on playlists (counted_at);
create index playlists_cover on playlists (cover_sha256) where cover_sha256 is not null;
create trigger playlists_cover_update after update of cover_sha256 on playlists
  for each row when (old.cover_sha256 is distinct from new.cover_sha256)
  execute function release_image('cover_sha256');
create trigger playlists_cover_delete after delete on playlists
  for each row when (old.cover_sha256 is not null) execute function release_image('cover_sha256');

create table playlist_items (
  id uuid primary key default uuidv7(),
  playlist_id uuid not null references playlists on delete cascade,
  track_id uuid not null references tracks on delete cascade,
  -- The order, by the bytes: between two there is always room for a third.
  rank text collate "C" not null,
  -- What it adds to the duration of the playlist.
  duration_ms integer not null default 0,
  added_by uuid references users on delete set null,
  added_at timestamptz not null default now(),
  constraint playlist_items_rank unique (playlist_id, rank)
);
create index playlist_items_track on playlist_items (track_id, playlist_id);
create index playlist_items_added_by on playlist_items (added_by, id);

-- Who works on a playlist beside its owner, or was let in to see it.
create table playlist_collaborators (
  id uuid not null default uuidv7(),
  playlist_id uuid not null references playlists on delete cascade,
  user_id uuid not null references users on delete cascade,
  role text not null check (role in ('editor', 'viewer')),
  created_at timestamptz not null default now(),
  primary key (playlist_id, user_id)
);
create index playlist_collaborators_of_playlist on playlist_collaborators (playlist_id, id);
create index playlist_collaborators_of_user on playlist_collaborators (user_id, playlist_id desc);

-- Whoever holds the token may join; this is its hash.
create table playlist_invite_links (
  id uuid primary key default uuidv7(),
  playlist_id uuid not null references playlists on delete cascade,
  token_hash bytea not null unique,
  role text not null check (role in ('editor', 'viewer')),
  max_uses integer check (max_uses > 0),
  use_count integer not null default 0 check (use_count <= max_uses),
  expires_at timestamptz not null,
  created_at timestamptz not null default now()
);
create index playlist_invite_links_playlist on playlist_invite_links (playlist_id, id desc);
create index playlist_invite_links_expires_at on playlist_invite_links (expires_at);

create table playlist_likes (
  id uuid not null default uuidv7(),
  playlist_id uuid not null references playlists on delete cascade,
  user_id uuid not null references users on delete cascade,
  created_at timestamptz not null default now(),
  primary key (playlist_id, user_id)
);
create index playlist_likes_of_user on playlist_likes (user_id, id desc);

create table playlist_follows (
  id uuid not null default uuidv7(),
  playlist_id uuid not null references playlists on delete cascade,
  user_id uuid not null references users on delete cascade,
  created_at timestamptz not null default now(),
  primary key (playlist_id, user_id)
);
create index playlist_follows_of_user on playlist_follows (user_id, playlist_id desc);
