alter table tracks
  add column mood text,
  -- As they stand on the sleeve: `[{ name, role }]`.
  add column artists jsonb not null default '[]',
  add column isrc text,
  add column iswc text,
  add column language text,
  add column p_line text,
  add column c_line text,
  add column lyrics text check (char_length(lyrics) <= 20000),
  add column license text not null default 'all_rights_reserved' check (license in (
    'all_rights_reserved', 'cc_by', 'cc_by_sa', 'cc_by_nc', 'cc_by_nd', 'cc_by_nc_sa', 'cc_by_nc_nd', 'cc0'
  )),
  -- Deleted, and until then it can be had back.
  add column purges_at timestamptz,
  -- What is left then where others point to it: a row that says nothing.
  add column purged_at timestamptz;
update tracks set purges_at = deleted_at + interval '30 days' where deleted_at is not null;

create index tracks_deleted_of_owner on tracks (owner_id, deleted_at desc, id desc)
  where deleted_at is not null and purged_at is null;
create index tracks_purges_at on tracks (purges_at) where purged_at is null and deleted_at is not null;

alter table track_versions
  -- What listening to the file tells; null until it was analysed.
  add column detected_bpm double precision,
  add column detected_musical_key text,
  add column integrated_lufs double precision,
  add column true_peak_dbtp double precision,
  add column range_lu double precision,
  -- What the tags in the file claim, where that can be true.
  add column tag_bpm double precision generated always as (
    case
      when jsonb_typeof(embedded_tags->'bpm') = 'number' then
        case
          when (embedded_tags->>'bpm')::numeric between 1 and 999 then (embedded_tags->>'bpm')::double precision
        end
    end
  ) stored,
  add column tag_musical_key text generated always as (
    case
      when embedded_tags->>'key' ~ '^([A-G][#b♯♭]?( ?(m|min|maj|minor|major))?|(1[0-2]|[1-9])[AB])$'
        then embedded_tags->>'key'
    end
  ) stored;

create table reposts (
  id uuid not null default uuidv7(),
  track_id uuid not null references tracks on delete cascade,
  user_id uuid not null references users on delete cascade,
  created_at timestamptz not null default now(),
  primary key (track_id, user_id)
);
create index reposts_of_track on reposts (track_id, id desc) include (user_id);
create index reposts_of_user on reposts (user_id, id desc) include (track_id);

-- A secret link. Whoever holds the token sees the track and may play it; we keep its hash.
create table track_shares (
  id uuid primary key default uuidv7(),
  track_id uuid not null references tracks on delete cascade,
  created_by uuid not null references users on delete cascade,
  token_hash bytea not null unique,
  label text,
  created_at timestamptz not null default now(),
  -- Null: until it is revoked.
  expires_at timestamptz,
  revoked_at timestamptz
);
create index track_shares_of_track on track_shares (track_id, id desc);
create index track_shares_of_user on track_shares (created_by, id);

-- Who followed a link on a day, as a hash that nobody can undo: each counts once.
create table share_clicks (
  share_id uuid not null references track_shares on delete cascade,
  day date not null,
  visitor bytea not null,
  primary key (share_id, day, visitor)
);
create index share_clicks_day on share_clicks (day);

alter table counts add column click_count integer not null default 0;

-- Parts by the month, for tables that are only ever added to. Those who keep one have functions of their own that
-- lead here and run as the owner. A month that was not made in time takes its rows over from the default part, and
-- attaching that checks what is left there, so nobody writes until it is done: a moment, for little is there.
create function make_months(parent text, from_month date, months integer) returns integer
language plpgsql
set search_path = public, pg_temp set timezone = 'UTC' set lock_timeout = '3s' as $$
declare
  first date := date_trunc('month', from_month)::date;
  month date;
  next_month date;
  partition text;
  other text := parent || '_other';
  key text := (
    select attname from pg_partitioned_table
    join pg_attribute on attrelid = partrelid and attnum = partattrs[0]
    where partrelid = parent::regclass
  );
  is_late boolean;
  made integer := 0;
begin
  -- Two at once would make the same month.
  perform pg_advisory_xact_lock(7235113);
  for at in 0 .. months - 1 loop
    month := (first + make_interval(months => at))::date;
    next_month := (month + interval '1 month')::date;
    partition := format('%s_%s', parent, to_char(month, 'YYYY_MM'));
    continue when to_regclass(partition) is not null;
    execute format('select exists (select from %I where %I >= %L and %I < %L)', other, key, month, key, next_month)
      into is_late;
    if is_late then
      execute format('alter table %I detach partition %I', parent, other);
    end if;
    execute format(
      'create table %I partition of %I for values from (%L) to (%L)', partition, parent, month, next_month
    );
    if is_late then
      execute format(
        'with moved as (delete from %I where %I >= %L and %I < %L returning *) insert into %I select * from moved',
        other, key, month, key, next_month, parent
      );
      execute format('alter table %I attach partition %I default', parent, other);
    end if;
    made := made + 1;
  end loop;
  return made;
end
$$;

-- Drops the months that ended before a day.
create function drop_months(parent text, before date) returns integer
language plpgsql
set search_path = public, pg_temp set timezone = 'UTC' set lock_timeout = '3s' as $$
declare
  partition text;
  dropped integer := 0;
begin
  for partition in
    select relname from pg_class join pg_inherits on inhrelid = pg_class.oid
    where inhparent = parent::regclass and relname ~ ('^' || parent || '_\d{4}_\d{2}$')
      and to_date(right(relname, 7), 'YYYY_MM') + interval '1 month' <= before
  loop
    execute format('drop table %I', partition);
    dropped := dropped + 1;
  end loop;
  return dropped;
end
$$;

create or replace function create_audit_months(from_month date, months integer) returns integer
language sql security definer set search_path = public, pg_temp set timezone = 'UTC'
begin atomic
  select make_months('audit_events', from_month, months);
end;

-- Whoever may call it cannot have it drop what is not a year old, whatever day it names.
create or replace function drop_audit_months(before date) returns integer
language sql security definer set search_path = public, pg_temp set timezone = 'UTC'
begin atomic
  select drop_months('audit_events', least(before, (current_date - interval '1 year')::date));
end;

-- Every listening that was long enough. The id is that of the token handed out with the stream, and the month that
-- of its issue, so that a second report of it meets the first.
create table plays (
  id uuid not null,
  issued_at timestamptz not null,
  track_id uuid not null,
  version_id uuid not null,
  -- Null for a guest, and for whoever had us forget it.
  user_id uuid,
  -- Of a guest, a hash that nobody can undo and that is another one each day.
  visitor bytea,
  started_at timestamptz not null,
  listened_ms integer not null,
  -- To its end, or nearly.
  is_complete boolean not null,
  -- False where the same listener had just played it.
  is_counted boolean not null,
  primary key (issued_at, id)
) partition by range (issued_at);
create index plays_of_track on plays (track_id, issued_at);
create index plays_of_user on plays (user_id, id) where user_id is not null;
create table plays_other partition of plays default;

create function create_play_months(from_month date, months integer) returns integer
language sql security definer set search_path = public, pg_temp set timezone = 'UTC'
begin atomic
  select make_months('plays', from_month, months);
end;

create function drop_play_months(before date) returns integer
language sql security definer set search_path = public, pg_temp set timezone = 'UTC'
begin atomic
  select drop_months('plays', least(before, (current_date - interval '1 year')::date));
end;

revoke execute on function make_months, drop_months, create_play_months, drop_play_months from public;
select create_play_months(current_date, 4);

-- When a listener's last counted play of a track began: the next one counts only some time after.
create table play_windows (
  track_id uuid not null,
  listener text not null,
  started_at timestamptz not null,
  primary key (track_id, listener)
);
create index play_windows_started_at on play_windows (started_at);

-- What a user has played, each track once.
create table listening_history (
  user_id uuid not null references users on delete cascade,
  track_id uuid not null references tracks on delete cascade,
  last_played_at timestamptz not null,
  primary key (user_id, track_id)
);
create index listening_history_newest on listening_history (user_id, last_played_at desc, track_id desc);
create index listening_history_track on listening_history (track_id);

-- Objects of the media bucket that no row names any more, until they are removed.
create table discarded_objects (
  id bigint primary key generated always as identity,
  object_key text not null unique,
  discarded_at timestamptz not null
);
