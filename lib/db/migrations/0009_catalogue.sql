create extension if not exists pg_trgm;
create extension if not exists unaccent;
create extension if not exists btree_gin;

-- Who follows, blocks and mutes whom. The ids are UUIDv7: they order the lists, newest first.
create table follows (
  id uuid not null default uuidv7(),
  follower_id uuid not null references users on delete cascade,
  followed_id uuid not null references users on delete cascade,
  created_at timestamptz not null default now(),
  primary key (follower_id, followed_id),
  check (follower_id <> followed_id)
);
create index follows_of_follower on follows (follower_id, id desc) include (followed_id);
create index follows_of_followed on follows (followed_id, id desc) include (follower_id);

create table blocks (
  id uuid not null default uuidv7(),
  blocker_id uuid not null references users on delete cascade,
  blocked_id uuid not null references users on delete cascade,
  created_at timestamptz not null default now(),
  primary key (blocker_id, blocked_id),
  check (blocker_id <> blocked_id)
);
create index blocks_of_blocker on blocks (blocker_id, id desc);
create index blocks_of_blocked on blocks (blocked_id);

create table mutes (
  id uuid not null default uuidv7(),
  muter_id uuid not null references users on delete cascade,
  muted_id uuid not null references users on delete cascade,
  created_at timestamptz not null default now(),
  primary key (muter_id, muted_id),
  check (muter_id <> muted_id)
);
create index mutes_of_muter on mutes (muter_id, id desc);
create index mutes_of_muted on mutes (muted_id);

alter table tracks
  drop constraint tracks_visibility_check,
  add constraint tracks_visibility_check check (visibility in ('public', 'unlisted', 'private', 'scheduled')),
  -- A scheduled track becomes public then.
  add constraint tracks_scheduled_has_release check (visibility <> 'scheduled' or release_at is not null),
  -- When others could first find it.
  add column published_at timestamptz;

create function set_published_at() returns trigger language plpgsql as $$
begin
  if new.published_at is null and new.visibility = 'public' and new.status = 'ready' then
    new.published_at := new.updated_at;
  end if;
  return new;
end
$$;
create trigger tracks_published_at before insert or update on tracks
  for each row execute function set_published_at();

-- Until now a public track with a release ahead was hidden by its date.
update tracks set visibility = 'scheduled' where visibility = 'public' and release_at > now();
update tracks set published_at = updated_at where visibility = 'public' and status = 'ready';

drop index tracks_public;
create index tracks_newest on tracks (published_at desc, id desc)
  where deleted_at is null and status = 'ready' and visibility = 'public';
create index tracks_owner_newest on tracks (owner_id, published_at desc, id desc)
  where deleted_at is null and status = 'ready' and visibility = 'public';

create index tracks_scheduled on tracks (release_at) where visibility = 'scheduled' and deleted_at is null;

-- Who works on a track beside its owner.
create table track_collaborators (
  id uuid not null default uuidv7(),
  track_id uuid not null references tracks on delete cascade,
  user_id uuid not null references users on delete cascade,
  role text not null check (role in ('editor', 'commenter', 'viewer')),
  status text not null default 'invited' check (status in ('invited', 'accepted')),
  created_at timestamptz not null default now(),
  accepted_at timestamptz,
  primary key (track_id, user_id)
);
create index track_collaborators_user on track_collaborators (user_id, id desc);

create table track_likes (
  id uuid not null default uuidv7(),
  track_id uuid not null references tracks on delete cascade,
  user_id uuid not null references users on delete cascade,
  created_at timestamptz not null default now(),
  primary key (track_id, user_id)
);
create index track_likes_of_track on track_likes (track_id, id desc) include (user_id);
create index track_likes_of_user on track_likes (user_id, id desc) include (track_id);

-- What is shown beside a thing (a track, a user, a playlist, a comment), derived from the rows that it counts.
-- Writers do not touch it, or those of a popular track would stand in a queue: each adds a row to `count_deltas`,
-- and these are folded in every minute. A count is the sum of both, and exact at any moment. No foreign keys:
-- checking one would lock the thing itself.
create table counts (
  subject_id uuid primary key,
  like_count integer not null default 0,
  repost_count integer not null default 0,
  comment_count integer not null default 0,
  reply_count integer not null default 0,
  play_count integer not null default 0,
  follower_count integer not null default 0,
  following_count integer not null default 0
);
create table count_deltas (
  id bigint primary key generated always as identity,
  subject_id uuid not null,
  counter text not null,
  delta integer not null check (delta <> 0)
);
create index count_deltas_subject on count_deltas (subject_id) include (counter, delta);
