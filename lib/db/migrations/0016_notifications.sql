-- Calls that a client has named by an `Idempotency-Key`, with their answers, for a day.
create table idempotency_keys (
  user_id uuid not null,
  route text not null,
  -- Made of the key, which itself is not kept: the answer is sealed by it.
  key_hash bytea not null,
  fingerprint bytea not null,
  claim_id uuid not null unique,
  -- Whoever runs the call has crashed if it is not answered by then.
  leased_until timestamptz not null,
  sealed_answer bytea,
  expires_at timestamptz not null,
  primary key (user_id, route, key_hash)
);
create index idempotency_keys_expires_at on idempotency_keys (expires_at);

-- What a user is told of: one row for all who did the same to the same thing since the user last looked.
create table notifications (
  id uuid primary key default uuidv7(),
  recipient_id uuid not null references users on delete cascade,
  kind text not null,
  -- The thing of its kind that it is about; the recipient where there is none.
  subject_id uuid not null,
  track_id uuid,
  playlist_id uuid,
  -- The latest.
  comment_id uuid,
  -- Of `notification_actors`.
  actor_count integer not null default 0,
  last_event_id uuid not null,
  read_at timestamptz,
  created_at timestamptz not null default now(),
  -- When somebody was last added.
  updated_at timestamptz not null default now()
);
create unique index notifications_open on notifications (recipient_id, kind, subject_id) where read_at is null;
create index notifications_newest on notifications (recipient_id, updated_at desc, id desc);
create index notifications_newest_unread on notifications (recipient_id, updated_at desc, id desc)
  where read_at is null;
-- For the sweeps, which keep what was read for a shorter time.
create index notifications_read_age on notifications (updated_at) where read_at is not null;
create index notifications_unread_age on notifications (updated_at) where read_at is null;

create table notification_actors (
  notification_id uuid not null references notifications on delete cascade,
  actor_id uuid not null references users on delete cascade,
  -- UUIDv7 of when it was done: who did it last is shown first, in whatever order the queue delivers.
  event_id uuid not null,
  primary key (notification_id, actor_id)
);
create index notification_actors_newest on notification_actors (notification_id, event_id desc);
create index notification_actors_actor on notification_actors (actor_id);

-- What the user has chosen, by kind and channel; all else is as lib/notifications/preferences.ts has it.
create table notification_preferences (
  user_id uuid primary key references users on delete cascade,
  choices jsonb not null default '{}',
  revision integer not null default 1
);

-- Tracks whose comments a user does not want to be told of.
create table notification_muted_tracks (
  id uuid not null default uuidv7(),
  user_id uuid not null references users on delete cascade,
  track_id uuid not null references tracks on delete cascade,
  created_at timestamptz not null default now(),
  primary key (user_id, track_id)
);
create index notification_muted_tracks_newest on notification_muted_tracks (user_id, id desc);
create index notification_muted_tracks_track on notification_muted_tracks (track_id);

-- The feed of whoever follows many reads what anybody has published and reposted of late, from the index alone.
drop index tracks_newest;
create index tracks_newest on tracks (published_at desc, id desc) include (owner_id)
  where deleted_at is null and status = 'ready' and visibility = 'public';
create index reposts_newest on reposts (id desc) include (user_id, track_id);

-- How far the nightly recount of each counter has come.
create table count_repairs (
  source text primary key,
  -- The last subject that was looked at; null before the first.
  after uuid,
  -- What was found amiss on the way, in both directions.
  drift bigint not null default 0,
  finished_at timestamptz
);
-- What a track's comments are counted by.
create index comments_counted on comments (track_id, author_id) where is_counted;
create index plays_counted on plays (track_id) where is_counted;
