-- Who may not speak in the chat. Whatever is over counts as nothing.
create table chat_mutes (
  user_id uuid primary key references users on delete cascade,
  muted_by uuid references users on delete set null,
  reason text not null check (char_length(reason) between 1 and 500),
  muted_at timestamptz not null,
  -- For good where it is null.
  muted_until timestamptz
);
create index chat_mutes_muted_by on chat_mutes (muted_by);
create index chat_mutes_muted_until on chat_mutes (muted_until) where muted_until is not null;

-- What the chat and the stream server must not let in any more, for as long as a token of it may be about.
create table revocations (
  id uuid primary key default uuidv7(),
  -- The transaction that wrote it: by it a reader knows up to where nothing can come any more.
  xact bigint not null default pg_current_xact_id()::text::bigint,
  kind text not null check (kind in ('session', 'user', 'chat_mute', 'version')),
  reason text not null,
  user_id uuid,
  user_number integer,
  session_id uuid,
  version_id uuid,
  revoked_at timestamptz not null,
  expires_at timestamptz not null,
  check ((user_id is not null and user_number is not null) = (kind <> 'version')),
  check ((session_id is not null) = (kind = 'session')),
  check ((version_id is not null) = (kind = 'version'))
);
create index revocations_xact on revocations (xact, id);
create index revocations_expires_at on revocations (expires_at);
create index revocations_user on revocations (user_id, id);
