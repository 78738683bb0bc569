create table webhook_endpoints (
  id uuid primary key default uuidv7(),
  account_id uuid not null references users,
  url text not null check (char_length(url) between 1 and 2048),
  description text not null default '' check (char_length(description) <= 500),
  -- Empty: all of them.
  event_types text[] not null default '{}',
  -- What the data of an event must be for it to be sent, as lib/webhooks/endpoints/filter.ts has it.
  filter jsonb,
  metadata jsonb not null default '{}',
  api_version text not null,
  rate_per_second integer not null default 10 check (rate_per_second between 1 and 100),
  -- Sent along with every webhook; the values may be credentials of the receiver's, so they are sealed as one.
  header_names text[] not null default '{}',
  sealed_headers text,
  sealed_secret text not null,
  status text not null default 'enabled' check (status in ('enabled', 'disabled')),
  -- `owner`: by whoever it belongs to · `failing`: nothing but failures for days · `gone`: it answered 410.
  disabled_reason text check (disabled_reason in ('owner', 'failing', 'gone')),
  disabled_at timestamptz,
  -- Of the failures since the last success: when the first and the last were, how many in a row, and what the owner was told.
  first_failure_at timestamptz,
  last_failure_at timestamptz,
  failures_in_row integer not null default 0,
  failure_notices smallint not null default 0,
  last_success_at timestamptz,
  -- Until when its rate is spent.
  paced_until timestamptz not null default '-infinity',
  revision integer not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  check ((status = 'disabled') = (disabled_reason is not null)),
  check ((status = 'disabled') = (disabled_at is not null))
);
create index webhook_endpoints_account on webhook_endpoints (account_id, id desc);

-- Secrets that still sign beside the present one.
create table webhook_old_secrets (
  id uuid primary key default uuidv7(),
  endpoint_id uuid not null references webhook_endpoints on delete cascade,
  sealed_secret text not null,
  expires_at timestamptz not null
);
create index webhook_old_secrets_endpoint on webhook_old_secrets (endpoint_id, expires_at);
create index webhook_old_secrets_expires_at on webhook_old_secrets (expires_at);

create table webhook_deliveries (
  id uuid primary key default uuidv7(),
  endpoint_id uuid not null references webhook_endpoints on delete cascade,
  -- In public_events; a test event is one too.
  event_id uuid not null references public_events,
  event_type text not null,
  -- `failed`: not tried again by itself.
  status text not null default 'pending' check (status in ('pending', 'succeeded', 'failed')),
  -- Attempts so far, those asked for by hand too; each has a row in webhook_attempts.
  attempt_count integer not null default 0,
  -- Of the schedule of retries, which a resend begins anew.
  tries integer not null default 0,
  next_attempt_at timestamptz,
  -- How long what was handed to the sender is left to it.
  claimed_until timestamptz not null default '-infinity',
  created_at timestamptz not null,
  ended_at timestamptz,
  unique (endpoint_id, event_id),
  check ((status = 'pending') = (next_attempt_at is not null)),
  check ((status = 'pending') = (ended_at is null))
);
create index webhook_deliveries_due on webhook_deliveries (next_attempt_at) where status = 'pending';
create index webhook_deliveries_pending on webhook_deliveries (endpoint_id, next_attempt_at) where status = 'pending';
create index webhook_deliveries_endpoint on webhook_deliveries (endpoint_id, id desc);
create index webhook_deliveries_event on webhook_deliveries (event_id);
create index webhook_deliveries_age on webhook_deliveries (created_at);

create table webhook_attempts (
  delivery_id uuid not null references webhook_deliveries on delete cascade,
  number integer not null,
  at timestamptz not null,
  duration_ms integer not null,
  -- Null where there was no answer.
  status_code integer,
  -- A class of lib/webhooks/results.ts, never what an address resolved to.
  error text,
  -- The first 16 KiB, as text.
  response_body text,
  primary key (delivery_id, number)
);

-- Sending again what an endpoint missed, a part at a time.
create table webhook_recoveries (
  id uuid primary key default uuidv7(),
  endpoint_id uuid not null references webhook_endpoints on delete cascade,
  since timestamptz not null,
  -- What comes later is sent anyway.
  until timestamptz not null,
  status text not null default 'running' check (status in ('running', 'done')),
  -- How far it has come in public_events.
  after_xact bigint not null default 0,
  after_id uuid not null default '00000000-0000-0000-0000-000000000000',
  recovered_count integer not null default 0,
  created_at timestamptz not null,
  ended_at timestamptz
);
create unique index webhook_recoveries_running on webhook_recoveries (endpoint_id) where status = 'running';
create index webhook_recoveries_age on webhook_recoveries (created_at);
