-- Of each day, what the hashes of visitors are made with; gone two days later, and with it what could undo them.
create table analytics_salts (
  day date primary key,
  salt bytea not null check (octet_length(salt) = 32),
  created_at timestamptz not null
);

-- What clients report, as they report it. Kept in months by the client's own time, so that a second report of the same
-- meets the first.
create table analytics_events (
  id uuid not null,
  client_at timestamptz not null,
  -- The same, but never after it was received.
  at timestamptz not null,
  received_at timestamptz not null,
  type text not null,
  user_id uuid,
  -- Of a guest, a hash under the salt of the day.
  visitor bytea,
  -- Of the client: a visit, which ends when it likes.
  session_id uuid,
  track_id uuid,
  version_id uuid,
  -- The id of a play token, of what was listened to.
  play_id uuid,
  product_id uuid,
  playlist_id uuid,
  -- Whose figures it counts in: the owner of what it is about.
  owner_id uuid,
  source text,
  country text,
  device text,
  -- Why it does not count, where it does not; it is kept all the same.
  filtered text check (filtered in ('ua', 'datacenter', 'rate', 'no_token', 'pattern')),
  is_late boolean not null,
  is_clamped boolean not null,
  -- Of a heartbeat, what was heard since the one before, in milliseconds of the track.
  heard_from_ms integer,
  heard_to_ms integer,
  properties jsonb,
  primary key (client_at, id)
) partition by range (client_at);
create index analytics_events_at on analytics_events (at);
create index analytics_events_of_track on analytics_events (track_id, at) where track_id is not null;
create table analytics_events_other partition of analytics_events default;

create function create_analytics_months(from_month date, months integer) returns integer
language sql security definer set search_path = public, pg_temp set timezone = 'UTC'
begin atomic
  select make_months('analytics_events', from_month, months);
end;

create function drop_analytics_months(before date) returns integer
language sql security definer set search_path = public, pg_temp set timezone = 'UTC'
begin atomic
  select drop_months('analytics_events', least(before, (current_date - interval '1 year')::date));
end;

-- What was heard of one issue of a stream, gathered from its heartbeats in whatever order they came.
create table listens (
  -- The id and the time of issue of the play token.
  id uuid not null,
  issued_at timestamptz not null,
  track_id uuid not null,
  version_id uuid not null,
  owner_id uuid not null,
  user_id uuid,
  visitor bytea,
  started_at timestamptz not null,
  last_at timestamptz not null,
  -- In milliseconds of the track; what was heard twice is in it once.
  heard int4multirange not null,
  listened_ms integer not null,
  duration_ms integer,
  is_complete boolean not null,
  -- Whether there is a row in plays.
  is_play boolean not null default false,
  filtered text check (filtered in ('ua', 'datacenter', 'rate', 'no_token', 'pattern')),
  source text,
  country text,
  device text,
  primary key (issued_at, id)
) partition by range (issued_at);
create index listens_started_at on listens (started_at);
create index listens_of_track on listens (track_id, started_at);
create table listens_other partition of listens default;

create function create_listen_months(from_month date, months integer) returns integer
language sql security definer set search_path = public, pg_temp set timezone = 'UTC'
begin atomic
  select make_months('listens', from_month, months);
end;

create function drop_listen_months(before date) returns integer
language sql security definer set search_path = public, pg_temp set timezone = 'UTC'
begin atomic
  select drop_months('listens', least(before, (current_date - interval '1 year')::date));
end;

revoke execute on function
  create_analytics_months, drop_analytics_months, create_listen_months, drop_listen_months from public;
select create_analytics_months(current_date, 4), create_listen_months(current_date, 4);

-- What the statistics need to know of a play beside the above.
alter table plays
  add column owner_id uuid,
  add column source text,
  add column country text,
  add column device text,
  -- Why it does not count, beside being a repetition.
  add column filtered text check (filtered in ('ua', 'datacenter', 'rate', 'no_token', 'pattern'));
create index plays_started_at on plays (started_at);

-- Hours in which something was written down since they were last summed up.
create table analytics_dirty_hours (
  hour timestamptz primary key,
  marked_at timestamptz not null
);
