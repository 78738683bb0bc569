-- What is sent again by a recovery gives way to what is new. A message that was handed to the sender and of which nothing was
-- heard is handed over again as the same attempt, so many times.
alter table webhook_deliveries
  add column is_recovery boolean not null default false,
  add column lost_claims smallint not null default 0;

-- An event goes with what was sent of it.
alter table webhook_deliveries
  drop constraint webhook_deliveries_event_id_fkey,
  add constraint webhook_deliveries_event_id_fkey foreign key (event_id) references public_events on delete cascade;

-- What is next is found endpoint by endpoint, never over all of them by age.
drop index webhook_deliveries_due;
drop index webhook_deliveries_pending;
create index webhook_deliveries_pending on webhook_deliveries (endpoint_id, is_recovery, next_attempt_at, id)
  where status = 'pending';
-- The few that the sender has in hand.
create index webhook_deliveries_claimed on webhook_deliveries (endpoint_id, claimed_until)
  where status = 'pending' and claimed_until > '-infinity';

-- When the owner last heard that a delivery was given up.
alter table webhook_endpoints add column exhausted_told_at timestamptz;
create index webhook_endpoints_failing on webhook_endpoints (first_failure_at)
  where status = 'enabled' and first_failure_at is not null;

-- What was written by a later transaction is sent anyway.
alter table webhook_recoveries
  add column until_xact bigint not null default pg_current_xact_id()::text::bigint;
