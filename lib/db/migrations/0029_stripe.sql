-- Which of the keys for the same thing it is; the last part of `idempotency_key`.
alter table stripe_calls add column attempt integer not null default 1 check (attempt > 0);

-- When it is tried again, should the try under way come to nothing.
alter table stripe_events add column due_at timestamptz not null default now();
drop index stripe_events_waiting;
create index stripe_events_waiting on stripe_events (due_at) where processed_at is null;
