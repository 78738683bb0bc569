-- Which of the keys for the same thing it is; the last part of `idempotency_key`. And when the sweep last had the
-- worker look at it.
alter table stripe_calls
  add column attempt integer not null default 1 check (attempt > 0),
  add column resent_at timestamptz;

-- When it is tried again, should the try under way come to nothing.
alter table stripe_events
  add column due_at timestamptz not null default now(),
  add column resent_at timestamptz;
drop index stripe_events_waiting;
create index stripe_events_waiting on stripe_events (due_at) where processed_at is null;

-- When Stripe was last asked for all that it knows of the order's payment.
alter table orders add column reconciled_at timestamptz;
create index refunds_pending on refunds (created_at) where status = 'pending';

-- What moved the platform's balance at Stripe, as it tells once a day: what the ledger is compared with.
create table stripe_balance_transactions (
  id text primary key,
  type text not null,
  -- The charge, refund, dispute or transfer that it comes from.
  source_id text,
  amount bigint not null,
  fee bigint not null,
  currency text not null,
  created_at timestamptz not null
);
create index stripe_balance_transactions_created on stripe_balance_transactions (created_at);
create index stripe_balance_transactions_source on stripe_balance_transactions (source_id);
