create table users (
  id uuid primary key default uuidv7(),
  -- The numeric id that the chat and stream servers know (they parse an i32).
  user_number integer not null generated always as identity unique,
  username text not null unique check (username ~ '^[a-z0-9_]{3,30}$'),
  display_name text not null check (char_length(display_name) between 1 and 60),
  -- Lower-cased by the service.
  email text not null unique check (char_length(email) <= 254),
  email_verified_at timestamptz,
  password_hash text not null,
  role text not null default 'user' check (role in ('user', 'creator', 'moderator', 'admin')),
  bio text not null default '',
  location text not null default '',
  website text,
  avatar_url text,
  social_links jsonb not null default '{}',
  is_verified boolean not null default false,
  suspended_at timestamptz,
  -- Raised when every token of the user must die.
  token_version integer not null default 1,
  -- Raised by every change; the ETag.
  revision integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

-- One-time links sent by mail. Only the SHA-256 of the 256-bit token is kept.
create table email_tokens (
  token_hash bytea primary key,
  user_id uuid not null references users on delete cascade,
  purpose text not null check (purpose in ('verify_email')),
  expires_at timestamptz not null,
  created_at timestamptz not null default now()
);
create index email_tokens_user on email_tokens (user_id, purpose);

-- Names asked for together with an address that has an account already. They read as taken for a while, as
-- they would had the address been free; otherwise a second registration could tell the two apart.
create table username_holds (
  username text primary key,
  held_until timestamptz not null
);

-- A session is a family of refresh tokens, of which the one numbered `counter` is current.
create table sessions (
  id uuid primary key default uuidv7(),
  user_id uuid not null references users on delete cascade,
  counter integer not null default 0,
  rotated_at timestamptz,
  -- The current token, sealed, for the grace window in which the one before it gets the same answer.
  sealed_successor text,
  ip inet,
  user_agent text not null default '',
  created_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  idle_expires_at timestamptz not null,
  expires_at timestamptz not null,
  revoked_at timestamptz,
  revoked_reason text
);
create index sessions_user on sessions (user_id, created_at desc) where revoked_at is null;

-- Every token of a family, for as long as the session's row lives: an old one that comes back is known as such.
create table refresh_tokens (
  token_hash bytea primary key,
  session_id uuid not null references sessions on delete cascade,
  counter integer not null,
  unique (session_id, counter)
);
