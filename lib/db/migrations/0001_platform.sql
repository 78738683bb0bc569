-- Events written in the transaction of the change they tell of; a relayed row is deleted.
create table outbox (
  id uuid primary key default uuidv7(),
  type text not null,
  payload jsonb not null,
  request_id text,
  created_at timestamptz not null default now(),
  -- A relay that died leaves its claim behind; the row is free again once this has passed.
  claimed_until timestamptz not null default '-infinity'
);

-- What a consumer has done or is doing, by event: queues deliver more than once.
create table event_receipts (
  consumer text not null,
  event_id uuid not null,
  leased_until timestamptz not null,
  done_at timestamptz,
  primary key (consumer, event_id)
);
create index event_receipts_done_at on event_receipts (done_at);
