-- What people say of a track. An answer hangs below the comment that began its thread, whatever it answers.
create table comments (
  id uuid primary key default uuidv7(),
  track_id uuid not null references tracks on delete cascade,
  -- What it was said of.
  version_id uuid references track_versions on delete set null,
  author_id uuid not null references users,
  -- The track's owner, so that all that one said on another's tracks is found at once.
  artist_id uuid not null references users,
  -- The comment that began the thread; null in itself.
  thread_id uuid references comments on delete cascade,
  parent_id uuid references comments on delete cascade,
  -- Empty once it is deleted.
  body text not null check (char_length(body) <= 2000),
  -- Whom the body names, and how they were called then; in the order of the names.
  mentioned_ids uuid[] not null default '{}',
  mentioned_names text[] not null default '{}',
  timestamp_ms integer check (timestamp_ms >= 0),
  -- Whether it is part of the counts that everybody is shown: not deleted, not hidden, and its author neither
  -- muted nor blocked by the artist.
  is_counted boolean not null,
  pinned_at timestamptz,
  edited_at timestamptz,
  -- Nobody but its author sees it.
  hidden_at timestamptz,
  -- Only what still has answers stays as a tombstone.
  deleted_at timestamptz,
  revision integer not null default 1,
  created_at timestamptz not null default now(),
  check ((thread_id is null) = (parent_id is null)),
  check (deleted_at is null or (body = '' and not is_counted and pinned_at is null)),
  check (hidden_at is null or not is_counted),
  check (pinned_at is null or thread_id is null)
);
-- Newest and oldest first are the two directions of one index.
create index comments_of_track on comments (track_id, id) where thread_id is null;
create index comments_on_timeline on comments (track_id, coalesce(timestamp_ms, 2147483647), id)
  where thread_id is null;
create unique index comments_pinned on comments (track_id) where pinned_at is not null;
create index comments_of_thread on comments (thread_id, id) where thread_id is not null;
create index comments_of_thread_author on comments (thread_id, author_id) include (is_counted) where thread_id is not null;
create index comments_answers on comments (parent_id) where parent_id is not null;
create index comments_of_author on comments (author_id, id);
create index comments_to_artist on comments (artist_id, author_id);
-- What only its author still sees, which is little of all there is.
create index comments_unheard on comments (author_id, track_id) where not is_counted and deleted_at is null;
create index comments_of_version on comments (version_id) where version_id is not null;

-- What comments said before they were edited, for moderators.
create table comment_edits (
  id uuid primary key default uuidv7(),
  comment_id uuid not null references comments on delete cascade,
  author_id uuid not null references users,
  body text not null,
  -- When it was no longer so.
  replaced_at timestamptz not null
);
create index comment_edits_of_comment on comment_edits (comment_id, id desc);
create index comment_edits_of_author on comment_edits (author_id, id);

create table comment_likes (
  id uuid not null default uuidv7(),
  comment_id uuid not null references comments on delete cascade,
  user_id uuid not null references users on delete cascade,
  -- Whose comment it is, so that a block finds what it severs.
  author_id uuid not null references users,
  created_at timestamptz not null default now(),
  primary key (comment_id, user_id)
);
create index comment_likes_of_user on comment_likes (user_id, id);
create index comment_likes_between on comment_likes (user_id, author_id);

-- What was reported, once however many reported it.
create table moderation_cases (
  id uuid primary key default uuidv7(),
  subject_kind text not null check (subject_kind in ('comment', 'track', 'user')),
  -- No foreign key: it outlives what it is about.
  subject_id uuid not null,
  -- Who is responsible for it, and the track that a comment is on.
  user_id uuid not null references users,
  track_id uuid references tracks on delete set null,
  -- What it said when it was last reported.
  excerpt text not null,
  state text not null default 'open' check (state in ('open', 'resolved')),
  report_count integer not null default 0,
  resolution text check (resolution in ('dismiss', 'hide', 'remove', 'warn', 'suspend')),
  resolution_note text,
  resolved_by uuid references users,
  resolved_at timestamptz,
  -- When it last became open.
  opened_at timestamptz not null,
  unique (subject_kind, subject_id),
  check ((state = 'resolved') = (resolution is not null)),
  check ((state = 'resolved') = (resolved_at is not null))
);
create index moderation_cases_queue on moderation_cases (state, opened_at desc, id desc);
create index moderation_cases_queue_of_kind on moderation_cases (state, subject_kind, opened_at desc, id desc);

create table reports (
  id uuid primary key default uuidv7(),
  case_id uuid not null references moderation_cases on delete cascade,
  -- Null once their account is deleted.
  reporter_id uuid references users on delete set null,
  reason text not null check (
    reason in ('spam', 'harassment', 'hate', 'sexual', 'violence', 'copyright', 'impersonation', 'other')
  ),
  note text not null default '',
  created_at timestamptz not null,
  -- When the case that it was part of was resolved: from then on it has no say.
  settled_at timestamptz,
  unique (case_id, reporter_id)
);
create index reports_of_case on reports (case_id, id desc);
create index reports_with_reason on reports (reason, case_id);
create index reports_of_reporter on reports (reporter_id, id) where reporter_id is not null;

-- A track that moderators took out of sight: its owner and those who work on it still see it.
alter table tracks add column hidden_at timestamptz;
-- So that the tracks of a profile are counted in the index alone.
drop index tracks_owner_newest;
create index tracks_owner_newest on tracks (owner_id, published_at desc, id desc) include (hidden_at)
  where deleted_at is null and status = 'ready' and visibility = 'public';
