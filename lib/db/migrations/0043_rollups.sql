-- What raw rows add up to. Every figure is a function of plays, listens and analytics_events alone, so that a part
-- that is summed up anew comes out the same; these are kept when the raw rows go.

-- Hours that are being summed up: their mark is gone, so that whoever writes meanwhile marks them anew and waits for
-- nobody. A row is left where a run broke off, and the next one goes on with it.
create table analytics_rolling_hours (
  hour timestamptz primary key,
  marked_at timestamptz not null
);
create table analytics_dirty_days (
  day date primary key,
  marked_at timestamptz not null
);

-- Of a track, of a product, and of an owner all that is theirs together.
create table hourly_stats (
  subject_id uuid not null,
  hour timestamptz not null,
  kind text not null check (kind in ('track', 'product', 'owner')),
  owner_id uuid not null,
  -- Every listening is in one of these nine.
  play_count integer not null,
  repeated_count integer not null,
  short_count integer not null,
  ua_count integer not null,
  datacenter_count integer not null,
  rate_count integer not null,
  no_token_count integer not null,
  pattern_count integer not null,
  -- Of the plays.
  complete_count integer not null,
  -- Of all that were not filtered.
  listened_ms bigint not null,
  view_count integer not null,
  filtered_view_count integer not null,
  share_click_count integer not null,
  profile_view_count integer not null,
  playlist_view_count integer not null,
  product_view_count integer not null,
  checkout_count integer not null,
  primary key (subject_id, hour)
);
create index hourly_stats_hour on hourly_stats (hour);

-- Days are those of UTC.
create table daily_stats (
  subject_id uuid not null,
  day date not null,
  kind text not null check (kind in ('track', 'product', 'owner')),
  owner_id uuid not null,
  play_count integer not null,
  repeated_count integer not null,
  short_count integer not null,
  ua_count integer not null,
  datacenter_count integer not null,
  rate_count integer not null,
  no_token_count integer not null,
  pattern_count integer not null,
  complete_count integer not null,
  listened_ms bigint not null,
  view_count integer not null,
  filtered_view_count integer not null,
  share_click_count integer not null,
  profile_view_count integer not null,
  playlist_view_count integer not null,
  product_view_count integer not null,
  checkout_count integer not null,
  -- Different ones among the plays; a guest is another one the next day.
  user_count integer not null,
  guest_count integer not null,
  primary key (subject_id, day)
);
create index daily_stats_day on daily_stats (day);
create index daily_stats_of_owner on daily_stats (owner_id, day) where kind <> 'owner';

-- Where plays came from.
create table daily_breakdowns (
  subject_id uuid not null,
  day date not null,
  dimension text not null check (dimension in ('source', 'country', 'device')),
  value text not null,
  play_count integer not null,
  user_count integer not null,
  guest_count integer not null,
  primary key (subject_id, day, dimension, value)
);
create index daily_breakdowns_day on daily_breakdowns (day);

-- Which users are among the listeners of a day, so that each can be counted once in a range of days. Guests are not
-- here: they cannot be met again the next day, and their numbers add up. As old as the raw rows, and then gone.
create table listener_days (
  owner_id uuid not null,
  track_id uuid not null,
  day date not null,
  user_id uuid not null,
  source text not null,
  country text not null,
  device text not null,
  play_count integer not null,
  primary key (owner_id, track_id, day, user_id, source, country, device)
) partition by range (day);
create index listener_days_day on listener_days (day);
create index listener_days_of_user on listener_days (user_id);
create table listener_days_other partition of listener_days default;

create function create_listener_months(from_month date, months integer) returns integer
language sql security definer set search_path = public, pg_temp set timezone = 'UTC'
begin atomic
  select make_months('listener_days', from_month, months);
end;

create function drop_listener_months(before date) returns integer
language sql security definer set search_path = public, pg_temp set timezone = 'UTC'
begin atomic
  select drop_months('listener_days', least(before, (current_date - interval '1 year')::date));
end;

revoke execute on function create_listener_months, drop_listener_months from public;
select create_listener_months(current_date, 4);

-- A place in a track: by the second for ten minutes, by ten seconds for an hour, by the minute for as long as six.
-- It hangs on the place alone, so that days add up whatever is known of the length.
create function retention_step(at_ms integer) returns integer
language sql immutable parallel safe strict as $$
  select case
    when at_ms < 600000 then at_ms / 1000
    when at_ms < 3600000 then 600 + (at_ms - 600000) / 10000
    else least(900 + (at_ms - 3600000) / 60000, 1199)
  end
$$;

-- How many heard what of a version: at each of `steps` the number that hears it changes by so many.
create table daily_retention (
  track_id uuid not null,
  day date not null,
  version_id uuid not null,
  listen_count integer not null,
  steps smallint[] not null,
  changes integer[] not null,
  primary key (track_id, day, version_id)
);
create index daily_retention_day on daily_retention (day);

-- What was played most. An empty genre: of all.
create table charts (
  period text not null check (period in ('day', 'week', 'month', 'all')),
  genre text not null,
  position integer not null,
  track_id uuid not null,
  play_count integer not null,
  primary key (period, genre, position)
);
create table chart_drawings (
  period text primary key,
  made_at timestamptz not null
);
