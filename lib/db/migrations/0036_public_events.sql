-- What an account is told of, by webhooks and by GET /events alike: an envelope of its own for each account that an
-- event concerns, made once and then never changed.
create table public_events (
  id uuid primary key default uuidv7(),
  account_id uuid not null references users,
  -- The event of the outbox that it was made of.
  source_id uuid not null,
  type text not null,
  -- The version of the payload's shape, a day.
  api_version text not null,
  created_at timestamptz not null,
  -- What it is about, and the how-manieth event of it the account is told of.
  resource_id uuid not null,
  sequence bigint not null,
  data jsonb not null,
  request_id text,
  -- The transaction that wrote it: readers go by it, so that none is missed that commits late.
  xact bigint not null default pg_current_xact_id()::text::bigint,
  unique (source_id, account_id)
);
create index public_events_of_account on public_events (account_id, xact, id);
create index public_events_age on public_events (created_at);

create table public_event_sequences (
  account_id uuid not null references users,
  resource_id uuid not null,
  last bigint not null,
  primary key (account_id, resource_id)
);
