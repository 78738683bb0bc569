alter table users
  add column settings jsonb not null default '{}',
  add column suspended_until timestamptz,
  add column suspended_reason text,
  -- A right password is not enough until it was reset: somebody else may know it.
  add column must_reset_password boolean not null default false,
  add column password_changed_at timestamptz not null default now(),
  add column username_changed_at timestamptz,
  add column last_login_at timestamptz,
  -- Asked to be deleted; on this day it is.
  add column deletes_at timestamptz,
  -- What is left then is a tombstone that keeps authorship.
  add column deleted_at timestamptz;
create index users_deletes_at on users (deletes_at) where deletes_at is not null and deleted_at is null;
create index users_suspended_until on users (suspended_until) where suspended_until is not null;

-- A name that was given up leads to its user while it is held.
alter table username_holds add column user_id uuid references users on delete cascade;
create index username_holds_user on username_holds (user_id) where user_id is not null;

alter table email_tokens
  drop constraint email_tokens_purpose_check,
  add constraint email_tokens_purpose_check check (
    purpose in ('verify_email', 'reset_password', 'change_email_old', 'change_email_new', 'not_me')
  ),
  -- The session that a "this was not me" link ends.
  add column session_id uuid;
create index email_tokens_expires_at on email_tokens (expires_at);

-- Applied once both addresses have confirmed it.
create table email_changes (
  user_id uuid primary key references users on delete cascade,
  new_email text not null check (char_length(new_email) <= 254),
  old_confirmed_at timestamptz,
  new_confirmed_at timestamptz,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null
);

-- A browser or app that has signed in before; it holds a secret of which this is the hash.
create table devices (
  id uuid primary key default uuidv7(),
  user_id uuid not null references users on delete cascade,
  secret_hash bytea not null unique,
  user_agent text not null default '',
  ip inet,
  created_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  -- Passed the second factor then, and need not again until the later time.
  second_factor_at timestamptz,
  trusted_until timestamptz
);
create index devices_user on devices (user_id);

alter table sessions
  add column device_id uuid references devices on delete set null,
  -- When the user last passed every factor asked for, and how sure that made us (`acr` of the token).
  add column auth_time timestamptz not null default now(),
  add column acr text not null default 'aal1' check (acr in ('aal1', 'aal2')),
  -- The refresh token is in a cookie, and `is_persistent` that it outlives the browser.
  add column is_cookie boolean not null default false,
  add column is_persistent boolean not null default true;
create index sessions_expires_at on sessions (expires_at);

create table totp_factors (
  user_id uuid primary key references users on delete cascade,
  -- A compact JWE that names its key; `kid` again, to find those that must be sealed anew.
  sealed_secret text not null,
  kid text not null,
  -- Null until a first code has proved that the app has the secret.
  enabled_at timestamptz,
  -- The last step that was accepted: a code works once.
  last_step bigint not null default 0,
  created_at timestamptz not null default now()
);
create index totp_factors_kid on totp_factors (kid);

-- scrypt under one salt a set.
create table recovery_code_sets (
  user_id uuid primary key references users on delete cascade,
  salt bytea not null,
  created_at timestamptz not null default now()
);
create table recovery_codes (
  user_id uuid not null references recovery_code_sets on delete cascade,
  code_hash bytea not null,
  used_at timestamptz,
  primary key (user_id, code_hash)
);

create table passkeys (
  id uuid primary key default uuidv7(),
  user_id uuid not null references users on delete cascade,
  credential_id bytea not null unique,
  public_key bytea not null,
  sign_count bigint not null,
  transports text[] not null default '{}',
  is_backed_up boolean not null,
  aaguid uuid,
  name text not null check (char_length(name) between 1 and 60),
  created_at timestamptz not null default now(),
  last_used_at timestamptz
);
create index passkeys_user on passkeys (user_id);

-- A sign-in or a registration of a passkey under way. The holder has the token, we its hash.
create table auth_challenges (
  token_hash bytea primary key,
  -- Null while it is not known who signs in (a passkey alone).
  user_id uuid references users on delete cascade,
  kind text not null check (kind in ('second_factor', 'passkey_registration', 'passkey_login')),
  -- What the authenticator has to sign, base64url.
  webauthn_challenge text,
  attempts integer not null default 0,
  -- What the sign-in asked for, for the session it ends in.
  is_cookie boolean not null default false,
  is_remembered boolean not null default false,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null
);
create index auth_challenges_expires_at on auth_challenges (expires_at);
create index auth_challenges_user on auth_challenges (user_id);

-- A mail about something that happened to an account: read by whoever sends it.
create table security_notices (
  id uuid primary key default uuidv7(),
  user_id uuid not null references users on delete cascade,
  kind text not null,
  -- Where it goes: the address may have changed since.
  email text not null,
  session_id uuid,
  ip inet,
  user_agent text not null default '',
  created_at timestamptz not null default now()
);
create index security_notices_created_at on security_notices (created_at);

create table data_exports (
  id uuid primary key default uuidv7(),
  user_id uuid not null references users on delete cascade,
  status text not null default 'pending' check (status in ('pending', 'ready', 'failed', 'expired')),
  object_key text,
  size_bytes bigint,
  created_at timestamptz not null default now(),
  ready_at timestamptz,
  expires_at timestamptz
);
create index data_exports_user on data_exports (user_id, id desc);
create unique index data_exports_pending on data_exports (user_id) where status = 'pending';

-- Counters and short-lived values that a crash may forget. Valkey takes its place where there is one.
create unlogged table cache_entries (
  key text primary key,
  value text not null default '',
  count bigint not null default 0,
  expires_at timestamptz not null
);
create index cache_entries_expires_at on cache_entries (expires_at);

-- Everything that happened to accounts and by whom. It is only ever added to; old months are dropped whole.
create table audit_events (
  id uuid not null default uuidv7(),
  at timestamptz not null,
  action text not null,
  outcome text not null check (outcome in ('success', 'failure')),
  -- Who did it; null where nobody was signed in.
  actor_id uuid,
  -- Whose account it concerns, and sees it in their own trail.
  user_id uuid,
  target text,
  session_id uuid,
  ip inet,
  user_agent text not null default '',
  request_id text,
  -- Never a secret, never a token.
  details jsonb not null default '{}',
  primary key (at, id)
) partition by range (at);
create index audit_events_user on audit_events (user_id, at desc, id desc);
create index audit_events_actor on audit_events (actor_id, at desc, id desc);
create index audit_events_action on audit_events (action, at desc, id desc);
create index audit_events_target on audit_events (target, at desc, id desc) where target is not null;
-- Whatever no month takes in; it stays empty as long as the months are made in time.
create table audit_events_other partition of audit_events default;

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name;
end
$$;
create trigger audit_events_append_only before update or delete on audit_events
  for each row execute function refuse_change();

-- Makes the months from `from_month` on. It runs as the owner of the tables, which the application is not.
create function create_audit_months(from_month date, months integer) returns integer
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  first date := date_trunc('month', from_month)::date;
  month date;
  made integer := 0;
begin
  for at in 0 .. months - 1 loop
    month := (first + make_interval(months => at))::date;
    if to_regclass(format('audit_events_%s', to_char(month, 'YYYY_MM'))) is null then
      execute format(
        'create table audit_events_%s partition of audit_events for values from (%L) to (%L)',
        to_char(month, 'YYYY_MM'), month, (month + interval '1 month')::date
      );
      made := made + 1;
    end if;
  end loop;
  return made;
end
$$;

-- Drops the months that ended before `before`.
create function drop_audit_months(before date) returns integer
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  partition text;
  dropped integer := 0;
begin
  for partition in
    select relname from pg_class join pg_inherits on inhrelid = pg_class.oid
    where inhparent = 'audit_events'::regclass and relname ~ '^audit_events_\d{4}_\d{2}$'
      and to_date(right(relname, 7), 'YYYY_MM') + interval '1 month' <= before
  loop
    execute format('drop table %I', partition);
    dropped := dropped + 1;
  end loop;
  return dropped;
end
$$;

select create_audit_months(current_date, 4);
