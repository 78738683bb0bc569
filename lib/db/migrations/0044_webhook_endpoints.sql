-- An endpoint that was removed is nowhere any more, but what it was sent may be much: that goes a part at a time.
alter table webhook_endpoints add column deleted_at timestamptz;
drop index webhook_endpoints_account;
create index webhook_endpoints_account on webhook_endpoints (account_id, id desc) where deleted_at is null;
create index webhook_endpoints_deleted on webhook_endpoints (deleted_at) where deleted_at is not null;

-- Deliveries are read by the time of their event, and those that failed are what is looked for.
drop index webhook_deliveries_endpoint;
create index webhook_deliveries_endpoint on webhook_deliveries (endpoint_id, created_at desc, id desc);
create index webhook_deliveries_failed on webhook_deliveries (endpoint_id, created_at desc, id desc)
  where status = 'failed';

-- A test: for the one endpoint that asked for it, so it is neither in GET /events nor sent again with what was missed.
alter table public_events add column is_test boolean not null default false;

create index webhook_recoveries_endpoint on webhook_recoveries (endpoint_id, id desc);
