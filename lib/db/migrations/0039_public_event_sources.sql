-- When a licence first had few downloads left: its buyer and its seller are told once.
alter table licenses add column limit_near_at timestamptz;

-- Accounts that are gone and whose events still have to be removed, a part at a time: there may be very many.
create table public_event_removals (
  account_id uuid primary key references users,
  created_at timestamptz not null
);
